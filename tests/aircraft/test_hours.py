from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from aircraft.exceptions import CorrectionRefused, HoursAlreadyRecorded
from aircraft.models import Aircraft, FlightHours
from aircraft.services.hours import correct_hours, record_hours
from common.exceptions import InvalidInput
from common.models import OutboxEvent
from tests.aircraft.factories import TODAY, AircraftFactory, HoursFactory, TaskFactory

pytestmark = pytest.mark.django_db


def fly(tail, controller, now, number=1, minutes=94, **more):
    return record_hours(
        tail,
        source=f"operations.tripleg:{number}",
        flown_on=TODAY,
        minutes=minutes,
        actor=controller,
        at=now,
        **more,
    )


def test_a_closed_leg_adds_to_the_totals(tail, controller, now):
    entry = fly(tail, controller, now, landings=2)

    tail.refresh_from_db()
    assert (tail.time_in_service_min, tail.cycles, tail.landings) == (60_094, 901, 912)
    assert (entry.sequence, entry.progressive_min, entry.progressive_landings) == (1, 60_094, 912)


def test_the_same_leg_again_changes_nothing(tail, controller, now):
    first = fly(tail, controller, now)

    assert fly(tail, controller, now) == first

    tail.refresh_from_db()
    assert tail.time_in_service_min == 60_094
    assert FlightHours.objects.count() == 1


def test_a_leg_is_not_recorded_again_with_other_figures_or_for_another_tail(tail, controller, now):
    fly(tail, controller, now)

    with pytest.raises(HoursAlreadyRecorded):
        fly(tail, controller, now, minutes=95)
    with pytest.raises(HoursAlreadyRecorded):
        fly(AircraftFactory(), controller, now)

    assert FlightHours.objects.count() == 1


def test_a_flight_never_takes_time_away_and_is_not_to_come(tail, controller, now):
    with pytest.raises(InvalidInput):
        fly(tail, controller, now, minutes=-1)
    with pytest.raises(InvalidInput):
        fly(tail, controller, now - timedelta(days=3))

    assert FlightHours.objects.count() == 0


def test_a_correction_is_an_entry_of_its_own(tail, controller, now):
    entry = fly(tail, controller, now)

    correction = correct_hours(
        entry, minutes_delta=-4, reason="Page misread", actor=controller, at=now
    )

    tail.refresh_from_db()
    entry.refresh_from_db()
    assert entry.time_in_service_min == 94
    assert (correction.sequence, correction.progressive_min) == (2, 60_090)
    assert tail.time_in_service_min == 60_090


@pytest.mark.parametrize("deltas", [{}, {"minutes_delta": -95}, {"landings_delta": -2}])
def test_a_correction_changes_something_and_leaves_nothing_below_zero(
    tail, controller, now, deltas
):
    entry = fly(tail, controller, now)

    with pytest.raises(CorrectionRefused):
        correct_hours(entry, reason="Wrong", actor=controller, at=now, **deltas)


@pytest.mark.parametrize(
    ("done_on", "minutes", "due_min"),
    [
        (TODAY, -846, 66_094),
        # Done before the flight, or at a total too low: due when it was due.
        (TODAY - timedelta(days=1), -846, 66_940),
        (TODAY, 60, 66_940),
    ],
)
def test_work_signed_for_at_a_total_that_was_too_high_is_due_earlier(  # noqa: PLR0917 - one argument a column
    tail, controller, now, done_on, minutes, due_min
):
    entry = fly(tail, controller, now, minutes=940)
    task = TaskFactory(aircraft=tail, interval_min=6000, last_done_on=done_on, last_done_min=60_940)

    correct_hours(entry, minutes_delta=minutes, reason="Misread", actor=controller, at=now)

    task.refresh_from_db()
    assert task.next_due_min == due_min


def test_a_correction_is_not_itself_corrected(tail, controller, now):
    entry = fly(tail, controller, now)
    correction = correct_hours(entry, minutes_delta=1, reason="Wrong", actor=controller, at=now)

    with pytest.raises(CorrectionRefused):
        correct_hours(correction, minutes_delta=1, reason="Wrong", actor=controller, at=now)


def test_two_corrections_together_do_not_take_more_than_was_flown(tail, controller, now):
    entry = fly(tail, controller, now)
    correct_hours(entry, minutes_delta=-60, reason="Wrong", actor=controller, at=now)

    with pytest.raises(CorrectionRefused):
        correct_hours(entry, minutes_delta=-60, reason="Wrong", actor=controller, at=now)


def test_maintenance_that_comes_near_is_announced_once(tail, controller, now):
    task = TaskFactory(aircraft=tail, interval_min=1000)

    fly(tail, controller, now, 1, minutes=890)
    assert not OutboxEvent.objects.filter(name="aircraft.maintenance_due").exists()
    fly(tail, controller, now, 2, minutes=20)
    fly(tail, controller, now, 3, minutes=20)

    event = OutboxEvent.objects.get(name="aircraft.maintenance_due")
    assert event.payload == {"aircraft_id": tail.pk, "task_ids": [task.pk]}


def test_totals_follow_the_entries_and_nothing_else(tail):
    HoursFactory(aircraft=tail)

    for values in ({"time_in_service_min": 1}, {"hours_sequence": 0}, {"brought_forward_min": 5}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Aircraft.objects.filter(pk=tail.pk).update(**values)


@pytest.mark.parametrize("statement", ["UPDATE {} SET cycles = 5", "DELETE FROM {}"])
def test_entries_are_never_changed(tail, statement):
    HoursFactory(aircraft=tail)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("aircraft_flighthours"))


@pytest.mark.parametrize(
    "values",
    [
        {"time_in_service_min": -1},
        {"source": ""},
        {"source": "no colon"},
        {"kind": "correction", "source": ""},
        {"time_in_service_min": 200_000},
        {"kind": "other"},
    ],
)
def test_the_database_refuses_an_entry_that_cannot_be(tail, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        HoursFactory(aircraft=tail, **values)
