"""REGULATION 1.2 and 1.3: the standard operating conditions, and people."""

from datetime import date, timedelta

from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    DARK,
    END,
    NIGHT_TRAINING,
    REPL,
    START,
    TWILIGHT,
    airspace,
    approval,
    operation,
    risk,
)

SECOND = timedelta(seconds=1)


def high(kind="height", **more):
    return operation(height_m=150.0, authorizations=(approval(kind, **more),))


def near(distance_m, *approvals, **changes):
    return operation(min_distance_people_m=distance_m, authorizations=approvals, **changes)


PEOPLE = approval("people")
LATER = {"rule_date": date(2027, 8, 1), "end_date": date(2027, 8, 1)}
POP_WITH_PEOPLE = operation(is_over_populous_area=True, authorizations=(PEOPLE,))

CASES = [
    Case("CASR-101.238-VLOS", GREEN, operation()),
    Case("CASR-101.238-VLOS", RED, operation(is_behind_obstacles=True)),
    Case("CASR-101.238-VLOS", SILENT, operation(sight_mode="evlos")),
    *unknown("CASR-101.238-VLOS", operation(is_behind_obstacles=None)),
    Case("CASR-101.238-ALT", GREEN, operation(height_m=120.0)),
    Case("CASR-101.238-ALT", AMBER, operation(height_m=120.01)),
    Case("CASR-101.238-ALT", AMBER, operation(height_m=121.92)),
    Case("CASR-101.238-ALT", RED, operation(height_m=121.93)),
    Case("CASR-101.238-ALT", RED, high(status="requested")),
    Case("CASR-101.238-ALT", AMBER, high()),
    Case("CASR-101.238-ALT", AMBER, high(max_height_agl_m=150.0)),
    Case("CASR-101.238-ALT", RED, high(max_height_agl_m=149.9)),
    Case("CASR-101.238-ALT", RED, high(kind="night")),
    Case("CASR-101.238-ALT", RED, high(aircraft_id=2)),
    Case("CASR-101.238-ALT", AMBER, high(aircraft_id=1)),
    Case("CASR-101.238-ALT", RED, high(covers_area=False)),
    Case("CASR-101.238-ALT", RED, high(valid_from=START + SECOND)),
    Case("CASR-101.238-ALT", RED, high(valid_until=END - SECOND)),
    Case(
        "CASR-101.238-ALT",
        RED,
        operation(height_m=110.0),
        parameters={"CASR-101.238-ALT": {"max_height_m": 100.0}},
    ),
    *unknown("CASR-101.238-ALT", operation(max_height_agl_m=None)),
    Case("CASR-101.238-ALT", SILENT, operation(height_m=150.0, is_enclosed=True)),
    Case("CASR-101.238-DAY", GREEN, operation()),
    Case("CASR-101.238-DAY", AMBER, operation(daylight=TWILIGHT)),
    Case("CASR-101.238-DAY", RED, operation(daylight=DARK)),
    Case("CASR-101.238-DAY", AMBER, operation(daylight=DARK, authorizations=(approval("night"),))),
    *unknown("CASR-101.238-DAY", operation(daylight=None)),
    Case("CASR-101.238-ONE", GREEN, operation()),
    Case("CASR-101.238-ONE", RED, operation(aircraft_per_pilot=2)),
    Case(
        "CASR-101.238-ONE",
        AMBER,
        operation(aircraft_per_pilot=2, authorizations=(approval("multiple"),)),
    ),
    *unknown("CASR-101.238-ONE", operation(aircraft_per_pilot=None)),
    Case("CASR-101.238-TERR", GREEN, operation()),
    Case("CASR-101.238-TERR", AMBER, operation(is_in_territory=False)),
    *unknown("CASR-101.238-TERR", operation(is_in_territory=None)),
    Case("CASR-101.055-HAZ", GREEN, operation(risks=(risk("B", 4),))),
    Case("CASR-101.055-HAZ", RED, operation(risks=(risk("A", 4, "top_management"),))),
    Case("CASR-101.090-DROP", GREEN, operation()),
    Case("CASR-101.090-DROP", RED, operation(drops_anything=True)),
    Case("CASR-101.090-DROP", AMBER, operation(drops_anything=True, drop_procedure_ref="OM 7.2")),
    Case(
        "CASR-101.090-DROP",
        AMBER,
        operation(drops_anything=True, authorizations=(approval("dropping"),)),
    ),
    *unknown("CASR-101.090-DROP", operation(has_plan=False)),
    Case("CASR-101.238-PEOPLE", GREEN, near(30.0)),
    Case("CASR-101.238-PEOPLE", RED, near(29.99)),
    Case("CASR-101.238-PEOPLE", AMBER, near(29.99, people_consent_ref="C-1")),
    Case("CASR-101.238-PEOPLE", AMBER, near(15.0, people_consent_ref="C-1")),
    Case("CASR-101.238-PEOPLE", RED, near(14.99, people_consent_ref="C-1")),
    Case("CASR-101.238-PEOPLE", AMBER, near(1.0, PEOPLE)),
    Case("CASR-101.238-PEOPLE", RED, near(20.0, people_consent_ref="C-1", category="sub2")),
    Case(
        "CASR-101.238-PEOPLE",
        RED,
        near(40.0),
        parameters={"CASR-101.238-PEOPLE": {"min_distance_m": 50.0}},
    ),
    *unknown("CASR-101.238-PEOPLE", near(None)),
    Case("CASR-101.245-CONSENT", SILENT, near(30.0)),
    Case("CASR-101.245-CONSENT", RED, near(29.99)),
    Case("CASR-101.245-CONSENT", AMBER, near(15.0, people_consent_ref="C-1")),
    Case("CASR-101.245-CONSENT", SILENT, near(14.99, people_consent_ref="C-1")),
    Case("CASR-101.245-CONSENT", RED, near(20.0, people_consent_ref="C-1", category="micro")),
    Case("CASR-101.245-CONSENT", AMBER, near(20.0, PEOPLE)),
    Case("CASR-101.245-15", SILENT, near(15.0)),
    Case("CASR-101.245-15", RED, near(14.99, people_consent_ref="C-1")),
    Case("CASR-101.245-15", AMBER, near(0.0, PEOPLE)),
    Case("TMI-P2", SILENT, near(10.0)),
    Case("TMI-P2", AMBER, near(10.0, PEOPLE, impact_energy_j=15.0)),
    Case("TMI-P2", RED, near(10.0, PEOPLE, impact_energy_j=15.1)),
    Case("TMI-P2", AMBER, near(10.0, PEOPLE, impact_energy_j=34.0, people_consent_ref="C-1")),
    Case("TMI-P2", RED, near(10.0, PEOPLE, impact_energy_j=34.1, people_consent_ref="C-1")),
    *unknown("TMI-P2", near(10.0, PEOPLE)),
    Case("CASR-101.238-POP", GREEN, operation()),
    Case("CASR-101.238-POP", RED, operation(is_over_populous_area=True)),
    Case("CASR-101.238-POP", RED, operation(airspace=(airspace("POP"),))),
    Case(
        "CASR-101.238-POP",
        AMBER,
        operation(is_over_populous_area=True, authorizations=(approval("populous"),)),
    ),
    Case("CASR-101.238-POP", AMBER, POP_WITH_PEOPLE),
    Case(
        "CASR-101.238-POP",
        RED,
        operation(is_over_populous_area=True, authorizations=(PEOPLE,), **LATER),
    ),
    *unknown("CASR-101.238-POP", operation(is_over_populous_area=None)),
    *unknown("CASR-101.238-POP", operation(airspace=None)),
    Case("EX45-POP", SILENT, operation()),
    Case("EX45-POP", AMBER, POP_WITH_PEOPLE),
    Case("DIR-20/25-ZONE", GREEN, near(30.0)),
    Case("DIR-20/25-ZONE", RED, near(29.99)),
    Case("DIR-20/25-ZONE", AMBER, near(20.0, people_consent_ref="C-1")),
    Case("DIR-20/25-ZONE", AMBER, near(100.0, rule_date=date(2028, 4, 1))),
    *unknown("DIR-20/25-ZONE", near(None)),
]


NIGHT_RISK = risk("C", 2, "department", kind="night", is_by_chief_remote_pilot=True)


def dark(**changes):
    usual = {
        "risks": (NIGHT_RISK,),
        "daylight": DARK,
        "authorizations": (approval("night"),),
        "pilot__membership__is_night_authorized": True,
        "pilot__qualifications": (REPL, NIGHT_TRAINING),
        "is_launch_area_lit": True,
    }
    return operation(**(usual | changes))


CASES += [
    Case("NIGHT", SILENT, operation()),
    Case("NIGHT", SILENT, operation(daylight=TWILIGHT)),
    Case("NIGHT", AMBER, dark()),
    Case("NIGHT", RED, dark(authorizations=())),
    Case("NIGHT", RED, dark(risks=())),
    Case("NIGHT", RED, dark(is_launch_area_lit=False)),
    Case("NIGHT", RED, dark(aircraft__has_position_lights=False)),
    Case("NIGHT", RED, dark(pilot__qualifications=(REPL,))),
    Case("NIGHT", RED, dark(pilot__membership__is_night_authorized=False)),
    Case("NIGHT", RED, dark(category="sub2")),
    *unknown("NIGHT", operation(daylight=None)),
]
