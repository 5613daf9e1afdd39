"""
The itinerary builder: a request, one aircraft and the airports in, a whole plan or reasons out.

No database and no clock: the same input gives the same plan, whatever the order of the candidates.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from aircraft.performance import LegPerformance
from aircraft.suitability import Need, Reason
from operations.itinerary import AssumedWind, Finding, Itinerary, PlannedGround
from operations.planning.airport_findings import airport_findings
from operations.planning.care_findings import (
    assumption_findings,
    care_findings,
    crew_findings,
    oxygen_l,
    oxygen_minutes,
    time_findings,
)
from operations.planning.duties import duties_of, nights_away
from operations.planning.fields import Craft, Field
from operations.planning.journey import Journey
from operations.planning.runs import delivery_of, pickup_of, runs_of, with_distance
from operations.planning.stops import Candidates
from operations.planning.timing import Flights, fly_runs


class Plan(Struct, frozen=True, kw_only=True):
    """
    What came of it: an itinerary, or the reasons why the aircraft cannot fly the journey.

    A blocking finding is among the reasons too. The `leg` of a reason is the sequence of the leg
    asked for, that of a finding the sequence of the flight. `flown` is the performance of each
    flight, for maintenance that becomes due on the way.
    """

    itinerary: Itinerary | None
    reasons: tuple[Reason, ...] = ()
    flown: tuple[LegPerformance, ...] = ()


def build(
    journey: Journey, craft: Craft, *, fields: Mapping[int, Field], candidates: Candidates
) -> Plan:
    """
    Plan a journey with one aircraft, from its base and back to it.

    `fields` holds every airport by key, also those of the fuel stops that `candidates` names for
    a way. Nothing is said here of bookings, maintenance or papers.
    """
    known = {**fields, craft.base.key: craft.base}
    journey = _with_roads(journey, known)
    flights = fly_runs(journey, craft, runs_of(journey, craft, known), candidates)
    if not flights.legs:
        return Plan(itinerary=None, reasons=flights.reasons)
    itinerary = _itinerary(journey, craft, flights, known)
    performances = tuple(
        replace(hop.performance, flight_min=leg.flight_min, block_min=leg.block_min)
        for hop, leg in zip(flights.hops, flights.legs, strict=True)
    )
    reasons = tuple(_blocking(itinerary.findings, flights))
    return Plan(itinerary=itinerary, reasons=reasons, flown=performances)


def need_of(journey: Journey, plan: Plan) -> Need:
    """What cabin, papers, calendar and maintenance are judged by, for the aircraft's own period."""
    if plan.itinerary is not None:
        start_at, end_at = plan.itinerary.start_at, plan.itinerary.end_at
    else:
        start_at = journey.legs[0].earliest_departure_at
        last = journey.legs[-1]
        end_at = last.latest_arrival_at or last.earliest_departure_at
    carries = any(leg.has_patient for leg in journey.legs)
    return Need(
        start_at=start_at,
        end_at=end_at,
        legs=(),
        payload_kg=max(journey.payload_kg(leg) for leg in journey.legs),
        seats=max(journey.seats(leg) for leg in journey.legs),
        stretchers=int(carries and journey.care.is_stretcher),
    )


def _with_roads(journey: Journey, fields: Mapping[int, Field]) -> Journey:
    assumed = journey.parameters
    return replace(
        journey,
        legs=tuple(
            replace(
                leg,
                pickup=with_distance(leg.pickup, fields[leg.origin_id], assumed),
                dropoff=with_distance(leg.dropoff, fields[leg.destination_id], assumed),
            )
            for leg in journey.legs
        ),
    )


def _itinerary(
    journey: Journey, craft: Craft, flights: Flights, fields: Mapping[int, Field]
) -> Itinerary:
    legs, tail = flights.legs, craft.tail
    ground = tuple(_ground(journey, flights))
    needed_l = oxygen_l(journey, oxygen_minutes(journey, legs, ground))
    duties = duties_of(legs, journey.parameters)
    findings = (
        *airport_findings(legs, craft, fields),
        *care_findings(journey, craft, legs, fields, needed_l),
        *time_findings(journey, legs),
        *crew_findings(journey, duties),
        *assumption_findings(journey, legs),
    )
    return Itinerary(
        aircraft_id=tail.aircraft_id,
        tail_number=tail.tail_number,
        aircraft_type=tail.designator,
        base=craft.base.ident,
        legs=legs,
        ground=ground,
        findings=findings,
        nights=nights_away(legs, craft.base.place, journey.parameters),
        crew_count=craft.crew,
        medical_count=journey.care.team,
        oxygen_l=needed_l,
        duties=duties,
        winds=tuple(_winds(journey)),
        team_rides=_team_rides(journey),
    )


def _winds(journey: Journey) -> Iterator[AssumedWind]:
    for leg in journey.legs:
        if leg.wind is not None:
            wind = leg.wind
            yield AssumedWind(
                leg=leg.sequence, direction_deg=wind.direction_deg, speed_kt=wind.speed_kt
            )


def _team_rides(journey: Journey) -> bool:
    roads = (road for leg in journey.legs for road in (leg.pickup, leg.dropoff))
    return any(road.team_rides for road in roads if road is not None)


def _ground(journey: Journey, flights: Flights) -> Iterator[PlannedGround]:
    for asked in journey.legs:
        flown = [leg for leg in flights.legs if leg.requested_leg == asked.sequence]
        if asked.pickup is not None:
            yield pickup_of(asked.pickup, flown[0], journey.parameters)
        if asked.dropoff is not None:
            yield delivery_of(asked.dropoff, flown[-1], journey.parameters)


def _blocking(findings: Iterable[Finding], flights: Flights) -> Iterator[Reason]:
    for finding in findings:
        if finding.is_blocking:
            yield Reason(
                code=finding.code,
                message=finding.message,
                value=finding.value,
                limit=finding.limit,
                leg=flights.concerns[finding.leg - 1] if finding.leg else None,
            )
