"""Read an itinerary that came from outside: a plan that hangs together, at airports on file."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from aircraft.models import Aircraft
from airports.models import Airport
from airports.routes import FULL_CIRCLE_DEG
from common.exceptions import InvalidInput
from operations.itinerary import Itinerary, Place, PlannedLeg
from operations.pricing.storage import as_json, itinerary_of

MOST_LEGS, MOST_GROUND, MOST_NIGHTS, MOST_PEOPLE = 40, 40, 60, 20
MOST_OXYGEN_L = 1_000_000
LONGEST_LEG = timedelta(hours=48)
MOST_DAYS_AHEAD, LONGEST_TRIP = 3 * 366, timedelta(days=MOST_NIGHTS + 2)
# The road to a flight, or the duty around it, is not farther from it than this.
NEAR = timedelta(days=3)
LONGEST_ROAD_KM, LONGEST_NAME = 5000, 200
STRONGEST_KT = 300
# What no leg of any aircraft comes near; distances in NM, weights in kg.
MOST_OF_LEG = {
    "distance_nm": 11_000,
    "fuel_kg": 400_000,
    "required_fuel_kg": 400_000,
    "payload_kg": 400_000,
    "passengers": 900,
}


def read_itinerary(data: Any, *, aircraft: Aircraft, now: datetime) -> Itinerary:
    """Parse a plan for an aircraft; raises InvalidInput for one that cannot be flown so."""
    try:
        plan = itinerary_of(data)
    except (msgspec.ValidationError, RecursionError) as fault:
        raise InvalidInput("/itinerary", str(fault)[:300]) from fault
    for reason in _faults(data, plan, aircraft, now):
        raise InvalidInput("/itinerary", reason)
    _check_places(plan)
    return plan


def _faults(data: Any, plan: Itinerary, aircraft: Aircraft, now: datetime) -> Iterator[str]:
    unknown = sorted(_unknown(data, as_json(plan)))
    if unknown:
        yield f"Unknown field: {unknown[0][:60]}."
    if (plan.aircraft_id, plan.tail_number) != (aircraft.pk, aircraft.tail_number):
        yield f"The plan is not of {aircraft.tail_number}."
    if plan.aircraft_type != aircraft.aircraft_type.designator:
        yield f"{aircraft.tail_number} is of type {aircraft.aircraft_type.designator}."
    if any(_is_local(moment) for moment in _moments(plan)):
        yield "Every time needs its offset from UTC."
        return
    yield from _sizes(plan)
    yield from _dates(plan, now)
    yield from _sequence(plan.legs)
    yield from (fault for leg in plan.legs for fault in _leg(leg))
    yield from _roads(plan)
    yield from _winds(plan)


def _dates(plan: Itinerary, now: datetime) -> Iterator[str]:
    """Slips of the pen: a flight that nobody plans yet, a trip or a duty without an end."""
    if plan.start_at - now > timedelta(days=MOST_DAYS_AHEAD):
        yield f"Not more than {MOST_DAYS_AHEAD} days ahead."
    if plan.end_at - plan.start_at > LONGEST_TRIP:
        yield f"A trip lasts {LONGEST_TRIP.days} days at most."
    around = [moment for duty in plan.duties for moment in (duty.start_at, duty.end_at)]
    around += [moment for road in plan.ground for moment in (road.start_at, road.end_at)]
    if any(plan.start_at - at > NEAR or at - plan.end_at > NEAR for at in around):
        yield "A duty or a ground journey is not of this trip."


def _roads(plan: Itinerary) -> Iterator[str]:
    known, taken = {leg.sequence for leg in plan.legs}, set()
    for road in plan.ground:
        end = (road.leg, road.is_pickup)
        if road.leg not in known or end in taken or road.end_at <= road.start_at:
            yield f"The ground journey of leg {road.leg} does not fit."
        taken.add(end)
        if not 0 <= road.distance_km <= LONGEST_ROAD_KM or len(road.place_name) > LONGEST_NAME:
            yield f"Distance or name of the ground journey of leg {road.leg} is out of range."


def _winds(plan: Itinerary) -> Iterator[str]:
    known = {leg.requested_leg for leg in plan.legs}
    named = [wind.leg for wind in plan.winds]
    if len(named) != len(set(named)) or not known.issuperset(named):
        yield "A wind is of no journey asked for, or there are two of one."
    for wind in plan.winds:
        if not (0 <= wind.direction_deg <= FULL_CIRCLE_DEG and 0 <= wind.speed_kt <= STRONGEST_KT):
            yield f"The wind of leg {wind.leg} is out of range."


def _sizes(plan: Itinerary) -> Iterator[str]:
    if not 1 <= len(plan.legs) <= MOST_LEGS or len(plan.ground) > MOST_GROUND:
        yield f"One to {MOST_LEGS} legs and up to {MOST_GROUND} ground journeys."
    people_fit = 0 <= plan.crew_count <= MOST_PEOPLE and 0 <= plan.medical_count <= MOST_PEOPLE
    if not people_fit or not 0 <= plan.nights <= MOST_NIGHTS:
        yield "Crew, medical team or nights are out of range."
    if not 0 <= plan.oxygen_l <= MOST_OXYGEN_L:
        yield "Oxygen is out of range."


def _sequence(legs: tuple[PlannedLeg, ...]) -> Iterator[str]:
    if [leg.sequence for leg in legs] != list(range(1, len(legs) + 1)):
        yield "Legs are numbered from 1 without a gap."
    for leg, after in pairwise(legs):
        if leg.destination.airport_id != after.origin.airport_id:
            yield f"Leg {after.sequence} does not begin where leg {leg.sequence} ends."
        if after.out_at < leg.in_at:
            yield f"Leg {after.sequence} begins before leg {leg.sequence} is over."


def _leg(leg: PlannedLeg) -> Iterator[str]:
    times = (leg.out_at, leg.off_at, leg.on_at, leg.in_at)
    if list(times) != sorted(times) or not timedelta(0) < leg.in_at - leg.out_at <= LONGEST_LEG:
        yield f"The times of leg {leg.sequence} are out of order."
    # Charged by the minute: the plan's figure is the time between blocks.
    if abs(leg.block_min * 60 - (leg.in_at - leg.out_at).total_seconds()) > 60:
        yield f"The block time of leg {leg.sequence} is not the time between its blocks."
    # Counted against what maintenance is due: it is the time from take-off to landing.
    if abs(leg.flight_min * 60 - (leg.on_at - leg.off_at).total_seconds()) > 60:
        yield f"The flight time of leg {leg.sequence} is not the time it is in the air."
    for name, most in MOST_OF_LEG.items():
        value = getattr(leg, name)
        if not (math.isfinite(value) and 0 <= value <= most):
            yield f"{name} of leg {leg.sequence} is out of range."
    if leg.kind == "positioning" and (leg.has_patient or leg.passengers):
        yield f"Leg {leg.sequence} is positioning and carries nobody."


def _check_places(plan: Itinerary) -> None:
    """The plan's places are what is on file: taxes turn on their countries and regions."""
    places = {p for leg in plan.legs for p in (leg.origin, leg.destination)}
    rows = Airport.objects.in_bulk([place.airport_id for place in places])
    for place in places:
        row = rows.get(place.airport_id)
        if row is None or not _is_same(place, row):
            raise InvalidInput("/itinerary", f"{place.ident[:16]} is not as it is on file.")


def _is_same(place: Place, row: Airport) -> bool:
    said = (place.ident, place.country, place.region, place.timezone)
    near = abs(place.lat - row.point.y) < 1e-4 and abs(place.lon - row.point.x) < 1e-4
    return near and said == (row.ident, row.country, row.region, row.timezone)


def _moments(plan: Itinerary) -> Iterator[datetime]:
    for leg in plan.legs:
        yield from (leg.out_at, leg.off_at, leg.on_at, leg.in_at)
    for journey in plan.ground:
        yield from (journey.start_at, journey.end_at)
    for duty in plan.duties:
        yield from (duty.start_at, duty.end_at)


def _is_local(moment: datetime) -> bool:
    return moment.tzinfo is None


def _unknown(data: Any, known: Any) -> set[str]:
    """Names in the data that the parsed plan does not have."""
    if isinstance(data, dict) and isinstance(known, dict):
        found = set(map(str, data)) - set(known)
        return found.union(*(_unknown(data[name], known[name]) for name in set(data) & set(known)))
    if isinstance(data, (list, tuple)) and isinstance(known, (list, tuple)):
        return set().union(*(_unknown(a, b) for a, b in zip(data, known, strict=False)))
    return set()
