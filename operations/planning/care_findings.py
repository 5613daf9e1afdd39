"""What somebody must know of patient, times and crew of a plan, and what was only assumed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from operations.itinerary import Finding, PlannedDuty, PlannedGround, PlannedLeg
from operations.oxygen import Flight, care_minutes, oxygen_needed
from operations.planning.cabin import highest_flight_ft
from operations.planning.fields import Craft, Field
from operations.planning.journey import AskedLeg, Journey, Road


def oxygen_minutes(
    journey: Journey, legs: Sequence[PlannedLeg], ground: Sequence[PlannedGround]
) -> float:
    """Minutes that the patient breathes from the aircraft's fitting; no filling is arranged yet."""
    roads = {(road.leg, road.is_pickup): road for road in ground}
    flights = [_breathed(leg, roads) for leg in legs]
    return care_minutes(flights, loading_min=journey.parameters.loading_min)


def _breathed(leg: PlannedLeg, roads: Mapping[tuple[int, bool], PlannedGround]) -> Flight:
    there, back = roads.get((leg.sequence, True)), roads.get((leg.sequence, False))
    minute = timedelta(minutes=1)
    return Flight(
        out_at=leg.out_at,
        in_at=leg.in_at,
        has_patient=leg.has_patient,
        to_aircraft_min=None if there is None else (leg.out_at - there.start_at) / minute,
        from_aircraft_min=None if back is None else (back.end_at - leg.in_at) / minute,
    )


def oxygen_l(journey: Journey, minutes: float) -> float:
    """Liters of free gas for the time in the patient's care, with the reserve, rounded up."""
    care = journey.care
    needed = oxygen_needed(flow_lpm=care.oxygen_lpm, care_min=minutes, reserve=care.oxygen_reserve)
    return float(needed)


def care_findings(
    journey: Journey,
    craft: Craft,
    legs: Sequence[PlannedLeg],
    fields: Mapping[int, Field],
    needed_l: float,
) -> Iterator[Finding]:
    """Oxygen, cabin altitude, mass: whatever the plan cannot promise the patient."""
    if not journey.has_patient:
        return
    if needed_l > craft.tail.oxygen_l:
        yield Finding(
            code="oxygen",
            message=f"{needed_l:g} liters of oxygen needed with reserve,"
            f" {craft.tail.oxygen_l} fitted.",
            is_blocking=True,
            value=needed_l,
            limit=craft.tail.oxygen_l,
        )
    if journey.care.patient_kg is None:
        assumed_kg = journey.parameters.person_kg
        text = f"The patient's mass is not known; {assumed_kg:g} kg assumed."
        yield Finding(code="patient_mass_unknown", message=text, value=assumed_kg)
    if journey.care.max_cabin_altitude_ft is not None:
        for leg in legs:
            if leg.has_patient:
                limit_ft = journey.care.max_cabin_altitude_ft
                yield from _cabin(leg, craft, fields, limit_ft)


def time_findings(journey: Journey, legs: Sequence[PlannedLeg]) -> Iterator[Finding]:
    """Departures later than asked for, and arrivals too late."""
    for asked in journey.legs:
        flights = [leg for leg in legs if leg.requested_leg == asked.sequence]
        if flights[0].out_at > asked.earliest_departure_at:
            yield Finding(
                code="departs_later",
                message=f"Leaves {flights[0].origin.ident}"
                f" {_minutes(flights[0].out_at - asked.earliest_departure_at)} min after the"
                " earliest departure asked for.",
                leg=flights[0].sequence,
                value=flights[0].out_at.isoformat(),
                limit=asked.earliest_departure_at.isoformat(),
            )
        latest_at = asked.latest_arrival_at
        if latest_at is not None and flights[-1].in_at > latest_at:
            yield Finding(
                code="latest_arrival",
                message=f"Arrives at {flights[-1].destination.ident}"
                f" {_minutes(flights[-1].in_at - latest_at)} min too late.",
                leg=flights[-1].sequence,
                is_blocking=True,
                value=flights[-1].in_at.isoformat(),
                limit=latest_at.isoformat(),
            )


def crew_findings(journey: Journey, duties: Sequence[PlannedDuty]) -> Iterator[Finding]:
    """Duties longer than one crew can do; whether they are allowed is for the crew rules."""
    limit_min = journey.parameters.longest_duty_min
    for duty in duties:
        if duty.minutes > limit_min:
            yield Finding(
                code="crew_duty",
                message=f"The crew would be on duty for {duty.minutes:.0f} min, more than"
                f" {limit_min:g}: plan relief or rest.",
                leg=duty.first_leg,
                value=round(duty.minutes),
                limit=limit_min,
            )


def assumption_findings(journey: Journey, legs: Sequence[PlannedLeg]) -> Iterator[Finding]:
    """What was not given, so that nobody takes an assumption for knowledge."""
    for asked in journey.legs:
        flights = [leg for leg in legs if leg.requested_leg == asked.sequence]
        if asked.wind is None:
            text = f"No wind given for leg {asked.sequence}: flown in still air."
            yield Finding(code="wind_unknown", message=text, leg=flights[0].sequence)
        for road, leg in ((asked.pickup, flights[0]), (asked.dropoff, flights[-1])):
            yield from _road(road, asked, leg)


def _road(road: Road | None, asked: AskedLeg, leg: PlannedLeg) -> Iterator[Finding]:
    if road is not None and road.distance_km is None:
        text = f"The way by road of leg {asked.sequence} is not known: no time planned for it."
        yield Finding(code="road_unknown", message=text, leg=leg.sequence)


def _cabin(
    leg: PlannedLeg, craft: Craft, fields: Mapping[int, Field], limit_ft: float
) -> Iterator[Finding]:
    highest_ft = highest_flight_ft(
        limit_ft, is_pressurized=craft.tail.is_pressurized, cabin_hpa=craft.cabin_hpa
    )
    if highest_ft is None and leg.altitude_ft > limit_ft:
        yield Finding(
            code="cabin_altitude_unknown",
            message=f"The cabin altitude at {leg.altitude_ft} ft is not on file; the patient may"
            f" not go above {limit_ft:g} ft.",
            leg=leg.sequence,
            value=leg.altitude_ft,
            limit=limit_ft,
        )
    for place, is_arrival in ((leg.origin, False), (leg.destination, True)):
        elevation_ft = fields[place.airport_id].elevation_ft
        if elevation_ft is not None and elevation_ft > limit_ft:
            yield Finding(
                code="field_elevation",
                message=f"{place.ident} lies at {elevation_ft} ft; the patient may not go above"
                f" {limit_ft:g} ft.",
                leg=leg.sequence,
                # The patient is at the origin already; nobody need be taken to the destination.
                is_blocking=is_arrival,
                value=elevation_ft,
                limit=limit_ft,
            )


def _minutes(span: timedelta) -> int:
    return math.ceil(span / timedelta(minutes=1))
