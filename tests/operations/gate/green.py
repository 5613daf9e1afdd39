"""Facts of one trip about which no rule has anything to say; tests change one thing at a time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from aircraft.airworthiness import CrewedAircraftFacts, TaskFacts
from aircraft.performance import Band
from airports.queries.conditions import Forecast, Observation, WeatherFacts
from airports.reports import Conditions, TafGroup
from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Stage
from operations.facts.legs import AirportFacts, LegFacts, RunwayEndFacts, RunwayFacts
from operations.facts.papers import (
    CabinFacts,
    EvidenceFacts,
    MedicalFacts,
    OpsSpecFacts,
    WorksheetFacts,
)
from operations.facts.people import CrewMemberFacts, Sector
from operations.facts.trip import TripFacts

NOW = datetime(2026, 3, 15, 18, 30, tzinfo=UTC)
OUT = datetime(2026, 3, 15, 20, 0, tzinfo=UTC)
DAY = date(2026, 3, 15)
GOOD = Conditions(
    wind_direction_deg=270, wind_speed_kt=8.0, visibility_m=9999, is_ceiling_known=True
)


def wx(
    now: Conditions = GOOD,
    *groups: tuple[str, Conditions],
    age_min: float = 10,
    km: float = 2.0,
    temperature_c: float = 15.0,
    covers: bool = True,
    observed: bool = True,
    forecast: bool = True,
) -> WeatherFacts:
    """A report and a forecast; without groups the forecast is what the report says."""
    parts = [("INITIAL", now)] if not groups else list(groups)
    start, end = OUT - timedelta(hours=3), OUT + timedelta(hours=9)
    seen = Observation(
        station="KXXX",
        distance_km=km,
        station_elevation_ft=100,
        issued_at=NOW - timedelta(minutes=age_min),
        age_min=age_min,
        conditions=now,
        temperature_c=temperature_c,
        dewpoint_c=2.0,
        qnh_hpa=1013,
        flight_category="VFR",
        is_auto=False,
        needs_service=False,
        undecoded=(),
        raw="",
    )
    taf = Forecast(
        station="KXXX",
        distance_km=km,
        station_elevation_ft=100,
        issued_at=NOW - timedelta(hours=1),
        valid_from=start,
        valid_until=end,
        covers_window=covers,
        groups=tuple(
            TafGroup(kind=kind, valid_from=start, valid_until=end, conditions=said, raw="")
            for kind, said in parts
        ),
        undecoded=(),
        raw="",
    )
    return WeatherFacts(observation=seen if observed else None, forecast=taf if forecast else None)


def sky(ceiling_ft: int | None = None, visibility_m: int = 9999, **more: Any) -> Conditions:
    return replace(
        GOOD, ceiling_ft=ceiling_ft, visibility_m=visibility_m, is_ceiling_known=True, **more
    )


def place(ident: str, key: int, **more: Any) -> AirportFacts:
    runway = RunwayFacts(
        runway_id=key,
        length_m=2500.0,
        surface="paved",
        is_lighted=True,
        ends=(RunwayEndFacts("09", 90.0), RunwayEndFacts("27", 270.0)),
    )
    return replace(
        AirportFacts(
            airport_id=key,
            ident=ident,
            name=ident,
            country="US",
            region="US-ID",
            timezone="America/Boise",
            lat=43.5,
            lon=-116.2,
            is_controlled=True,
            runways=(runway,),
        ),
        **more,
    )


LEG = LegFacts(
    sequence=1,
    kind="live",
    origin="KAAA",
    destination="KBBB",
    out_at=OUT,
    off_at=OUT + timedelta(minutes=5),
    on_at=OUT + timedelta(minutes=55),
    in_at=OUT + timedelta(minutes=60),
    distance_nm=220.0,
    has_patient=True,
    is_acute_care=True,
    departure=place("KAAA", 1),
    arrival=place("KBBB", 2),
    is_night_departure=False,
    is_night_arrival=False,
    departure_weather=wx(),
    arrival_weather=wx(),
    flight_min=50,
    payload_kg=300,
    fuel_kg=400,
    fuel_on_board_kg=1100,
    min_ceiling_ft=250,
    min_visibility_m=1200,
    landing_distance_m=900,
)
EMPTY_LEG = replace(
    LEG,
    sequence=2,
    kind="positioning",
    origin="KBBB",
    destination="KAAA",
    departure=LEG.arrival,
    arrival=LEG.departure,
    has_patient=False,
    is_acute_care=False,
    out_at=OUT + timedelta(minutes=90),
    off_at=OUT + timedelta(minutes=95),
    on_at=OUT + timedelta(minutes=145),
    in_at=OUT + timedelta(minutes=150),
)
AIRCRAFT = CrewedAircraftFacts(
    aircraft_id=1,
    tail_number="N1WS",
    designator="B350",
    on=DAY,
    status="in_service",
    seats=8,
    engine_count=2,
    maintenance_program="selected",
    airworthiness_certificate="AW-1",
    registration_expires_on=date(2029, 1, 1),
    insurance_expires_on=date(2028, 1, 1),
    weighed_on=date(2025, 6, 1),
    tasks=tuple(
        TaskFacts(
            task_id=n,
            title=kind,
            kind=kind,
            interval_months=months,
            next_due_on=date(2026, 12, 31),
        )
        for n, (kind, months) in enumerate(
            {"program": 24, "altimeter_static": 24, "transponder": 24, "elt": 12}.items()
        )
    ),
)
CABIN = CabinFacts(
    category="L",
    engine_kind="T",
    seats=8,
    stretchers=2,
    min_crew=2,
    mtow_kg=6804,
    basic_weight_kg=4420,
    max_payload_kg=1050,
    usable_fuel_kg=1638,
    oxygen_l=6800,
    is_pressurized=True,
    min_runway_m=1100,
    surfaces=("paved", "gravel"),
    cabin_altitude_ft=7000,
    max_crosswind_kt=20.0,
    max_tailwind_kt=10.0,
    is_ice_protected=True,
    has_weather_radar=True,
    has_terrain_awareness=False,
    bands=(Band(floor_ft=0, ceiling_ft=30_000, cruise_ktas=240, burn_kg_h=360),),
)
HELICOPTER = replace(CABIN, category="H")
MEDICAL = MedicalFacts(
    requirement_id=1,
    decision="fit",
    acuity="advanced",
    team=("flight_nurse",),
    oxygen_flow_lpm=4.0,
    patient_mass_kg=82,
    is_acute_care=True,
)
LOAD = {
    "passengers": 0,
    "take_off_weight_kg": 6100,
    "max_take_off_weight_kg": 6804,
    "cg": 5.0,
    "cg_forward": 4.6,
    "cg_aft": 5.5,
}


def paper(kind: str, leg: int | None = None, **details: Any) -> EvidenceFacts:
    return EvidenceFacts(
        kind=kind, reference="12", recorded_by="Kim", recorded_at=NOW, leg=leg, details=details
    )


def member(user_id: int, role: str) -> CrewMemberFacts:
    return CrewMemberFacts(
        user_id=user_id,
        name=role,
        role=role,
        report_at=OUT - timedelta(hours=1),
        end_at=OUT + timedelta(hours=3),
        sectors=tuple(
            Sector(leg=leg.sequence, off_at=leg.off_at, on_at=leg.on_at, flight_min=50)
            for leg in (LEG, EMPTY_LEG)
        ),
    )


PAPERS = (
    paper("consent"),
    paper("oxygen"),
    paper("briefing"),
    paper("airport_hours"),
    paper("load_manifest", **LOAD),
)
GREEN = TripFacts(
    number="TR-2026-0001",
    kind="air_ambulance",
    status="planning",
    rule_date=DAY,
    end_date=DAY,
    timezone="America/Boise",
    start_at=LEG.out_at,
    end_at=EMPTY_LEG.in_at,
    aircraft=AIRCRAFT,
    cabin=CABIN,
    legs=(LEG, EMPTY_LEG),
    crew=(member(1, "pic"), member(2, "sic"), member(3, "flight_nurse")),
    medical=MEDICAL,
    worksheet=WorksheetFacts(
        score=10,
        threshold=25,
        template_version=1,
        is_complete=True,
        plan_hash="abc",
        signed_by="Pilot",
        signed_by_id=1,
        signed_at=NOW,
    ),
    evidence=PAPERS,
    opsspecs=tuple(
        OpsSpecFacts(code=code, issued_on=date(2025, 1, 1)) for code in ("A024", "C055")
    ),
    plan_hash="abc",
)


def trip(**more: Any) -> TripFacts:
    return replace(GREEN, **more)


def live(**more: Any) -> TripFacts:
    """The trip with something else about its first leg only."""
    return replace(GREEN, legs=(replace(LEG, **more),))


def empty(**more: Any) -> TripFacts:
    """The trip with only its positioning leg, changed."""
    return replace(GREEN, legs=(replace(EMPTY_LEG, **more),))


def heli(*papers: EvidenceFacts, cabin: CabinFacts = HELICOPTER, **more: Any) -> TripFacts:
    """A helicopter on the first leg."""
    return replace(live(**more), cabin=cabin, evidence=(*PAPERS, *papers))


def without(*kinds: str) -> TripFacts:
    return trip(evidence=tuple(entry for entry in PAPERS if entry.kind not in kinds))


def color(
    code: str, facts: TripFacts, *, stage: Stage = Stage.RELEASE, at: datetime = NOW
) -> Color | None:
    """The worst answer of one rule; None when it says nothing."""
    found = [f for f in evaluate(facts, stage=stage, at=at).findings if f.rule == code]
    return max((f.color for f in found), key=SEVERITY.__getitem__, default=None)
