from datetime import date, timedelta

import msgspec
import pytest

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from common.compliance.registry import RuleContext, rules
from rpas.airworthiness import (
    AircraftFacts,
    BatteryFacts,
    ChangeFacts,
    DefectFacts,
    FleetFacts,
    InspectionFacts,
    LogFacts,
    MaintenanceFacts,
    OperatorFacts,
    PartAFacts,
    PostFacts,
)
from rpas.rules.operators import check_reoc, check_scope
from rpas.rules.registration import AIRCRAFT_RULES, OPERATOR_RULES
from tests.rpas.factories import NOW, TODAY

DAY = timedelta(days=1)
PART_A = PartAFacts(
    number="RPA-1-2026-001",
    issued_on=TODAY,
    name="Pat",
    arn="654321",
    identification="RPA-1",
    category="small",
    model="DJI Matrice 350 RTK",
    max_gross_mass_kg=9.2,
    registration_expires_on=date(2027, 1, 31),
)
INSPECTED = InspectionFacts(
    sequence=1, entry_on=TODAY, is_satisfactory=True, name="Pat", arn="123456"
)
HOURS = MaintenanceFacts(
    schedule_id=1,
    title="50 h inspection",
    kind="flight_hours",
    interval_min=3000,
    next_due_min=3000,
)


def aircraft(**values):
    defaults = {
        "aircraft_id": 1,
        "operator_id": 1,
        "registration": "RPA-1",
        "on": TODAY,
        "make": "DJI",
        "model": "Matrice 350 RTK",
        "kind": "multirotor",
        "status": "in_service",
        "empty_mass_kg": 6.47,
        "mtow_kg": 9.2,
        "category": "small",
        "registration_expires_on": date(2027, 1, 31),
        "firmware_version": "10.01",
        "part_a": PART_A,
        "inspection": INSPECTED,
        "maintenance": (HOURS,),
    }
    return AircraftFacts(**{**defaults, **values})


def operator(**values):
    posts = ("ceo", "chief_remote_pilot", "maintenance_controller")
    defaults = {
        "operator_id": 1,
        "name": "Harbour Drones",
        "on": TODAY,
        "arn": "812345",
        "timezone": "Australia/Sydney",
        "reoc_number": "R1",
        "reoc_expires_on": date(2027, 6, 30),
        "scope_max_mass_kg": 25.0,
        "scope_types": ("multirotor",),
        "insurance_expires_on": date(2027, 6, 30),
        "posts": tuple(
            PostFacts(post=post, name="Pat", arn="712345", approved_on=TODAY) for post in posts
        ),
    }
    return OperatorFacts(**{**defaults, **values})


def colors(facts, code, *, stage=Stage.RELEASE, **parameters):
    found = evaluate(facts, stage=stage, at=NOW, parameters={code: parameters}).findings
    return [finding.color.value for finding in found if finding.rule == code]


def defect(severity, **values):
    return DefectFacts(
        defect_id=1, severity=severity, description="Crack", **{"found_on": TODAY, **values}
    )


def test_a_sound_aircraft_and_operator_are_green_in_every_rule():
    for facts in (aircraft(), operator()):
        assessment = evaluate(facts, stage=Stage.RELEASE, at=NOW)
        assert assessment.color == Color.GREEN, assessment.cautions + assessment.blockers


def test_facts_survive_json():
    for facts in (aircraft(defects=(defect("minor"),)), operator()):
        text = msgspec.json.encode(facts)
        assert msgspec.json.decode(text, type=type(facts)) == facts
        assert msgspec.convert(msgspec.to_builtins(facts), type(facts)) == facts


def test_every_rule_says_what_it_asks_and_where_it_is_written():
    for entry in [*AIRCRAFT_RULES.values(), *OPERATOR_RULES.values()]:
        assert entry.check.__doc__
        assert entry.citation
        assert entry.inputs
    assert len(AIRCRAFT_RULES) == 17
    assert len(OPERATOR_RULES) == 6


