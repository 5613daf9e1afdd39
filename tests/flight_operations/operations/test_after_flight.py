"""Once a flight is over, its records are what is judged: MOS 10.05 and 10.06."""

from datetime import timedelta

import pytest
import time_machine

from common.compliance.service import due_states, findings_of, recompute, replay
from common.models import ComplianceState
from flight_operations.exceptions import OperationNotAuthorisable
from flight_operations.models import ConformanceAlert
from flight_operations.services import flights
from flight_operations.services.assessment import SUBJECT
from flight_operations.services.incidents import report_incident
from flight_operations.services.telemetry_alerts import acknowledge_alert, settle_conformance
from rpas.models import F2DefectEntry
from rpas.services.defects import raise_defect
from tests.flight_operations.operations.scene import make_scene

RECORDS = {"MOS-10.05-LOG", "MOS-10.06-PILOT"}


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


@pytest.fixture
def landed(scene, now):
    operation = scene.released(now, start=now + timedelta(minutes=5))
    flights.start_operation(operation, actor=scene.pilot, at=now)
    return flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=20))


def state(operation):
    return ComplianceState.objects.select_related("verdict").get(
        subject_type=SUBJECT, subject_id=operation.pk
    )


def colors(operation):
    return {f.rule: f.color.value for f in findings_of(state(operation).verdict)}


def let_time_pass(moment):
    """What beat does: make again the verdicts that time alone may have changed."""
    recompute(due_states(now=moment), at=moment)


def test_a_landing_leaves_only_the_records_to_be_judged(landed):
    assert set(colors(landed)) == RECORDS
    assert state(landed).verdict.stage == "post"
    assert state(landed).color == "green"


def test_what_becomes_of_the_aircraft_says_nothing_of_the_flight(scene, landed, now, run_tasks):
    run_tasks()
    before = state(landed).verdict_id

    raise_defect(scene.aircraft, severity="major", description="C", actor=scene.pilot, at=now)
    run_tasks()

    assert state(landed).verdict_id == before


@pytest.mark.parametrize(("hours", "color"), [(23, "green"), (25, "amber"), (73, "red")])
def test_an_open_log_turns_with_time_alone(landed, now, hours, color):
    let_time_pass(now + timedelta(hours=hours))

    assert colors(landed)["MOS-10.05-LOG"] == color
    assert state(landed).color == color


def test_a_completed_log_is_green_at_once_and_stays_so(scene, landed, now):
    let_time_pass(now + timedelta(hours=80))

    flights.complete_log(
        landed, is_as_released=True, actor=scene.pilot, at=now + timedelta(hours=81)
    )

    assert colors(landed) == dict.fromkeys(RECORDS, "green")
    assert state(landed).next_change_at is None


def test_a_closed_operation_is_never_judged_again(scene, landed, now):
    flights.complete_log(landed, is_as_released=True, actor=scene.pilot, at=now)

    flights.finalise_operation(landed, actor=scene.chief, at=now)

    assert state(landed).dependencies == []
    assert replay(state(landed).verdict).findings == findings_of(state(landed).verdict)


def test_an_aircraft_that_became_unserviceable_is_grounded_by_its_log(scene, landed, now):
    later = now + timedelta(hours=1)

    flights.complete_log(
        landed,
        is_as_released=True,
        became_unserviceable=True,
        remarks="Motor 3 runs rough.",
        actor=scene.pilot,
        at=later,
    )

    defect = F2DefectEntry.objects.grounding().get(aircraft=scene.aircraft)
    assert defect.description == f"Became unserviceable on {landed.number}. Motor 3 runs rough."
    assert defect.found_at == landed.actual_end_at
    with pytest.raises(OperationNotAuthorisable) as refusal:
        scene.authorised(later)
    assert "F2-MAJOR" in {f["rule"] for f in refusal.value.details["findings"]}


def test_a_defect_written_at_the_field_is_not_written_twice(scene, landed, now):
    later = now + timedelta(hours=1)
    raise_defect(scene.aircraft, severity="major", description="M", actor=scene.pilot, at=later)

    flights.complete_log(
        landed, is_as_released=True, became_unserviceable=True, actor=scene.pilot, at=later
    )

    assert F2DefectEntry.objects.filter(aircraft=scene.aircraft).count() == 1


def alert(operation, kind="height", **more):
    usual = {
        "operation": operation,
        "kind": kind,
        "severity": "red",
        "worst_value": 140.0,
        "worst_at": operation.actual_start_at,
        "started_at": operation.actual_start_at,
        "last_at": operation.actual_start_at,
        "ended_at": operation.actual_end_at,
        "raised_at": operation.actual_start_at,
    }
    return ConformanceAlert.objects.create(**(usual | more))


def test_a_flight_that_broke_a_limit_is_not_closed_as_if_nothing_had_been(scene, landed, now):
    alert(landed)
    flights.complete_log(landed, is_as_released=True, actor=scene.pilot, at=now)

    flights.finalise_operation(landed, actor=scene.chief, at=now)

    assert colors(landed)["MOS-10.05-ALERTS"] == "amber"
    assert state(landed).color == "amber"


@pytest.mark.parametrize(("note", "color"), [("Pilot debriefed.", "green"), ("", "amber")])
def test_a_note_accounts_for_an_alert_even_after_the_close(scene, landed, now, note, color):
    raised = alert(landed)
    flights.complete_log(landed, is_as_released=True, actor=scene.pilot, at=now)
    flights.finalise_operation(landed, actor=scene.chief, at=now)

    acknowledge_alert(raised, actor=scene.chief, at=now, note=note)

    assert colors(landed)["MOS-10.05-ALERTS"] == color
    assert state(landed).dependencies == []


def test_an_incident_report_accounts_for_what_was_seen(scene, landed, now, run_tasks):
    acknowledge_alert(alert(landed), actor=scene.chief, at=now)
    flights.complete_log(landed, is_as_released=True, actor=scene.pilot, at=now)
    assert colors(landed)["MOS-10.05-ALERTS"] == "amber"

    report_incident(
        operator=scene.operator,
        operation=landed,
        actor=scene.pilot,
        at=now,
        classification="airspace_breach",
        occurred_at=now,
        place="Beside the launch site",
        narrative="Climbed too high.",
    )
    run_tasks()

    assert colors(landed)["MOS-10.05-ALERTS"] == "green"


def test_an_alert_found_in_a_log_handed_in_late_marks_the_records(landed, now):
    alert(landed)

    settle_conformance(landed.pk, at=now)

    assert state(landed).is_stale
