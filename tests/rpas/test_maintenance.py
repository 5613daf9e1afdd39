from datetime import timedelta

import pytest

from common.exceptions import InvalidInput, StaleVersion
from common.models import OutboxEvent
from rpas.exceptions import MaintenanceInactive, NoReferenceNumber, NotConditional
from rpas.models import MaintenanceRecord
from rpas.queries.maintenance import due_after, maintenance_due
from rpas.services.flights import correct_entry, record_flight
from rpas.services.maintenance import (
    add_schedule,
    complete_maintenance,
    trigger_conditional,
    update_schedule,
)
from tests.rpas.factories import TODAY, AircraftFactory, ScheduleFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(operator):
    return AircraftFactory(
        operator=operator, airworthy=False, time_in_service_min=600, cycles=40, flights=38
    )


def test_a_new_item_counts_from_today_and_the_present_totals(bare, controller, now):
    schedule = add_schedule(
        bare,
        title="50 h or 90 days",
        kind="flight_hours",
        interval_min=3000,
        interval_days=90,
        actor=controller,
        at=now,
    )

    assert (schedule.last_done_on, schedule.last_done_min) == (TODAY, 600)
    assert schedule.next_due_min == 3600
    assert schedule.next_due_on == TODAY + timedelta(days=90)
    assert schedule.next_due_cycles is None


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"kind": "calendar"}, "/interval_days"),
        ({"kind": "flight_hours", "interval_days": 3}, "/interval_min"),
        ({"kind": "cycles"}, "/interval_cycles"),
        ({"kind": "flights"}, "/interval_flights"),
        ({"kind": "conditional"}, "/condition"),
        (
            {"kind": "calendar", "interval_days": 3, "last_done_on": TODAY + timedelta(days=1)},
            "/last_done_on",
        ),
        ({"kind": "flights", "interval_flights": 3, "last_done_flights": 39}, "/last_done_flights"),
    ],
)
def test_an_item_that_cannot_be_true_is_refused(bare, controller, now, values, pointer):
    with pytest.raises(InvalidInput) as refusal:
        add_schedule(bare, title="x", actor=controller, at=now, **values)

    assert refusal.value.details["pointer"] == pointer


def test_completing_moves_the_due_points_from_what_was_done(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare, kind="flights", interval_flights=10)
    assert schedule.next_due_flights == 10

    record = complete_maintenance(
        schedule, work_done="Props replaced", parts="4 x 2195", actor=controller, at=now
    )

    schedule.refresh_from_db()
    assert (schedule.last_done_on, schedule.last_done_flights) == (TODAY, 38)
    assert schedule.next_due_flights == 48
    assert (record.completed_on, record.time_in_service_min) == (TODAY, 600)
    assert (record.name, record.arn) == (controller.full_name, controller.profile.arn)
    assert OutboxEvent.objects.filter(name="rpas.maintenance_completed").count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"completed_on": TODAY},
        {"name": "Kim"},
        {"arn": "712345"},
        {"name": "Kim", "arn": "712345"},
        {"completed_on": TODAY, "name": "Kim"},
        {"completed_on": TODAY, "arn": "712345"},
    ],
)
def test_date_name_and_arn_stand_together(bare, controller, now, given):
    schedule = ScheduleFactory(aircraft=bare)

    with pytest.raises(InvalidInput):
        complete_maintenance(schedule, work_done="x", actor=controller, at=now, **given)

    assert not MaintenanceRecord.objects.exists()


def test_work_by_somebody_else_on_another_day(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare, kind="calendar", interval_days=30)
    done_on = TODAY - timedelta(days=2)

    record = complete_maintenance(
        schedule,
        work_done="Checked",
        completed_on=done_on,
        name="Kim Fitter",
        arn="712345",
        actor=controller,
        at=now,
    )

    schedule.refresh_from_db()
    assert (record.name, record.arn, record.recorded_by) == ("Kim Fitter", "712345", controller)
    assert schedule.next_due_on == done_on + timedelta(days=30)


def fly(aircraft, minutes, days_ago, controller, now):
    return record_flight(
        aircraft,
        operation_number=f"FO-2026-{minutes:04}",
        minutes=minutes,
        on=TODAY - timedelta(days=days_ago),
        pilot=controller,
        at=now,
    )


def test_what_was_flown_since_the_work_counts_though_it_is_recorded_later(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare, kind="flight_hours", interval_min=3000)
    misread = fly(bare, 100, 5, controller, now)
    fly(bare, 60, 3, controller, now)
    fly(bare, 120, 1, controller, now)
    correct_entry(misread, minutes_delta=-10, reason="Misread", actor=controller, at=now)

    record = complete_maintenance(
        schedule,
        work_done="50 h inspection",
        completed_on=TODAY - timedelta(days=3),
        name="Kim Fitter",
        arn="712345",
        actor=controller,
        at=now,
    )

    schedule.refresh_from_db()
    assert (record.time_in_service_min, record.flights) == (690, 39)
    assert (schedule.last_done_min, schedule.next_due_min) == (690, 3690)
    assert (schedule.last_done_cycles, schedule.last_done_flights) == (41, 39)


def test_a_new_item_last_done_earlier_counts_from_the_totals_of_then(bare, controller, now):
    fly(bare, 120, 1, controller, now)

    schedule = add_schedule(
        bare,
        title="50 h inspection",
        kind="flight_hours",
        interval_min=3000,
        last_done_on=TODAY - timedelta(days=2),
        actor=controller,
        at=now,
    )

    assert (schedule.last_done_min, schedule.next_due_min) == (600, 3600)