@pytest.mark.parametrize(
    ("status", "color"),
    [
        ("in_service", "green"),
        ("quarantined", "red"),
        ("in_maintenance", "red"),
        ("retired", "red"),
    ],
)
def test_status(status, color):
    assert colors(aircraft(status=status), "RPAS-STATUS") == [color]


@pytest.mark.parametrize(
    ("days", "color"), [(31, "green"), (30, "amber"), (0, "amber"), (-1, "red"), (None, "red")]
)
def test_registration_holds_through_its_last_day_and_warns_for_thirty(days, color):
    expires = None if days is None else TODAY + days * DAY

    assert colors(aircraft(registration_expires_on=expires), "REGO") == [color]


def test_an_operator_may_ask_for_an_earlier_warning():
    facts = aircraft(registration_expires_on=TODAY + 45 * DAY)

    assert colors(facts, "REGO", notice_days=60) == ["amber"]


@pytest.mark.parametrize(
    ("mass_kg", "code", "color"),
    [
        (0.25, "MICRO", "green"),
        (0.251, "VSMALL", "green"),
        (2.0, "VSMALL", "green"),
        (2.001, "SMALL", "green"),
        (25.0, "SMALL", "green"),
        (25.001, "MEDIUM", "green"),
        (150.0, "MEDIUM", "green"),
        (150.001, "LARGE", "red"),
    ],
)
def test_each_mass_has_one_category(mass_kg, code, color):
    facts = aircraft(mtow_kg=mass_kg)
    every = ["MICRO", "VSMALL", "SMALL", "MEDIUM", "LARGE"]

    assert {name: colors(facts, f"CASR-101.022-{name}") for name in every} == {
        name: [color] if name == code else [] for name in every
    }


def test_a_major_defect_is_red_and_absolute():
    facts = aircraft(defects=(defect("major"), defect("minor", last_checked_on=TODAY)))
    found = evaluate(facts, stage=Stage.PLANNING, at=NOW).blockers

    assert [(finding.rule, finding.value, finding.is_absolute) for finding in found] == [
        ("F2-MAJOR", 1, True)
    ]
    assert colors(aircraft(defects=(defect("minor"),)), "F2-MAJOR") == ["green"]


@pytest.mark.parametrize(
    ("checked", "stage", "color"),
    [
        (TODAY, Stage.RELEASE, "amber"),
        (TODAY - DAY, Stage.RELEASE, "red"),
        (None, Stage.RELEASE, "red"),
        (None, Stage.PLANNING, "amber"),
    ],
)
def test_a_minor_defect_is_looked_at_on_the_day(checked, stage, color):
    facts = aircraft(defects=(defect("minor", last_checked_on=checked),))

    assert colors(facts, "F2-MINOR", stage=stage) == [color]


@pytest.mark.parametrize(("age", "expected"), [(90, ["amber"]), (91, ["amber", "amber"])])
def test_a_minor_defect_open_for_more_than_ninety_days_is_amber_regardless(age, expected):
    entry = defect("minor", last_checked_on=TODAY, found_on=TODAY - age * DAY)

    assert colors(aircraft(defects=(entry,)), "F2-MINOR") == expected


@pytest.mark.parametrize(
    ("total", "planned", "color"),
    [(2600, 99, "green"), (2600, 100, "amber"), (2900, 100, "amber"), (2900, 101, "red")],
)
def test_maintenance_by_time_counts_the_planned_flight(total, planned, color):
    facts = aircraft(time_in_service_min=total, planned_min=planned)

    assert colors(facts, "F2-MAINT") == [color]


