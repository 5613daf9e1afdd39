"""What happened between a proposal and its publication, and what somebody took on by hand."""

from datetime import timedelta

import pytest

from common.exceptions import StaleVersion
from common.models import OutboxEvent
from dispatcher.events import AssignmentChanged, SchedulePublished
from dispatcher.exceptions import AssignmentNotPermitted, NothingProposed
from dispatcher.models import Assignment, AssignmentStatus, DispatchNotice, ScheduleStatus
from dispatcher.services import assignments, publishing
from dispatcher.services.assignments import Wish
from flight_operations.events import PlanAmended
from flight_operations.models import FlightOperation, OperationStatus
from flight_operations.services.operations import (
    amend_operation,
    cancel_operation,
    reject_operation,
    submit_operation,
)
from flight_operations.services.replanning import replan_operations
from rpas.services.defects import raise_defect
from tests.dispatcher.live_scene import hear
from tests.dispatcher.scene import OPENS
from tests.dispatcher.test_publishing import held, publish
from users.models import Qualification, QualificationKind

NINE = OPENS + timedelta(hours=3)


def by_hand(desk, schedule, operation, now, *, crew=0, because=""):
    return assignments.assign(
        schedule,
        Wish(operation, desk.aircraft[crew], desk.pilots[crew], NINE),
        accepted_because=because,
        actor=desk.dispatcher,
        at=now,
    )


def crack(desk, now, crew=0):
    raise_defect(
        desk.aircraft[crew], severity="major", description="Crack", actor=desk.dispatcher, at=now
    )


def refused(refusal):
    return sorted({each["rule"] for each in refusal.value.details["findings"]})


def test_what_was_called_off_since_is_left_out_and_the_rest_goes_out(desk, now):
    gone, stays = desk.wanted(now, km_east=5), desk.wanted(now, km_east=9)
    run = desk.optimised(now)
    cancel_operation(gone, reason="Client", actor=desk.dispatcher, at=now)

    outcome = publish(run.schedule, desk, now, accepts_changes=True)

    off = Assignment.objects.get(operation=gone)
    stays.refresh_from_db()
    assert [row.operation_id for row in outcome.assignments] == [stays.pk]
    assert (off.status, off.withdrawn_at) == (AssignmentStatus.WITHDRAWN, now)
    assert held(off) == []
    assert (outcome.schedule.status, stays.status) == (
        ScheduleStatus.PUBLISHED,
        OperationStatus.PLANNED,
    )
    hear(SchedulePublished(**OutboxEvent.objects.get(name=SchedulePublished.name).payload))
    assert {notice.operation_id for notice in DispatchNotice.objects.all()} == {stays.pk}


def test_a_plan_of_which_all_was_called_off_proposes_nothing(desk, now):
    gone = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    cancel_operation(gone, reason="Client", actor=desk.dispatcher, at=now)

    with pytest.raises(NothingProposed):
        publish(run.schedule, desk, now, accepts_changes=True)


def test_work_that_stays_as_it_is_goes_out_only_while_it_is_not_red(desk, now):
    operation = desk.draft(now, start=NINE, is_draft=False)
    schedule = desk.open(now)
    row = by_hand(desk, schedule, operation, now)
    crack(desk, now)

    with pytest.raises(AssignmentNotPermitted) as refusal:
        publish(schedule, desk, now)

    row.refresh_from_db()
    assert refused(refusal) == ["F2-MAJOR"]
    assert row.status == AssignmentStatus.PROPOSED


def test_work_that_stays_as_it_is_goes_out_and_is_not_amended(desk, now):
    operation = desk.draft(now, start=NINE, is_draft=False)
    schedule = desk.open(now)
    row = by_hand(desk, schedule, operation, now)
    operation.refresh_from_db()

    publish(schedule, desk, now)

    row.refresh_from_db()
    same = FlightOperation.objects.get(pk=operation.pk)
    assert (row.status, same.version) == (AssignmentStatus.PUBLISHED, operation.version)
    assert not OutboxEvent.objects.filter(name=PlanAmended.name).exists()


