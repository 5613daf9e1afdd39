"""Two people at once on one operation: one wins, and without the row lock both would."""

from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from common.models import AuditEvent, StatusChange
from flight_operations.exceptions import ItemAlreadyAnswered
from flight_operations.models import OperationalRelease, OperationStatus
from flight_operations.services import checklists, operations, releases, risk_assessments
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.operations.scene import make_scene, observe, tick_all
from tests.flight_operations.people import maintenance_controller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


@pytest.fixture
def in_review(scene, now):
    operation = scene.plan(now, start=now + timedelta(minutes=30))
    observe(operation, scene.pilot, now)
    tick_all(operation, scene.pilot, now)
    return operations.submit_operation(operation, actor=scene.pilot, at=now)


def unlocked(*modules, monkeypatch, parties=2):
    """
    Take the row lock out of services: each reads the row as it is, and waits until all have.

    Returns nothing: what the race comes to shows that the lock is what keeps it straight.
    """
    meet = Barrier(parties)

    def read(instance, *, version=None):
        fresh = type(instance)._default_manager.get(pk=instance.pk)
        if type(instance).__name__ != "RPASAircraft":
            meet.wait(timeout=20)
        return fresh

    for module in modules:
        monkeypatch.setattr(module, "locked", read)


def authorise(scene, operation, now):
    return lambda: operations.authorise_operation(operation, actor=scene.chief, at=now)


def reject(scene, operation, now):
    return lambda: operations.reject_operation(operation, reason="No.", actor=scene.chief, at=now)


def release(scene, operation, now):
    notes = [{"rule": rule, "note": "Known."} for rule in ambers(operation, now)]
    return lambda: releases.release_operation(
        operation, acknowledgements=notes, actor=scene.chief, at=now
    )


def ambers(operation, now):
    judged = releases.assess_operation(operation, stage=releases.Stage.RELEASE, at=now)
    return [finding.rule for finding in judged.assessment.cautions]


def steps_to(status):
    return StatusChange.objects.filter(to_status=status).count()


def test_of_two_who_authorise_at_once_one_does(scene, in_review, now):
    results = at_once(*[authorise(scene, in_review, now)] * 2)

    assert kinds(results) == ["FlightOperation", "TransitionNotAllowed"]
    assert steps_to("authorised") == 1


def test_without_the_lock_both_authorise(scene, in_review, now, monkeypatch):
    """The guard-off control."""
    unlocked(operations, monkeypatch=monkeypatch)

    results = at_once(*[authorise(scene, in_review, now)] * 2)

    assert kinds(results) == ["FlightOperation"] * 2
    assert steps_to("authorised") == 2


def test_of_an_approval_and_a_rejection_at_once_one_holds(scene, in_review, now):
    for _ in range(3):
        results = at_once(authorise(scene, in_review, now), reject(scene, in_review, now))
        in_review.refresh_from_db()
        won = [r for r in results if not isinstance(r, Exception)]
        assert [r.status for r in won] == [in_review.status]
        if in_review.status == OperationStatus.AUTHORISED:
            break
        operations.schedule_operation(in_review, actor=scene.chief, at=now)
        operations.submit_operation(in_review, actor=scene.chief, at=now)

    assert steps_to("authorised") + steps_to("rejected") >= 1


def test_of_two_dispatchers_who_release_at_once_one_does(scene, in_review, now):
    operation = operations.authorise_operation(in_review, actor=scene.chief, at=now)

    results = at_once(*[release(scene, operation, now)] * 2)

    assert kinds(results) == ["OperationalRelease", "TransitionNotAllowed"]
    assert OperationalRelease.objects.live().count() == 1
    assert AuditEvent.objects.filter(action="operation.released").count() == 1


def test_without_the_lock_the_unique_release_is_the_last_word(scene, in_review, now, monkeypatch):
    """The guard-off control: both get past the check, and only the constraint holds the second."""
    operation = operations.authorise_operation(in_review, actor=scene.chief, at=now)
    unlocked(releases, monkeypatch=monkeypatch)

    results = at_once(*[release(scene, operation, now)] * 2)

    assert kinds(results) == ["IntegrityError", "OperationalRelease"]
    assert OperationalRelease.objects.live().count() == 1


