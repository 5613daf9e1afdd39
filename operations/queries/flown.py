"""A trip as it was flown, in the form of a plan: what actual prices and taxes are made from."""

from collections.abc import Sequence
from datetime import datetime

from airports.models import Airport
from airports.routes import Waypoint, measure
from operations.itinerary import Itinerary, Place, PlannedGround, PlannedLeg
from operations.models import GroundLeg, LegStatus, Trip, TripLeg
from operations.planning.duties import nights_away
from operations.planning.parameters import Parameters
from operations.queries.airfields import place_of


def flown_legs(trip: Trip) -> list[TripLeg]:
    """The legs that were flown, in order; 1 query."""
    rows = trip.legs.filter(status=LegStatus.IN).select_related(
        "origin", "destination", "diverted_to"
    )
    return list(rows.order_by("sequence"))


def flown_itinerary(trip: Trip, legs: Sequence[TripLeg], plan: Itinerary | None) -> Itinerary:
    """
    The journey with the times and places that were, of a trip read with its aircraft and base.

    People, medical team and oxygen are the plan's: nobody records them leg by leg. 1 query.
    """
    places = _Places()
    flown = tuple(_leg(leg, places) for leg in legs)
    base = place_of(trip.aircraft.base)
    roads = GroundLeg.objects.filter(trip=trip, leg__in=list(legs)).select_related("leg")
    return Itinerary(
        aircraft_id=trip.aircraft_id,
        tail_number=trip.aircraft.tail_number,
        aircraft_type=trip.aircraft.aircraft_type.designator,
        base=base.ident,
        legs=flown,
        ground=tuple(_road(road) for road in roads.order_by("leg__sequence", "-is_pickup")),
        nights=nights_away(flown, base, Parameters()),
        crew_count=plan.crew_count if plan else 2,
        medical_count=plan.medical_count if plan else 0,
        oxygen_l=plan.oxygen_l if plan else 0.0,
    )


class _Places:
    def __init__(self) -> None:
        self._known: dict[int, Place] = {}

    def of(self, airport: Airport) -> Place:
        if airport.pk not in self._known:
            self._known[airport.pk] = place_of(airport)
        return self._known[airport.pk]


def _leg(leg: TripLeg, places: _Places) -> PlannedLeg:
    out_at, off_at = _known(leg.actual_out_at), _known(leg.actual_off_at)
    on_at, in_at = _known(leg.actual_on_at), _known(leg.actual_in_at)
    origin = places.of(leg.origin)
    destination = places.of(leg.diverted_to or leg.destination)
    distance = float(leg.distance_nm)
    if leg.diverted_to_id is not None:
        ends = (Waypoint(each.ident, each.lat, each.lon) for each in (origin, destination))
        distance = measure(*ends).distance_nm
    return PlannedLeg(
        sequence=leg.sequence,
        kind="live" if leg.kind == "live" else "positioning",
        origin=origin,
        destination=destination,
        out_at=out_at,
        off_at=off_at,
        on_at=on_at,
        in_at=in_at,
        distance_nm=distance,
        wind_kt=float(leg.wind_kt),
        altitude_ft=0,
        block_min=(in_at - out_at).total_seconds() / 60,
        flight_min=(on_at - off_at).total_seconds() / 60,
        fuel_kg=float(leg.fuel_kg),
        required_fuel_kg=float(leg.fuel_kg),
        payload_kg=float(leg.payload_kg),
        is_technical_stop=leg.is_technical_stop,
        has_patient=leg.has_patient,
        passengers=leg.passengers,
        is_acute_care=leg.is_acute_care,
    )


def _road(road: GroundLeg) -> PlannedGround:
    start, end = road.expected_start_at, road.expected_end_at
    return PlannedGround(
        leg=road.leg.sequence,
        is_pickup=road.is_pickup,
        contact_id=road.place_id,
        place_name=road.place_name,
        distance_km=float(road.distance_km),
        start_at=start,
        end_at=max(start, end),
    )


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a flown leg has all of its times")
    return moment
