"""A change counts as near by the time before it as much as by the time after it."""

from datetime import timedelta

import pytest

from dispatcher.models import DispatchNotice
from flight_operations.events import OperationCancelled, PlanAmended
from flight_operations.models import FlightOperation, FlightPlan
from tests.dispatcher.live_scene import NOW, hear, make_desk, make_operation, make_schedule, publish
from tests.dispatcher.test_plan_told import published, withdrawn
from tests.flight_operations.factories import PlanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings, time_machine):
    settings.DISPATCH_NOTICE_WITHIN_MIN = 120
    settings.DISPATCH_NOTICE_ANSWER_MIN = 15
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def planned(desk, minutes: int, **fields) -> FlightOperation:
    operation = make_operation(desk, after(minutes), **fields)
    PlanFactory(operation=operation)
    return operation


def amend(operation, minutes: int | None = None, **changes) -> None:
    """Write the plan anew, as an amendment does, and tell of it."""
    if minutes is not None:
        changes |= {"planned_start_at": after(minutes), "planned_end_at": after(minutes + 60)}
    FlightOperation.objects.filter(pk=operation.pk).update(**changes)
    plan = FlightPlan.objects.get(operation=operation)
    FlightPlan.objects.filter(pk=plan.pk).update(revision=plan.revision + 1)
    hear(PlanAmended(operation_id=operation.pk))


def told(pilot) -> list[tuple[str, bool]]:
    rows = DispatchNotice.objects.filter(recipient=pilot).order_by("pk")
    return [(row.kind, row.needs_acknowledgement) for row in rows]


def test_a_flight_moved_from_soon_to_later_must_be_acknowledged_once(desk):
    operation = planned(desk, 30)

    amend(operation, 390)
    notice = DispatchNotice.objects.get()
    assert (notice.kind, notice.acknowledge_by_at) == ("changed", after(15))

    # What the pilot knows is the later time now.
    amend(operation, title="Another survey")
    assert told(desk.pilot) == [("changed", True), ("changed", False)]


def test_a_flight_moved_from_far_to_further_need_not_be(desk):
    operation = planned(desk, 300)

    amend(operation, 390)

    assert told(desk.pilot) == [("changed", False)]


def test_the_time_of_a_draft_was_nobodys(desk):
    operation = planned(desk, 30, status="draft")
    FlightOperation.objects.filter(pk=operation.pk).update(
        status="planned", planned_start_at=after(390), planned_end_at=after(450)
    )

    amend(operation, title="Another survey")

    assert told(desk.pilot) == [("changed", False)]


def test_who_loses_a_flight_that_was_near_must_acknowledge_and_who_gets_it_far_off_not(desk):
    operation = planned(desk, 300)
    amend(operation, 90)

    amend(operation, 390, pilot_in_command=desk.second)

    assert told(desk.pilot) == [("changed", True), ("withdrawn", True)]
    assert told(desk.second) == [("changed", False)]


def test_a_flight_that_is_cancelled_when_it_should_have_begun_must_be_acknowledged(desk):
    operation = planned(desk, -5)
    FlightOperation.objects.filter(pk=operation.pk).update(status="cancelled")

    hear(OperationCancelled(operation_id=operation.pk))

    assert told(desk.pilot) == [("withdrawn", True)]
    assert DispatchNotice.objects.get().acknowledge_by_at == after(15)


def test_who_waits_in_a_long_window_must_acknowledge_that_it_is_called_off(desk):
    operation = planned(desk, -150, planned_end_at=after(150))
    FlightOperation.objects.filter(pk=operation.pk).update(status="cancelled")

    hear(OperationCancelled(operation_id=operation.pk))

    assert told(desk.pilot) == [("withdrawn", True)]


def test_an_assignment_taken_away_when_it_should_have_begun_must_be_acknowledged(desk):
    schedule = make_schedule(desk, NOW.date())
    row = withdrawn(publish(schedule, planned(desk, -5)))

    hear(published(schedule, gone=[row]))

    assert told(desk.pilot) == [("withdrawn", True)]


def test_an_answer_is_due_before_the_flight_begins_at_its_new_time(desk):
    schedule = make_schedule(desk, NOW.date())
    operation = planned(desk, -5)
    before = withdrawn(publish(schedule, operation))
    FlightOperation.objects.filter(pk=operation.pk).update(
        planned_start_at=after(8), planned_end_at=after(68)
    )
    operation.refresh_from_db()

    hear(published(schedule, [publish(schedule, operation)], [before]))

    assert DispatchNotice.objects.get(recipient=desk.pilot).acknowledge_by_at == after(8)
