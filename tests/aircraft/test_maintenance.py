from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from aircraft.exceptions import PeriodOver, TaskInactive, VisitNotBegun, VisitOver
from aircraft.models import Aircraft, MaintenanceLog, MaintenanceTask, VisitStatus
from aircraft.planned_flying import Workload, sources
from aircraft.queries.availability import availability
from aircraft.queries.maintenance import forecast_of, maintenance_due
from aircraft.services.hours import correct_hours
from aircraft.services.maintenance import add_task, complete_task, record_work, update_task
from aircraft.services.visits import (
    book_maintenance,
    cancel_visit,
    complete_visit,
    rebook_maintenance,
)
from common.exceptions import DoubleBooked, InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import ResourceBooking
from tests.aircraft.factories import (
    TODAY,
    AircraftFactory,
    HoursFactory,
    TaskFactory,
    VisitFactory,
    book_flight,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare():
    return AircraftFactory(airworthy=False)


def done(task, controller, now, **more):
    return complete_task(
        task, work_done="Done", license_number="3541208", actor=controller, at=now, **more
    )


def test_a_new_task_counts_from_today_and_the_present_totals(bare, controller, now):
    task = add_task(
        bare,
        title="Phase 1",
        interval_min=12_000,
        interval_months=24,
        interval_cycles=500,
        actor=controller,
        at=now,
    )

    assert (task.last_done_on, task.last_done_min, task.last_done_cycles) == (TODAY, 60_000, 900)
    assert (task.next_due_on, task.next_due_min) == (date(2028, 3, 31), 72_000)
    assert task.next_due_cycles == 1400


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({}, "/interval_days"),
        ({"interval_days": 3, "interval_months": 1}, "/interval_days"),
        ({"interval_days": 3, "last_done_on": TODAY + timedelta(days=1)}, "/last_done_on"),
        ({"interval_min": 3, "last_done_min": 60_001}, "/last_done_min"),
        ({"kind": "annual", "interval_months": 13}, "/interval_months"),
        ({"kind": "elt", "interval_days": 366}, "/interval_days"),
        ({"kind": "hundred_hour", "interval_min": 6001}, "/interval_min"),
        ({"kind": "hundred_hour", "interval_min": 60, "tolerance_min": 601}, "/tolerance_min"),
        ({"kind": "vor", "interval_months": 1}, "/interval_months"),
    ],
)
def test_a_task_that_cannot_be_is_refused(bare, controller, now, values, pointer):
    with pytest.raises(InvalidInput) as refusal:
        add_task(bare, title="Phase", actor=controller, at=now, **values)

    assert refusal.value.details["pointer"] == pointer


def test_a_task_done_earlier_counts_from_what_was_flown_by_then(bare, controller, now):
    HoursFactory(aircraft=bare, flown_on=date(2026, 3, 1), time_in_service_min=100)
    HoursFactory(aircraft=bare, flown_on=date(2026, 3, 12), time_in_service_min=300)

    task = add_task(
        bare,
        title="Phase 1",
        interval_min=6000,
        interval_cycles=50,
        last_done_on=date(2026, 3, 1),
        actor=controller,
        at=now,
    )

    assert (task.last_done_min, task.next_due_min) == (60_100, 66_100)
    assert (task.last_done_cycles, task.next_due_cycles) == (901, 951)


def test_work_signed_for_later_counts_from_what_was_flown_when_it_was_done(bare, controller, now):
    task = TaskFactory(aircraft=bare, interval_min=600, last_done_on=date(2026, 3, 1))
    HoursFactory(aircraft=bare, flown_on=date(2026, 3, 10), time_in_service_min=100)
    HoursFactory(aircraft=bare, flown_on=date(2026, 3, 12), time_in_service_min=300)

    log = done(task, controller, now, completed_on=date(2026, 3, 10))

    task.refresh_from_db()
    assert (task.last_done_min, task.next_due_min) == (60_100, 60_700)
    assert (log.time_in_service_min, log.cycles, log.landings) == (60_100, 901, 911)


def test_a_task_may_be_changed_after_hours_were_corrected_below_its_last_time(
    bare, controller, now
):
    entry = HoursFactory(aircraft=bare)
    bare.refresh_from_db()
    task = TaskFactory(aircraft=bare, interval_min=600)
    correct_hours(entry, minutes_delta=-10, reason="Misread", actor=controller, at=now)

    changed = update_task(
        task, changes={"interval_min": 300}, version=None, actor=controller, at=now
    )

    assert changed.next_due_min == 60_350


