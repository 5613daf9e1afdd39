"""What a center says of one aircraft holds for the plan, or is refused."""

from datetime import time, timedelta

import pytest

from common.exceptions import InvalidInput
from dispatcher.models import ResourceProfile
from dispatcher.queries.day_problem import day_problem
from dispatcher.services import assignments, centers
from flight_operations.models import FlightOperation
from rpas.models import F2MaintenanceSchedule
from tests.dispatcher.scene import DAY, OPENS, at_the_desk
from tests.rpas.factories import ScheduleFactory

HOUR = timedelta(hours=1)
# The day of the desk is a Sunday.
WORKING_WEEK = [0, 1, 2, 3, 4]


def profile(desk, now, crew=0, **fields):
    aircraft = desk.aircraft[crew]
    by = {"actor": desk.dispatcher, "at": now}
    return centers.set_profile(desk.center, aircraft=aircraft, **fields, **by)


def aircraft_of(desk, now):
    return day_problem(desk.open(now), now=now).problem.aircraft


def test_an_aircraft_off_on_that_weekday_is_given_nothing(desk, now):
    assert DAY.weekday() not in WORKING_WEEK
    profile(desk, now, weekdays=WORKING_WEEK)
    for km in (3, 5, 8):
        desk.wanted(now, km_east=km)

    run = desk.optimised(now)

    assert {row.aircraft for row in run.schedule.assignments.proposed()} == {desk.aircraft[1]}


def test_with_every_aircraft_off_the_work_is_left_behind_with_a_reason(desk, now):
    for crew in (0, 1):
        profile(desk, now, crew, weekdays=WORKING_WEEK)
    desk.wanted(now, km_east=3)

    run = desk.optimised(now)

    assert run.error == ""
    assert run.schedule.assignments.proposed().count() == 0
    assert run.reasons[0]["reasons"]


def test_work_pinned_to_an_aircraft_on_its_day_off_is_not_lost(desk, now):
    profile(desk, now, weekdays=WORKING_WEEK)
    operation, schedule = desk.wanted(now, km_east=5), desk.open(now)
    by = {"actor": desk.dispatcher, "at": now}
    wish = assignments.Wish(operation, desk.aircraft[0], desk.pilots[0], OPENS + 5 * HOUR)
    row = assignments.assign(schedule, wish, **by)
    assignments.pin_assignment(row, because="Promised", **by)

    run = desk.optimised(now)

    kept = run.schedule.assignments.proposed().get()
    assert (kept.aircraft, kept.start_at) == (desk.aircraft[0], OPENS + 5 * HOUR)


def test_hours_outside_the_center_s_leave_nothing_and_break_nothing(desk, now):
    profile(desk, now, starts_at=time(20), ends_at=time(22))
    desk.wanted(now, km_east=3)

    run = desk.optimised(now)

    assert run.error == ""
    assert {row.aircraft for row in run.schedule.assignments.proposed()} == {desk.aircraft[1]}


def test_an_aircraft_flies_no_longer_a_day_than_its_profile_says(desk, now):
    profile(desk, now, max_flying_min=90)
    desk.wanted(now)
    assert aircraft_of(desk, now)[0].hours_left == 1.5 * HOUR

    # Flown this morning and logged, it counts for the day, though not for maintenance again.
    flown = desk.draft(OPENS - 3 * HOUR, start=OPENS - HOUR, minutes=20, is_draft=False)
    landed = flown.planned_start_at + timedelta(minutes=50)
    times = {"actual_start_at": flown.planned_start_at, "actual_end_at": landed}
    FlightOperation.objects.filter(pk=flown.pk).update(status="landed", **times)
    schedule = desk.center.schedules.get()
    (first, _) = day_problem(schedule, now=now).problem.aircraft
    assert first.hours_left == timedelta(minutes=40)


@pytest.mark.parametrize(("left", "hours"), [(30, 0.5), (600, 1.5)])
def test_the_least_of_maintenance_and_the_day_s_flying_counts(desk, now, left, hours):
    profile(desk, now, max_flying_min=90)
    aircraft = desk.aircraft[0]
    item = ScheduleFactory(aircraft=aircraft, kind="flight_hours", interval_min=6_000)
    due = aircraft.time_in_service_min + left
    F2MaintenanceSchedule.objects.filter(pk=item.pk).update(next_due_min=due)
    desk.wanted(now)

    assert aircraft_of(desk, now)[0].hours_left == hours * HOUR


def test_the_duty_of_an_aircraft_is_refused(desk, now, client_for):
    with pytest.raises(InvalidInput):
        profile(desk, now, max_duty_min=300)
    row = profile(desk, now, max_flying_min=90)
    with pytest.raises(InvalidInput):
        centers.change_profile(
            row, changes={"max_duty_min": 300}, actor=desk.dispatcher, at=now, version=None
        )
    client = client_for(at_the_desk(desk, "add_resourceprofile"))
    asked = {"center": desk.center.code, "aircraft": desk.aircraft[0].registration}

    answer = client.post("/api/dispatcher/resources/", asked | {"max_duty_min": 300}, format="json")

    assert answer.status_code == 400
    assert "/max_duty_min" in str(answer.json())
    assert ResourceProfile.objects.get().max_duty_min is None
