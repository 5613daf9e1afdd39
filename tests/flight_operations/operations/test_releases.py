from datetime import timedelta

import pytest
import time_machine

from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, ComplianceState
from flight_operations.exceptions import (
    AcknowledgementMissing,
    OperationNotAuthorisable,
    OperationNotReleasable,
    OperationNotStartable,
    OutsidePlannedWindow,
    PlanChanged,
)
from flight_operations.models import FlightPlan, OperationalRelease, OperationStatus
from flight_operations.services import flights, operations, releases
from rpas.models import TriggerKind
from rpas.services.defects import raise_defect
from tests.flight_operations.operations.scene import (
    make_scene,
    observe,
    release_with_notes,
    tick_all,
)
from tests.rpas.factories import ScheduleFactory


@pytest.fixture
def scene(db, now):
    """The background reads the clock: let it be the story's."""
    with time_machine.travel(now, tick=False):
        yield make_scene()


def test_a_release_binds_plan_and_verdict(scene, now):
    operation = scene.released(now)

    release = OperationalRelease.objects.get()
    assert release.plan_hash == operation.plan.content_hash
    assert release.verdict.stage == "release"
    assert release.document["remote_pilots"][0]["arn"] == scene.pilot.profile.arn
    assert release.document["max_height_agl_m"] == 90.0


def test_red_findings_refuse_the_authorisation_and_are_listed(scene, now):
    operation = scene.plan(now)
    observe(operation, scene.pilot, now, wind_gust_ms=20.0)
    tick_all(operation, scene.pilot, now)

    with pytest.raises(OperationNotAuthorisable) as refusal:
        operations.authorise_operation(operation, actor=scene.chief, at=now)

    assert [f["rule"] for f in refusal.value.details["findings"]] == ["WXD-WIND"]


def test_missing_evidence_lets_plan_but_not_release(scene, now):
    operation = scene.plan(now)
    operation = operations.authorise_operation(operation, actor=scene.chief, at=now)

    with pytest.raises(OperationNotReleasable) as refusal:
        releases.release_operation(operation, acknowledgements=[], actor=scene.chief, at=now)

    rules = {finding["rule"] for finding in refusal.value.details["findings"]}
    assert {"PREFLIGHT-CHECKLIST", "WXD-WIND"} <= rules
    operation.refresh_from_db()
    assert operation.status == OperationStatus.AUTHORISED


def test_amber_findings_need_a_note_each(scene, now):
    operation = scene.authorised(now)

    with pytest.raises(AcknowledgementMissing) as refusal:
        releases.release_operation(operation, acknowledgements=[], actor=scene.chief, at=now)

    assert all(f["color"] == "amber" for f in refusal.value.details["findings"])
    assert OperationalRelease.objects.count() == 0


def test_rising_wind_revokes_the_release(scene, now, run_tasks):
    operation = scene.released(now)
    run_tasks()

    observe(operation, scene.pilot, now, wind_gust_ms=20.0)

    assert ComplianceState.objects.get(subject_id=operation.pk, scope=operation.scope).is_stale
    run_tasks()
    operation.refresh_from_db()
    release = OperationalRelease.objects.get()
    assert operation.status == OperationStatus.AUTHORISED
    assert "WXD-WIND" in release.revoked_because
    assert AuditEvent.objects.filter(action="operation.release_revoked").count() == 1


def test_a_new_look_that_is_as_good_leaves_the_release(scene, now, run_tasks):
    operation = scene.released(now)
    run_tasks()

    observe(operation, scene.pilot, now, temperature_c=21.0)
    run_tasks()

    assert OperationalRelease.objects.get().revoked_because == ""
    operation.refresh_from_db()
    assert operation.status == OperationStatus.READY


def test_amending_the_plan_revokes_the_release_in_the_same_breath(scene, now):
    operation = scene.released(now)

    operations.amend_operation(
        operation,
        changes={"plan": {"max_height_agl_m": 80.0}},
        actor=scene.pilot,
        at=now,
        version=operation.version,
    )

    operation.refresh_from_db()
    assert operation.status == OperationStatus.PLANNED
    assert not OperationalRelease.objects.live().exists()


def test_a_title_is_not_the_plan(scene, now):
    operation = scene.released(now)

    operations.amend_operation(
        operation,
        changes={"title": "Another name"},
        actor=scene.pilot,
        at=now,
        version=operation.version,
    )

    operation.refresh_from_db()
    assert operation.status == OperationStatus.READY


def test_a_plan_changed_behind_the_services_back_is_noticed_at_start(scene, now):
    operation = scene.released(now, start=now + timedelta(minutes=5))
    FlightPlan.objects.filter(operation=operation).update(max_height_agl_m=95.0)

    with pytest.raises(PlanChanged):
        flights.start_operation(operation, actor=scene.pilot, at=now)


def test_a_revoked_release_does_not_start(scene, now):
    operation = scene.released(now, start=now + timedelta(minutes=5))
    releases.revoke_release(operation, because="No.", actor=scene.chief, at=now)

    with pytest.raises(TransitionNotAllowed):
        flights.start_operation(operation, actor=scene.pilot, at=now)


def test_a_defect_raised_a_second_ago_stops_the_start_though_no_worker_ran(scene, now):
    operation = scene.released(now, start=now + timedelta(minutes=5))
    raise_defect(
        scene.aircraft, severity="major", description="Cracked arm", actor=scene.pilot, at=now
    )

    with pytest.raises(OperationNotStartable) as refusal:
        flights.start_operation(operation, actor=scene.pilot, at=now)

    assert "F2-MAJOR" in {f["rule"] for f in refusal.value.details["findings"]}
    operation.refresh_from_db()
    assert operation.status == OperationStatus.READY


@pytest.mark.parametrize(("minutes", "starts"), [(-1, False), (0, True), (44, True), (45, False)])
def test_a_start_stays_in_the_planned_window(scene, now, minutes, starts):
    start = now + timedelta(minutes=15)
    operation = scene.released(now, start=start)
    at = now + timedelta(minutes=minutes)
    observe(operation, scene.pilot, min(at, now + timedelta(minutes=minutes)))

    if starts:
        flights.start_operation(operation, actor=scene.pilot, at=at)
    else:
        with pytest.raises(OutsidePlannedWindow):
            flights.start_operation(operation, actor=scene.pilot, at=at)


def test_a_planned_operation_cannot_skip_its_release(scene, now):
    operation = scene.plan(now)

    with pytest.raises(TransitionNotAllowed):
        release_with_notes(operation, scene.chief, now)


def test_an_expiring_reoc_that_was_acknowledged_does_not_stop_the_start(scene, now):
    """Its rule says two things, of the paper and of its scope; only one of them is amber."""
    scene.operator.reoc_expires_on = (now + timedelta(days=10)).date()
    scene.operator.save()
    operation = scene.released(now, start=now + timedelta(minutes=5))

    flights.start_operation(operation, actor=scene.pilot, at=now)

    operation.refresh_from_db()
    assert operation.status == OperationStatus.ACTIVE


def test_a_second_caution_of_one_rule_is_not_covered_by_the_note_on_the_first(scene, now):
    due_soon = {"aircraft": scene.aircraft, "kind": TriggerKind.CALENDAR, "interval_days": 67}
    ScheduleFactory(title="Propellers", **due_soon)
    operation = scene.released(now, start=now + timedelta(minutes=5))
    ScheduleFactory(title="Firmware", **due_soon)

    with pytest.raises(OperationNotStartable) as refusal:
        flights.start_operation(operation, actor=scene.pilot, at=now)

    assert {f["rule"] for f in refusal.value.details["findings"]} == {"F2-MAINT"}
