"""The roster of operations control: who watches helicopter ambulance flights, and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from aircraft.models import FLEET_SCOPE
from common import audit, booking
from common.compliance.service import touch
from common.exceptions import DoubleBooked, InvalidInput
from common.lifecycle import locked, move, require_move
from common.outbox import announce
from operations.events import ControlDutyChanged
from operations.exceptions import ControlDutyOver
from operations.models import ControlDuty, ControlDutyStatus, Trip, TripKind, TripLeg
from operations.services.ledger import hold, person_resource
from users.models import User

# A slip of the hand, not a duty; what the regulation allows is for the rule to say.
LONGEST = timedelta(hours=24)
TOLERANCE = timedelta(minutes=5)
PURPOSE = "operations control"


@transaction.atomic
def roster_control_duty(
    *, person: User, start_at: datetime, end_at: datetime, actor: Any, at: datetime
) -> ControlDuty:
    """
    Put a person on control duty; also one that is over, so that the roster is whole.

    Raises DoubleBooked where the person is wanted elsewhere, InvalidInput.
    """
    if not person.is_active:
        raise InvalidInput("/person", "Not employed here any more.")
    _require_length(start_at, end_at)
    _take_turn(person.pk)
    duty = ControlDuty(person=person, start_at=start_at, end_at=end_at)
    _refuse_overlap(duty)
    duty.save()
    _hold(duty, is_fact=False)
    _changed(duty, "rostered", actor=actor, at=at)
    return duty


@transaction.atomic
def amend_control_duty(
    duty: ControlDuty,
    *,
    changes: Mapping[str, datetime],
    version: int | None,
    actor: Any,
    at: datetime,
) -> ControlDuty:
    """
    Move a planned control duty. Raises StaleVersion, ControlDutyOver, DoubleBooked, InvalidInput.
    """
    duty = _locked(duty, version=version)
    if duty.status != ControlDutyStatus.PLANNED:
        raise ControlDutyOver(status=str(duty.status))
    for name, value in changes.items():
        setattr(duty, name, value)
    _require_length(duty.start_at, duty.end_at)
    _refuse_overlap(duty)
    duty.save(update_fields=[*changes, "updated_at"])
    _hold(duty, is_fact=False)
    _changed(duty, "amended", actor=actor, at=at, fields=sorted(changes))
    return duty


@transaction.atomic
def end_control_duty(
    duty: ControlDuty, *, ended_at: datetime | None = None, actor: Any, at: datetime
) -> ControlDuty:
    """
    Write down when a control duty ended; the rest of its time is the person's own.

    A later end than planned is a fact, whoever waits for the person; two shifts of one person stay
    apart. Raises DoubleBooked, InvalidInput, TransitionNotAllowed.
    """
    duty = _locked(duty)
    require_move(duty, ControlDutyStatus.ENDED)
    ended = ended_at or at
    if ended > at + TOLERANCE:
        raise InvalidInput("/ended_at", "That is still to come.")
    if ended <= duty.start_at:
        raise InvalidInput("/ended_at", "Not after its start.")
    if ended - duty.start_at > 2 * LONGEST:
        raise InvalidInput("/ended_at", "More than two days after its start.")
    duty.end_at = ended
    _refuse_overlap(duty)
    move(duty, ControlDutyStatus.ENDED, actor=actor, at=at)
    _hold(duty, is_fact=True)
    _changed(duty, "ended", actor=actor, at=at)
    return duty


@transaction.atomic
def cancel_control_duty(duty: ControlDuty, *, reason: str, actor: Any, at: datetime) -> ControlDuty:
    """Take a duty that nobody did out of the roster. Raises TransitionNotAllowed."""
    duty = _locked(duty)
    move(duty, ControlDutyStatus.CANCELLED, actor=actor, at=at, reason=reason)
    booking.release(duty)
    _changed(duty, "cancelled", actor=actor, at=at, reason=reason)
    return duty


def name_releaser(trip: Trip, legs: Sequence[TripLeg], releaser: Any) -> None:
    """
    Name whoever releases a helicopter ambulance flight as its control specialist.

    Where nobody else is named and the releaser is on control duty as the flight leaves. Call with
    the trip locked.
    """
    if trip.control_specialist_id is not None or not legs:
        return
    is_ambulance = trip.kind == TripKind.AIR_AMBULANCE or any(leg.has_patient for leg in legs)
    if not is_ambulance or trip.aircraft.aircraft_type.category != "H":
        return
    leaves_at = min(leg.estimated_out_at for leg in legs)
    if ControlDuty.objects.at(leaves_at).filter(person=releaser).exists():
        trip.control_specialist = releaser
        trip.save(update_fields=["control_specialist", "updated_at"])


def _locked(duty: ControlDuty, *, version: int | None = None) -> ControlDuty:
    """The turn of the person first, then the row: as `roster_control_duty` takes them."""
    _take_turn(duty.person_id)
    return locked(duty, version=version)


def _take_turn(person_id: int) -> None:
    booking.take_turns([person_resource(person_id)])


def _require_length(start_at: datetime, end_at: datetime) -> None:
    if end_at <= start_at:
        raise InvalidInput("/end_at", "It ends before it begins.")
    if end_at - start_at > LONGEST:
        raise InvalidInput("/end_at", "More than a day.")


def _refuse_overlap(duty: ControlDuty) -> None:
    others = ControlDuty.objects.live().filter(
        person=duty.person_id, start_at__lt=duty.end_at, end_at__gt=duty.start_at
    )
    if others.exclude(pk=duty.pk).exists():
        raise DoubleBooked(resource=duty.person.full_name)


def _hold(duty: ControlDuty, *, is_fact: bool) -> None:
    hold(
        person_resource(duty.person_id),
        duty,
        start=duty.start_at,
        end=duty.end_at,
        purpose=PURPOSE,
        is_fact=is_fact,
    )


def _changed(
    duty: ControlDuty, deed: str, *, actor: Any, at: datetime, reason: str = "", **more: Any
) -> None:
    audit.record(
        f"control_duty.{deed}",
        duty,
        actor=actor,
        at=at,
        reason=reason,
        scope=FLEET_SCOPE,
        person=duty.person_id,
        **more,
    )
    touch(f"user:{duty.person_id}", because=f"control duty {deed}")
    announce(ControlDutyChanged(control_duty_id=duty.pk))
