"""Sums of time against oracles that go through every minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.facts.clock import (
    Quarter,
    Span,
    busy,
    days_off,
    gaps,
    longest_rest,
    most_in_window,
    quarter_of,
    quarters_between,
)

ZERO = datetime(2026, 3, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY_MIN = 1440


def at(minute: float) -> datetime:
    return ZERO + minute * MINUTE


def span(start: int, length: int, minutes: float | None = None) -> Span:
    return Span(at(start), at(start + length), length if minutes is None else minutes)


def spans(latest: int, longest: int, most: int):
    """Flights or duties that begin and end on whole minutes."""
    one = st.builds(
        span,
        st.integers(0, latest),
        st.integers(1, longest),
        st.one_of(st.none(), st.floats(1, longest, allow_nan=False)),
    )
    return st.lists(one, max_size=most)


def per_minute(flights: list[Span], first: int, last: int) -> list[float]:
    """Minutes of flying in each minute from first to last."""
    found = [0.0] * (last - first)
    for flight in flights:
        start = round((flight.start_at - ZERO) / MINUTE)
        end = round((flight.end_at - ZERO) / MINUTE)
        for minute in range(start, end):
            found[minute - first] += flight.minutes / (end - start)
    return found


@settings(max_examples=150, deadline=None)
@given(own=spans(3000, 900, 3).filter(bool), others=spans(4500, 900, 4))
def test_the_most_in_24_hours_is_what_going_minute_by_minute_finds(own, others):
    first, last = -2 * DAY_MIN, 8000
    everything = per_minute([*own, *others], first, last)
    mine = per_minute(own, first, last)
    sums, marks = [0.0], [0]
    for flown, is_mine in zip(everything, mine, strict=True):
        sums.append(sums[-1] + flown)
        marks.append(marks[-1] + (is_mine > 0))
    most = max(
        sums[start + DAY_MIN] - sums[start]
        for start in range(1, last - first - DAY_MIN)
        # A window whose edge is the edge of one's own flight is the limit of those that take in
        # less and less of it.
        if marks[start + DAY_MIN + 1] > marks[start - 1]
    )

    assert most_in_window(own, others) == pytest.approx(most, abs=1e-5)


@settings(max_examples=200, deadline=None)
@given(duties=spans(2000, 700, 6), start=st.integers(0, 1500), length=st.integers(1, 2000))
def test_rest_is_what_going_minute_by_minute_finds(duties, start, length):
    on_duty = [m > 0 for m in per_minute([d._replace(minutes=1.0) for d in duties], 0, 6000)]
    runs, run = [], 0
    for minute in range(start, start + length):
        run = 0 if on_duty[minute] else run + 1
        if run and (minute + 1 == start + length or on_duty[minute + 1]):
            runs.append(run)

    found = gaps(duties, at(start), at(start + length))

    assert found == [run * MINUTE for run in runs]
    assert longest_rest(duties, at(start), at(start + length)) == max(runs, default=0) * MINUTE
    assert days_off(duties, at(start), at(start + length)) == sum(r // DAY_MIN for r in runs)


def test_part_of_a_flight_counts_in_proportion():
    own = [span(0, 600)]
    before = [span(-1100, 600, 300.0)]

    # From the 260th minute of the flight before: half its 340 minutes, and all of one's own.
    assert most_in_window(own, before) == 600 + 170


def test_a_day_exactly_between_two_flights_keeps_them_apart():
    assert most_in_window([span(1440 + 300, 300)], [span(0, 300)]) == 300
    assert most_in_window([span(1440 + 299, 300)], [span(0, 300)]) == 300
    assert most_in_window([span(1439, 300)], [span(0, 300)]) == 301


def test_duties_that_touch_are_one():
    assert busy([span(10, 5), span(15, 5), span(30, 1)]) == [
        Span(at(10), at(20)),
        Span(at(30), at(31)),
    ]


def test_two_days_free_in_a_row_are_two_and_a_minute_less_is_one():
    assert days_off([span(0, 60), span(60 + 2880, 60)], at(0), at(3000)) == 2
    assert days_off([span(0, 60), span(60 + 2879, 60)], at(0), at(3000)) == 1
    assert days_off([], at(0), at(90 * 1440)) == 90


def test_quarters_are_by_utc():
    sydney_new_year = datetime.fromisoformat("2027-01-01T08:00:00+11:00")

    assert quarter_of(sydney_new_year) == Quarter(2026, 4)
    assert Quarter(2026, 4).later(1) == Quarter(2027, 1)
    assert Quarter(2026, 1).later(-1) == Quarter(2025, 4)
    assert Quarter(2026, 1).end_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert quarters_between(Quarter(2026, 1).start_at, Quarter(2026, 1).end_at) == [(2026, 1)]
    assert [str(q) for q in quarters_between(at(0), at(20 * 1440))] == ["Q1 2026", "Q2 2026"]
