"""A pilot's other operations rest on when this one is flown: duty, rest and days off count it."""

from datetime import timedelta

import pytest
import time_machine

from common.compliance.findings import Stage
from common.compliance.service import findings_of
from common.models import ComplianceState
from flight_operations.models import CrewMember
from flight_operations.services import flights, operations
from flight_operations.services.assessment import SUBJECT, refresh_verdict
from tests.flight_operations.operations.scene import make_scene
from tests.rpas.factories import AircraftFactory, MemberFactory

EIGHT_HOURS = timedelta(hours=8)


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


@pytest.fixture
def first(scene, now):
    return scene.plan(now)


def state(operation):
    return ComplianceState.objects.get(subject_type=SUBJECT, subject_id=operation.pk)


def color(operation, rule):
    return {f.rule: f.color for f in findings_of(state(operation).verdict)}[rule]


def another(scene, now, **changes):
    """Another day's work of the same pilot on another aircraft, later the same day."""
    later = {"aircraft": AircraftFactory(operator=scene.operator), "start": now + EIGHT_HOURS}
    return scene.plan(now, **later | changes)


def judged_again(operation, now):
    refresh_verdict(operation, stage=Stage.PLANNING, at=now)
    assert not state(operation).is_stale


def test_a_second_operation_makes_the_first_ones_verdict_stale_and_then_red(
    scene, first, now, run_tasks
):
    assert color(first, "AU-RPAS-FATIGUE-DUTY") == "green"

    # From 10:30 to 23:00 in Sydney: twelve and a half hours of duty.
    another(scene, now, start=now + timedelta(hours=13))

    assert state(first).is_stale
    assert state(first).stale_because.endswith("planned")
    run_tasks()
    assert color(first, "AU-RPAS-FATIGUE-DUTY") == "red"


def test_a_draft_counts_once_it_is_planned(scene, first, now):
    draft = another(scene, now, is_draft=True)
    assert not state(first).is_stale

    operations.schedule_operation(draft, actor=scene.chief, at=now)

    assert state(first).is_stale
    assert not state(draft).is_stale


def test_somebody_elses_operation_changes_nothing(scene, first, now):
    another(scene, now, pilot_in_command=MemberFactory(operator=scene.operator, pilot=True).user)

    assert not state(first).is_stale


def test_a_second_pilots_time_counts_too(scene, first, now):
    crew = [{"user": scene.pilot, "role": CrewMember.Role.SECOND_PILOT}]

    another(scene, now, pilot_in_command=scene.chief, crew=crew)

    assert state(first).is_stale


def test_an_amendment_reaches_the_pilot_before_and_the_pilot_after(scene, first, now):
    relief = MemberFactory(operator=scene.operator, pilot=True).user
    of_relief = another(scene, now, pilot_in_command=relief, start=now + 2 * EIGHT_HOURS)
    moved = another(scene, now)
    moved.refresh_from_db()
    judged_again(first, now)

    operations.amend_operation(
        moved,
        changes={"pilot_in_command": relief},
        actor=scene.chief,
        at=now,
        version=moved.version,
    )

    assert (state(first).is_stale, state(of_relief).is_stale) == (True, True)
    assert not state(moved).is_stale


@pytest.mark.parametrize("deed", [operations.cancel_operation, operations.reject_operation])
def test_what_is_not_flown_counts_no_longer(scene, first, now, deed):
    given_up = another(scene, now)
    operations.submit_operation(given_up, actor=scene.chief, at=now)
    judged_again(first, now)

    deed(given_up, reason="Rain.", actor=scene.chief, at=now)

    assert state(first).is_stale


def test_a_cancelled_operation_stays_settled_though_a_worker_comes_late(
    scene, first, now, run_tasks
):
    cancelled = another(scene, now)

    operations.cancel_operation(cancelled, reason="Rain.", actor=scene.chief, at=now)
    run_tasks()

    assert state(cancelled).dependencies == []
    assert not state(cancelled).is_stale


def test_flying_is_counted_by_the_worker(scene, now, run_tasks):
    flown = scene.released(now, start=now + timedelta(minutes=5))
    later = another(scene, now)
    run_tasks()
    judged_again(later, now)

    flights.start_operation(flown, actor=scene.pilot, at=now)
    run_tasks()

    assert state(later).stale_because == ""
    before = state(later).verdict_id
    flights.land_operation(flown, actor=scene.pilot, at=now)
    run_tasks()
    assert state(later).verdict_id > before
