"""A leg goes later: everything that hangs on it does too, and what breaks is shown beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.outbox import announce
from operations.events import TripDelayed
from operations.exceptions import TripNotAmendable
from operations.itinerary import Finding
from operations.models import (
    DutyPeriod,
    GroundLeg,
    LegDelay,
    LegStatus,
    ServiceItem,
    Trip,
    TripLeg,
)
from operations.queries.limits import limits_broken, newly_broken
from operations.services.access import refuse_patient_of
from operations.services.gates import judged
from operations.services.ledger import lock_leg
from operations.services.rescheduling import HOLDING, reschedule
from operations.services.trip_changes import have_services_rechecked, trip_changed

WAITING = (LegStatus.SCHEDULED, LegStatus.RELEASED)


@dataclass(frozen=True)
class Shift:
    """One thing that moves in time: what, from when to when, and to when it moves."""

    what: str
    label: str
    start_at: datetime
    end_at: datetime
    new_start_at: datetime
    new_end_at: datetime


@dataclass(frozen=True)
class DelayPreview:
    """What a delay would move, what is wrong then, and which of that is new."""

    shifts: Sequence[Shift]
    findings: Sequence[Finding]
    newly_broken: Sequence[Finding]


class _Undo(Exception):
    """Takes a tried delay back."""


def preview_delay(leg: TripLeg, *, minutes: int, actor: Any, at: datetime) -> DelayPreview:
    """
    Try a delay, look at what it does, and take it back: nothing of it is saved.

    The same code as `delay_leg`, except that nobody else's booking stands in its way: it is listed
    instead. Raises TripNotAmendable.
    """
    found: list[DelayPreview] = []
    try:
        with transaction.atomic():
            trip, leg = _locked(leg)
            before, old = _findings(trip, at), _times(trip)
            _shift(trip, leg, minutes, is_fact=True, actor=actor, at=at)
            after = _findings(trip, at)
            shifts = _shifts(old, _times(trip))
            found.append(DelayPreview(shifts, after, newly_broken(before, after)))
            raise _Undo
    except _Undo:
        return found[0]


@transaction.atomic
def delay_leg(
    leg: TripLeg, *, minutes: int, code: str, remarks: str = "", actor: Any, at: datetime
) -> TripLeg:
    """
    Put a leg back by some minutes from when it is expected now, with the cause.

    Later legs, ground legs, duties and the ledger follow; a release is revoked and services are to
    be looked at again. Raises DoubleBooked where aircraft or crew are wanted elsewhere,
    TripNotAmendable.
    """
    trip, leg = _locked(leg)
    refuse_patient_of(trip.requirement, remarks=remarks)
    LegDelay.objects.create(
        leg=leg, code=code, minutes=minutes, remarks=remarks, recorded_by=actor, recorded_at=at
    )
    _shift(trip, leg, minutes, is_fact=False, actor=actor, at=at)
    because = f"leg {leg.sequence} delayed by {minutes} min"
    have_services_rechecked(trip, because, from_leg=leg.sequence)
    people = DutyPeriod.objects.live().filter(trip=trip).values_list("person_id", flat=True)
    trip_changed(trip, because, people=people, actor=actor, at=at)
    audit.record("leg.delayed", leg, actor=actor, at=at, minutes=minutes, code=code)
    announce(TripDelayed(trip_id=trip.pk, leg_id=leg.pk))
    leg.refresh_from_db()
    return leg


@transaction.atomic
def record_delay(
    leg: TripLeg, *, minutes: int, code: str, remarks: str = "", actor: Any, at: datetime
) -> LegDelay:
    """Write down why a leg that has left was late; its times are what they were."""
    trip, leg = lock_leg(leg)
    refuse_patient_of(trip.requirement, remarks=remarks)
    if leg.status in (*WAITING, LegStatus.CANCELLED):
        raise TripNotAmendable(status=f"{leg.status} on leg {leg.sequence}")
    delay = LegDelay.objects.create(
        leg=leg, code=code, minutes=minutes, remarks=remarks, recorded_by=actor, recorded_at=at
    )
    audit.record("leg.delay_recorded", leg, actor=actor, at=at, minutes=minutes, code=code)
    return delay


def _locked(leg: TripLeg) -> tuple[Trip, TripLeg]:
    trip, leg = lock_leg(leg)
    if trip.status not in HOLDING:
        raise TripNotAmendable(status=str(trip.status))
    if leg.status not in WAITING:
        raise TripNotAmendable(status=f"{trip.status} with leg {leg.sequence} {leg.status}")
    return trip, leg


def _shift(
    trip: Trip, leg: TripLeg, minutes: int, *, is_fact: bool, actor: Any, at: datetime
) -> None:
    leg.held_until_at = leg.estimated_out_at + timedelta(minutes=minutes)
    leg.save(update_fields=["held_until_at", "updated_at"])
    reschedule(trip, is_fact=is_fact, actor=actor, at=at)


def _findings(trip: Trip, at: datetime) -> list[Finding]:
    return [*limits_broken(trip, start=trip.start_at, end=trip.end_at), *judged(trip, at=at)]


def _times(trip: Trip) -> dict[tuple[str, int], tuple[str, datetime, datetime]]:
    """The period of everything that a trip moves, by kind and key."""
    legs = trip.legs.exclude(status=LegStatus.CANCELLED).order_by("sequence")
    ground = GroundLeg.objects.filter(trip=trip).select_related("leg").order_by("pk")
    duties = DutyPeriod.objects.live().filter(trip=trip).select_related("person").order_by("pk")
    arranged = ServiceItem.objects.filter(trip=trip).select_related("airport").order_by("pk")
    return {
        **{
            ("leg", leg.pk): (f"Leg {leg.sequence}", leg.estimated_out_at, leg.estimated_in_at)
            for leg in legs
        },
        **{
            ("ground_leg", row.pk): (
                f"{'Pickup' if row.is_pickup else 'Delivery'} of leg {row.leg.sequence}",
                row.expected_start_at,
                row.expected_end_at,
            )
            for row in ground
        },
        **{
            ("service", item.pk): (item.label, item.needed_at, item.needed_at)
            for item in arranged
            if item.needed_at is not None
        },
        **{
            ("duty", duty.pk): (duty.person.full_name, duty.report_at, duty.end_at)
            for duty in duties
        },
        ("trip", trip.pk): (trip.number, trip.start_at, trip.end_at),
    }


def _shifts(
    old: dict[tuple[str, int], tuple[str, datetime, datetime]],
    new: dict[tuple[str, int], tuple[str, datetime, datetime]],
) -> list[Shift]:
    return [
        Shift(key[0], label, *old[key][1:], start, end)
        for key, (label, start, end) in new.items()
        if key in old and old[key][1:] != (start, end)
    ]