@pytest.mark.parametrize(("days", "color"), [(8, "green"), (7, "amber"), (0, "amber"), (-1, "red")])
def test_maintenance_by_calendar(days, color):
    item = MaintenanceFacts(
        schedule_id=2,
        title="60 day check",
        kind="calendar",
        interval_days=60,
        next_due_on=TODAY + days * DAY,
    )

    assert colors(aircraft(maintenance=(item,)), "F2-MAINT") == [color]


@pytest.mark.parametrize(("unit", "total"), [("cycles", "cycles"), ("flights", "flights")])
@pytest.mark.parametrize(
    ("reached", "planned", "color"),
    [(88, 1, "green"), (89, 1, "amber"), (100, 0, "amber"), (100, 1, "red")],
)
def test_maintenance_by_cycles_and_flights(unit, total, reached, planned, color):
    item = MaintenanceFacts(
        schedule_id=3,
        title="Props",
        kind=unit,
        **{f"interval_{unit}": 100, f"next_due_{unit}": 100},
    )
    facts = aircraft(maintenance=(item,), **{total: reached, f"planned_{unit}": planned})

    assert colors(facts, "F2-MAINT") == [color]


def test_of_several_intervals_the_first_counts_and_each_is_named():
    item = msgspec.structs.replace(
        HOURS, interval_days=60, next_due_on=TODAY - DAY, next_due_min=40
    )

    assert colors(aircraft(maintenance=(item,), planned_min=20), "F2-MAINT") == ["red", "amber"]


def test_a_reported_condition_is_red():
    item = MaintenanceFacts(
        schedule_id=4, title="Check", kind="conditional", condition="x", is_triggered=True
    )

    assert colors(aircraft(maintenance=(item,)), "F2-MAINT") == ["red"]


@pytest.mark.parametrize(
    ("change", "color"),
    [
        ({}, "green"),
        ({"part_a": None}, "red"),
        ({"mtow_kg": 9.3}, "amber"),
        ({"registration": "RPA-2"}, "amber"),
        ({"registration_expires_on": date(2028, 1, 31)}, "amber"),
        ({"category": "medium"}, "amber"),
    ],
)
def test_part_a_is_issued_and_agrees_with_the_aircraft(change, color):
    assert colors(aircraft(**change), "F2-CERT") == [color]


@pytest.mark.parametrize(
    ("inspection", "stage", "color"),
    [
        (INSPECTED, Stage.RELEASE, "green"),
        (None, Stage.RELEASE, "red"),
        (None, Stage.PLANNING, "amber"),
        (msgspec.structs.replace(INSPECTED, entry_on=TODAY - DAY), Stage.RELEASE, "red"),
        (msgspec.structs.replace(INSPECTED, is_satisfactory=False), Stage.PLANNING, "red"),
    ],
)
def test_a_satisfactory_inspection_of_the_day(inspection, stage, color):
    assert colors(aircraft(inspection=inspection), "F2-DAILY", stage=stage) == [color]


@pytest.mark.parametrize(
    ("log", "whole", "sums"),
    [
        (LogFacts(), "green", "green"),
        (LogFacts(entries=2, last_sequence=2, head_sequence=2), "green", "green"),
        (LogFacts(entries=1, last_sequence=2, head_sequence=2), "red", "green"),
        (
            LogFacts(entries=50, first_sequence=11, last_sequence=60, head_sequence=60),
            "green",
            "green",
        ),
        (LogFacts(entries=2, last_sequence=2, head_sequence=3), "red", "green"),
        (LogFacts(is_head_intact=False), "red", "green"),
        (LogFacts(altered_sequence=7), "red", "green"),
        (LogFacts(fault="Part B entry 3: altered"), "red", "green"),
        (LogFacts(summed_min=9, last_progressive_min=9, total_min=9), "green", "green"),
        (LogFacts(summed_min=8, last_progressive_min=9, total_min=9), "green", "red"),
        (LogFacts(summed_min=9, last_progressive_min=8, total_min=9), "green", "red"),
        (LogFacts(summed_min=9, last_progressive_min=9, total_min=8), "green", "red"),
    ],
)
def test_the_log_is_whole_and_adds_up(log, whole, sums):
    facts = aircraft(log=log)

    assert colors(facts, "MOS-10.01-FORM") == [whole]
    assert colors(facts, "F2-SUM") == [sums]


