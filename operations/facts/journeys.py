"""
Trips and offers as one kind of thing: legs, aircraft, crew, before anything is looked up for them.

A trip's legs are taken as they are expected now; an offer's as they were planned.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db.models import F, Prefetch
from msgspec import Struct

from operations.facts.legs import LegFacts
from operations.facts.papers import GroundFacts, MedicalFacts, TaxFacts
from operations.facts.people import AssignedCrew, Sector
from operations.facts.sectors import Position, planned_sector, sector
from operations.itinerary import Itinerary, PlannedLeg
from operations.models import MEDICAL, CrewLine, MedicalRequirement, QuoteVersion, Trip, TripLeg
from operations.plan_hash import hashes_of, head_of

# Crew of an offer report this long before off blocks and are free this long after on blocks.
REPORT_BEFORE = timedelta(hours=1)
FREE_AFTER = timedelta(minutes=30)
# Between two flights with so much time the crew rests and begins a new duty (135.267(d)).
REST = timedelta(hours=10)
Times = tuple[datetime, datetime]
_COPIED = (
    "sequence",
    "kind",
    "has_patient",
    "passengers",
    "is_acute_care",
    "status",
    "is_technical_stop",
    "is_ifr",
    "flight_min",
    "payload_kg",
    "fuel_kg",
    "fuel_on_board_kg",
    "runway_id",
    "min_ceiling_ft",
    "min_visibility_m",
    "circling_ceiling_ft",
    "alternate_ceiling_ft",
    "alternate_visibility_m",
    "alternate_navaids",
    "landing_distance_m",
)


class LegDraft(Struct, frozen=True, kw_only=True):
    """A leg with the keys of its airports, still to be looked up."""

    facts: LegFacts
    origin_id: int
    destination_id: int
    alternate_id: int | None = None
    takeoff_alternate_id: int | None = None
    origin_at: Position | None = None
    destination_at: Position | None = None
    # The hospital of an offer's plan; that of a trip stands with its road.
    pickup_id: int | None = None


class Journey(Struct, frozen=True, kw_only=True):
    """One trip or offer: what is the same of both."""

    key: int
    number: str
    kind: str
    status: str
    aircraft_id: int
    start_at: datetime
    end_at: datetime
    legs: tuple[LegDraft, ...]
    crew: tuple[AssignedCrew, ...] = ()
    requirement_id: int | None = None
    patient_id: int | None = None
    medical: MedicalFacts | None = None
    trip_id: int | None = None
    is_offer: bool = False
    taxes: tuple[TaxFacts, ...] = ()
    ground: tuple[GroundFacts, ...] = ()
    plan_hash: str = ""
    control_specialist_id: int | None = None


def trip_journeys(ids: Sequence[int]) -> list[Journey]:
    """Trips with the legs that will be flown and the crew that stands; the statements are few."""
    lines = CrewLine.objects.assigned().annotate(leg_sequence=F("leg__sequence"))
    rows = (
        Trip.objects.filter(pk__in=ids)
        .select_related("requirement__patient", "quote_version")
        .prefetch_related(
            Prefetch(
                "legs",
                TripLeg.objects.flying()
                .select_related("origin", "destination", "diverted_to")
                .order_by("sequence"),
                to_attr="flown",
            ),
            Prefetch(
                "flown__crew", lines.select_related("duty").order_by("pk"), to_attr="standing"
            ),
        )
        .order_by("pk")
    )
    found = list(rows)
    hashes = hashes_of({row.pk: head_of(row) for row in found})
    return [_of_trip(row, hashes[row.pk]) for row in found]


def offer_journeys(ids: Sequence[int]) -> list[Journey]:
    """Offers from their stored itinerary and the crew proposed with it, in one statement."""
    rows = QuoteVersion.objects.filter(pk__in=ids).select_related("quote__requirement__patient")
    return [_of_offer(row) for row in rows.order_by("pk")]


def _of_trip(trip: Any, plan_hash: str) -> Journey:
    lines = [line for leg in trip.flown for line in leg.standing]
    requirement, version = trip.requirement, trip.quote_version
    drafts = tuple(_draft(leg) for leg in trip.flown)
    return Journey(
        key=trip.pk,
        trip_id=trip.pk,
        number=trip.number,
        kind=trip.kind,
        status=trip.status,
        aircraft_id=trip.aircraft_id,
        start_at=min((draft.facts.out_at for draft in drafts), default=trip.start_at),
        end_at=max((draft.facts.in_at for draft in drafts), default=trip.end_at),
        legs=drafts,
        crew=tuple(_assigned(trip, lines, {draft.facts.sequence: draft for draft in drafts})),
        requirement_id=trip.requirement_id,
        patient_id=requirement.patient_id if requirement else None,
        medical=_medical(requirement),
        taxes=_taxes(version.tax_evidence) if version else (),
        plan_hash=plan_hash,
        control_specialist_id=trip.control_specialist_id,
    )


def _draft(leg: Any) -> LegDraft:
    facts = LegFacts(
        leg_id=leg.pk,
        origin=str(leg.origin),
        destination=str(leg.destination),
        distance_nm=float(leg.distance_nm),
        **_times(leg),
        **{name: getattr(leg, name) for name in _COPIED},
    )
    return LegDraft(
        facts=facts,
        origin_id=leg.origin_id,
        destination_id=leg.diverted_to_id or leg.destination_id,
        alternate_id=leg.alternate_id,
        takeoff_alternate_id=leg.takeoff_alternate_id,
        origin_at=_position(leg.origin),
        destination_at=_position(leg.diverted_to or leg.destination),
    )


def _position(airport: Any) -> Position:
    return airport.point.y, airport.point.x


def _times(leg: Any) -> dict[str, Any]:
    """What happened where it did, else what is expected; taxi takes as long as planned."""
    out_at = leg.actual_out_at or leg.estimated_out_at
    in_at = leg.actual_in_at or leg.estimated_in_at
    off_at = leg.actual_off_at or out_at + (leg.planned_off_at - leg.planned_out_at)
    on_at = leg.actual_on_at or in_at - (leg.planned_in_at - leg.planned_on_at)
    return {"out_at": out_at, "off_at": off_at, "on_at": on_at, "in_at": in_at}


def _assigned(
    trip: Trip, lines: Iterable[Any], legs: Mapping[int, LegDraft]
) -> Iterable[AssignedCrew]:
    """One entry for each duty and role of a person, with the sectors flown in it."""
    grouped: dict[tuple[int, int, str], list[Any]] = defaultdict(list)
    for line in lines:
        grouped[line.person_id, line.duty_id, line.role].append(line)
    has_team = any(line.role in MEDICAL for line in lines)
    for (person_id, _, role), mine in sorted(grouped.items()):
        yield AssignedCrew(
            key=trip.pk,
            trip_id=trip.pk,
            person_id=person_id,
            role=role,
            report_at=mine[0].duty.report_at,
            end_at=mine[0].duty.end_at,
            is_hospital_based=trip.is_hospital_based,
            sectors=tuple(_sector(legs[line.leg_sequence], has_team=has_team) for line in mine),
        )


def _sector(draft: LegDraft, *, has_team: bool) -> Sector:
    leg = draft.facts
    return sector(
        leg=leg.sequence,
        out_at=leg.out_at,
        off_at=leg.off_at,
        on_at=leg.on_at,
        in_at=leg.in_at,
        origin=draft.origin_at,
        destination=draft.destination_at,
        carries_persons=leg.has_patient or leg.passengers > 0 or has_team,
        is_ifr=leg.is_ifr,
    )


def _of_offer(version: Any) -> Journey:
    plan = msgspec.convert(version.itinerary, Itinerary)
    hospitals = {road.leg: road.contact_id for road in plan.ground if road.is_pickup}
    legs = {
        leg.sequence: LegDraft(
            facts=_planned(leg), **_ends(leg), pickup_id=hospitals.get(leg.sequence)
        )
        for leg in plan.legs
    }
    requirement = version.quote.requirement
    return Journey(
        key=version.pk,
        number=str(version),
        kind=version.quote.kind,
        status=version.quote.status,
        aircraft_id=version.aircraft_id,
        start_at=plan.start_at,
        end_at=plan.end_at,
        legs=tuple(legs.values()),
        crew=tuple(_proposed(version, plan)),
        requirement_id=version.quote.requirement_id,
        patient_id=requirement.patient_id if requirement else None,
        medical=_medical(requirement),
        is_offer=True,
        taxes=_taxes(version.tax_evidence),
        ground=tuple(_roads(plan)),
    )


def _planned(leg: Any) -> LegFacts:
    return LegFacts(
        sequence=leg.sequence,
        kind=leg.kind,
        origin=leg.origin.ident,
        destination=leg.destination.ident,
        out_at=leg.out_at,
        off_at=leg.off_at,
        on_at=leg.on_at,
        in_at=leg.in_at,
        distance_nm=leg.distance_nm,
        has_patient=leg.has_patient,
        passengers=leg.passengers,
        is_acute_care=leg.is_acute_care,
        is_technical_stop=leg.is_technical_stop,
        flight_min=leg.flight_min,
        payload_kg=leg.payload_kg,
        fuel_kg=leg.fuel_kg,
    )


def _roads(plan: Itinerary) -> Iterable[GroundFacts]:
    blocks = {leg.sequence: (leg.out_at, leg.in_at) for leg in plan.legs}
    return [
        road_facts(
            road.leg,
            is_pickup=road.is_pickup,
            road=(road.start_at, road.end_at),
            blocks=blocks[road.leg],
        )
        for road in plan.ground
        if road.leg in blocks
    ]


def road_facts(leg: int, *, is_pickup: bool, road: Times, blocks: Times) -> GroundFacts:
    """A journey by road with the time beside the aircraft before off blocks or after on blocks."""
    with_wait = blocks[0] - road[0] if is_pickup else road[1] - blocks[1]
    longest = max(with_wait, road[1] - road[0])
    return GroundFacts(leg=leg, is_pickup=is_pickup, minutes=longest.total_seconds() / 60)


def _ends(leg: Any) -> dict[str, Any]:
    return {"origin_id": leg.origin.airport_id, "destination_id": leg.destination.airport_id}


def _proposed(version: Any, plan: Itinerary) -> Iterable[AssignedCrew]:
    """`proposed_crew`: a person, a role and the legs by sequence; all legs when none are named."""
    has_team = plan.medical_count > 0
    for entry in version.proposed_crew:
        wanted = entry.get("legs") or [leg.sequence for leg in plan.legs]
        mine = [leg for leg in plan.legs if leg.sequence in wanted]
        for first, last, legs in _duties(mine):
            yield AssignedCrew(
                key=version.pk,
                person_id=int(entry["person"]),
                role=entry["role"],
                report_at=first - REPORT_BEFORE,
                end_at=last + FREE_AFTER,
                sectors=tuple(planned_sector(leg, has_team=has_team) for leg in legs),
                is_hospital_based=version.quote.is_hospital_based,
            )


def _duties(
    legs: Sequence[PlannedLeg],
) -> Iterable[tuple[datetime, datetime, list[PlannedLeg]]]:
    """Legs in runs between which there is time for a rest."""
    run: list[PlannedLeg] = []
    for leg in legs:
        if run and leg.out_at - REPORT_BEFORE - run[-1].in_at - FREE_AFTER >= REST:
            yield run[0].out_at, run[-1].in_at, run
            run = []
        run.append(leg)
    if run:
        yield run[0].out_at, run[-1].in_at, run


def _medical(row: MedicalRequirement | None) -> MedicalFacts | None:
    """What the patient needs; no name and no diagnosis."""
    if row is None:
        return None
    return MedicalFacts(
        requirement_id=row.pk,
        decision=row.decision,
        acuity=row.acuity,
        team=tuple(row.team),
        equipment=tuple(row.equipment),
        equipment_mass_kg=row.equipment_mass_kg,
        oxygen_flow_lpm=float(row.oxygen_flow_lpm),
        oxygen_reserve=float(row.oxygen_reserve),
        is_stretcher=row.is_stretcher,
        escorts=row.escorts,
        max_cabin_altitude_ft=row.max_cabin_altitude_ft,
        is_acute_care=row.is_acute_care,
        conditions=tuple(row.conditions),
        awaits_approval=row.needs_approval and row.approved_at is None,
        patient_mass_kg=row.patient.mass_kg,
    )


def _taxes(stored: Iterable[Any]) -> tuple[TaxFacts, ...]:
    """What was declared with the price about taxes not taken, by leg."""
    return tuple(
        TaxFacts(
            leg=entry.get("leg"),
            code=str(entry.get("code", "")),
            is_exempt=bool(entry.get("is_exempt", True)),
            evidence=str(entry.get("evidence") or entry.get("reference") or ""),
        )
        for entry in stored
        if isinstance(entry, dict)
    )
