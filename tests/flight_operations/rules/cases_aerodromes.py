"""REGULATION 1.4: aerodromes, paths, airspace."""

from datetime import date

from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    AROC,
    REPL,
    aerodrome,
    airspace,
    approval,
    operation,
    risk,
)


def at(distance_m, *approvals, area=(), paths=("YTST",), tower=True, **changes):
    controlled = {True: True, False: False, None: None}[tower]
    field = aerodrome(distance_m=distance_m, is_tower_active=tower, is_controlled=controlled)
    return operation(
        aerodromes=(field,),
        authorizations=approvals,
        airspace=area,
        path_aerodromes=paths,
        **changes,
    )


def between(second, *approvals, **more):
    """In the rings of Test Field, with an active tower, and of one more aerodrome."""
    usual = {"ident": "YTWO", "icao": "YTWO", "name": "Second Field", "distance_m": 2000.0}
    fields = (aerodrome(distance_m=1000.0), aerodrome(**(usual | second)))
    return operation(aerodromes=fields, authorizations=approvals, **more)


def two_far(*approvals, area=(), paths=("YTST", "YTWO")):
    """Both within the first path ring, at 6 km."""
    second = aerodrome(ident="YTWO", icao="YTWO", name="Second Field", distance_m=6000.0)
    return operation(
        aerodromes=(aerodrome(distance_m=6000.0), second),
        authorizations=approvals,
        airspace=area,
        path_aerodromes=paths,
    )


def micro(distance_m, height_m=45.0, **changes):
    usual = {"category": "micro", "take_off_mass_kg": 0.249, "height_m": height_m}
    return at(distance_m, **(usual | changes))


PATH = (airspace("PATH"),)
OWN_PATH = (airspace("PATH", name="YTST 09 approach"),)
NEIGHBORS_PATH = (airspace("PATH", name="YTWO 18 departure"),)
PATH_OF_TWO = approval("controlled_path", place="YTWO")
RING = approval("controlled_3nm")
APP_ENDED = {"rule_date": date(2026, 12, 1), "end_date": date(2026, 12, 1)}
R405_ENDED = {"rule_date": date(2026, 11, 12), "end_date": date(2026, 11, 12)}


def ring(code):
    return [
        Case(code, RED, at(5556.0)),
        Case(code, GREEN, at(5556.1)),
        Case(code, AMBER, at(5556.0, RING)),
        Case(code, AMBER, at(100.0, approval("controlled_3nm", place="YTST Test Field"))),
        Case(code, RED, at(100.0, approval("controlled_3nm", place="YSSY"))),
        Case(code, RED, at(5556.0, approval("height"))),
        Case(code, RED, between({}, approval("controlled_3nm", place="YTST"))),
        Case(code, AMBER, between({}, RING)),
        Case(code, AMBER, between({"is_tower_active": False}, RING)),
        *unknown(code, between({"is_tower_active": None, "is_controlled": None}, RING)),
        Case(code, GREEN, at(100.0, tower=False)),
        Case(code, AMBER, at(100.0, approval("app"))),
        Case(code, RED, at(100.0, approval("app"), **APP_ENDED)),
        Case(code, SILENT, at(100.0, is_enclosed=True)),
        Case(code, SILENT, micro(100.0)),
        *unknown(code, at(5556.0, tower=None)),
        *unknown(code, operation(aerodromes=None)),
        *unknown(code, at(100.0, take_off_mass_kg=None)),
    ]


def entry(code, kind, allowed, **more):
    """A kind of area that may be entered with an approval only."""
    inside = (airspace(kind, **more),)
    return [
        Case(code, GREEN, operation()),
        Case(code, GREEN, operation(airspace=(airspace(kind, heights="clear", **more),))),
        Case(code, GREEN, operation(airspace=(airspace(kind, is_active=False, **more),))),
        Case(code, RED, operation(airspace=inside)),
        Case(code, AMBER, operation(airspace=inside, authorizations=(approval(allowed),))),
        *unknown(code, operation(airspace=(airspace(kind, heights="unknown", **more),))),
        *unknown(code, operation(airspace=None)),
    ]


