"""No more operations at once than a center allows: by the plan, and by hand."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from dispatcher.exceptions import TooManyAtOnce
from dispatcher.models import Assignment
from dispatcher.planning.checker import violations
from dispatcher.planning.model import Period
from dispatcher.planning.solve import plan_day
from dispatcher.queries.by_hand import by_hand
from dispatcher.queries.day_problem import day_problem
from dispatcher.services import assignments, publishing
from dispatcher.services.assignments import Wish
from flight_operations.models import FlightOperation, OperationStatus
from tests.dispatcher.planning_rows import QUICK, day, span, task
from tests.dispatcher.scene import DAY, OPENS, add_crew

NINE = OPENS + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
# Of the center's day in Perth.
MIDNIGHT = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)


@pytest.fixture
def one_at_once(desk):
    desk.center.max_concurrent_operations = 1
    desk.center.save()


def wish(desk, operation, crew=0, start=NINE):
    return Wish(operation, desk.aircraft[crew], desk.pilots[crew], start)


@pytest.mark.usefixtures("one_at_once")
def test_what_the_center_allows_is_asked_of_the_plan(desk, now):
    first, second = desk.wanted(now, deadline_at=NINE), desk.wanted(now, deadline_at=NINE)

    problem = day_problem(desk.open(now), now=now).problem

    assert (problem.max_concurrent, problem.under_way) == (1, ())
    assert {each.key for each in problem.tasks} == {first.number, second.number}


@pytest.mark.usefixtures("one_at_once")
def test_by_hand_one_more_than_allowed_is_refused_with_both_numbers(desk, now):
    first, second = desk.draft(now), desk.draft(now, km_east=2)
    schedule = desk.open(now)
    assignments.assign(schedule, wish(desk, first), actor=desk.dispatcher, at=now)
    beside = wish(desk, second, 1, NINE + 29 * MINUTE)

    checked = assignments.check_assignment(schedule, beside, at=now)
    with pytest.raises(TooManyAtOnce) as refusal:
        assignments.assign(schedule, beside, actor=desk.dispatcher, at=now)

    assert [each.code for each in checked.refusals] == ["too_many_at_once"]
    assert refusal.value.details == {"count": 2, "center": desk.center.code, "limit": 1}
    # As the first one ends, and in its own place, there is room.
    after = wish(desk, second, 1, NINE + 30 * MINUTE)
    assert assignments.assign(schedule, after, actor=desk.dispatcher, at=now)
    moved = wish(desk, first, start=NINE - 5 * MINUTE)
    assert assignments.check_assignment(schedule, moved, at=now).refusals == ()


def test_on_a_published_day_a_change_by_hand_is_held_to_it(desk, now):
    first, second = desk.draft(now), desk.draft(now, km_east=2)
    schedule = desk.open(now)
    assignments.assign(schedule, wish(desk, first), actor=desk.dispatcher, at=now)
    publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    schedule.refresh_from_db()
    schedule.center.max_concurrent_operations = 1
    schedule.center.save()

    row = by_hand(schedule, second, desk.aircraft[1], desk.pilots[1], NINE, at=now)
    row.save()
    with pytest.raises(TooManyAtOnce):
        publishing.publish_by_hand(schedule, [row], [], actor=desk.dispatcher, at=now)

    second.refresh_from_db()
    assert second.status == OperationStatus.DRAFT


@pytest.fixture
def over_midnight(desk):
    """A center open around the clock, with a flight of yesterday's plan at midnight."""
    at = MIDNIGHT - timedelta(hours=2)
    desk.center.opens_at = desk.center.closes_at = time(0)
    desk.center.max_concurrent_operations = 1
    desk.center.save()
    late = desk.draft(at, start=MIDNIGHT - 10 * MINUTE, is_draft=False)
    Assignment.objects.create(
        schedule=desk.open(at, DAY - timedelta(days=1)),
        operation=late,
        aircraft=late.aircraft,
        pilot=late.pilot_in_command,
        start_at=late.planned_start_at,
        end_at=late.planned_end_at,
        occupied_from=late.planned_start_at,
        occupied_until=late.planned_end_at,
        status="published",
        published_at=at,
    )
    return late, desk.draft(at, start=MIDNIGHT + 60 * MINUTE), desk.open(at)


def test_yesterday_s_flight_counts_until_it_is_down(desk, over_midnight):
    late, other, today = over_midnight
    before = MIDNIGHT - 60 * MINUTE

    def refused(minutes, at):
        soon = wish(desk, other, 1, MIDNIGHT + minutes * MINUTE)
        found = assignments.check_assignment(today, soon, at=at).refusals
        return [each.code for each in found]

    assert (refused(19, before), refused(20, before)) == (["too_many_at_once"], [])
    FlightOperation.objects.filter(pk=late.pk).update(
        status="active", actual_start_at=late.planned_start_at
    )
    # Overdue, it lasts until now.
    now = MIDNIGHT + 40 * MINUTE
    assert (refused(39, now), refused(40, now)) == (["too_many_at_once"], [])


def test_the_plan_of_a_day_counts_what_yesterday_has_in_the_air(over_midnight):
    late, _, today = over_midnight

    problem = day_problem(today, now=MIDNIGHT - 60 * MINUTE).problem

    assert problem.under_way == (Period(late.planned_start_at, late.planned_end_at),)
    assert late.number not in {each.key for each in problem.tasks}


def test_nothing_is_planned_beside_what_another_day_has_in_the_air():
    morning = day(task("a", "home", start="06:00", end="07:00"), max_concurrent=1)
    plan = plan_day(morning, QUICK)
    full = replace(morning, under_way=(span("05:30", "06:30"),))

    left = plan_day(full, QUICK)

    assert [each.task for each in plan.assignments] == ["a"]
    assert [each.code for each in violations(full, plan)] == ["concurrent"]
    assert left.assignments == ()
    assert [each.code for each in left.unassigned[0].reasons] == ["concurrent"]
    free = replace(morning, under_way=(span("05:00", "06:00"),))
    assert [each.task for each in plan_day(free, QUICK).assignments] == ["a"]


def test_another_pilot_for_a_flight_that_is_booked_then_adds_nothing(desk, now):
    add_crew(desk)
    first, second = desk.draft(now), desk.draft(now, km_east=2)
    schedule = desk.open(now)
    for crew, operation in enumerate((first, second)):
        assignments.assign(schedule, wish(desk, operation, crew), actor=desk.dispatcher, at=now)
    publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    schedule.refresh_from_db()
    first.refresh_from_db()
    schedule.center.max_concurrent_operations = 1
    schedule.center.save()

    with pytest.raises(TooManyAtOnce):
        later = wish(desk, first, 2, NINE + 5 * MINUTE)
        assignments.assign(schedule, later, actor=desk.dispatcher, at=now)
    row = assignments.assign(schedule, wish(desk, first, 2), actor=desk.dispatcher, at=now)

    assert (row.status, row.pilot) == ("published", desk.pilots[2])


@pytest.mark.parametrize("limit", [1, 2])
def test_a_proposal_over_the_limit_is_not_published(desk, now, limit):
    schedule = desk.open(now)
    for crew, km in enumerate((0, 2)):
        operation = desk.draft(now, km_east=km)
        assignments.assign(schedule, wish(desk, operation, crew), actor=desk.dispatcher, at=now)
    schedule.center.max_concurrent_operations = limit
    schedule.center.save()
    schedule.refresh_from_db()

    if limit == 2:
        publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
        return
    with pytest.raises(TooManyAtOnce):
        publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    assert not schedule.assignments.published().exists()
