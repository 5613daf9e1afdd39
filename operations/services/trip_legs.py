"""The legs of a trip as rows, made from a plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import msgspec

from aircraft.models import Aircraft
from airports.models import Airport
from airports.routes import Waypoint, measure
from common.exceptions import InvalidInput
from contacts.models import Contact
from operations.exceptions import QuoteNotBookable
from operations.itinerary import Itinerary, Place, PlannedGround, PlannedLeg
from operations.models import GroundLeg, LegStatus, QuoteVersion, Trip, TripLeg

# What a customer accepts of a flight; what dispatch enters for it later is not theirs.
OFFERED = (
    "sequence",
    "kind",
    "origin_id",
    "destination_id",
    "is_technical_stop",
    "has_patient",
    "is_acute_care",
    "passengers",
    "planned_out_at",
    "planned_in_at",
    "estimated_out_at",
    "estimated_in_at",
)


def itinerary_of(version: QuoteVersion) -> Itinerary:
    """The plan of an offer. Raises QuoteNotBookable when it cannot be read or has no flights."""
    try:
        plan = msgspec.convert(version.itinerary, Itinerary)
    except msgspec.ValidationError as error:
        raise QuoteNotBookable(
            quote=str(version), reason=f"its plan is unsound ({error})"
        ) from error
    if not plan.legs:
        raise QuoteNotBookable(quote=str(version), reason="its plan has no flights")
    return plan


def write_legs(
    trip: Trip,
    legs: Sequence[PlannedLeg],
    ground: Sequence[PlannedGround] = (),
    *,
    latest: Mapping[int, datetime] | None = None,
    after: int = 0,
) -> list[TripLeg]:
    """
    Store planned flights and the roads to and from them as rows of a trip, numbered after `after`.

    `latest` is by when the customer must arrive, by the requested leg that a flight belongs to.
    """
    ends = _last_of_requested(legs)
    rows = [
        _row(trip, leg, after + number, (latest or {}).get(ends.get(leg.sequence, -1)))
        for number, leg in enumerate(legs, start=1)
    ]
    TripLeg.objects.bulk_create(rows)
    by_plan = {leg.sequence: row for leg, row in zip(legs, rows, strict=True)}
    GroundLeg.objects.bulk_create(
        _road(trip, by_plan[journey.leg], journey) for journey in ground if journey.leg in by_plan
    )
    return rows


def plan_by_hand(
    aircraft: Aircraft, flights: Sequence[Mapping[str, Any]]
) -> tuple[PlannedLeg, ...]:
    """
    Flights that somebody typed, as a plan: distances along the great circle, taxi by the aircraft.

    `block_min` is the whole time from blocks to blocks. Raises InvalidInput where it is too short.
    """
    return tuple(
        _by_hand(aircraft, number, flight) for number, flight in enumerate(flights, start=1)
    )


def _by_hand(aircraft: Aircraft, number: int, flight: Mapping[str, Any]) -> PlannedLeg:
    taxi = timedelta(minutes=aircraft.taxi_min)
    block = timedelta(minutes=flight["block_min"])
    if block <= taxi:
        raise InvalidInput(f"/legs/{number - 1}/block_min", "Not longer than the taxi time.")
    start, end = place_of(flight["origin"]), place_of(flight["destination"])
    way = measure(
        Waypoint(start.ident, start.lat, start.lon), Waypoint(end.ident, end.lat, end.lon)
    )
    out_at = flight["out_at"]
    return PlannedLeg(
        sequence=number,
        kind=flight.get("kind", "positioning"),
        origin=start,
        destination=end,
        out_at=out_at,
        off_at=out_at + taxi / 2,
        on_at=out_at + block - taxi / 2,
        in_at=out_at + block,
        distance_nm=way.distance_nm,
        wind_kt=0.0,
        altitude_ft=0,
        block_min=flight["block_min"],
        flight_min=(block - taxi).total_seconds() / 60,
        fuel_kg=flight.get("fuel_kg", 0),
        required_fuel_kg=flight.get("fuel_kg", 0),
        has_patient=flight.get("has_patient", False),
        is_acute_care=flight.get("is_acute_care", False),
        passengers=flight.get("passengers", 0),
    )


def measure_again(leg: TripLeg) -> None:
    """
    Fit a leg to other ends: distance, times and trip fuel, at its own planned ground speed.

    It leaves when it did; taxi takes as long as planned. The caller saves it.
    """
    start, end = leg.origin, leg.destination
    way = measure(
        Waypoint(start.ident, start.point.y, start.point.x),
        Waypoint(end.ident, end.point.y, end.point.x),
    )
    taxi, flown = leg.block_min - leg.flight_min, max(leg.flight_min, 1)
    speed = float(leg.distance_nm) / flown
    before, after = leg.planned_off_at - leg.planned_out_at, leg.planned_in_at - leg.planned_on_at
    leg.distance_nm = round(way.distance_nm, 2)
    if speed > 0:
        leg.flight_min = max(round(way.distance_nm / speed), 1)
    leg.block_min = leg.flight_min + taxi
    leg.fuel_kg = ceil(leg.fuel_kg * leg.flight_min / flown)
    was = leg.planned_in_at
    leg.planned_on_at = leg.planned_out_at + before + timedelta(minutes=leg.flight_min)
    leg.planned_in_at = leg.planned_on_at + after
    leg.estimated_in_at = leg.estimated_out_at + (leg.planned_in_at - leg.planned_out_at)
    move_deliveries(leg, leg.planned_in_at - was)


def move_deliveries(leg: TripLeg, shift: timedelta) -> None:
    """Plan the roads from a leg's arrival as much later as the arrival itself."""
    for ground in leg.ground_legs.filter(is_pickup=False):
        ground.planned_start_at += shift
        ground.planned_end_at += shift
        ground.save(update_fields=["planned_start_at", "planned_end_at", "updated_at"])


