from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.hours import Openness, attendance, fault_in_week, open_periods

MINUTE = timedelta(minutes=1)
SYDNEY = "Australia/Sydney"
# The local days around which clocks change, forwards and backwards; Lord Howe by half an hour.
CHANGES = [
    (SYDNEY, date(2026, 4, 5)),
    (SYDNEY, date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2026, 4, 5)),
]
times = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
weeks = st.dictionaries(
    st.sampled_from("0123456"),
    st.lists(st.tuples(times, times | st.just("24:00")).map(list), min_size=1, max_size=2),
    min_size=1,
)


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def openness(hours, zone, moment, **more):
    more.setdefault("notice_min", None)
    return attendance("weekly", hours, zone, at=moment, **more)


def first_shown(clock, wall):
    """The first minute at which a clock shows a time or has passed it, by looking at each."""
    return next(instant for instant, shown in clock if shown >= wall)


def open_minutes(hours, clock, days):
    """The minutes of a clock within the hours of some days, by the definition."""
    found = set()
    for day in days:
        for opening, closing in hours.get(str(day.weekday()), []):
            opens = _wall(day, opening)
            closes = _wall(day + timedelta(days=1) if closing <= opening else day, closing)
            begin, end = first_shown(clock, opens), first_shown(clock, closes)
            found |= {instant for instant, _ in clock if begin <= instant < end}
    return found


def _wall(day, text):
    hour, minute = map(int, text.split(":"))
    return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)


@settings(max_examples=60, deadline=None)
@given(change=st.sampled_from(CHANGES), hours=weeks)
def test_hours_agree_with_looking_at_the_clock_every_minute_across_clock_changes(change, hours):
    zone_name, day = change
    zone = ZoneInfo(zone_name)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    clock = [
        (instant, instant.astimezone(zone).replace(tzinfo=None))
        for instant in (noon + n * MINUTE for n in range(-5 * 1440, 5 * 1440))
    ]
    days = [day + timedelta(days=n) for n in range(-3, 4)]
    expected = open_minutes(hours, clock, days)
    window = [noon + n * MINUTE for n in range(-1440, 1440)]

    periods = open_periods(hours, zone, window[0], window[-1])

    found = {m for m in window if any(opens <= m < closes for opens, closes in periods)}
    assert found == expected & set(window)
    assert all(a[1] < b[0] for a, b in pairwise(periods))


@settings(max_examples=60, deadline=None)
@given(change=st.sampled_from(CHANGES), hours=weeks, minutes=st.integers(-2880, 2880))
def test_until_is_when_it_changes(change, hours, minutes):
    zone_name, day = change
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + minutes * MINUTE
    now = openness(hours, zone_name, moment)
    if now.until is None:
        return

    assert now.until > moment
    before = openness(hours, zone_name, now.until - timedelta(seconds=1))
    after = openness(hours, zone_name, now.until)
    assert before.openness == now.openness
    assert after.openness != now.openness


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-13T21:59:00+11:00", Openness.OPEN),
        ("2026-03-14T01:59:00+11:00", Openness.OPEN),
        ("2026-03-14T02:00:00+11:00", Openness.CLOSED),
        ("2026-03-14T21:59:00+11:00", Openness.CLOSED),
    ],
)
def test_a_friday_night_ends_on_saturday(moment, expected):
    assert openness({"4": [["18:00", "02:00"]]}, SYDNEY, at(moment)).openness == expected


def test_an_opening_that_the_clocks_skip_is_when_they_skip_it():
    # On 4 October 2026 Sydney goes from 02:00 to 03:00.
    hours = {"6": [["02:30", "05:00"]]}

    (period,) = open_periods(
        hours, ZoneInfo(SYDNEY), at("2026-10-04T00:00+10:00"), at("2026-10-04T12:00+11:00")
    )

    assert period == (at("2026-10-04T03:00+11:00"), at("2026-10-04T05:00+11:00"))


def test_a_night_shift_is_an_hour_longer_when_the_clocks_go_back():
    hours = {"5": [["22:00", "06:00"]]}

    (period,) = open_periods(
        hours, ZoneInfo(SYDNEY), at("2026-04-04T12:00+11:00"), at("2026-04-05T12:00+10:00")
    )

    assert period[1] - period[0] == timedelta(hours=9)


def test_who_names_a_notice_comes_outside_of_hours():
    closed = at("2026-03-15T03:00+11:00")
    hours = {"6": [["06:00", "22:00"]]}

    found = openness(hours, SYDNEY, closed, notice_min=90)

    assert found.openness == Openness.ON_REQUEST
    assert found.until == at("2026-03-15T06:00+11:00")


@pytest.mark.parametrize(
    ("kind", "zone", "expected"),
    [
        ("h24", "", Openness.OPEN),
        ("by_arrangement", "", Openness.ON_REQUEST),
        ("unknown", SYDNEY, Openness.UNKNOWN),
        ("weekly", "", Openness.UNKNOWN),
    ],
)
def test_other_kinds_of_hours(kind, zone, expected, now):
    hours = {"0": [["06:00", "22:00"]]} if kind == "weekly" else None

    assert attendance(kind, hours, zone, notice_min=None, at=now).openness == expected


def test_hours_that_meet_around_the_clock_never_change(now):
    hours = {str(day): [["00:00", "12:00"], ["12:00", "24:00"]] for day in range(7)}

    assert openness(hours, SYDNEY, now).until is None
    assert openness(hours, SYDNEY, now).openness == Openness.OPEN


@pytest.mark.parametrize(
    "hours",
    [
        [],
        {},
        {"0": []},
        {"7": [["06:00", "22:00"]]},
        {"0": [["6", "22:00"]]},
        {"0": [["06:00", "22:00"], ["21:00", "23:00"]]},
        {"0": [["24:00", "06:00"]]},
        {"0": [["18:00", "06:00"]], "1": [["05:00", "12:00"]]},
        {"6": [["18:00", "06:00"]], "0": [["05:59", "12:00"]]},
        {"0": [[f"{n:02}:00", f"{n:02}:30"] for n in range(7)]},
    ],
)
def test_hours_that_make_no_sense_are_named(hours):
    assert fault_in_week(hours)


@pytest.mark.parametrize(
    "hours",
    [
        {"6": [["18:00", "06:00"]], "0": [["06:00", "12:00"]]},
        {"0": [["06:00", "06:00"]]},
        {"0": [["00:00", "24:00"]]},
    ],
)
def test_hours_that_meet_or_last_a_whole_day_are_sound(hours):
    assert fault_in_week(hours) == ""
