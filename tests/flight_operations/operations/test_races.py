"""What happens at once: each race with the control that shows the guard matters."""

from datetime import timedelta

import pytest
import time_machine

from flight_operations.exceptions import OperationNotStartable
from flight_operations.models import FlightOperation, OperationStatus
from flight_operations.services import flights
from rpas.models import F2DefectEntry
from rpas.services.defects import raise_defect
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.operations.scene import make_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


def start(scene, operation, now):
    return lambda: flights.start_operation(operation, actor=scene.pilot, at=now)


def defect(scene, now):
    return lambda: raise_defect(
        scene.aircraft, severity="major", description="Crack", actor=scene.pilot, at=now
    )


def test_of_six_starts_at_once_one_flies(scene, now):
    operation = scene.released(now, start=now + timedelta(minutes=5))

    results = at_once(*[start(scene, operation, now)] * 6)

    assert kinds(results) == ["FlightOperation"] + ["TransitionNotAllowed"] * 5


def test_a_defect_and_a_start_never_pass_each_other(now):
    for _ in range(4):
        scene = make_scene()
        operation = scene.released(now, start=now + timedelta(minutes=5))

        started, raised = at_once(start(scene, operation, now), defect(scene, now))

        # Whoever locks the aircraft first decides; a defect already there stops the start.
        assert isinstance(raised, F2DefectEntry)
        if isinstance(started, Exception):
            assert isinstance(started, OperationNotStartable)
        else:
            assert started.status == OperationStatus.ACTIVE


def test_without_the_assessment_under_lock_a_start_overlooks_the_defect(scene, now, monkeypatch):
    """The guard-off control: trusting the release alone lets the aircraft go with a defect."""
    operation = scene.released(now, start=now + timedelta(minutes=5))
    raise_defect(scene.aircraft, severity="major", description="Crack", actor=scene.pilot, at=now)
    monkeypatch.setattr(flights, "not_covered", lambda release, findings: ())

    flown = flights.start_operation(operation, actor=scene.pilot, at=now)

    assert flown.status == OperationStatus.ACTIVE


def test_of_four_plans_for_one_pilot_one_is_booked(scene, now):
    results = at_once(*[lambda: scene.plan(now)] * 4)

    assert kinds(results) == ["DoubleBooked"] * 3 + ["FlightOperation"]
    assert FlightOperation.objects.count() == 1
