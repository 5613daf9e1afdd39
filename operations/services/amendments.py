"""Change what a trip is planned to do, before or between its flights."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction

from aircraft.models import Aircraft
from aircraft.services.records import lock_aircraft
from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from operations.exceptions import TripMoved, TripNotAmendable
from operations.models import BEFORE_FLIGHT, DutyPeriod, LegStatus, Trip, TripLeg, TripStatus
from operations.services.access import refuse_patient_of
from operations.services.gates import Moment, ask
from operations.services.ledger import lock_trip
from operations.services.rescheduling import reschedule
from operations.services.service_items import drop_services_at, list_services, move_services
from operations.services.trip_changes import have_services_rechecked, trip_changed
from operations.services.trip_legs import measure_again, require_helicopter

AMENDABLE = (*BEFORE_FLIGHT, TripStatus.ACTIVE)
UNFLOWN = (LegStatus.SCHEDULED, LegStatus.RELEASED)
# What nobody on the ground has to hear of.
OFFICE = {"title", "notes", "coordinator", "control_specialist"}
TEXTS = {"title", "notes"}
OF_THE_DESTINATION = (
    "runway",
    "alternate",
    "min_ceiling_ft",
    "min_visibility_m",
    "circling_ceiling_ft",
    "alternate_ceiling_ft",
    "alternate_visibility_m",
    "alternate_navaids",
    "landing_distance_m",
)
TIMES = ("planned_out_at", "planned_off_at", "planned_on_at", "planned_in_at")


@transaction.atomic
def amend_trip(
    trip: Trip,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
    reason: str = "",
) -> Trip:
    """
    Change a trip that is not over: title, aircraft, and per leg times, places, loads and minima.

    `changes["legs"]` holds for each leg its sequence and what is new; `planned_out_at` moves the
    whole leg, other ends bring their own distance, times and fuel. A release is revoked, services
    are to be looked at again. Raises StaleVersion, DoubleBooked, TripNotAmendable, InvalidInput.
    """
    trip = _locked(trip, changes.get("aircraft"), version)
    if trip.status not in AMENDABLE:
        raise TripNotAmendable(status=str(trip.status))
    _change_aircraft(trip, changes.get("aircraft"))
    for name in changes.keys() - {"legs", "aircraft"}:
        setattr(trip, name, changes[name])
    require_helicopter(trip)
    _refuse_names(trip, changes, reason)
    trip.save()
    for leg_changes in changes.get("legs", ()):
        _change_leg(trip, dict(leg_changes), at)
    _check_order(trip)
    reschedule(trip, is_fact=False, actor=actor, at=at)
    if changes.keys() - OFFICE:
        have_services_rechecked(trip, reason or "the plan was changed")
        list_services(trip)
    audit.record("trip.amended", trip, actor=actor, at=at, reason=reason, fields=sorted(changes))
    people = DutyPeriod.objects.live().filter(trip=trip).values_list("person_id", flat=True)
    trip_changed(trip, reason or "the plan was changed", people=people, actor=actor, at=at)
    if changes.keys() - OFFICE:
        ask(Moment.AMENDMENT, trip, actor=actor, at=at)
    return trip


def _refuse_names(trip: Trip, changes: Mapping[str, Any], reason: str) -> None:
    """What is new may not name the patient; with another patient, what stands may not either."""
    asked = TEXTS if "requirement" in changes else changes.keys() & TEXTS
    texts = {name: getattr(trip, name) for name in asked}
    refuse_patient_of(trip.requirement, **texts, reason=reason)


def _locked(trip: Trip, aircraft: Aircraft | None, version: int | None) -> Trip:
    """Lock the present and the new aircraft in one order, then the trip."""
    if aircraft is None or aircraft.pk == trip.aircraft_id:
        return lock_trip(trip, version=version)
    pair = Aircraft.objects.filter(pk__in=[aircraft.pk, trip.aircraft_id]).order_by("pk")
    for row in pair:
        lock_aircraft(row, even_retired=row.pk == trip.aircraft_id)
    fresh = locked(trip, version=version)
    if fresh.aircraft_id != trip.aircraft_id:
        raise TripMoved(trip=fresh.number)
    return fresh


def _change_aircraft(trip: Trip, aircraft: Aircraft | None) -> None:
    if aircraft is None or aircraft.pk == trip.aircraft_id:
        return
    if trip.status not in BEFORE_FLIGHT:
        raise InvalidInput("/aircraft", "The trip is under way with another aircraft.")
    trip.aircraft = aircraft


def _change_leg(trip: Trip, changes: dict[str, Any], at: datetime) -> None:
    sequence = changes.pop("sequence")
    leg = trip.legs.filter(sequence=sequence).first()
    if leg is None:
        raise InvalidInput("/legs", f"The trip has no leg {sequence}.")
    if leg.status not in UNFLOWN:
        raise InvalidInput("/legs", f"Leg {sequence} is {leg.status}.")
    out_at = changes.pop("planned_out_at", None)
    if out_at is not None:
        if out_at <= at:
            raise InvalidInput("/legs", f"The departure of leg {sequence} is over.")
        _move_leg(leg, out_at - leg.planned_out_at)
    _change_ends(leg, changes)
    for name, value in changes.items():
        setattr(leg, name, value)
    runway = changes.get("runway")
    if runway is not None and runway.airport_id != leg.destination_id:
        raise InvalidInput("/legs", f"The runway is not at the destination of leg {sequence}.")
    if leg.has_patient and leg.kind != "live":
        raise InvalidInput("/legs", f"Leg {sequence} is a positioning flight.")
    leg.save()


def _change_ends(leg: TripLeg, changes: dict[str, Any]) -> None:
    """Another place has another distance; what was briefed for the old destination falls."""
    start, end = changes.pop("origin", leg.origin), changes.pop("destination", leg.destination)
    if (start.pk, end.pk) == (leg.origin_id, leg.destination_id):
        return
    drop_services_at(leg, *({leg.origin_id, leg.destination_id} - {start.pk, end.pk}))
    if end.pk != leg.destination_id:
        for name in OF_THE_DESTINATION:
            setattr(leg, name, None)
    if start.pk != leg.origin_id:
        leg.takeoff_alternate = None
    leg.origin, leg.destination = start, end
    measure_again(leg)


def _move_leg(leg: TripLeg, shift: timedelta) -> None:
    move_services(leg, out=shift, in_=shift)
    for name in TIMES:
        setattr(leg, name, getattr(leg, name) + shift)
    leg.estimated_out_at += shift
    leg.estimated_in_at += shift
    leg.held_until_at = None
    for ground in leg.ground_legs.all():
        ground.planned_start_at += shift
        ground.planned_end_at += shift
        ground.estimated_start_at = ground.estimated_end_at = None
        ground.save()


def _check_order(trip: Trip) -> None:
    legs: Sequence[TripLeg] = list(
        trip.legs.exclude(status=LegStatus.CANCELLED)
        .select_related("origin", "destination", "diverted_to")
        .order_by("sequence")
    )
    for before, after in pairwise(legs):
        if after.planned_out_at < before.planned_in_at and after.actual_out_at is None:
            raise InvalidInput(
                "/legs", f"Leg {after.sequence} leaves before leg {before.sequence} arrives."
            )
        if (before.diverted_to_id or before.destination_id) != after.origin_id:
            raise InvalidInput(
                "/legs", f"Leg {after.sequence} does not begin where leg {before.sequence} ends."
            )