CASES = [
    *ring("CASR-101.238-CTRL"),
    *ring("MOS-4-CTRL-3NM"),
    Case("MOS-4-CTRL-PATH7", GREEN, operation()),
    Case("MOS-4-CTRL-PATH7", RED, at(7037.6, area=PATH)),
    Case("MOS-4-CTRL-PATH7", GREEN, at(7037.7, area=PATH)),
    Case("MOS-4-CTRL-PATH7", GREEN, at(6000.0)),
    Case("MOS-4-CTRL-PATH7", AMBER, at(6000.0, approval("controlled_path"), area=PATH)),
    Case("MOS-4-CTRL-PATH7", GREEN, at(6000.0, area=PATH, tower=False)),
    *unknown("MOS-4-CTRL-PATH7", at(6000.0, paths=())),
    *unknown("MOS-4-CTRL-PATH7", at(6000.0, tower=None)),
    *unknown("MOS-4-CTRL-PATH7", two_far(paths=("YTWO",))),
    *unknown("MOS-4-CTRL-PATH7", two_far(paths=("YTST",))),
    Case("MOS-4-CTRL-PATH7", GREEN, two_far(paths=("YTST", "YTWO"))),
    Case("MOS-4-CTRL-PATH7", RED, two_far(area=NEIGHBORS_PATH)),
    Case("MOS-4-CTRL-PATH7", AMBER, two_far(PATH_OF_TWO, area=NEIGHBORS_PATH)),
    Case("MOS-4-CTRL-PATH7", RED, two_far(PATH_OF_TWO, area=OWN_PATH)),
    Case("MOS-4-CTRL-PATH7", RED, two_far(PATH_OF_TWO, area=PATH)),
    Case("MOS-4-CTRL-PATH85", GREEN, operation()),
    Case("MOS-4-CTRL-PATH85", GREEN, at(8519.2, area=PATH, height_m=90.0)),
    Case("MOS-4-CTRL-PATH85", AMBER, at(8519.2, area=PATH, height_m=90.01)),
    Case("MOS-4-CTRL-PATH85", AMBER, at(8519.2, area=PATH, height_m=91.44)),
    Case("MOS-4-CTRL-PATH85", RED, at(8519.2, area=PATH, height_m=91.45)),
    Case("MOS-4-CTRL-PATH85", GREEN, at(8519.3, area=PATH, height_m=120.0)),
    Case("MOS-4-CTRL-PATH85", GREEN, at(8000.0, height_m=120.0)),
    Case(
        "MOS-4-CTRL-PATH85",
        AMBER,
        at(8000.0, approval("controlled_path"), area=PATH, height_m=120.0),
    ),
    *unknown("MOS-4-CTRL-PATH85", at(8000.0, paths=())),
    *unknown("MOS-4-CTRL-PATH85", at(8000.0, tower=None)),
    *unknown("MOS-4-CTRL-PATH85", at(8000.0, max_height_agl_m=None)),
    Case("MOS-4-CTRL-MICRO", SILENT, operation()),
    Case("MOS-4-CTRL-MICRO", GREEN, micro(5000.0, 45.0)),
    Case("MOS-4-CTRL-MICRO", AMBER, micro(5000.0, 45.01)),
    Case("MOS-4-CTRL-MICRO", AMBER, micro(5000.0, 45.72)),
    Case("MOS-4-CTRL-MICRO", RED, micro(5000.0, 45.73)),
    Case("MOS-4-CTRL-MICRO", GREEN, micro(5556.1, 120.0)),
    Case("MOS-4-CTRL-MICRO", RED, micro(5000.0, area=PATH)),
    Case("MOS-4-CTRL-MICRO", RED, micro(5000.0, area=(airspace("AD"),))),
    Case("MOS-4-CTRL-MICRO", RED, micro(0.0)),
    *unknown("MOS-4-CTRL-MICRO", micro(5000.0, paths=())),
    *unknown("MOS-4-CTRL-MICRO", micro(5000.0, tower=None)),
    Case("MOS-4-MEASURE", GREEN, at(6000.0)),
    Case(
        "MOS-4-MEASURE",
        AMBER,
        operation(aerodromes=(aerodrome(distance_m=8000.0, measured_from="reference point"),)),
    ),
    *unknown("MOS-4-MEASURE", operation(aerodromes=None)),
    Case("MOS-4-NONCTRL", GREEN, at(5556.1, tower=False)),
    Case("MOS-4-NONCTRL", AMBER, at(5556.0, tower=False)),
    Case("MOS-4-NONCTRL", RED, operation(is_crewed_traffic_known=True)),
    *unknown("MOS-4-NONCTRL", at(100.0, tower=False, is_crewed_traffic_known=None)),
    *unknown("MOS-4-NONCTRL", operation(aerodromes=None)),
    Case("CASR-101.075-NC-MOVE", GREEN, at(0.1, tower=False)),
    Case("CASR-101.075-NC-MOVE", RED, at(0.0, tower=False)),
    Case("CASR-101.075-NC-MOVE", AMBER, at(0.0, approval("noncontrolled_movement"), tower=False)),
    *unknown(
        "CASR-101.075-NC-MOVE",
        operation(
            aerodromes=(
                aerodrome(distance_m=0.0, is_tower_active=False, measured_from="reference point"),
            )
        ),
    ),
    Case("CASR-101.075-NC-400", GREEN, at(5000.0, tower=False, height_m=121.92)),
    Case("CASR-101.075-NC-400", RED, at(5000.0, tower=False, height_m=121.93)),
    Case("CASR-101.075-NC-400", GREEN, at(5557.0, tower=False, height_m=121.93)),
    Case(
        "CASR-101.075-NC-400",
        AMBER,
        at(5000.0, approval("noncontrolled_height"), tower=False, height_m=150.0),
    ),
    *unknown("CASR-101.075-NC-400", operation(max_height_agl_m=None)),
    Case("APP-3NM-AUTO", SILENT, at(100.0)),
    Case("APP-3NM-AUTO", AMBER, at(100.0, approval("app"))),
    Case("APP-3NM-AUTO", RED, at(100.0, approval("app"), **APP_ENDED)),
    Case("APP-INDOOR", SILENT, operation()),
    Case("APP-INDOOR", GREEN, operation(is_enclosed=True)),
    Case("APP-INDOOR", AMBER, at(100.0, is_enclosed=True)),
    Case("CASR-101.238-PROHIB", GREEN, operation()),
    Case(
        "CASR-101.238-PROHIB",
        RED,
        operation(airspace=(airspace("P"),), authorizations=(approval("restricted"),)),
    ),
    *unknown("CASR-101.238-PROHIB", operation(airspace=(airspace("P", heights="unknown"),))),
    *entry("CASR-101.238-RA3", "R", "restricted", restricted_status="RA3"),
    *entry("CASR-101.238-RA12", "R", "restricted", restricted_status="RA1"),
    *entry("CASR-101.238-RA12", "R", "restricted"),
    *entry("CASR-101.238-MOA", "M", "military"),
    *entry("AIRSPACE-ZONE", "UAS", "airspace_zone", zone_restriction="REQ_AUTHORISATION"),
    Case(
        "AIRSPACE-ZONE",
        GREEN,
        operation(airspace=(airspace("UAS", zone_restriction="NO_RESTRICTION"),)),
    ),
    Case("APP-R405", SILENT, operation()),
    Case(
        "APP-R405",
        AMBER,
        operation(airspace=(airspace("R", name="R405A"),), authorizations=(approval("app"),)),
    ),
    Case(
        "CASR-101.238-RA12",
        AMBER,
        operation(airspace=(airspace("R", name="R405A"),), authorizations=(approval("app"),)),
    ),
    Case(
        "APP-R405",
        RED,
        operation(
            airspace=(airspace("R", name="R405A"),),
            authorizations=(approval("app"),),
            **R405_ENDED,
        ),
    ),
    Case("CASR-101.238-DANGER", GREEN, operation()),
    Case("CASR-101.238-DANGER", AMBER, operation(airspace=(airspace("Q"),))),
    Case(
        "CASR-101.238-DANGER",
        GREEN,
        operation(
            airspace=(airspace("Q"),),
            risks=(risk("D", 2, "department", kind="danger_area", is_by_chief_remote_pilot=True),),
        ),
    ),
    *unknown("CASR-101.238-DANGER", operation(airspace=None)),
    Case("CASR-101.238-EMERG", GREEN, operation()),
    Case("CASR-101.238-EMERG", RED, operation(is_near_emergency_operation=True)),
    Case("CASR-101.238-EMERG", RED, operation(airspace=(airspace("EMERG"),))),
    Case(
        "CASR-101.238-EMERG",
        AMBER,
        operation(is_near_emergency_operation=True, emergency_approval_ref="Insp. Lee 10:00"),
    ),
    *unknown("CASR-101.238-EMERG", operation(is_near_emergency_operation=None)),
    *unknown("CASR-101.238-EMERG", operation(airspace=None)),
    Case("AIRSPACE-FENCE", GREEN, operation()),
    Case("AIRSPACE-FENCE", AMBER, operation(airspace=(airspace("FENCE"),))),
    Case("MOS-9-BUFFER", GREEN, operation()),
    Case(
        "MOS-9-BUFFER",
        AMBER,
        operation(airspace=(airspace("C", heights="clear", base_above_top_m=30.47),)),
    ),
    Case(
        "MOS-9-BUFFER",
        GREEN,
        operation(airspace=(airspace("C", heights="clear", base_above_top_m=30.48),)),
    ),
    Case("MOS-9-BUFFER", AMBER, operation(airspace=(airspace("C", heights="unknown"),))),
    *unknown("MOS-9-BUFFER", operation(max_height_agl_m=None)),
    Case("CASR-101.285-RADIO", GREEN, operation()),
    Case("CASR-101.285-RADIO", RED, operation(airspace=(airspace("CTR"),))),
    Case(
        "CASR-101.285-RADIO",
        GREEN,
        operation(airspace=(airspace("CTR"),), pilot__qualifications=(REPL, AROC)),
    ),
    *unknown("CASR-101.285-RADIO", operation(airspace=(airspace("C", heights="unknown"),))),
]
