from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Color, Stage
from common.compliance.service import assess, judge, record, replay
from rpas.queries.airworthiness import AircraftDay, aircraft_facts, facts_by_day
from rpas.queries.operators import operator_facts
from rpas.services.defects import raise_defect
from tests.rpas.factories import (
    NOW,
    TODAY,
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    EntryFactory,
    OperatorChangeFactory,
    inspect,
)

pytestmark = pytest.mark.django_db


def test_an_airworthy_aircraft_is_green_through_real_rows(aircraft, now):
    judged = assess("rpas.rpasaircraft", aircraft.pk, stage=Stage.RELEASE, at=now)

    assert judged.assessment.color == Color.GREEN, judged.assessment
    assert judged.collected.label == aircraft.registration
    assert judged.collected.scope == f"rpas_operator:{aircraft.operator_id}"
    assert judged.collected.dependencies == {f"rpas_aircraft:{aircraft.pk}"}
    # Sunday midnight in Sydney, daylight saving.
    assert judged.collected.next_change_at.isoformat() == "2026-03-16T00:00:00+11:00"


def test_an_operator_with_key_staff_is_green_through_real_rows(operator, aircraft, now):
    judged = assess("rpas.rpasoperator", operator.pk, stage=Stage.RELEASE, at=now)

    assert judged.assessment.color == Color.GREEN, judged.assessment
    assert [entry.registration for entry in judged.collected.facts.fleet] == [aircraft.registration]


def test_stored_verdicts_are_replayed_equal(operator, aircraft, pilot, now):
    raise_defect(aircraft, severity="minor", description="Scratch", actor=pilot, at=now)
    OperatorChangeFactory(operator=operator)
    for label, pk in (("rpas.rpasaircraft", aircraft.pk), ("rpas.rpasoperator", operator.pk)):
        judged = assess(label, pk, stage=Stage.RELEASE, at=now)
        verdict = record([judged])[pk]
        verdict.refresh_from_db()

        assert replay(verdict) == judged.assessment


def test_facts_of_many_aircraft_take_as_many_statements_as_of_one(operator, now):
    def count(ids):
        with CaptureQueriesContext(connection) as queries:
            judge("rpas.rpasaircraft", ids, stage=Stage.RELEASE, at=now)
        return len(queries)

    ids = [AircraftFactory(operator=operator).pk for _ in range(5)]

    assert count(ids[:1]) == count(ids) <= 14


def test_what_is_known_of_one_aircraft(aircraft, now):
    BatteryFactory(operator=aircraft.operator, aircraft=aircraft, cycles=12)
    BatteryFactory(operator=aircraft.operator)
    defect = DefectFactory(aircraft=aircraft, minor=True)

    facts = aircraft_facts([aircraft.pk, 0], on=TODAY, planned_minutes=25)[aircraft.pk]

    assert (facts.planned_min, facts.planned_flights, facts.planned_cycles) == (25, 1, 1)
    assert (facts.category, facts.is_rain_tolerant, facts.endurance_min) == ("small", True, 45.0)
    assert facts.inspection.entry_on == TODAY
    assert facts.part_a.number == aircraft.technical_logs.get().number
    assert [entry.defect_id for entry in facts.defects] == [defect.pk]
    assert facts.defects[0].found_on == TODAY
    assert [(entry.cycles, entry.max_cycles) for entry in facts.batteries] == [(12, 400)]
    assert [entry.title for entry in facts.maintenance] == ["50 h inspection"]
    assert (facts.log.entries, facts.log.head_sequence, facts.log.is_head_intact) == (1, 1, True)


def test_one_aircraft_is_judged_for_several_days(aircraft):
    inspect(aircraft, at=NOW + timedelta(days=1))
    days = [AircraftDay(aircraft.pk, TODAY + timedelta(days=n), 30, 1) for n in range(3)]

    found = facts_by_day(days)

    assert [found[day].inspection is not None for day in days] == [True, True, False]


def test_the_last_inspection_of_a_day_counts(aircraft):
    EntryFactory(aircraft=aircraft, inspection_satisfactory=False, findings="Loose arm")

    facts = aircraft_facts([aircraft.pk], on=TODAY)[aircraft.pk]

    assert (facts.inspection.is_satisfactory, facts.inspection.findings) == (False, "Loose arm")


def test_posts_are_those_held_on_the_day(operator):
    operator.key_personnel.filter(post="ceo").update(valid_until=TODAY)

    found = operator_facts([operator.pk], on=TODAY)[operator.pk]
    before = operator_facts([operator.pk], on={operator.pk: date(2026, 3, 14)})[operator.pk]

    assert {entry.post for entry in found.posts} == {
        "chief_remote_pilot",
        "maintenance_controller",
    }
    assert len(before.posts) == 3
    assert found.fleet == ()