def test_work_done_restarts_every_interval_and_is_signed(bare, controller, now):
    task = TaskFactory(aircraft=bare, interval_days=30, interval_min=600)
    HoursFactory(aircraft=bare, time_in_service_min=100)

    log = done(task, controller, now + timedelta(days=10), name="R. Okafor")

    task.refresh_from_db()
    assert (task.last_done_on, task.next_due_on) == (date(2026, 3, 24), date(2026, 4, 23))
    assert (task.last_done_min, task.next_due_min) == (60_100, 60_700)
    assert (log.released_name, log.released_license) == ("R. Okafor", "3541208")
    assert log.time_in_service_min == 60_100


def test_an_overrun_within_tolerance_is_taken_off_the_next_interval(bare, controller, now):
    task = TaskFactory(aircraft=bare, interval_min=6000, tolerance_min=600)
    HoursFactory(aircraft=bare, time_in_service_min=6300)

    done(task, controller, now)

    task.refresh_from_db()
    assert (task.last_done_min, task.next_due_min) == (66_000, 72_000)


def test_beyond_the_tolerance_the_interval_starts_when_the_work_was_done(bare, controller, now):
    task = TaskFactory(aircraft=bare, interval_min=6000, tolerance_min=600)
    HoursFactory(aircraft=bare, time_in_service_min=6601)

    done(task, controller, now)

    task.refresh_from_db()
    assert task.next_due_min == 72_601


def test_work_on_a_task_out_of_use_or_still_to_come_is_refused(bare, controller, now):
    idle = TaskFactory(aircraft=bare, is_active=False)
    task = TaskFactory(aircraft=bare)

    with pytest.raises(TaskInactive):
        done(idle, controller, now)
    with pytest.raises(InvalidInput):
        done(task, controller, now, completed_on=TODAY + timedelta(days=1))
    with pytest.raises(InvalidInput):
        done(task, controller, now, completed_on=TODAY - timedelta(days=1))

    assert MaintenanceLog.objects.count() == 0


def test_other_work_goes_into_the_log_and_names_a_visit_of_the_same_aircraft(bare, controller, now):
    foreign = VisitFactory()
    given = {"work_done": "Tire", "license_number": "1234", "actor": controller, "at": now}

    with pytest.raises(InvalidInput):
        record_work(bare, visit=foreign, **given)
    log = record_work(bare, visit=VisitFactory(aircraft=bare), **given)

    assert MaintenanceLog.objects.get() == log


def test_a_changed_interval_moves_the_due_point(bare, controller, now):
    task = TaskFactory(aircraft=bare, interval_days=30)
    given = {"actor": controller, "at": now}

    changed = update_task(task, changes={"interval_days": 60}, version=1, **given)

    assert changed.next_due_on == TODAY + timedelta(days=60)
    with pytest.raises(StaleVersion):
        update_task(task, changes={"interval_days": 90}, version=1, **given)
    with pytest.raises(InvalidInput):
        update_task(task, changes={"interval_days": None}, version=None, **given)


