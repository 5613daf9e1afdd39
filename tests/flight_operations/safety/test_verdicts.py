from datetime import date, timedelta

import pytest

from common.compliance.service import recompute, replay
from common.models import ComplianceState
from flight_operations.facts.gathered_safety import collect_incidents
from flight_operations.services import hazards, incidents
from tests.flight_operations.people import member
from tests.rpas.factories import OperatorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def safety():
    return member(OperatorFactory())


def operator_of(user):
    return user.operator_memberships.get().operator


def state_of(row):
    return ComplianceState.objects.select_related("verdict").get(
        subject_type=row._meta.label_lower, subject_id=row.pk
    )


def colors(state):
    return {finding["rule"]: finding["color"] for finding in state.verdict.findings}


@pytest.fixture
def incident(safety, now):
    return incidents.report_incident(
        operator=operator_of(safety),
        classification="injury",
        injuries="serious",
        operating_category="reoc",
        mass_kg=9.0,
        occurred_at=now,
        place="Depot",
        narrative="Struck",
        actor=safety,
        at=now,
    )


@pytest.fixture
def hazard(safety, now):
    return hazards.report_hazard(
        operator=operator_of(safety),
        description="Tower",
        category="other",
        likelihood="B",
        severity=3,
        actor=safety,
        at=now,
    )


def test_a_new_incident_is_judged_and_again_when_its_clock_turns(incident, now):
    state = state_of(incident)

    assert (state.color, state.scope) == ("red", incident.scope)
    assert colors(state)["TSI-IMM-2"] == "red"
    assert colors(state)["TSI-CLOCK"] == "green"
    assert state.next_change_at == now + timedelta(hours=1)
    recompute([state.pk], at=state.next_change_at)
    later = state_of(incident)
    assert colors(later)["TSI-CLOCK"] == "amber"
    assert later.next_change_at == now + timedelta(hours=4)


def test_a_report_to_the_atsb_makes_the_verdict_stale_and_then_better(incident, safety, now):
    incidents.record_notification(incident, channel="phone", notified_at=now, actor=safety, at=now)

    state = state_of(incident)
    assert state.is_stale
    recompute([state.pk], at=now)
    assert colors(state_of(incident))["TSI-IMM-2"] == "green"
    assert state_of(incident).next_change_at == now + timedelta(hours=48)


def test_a_hazard_is_judged_until_its_action_is_overdue(hazard, safety, now):
    assert state_of(hazard).color == "amber"
    hazards.amend_hazard(
        hazard,
        changes={
            "owner": safety,
            "residual_likelihood": "D",
            "residual_severity": 2,
            "action_due_on": date(2026, 3, 20),
        },
        actor=safety,
        at=now,
    )
    state = state_of(hazard)
    recompute([state.pk], at=now)

    state = state_of(hazard)
    assert state.color == "green"
    # Midnight in Sydney at the end of the day it is due.
    assert state.next_change_at.isoformat() == "2026-03-20T13:00:00+00:00"
    recompute([state.pk], at=state.next_change_at)
    assert state_of(hazard).color == "amber"


def test_stored_verdicts_are_replayed_equal(incident, hazard):
    for row in (incident, hazard):
        verdict = state_of(row).verdict

        assert replay(verdict).color == verdict.color


def test_many_incidents_are_collected_in_as_few_statements_as_one(
    incident, safety, now, django_assert_num_queries
):
    again = [
        incidents.report_incident(
            operator=operator_of(safety),
            classification="other",
            occurred_at=now,
            place="Depot",
            narrative="N",
            actor=safety,
            at=now,
        )
        for _ in range(5)
    ]

    with django_assert_num_queries(1):
        found = collect_incidents([row.pk for row in again], now, "post")
    assert len(found) == 5
