from datetime import date, timedelta

import msgspec
import pytest

from aircraft.airworthiness import CrewedAircraftFacts, DefectFacts, TaskFacts
from aircraft.facts import collect_aircraft
from aircraft.queries.airworthiness import aircraft_facts
from aircraft.rules.basis import CREWED_AIRCRAFT_RULES
from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Stage
from common.compliance.service import assess, record, replay
from common.models import ComplianceState
from tests.aircraft.factories import NOW, TODAY, AircraftFactory, DefectFactory

YEAR = date(2027, 3, 31)


def task(kind, **more):
    return TaskFacts(task_id=1, title=kind, kind=kind, **{"next_due_on": YEAR, **more})


GREEN = CrewedAircraftFacts(
    aircraft_id=1,
    tail_number="N350WS",
    designator="B350",
    on=TODAY,
    status="in_service",
    seats=8,
    engine_count=2,
    maintenance_program="annual",
    airworthiness_certificate="AW-1",
    registration_expires_on=YEAR,
    insurance_expires_on=YEAR,
    weighed_on=date(2025, 2, 10),
    time_in_service_min=60_000,
    cycles=900,
    tasks=(
        *(
            task(kind, interval_months=12)
            for kind in ("annual", "altimeter_static", "transponder", "elt")
        ),
        task("hundred_hour", next_due_on=None, next_due_min=66_000, interval_min=6000),
    ),
)
OVER = TODAY - timedelta(days=1)
LATE = {"next_due_on": OVER, "interval_days": 30}
DEFECT = DefectFacts(number="DF-1", status="open", description="Radar", found_on=TODAY)


def changed(**values):
    return msgspec.structs.replace(GREEN, **values)


def with_task(kind, **more):
    others = tuple(entry for entry in GREEN.tasks if entry.kind != kind)
    return changed(tasks=(*others, task(kind, **more)))


def without(kind):
    return changed(tasks=tuple(entry for entry in GREEN.tasks if entry.kind != kind))


def deferred(limit_on):
    entry = msgspec.structs.replace(
        DEFECT, status="deferred", category="C", mel_item="34-41", limit_on=limit_on
    )
    return changed(defects=(entry,))


def hours_only(kind):
    return with_task(kind, next_due_on=None, next_due_min=66_000, interval_min=6000)


def with_battery():
    battery = task("elt", next_due_on=None, next_due_min=60_060, interval_min=60)
    return changed(tasks=(*GREEN.tasks, battery))


def hundred(left, *, interval_min=6000, tolerance_min=600, **more):
    tasks = (
        *without("hundred_hour").tasks,
        task(
            "hundred_hour",
            next_due_on=None,
            next_due_min=60_000 + left,
            interval_min=interval_min,
            tolerance_min=tolerance_min,
        ),
    )
    return changed(tasks=tasks, **more)


def on_program(program, *tasks, **more):
    return changed(maintenance_program=program, tasks=(*GREEN.tasks, *tasks), **more)


