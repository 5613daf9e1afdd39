"""A trip that does not go as it was booked: cancelled, broken off, or sent elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from airports.models import Airport
from common import audit, booking
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import move, require_move
from common.outbox import announce
from operations.events import LegMoved, TripEnded
from operations.exceptions import LegsOpen
from operations.models import (
    UNDER_WAY,
    DutyPeriod,
    DutyStatus,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.services.access import refuse_patient_of
from operations.services.crew import release_crew
from operations.services.ledger import lock_leg, lock_trip, take_turns
from operations.services.movements import LONGEST_FLIGHT
from operations.services.rescheduling import reschedule
from operations.services.service_items import (
    call_off_services,
    drop_services_at,
    list_services,
)
from operations.services.trip_changes import (
    have_services_rechecked,
    take_release_back,
    trip_changed,
)
from operations.services.trip_legs import measure_again, move_deliveries
from operations.services.trips import release_hold

UNFLOWN = (LegStatus.SCHEDULED, LegStatus.RELEASED)


class Remaining(StrEnum):
    """What becomes of the flights after a diversion."""

    REPLAN = "replan"
    CANCEL = "cancel"


@transaction.atomic
def cancel_trip(trip: Trip, *, reason: str, actor: Any, at: datetime) -> Trip:
    """
    Cancel a trip that has not begun: aircraft and crew are free, services are called off.

    Raises TransitionNotAllowed.
    """
    trip = lock_trip(trip)
    require_move(trip, TripStatus.CANCELLED)
    refuse_patient_of(trip.requirement, reason=reason)
    if trip.status == TripStatus.TENTATIVE:
        return release_hold(trip, because=reason, actor=actor, at=at)
    take_turns(trip)
    take_release_back(trip, because=f"cancelled: {reason}", actor=actor, at=at)
    people = _call_off(trip, _unflown(trip), because=reason, actor=actor, at=at)
    call_off_services(trip, because=reason, actor=actor, at=at)
    booking.release(trip)
    move(trip, TripStatus.CANCELLED, actor=actor, at=at, reason=reason)
    _ended(trip, "trip.cancelled", people, actor=actor, at=at, reason=reason)
    return trip


@transaction.atomic
def abort_trip(trip: Trip, *, reason: str, actor: Any, at: datetime) -> Trip:
    """
    Break off a trip under way, between flights: what is left of it does not take place.

    Who is on duty ends it themselves. Raises LegsOpen while a flight is under way,
    TransitionNotAllowed.
    """
    trip = lock_trip(trip)
    require_move(trip, TripStatus.ABORTED)
    refuse_patient_of(trip.requirement, reason=reason)
    _require_on_the_ground(trip)
    take_turns(trip)
    unflown = _unflown(trip)
    people = _call_off(trip, unflown, because=reason, actor=actor, at=at)
    call_off_services(trip, because=reason, actor=actor, at=at, legs=unflown)
    if trip.legs.exclude(status=LegStatus.CANCELLED).exists():
        reschedule(trip, is_fact=True, actor=actor, at=at)
    else:
        booking.release(trip)
    take_release_back(trip, because=f"aborted: {reason}", actor=actor, at=at)
    move(trip, TripStatus.ABORTED, actor=actor, at=at, reason=reason)
    _ended(trip, "trip.aborted", people, actor=actor, at=at, reason=reason)
    return trip


@transaction.atomic
def divert_leg(
    leg: TripLeg,
    *,
    airport: Airport,
    remaining: str,
    estimated_in_at: datetime | None = None,
    reason: str,
    actor: Any,
    at: datetime,
) -> TripLeg:
    """
    Send a leg in the air to another airport; the flights after it begin there, or do not happen.

    Raises TransitionNotAllowed unless the leg is airborne, InvalidInput.
    """
    trip, leg = lock_leg(leg)
    require_move(leg, LegStatus.DIVERTED)
    refuse_patient_of(trip.requirement, reason=reason)
    if airport.pk == leg.destination_id:
        raise InvalidInput("/airport", "That is where the flight was going.")
    later = [one for one in _unflown(trip) if one.sequence > leg.sequence]
    take_turns(trip)
    leg.diverted_to = airport
    drop_services_at(leg, leg.destination_id)
    if estimated_in_at is not None:
        _expect(leg, estimated_in_at)
    move(leg, LegStatus.DIVERTED, actor=actor, at=at, reason=reason)
    because = f"leg {leg.sequence} diverted to {airport}"
    people = _replan(trip, leg, later, remaining, because=because, actor=actor, at=at)
    reschedule(trip, is_fact=True, actor=actor, at=at)
    have_services_rechecked(trip, because, from_leg=leg.sequence)
    list_services(trip)
    audit.record("leg.diverted", leg, actor=actor, at=at, reason=reason, to=airport.ident)
    trip_changed(trip, because, people=people, actor=actor, at=at)
    announce(LegMoved(trip_id=trip.pk, leg_id=leg.pk))
    leg.refresh_from_db()
    return leg


def _replan(
    trip: Trip,
    leg: TripLeg,
    later: list[TripLeg],
    remaining: str,
    *,
    because: str,
    actor: Any,
    at: datetime,
) -> set[int]:
    people = set(DutyPeriod.objects.live().filter(trip=trip).values_list("person_id", flat=True))
    if not later:
        return people
    dropped = later
    if remaining == Remaining.REPLAN:
        # A flight to where the aircraft now is has nothing left to fly.
        dropped = later[:1] if later[0].destination_id == leg.diverted_to_id else []
        if not dropped:
            _start_from(later[0], leg)
    _call_off(trip, dropped, because=because, actor=actor, at=at)
    call_off_services(trip, because=because, actor=actor, at=at, legs=dropped)
    return people


def _start_from(leg: TripLeg, diverted: TripLeg) -> None:
    """Let a leg begin where the one before it really ended, at its own planned ground speed."""
    airport = diverted.diverted_to
    if airport is None:
        raise ValueError(f"{diverted} was not diverted")
    drop_services_at(leg, leg.origin_id)
    leg.origin, leg.takeoff_alternate = airport, None
    measure_again(leg)
    leg.save()


def _expect(leg: TripLeg, arrival: datetime) -> None:
    """Plan what is left of a flight in the air so that it ends at a moment."""
    if leg.actual_off_at is None or arrival <= leg.actual_off_at:
        raise InvalidInput("/estimated_in_at", "Not after the take-off.")
    taxi = leg.planned_in_at - leg.planned_on_at
    if arrival - leg.actual_off_at <= taxi:
        raise InvalidInput("/estimated_in_at", "Sooner than it can be on blocks.")
    if arrival - leg.actual_off_at > LONGEST_FLIGHT:
        raise InvalidInput("/estimated_in_at", "Too long after the take-off.")
    was, shift = leg.planned_in_at, leg.actual_off_at - leg.planned_off_at
    leg.planned_in_at = arrival - shift
    leg.planned_on_at = leg.planned_in_at - taxi
    move_deliveries(leg, leg.planned_in_at - was)


def _unflown(trip: Trip) -> list[TripLeg]:
    rows = trip.legs.filter(status__in=UNFLOWN).select_related("origin", "destination")
    return list(rows.order_by("sequence"))


def _call_off(
    trip: Trip, legs: Sequence[TripLeg], *, because: str, actor: Any, at: datetime
) -> set[int]:
    """Cancel flights and free who was only on these; services are the caller's."""
    people = release_crew(trip, legs, because=because, actor=actor, at=at)
    for leg in legs:
        leg.refresh_from_db()
        move(leg, LegStatus.CANCELLED, actor=actor, at=at, reason=because)
    if trip.legs.exclude(status=LegStatus.CANCELLED).exists():
        return people
    duties = DutyPeriod.objects.filter(trip=trip, status=DutyStatus.PLANNED)
    for duty in duties.order_by("pk"):
        booking.release(duty)
        move(duty, DutyStatus.CANCELLED, actor=actor, at=at, reason=because)
    return people


def _require_on_the_ground(trip: Trip) -> None:
    under_way = trip.legs.filter(status__in=UNDER_WAY).order_by("sequence")
    if under_way.exists():
        legs = ", ".join(str(leg.sequence) for leg in under_way)
        raise LegsOpen(trip=trip.number, legs=legs)


def _ended(
    trip: Trip, deed: str, people: set[int], *, actor: Any, at: datetime, reason: str
) -> None:
    audit.record(deed, trip, actor=actor, at=at, reason=reason)
    touch(
        f"trip:{trip.pk}",
        *(f"user:{pk}" for pk in people),
        because=f"{trip.number}: {deed}",
    )
    announce(TripEnded(trip_id=trip.pk))
