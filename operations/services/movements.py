"""What really happened: off blocks, wheels off, wheels on, on blocks, and at the bedside."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from operations.events import LegMoved, TripEnded
from operations.exceptions import MovementMissing, MovementOutOfOrder, TripNotAmendable
from operations.models import (
    FlightRelease,
    GroundLeg,
    LegDeparture,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.services.access import refuse_patient_of
from operations.services.departures import had_left, permit_departure, require_going
from operations.services.duties import correct_ends, ended_with
from operations.services.ledger import lock_leg, lock_trip, take_turns
from operations.services.rescheduling import HOLDING, reschedule

TOLERANCE = timedelta(minutes=5)
# How far from what was expected a time is taken at all; beyond it is a slip of the pen.
FARTHEST = timedelta(hours=24)
LONGEST_TAXI = timedelta(hours=6)
LONGEST_FLIGHT = timedelta(hours=20)
ORDER = ("out", "off", "on", "in")
TO_STATUS = {
    "out": LegStatus.OUT,
    "off": LegStatus.OFF,
    "on": LegStatus.ON,
    "in": LegStatus.IN,
}
FINISHED = (LegStatus.IN, LegStatus.CANCELLED)
CLOCKS = ("bedside_at", "departed_at", "arrived_at")


@transaction.atomic
def record_movement(
    leg: TripLeg,
    *,
    movement: str,
    moved_at: datetime | None = None,
    acknowledgements: Sequence[dict[str, str]] = (),
    reason: str = "",
    actor: Any,
    at: datetime,
) -> TripLeg:
    """
    Record that a leg went out, off, on or in; what comes later is expected accordingly.

    The first leg out makes the trip active, the last one in completes it. Out is judged unless it
    had left before it was written down, with the `reason`. Raises MovementOutOfOrder, InvalidInput,
    TransitionNotAllowed, ReleaseOutdated, NotLegal, AcknowledgementsMissing.
    """
    trip, leg = lock_leg(leg)
    moment = moved_at or at
    is_fact = movement == "out" and had_left(moment, reason=reason, at=at)
    if movement == "out":
        _check_departure(trip, leg, is_fact=is_fact)
    if getattr(leg, f"actual_{movement}_at") is not None:
        raise MovementOutOfOrder(leg=str(leg), reason=f"{movement} is recorded; correct it instead")
    setattr(leg, f"actual_{movement}_at", moment)
    _check_times(leg, moment, at)
    move(leg, TO_STATUS[movement], actor=actor, at=at, reason=reason)
    if movement == "out" and trip.status != TripStatus.ACTIVE:
        move(trip, TripStatus.ACTIVE, actor=actor, at=at, reason=reason)
    reschedule(trip, is_fact=True, actor=actor, at=at)
    told: dict[str, Any] = {}
    if movement == "out":
        how: dict[str, Any] = {"notes": acknowledgements, "reason": reason, "is_fact": is_fact}
        departure = permit_departure(trip, leg, **how, actor=actor, at=at)
        told = {"against": _rules(departure)} if departure.findings else {}
    if movement == "in":
        _complete_when_last(trip, actor=actor, at=at)
    _moved(trip, leg, f"leg.{movement}", actor=actor, at=at, moved_at=moment, reason=reason, **told)
    return leg


@transaction.atomic
def correct_movement(
    leg: TripLeg, *, movement: str, moved_at: datetime, reason: str, actor: Any, at: datetime
) -> TripLeg:
    """
    Put a recorded time right, saying why; a closed trip is corrected in its logs instead.

    A duty that ended after this flight ends as much later or sooner as the flight was on blocks.
    Raises MovementMissing, MovementOutOfOrder, TripNotAmendable, InvalidInput.
    """
    trip, leg = lock_leg(leg)
    if trip.status == TripStatus.CLOSED:
        raise TripNotAmendable(status=str(trip.status))
    refuse_patient_of(trip.requirement, reason=reason)
    before = getattr(leg, f"actual_{movement}_at")
    if before is None:
        raise MovementMissing(leg=str(leg), movement=movement)
    setattr(leg, f"actual_{movement}_at", moved_at)
    _check_times(leg, moved_at, at)
    leg.save()
    ended = ended_with(leg) if movement == "in" else []
    take_turns(trip, *(duty.person_id for duty in ended))
    reschedule(trip, is_fact=True, actor=actor, at=at)
    correct_ends(ended, moved_at - before, actor=actor, at=at, reason=reason)
    _moved(
        trip,
        leg,
        f"leg.{movement}_corrected",
        actor=actor,
        at=at,
        moved_at=moved_at,
        reason=reason,
        people=[duty.person_id for duty in ended],
        was=before.isoformat(),
    )
    return leg


@transaction.atomic
def return_to_stand(leg: TripLeg, *, reason: str, actor: Any, at: datetime) -> TripLeg:
    """The aircraft went off blocks and came back without flying; it may go again."""
    trip, leg = lock_leg(leg)
    refuse_patient_of(trip.requirement, reason=reason)
    was = leg.actual_out_at
    leg.actual_out_at = None
    move(leg, LegStatus.RELEASED, actor=actor, at=at, reason=reason)
    if not FlightRelease.objects.live().filter(trip=trip).exists():
        move(leg, LegStatus.SCHEDULED, actor=actor, at=at, reason="The release fell meanwhile.")
    reschedule(trip, is_fact=True, actor=actor, at=at)
    _moved(trip, leg, "leg.returned", actor=actor, at=at, moved_at=was, reason=reason)
    return leg


@transaction.atomic
def record_ground_clock(
    ground: GroundLeg,
    *,
    clock: str,
    moved_at: datetime | None = None,
    reason: str = "",
    actor: Any,
    at: datetime,
) -> GroundLeg:
    """
    Record bedside, departed or arrived of a journey by road; again, with a reason, to correct it.

    Raises MovementOutOfOrder, TripNotAmendable, InvalidInput.
    """
    trip = _open_trip(ground, reason)
    ground = locked(ground)
    field, moment = f"{clock}_at", moved_at or at
    was = getattr(ground, field)
    if was is not None and not reason:
        raise InvalidInput("/reason", "It is recorded already; say why it is put right.")
    setattr(ground, field, moment)
    _check_ground(ground, moment, at)
    ground.save()
    audit.record(
        f"ground.{clock}",
        ground,
        actor=actor,
        at=at,
        reason=reason,
        moved_at=moment.isoformat(),
        was=was.isoformat() if was else "",
    )
    if trip.status in HOLDING:
        # Who rides along is on duty until they arrive.
        reschedule(trip, is_fact=True, actor=actor, at=at)
    touch(f"trip:{trip.pk}", because=f"ground.{clock}")
    announce(LegMoved(trip_id=trip.pk, leg_id=ground.leg_id))
    return ground


def _open_trip(ground: GroundLeg, reason: str) -> Trip:
    trip = lock_trip(Trip.objects.select_related("aircraft").get(pk=ground.trip_id))
    if trip.status in (TripStatus.CLOSED, TripStatus.CANCELLED):
        raise TripNotAmendable(status=str(trip.status))
    refuse_patient_of(trip.requirement, reason=reason)
    return trip


def _rules(departure: LegDeparture) -> list[str]:
    return sorted({finding["rule"] for finding in departure.findings})


def _check_departure(trip: Trip, leg: TripLeg, *, is_fact: bool) -> None:
    require_going(trip, leg, is_fact=is_fact)
    before = trip.legs.filter(sequence__lt=leg.sequence).exclude(status__in=FINISHED)
    if before.exists():
        raise MovementOutOfOrder(leg=str(leg), reason="the flight before is not over")


def _check_times(leg: TripLeg, moment: datetime, at: datetime) -> None:
    """The times of a leg in order, of a likely length, after the flight before and not to come."""
    if moment > at + TOLERANCE:
        raise InvalidInput("/moved_at", "That is still to come.")
    if abs(moment - leg.estimated_out_at) > FARTHEST + LONGEST_FLIGHT:
        raise InvalidInput("/moved_at", "More than a day from when it was expected.")
    known = [(name, getattr(leg, f"actual_{name}_at")) for name in ORDER]
    done = [(name, value) for name, value in known if value is not None]
    if [name for name, _ in done] != list(ORDER[: len(done)]):
        raise MovementOutOfOrder(leg=str(leg), reason=f"{ORDER[len(done) - 1]} is not recorded")
    for (earlier, first), (later, second) in pairwise(done):
        longest = LONGEST_FLIGHT if later == "on" else LONGEST_TAXI
        if second < first or (later == "on" and second == first):
            raise MovementOutOfOrder(leg=str(leg), reason=f"{later} is before {earlier}")
        if second - first > longest:
            raise InvalidInput("/moved_at", f"Too long after {earlier}.")
    _check_neighbors(leg)


def _check_neighbors(leg: TripLeg) -> None:
    others = leg.trip.legs.exclude(status=LegStatus.CANCELLED)
    before = others.filter(sequence__lt=leg.sequence).order_by("-sequence").first()
    after = others.filter(sequence__gt=leg.sequence).order_by("sequence").first()
    out_at, in_at = leg.actual_out_at, leg.actual_in_at
    if before and before.actual_in_at and out_at and out_at < before.actual_in_at:
        raise MovementOutOfOrder(leg=str(leg), reason="out is before the flight before was in")
    if after and after.actual_out_at and in_at and in_at > after.actual_out_at:
        raise MovementOutOfOrder(leg=str(leg), reason="in is after the next flight was out")


def _check_ground(ground: GroundLeg, moment: datetime, at: datetime) -> None:
    if moment > at + TOLERANCE:
        raise InvalidInput("/moved_at", "That is still to come.")
    expected = ground.estimated_start_at or ground.planned_start_at
    if abs(moment - expected) > FARTHEST:
        raise InvalidInput("/moved_at", "More than a day from when it was expected.")
    if ground.arrived_at and not ground.departed_at:
        raise MovementOutOfOrder(leg=str(ground), reason="departed is not recorded")
    # Fetching, the team is at the bedside before it leaves; delivering, after it arrives.
    names = CLOCKS if ground.is_pickup else ("departed_at", "arrived_at", "bedside_at")
    clocks = [value for value in (getattr(ground, name) for name in names) if value is not None]
    if clocks != sorted(clocks) or (ground.arrived_at and ground.arrived_at == ground.departed_at):
        raise MovementOutOfOrder(leg=str(ground), reason="the clocks are not in order")


def _complete_when_last(trip: Trip, *, actor: Any, at: datetime) -> None:
    if trip.status != TripStatus.ACTIVE or trip.legs.exclude(status__in=FINISHED).exists():
        return
    move(trip, TripStatus.COMPLETED, actor=actor, at=at)
    announce(TripEnded(trip_id=trip.pk))


def _moved(
    trip: Trip,
    leg: TripLeg,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    moved_at: datetime | None,
    reason: str = "",
    people: Iterable[int] = (),
    **more: Any,
) -> None:
    moment = moved_at.isoformat() if moved_at else ""
    audit.record(deed, leg, actor=actor, at=at, reason=reason, moved_at=moment, **more)
    touch(f"trip:{trip.pk}", *(f"user:{pk}" for pk in people), because=deed)
    announce(LegMoved(trip_id=trip.pk, leg_id=leg.pk))
