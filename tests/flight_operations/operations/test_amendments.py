"""What a change of plan makes void, and what it leaves."""

from datetime import timedelta

import pytest
import time_machine

from common.booking import Resource, conflicts
from common.compliance.service import findings_of
from common.exceptions import InvalidInput
from common.geo import point
from common.models import ComplianceState
from flight_operations.models import ChecklistItem, FlightPlan, OperationStatus
from flight_operations.services import operations
from tests.flight_operations.factories import LAT, LON
from tests.flight_operations.operations.scene import make_scene
from tests.rpas.factories import MemberFactory


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


def amend(scene, operation, now, **changes):
    return operations.amend_operation(
        operation, changes=changes, actor=scene.chief, at=now, version=None
    )


def colors(operation):
    state = ComplianceState.objects.select_related("verdict").get(
        subject_type="flight_operations.flightoperation", subject_id=operation.pk
    )
    return state.verdict, {f.rule: f.color.value for f in findings_of(state.verdict)}


def answered(operation):
    items = ChecklistItem.objects.filter(checklist__operation=operation).exclude(answer="")
    return set(items.values_list("code", flat=True))


def test_another_pilot_has_not_declared_himself_fit(scene, now):
    operation = scene.authorised(now)
    assert colors(operation)[1]["AU-RPAS-FIT"] == "green"
    other = MemberFactory(operator=scene.operator, pilot=True).user

    amend(scene, operation, now, pilot_in_command=other)

    assert colors(operation)[1]["AU-RPAS-FIT"] == "amber"
    # The daily inspection is in the technical log, whoever flies.
    assert answered(operation) == {"aircraft_inspection"}


def test_a_new_title_leaves_checklist_and_release_stage(scene, now):
    operation = scene.released(now)
    before = answered(operation)

    operation = amend(scene, operation, now, title="Another name")

    verdict, found = colors(operation)
    assert operation.status == OperationStatus.READY
    assert (verdict.stage, found["WXD-AGE"]) == ("release", "green")
    assert answered(operation) == before != set()


def test_what_the_pilot_saw_is_not_seen_at_another_place(scene, now):
    operation = scene.authorised(now)
    elsewhere = point(lat=LAT + 0.001, lon=LON)

    amend(scene, operation, now, plan={"launch_site": elsewhere})

    assert FlightPlan.objects.get(operation=operation).local_weather_observation is None


def test_what_the_pilot_saw_stays_when_the_flight_is_lower(scene, now):
    operation = scene.authorised(now)

    amend(scene, operation, now, plan={"max_height_agl_m": 80.0})

    assert FlightPlan.objects.get(operation=operation).local_weather_observation is not None


def test_the_pilot_in_command_is_not_his_own_observer(scene, now):
    observer = MemberFactory(operator=scene.operator, pilot=True).user
    own = {"user": scene.pilot, "role": "observer"}

    with pytest.raises(InvalidInput, match="no other part"):
        scene.plan(now, crew=[own])
    operation = scene.plan(now, crew=[{"user": observer, "role": "observer"}])
    with pytest.raises(InvalidInput, match="no other part"):
        amend(scene, operation, now, pilot_in_command=observer)


def test_a_rejected_plan_holds_nobodys_time_and_takes_it_again_when_amended(scene, now):
    operation = scene.plan(now)
    pilot = Resource("person", scene.pilot.pk)
    hours = {"start": now, "end": now + timedelta(hours=3)}
    operations.submit_operation(operation, actor=scene.pilot, at=now)

    operation = operations.reject_operation(
        operation, reason="Too near the road.", actor=scene.chief, at=now
    )
    assert conflicts([pilot], **hours) == []

    amend(scene, operation, now, plan={"max_height_agl_m": 80.0})
    assert len(conflicts([pilot], **hours)) == 1
