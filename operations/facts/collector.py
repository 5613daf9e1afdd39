"""Gather the facts of trips and offers in sets, for the compliance engine."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from aircraft.airworthiness import CrewedAircraftFacts
from aircraft.models import FLEET_SCOPE, HELICOPTERS
from airports.queries import aerodromes
from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from operations.facts.attendance import attended_key
from operations.facts.crew import crew_facts, crew_keys
from operations.facts.guards import GUARDS
from operations.facts.happened import gather_occurrences
from operations.facts.journeys import Journey, offer_journeys, trip_journeys
from operations.facts.legs import LegFacts
from operations.facts.next_change import next_change_at
from operations.facts.paperwork import Papers, gather_papers, refusals_nearby
from operations.facts.people import CrewMemberFacts
from operations.facts.places import gather_places, placed_leg, weather_keys
from operations.facts.rosters import gather_control
from operations.facts.trip import TripFacts
from operations.models import QuoteStatus, QuoteVersion, Trip, TripStatus
from operations.queries.offers import with_newest

OPSSPECS = "opsspecs"
_TRIP_STAGES: dict[str, Stage | None] = {
    # Under a live release, and in flight, missing evidence is red. Once it has begun a limit that
    # was kept in the plan and is overtaken is no violation (14 CFR 135.263(d)); each departure is
    # judged as a release is, by who records it.
    TripStatus.RELEASED: Stage.RELEASE,
    TripStatus.ACTIVE: Stage.INFLIGHT,
    TripStatus.COMPLETED: None,
    TripStatus.CLOSED: None,
    TripStatus.CANCELLED: None,
    TripStatus.ABORTED: None,
}
_STANDING_OFFERS = (
    QuoteStatus.REQUESTED,
    QuoteStatus.PRICED,
    QuoteStatus.SENT,
    QuoteStatus.VIEWED,
    QuoteStatus.ACCEPTED,
)


def trip_stages(ids: Sequence[int]) -> dict[int, Stage | None]:
    """At which stage trips are judged, from where they stand now."""
    rows = Trip.objects.filter(pk__in=ids).order_by("pk")
    return {
        pk: _TRIP_STAGES.get(status, Stage.PLANNING)
        for pk, status in rows.values_list("pk", "status")
    }


def offer_stages(ids: Sequence[int]) -> dict[int, Stage | None]:
    """An offer is judged as a plan while it may still be booked: the last one of its quote."""
    rows = with_newest(QuoteVersion.objects.filter(pk__in=ids)).order_by("pk")
    found = rows.values_list("pk", "sequence", "newest_sequence", "quote__status")
    return {
        pk: Stage.PLANNING if sequence == newest and status in _STANDING_OFFERS else None
        for pk, sequence, newest, status in found
    }


@subject("operations.trip", facts=TripFacts, own="trip", stages=trip_stages, guards=GUARDS)
def collect_trips(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Collect trips with everything their rules ask for; the statements do not grow."""
    return _collect(trip_journeys(ids), at)


@subject(
    "operations.quoteversion",
    facts=TripFacts,
    own="quote_version",
    stages=offer_stages,
    guards=GUARDS,
)
def collect_offers(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Collect offers as the trips they would become."""
    return _collect(offer_journeys(ids), at)


def _collect(journeys: Sequence[Journey], at: datetime) -> dict[int, Collected]:
    if not journeys:
        return {}
    places = gather_places(journeys, now=at)
    papers = gather_papers(journeys, now=at)
    crew = crew_facts([entry for journey in journeys for entry in journey.crew], now=at)
    control = gather_control(journeys, papers.cabins)
    happened = gather_occurrences(journeys)
    refusals = refusals_nearby(journeys, places.airports, now=at)
    collected = {}
    for journey in journeys:
        services = papers.services.get(journey.trip_id or 0, ())
        legs = tuple(placed_leg(journey, draft, places, services) for draft in journey.legs)
        facts = _facts(
            journey,
            legs,
            papers,
            crew=crew.get(journey.key, ()),
            refusals_nearby=refusals.get(journey.key, 0),
            control=control.get(journey.key),
            occurrences=happened.get(journey.key, ()),
        )
        collected[journey.key] = Collected(
            facts=facts,
            label=journey.number,
            scope=FLEET_SCOPE,
            dependencies=_dependencies(journey, facts),
            next_change_at=next_change_at(facts, at),
        )
    return collected


def _facts(
    journey: Journey,
    legs: tuple[LegFacts, ...],
    papers: Papers,
    *,
    crew: tuple[CrewMemberFacts, ...],
    **around: Any,
) -> TripFacts:
    zone = papers.zones[journey.aircraft_id]
    trip_id = journey.trip_id or 0
    last_day = journey.end_at.astimezone(zone).date()
    return TripFacts(
        number=journey.number,
        kind=journey.kind,
        status=journey.status,
        is_offer=journey.is_offer,
        rule_date=journey.start_at.astimezone(zone).date(),
        end_date=last_day,
        timezone=_name(zone),
        start_at=journey.start_at,
        end_at=journey.end_at,
        aircraft=_aircraft(journey, legs, papers, on=last_day),
        flying=papers.flying[journey.aircraft_id],
        cabin=papers.cabins[journey.aircraft_id],
        legs=legs,
        crew=crew,
        medical=journey.medical,
        ground=(*journey.ground, *papers.ground.get(trip_id, ())),
        worksheet=papers.worksheets.get(trip_id),
        services=tuple(papers.services.get(trip_id, ())),
        passengers=tuple(papers.passengers.get(trip_id, ())),
        evidence=tuple(papers.evidence.get(trip_id, ())),
        opsspecs=papers.opsspecs,
        taxes=journey.taxes,
        papers_due=papers.due.get(trip_id, ()),
        plan_hash=journey.plan_hash,
        **around,
    )


def _aircraft(
    journey: Journey, legs: Sequence[LegFacts], papers: Papers, *, on: date
) -> CrewedAircraftFacts:
    """The aircraft after all it is to fly before this trip ends."""
    before = [
        flight.minutes
        for flight in papers.booked.get(journey.aircraft_id, ())
        if flight.trip_id != journey.trip_id and flight.start_at < journey.start_at
    ]
    # What was flown is added to the aircraft's hours when the trip is closed.
    own = [] if journey.status == TripStatus.CLOSED else [ceil(leg.flight_min) for leg in legs]
    return msgspec.structs.replace(
        papers.aircraft[journey.aircraft_id],
        on=on,
        planned_min=sum(before) + sum(own),
        planned_cycles=len(before) + len(own),
        is_revenue=any(leg.is_commercial for leg in legs),
    )


def _dependencies(journey: Journey, facts: TripFacts) -> frozenset[str]:
    own = "quote_version" if journey.is_offer else "trip"
    keys = {
        f"{own}:{journey.key}",
        f"aircraft:{journey.aircraft_id}",
        FLEET_SCOPE,
        OPSSPECS,
        aerodromes.DEPENDENCY,
    }
    if facts.control is not None:
        keys.add(HELICOPTERS)
    if journey.requirement_id:
        keys.add(f"requirement:{journey.requirement_id}")
    if journey.patient_id:
        keys.add(f"patient:{journey.patient_id}")
    if journey.control_specialist_id:
        keys.add(f"user:{journey.control_specialist_id}")
    keys |= crew_keys(facts.crew)
    for leg in facts.legs_ahead:
        keys |= weather_keys(leg)
        keys |= {attended_key(end.airport_id) for end in (leg.departure, leg.arrival) if end}
    return frozenset(keys)


def _name(zone: ZoneInfo) -> str:
    return zone.key