@pytest.mark.parametrize("days", [1, -400])
def test_completion_is_neither_to_come_nor_before_the_last_one(bare, controller, now, days):
    schedule = ScheduleFactory(aircraft=bare)

    with pytest.raises(InvalidInput):
        complete_maintenance(
            schedule,
            work_done="x",
            completed_on=TODAY + timedelta(days=days),
            name="Kim",
            arn="712345",
            actor=controller,
            at=now,
        )


def test_without_an_arn_maintenance_is_not_signed(bare, now):
    with pytest.raises(NoReferenceNumber):
        complete_maintenance(
            ScheduleFactory(aircraft=bare),
            work_done="x",
            actor=UserFactory(profile=None),
            at=now,
        )


def test_a_reported_condition_is_due_until_completed(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare, kind="conditional", condition="Hard landing")
    assert due_after(bare, on=TODAY) == []

    trigger_conditional(schedule, reason="Fell from 2 m", actor=controller, at=now)
    (item,) = due_after(bare, on=TODAY)
    complete_maintenance(schedule, work_done="Inspected", actor=controller, at=now)

    assert (item.unit, item.due, item.is_exceeded) == ("condition", "Hard landing", True)
    assert due_after(bare, on=TODAY) == []
    event = OutboxEvent.objects.get(name="rpas.maintenance_due")
    assert event.payload["schedule_ids"] == [schedule.pk]


def test_work_before_the_condition_was_reported_does_not_clear_it(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare, kind="conditional", condition="Hard landing")
    trigger_conditional(schedule, reason="Fell from 2 m", actor=controller, at=now)
    signed = {"name": "Mia Wong", "arn": "1234567"}

    with pytest.raises(InvalidInput) as refused:
        complete_maintenance(
            schedule, work_done="Inspected", completed_on=TODAY - timedelta(days=1),
            actor=controller, at=now, **signed,
        )  # fmt: skip
    assert refused.value.details["pointer"] == "/completed_on"
    assert len(due_after(bare, on=TODAY)) == 1

    complete_maintenance(
        schedule, work_done="Inspected", completed_on=TODAY, actor=controller, at=now, **signed
    )
    schedule.refresh_from_db()
    assert (schedule.is_triggered, schedule.triggered_on) == (False, None)


def test_only_conditional_items_in_use_are_triggered(bare, controller, now):
    hours = ScheduleFactory(aircraft=bare)
    unused = ScheduleFactory(aircraft=bare, kind="conditional", condition="x", is_active=False)

    with pytest.raises(NotConditional):
        trigger_conditional(hours, reason="x", actor=controller, at=now)
    with pytest.raises(MaintenanceInactive):
        trigger_conditional(unused, reason="x", actor=controller, at=now)
    with pytest.raises(MaintenanceInactive):
        complete_maintenance(unused, work_done="x", actor=controller, at=now)


def test_changing_the_interval_moves_the_due_point(bare, controller, now):
    schedule = ScheduleFactory(aircraft=bare)

    changed = update_schedule(
        schedule, changes={"interval_min": 1200}, version=1, actor=controller, at=now
    )
    with pytest.raises(StaleVersion):
        update_schedule(
            schedule, changes={"interval_min": 900}, version=1, actor=controller, at=now
        )

    assert changed.next_due_min == 1200


@pytest.mark.parametrize(
    ("minutes", "remaining", "is_near", "is_exceeded"),
    [
        (2099, 301, False, False),
        (2100, 300, True, False),
        (2400, 0, True, False),
        (2401, -1, False, True),
    ],
)
def test_ten_percent_of_the_interval_or_less_is_near_and_past_it_is_exceeded(
    bare, minutes, remaining, is_near, is_exceeded
):
    ScheduleFactory(aircraft=bare, interval_min=3000)

    (item,) = due_after(bare, extra_minutes=minutes, on=TODAY)

    assert (item.remaining, item.is_near, item.is_exceeded) == (remaining, is_near, is_exceeded)


@pytest.mark.parametrize(
    ("days", "is_near", "is_exceeded"),
    [(8, False, False), (7, True, False), (0, True, False), (-1, False, True)],
)
def test_seven_days_or_less_are_near_and_the_due_day_itself_passes(
    bare, days, is_near, is_exceeded
):
    ScheduleFactory(
        aircraft=bare,
        kind="calendar",
        interval_days=60,
        last_done_on=TODAY - timedelta(days=60 - days),
    )

    (item,) = due_after(bare, on=TODAY)

    assert (item.remaining, item.is_near, item.is_exceeded) == (days, is_near, is_exceeded)


def test_a_longer_notice_than_seven_days_counts(bare):
    ScheduleFactory(
        aircraft=bare,
        kind="calendar",
        interval_days=60,
        notice_days=21,
        last_done_on=TODAY - timedelta(days=40),
    )

    (item,) = due_after(bare, on=TODAY)

    assert (item.remaining, item.is_near) == (20, True)


def test_what_is_due_in_the_fleet_comes_worst_first_in_few_statements(
    operator, other, django_assert_num_queries
):
    for index, days in enumerate([40, 5, -3]):
        ScheduleFactory(
            aircraft=AircraftFactory(
                operator=operator, airworthy=False, registration=f"RPA-800{index}"
            ),
            kind="calendar",
            interval_days=100,
            last_done_on=TODAY - timedelta(days=100 - days),
        )

    with django_assert_num_queries(2):
        due = maintenance_due(operator, on=TODAY, horizon_days=30)

    assert [entry.registration for entry in due] == ["RPA-8002", "RPA-8001"]
    assert len(maintenance_due(operator, on=TODAY, horizon_days=40)) == 3
