"""What is on paper and on board for many trips, in sets: one statement for each kind of record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from msgspec import Struct

from aircraft.airworthiness import CrewedAircraftFacts
from aircraft.models import Aircraft, AltitudeBand
from aircraft.performance import Band
from aircraft.queries.airworthiness import facts_of_rows
from aircraft.queries.performance import as_band
from common.units import NM_M
from documents.models import Document
from operations.facts.journeys import Journey, road_facts
from operations.facts.legs import AirportFacts
from operations.facts.papers import (
    CabinFacts,
    EvidenceFacts,
    GroundFacts,
    OpsSpecFacts,
    PassengerFacts,
    ServiceFacts,
    WorksheetFacts,
)
from operations.facts.people import FlyingFacts
from operations.facts.types import flying_facts
from operations.models import (
    GroundLeg,
    LegStatus,
    OpsSpec,
    Passenger,
    RiskWorksheet,
    ServiceItem,
    TripEvidence,
    TripLeg,
    TripStatus,
)
from operations.risk_template import is_complete

# Papers that crews, authorities and hospitals hold in their hands. The crew's brief and the printed
# release are not among them: they show the release itself, so each release has them made anew.
HANDED_OUT = (
    "ambulance_consent",
    "border_manifest",
    "cargo_manifest",
    "crew_list",
    "general_declaration",
    "medical_summary",
    "passenger_manifest",
)
REFUSAL_HOURS = 6
REFUSAL_NM = 5.0
_CABIN = (
    "seats",
    "stretchers",
    "min_crew",
    "mtow_kg",
    "basic_weight_kg",
    "max_payload_kg",
    "usable_fuel_kg",
    "oxygen_l",
    "is_pressurized",
    "min_runway_m",
    "taxi_fuel_kg",
    "reserve_min",
    "cabin_altitude_ft",
    "max_crosswind_kt",
    "max_tailwind_kt",
    "is_ice_protected",
    "has_weather_radar",
    "has_terrain_awareness",
)


class Flown(Struct, frozen=True):
    """Minutes that an aircraft is to fly on another trip, and when that trip begins."""

    trip_id: int
    start_at: datetime
    minutes: int


class Papers(Struct):
    """Records of many trips by key; those of trips only are empty for offers."""

    aircraft: dict[int, CrewedAircraftFacts]
    cabins: dict[int, CabinFacts]
    flying: dict[int, FlyingFacts]
    zones: dict[int, Any]
    booked: dict[int, list[Flown]]
    ground: dict[int, list[GroundFacts]]
    worksheets: dict[int, WorksheetFacts]
    services: dict[int, list[ServiceFacts]]
    passengers: dict[int, list[PassengerFacts]]
    evidence: dict[int, list[EvidenceFacts]]
    opsspecs: tuple[OpsSpecFacts, ...]
    due: dict[int | None, tuple[str, ...]]


def gather_papers(journeys: Sequence[Journey], *, now: datetime) -> Papers:
    """Everything but places, weather and people; the statements do not grow with the trips."""
    tails = sorted({journey.aircraft_id for journey in journeys})
    trips = sorted({journey.trip_id for journey in journeys if journey.trip_id})
    rows = Aircraft.objects.filter(pk__in=tails).select_related("aircraft_type", "base")
    fleet = {row.pk: row for row in rows.order_by("pk")}
    bands = _bands(tails)
    return Papers(
        aircraft=facts_of_rows(list(fleet.values()), on=now.date()),
        cabins={pk: _cabin(row, bands.get(pk, ())) for pk, row in fleet.items()},
        flying={pk: _flying(row) for pk, row in fleet.items()},
        zones={pk: row.zone for pk, row in fleet.items()},
        booked=_booked(tails),
        ground=_ground(trips),
        worksheets=_worksheets(trips),
        services=_services(trips),
        passengers=_passengers(trips),
        evidence=_evidence(trips),
        opsspecs=_opsspecs(),
        due=_due(trips),
    )


def _cabin(row: Aircraft, bands: tuple[Band, ...]) -> CabinFacts:
    return CabinFacts(
        category=row.aircraft_type.category,
        engine_kind=row.aircraft_type.engine_kind,
        surfaces=tuple(row.surfaces),
        bands=bands,
        **{name: getattr(row, name) for name in _CABIN},
    )


def _flying(row: Aircraft) -> FlyingFacts:
    return flying_facts(row.aircraft_type.description_code, mtow_kg=row.mtow_kg)


def _bands(tails: Sequence[int]) -> dict[int, tuple[Band, ...]]:
    found: dict[int, tuple[Band, ...]] = {}
    for row in AltitudeBand.objects.filter(aircraft__in=tails).order_by("floor_ft", "pk"):
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), as_band(row))
    return found


def _booked(tails: Sequence[int]) -> dict[int, list[Flown]]:
    """
    What the aircraft flies and is to fly on trips that are not closed: due points count it.

    Hours are added to the aircraft when a trip is closed, so until then its flown legs count here.
    """
    rows = (
        TripLeg.objects.filter(trip__aircraft__in=tails)
        .exclude(status=LegStatus.CANCELLED)
        .exclude(trip__status__in=(TripStatus.CLOSED, TripStatus.CANCELLED))
        .order_by("pk")
    )
    found: dict[int, list[Flown]] = defaultdict(list)
    for tail, trip_id, start_at, minutes in rows.values_list(
        "trip__aircraft_id", "trip_id", "trip__start_at", "flight_min"
    ):
        found[tail].append(Flown(trip_id, start_at, minutes))
    return found


def _ground(trips: Sequence[int]) -> dict[int, list[GroundFacts]]:
    rows = GroundLeg.objects.filter(trip__in=trips).select_related("leg").order_by("pk")
    found: dict[int, list[GroundFacts]] = defaultdict(list)
    for row in rows:
        leg = row.leg
        facts = road_facts(
            leg.sequence,
            is_pickup=row.is_pickup,
            road=(row.expected_start_at, row.expected_end_at),
            blocks=(
                leg.actual_out_at or leg.estimated_out_at,
                leg.actual_in_at or leg.estimated_in_at,
            ),
        )
        found[row.trip_id].append(facts)
    return found


def _worksheets(trips: Sequence[int]) -> dict[int, WorksheetFacts]:
    rows = RiskWorksheet.objects.filter(trip__in=trips).select_related("signed_by", "approved_by")
    return {
        row.trip_id: WorksheetFacts(
            score=row.score,
            threshold=row.threshold,
            template_version=row.template_version,
            is_complete=is_complete(row.answers, row.template_version),
            plan_hash=row.plan_hash,
            signed_by=row.signed_by.full_name if row.signed_by else "",
            signed_by_id=row.signed_by_id,
            signed_at=row.signed_at,
            approved_by=row.approved_by.full_name if row.approved_by else "",
            approved_at=row.approved_at,
        )
        for row in rows.order_by("pk")
    }


def _services(trips: Sequence[int]) -> dict[int, list[ServiceFacts]]:
    rows = ServiceItem.objects.filter(trip__in=trips).select_related("leg", "airport")
    found: dict[int, list[ServiceFacts]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.trip_id].append(
            ServiceFacts(
                kind=row.kind,
                status=row.status,
                leg=row.leg.sequence if row.leg else None,
                airport=str(row.airport or ""),
                fbo_id=row.fbo_id,
                is_required=row.is_required,
                needs_recheck=row.needs_recheck,
                recheck_because=row.recheck_because,
            )
        )
    return found


def _passengers(trips: Sequence[int]) -> dict[int, list[PassengerFacts]]:
    rows = Passenger.objects.filter(trip__in=trips).prefetch_related("legs").order_by("pk")
    found: dict[int, list[PassengerFacts]] = defaultdict(list)
    for row in rows:
        found[row.trip_id].append(
            PassengerFacts(
                legs=tuple(sorted(leg.sequence for leg in row.legs.all())),
                role=row.role,
                mass_kg=row.mass_kg,
                baggage_kg=row.baggage_kg,
            )
        )
    return found


def _evidence(trips: Sequence[int]) -> dict[int, list[EvidenceFacts]]:
    rows = TripEvidence.objects.live().filter(trip__in=trips)
    found: dict[int, list[EvidenceFacts]] = defaultdict(list)
    for row in rows.select_related("leg", "recorded_by").order_by("pk"):
        found[row.trip_id].append(
            EvidenceFacts(
                kind=row.kind,
                reference=row.reference,
                recorded_by=row.recorded_by.full_name,
                recorded_at=row.recorded_at,
                leg=row.leg.sequence if row.leg else None,
                details=row.details,
            )
        )
    return found


def _opsspecs() -> tuple[OpsSpecFacts, ...]:
    return tuple(
        OpsSpecFacts(code=row.code, issued_on=row.issued_on, expires_on=row.expires_on)
        for row in OpsSpec.objects.order_by("code", "issued_on", "pk")
    )


def _due(trips: Sequence[int]) -> dict[int | None, tuple[str, ...]]:
    """Titles of the papers in force that a change has overtaken."""
    rows = Document.objects.current().filter(
        subject_type="operations.trip",
        subject_id__in=trips,
        kind__in=HANDED_OUT,
        is_reissue_due=True,
    )
    found: dict[int | None, tuple[str, ...]] = {}
    for trip_id, title in rows.order_by("title", "pk").values_list("subject_id", "title"):
        found[trip_id] = (*found.get(trip_id, ()), title)
    return found


# Where a pick-up begins: at the aerodrome, at the hospital of the plan, at that of the booked road.
_REFUSALS = """
WITH w AS (
    SELECT * FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::bigint[],
        %s::timestamptz[], %s::bigint[], %s::bigint[])
        AS w (key, lat, lon, patient, start_at, leg, hospital)
), places AS (
    SELECT key, patient, start_at,
        ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point
    FROM w
    UNION ALL
    SELECT w.key, w.patient, w.start_at, c.point
    FROM w JOIN contacts_contact AS c ON c.id = w.hospital
    UNION ALL
    SELECT w.key, w.patient, w.start_at, c.point
    FROM w JOIN operations_groundleg AS g ON g.leg_id = w.leg AND g.is_pickup
    JOIN contacts_contact AS c ON c.id = g.place_id
)
SELECT p.key, count(DISTINCT d.id)
FROM places AS p
JOIN operations_decline AS d ON d.by = 'other_operator'
    AND d.declined_at > LEAST(p.start_at, %s) - %s::interval AND d.declined_at <= p.start_at
    AND (d.patient_id = p.patient OR ST_DWithin(d.point, p.point, %s))
GROUP BY 1
"""


def refusals_nearby(
    journeys: Sequence[Journey], airports: Mapping[int, AirportFacts], *, now: datetime
) -> dict[int, int]:
    """
    How often another operator refused lately what each trip is asked for (14 CFR 135.617).

    Within six hours and 5 NM of the first pick-up or of one of the patient, or of the same patient:
    of its aerodrome or of its hospital, as others write theirs down at either. One statement.
    """
    asked = []
    for journey in journeys:
        commercial = [leg for leg in journey.legs if leg.facts.is_commercial]
        for number, leg in enumerate(commercial):
            if number == 0 or leg.facts.has_patient:
                at = airports[leg.origin_id]
                where = (at.lat, at.lon, journey.patient_id, journey.start_at)
                asked.append((journey.key, *where, leg.facts.leg_id or None, leg.pickup_id))
    if not asked:
        return {}
    columns = [list(column) for column in zip(*asked, strict=True)]
    with connection.cursor() as cursor:
        window = f"{REFUSAL_HOURS} hours"
        cursor.execute(_REFUSALS, [*columns, now, window, REFUSAL_NM * NM_M])
        return dict(cursor.fetchall())
