"""A journey as stages of one aircraft: from its base, the legs asked for, and home again."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from airports.routes import Waypoint, measure
from operations.itinerary import PlannedGround, PlannedLeg
from operations.planning.cabin import highest_flight_ft
from operations.planning.fields import Craft, Field
from operations.planning.hops import Carried
from operations.planning.journey import AskedLeg, Journey, Road
from operations.planning.parameters import Parameters

NM_KM = 1.852


class Run(Struct, frozen=True, kw_only=True):
    """
    One stage, flown with the same load. `leg` is the journey asked for, None for positioning.

    `concerns` is the sequence of the leg asked for that the stage is flown for.
    """

    origin: Field
    destination: Field
    carried: Carried
    leg: AskedLeg | None
    concerns: int


def runs_of(journey: Journey, craft: Craft, fields: Mapping[int, Field]) -> list[Run]:
    """Every stage in order; positioning wherever the aircraft is not where it is needed."""
    runs: list[Run] = []
    place = craft.base
    for leg in journey.legs:
        origin, destination = fields[leg.origin_id], fields[leg.destination_id]
        if place.key != origin.key:
            runs.append(_positioning(journey, place, origin, leg))
        carried = _with_people(journey, craft, leg)
        runs.append(
            Run(
                origin=origin,
                destination=destination,
                carried=carried,
                leg=leg,
                concerns=leg.sequence,
            )
        )
        place = destination
    if place.key != craft.base.key:
        runs.append(_positioning(journey, place, craft.base, journey.legs[-1]))
    return runs


def gap_min(journey: Journey, before: AskedLeg | None, after: AskedLeg | None) -> float:
    """
    Minutes on blocks between an arrival and the next departure.

    A team that rides along to deliver one patient or to fetch the next must be back first.
    """
    assumed = journey.parameters
    away = 0.0
    for road in (before.dropoff if before else None, after.pickup if after else None):
        if road is not None and road.team_rides:
            one_way = drive_min(road, assumed)
            away += 2 * one_way + assumed.bedside_min + assumed.loading_min
    return max(assumed.turn_round_min, away)


def with_distance(road: Road | None, field: Field, assumed: Parameters) -> Road | None:
    """The journey with its distance by road, from the straight line where it was not given."""
    if road is None or road.distance_km is not None or road.lat is None or road.lon is None:
        return road
    straight = measure(
        Waypoint(road.place_name, road.lat, road.lon),
        Waypoint(field.ident, field.place.lat, field.place.lon),
    )
    return Road(
        place_name=road.place_name,
        contact_id=road.contact_id,
        distance_km=round(straight.distance_nm * NM_KM * assumed.road_factor, 1),
        lat=road.lat,
        lon=road.lon,
        team_rides=road.team_rides,
    )


def drive_min(road: Road, assumed: Parameters) -> int:
    """
    Whole minutes of one drive, at least one: a hospital may stand at the field.

    Where the distance is not known a finding says so.
    """
    return max(1, math.ceil(round((road.distance_km or 0.0) / assumed.road_kmh * 60, 6)))


def pickup_of(road: Road, flight: PlannedLeg, assumed: Parameters) -> PlannedGround:
    """The drive to the aircraft, there in time to load before it leaves its blocks."""
    end = flight.out_at - timedelta(minutes=assumed.loading_min)
    start = end - timedelta(minutes=drive_min(road, assumed))
    return _ground(road, flight.sequence, is_pickup=True, start=start, end=end)


def delivery_of(road: Road, flight: PlannedLeg, assumed: Parameters) -> PlannedGround:
    """The drive from the aircraft, after unloading."""
    start = flight.in_at + timedelta(minutes=assumed.loading_min)
    end = start + timedelta(minutes=drive_min(road, assumed))
    return _ground(road, flight.sequence, is_pickup=False, start=start, end=end)


def _ground(
    road: Road, sequence: int, *, is_pickup: bool, start: datetime, end: datetime
) -> PlannedGround:
    return PlannedGround(
        leg=sequence,
        is_pickup=is_pickup,
        contact_id=road.contact_id,
        place_name=road.place_name,
        distance_km=road.distance_km or 0.0,
        start_at=start,
        end_at=end,
    )


def _positioning(journey: Journey, origin: Field, destination: Field, leg: AskedLeg) -> Run:
    return Run(
        origin=origin,
        destination=destination,
        carried=Carried(payload_kg=journey.payload_kg(None), wind=leg.wind),
        leg=None,
        concerns=leg.sequence,
    )


def _with_people(journey: Journey, craft: Craft, leg: AskedLeg) -> Carried:
    limit_ft = journey.care.max_cabin_altitude_ft if leg.has_patient else None
    ceiling_ft = None
    if limit_ft is not None:
        ceiling_ft = highest_flight_ft(
            limit_ft, is_pressurized=craft.tail.is_pressurized, cabin_hpa=craft.cabin_hpa
        )
    return Carried(
        payload_kg=journey.payload_kg(leg), wind=leg.wind, ceiling_ft=ceiling_ft, stop_ft=limit_ft
    )