def place_of(airport: Airport) -> Place:
    """An airport as a plan knows it."""
    return Place(
        airport_id=airport.pk,
        ident=airport.ident,
        name=airport.name,
        country=airport.country,
        region=airport.region,
        timezone=airport.timezone or "UTC",
        lat=airport.point.y,
        lon=airport.point.x,
    )


def known_places(legs: Sequence[PlannedLeg]) -> bool:
    """Whether every airport of a plan is still on file."""
    wanted = {place.airport_id for leg in legs for place in (leg.origin, leg.destination)}
    return Airport.objects.filter(pk__in=wanted).count() == len(wanted)


def is_helicopter(aircraft: Aircraft) -> bool:
    """By the class of its type in ICAO Doc 8643."""
    return aircraft.aircraft_type.category == "H"


def require_helicopter(trip: Trip) -> None:
    """Crews are assigned to hospitals with helicopters only (135.271). Raises InvalidInput."""
    if trip.is_hospital_based and not is_helicopter(trip.aircraft):
        raise InvalidInput("/is_hospital_based", "The aircraft is no helicopter.")


def is_as_offered(trip: Trip, version: QuoteVersion) -> bool:
    """Whether aircraft, patient and flights of a held trip are still those of its offer."""
    offered = [
        [getattr(_row(trip, leg, number, None), name) for name in OFFERED]
        for number, leg in enumerate(itinerary_of(version).legs, start=1)
    ]
    standing = trip.legs.exclude(status=LegStatus.CANCELLED).order_by("sequence")
    held = [[getattr(leg, name) for name in OFFERED] for leg in standing]
    same = (version.aircraft_id, version.quote.requirement_id)
    return held == offered and (trip.aircraft_id, trip.requirement_id) == same


def _last_of_requested(legs: Sequence[PlannedLeg]) -> dict[int, int]:
    """Which requested leg a flight ends, by the flight's place in the plan."""
    last = {leg.requested_leg: leg.sequence for leg in legs if leg.requested_leg is not None}
    return {sequence: requested for requested, sequence in last.items()}


def _row(trip: Trip, leg: PlannedLeg, sequence: int, latest: datetime | None) -> TripLeg:
    return TripLeg(
        trip=trip,
        sequence=sequence,
        kind=leg.kind,
        origin_id=leg.origin.airport_id,
        destination_id=leg.destination.airport_id,
        is_technical_stop=leg.is_technical_stop,
        has_patient=leg.has_patient,
        is_acute_care=leg.is_acute_care,
        passengers=leg.passengers,
        distance_nm=round(leg.distance_nm, 2),
        wind_kt=round(leg.wind_kt),
        block_min=max(round(leg.block_min), 1),
        flight_min=round(leg.flight_min),
        fuel_kg=round(leg.fuel_kg),
        payload_kg=round(leg.payload_kg),
        planned_out_at=leg.out_at,
        planned_off_at=leg.off_at,
        planned_on_at=leg.on_at,
        planned_in_at=leg.in_at,
        estimated_out_at=leg.out_at,
        estimated_in_at=leg.in_at,
        latest_arrival_at=latest,
    )


def _road(trip: Trip, leg: TripLeg, journey: PlannedGround) -> GroundLeg:
    contact = Contact.objects.filter(pk=journey.contact_id).first() if journey.contact_id else None
    fields: dict[str, Any] = {
        "place": contact,
        "place_name": journey.place_name[:200],
        "distance_km": round(journey.distance_km, 1),
        "planned_start_at": journey.start_at,
        "planned_end_at": journey.end_at,
    }
    return GroundLeg(trip=trip, leg=leg, is_pickup=journey.is_pickup, **fields)
