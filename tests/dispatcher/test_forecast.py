"""Limits that the plan runs into: the flight that will pass one shows it today."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatcher.forecasting import PlannedOperation, Totals, maintenance_crossings, worst
from dispatcher.queries.forecast import forecast_of
from rpas.airworthiness import MaintenanceFacts
from tests.dispatcher.live_scene import NOW, ZONE, judged, make_desk, make_drone, make_operation
from tests.operations.factories import TripFactory
from tests.rpas.factories import ScheduleFactory

pytestmark = pytest.mark.django_db
UNTIL = NOW + timedelta(days=14)


def planned(number: int, hours: float, minutes: int = 60, aircraft: int = 1) -> PlannedOperation:
    start = NOW + timedelta(hours=hours)
    return PlannedOperation(
        id=number, number=f"FO-2026-{number:04}", aircraft_id=aircraft, start_at=start,
        end_at=start + timedelta(minutes=minutes),
    )  # fmt: skip


def aircraft(flown: int, **item) -> dict[int, Totals]:
    inspection = MaintenanceFacts(
        schedule_id=1, title="50 h inspection", kind="flight_hours", **item
    )
    return {
        1: Totals(
            id=1, registration="RPA-1", time_in_service_min=flown, cycles=100, flights=100,
            maintenance=(inspection,),
        )
    }  # fmt: skip


def colors(found) -> list[tuple[str, str, int | None, bool]]:
    return [(each.number[-1], each.color, each.remaining, each.is_by_earlier) for each in found]


def test_the_flight_that_passes_the_limit_because_of_those_before_it_is_red_today():
    # Due at 3000 min, 3000 apart: the last tenth, 300 min, is near. Flown: 2600.
    fleet = aircraft(2600, next_due_min=3000, interval_min=3000)
    line = [planned(n, hours=3 * n, minutes=90) for n in range(1, 7)]

    found = maintenance_crossings(line[::-1], fleet, zone=ZoneInfo(ZONE))

    assert colors(found) == [
        ("2", "amber", 220, True),
        ("3", "amber", 130, True),
        ("4", "amber", 40, True),
        ("5", "red", -50, True),
        ("6", "red", -140, True),
    ]
    assert found[3].text == "RPA-1: 50 h inspection (3000 minutes), 50 minutes over."
    assert worst(found)["operation", 5].color == "red"


def test_what_passes_the_limit_by_itself_is_not_put_down_to_the_others():
    fleet = aircraft(2990, next_due_min=3000, interval_min=3000)

    found = maintenance_crossings([planned(1, 1)], fleet, zone=ZoneInfo(ZONE))

    assert colors(found) == [("1", "red", -50, False)]


def test_a_limit_met_exactly_is_kept():
    fleet = aircraft(2880, next_due_min=3000, interval_min=3000)

    found = maintenance_crossings([planned(1, 1), planned(2, 3)], fleet, zone=ZoneInfo(ZONE))

    assert colors(found) == [("1", "amber", 60, False), ("2", "amber", 0, False)]


def test_flights_are_counted_by_number_and_days_by_the_calendar():
    cycles = aircraft(0, next_due_flights=102, interval_flights=50)
    days = aircraft(0, next_due_on=(NOW + timedelta(days=10)).date(), interval_days=60)

    by_flights = maintenance_crossings(
        [planned(n, hours=n) for n in (1, 2, 3)], cycles, zone=ZoneInfo(ZONE)
    )
    by_days = maintenance_crossings(
        [planned(n, hours=24 * n) for n in (1, 5, 11)], days, zone=ZoneInfo(ZONE)
    )

    assert [(c, r) for _, c, r, _ in colors(by_flights)] == [
        ("amber", 1), ("amber", 0), ("red", -1),
    ]  # fmt: skip
    # 09:30 in Sydney on the 15th; due on the 24th, the last day on which it may fly.
    assert colors(by_days) == [("5", "amber", 4, False), ("1", "red", -2, False)]


def test_other_aircraft_do_not_count():
    fleet = aircraft(2600, next_due_min=3000, interval_min=3000)
    others = [planned(n, hours=n, aircraft=2) for n in range(1, 9)]

    assert maintenance_crossings([*others, planned(9, 9)], fleet, zone=ZoneInfo(ZONE)) == []


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def test_the_plan_on_file_is_held_against_the_log_in_one_statement(desk):
    drone = make_drone(desk.operator, time_in_service_min=2900, brought_forward_min=2900)
    ScheduleFactory(aircraft=drone)
    first = make_operation(desk, NOW + timedelta(hours=1), 45, aircraft=drone)
    second = make_operation(desk, NOW + timedelta(days=2), 90, aircraft=drone)
    for n, status in enumerate(("draft", "cancelled")):
        start = NOW + timedelta(hours=4 + n)
        make_operation(desk, start, 240, aircraft=drone, status=status)
    make_operation(desk, UNTIL, 600, aircraft=drone)

    with CaptureQueriesContext(connection) as asked:
        found = forecast_of(desk.center, now=NOW, until=UNTIL, with_trips=True)

    assert len(asked) == 1
    assert [(each.id, each.color, each.remaining, each.is_by_earlier) for each in found] == [
        (first.pk, "amber", 55, False),
        (second.pk, "red", -35, True),
    ]


def test_duty_and_flying_limits_are_as_the_verdicts_say(desk):
    operation = make_operation(desk, NOW + timedelta(hours=1))
    judged(
        operation,
        ("AU-RPAS-FATIGUE-DUTY", "red", "Duty of Pat 13:00 h with this flight; the limit is 12."),
        ("AU-RPAS-FATIGUE-REST", "green", "Rests."),
        ("WXD-WIND", "red", "Gusts."),
        is_stale=True,
    )

    (found,) = forecast_of(desk.center, now=NOW, until=UNTIL, with_trips=False)

    assert (found.type, found.id, found.color, found.rule, found.is_stale) == (
        "operation", operation.pk, "red", "AU-RPAS-FATIGUE-DUTY", True,
    )  # fmt: skip
    assert found.text == "Duty of Pat 13:00 h with this flight; the limit is 12."


def test_crewed_trips_are_shown_to_whom_trips_are_shown(desk):
    trip = TripFactory(legs=1)
    type(trip).objects.filter(pk=trip.pk).update(
        start_at=NOW + timedelta(hours=1), end_at=NOW + timedelta(hours=9), status="confirmed"
    )
    judged(trip, ("CREWED-MAINT", "amber", "100 h inspection is near."))

    (found,) = forecast_of(desk.center, now=NOW, until=UNTIL, with_trips=True)

    assert (found.type, found.id, found.number) == ("trip", trip.pk, trip.number)
    assert forecast_of(desk.center, now=NOW, until=UNTIL, with_trips=False) == []


def test_another_operators_work_is_not_forecast(desk):
    other = make_desk()
    drone = make_drone(other.operator, time_in_service_min=2990, brought_forward_min=2990)
    ScheduleFactory(aircraft=drone)
    make_operation(other, NOW + timedelta(hours=1), aircraft=drone)

    assert forecast_of(desk.center, now=NOW, until=UNTIL, with_trips=True) == []
    assert len(forecast_of(other.center, now=NOW, until=UNTIL, with_trips=True)) == 1
