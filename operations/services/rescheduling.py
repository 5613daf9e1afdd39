"""What follows from when the flights of a trip are expected: roads, duties, the ledger."""

from datetime import datetime
from typing import Any

from common.outbox import announce
from operations.events import TripOverruns
from operations.models import LegStatus, Trip, TripLeg, TripStatus
from operations.schedule import PlannedFlight, expected_times
from operations.services.duties import settle_duties
from operations.services.ledger import hold_aircraft_of, take_turns
from operations.services.service_items import move_services

HOLDING = (
    TripStatus.TENTATIVE,
    TripStatus.CONFIRMED,
    TripStatus.PLANNING,
    TripStatus.RELEASED,
    TripStatus.ACTIVE,
)


def flying_legs(trip: Trip) -> list[TripLeg]:
    """The legs of a trip that count, in order, locked, with their ground legs."""
    rows = TripLeg.objects.filter(trip=trip).exclude(status=LegStatus.CANCELLED)
    return list(
        rows.select_for_update(of=("self",), no_key=True)
        .prefetch_related("ground_legs")
        .order_by("sequence")
    )


def reschedule(trip: Trip, *, is_fact: bool, actor: Any, at: datetime) -> bool:
    """
    Carry the expected times of a locked trip through to all that hangs on them.

    Later legs, ground legs, services, the trip's own period, duties and the ledger. With `is_fact`
    nobody else's booking stands in the way, and the answer says whether one would. Raises
    DoubleBooked.
    """
    legs = flying_legs(trip)
    if not legs:
        return True
    for leg, times in zip(legs, expected_times([_as_planned(leg) for leg in legs]), strict=True):
        if (leg.estimated_out_at, leg.estimated_in_at) != (times.out_at, times.in_at):
            out, in_ = times.out_at - leg.estimated_out_at, times.in_at - leg.estimated_in_at
            move_services(leg, out=out, in_=in_)
            leg.estimated_out_at, leg.estimated_in_at = times.out_at, times.in_at
            leg.save(update_fields=["estimated_out_at", "estimated_in_at", "updated_at"])
        _move_ground_legs(leg)
    trip.start_at, trip.end_at = legs[0].estimated_out_at, legs[-1].estimated_in_at
    trip.save(update_fields=["start_at", "end_at", "updated_at"])
    if trip.status not in HOLDING:
        return True
    take_turns(trip)
    is_free = hold_aircraft_of(trip, is_fact=is_fact)
    is_crewed = settle_duties(trip, is_fact=is_fact, actor=actor, at=at)
    if not (is_free and is_crewed):
        announce(TripOverruns(trip_id=trip.pk))
    return is_free and is_crewed


def _as_planned(leg: TripLeg) -> PlannedFlight:
    return PlannedFlight(
        out_at=leg.planned_out_at,
        off_at=leg.planned_off_at,
        on_at=leg.planned_on_at,
        in_at=leg.planned_in_at,
        held_until_at=leg.held_until_at,
        has_pickup=any(ground.is_pickup for ground in leg.ground_legs.all()),
        actual_out_at=leg.actual_out_at,
        actual_off_at=leg.actual_off_at,
        actual_on_at=leg.actual_on_at,
        actual_in_at=leg.actual_in_at,
    )


def _move_ground_legs(leg: TripLeg) -> None:
    """A pickup moves with the departure, a delivery with the arrival, unless it is on its way."""
    for ground in leg.ground_legs.all():
        if ground.departed_at is not None:
            continue
        if ground.is_pickup:
            shift = leg.estimated_out_at - leg.planned_out_at
        else:
            shift = leg.estimated_in_at - leg.planned_in_at
        start, end = ground.planned_start_at + shift, ground.planned_end_at + shift
        if (ground.expected_start_at, ground.expected_end_at) != (start, end):
            ground.estimated_start_at, ground.estimated_end_at = start, end
            ground.save(update_fields=["estimated_start_at", "estimated_end_at", "updated_at"])