@pytest.mark.parametrize(
    ("change", "stage", "expected"),
    [
        ({}, Stage.RELEASE, ["green"]),
        ({"maintenance": ()}, Stage.PLANNING, ["amber"]),
        ({"maintenance": ()}, Stage.RELEASE, ["red"]),
        ({"firmware_version": ""}, Stage.RELEASE, ["amber"]),
    ],
)
def test_the_log_says_when_maintenance_is_due_and_which_software_is_loaded(change, stage, expected):
    assert colors(aircraft(**change), "MOS-10.07-TECH", stage=stage) == expected


@pytest.mark.parametrize(
    ("health", "status", "expected"),
    [
        (81, "in_service", ["green"]),
        (80, "in_service", ["amber"]),
        (60, "in_service", ["amber"]),
        (59, "in_service", ["red"]),
        (None, "in_service", ["green"]),
        (99, "quarantined", ["red"]),
    ],
)
def test_battery_health(health, status, expected):
    battery = BatteryFacts(serial_number="B1", cycles=1, health_percent=health, status=status)

    assert colors(aircraft(batteries=(battery,)), "BATTERY-HEALTH") == expected
    assert colors(aircraft(), "BATTERY-HEALTH") == []


@pytest.mark.parametrize(
    ("cycles", "planned", "expected"),
    [(178, 1, ["green"]), (179, 1, ["amber"]), (199, 1, ["amber"]), (200, 1, ["red"])],
)
def test_battery_cycles_count_the_planned_flight(cycles, planned, expected):
    battery = BatteryFacts(serial_number="B1", cycles=cycles, max_cycles=200)
    facts = aircraft(batteries=(battery,), planned_cycles=planned)

    assert colors(facts, "BATTERY-CYCLES") == expected
    assert colors(aircraft(), "BATTERY-CYCLES") == []


@pytest.mark.parametrize(
    ("change", "color"),
    [
        ({}, "green"),
        ({"reoc_number": None}, "amber"),
        ({"reoc_expires_on": None}, "red"),
        ({"reoc_expires_on": TODAY + 31 * DAY}, "green"),
        ({"reoc_expires_on": TODAY + 30 * DAY}, "amber"),
        ({"reoc_expires_on": TODAY}, "amber"),
        ({"reoc_expires_on": TODAY - DAY}, "red"),
        ({"reoc_issued_on": TODAY}, "green"),
        ({"reoc_issued_on": TODAY + DAY}, "red"),
    ],
)
def test_the_reoc_is_valid_by_its_stored_date(change, color):
    assert colors(operator(**change), "REOC-VALID") == [color]


@pytest.mark.parametrize(
    ("values", "color"),
    [
        ({}, "green"),
        ({"mtow_kg": 25.0}, "green"),
        ({"mtow_kg": 25.1}, "amber"),
        ({"kind": "fixed_wing"}, "amber"),
    ],
)
def test_the_fleet_is_within_the_scope(values, color):
    entry = FleetFacts(
        **{
            "registration": "R",
            "kind": "multirotor",
            "make": "DJI",
            "model": "T50",
            "mtow_kg": 9.2,
            **values,
        }
    )

    assert colors(operator(fleet=(entry,)), "REOC-SCOPE") == [color]


@pytest.mark.parametrize(("models", "color"), [((), "amber"), (("dji t50",), "green")])
def test_above_twenty_five_kilograms_the_scope_names_the_model(models, color):
    entry = FleetFacts(registration="R", kind="multirotor", make="DJI", model="T50", mtow_kg=92.0)
    facts = operator(fleet=(entry,), scope_max_mass_kg=150.0, scope_models=models)

    assert colors(facts, "REOC-SCOPE") == [color]