RED, AMBER, PASS = Color.RED, Color.AMBER, Color.GREEN
CASES = [
    ("CREWED-STATUS", GREEN, PASS),
    ("CREWED-STATUS", changed(status="grounded"), RED),
    ("FAR-91.409A", GREEN, PASS),
    ("FAR-91.409A", with_task("annual", **LATE), RED),
    ("FAR-91.409A", with_task("annual", next_due_on=TODAY), AMBER),
    ("FAR-91.409A", without("annual"), RED),
    ("FAR-91.409A", on_program("selected", task("program")), None),
    ("FAR-91.409B", GREEN, PASS),
    ("FAR-91.409B", hundred(600), AMBER),
    ("FAR-91.409B", hundred(-1), RED),
    ("FAR-91.409B", hundred(0, planned_min=1), RED),
    ("FAR-91.409B", hundred(-600, is_revenue=False), AMBER),
    ("FAR-91.409B", hundred(-601, is_revenue=False), RED),
    ("FAR-91.409B", without("hundred_hour"), RED),
    ("FAR-91.409B", msgspec.structs.replace(without("hundred_hour"), is_revenue=False), None),
    ("FAR-91.409A", with_task("annual", interval_months=13), RED),
    ("FAR-91.409A", with_task("annual", interval_days=366), RED),
    ("FAR-91.409A", hours_only("annual"), RED),
    ("FAR-91.409B", hundred(1000, interval_min=6001), RED),
    ("FAR-91.409B", hundred(-601, is_revenue=False, tolerance_min=900), RED),
    ("FAR-91.409EF", GREEN, None),
    ("FAR-91.409EF", on_program("selected", task("program")), PASS),
    ("FAR-91.409EF", on_program("selected", task("program", **LATE)), RED),
    ("FAR-91.409EF", on_program("selected"), RED),
    ("FAR-135.411", GREEN, PASS),
    ("FAR-135.411", changed(seats=10), RED),
    ("FAR-135.411", on_program("continuous", task("program"), seats=10), PASS),
    ("FAR-91.411", GREEN, PASS),
    ("FAR-91.411", with_task("altimeter_static", **LATE), RED),
    ("FAR-91.411", with_task("altimeter_static", interval_months=25), RED),
    ("FAR-91.413", with_task("transponder", interval_months=25), RED),
    ("FAR-91.413", GREEN, PASS),
    ("FAR-91.413", with_task("transponder", **LATE), RED),
    ("FAR-91.413", without("transponder"), RED),
    ("FAR-91.207", GREEN, PASS),
    ("FAR-91.207", with_task("elt", **LATE), RED),
    ("FAR-91.207", with_task("elt", interval_months=24), RED),
    ("FAR-91.207", with_battery(), PASS),
    ("FAR-91.171", with_task("vor", next_due_on=TODAY + timedelta(days=7)), AMBER),
    ("FAR-91.171", with_task("vor", interval_months=1), AMBER),
    ("FAR-91.171", GREEN, None),
    ("FAR-91.171", with_task("vor", **LATE), AMBER),
    ("FAR-91.171", with_task("vor"), PASS),
    ("FAR-39-AD", GREEN, PASS),
    ("FAR-39-AD", with_task("directive", **LATE), RED),
    ("FAR-91.403-LIMITS", GREEN, PASS),
    (
        "FAR-91.403-LIMITS",
        msgspec.structs.replace(
            with_task("life_limit", next_due_on=None, next_due_cycles=902), planned_cycles=3
        ),
        RED,
    ),
    ("CREWED-MAINT", GREEN, PASS),
    ("CREWED-MAINT", with_task("other", **LATE), RED),
    ("FAR-135.179-MEL", GREEN, PASS),
    ("FAR-135.179-MEL", changed(defects=(DEFECT,)), RED),
    ("FAR-135.179-MEL", deferred(TODAY), AMBER),
    ("FAR-135.179-MEL", deferred(OVER), RED),
    ("FAR-91.407-RTS", GREEN, PASS),
    (
        "FAR-91.407-RTS",
        changed(defects=(msgspec.structs.replace(DEFECT, status="rectified"),)),
        RED,
    ),
    ("FAR-DOCS", GREEN, PASS),
    ("FAR-DOCS", changed(airworthiness_certificate=""), RED),
    ("FAR-DOCS", changed(airworthiness_expires_on=OVER), RED),
    ("FAR-DOCS", changed(registration_expires_on=None), RED),
    ("FAR-DOCS", changed(registration_expires_on=TODAY), AMBER),
    ("FAR-DOCS", changed(weighed_on=date(2023, 2, 28)), RED),
    ("FAR-DOCS", changed(weighed_on=date(2023, 3, 1)), AMBER),
    ("FAR-DOCS", changed(weighed_on=None), RED),
    ("FAR-DOCS", changed(weighed_on=None, engine_count=1), PASS),
    ("CREWED-INSURANCE", GREEN, PASS),
    ("CREWED-INSURANCE", changed(insurance_expires_on=OVER), RED),
    ("CREWED-INSURANCE", changed(insurance_expires_on=None), RED),
]


@pytest.mark.parametrize(("code", "facts", "color"), CASES)
def test_rules(code, facts, color):
    found = [f for f in evaluate(facts, stage=Stage.RELEASE, at=NOW).findings if f.rule == code]

    worst = max((f.color for f in found), key=SEVERITY.__getitem__, default=None)
    assert worst == color


def test_every_rule_is_asked_both_ways():
    asked = {code: {c for name, _, c in CASES if name == code} for code in CREWED_AIRCRAFT_RULES}

    assert [code for code, colors in asked.items() if len(colors) < 2] == []


def test_what_is_not_known_is_amber_while_planning():
    found = evaluate(without("elt"), stage=Stage.PLANNING, at=NOW)

    assert [(f.rule, f.color, f.is_missing_input) for f in found.cautions] == [
        ("FAR-91.207", "amber", True)
    ]


@pytest.mark.django_db
def test_an_airworthy_aircraft_is_green_and_its_verdict_can_be_made_again(tail, now):
    judged = assess("aircraft.aircraft", tail.pk, stage=Stage.RELEASE, at=now)
    verdict = record([judged])[tail.pk]

    assert judged.assessment.color == Color.GREEN
    assert judged.collected.scope == "crewed_fleet"
    assert replay(verdict) == judged.assessment
    assert ComplianceState.objects.get().color == "green"


@pytest.mark.django_db
def test_facts_of_many_aircraft_take_as_many_queries_as_of_one(
    tail, now, django_assert_num_queries
):
    ids = [tail.pk, *(AircraftFactory().pk for _ in range(4))]
    DefectFactory(aircraft=tail)

    with django_assert_num_queries(3):
        assert len(aircraft_facts(ids[:1], on=TODAY)) == 1
    with django_assert_num_queries(3):
        assert len(aircraft_facts(ids, on=TODAY, planned_min={tail.pk: 90})) == 5
    with django_assert_num_queries(4):
        found = collect_aircraft(ids, now, Stage.RELEASE)
    assert found[tail.pk].facts.on == TODAY
    assert f"aircraft:{tail.pk}" in found[tail.pk].dependencies