def test_a_release_and_an_amendment_at_once_leave_no_release_of_an_old_plan(scene, now):
    for _ in range(3):
        operation = scene.authorised(now)
        operation.refresh_from_db()

        def amend(operation=operation):
            return operations.amend_operation(
                operation,
                changes={"plan": {"max_height_agl_m": 80.0}},
                actor=scene.pilot,
                at=now,
                version=None,
            )

        at_once(release(scene, operation, now), amend)

        operation.refresh_from_db()
        # Whichever came first, the amended plan is neither authorised nor released.
        assert operation.status == OperationStatus.PLANNED
        assert not OperationalRelease.objects.live().filter(operation=operation).exists()
        operations.cancel_operation(operation, reason="Next.", actor=scene.chief, at=now)


@pytest.fixture
def item(scene, now):
    operation = scene.plan(now)
    checklist = checklists.open_checklist(operation, actor=scene.pilot, at=now)
    return checklist.items.get(code="battery")


def answer(item, person, now, evidence):
    return lambda: checklists.answer_item(
        item, answer="done", evidence=evidence, actor=person, at=now
    )


def test_of_two_people_who_answer_one_item_at_once_one_is_written_down(scene, item, now):
    results = at_once(
        answer(item, scene.pilot, now, "B-07 full"), answer(item, scene.chief, now, "B-08 full")
    )

    (refusal,) = [result for result in results if isinstance(result, Exception)]
    assert isinstance(refusal, ItemAlreadyAnswered)
    (written,) = [result for result in results if not isinstance(result, Exception)]
    item.refresh_from_db()
    assert (item.answered_by, item.evidence) == (written.answered_by, written.evidence)
    assert AuditEvent.objects.filter(action="checklist.answered").count() == 1


def test_without_the_lock_the_second_answer_hides_the_first(scene, item, now, monkeypatch):
    """The guard-off control: both are told that theirs was written down."""
    meet = Barrier(2)

    def read(instance, *, version=None):
        fresh = type(instance)._default_manager.get(pk=instance.pk)
        if instance == item:
            meet.wait(timeout=20)
        return fresh

    monkeypatch.setattr(checklists, "locked", read)

    results = at_once(
        answer(item, scene.pilot, now, "B-07 full"), answer(item, scene.chief, now, "B-08 full")
    )

    assert kinds(results) == ["ChecklistItem"] * 2
    assert AuditEvent.objects.filter(action="checklist.answered").count() == 2


@pytest.fixture
def submitted(scene, now):
    line = risk_assessments.RiskLine(
        hazard="Link",
        likelihood="A",
        severity=5,
        controls="Return home",
        residual_likelihood="B",
        residual_severity=3,
    )
    assessment = risk_assessments.create_assessment(
        operator=scene.operator,
        title="Roof",
        context="Roof",
        kind="normal",
        lines=[line],
        actor=scene.pilot,
        at=now,
    )
    return risk_assessments.submit_assessment(assessment, actor=scene.pilot, at=now)


def approve(scene, assessment, now):
    controller = maintenance_controller(scene.operator)
    return lambda: risk_assessments.approve_assessment(assessment, actor=controller, at=now)


def test_of_two_approvals_at_once_one_is_given(scene, submitted, now):
    results = at_once(*[approve(scene, submitted, now)] * 2)

    assert len([result for result in results if isinstance(result, Exception)]) == 1
    assert submitted.approvals.count() == 1
    assert steps_to("approved") == 1


def test_without_the_lock_the_unique_approval_is_the_last_word(scene, submitted, now, monkeypatch):
    """The guard-off control: both get past the check, and only the constraint holds the second."""
    unlocked(risk_assessments, monkeypatch=monkeypatch)

    results = at_once(*[approve(scene, submitted, now)] * 2)

    assert kinds(results) == ["IntegrityError", "SMSRiskAssessment"]
    assert steps_to("approved") == 1
