"""An operation that breaks no rule, as facts, and how to ask one rule about a change of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from airports.heights import Limit
from airports.queries.aerodromes import AerodromeFacts
from airports.queries.airspace import AirspaceFacts
from airports.queries.conditions import Forecast, Observation, WeatherFacts
from airports.queries.sun import DaylightFacts
from airports.reports import Cloud, Conditions, TafGroup
from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Finding, Stage
from flight_operations.checklist_template import CHECKLIST_ITEMS
from flight_operations.facts.approvals import ApprovalFacts
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.people import (
    CrewFacts,
    LandingDay,
    MembershipFacts,
    PilotFacts,
    QualificationFacts,
)
from flight_operations.facts.records import ChecklistFacts, ChecklistItemFacts
from flight_operations.facts.safety import RiskApprovalFacts, RiskFacts, RiskItemFacts
from flight_operations.facts.site import LocalObservation, VolumeFacts
from rpas.airworthiness import (
    AircraftFacts,
    BatteryFacts,
    InspectionFacts,
    MaintenanceFacts,
    OperatorFacts,
    PartAFacts,
    PostFacts,
)

DAY = date(2026, 3, 15)
START = datetime(2026, 3, 15, 0, 0, tzinfo=UTC)
END = START + timedelta(minutes=20)
NOW = START - timedelta(minutes=30)
MODEL = "DJI Matrice 350 RTK"


def paper(kind: str, **more: Any) -> QualificationFacts:
    return QualificationFacts(
        **({"kind": kind, "issued_on": date(2024, 1, 1), "is_verified": True} | more)
    )


REPL = paper("repl", number="R-1", weight_band="up_to_25kg", classification="multirotor")
TYPE_TRAINING = paper("type_training", aircraft_type=MODEL)
EXAM = paper("bvlos_exam", number="IREX-1")
NIGHT_TRAINING = paper("night_training")
AROC = paper("aroc")
ACCREDITATION = paper("accreditation", expires_on=date(2027, 1, 1))


def approval(kind: str, **more: Any) -> ApprovalFacts:
    return ApprovalFacts(
        **(
            {
                "number": "CASA-1",
                "kind": kind,
                "status": "granted",
                "authority": "CASA",
                "covers_area": True,
                "valid_from": START,
                "valid_until": END,
            }
            | more
        )
    )


def aerodrome(**more: Any) -> AerodromeFacts:
    return AerodromeFacts(
        **(
            {
                "ident": "YTST",
                "icao": "YTST",
                "name": "Test Field",
                "kind": "medium_airport",
                "elevation_ft": 1400,
                "is_controlled": True,
                "is_tower_active": True,
                "distance_m": 20_000.0,
                "measured_from": "runway strip",
            }
            | more
        )
    )


def airspace(kind: str, **more: Any) -> AirspaceFacts:
    return AirspaceFacts(
        **(
            {
                "restriction_id": 1,
                "name": f"AREA {kind}",
                "kind": kind,
                "published_kind": kind,
                "restricted_status": "",
                "zone_restriction": "",
                "zone_reasons": (),
                "floor": Limit("SFC", None),
                "ceiling": Limit("AGL", 500.0),
                "floor_text": "SFC",
                "ceiling_text": "500 m AGL",
                "heights": "overlap",
                "base_above_top_m": None,
                "is_active": True,
                "is_activity_certain": True,
                "conditions": "",
                "source": "test",
            }
            | more
        )
    )


def group(kind: str = "INITIAL", **said: Any) -> TafGroup:
    return TafGroup(
        kind=kind,
        valid_from=START - timedelta(hours=2),
        valid_until=START + timedelta(hours=10),
        conditions=Conditions(**said),
        raw="",
    )


CALM: dict[str, Any] = {
    "wind_speed_kt": 6.0,
    "visibility_m": 10_000,
    "visibility_is_at_least": True,
    "is_ceiling_known": True,
}


def forecast(*groups: TafGroup, **more: Any) -> Forecast:
    return Forecast(
        **(
            {
                "station": "YTST",
                "distance_km": 12.0,
                "station_elevation_ft": 1400,
                "issued_at": START - timedelta(hours=3),
                "valid_from": START - timedelta(hours=2),
                "valid_until": START + timedelta(hours=10),
                "covers_window": True,
                "groups": groups or (group(**CALM),),
                "undecoded": (),
                "raw": "TAF",
            }
            | more
        )
    )


OBSERVATION = Observation(
    station="YTST",
    distance_km=12.0,
    station_elevation_ft=1400,
    issued_at=NOW - timedelta(minutes=10),
    age_min=10.0,
    conditions=Conditions(**CALM),
    temperature_c=22.0,
    dewpoint_c=10.0,
    qnh_hpa=1015.0,
    flight_category="VFR",
    is_auto=False,
    needs_service=False,
    undecoded=(),
    raw="METAR",
)
LOOK = LocalObservation(
    observed_at=NOW,
    wind_speed_ms=3.0,
    visibility_m=10_000.0,
    is_sky_clear=True,
    precipitation="none",
    has_thunderstorm=False,
    temperature_c=22.0,
    dewpoint_c=10.0,
)
DAYLIGHT = DaylightFacts(
    sunrise_at=START - timedelta(hours=4),
    sunset_at=START + timedelta(hours=8),
    civil_dawn_at=START - timedelta(hours=4, minutes=25),
    civil_dusk_at=START + timedelta(hours=8, minutes=25),
    is_within_sunrise_and_sunset=True,
    is_within_civil_twilight=True,
    polar="",
    events=(),
)
TWILIGHT = msgspec.structs.replace(DAYLIGHT, is_within_sunrise_and_sunset=False)
DARK = msgspec.structs.replace(TWILIGHT, is_within_civil_twilight=False)
AIRCRAFT = AircraftFacts(
    aircraft_id=1,
    operator_id=1,
    registration="RPA-1",
    on=DAY,
    make="DJI",
    model="Matrice 350 RTK",
    kind="multirotor",
    status="in_service",
    empty_mass_kg=6.5,
    mtow_kg=9.2,
    category="small",
    planned_min=20,
    planned_cycles=1,
    planned_flights=1,
    registration_expires_on=date(2026, 12, 31),
    max_wind_ms=12.0,
    min_temperature_c=-20.0,
    max_temperature_c=50.0,
    ip_rating="IP55",
    is_rain_tolerant=True,
    firmware_version="9.1",
    endurance_min=45.0,
    max_speed_ms=23.0,
    control_link_range_m=8000.0,
    has_position_lights=True,
    part_a=PartAFacts(
        number="RPA-1-2026-001",
        issued_on=date(2026, 1, 5),
        name="Max Controller",
        arn="777001",
        identification="RPA-1",
        category="small",
        model=MODEL,
        max_gross_mass_kg=9.2,
        registration_expires_on=date(2026, 12, 31),
    ),
    inspection=InspectionFacts(
        sequence=1, entry_on=DAY, is_satisfactory=True, name="Pat Pilot", arn="888001"
    ),
    maintenance=(
        MaintenanceFacts(
            schedule_id=1,
            title="Propellers",
            kind="flight_hours",
            interval_min=6000,
            next_due_min=6000,
        ),
    ),
    batteries=(BatteryFacts(serial_number="B1", cycles=10, max_cycles=200, health_percent=98),),
)
OPERATOR = OperatorFacts(
    operator_id=1,
    name="Test Drones",
    on=DAY,
    arn="999001",
    timezone="Australia/Sydney",
    reoc_number="ReOC.1",
    reoc_expires_on=date(2028, 1, 1),
    scope_max_mass_kg=25.0,
    scope_types=("multirotor",),
    insurance_expires_on=date(2027, 1, 1),
    operations_manual_ref="OM 3",
    job_safety_assessment_ref="JSA-1",
    posts=tuple(
        PostFacts(post=post, name="Chief", arn="777002", approved_on=date(2024, 1, 1))
        for post in ("ceo", "chief_remote_pilot", "maintenance_controller")
    ),
)
PILOT = PilotFacts(
    user_id=7,
    name="Pat Pilot",
    is_active=True,
    arn="888001",
    membership=MembershipFacts(
        is_remote_pilot=True, authorized_on=date(2025, 1, 1), authorized_models=(MODEL,)
    ),
    qualifications=(REPL, TYPE_TRAINING),
    landing_days=(LandingDay(on=date(2026, 3, 10), count=3),),
)
OBSERVER = CrewFacts(user_id=8, name="Olly Observer", role="observer", trained_on=date(2025, 6, 1))
SUPERVISOR = CrewFacts(user_id=9, name="Sue Supervisor", role="supervisor", qualifications=(EXAM,))
CHECKLIST = ChecklistFacts(
    items=tuple(
        ChecklistItemFacts(code=i.code, title=i.title, is_required=True, answer="done")
        for i in CHECKLIST_ITEMS
    )
)
GREEN = OperationFacts(
    rule_date=DAY,
    end_date=DAY,
    number="FO-2026-0001",
    status="authorised",
    timezone="Australia/Sydney",
    title="Survey",
    purpose="Photographs of a water line.",
    category="reoc",
    sight_mode="vlos",
    is_paid=True,
    is_over_own_land=False,
    start_at=START,
    end_at=END,
    aircraft=AIRCRAFT,
    operator=OPERATOR,
    pilot=PILOT,
    checklist=CHECKLIST,
    daylight=DAYLIGHT,
    weather=WeatherFacts(observation=OBSERVATION, forecast=forecast()),
    aerodromes=(),
    airspace=(),
    path_aerodromes=(),
    is_in_territory=True,
    has_plan=True,
    launch_lat=-24.6,
    launch_lon=124.4,
    recovery_lat=-24.6,
    recovery_lon=124.4,
    control_station="Beside the launch site",
    volumes=(
        VolumeFacts(
            sequence=1,
            floor_m=0.0,
            ceiling_m=100.0,
            datum="agl",
            top_agl_m=100.0,
            starts_at=START,
            ends_at=END,
        ),
    ),
    take_off_elevation_m=430.0,
    terrain_lowest_m=428.0,
    terrain_highest_m=432.0,
    max_height_agl_m=100.0,
    take_off_mass_kg=7.5,
    max_distance_pilot_m=250.0,
    min_distance_people_m=100.0,
    is_over_populous_area=False,
    is_near_emergency_operation=False,
    is_crewed_traffic_known=False,
    is_behind_obstacles=False,
    aircraft_per_pilot=1,
)


def changed(facts: Any, **changes: Any) -> Any:
    """Replace fields, also nested ones: `pilot__membership=None`."""
    for path, value in changes.items():
        name, _, rest = path.partition("__")
        new = changed(getattr(facts, name), **{rest: value}) if rest else value
        facts = msgspec.structs.replace(facts, **{name: new})
    return facts


def operation(**changes: Any) -> OperationFacts:
    """The green operation with changes; `height_m` sets the plan's height and its volume's."""
    height = changes.pop("height_m", None)
    facts = GREEN
    if height is not None:
        volume = msgspec.structs.replace(GREEN.volumes[0], ceiling_m=height, top_agl_m=height)
        facts = changed(facts, max_height_agl_m=height, volumes=(volume,))
    return changed(facts, **changes)


def said(**conditions: Any) -> OperationFacts:
    """The green operation with this in the report, the rest calm."""
    return operation(weather__observation__conditions=Conditions(**(CALM | conditions)))


def clouds(cover: str, base_ft: int, kind: str = "") -> dict[str, Any]:
    """Conditions of one layer; a broken one is the ceiling."""
    ceiling = base_ft if cover in ("BKN", "OVC", "VV") else None
    return {"clouds": (Cloud(cover, base_ft, kind),), "ceiling_ft": ceiling}


def risk(likelihood: str, severity: int, *levels: str, **more: Any) -> RiskFacts:
    """A risk assessment with one residual risk, approved at these levels."""
    item = RiskItemFacts(
        hazard="Fly-away",
        likelihood="A",
        severity=5,
        residual_likelihood=likelihood,
        residual_severity=severity,
    )
    return RiskFacts(
        **(
            {
                "number": "RA-1",
                "kind": "normal",
                "status": "approved" if levels else "submitted",
                "items": (item,),
                "approvals": tuple(RiskApprovalFacts(level=v, by="Chief") for v in levels),
            }
            | more
        )
    )


def findings(
    facts: Any,
    *,
    stage: Stage = Stage.RELEASE,
    at: datetime = NOW,
    parameters: dict[str, dict[str, float]] | None = None,
) -> dict[str, list[Finding]]:
    """What every rule says, by code."""
    found: dict[str, list[Finding]] = {}
    for finding in evaluate(facts, stage=stage, at=at, parameters=parameters).findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def worst(found: list[Finding]) -> Color | None:
    """The worst color of a rule's findings; None when it does not apply."""
    return max((f.color for f in found), key=SEVERITY.__getitem__, default=None)


def color(code: str, facts: Any, **question: Any) -> Color | None:
    """What one rule says."""
    return worst(findings(facts, **question).get(code, []))
