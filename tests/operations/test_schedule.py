"""Expected times and duty days as values."""

from datetime import UTC, datetime, timedelta

import pytest

from operations.duty_days import Stretch, duty_days
from operations.schedule import PlannedFlight, expected_times

DAY = datetime(2026, 3, 15, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def flight(out: float, in_: float, **more):
    return PlannedFlight(
        out_at=at(out),
        off_at=at(out) + timedelta(minutes=5),
        on_at=at(in_) - timedelta(minutes=5),
        in_at=at(in_),
        **more,
    )


def hours(expected):
    return [
        ((one.out_at - DAY).total_seconds() / 3600, (one.in_at - DAY).total_seconds() / 3600)
        for one in expected
    ]


def test_without_delay_everything_is_as_planned():
    assert hours(expected_times([flight(8, 9), flight(11, 12)])) == [(8, 9), (11, 12)]


def test_a_delay_eats_the_slack_first_and_leaves_the_turnaround():
    # Two hours on the ground, of which 45 minutes are needed: 75 are slack.
    late = flight(8, 9, held_until_at=at(10))

    assert hours(expected_times([late, flight(11, 12)])) == [(10, 11), (11.75, 12.75)]


def test_before_a_pickup_the_whole_ground_time_is_needed():
    late = flight(8, 9, held_until_at=at(8.5))

    assert hours(expected_times([late, flight(11, 12, has_pickup=True)])) == [
        (8.5, 9.5),
        (11.5, 12.5),
    ]


def test_a_turnaround_shorter_than_usual_stays_as_planned():
    late = flight(8, 9, held_until_at=at(9))

    assert hours(expected_times([late, flight(9.5, 10)])) == [(9, 10), (10.5, 11)]


def test_a_night_stop_keeps_rest_report_and_debriefing():
    # Fourteen hours planned; eleven and a half are needed.
    late = flight(8, 9, held_until_at=at(12))

    assert hours(expected_times([late, flight(23, 24, has_pickup=True)])) == [
        (12, 13),
        (24.5, 25.5),
    ]


def test_what_happened_counts_more_than_what_was_planned():
    out = flight(8, 9, actual_out_at=at(8.25))
    off = flight(8, 9, actual_out_at=at(8.25), actual_off_at=at(8.5))
    on = flight(8, 9, actual_out_at=at(8.25), actual_off_at=at(8.5), actual_on_at=at(9.5))
    down = timedelta(minutes=5)

    assert expected_times([out])[0].in_at == at(9.25)
    assert expected_times([off])[0].in_at == at(8.5) + timedelta(minutes=55)
    assert expected_times([on])[0].in_at == at(9.5) + down


def test_an_early_arrival_pulls_nothing_forward():
    early = flight(8, 9, actual_out_at=at(7.5), actual_in_at=at(8.4), actual_on_at=at(8.3))

    assert hours(expected_times([early, flight(11, 12)]))[1] == (11, 12)


def stretch(leg, start, end):
    return Stretch(leg=leg, start_at=at(start), end_at=at(end))


def test_flights_of_one_day_are_one_duty_with_report_and_debriefing():
    (day,) = duty_days([stretch(1, 8, 9), stretch(2, 11, 12)])

    assert (day.legs, day.report_at, day.end_at) == ((1, 2), at(7), at(12.5))


@pytest.mark.parametrize(
    ("second", "days"),
    # Free at 9:30; ten hours of rest end at 19:30, and an hour later is the first departure.
    [(20.5, 2), (20.49, 1)],
)
def test_a_rest_of_ten_hours_splits_the_duty(second, days):
    assert len(duty_days([stretch(1, 8, 9), stretch(2, second, second + 1)])) == days


def test_nobody_without_flights_has_a_duty():
    assert duty_days([]) == []
