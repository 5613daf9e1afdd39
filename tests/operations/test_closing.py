"""The end of a trip: hours, logs, time given back, and night."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from aircraft.models import FlightHours
from aircraft.queries.maintenance import forecast_of
from common.exceptions import InvalidInput, TransitionNotAllowed
from operations.exceptions import (
    AlreadyCorrected,
    ClosingIncomplete,
    LegsOpen,
    TripNotAmendable,
)
from operations.models import (
    CrewLogEntry,
    DutyPeriod,
    Trip,
)
from operations.queries.night import is_night, night_minutes
from operations.services import closing, movements
from operations.services.closing import Flown
from tests.operations.trip_world import (
    HOUR,
    START,
    crewed,
    crewed_ferry,
    field,
    flown,
    fly,
    hand_trip,
    leg_of,
    minutes,
    released,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ferried(tail):
    return flown(released(crewed_ferry(tail)))


def test_closing_writes_hours_logs_and_gives_time_back(crew_trip, desk, tail):
    trip = flown(crew_trip)
    end = START + 12 * HOUR

    closing.close_trip(
        trip, flown={2: Flown(landings=2, approaches=1, manipulator="sic")}, actor=desk, at=end
    )

    rows = FlightHours.objects.order_by("sequence")
    assert [(row.source, row.time_in_service_min, row.landings) for row in rows] == [
        (f"operations.tripleg:{leg_of(trip, n).pk}", 50, 2 if n == 2 else 1) for n in (1, 2, 3)
    ]
    tail.refresh_from_db()
    assert (tail.time_in_service_min, tail.cycles, tail.landings) == (60_150, 903, 914)
    logs = CrewLogEntry.objects.filter(leg__sequence=2).order_by("role")
    assert [
        (row.role, row.is_sole_manipulator, row.day_landings + row.night_landings, row.approaches)
        for row in logs
    ] == [("pic", False, 0, 0), ("sic", True, 2, 1)]
    assert {(row.flight_min, row.block_min) for row in CrewLogEntry.objects.all()} == {(50, 60)}
    assert {(duty.status, duty.end_at) for duty in DutyPeriod.objects.all()} == {
        ("ended", START + 7 * HOUR)
    }
    assert forecast_of(tail, now=START, days=10).booked_min == 0


def test_who_rode_along_by_road_is_on_duty_until_the_patient_is_handed_over(tail, desk):
    trip = hand_trip(tail)
    crewed(trip)
    crewed(trip, role="sic")
    nurse = crewed(trip, role="flight_nurse", legs=[2])
    trip = flown(released(trip))

    closing.close_trip(trip, actor=desk, at=START + 12 * HOUR)

    # In at 4:00, at the hospital 35 minutes later, half an hour to finish.
    assert nurse.duty_periods.get().end_at == START + 4 * HOUR + minutes(65)


def test_a_trip_is_closed_once(ferried, desk, tail):
    closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)

    with pytest.raises(TransitionNotAllowed):
        closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)

    tail.refresh_from_db()
    assert (FlightHours.objects.count(), CrewLogEntry.objects.count()) == (1, 1)
    assert tail.time_in_service_min == 60_050


def test_a_trip_with_open_legs_is_not_closed(crew_trip, desk):
    fly(leg_of(crew_trip, 1))

    with pytest.raises(TransitionNotAllowed):
        closing.close_trip(crew_trip, actor=desk, at=START + 12 * HOUR)

    Trip.objects.filter(pk=crew_trip.pk).update(status="completed")
    with pytest.raises(LegsOpen) as refusal:
        closing.close_trip(crew_trip, actor=desk, at=START + 12 * HOUR)
    assert refusal.value.details["legs"] == "2, 3"


def test_who_is_said_to_have_flown_must_be_on_the_leg(ferried, desk):
    with pytest.raises(ClosingIncomplete):
        closing.close_trip(
            ferried, flown={1: Flown(manipulator="sic")}, actor=desk, at=START + 12 * HOUR
        )
    assert not FlightHours.objects.exists()


def test_a_log_is_corrected_by_a_new_entry(ferried, desk):
    closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)
    entry = CrewLogEntry.objects.filter(role="pic").first()

    new = closing.correct_log(
        entry, reason="Two approaches", approaches=2, actor=desk, at=START + 13 * HOUR
    )

    entry.refresh_from_db()
    assert (entry.approaches, new.approaches, new.corrects) == (0, 2, entry)
    assert entry not in CrewLogEntry.objects.standing()
    assert CrewLogEntry.objects.standing().count() == 1
    with pytest.raises(AlreadyCorrected):
        closing.correct_log(entry, reason="Again", approaches=3, actor=desk, at=START)


def test_a_log_is_not_corrected_into_the_future(ferried, desk):
    closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)
    entry = CrewLogEntry.objects.get(role="pic")

    with pytest.raises(InvalidInput):
        closing.correct_log(
            entry, reason="Slip", on_at=START + 14 * HOUR, actor=desk, at=START + 13 * HOUR
        )

    assert CrewLogEntry.objects.count() == 1


def test_the_log_names_the_category_that_was_flown(ferried, desk, tail):
    type(tail.aircraft_type).objects.update(category="H")

    closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)

    assert CrewLogEntry.objects.get().category == "helicopter"


def test_a_closed_trip_takes_no_more_movements(ferried, desk):
    closing.close_trip(ferried, actor=desk, at=START + 12 * HOUR)

    with pytest.raises(TripNotAmendable):
        movements.correct_movement(
            leg_of(ferried, 1),
            movement="out",
            moved_at=START + minutes(1),
            reason="Late",
            actor=desk,
            at=START + 13 * HOUR,
        )


def test_night_is_from_an_hour_after_sunset_to_an_hour_before_sunrise():
    # Boise, 15 March 2026: the sun sets at 01:52Z and rises at 13:52Z the next day, to the minute.
    boise = {"lat": 43.56, "lon": -116.22}
    evening = datetime(2026, 3, 16, tzinfo=UTC)

    dark = [is_night(**boise, at=evening + minutes(count)) for count in range(24 * 60)]

    assert 50 <= dark.index(True) - 112 <= 66
    assert 760 <= dark.index(True) + dark.count(True) <= 784
    assert sum(a != b for a, b in pairwise(dark)) == 2


def test_the_night_minutes_of_a_flight_begin_where_night_begins():
    here, there = field("KBSE"), field("KPCK", 42.48, -114.48)
    noon = datetime(2026, 3, 15, 19, 0, tzinfo=UTC)
    midnight = datetime(2026, 3, 16, 7, 0, tzinfo=UTC)
    dusk = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)

    assert night_minutes(here, there, off=noon, on=noon + HOUR) == 0
    assert night_minutes(here, there, off=midnight, on=midnight + HOUR) == 60
    assert 25 <= night_minutes(here, there, off=dusk, on=dusk + HOUR) <= 50
