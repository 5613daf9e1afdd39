"""What a day asks of the plan: windows, aircraft and people as the records have them."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.range import TimestamptzRange

from common.booking import Resource, book
from dispatcher.models import DispatchCenter, DispatchSchedule
from dispatcher.planning.canonical import input_hash
from dispatcher.planning.model import Period
from dispatcher.queries.day_problem import day_problem
from dispatcher.queries.day_rows import operations_of_day
from dispatcher.services import assignments, centers, demands, publishing, schedules
from flight_operations.models import FlightOperation, OperationalAuthorization
from rpas.models import F2MaintenanceSchedule, OperatorMember
from tests.dispatcher.scene import CLOSES, DAY, OPENS, add_crew, forecast
from tests.flight_operations.factories import box
from tests.rpas.factories import ScheduleFactory
from tests.users.factories import QualificationFactory

HOUR = timedelta(hours=1)
PLAIN = {"client", "hours", "daylight"}


def asked(desk, now, schedule=None, **how):
    return day_problem(schedule or desk.open(now), now=now, **how).problem


def windows(task):
    return {each.kind: each.periods for each in task.windows}


def hours(start, end):
    return Period(OPENS + start * HOUR, OPENS + end * HOUR)


def test_a_client_s_slots_end_with_the_deadline(desk, now):
    slots = [
        TimestamptzRange(OPENS + a * HOUR, OPENS + b * HOUR, "[)") for a, b in ((2, 3), (6, 9))
    ]
    operation = desk.wanted(now, windows=slots, deadline_at=OPENS + 8 * HOUR)

    (task,) = asked(desk, now).tasks

    assert task.key == operation.number
    assert windows(task)["client"] == (hours(2, 3), hours(6, 8))


def test_without_a_wish_it_may_be_moved_as_far_as_the_center_allows(desk, now):
    operation = desk.draft(now, start=OPENS + 4 * HOUR)
    centers.change_center(
        desk.center, changes={"flexibility_min": 60}, actor=desk.dispatcher, at=now, version=None
    )
    desk.center.refresh_from_db()

    (task,) = asked(desk, now).tasks

    assert task.key == operation.number
    assert windows(task)["client"] == (hours(3, 5.5),)


def test_thunder_in_the_forecast_and_the_dark_are_not_planned_into(desk, now):
    issued = OPENS - 2 * HOUR
    forecast(issued, f"FM{OPENS + 2 * HOUR:%d%H%M} 18012KT 9999 TSRA BKN030CB"
                     f" FM{OPENS + 5 * HOUR:%d%H%M} 18008KT CAVOK")  # fmt: skip
    desk.wanted(now)

    (task,) = asked(desk, now).tasks

    found = windows(task)
    assert found["weather"] == (
        Period(now, OPENS + 2 * HOUR),
        Period(OPENS + 5 * HOUR, found["weather"][1].end),
    )
    # Civil dusk in the Gibson Desert in March: after half past six by Perth's clock.
    zone = ZoneInfo("Australia/Perth")
    assert "daylight" not in found or found["daylight"][-1].end.astimezone(zone).hour >= 18
    assert not next(each for each in task.windows if each.kind == "weather").is_movable


def test_an_aircraft_that_bears_less_wind_is_left_out_of_it(desk, now):
    weak = desk.aircraft[0]
    type(weak).objects.filter(pk=weak.pk).update(max_wind_ms=6)
    issued = OPENS - 2 * HOUR
    forecast(issued, f"FM{OPENS:%d%H%M} 18016KT CAVOK")
    operation = desk.wanted(now)

    problem = asked(desk, now)

    (row,) = [each for each in problem.exclusions if each.aircraft == f"a{weak.pk}"]
    assert (row.code, row.task, row.pilot) == ("WXD-WIND", operation.number, None)


def test_an_authorization_gives_only_its_hours(desk, now):
    high = {"plan": {"max_height_agl_m": 150.0}, "volumes": [{"area": box(), "ceiling_m": 150.0}]}
    operation = desk.draft(now, start=OPENS + 4 * HOUR, **high)
    demands.set_demand(
        operation, earliest_at=OPENS, deadline_at=CLOSES, actor=desk.dispatcher, at=now
    )
    OperationalAuthorization.objects.create(
        operator=desk.operator,
        kind="height",
        number="A1",
        status="granted",
        max_height_agl_m=200,
        valid_from=OPENS + 3 * HOUR,
        valid_until=OPENS + 6 * HOUR,
        recorded_by=desk.dispatcher,
    )

    (task,) = asked(desk, now).tasks

    narrowed = {kind: found for kind, found in windows(task).items() if kind not in PLAIN}
    assert narrowed
    for found in narrowed.values():
        assert found == (hours(3, 6),)


def test_a_shift_leave_and_rest_bound_a_pilot(desk, now):
    pilot, other = desk.pilots
    centers.set_profile(
        desk.center,
        person=pilot,
        starts_at=time(8),
        ends_at=time(14),
        max_duty_min=300,
        max_flying_min=120,
        actor=desk.dispatcher,
        at=now,
    )
    book([Resource("person", other.pk)], start=OPENS + HOUR, end=OPENS + 2 * HOUR,
         source=other, purpose="leave")  # fmt: skip
    QualificationFactory(user=other, kind="first_aid")
    desk.wanted(now)

    problem = asked(desk, now)

    first, second = problem.pilots
    assert (first.shift, first.max_duty, first.max_flying) == (hours(2, 8), 5 * HOUR, 2 * HOUR)
    assert second.shift == Period(OPENS, CLOSES)
    assert {"repl", "type_training", "first_aid"} <= second.qualifications
    (leave,) = [each for each in problem.commitments if each.pilot == second.key]
    assert leave.period == hours(1, 2)


def test_somebody_off_that_weekday_or_gone_is_not_planned(desk, now):
    pilot, other = desk.pilots
    centers.set_profile(desk.center, person=pilot, weekdays=[0, 1], actor=desk.dispatcher, at=now)
    OperatorMember.objects.filter(user=other).update(valid_until=DAY)

    problem = asked(desk, now)

    assert problem.pilots == ()


def test_what_is_left_until_maintenance_and_one_battery_bind_an_aircraft(desk, now):
    short, poor = desk.aircraft
    item = ScheduleFactory(aircraft=short, kind="flight_hours", interval_min=6_000)
    F2MaintenanceSchedule.objects.filter(pk=item.pk).update(
        next_due_min=short.time_in_service_min + 75
    )
    poor.batteries.order_by("pk").first().delete()
    # Flown before the day begins, it is no longer there for the day.
    desk.draft(OPENS - 3 * HOUR, start=OPENS - HOUR, minutes=20, is_draft=False)
    desk.wanted(now)

    first, second = asked(desk, OPENS - 3 * HOUR).aircraft

    assert (first.hours_left, first.turnround) == (timedelta(minutes=55), timedelta(minutes=20))
    assert second.turnround == timedelta(minutes=60)


def test_what_flies_or_is_about_to_begin_does_not_move(desk, now):
    operation, waiting = desk.wanted(now, km_east=3), desk.wanted(now, km_east=4)
    schedule = desk.open(now)
    for each, crew, start in ((operation, 0, OPENS + HOUR), (waiting, 1, OPENS + 9 * HOUR)):
        wish = assignments.Wish(each, desk.aircraft[crew], desk.pilots[crew], start)
        assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)
    publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    schedule = DispatchSchedule.objects.get()

    soon = asked(desk, OPENS + timedelta(minutes=45), schedule)
    FlightOperation.objects.filter(pk=operation.pk).update(
        status="active", actual_start_at=OPENS + HOUR
    )
    flying = asked(desk, OPENS + timedelta(minutes=100), schedule)

    (fixed,) = [each for each in soon.commitments if each.task]
    assert (fixed.task, fixed.period) == (operation.number, hours(1, 1.5))
    (fixed,) = [each for each in flying.commitments if each.task]
    # It is late: it lasts until now at least.
    assert fixed.period == Period(OPENS + HOUR, OPENS + timedelta(minutes=100))
    assert [each.task for each in flying.preferences] == [operation.number, waiting.number]


def test_the_hour_of_planning_is_no_part_of_a_day_that_has_not_begun(desk, now):
    desk.wanted(now)
    schedule = desk.open(now)
    tonight = asked(desk, OPENS - 3 * HOUR, schedule)
    later = asked(desk, OPENS - HOUR, schedule)

    assert tonight == later
    assert later.not_before == OPENS
    assert asked(desk, OPENS + HOUR, schedule).not_before == OPENS + HOUR


def test_rows_in_another_order_make_the_same_problem(desk, now):
    for km in (3, 8, 15):
        desk.wanted(now, km_east=km)
    problem = asked(desk, now)

    turned = replace(
        problem,
        tasks=problem.tasks[::-1],
        aircraft=problem.aircraft[::-1],
        pilots=problem.pilots[::-1],
        exclusions=problem.exclusions[::-1],
    )

    assert input_hash(turned) == input_hash(problem)


def test_an_aircraft_and_a_pilot_of_one_number_are_two(desk, now):
    add_crew(desk)
    desk.wanted(now)

    problem = asked(desk, now)

    keys = [each.key for each in (*problem.aircraft, *problem.pilots)]
    assert len(set(keys)) == len(keys) == 6


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Australia/Perth", date(2026, 3, 16), 10),
        # Sydney's clocks go back at three in the morning, and forward at two.
        ("Australia/Sydney", date(2026, 4, 4), 11),
        ("Australia/Sydney", date(2026, 10, 3), 9),
    ],
)
def test_hours_over_midnight_are_as_long_as_the_night_is(desk, zone, day, length):
    center = desk.center
    center.timezone, center.opens_at, center.closes_at = zone, time(20), time(6)

    opens, closes = center.opening(day)

    assert (closes - opens.astimezone(ZoneInfo("UTC"))) == length * HOUR
    assert opens == datetime.combine(day, time(20), tzinfo=ZoneInfo(zone))


def test_what_another_center_proposes_is_not_planned_here_too(desk, now):
    operation, other = desk.draft(now, start=OPENS + 3 * HOUR), desk.draft(now, start=OPENS + HOUR)
    here = desk.open(now)
    second = DispatchCenter.objects.create(
        operator=desk.operator,
        code=f"SEC-{desk.operator.pk}",
        name="Second",
        point=desk.center.point,
        timezone="Australia/Perth",
        opens_at=time(6),
        closes_at=time(18),
    )
    there = schedules.open_schedule(second, DAY, actor=desk.dispatcher, at=now)
    assert set(operations_of_day(there)) == {operation, other}

    wish = assignments.Wish(operation, desk.aircraft[0], desk.pilots[0], OPENS + 3 * HOUR)
    assignments.assign(here, wish, actor=desk.dispatcher, at=now)

    assert set(operations_of_day(there)) == {other}
    assert set(operations_of_day(here)) == {operation, other}


def test_what_another_day_proposes_is_not_planned_on_this_one_too(desk, now):
    operation = desk.wanted(now, deadline_at=OPENS + 40 * HOUR)
    today, tomorrow = desk.open(now), desk.open(now, DAY + timedelta(days=1))
    assert set(operations_of_day(tomorrow)) == {operation}

    run = desk.optimised(now)

    assert run.schedule == today
    assert set(operations_of_day(tomorrow)) == set()
    assert desk.optimised(now, day=tomorrow.day).error == ""