def test_without_a_reoc_neither_scope_nor_posts_are_asked():
    facts = operator(reoc_number=None, posts=())

    assert colors(facts, "REOC-SCOPE") == []
    assert colors(facts, "REOC-KEYSTAFF") == []


@pytest.mark.parametrize("vacant", ["ceo", "chief_remote_pilot", "maintenance_controller"])
def test_a_vacant_post_is_red(vacant):
    posts = tuple(entry for entry in operator().posts if entry.post != vacant)

    assert colors(operator(posts=posts), "REOC-KEYSTAFF") == ["red"]


def test_a_chief_remote_pilot_without_arn_is_red_and_an_unapproved_holder_amber():
    posts = tuple(
        msgspec.structs.replace(
            entry,
            arn="" if entry.post == "chief_remote_pilot" else entry.arn,
            approved_on=None if entry.post == "ceo" else entry.approved_on,
        )
        for entry in operator().posts
    )

    assert colors(operator(posts=posts), "REOC-KEYSTAFF") == ["red", "amber"]


def test_a_holder_approved_from_a_later_day_is_amber():
    ceo, *others = operator().posts
    posts = (msgspec.structs.replace(ceo, approved_on=TODAY + DAY), *others)

    assert colors(operator(posts=posts), "REOC-KEYSTAFF") == ["amber"]


@pytest.mark.parametrize(
    ("is_significant", "age", "color"),
    [
        (False, 0, "amber"),
        (False, 21, "amber"),
        (False, 22, "red"),
        (True, -1, "amber"),
        (True, 0, "red"),
    ],
)
def test_changes_are_notified_in_twenty_one_days_or_approved_before(is_significant, age, color):
    change = ChangeFacts(
        change_id=1,
        description="x",
        made_on=TODAY - age * DAY,
        is_significant=is_significant,
    )

    assert colors(operator(changes=(change,)), "REOC-CHANGE") == [color]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (4, "New base: not notified for 4 days."),
        (-3, "New base: not notified yet; it takes effect in 3 days."),
    ],
)
def test_a_change_still_to_come_is_worded_as_one(age, words):
    change = ChangeFacts(
        change_id=1, description="New base", made_on=TODAY - age * DAY, is_significant=False
    )

    found = evaluate(operator(changes=(change,)), stage=Stage.RELEASE, at=NOW).findings

    assert [f.message for f in found if f.rule == "REOC-CHANGE"] == [words]


@pytest.mark.parametrize(
    ("until", "color"),
    [
        (TODAY + 31 * DAY, "green"),
        (TODAY + 30 * DAY, "amber"),
        (TODAY - DAY, "amber"),
        (None, "amber"),
    ],
)
def test_insurance_is_never_red(until, color):
    assert colors(operator(insurance_expires_on=until), "INSURANCE") == [color]


def test_a_closed_operator_is_red():
    assert colors(operator(is_active=False), "RPAS-OPERATOR") == ["red"]


def context_of(code):
    return RuleContext(rules[code], Stage.RELEASE, NOW, {})


@pytest.mark.parametrize(
    ("change", "color", "gaps"),
    [
        ({}, "green", []),
        ({"mtow_kg": 25.5, "kind": "airship"}, "red", ["airship", "25.5 kg", "DJI"]),
    ],
)
def test_the_scope_of_one_aircraft_for_an_operation(change, color, gaps):
    found = check_scope(operator(), aircraft(**change), context_of("REOC-SCOPE"))

    assert found.color == color
    assert all(gap in found.message for gap in gaps)


def test_an_operation_that_needs_a_reoc_is_red_without_one():
    found = check_reoc(operator(reoc_number=None), context_of("REOC-VALID"))

    assert found.color == Color.RED
    assert check_reoc(operator(), context_of("REOC-VALID")).color == Color.GREEN
