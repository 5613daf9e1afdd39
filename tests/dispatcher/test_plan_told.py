"""What pilots and the board hear of a plan: published, proposed, following its operations."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatcher.events import (
    AssignmentChanged,
    AssignmentsProposed,
    OptimizationProgressed,
    SchedulePublished,
)
from dispatcher.models import Assignment, DispatchNotice, OptimizationRun
from flight_operations.events import OperationCancelled, PlanAmended
from flight_operations.models import FlightPlan
from tests.dispatcher.live_scene import (
    NOW,
    hear,
    make_desk,
    make_operation,
    make_schedule,
    publish,
)
from tests.flight_operations.factories import PlanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def schedule(desk):
    return make_schedule(desk, NOW.date())


@pytest.fixture
def told(monkeypatch):
    """What the board was told, as a commit would tell it."""
    said = []
    monkeypatch.setattr(
        "dispatcher.services.board.publish_on_commit",
        lambda channel, event, data: said.append((channel, event, data)),
    )
    return said


def planned(desk, hours: float, **fields):
    operation = make_operation(desk, NOW + timedelta(hours=hours), **fields)
    PlanFactory(operation=operation)
    return operation


def withdrawn(assignment: Assignment) -> Assignment:
    Assignment.objects.filter(pk=assignment.pk).update(
        status="withdrawn", withdrawn_at=timezone.now(), withdrawn_because="Planned anew."
    )
    return assignment


def notices_of(user) -> list[tuple[str, str, bool]]:
    rows = DispatchNotice.objects.filter(recipient=user).order_by("pk")
    return [(row.kind, row.text, row.needs_acknowledgement) for row in rows]


def published(schedule, new=(), gone=()) -> SchedulePublished:
    return SchedulePublished(
        schedule_id=schedule.pk, revision=1, assignment_ids=tuple(row.pk for row in new),
        withdrawn_ids=tuple(row.pk for row in gone),
    )  # fmt: skip


def test_each_pilot_hears_of_what_is_theirs_once(desk, schedule, told):
    near = publish(schedule, planned(desk, 1, number="FO-2026-0001"))
    far = publish(schedule, planned(desk, 5, number="FO-2026-0002", pilot_in_command=desk.second))

    hear(published(schedule, [near, far]))

    # 22:30 in UTC is 09:30 in Sydney.
    assert notices_of(desk.pilot) == [("assigned", "FO-2026-0001 is yours: Sun 15 Mar 10:30", True)]
    assert notices_of(desk.second) == [
        ("assigned", "FO-2026-0002 is yours: Sun 15 Mar 14:30", False)
    ]
    shown = [data for _, event, data in told if event == "assignments"]
    assert {row["id"] for row in shown[0]} == {near.pk, far.pk}


def test_who_loses_an_operation_hears_of_it_and_who_keeps_it_hears_of_the_change(
    desk, schedule, told
):
    moved, kept = planned(desk, 3, number="FO-2026-0001"), planned(desk, 5, number="FO-2026-0002")
    gone = [withdrawn(publish(schedule, each)) for each in (moved, kept)]
    new = [publish(schedule, moved, pilot=desk.second), publish(schedule, kept)]

    hear(published(schedule, new, gone))

    assert notices_of(desk.second) == [
        ("assigned", "FO-2026-0001 is yours: Sun 15 Mar 12:30", False)
    ]
    assert sorted(notices_of(desk.pilot)) == [
        ("changed", "FO-2026-0002 changed: Sun 15 Mar 14:30", False),
        ("withdrawn", "FO-2026-0001 is no longer yours: Sun 15 Mar 12:30", False),
    ]


def test_an_assignment_that_followed_its_operation_is_told_to_both_pilots(desk, schedule, told):
    operation = planned(desk, 1, number="FO-2026-0001")
    withdrawn(publish(schedule, operation))
    followed = publish(schedule, operation, pilot=desk.second)

    hear(AssignmentChanged(schedule_id=schedule.pk, assignment_id=followed.pk))

    assert [kind for kind, _, _ in notices_of(desk.second)] == ["assigned"]
    assert [kind for kind, _, _ in notices_of(desk.pilot)] == ["withdrawn"]


def test_who_gets_an_operation_back_hears_of_it_again(desk, schedule, told):
    operation = planned(desk, 5, number="FO-2026-0001")
    first = publish(schedule, operation)
    hear(published(schedule, [first]))
    hear(published(schedule, gone=[withdrawn(first)]))

    hear(published(schedule, [publish(schedule, operation)]))

    assert [kind for kind, _, _ in notices_of(desk.pilot)] == ["assigned", "withdrawn", "assigned"]


def test_a_flight_moved_from_soon_to_later_must_be_acknowledged(desk, schedule, told):
    operation = planned(desk, 1, number="FO-2026-0001")
    gone = withdrawn(publish(schedule, operation))
    later = NOW + timedelta(hours=7)
    type(operation).objects.filter(pk=operation.pk).update(
        planned_start_at=later, planned_end_at=later + timedelta(hours=1)
    )
    operation.refresh_from_db()

    hear(published(schedule, [publish(schedule, operation)], [gone]))

    assert notices_of(desk.pilot) == [("changed", "FO-2026-0001 changed: Sun 15 Mar 16:30", True)]


def test_a_flight_that_should_have_begun_and_is_put_off_must_be_acknowledged(desk, schedule, told):
    """Its pilot waits at the site, however late the new time is."""
    operation = planned(desk, -1 / 12, number="FO-2026-0001")
    gone = withdrawn(publish(schedule, operation))
    later = NOW + timedelta(hours=7)
    type(operation).objects.filter(pk=operation.pk).update(
        planned_start_at=later, planned_end_at=later + timedelta(hours=1)
    )
    operation.refresh_from_db()

    hear(published(schedule, [publish(schedule, operation)], [gone]))

    assert notices_of(desk.pilot) == [("changed", "FO-2026-0001 changed: Sun 15 Mar 16:30", True)]
    notice = DispatchNotice.objects.get(recipient=desk.pilot)
    assert notice.acknowledge_by_at == NOW + timedelta(minutes=15)


def test_what_was_taken_away_is_named_by_the_time_it_was_ones_own(desk, schedule, told):
    operation = planned(desk, 1, number="FO-2026-0001")
    gone = withdrawn(publish(schedule, operation))
    later = NOW + timedelta(hours=7)
    type(operation).objects.filter(pk=operation.pk).update(
        planned_start_at=later, planned_end_at=later + timedelta(hours=1)
    )

    hear(published(schedule, gone=[gone]))

    text = "FO-2026-0001 is no longer yours: Sun 15 Mar 10:30"
    assert notices_of(desk.pilot) == [("withdrawn", text, True)]


def test_a_cancelled_operation_of_a_plan_is_told_once(desk, schedule, told):
    operation = planned(desk, 5, number="FO-2026-0001")
    publish(schedule, operation)
    type(operation).objects.filter(pk=operation.pk).update(status="cancelled")

    hear(OperationCancelled(operation_id=operation.pk))
    row = Assignment.objects.get()
    hear(AssignmentChanged(schedule_id=schedule.pk, assignment_id=row.pk))

    assert row.status == "withdrawn"
    assert [kind for kind, _, _ in notices_of(desk.pilot)] == ["withdrawn"]


def test_an_amendment_that_moves_nothing_is_told_but_a_publication_is_not_told_twice(
    desk, schedule, told
):
    operation = planned(desk, 1, number="FO-2026-0001")
    row = publish(schedule, operation)

    hear(PlanAmended(operation_id=operation.pk))
    assert notices_of(desk.pilot) == []

    FlightPlan.objects.filter(operation=operation).update(
        revision=2, updated_at=row.updated_at + timedelta(seconds=1)
    )
    hear(PlanAmended(operation_id=operation.pk))
    assert notices_of(desk.pilot) == [("changed", "FO-2026-0001 changed: Sun 15 Mar 10:30", True)]


def test_an_operation_without_a_plan_that_gets_another_pilot_is_told_to_both(desk, told):
    operation = planned(desk, 1, number="FO-2026-0001")
    hear(PlanAmended(operation_id=operation.pk))
    type(operation).objects.filter(pk=operation.pk).update(pilot_in_command=desk.second)
    FlightPlan.objects.filter(operation=operation).update(revision=2)

    hear(PlanAmended(operation_id=operation.pk))
    FlightPlan.objects.filter(operation=operation).update(revision=3)
    hear(PlanAmended(operation_id=operation.pk))

    assert [kind for kind, _, _ in notices_of(desk.pilot)] == ["changed", "withdrawn"]
    assert [kind for kind, _, _ in notices_of(desk.second)] == ["changed", "changed"]


def test_a_flight_that_is_over_is_told_to_nobody(desk, schedule, told):
    over = publish(schedule, planned(desk, -3))

    hear(published(schedule, [over]))

    assert notices_of(desk.pilot) == []


def test_what_was_taken_away_before_the_publication_was_heard_is_told_to_nobody(
    desk, schedule, told
):
    gone = withdrawn(publish(schedule, planned(desk, 3)))
    holds = publish(schedule, planned(desk, 5, number="FO-2026-0002"))

    hear(published(schedule, [gone, holds]))

    assert notices_of(desk.pilot) == [
        ("assigned", "FO-2026-0002 is yours: Sun 15 Mar 14:30", False)
    ]


def test_a_proposal_is_shown_and_told_to_nobody(desk, schedule, told):
    row = publish(schedule, planned(desk, 3), status="proposed", published_at=None)

    hear(AssignmentsProposed(schedule_id=schedule.pk))

    assert notices_of(desk.pilot) == []
    (_, event, shown), _ = told
    assert (event, shown[0]["id"], shown[0]["status"]) == ("assignments", row.pk, "proposed")


def test_how_far_a_run_is_is_shown(desk, schedule, told):
    run = OptimizationRun.objects.create(
        schedule=schedule, number="OR-2026-0001", seed=1, time_limit_s=10, requested_at=NOW,
        progress_percent=40,
    )  # fmt: skip

    hear(OptimizationProgressed(run_id=run.pk, status="running"))

    (channel, event, data), _ = told
    assert (channel, event) == (f"board:{desk.operator.scope}", "run")
    assert (data["number"], data["progress_percent"], data["status"]) == (
        "OR-2026-0001", 40, "queued",
    )  # fmt: skip