def test_the_database_refuses_a_task_whose_due_point_is_missing(bare):
    task = TaskFactory(aircraft=bare, interval_days=30)

    for values in ({"next_due_on": None}, {"interval_days": None}, {"interval_min": 5}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MaintenanceTask.objects.filter(pk=task.pk).update(**values)


def test_maintenance_is_booked_in_the_one_ledger(bare, controller, now):
    book_flight(bare, now + timedelta(days=1), now + timedelta(days=2))
    given = {"purpose": "Phase 1", "actor": controller, "at": now}

    with pytest.raises(DoubleBooked):
        book_maintenance(
            bare, start_at=now + timedelta(hours=40), end_at=now + timedelta(days=3), **given
        )
    visit = book_maintenance(
        bare, start_at=now + timedelta(days=2), end_at=now + timedelta(days=3), **given
    )

    assert visit.number == "MV-2026-0001"
    assert ResourceBooking.objects.filter(is_live=True).count() == 2


def test_a_visit_is_moved_and_gives_its_old_time_back(bare, controller, now):
    visit = VisitFactory(aircraft=bare)
    start, end = now + timedelta(days=5), now + timedelta(days=6)

    moved = rebook_maintenance(visit, start_at=start, end_at=end, actor=controller, at=now)

    assert moved.start_at == start
    found = availability(bare, start=now, end=now + timedelta(days=10))
    assert [(row.start_at, row.end_at) for row in found.busy] == [(start, end)]
    assert found.free == [(now, start), (end, now + timedelta(days=10))]
    assert not found.is_free


def test_a_visit_that_ends_early_frees_the_rest(bare, controller, now):
    given = {"actor": controller, "at": now}
    visit = book_maintenance(
        bare,
        start_at=now + timedelta(hours=1),
        end_at=now + timedelta(days=3),
        purpose="P",
        **given,
    )
    with pytest.raises(VisitNotBegun):
        complete_visit(visit, **given)

    ended = complete_visit(visit, actor=controller, at=now + timedelta(days=1))

    assert ended.status == VisitStatus.COMPLETED
    assert availability(bare, start=now + timedelta(days=1), end=now + timedelta(days=4)).is_free
    with pytest.raises(VisitOver):
        rebook_maintenance(
            visit, start_at=now, end_at=now + timedelta(days=9), actor=controller, at=now
        )


def test_a_cancelled_visit_holds_nothing(bare, controller, now):
    visit = VisitFactory(aircraft=bare)

    cancel_visit(visit, reason="Parts late", actor=controller, at=now)

    assert not ResourceBooking.objects.filter(is_live=True).exists()
    with pytest.raises(TransitionNotAllowed):
        cancel_visit(visit, reason="Again", actor=controller, at=now)


def test_a_visit_is_not_booked_backwards_or_in_the_past(bare, controller, now):
    given = {"purpose": "P", "actor": controller, "at": now}

    with pytest.raises(InvalidInput):
        book_maintenance(bare, start_at=now + timedelta(days=2), end_at=now, **given)
    with pytest.raises(PeriodOver):
        book_maintenance(bare, start_at=now - timedelta(days=2), end_at=now, **given)


def test_the_forecast_names_the_booking_that_passes_a_limit(bare, now):
    task = TaskFactory(aircraft=bare, interval_days=30, interval_min=200)
    first = book_flight(bare, now + timedelta(days=2), now + timedelta(days=2, hours=3))
    second = book_flight(bare, now + timedelta(days=4), now + timedelta(days=4, hours=1))
    VisitFactory(aircraft=bare, start_at=now + timedelta(days=6), end_at=now + timedelta(days=7))

    found = forecast_of(bare, now=now, days=90)

    (entry,) = found.tasks
    assert entry.task_id == task.pk
    assert (found.booked_min, found.booked_cycles) == (240, 2)
    assert (entry.first.unit, entry.first.by) == ("minutes", f"users.user:{second.pk}")
    assert entry.first.at == now + timedelta(days=4)
    assert [limit.unit for limit in entry.limits] == ["minutes", "days"]
    assert entry.first.remaining_after == -40
    assert first.pk != second.pk


def test_an_app_that_knows_its_flight_time_is_asked_for_it(bare, now, monkeypatch):
    TaskFactory(aircraft=bare, interval_min=200)
    booked = book_flight(bare, now + timedelta(days=2), now + timedelta(days=5))
    asked = []

    def trips(ids):
        asked.append(list(ids))
        return {pk: Workload(minutes=70, cycles=3) for pk in ids}

    monkeypatch.setitem(sources, "users.user", trips)

    found = forecast_of(bare, now=now, days=90)

    assert asked == [[booked.pk]]
    assert (found.booked_min, found.booked_cycles) == (70, 3)
    assert found.tasks[0].first is None


def test_a_limit_passed_already_is_reached_now(bare, now):
    TaskFactory(aircraft=bare, interval_min=50)
    HoursFactory(aircraft=bare)
    bare.refresh_from_db()

    (entry,) = forecast_of(bare, now=now, days=30).tasks

    assert (entry.first.at, entry.first.by, entry.first.remaining) == (now, "passed", -10)


def test_a_day_passed_already_is_reached_now(bare, now):
    TaskFactory(aircraft=bare, interval_days=10, last_done_on=date(2026, 3, 1))

    (entry,) = forecast_of(bare, now=now, days=30).tasks

    assert (entry.first.at, entry.first.by, entry.first.remaining) == (now, "passed", -3)


def test_the_due_list_is_worst_first_and_leaves_out_what_is_far(bare, now):
    other = AircraftFactory(airworthy=False)
    TaskFactory(aircraft=bare, title="Far", interval_days=400)
    TaskFactory(aircraft=bare, title="Near", interval_min=1000, last_done_min=59_050)
    TaskFactory(aircraft=other, title="Over", interval_days=10, last_done_on=date(2026, 3, 1))
    TaskFactory(aircraft=other, title="Soon", interval_days=100, last_done_on=date(2026, 1, 1))

    found = maintenance_due(Aircraft.objects.all(), now=now, within_days=30)

    assert [(row.item.title, row.item.remaining) for row in found] == [
        ("Over", -3),
        ("Near", 50),
        ("Soon", 28),
    ]