def test_work_that_changed_since_it_was_read_is_not_kept(desk, now):
    operation = desk.draft(now, start=NINE, is_draft=False)
    read = FlightOperation.objects.get(pk=operation.pk)
    plan = {"actor": desk.dispatcher, "at": now, "reason": "Plan of the day"}
    assert set(replan_operations([], kept=[read], **plan)) == {operation.pk}
    amend_operation(
        operation,
        changes={"pilot_in_command": desk.pilots[1]},
        actor=desk.dispatcher,
        at=now,
        version=None,
    )

    with pytest.raises(StaleVersion):
        replan_operations([], kept=[read], **plan)


def test_work_amended_while_it_is_published_is_not_put_in_force(desk, now, monkeypatch):
    operation = desk.draft(now, start=NINE, is_draft=False)
    schedule = desk.open(now)
    by_hand(desk, schedule, operation, now)

    def amended_meanwhile(rows, **how):
        amend_operation(
            operation,
            changes={"pilot_in_command": desk.pilots[1]},
            actor=desk.dispatcher,
            at=now,
            version=None,
        )
        return []

    monkeypatch.setattr(publishing, "bookings_in_the_way", amended_meanwhile)

    with pytest.raises(StaleVersion):
        publish(schedule, desk, now)


def test_a_rejected_operation_gives_back_the_way_there_and_its_pilot_hears_of_it(desk, now):
    operation = desk.wanted(now, km_east=20)
    publish(desk.optimised(now).schedule, desk, now)
    row = Assignment.objects.published().get()
    operation.refresh_from_db()
    submit_operation(operation, actor=desk.dispatcher, at=now)
    said = set(OutboxEvent.objects.values_list("pk", flat=True))

    reject_operation(operation, reason="Too near the road.", actor=desk.dispatcher, at=now)

    (amended,) = OutboxEvent.objects.exclude(pk__in=said).filter(name=PlanAmended.name)
    hear(PlanAmended(**amended.payload))
    hear(AssignmentChanged(schedule_id=row.schedule_id, assignment_id=row.pk))
    row.refresh_from_db()
    assert row.status == AssignmentStatus.WITHDRAWN
    assert held(row) == held(operation) == []
    assert [notice.kind for notice in DispatchNotice.objects.all()] == ["withdrawn"]


def test_what_was_taken_on_by_hand_goes_out(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    crack(desk, now)
    row = by_hand(desk, schedule, operation, now, because="Repaired by nine.")

    publish(schedule, desk, now)

    row.refresh_from_db()
    assert row.why["accepted_rules"] == ["F2-MAJOR"]
    assert row.status == AssignmentStatus.PUBLISHED


def test_who_took_one_finding_on_did_not_take_on_a_later_one(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    crack(desk, now)
    by_hand(desk, schedule, operation, now, because="Repaired by nine.")
    papers = Qualification.objects.filter(user=desk.pilots[0], kind=QualificationKind.REPL)
    papers.delete()

    with pytest.raises(AssignmentNotPermitted) as refusal:
        publish(schedule, desk, now)

    assert refused(refusal) == ["CASR-101.252-REPL"]


def test_a_reason_given_where_nothing_was_red_takes_on_nothing(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    by_hand(desk, schedule, operation, now, because="To be sure.")
    crack(desk, now)

    with pytest.raises(AssignmentNotPermitted) as refusal:
        publish(schedule, desk, now)

    assert refused(refusal) == ["F2-MAJOR"]


def test_what_was_taken_on_of_pinned_work_is_so_in_the_next_plan(desk, now):
    operation = desk.wanted(now)
    schedule = desk.open(now)
    crack(desk, now)
    row = by_hand(desk, schedule, operation, now, because="Repaired by nine.")
    assignments.pin_assignment(row, because="Promised", actor=desk.dispatcher, at=now)

    run = desk.optimised(now)
    outcome = publish(run.schedule, desk, now, accepts_changes=True)

    (kept,) = outcome.assignments
    assert (kept.aircraft, kept.start_at) == (desk.aircraft[0], NINE)
    assert (kept.why["accepted_because"], kept.why["accepted_rules"]) == (
        "Repaired by nine.",
        ["F2-MAJOR"],
    )
