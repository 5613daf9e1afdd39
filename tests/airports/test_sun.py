from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from airports.queries.sun import day_of_light, daylight_facts

SYDNEY = {"lat": -33.8688, "lon": 151.2093}
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def near_to(moment: datetime, text: str) -> bool:
    return abs(moment - at(text)) <= 2 * MINUTE


def test_day_in_sydney_runs_across_midnight_utc():
    facts = daylight_facts(**SYDNEY, start=at("2026-03-14T22:30"), end=at("2026-03-15T00:30"))

    assert near_to(facts.sunrise_at, "2026-03-14T19:54")
    assert near_to(facts.sunset_at, "2026-03-15T08:13")
    assert (facts.is_within_sunrise_and_sunset, facts.is_within_civil_twilight) == (True, True)


def test_flight_past_sunset_is_twilight_and_then_night():
    dusk = daylight_facts(**SYDNEY, start=at("2026-03-15T08:00"), end=at("2026-03-15T08:25"))
    night = daylight_facts(**SYDNEY, start=at("2026-03-15T08:00"), end=at("2026-03-15T08:50"))

    assert (dusk.is_within_sunrise_and_sunset, dusk.is_within_civil_twilight) == (False, True)
    assert night.is_within_civil_twilight is False


def test_landing_exactly_at_sunset_is_by_day():
    facts = daylight_facts(**SYDNEY, start=at("2026-03-15T07:00"), end=at("2026-03-15T07:30"))

    exact = daylight_facts(**SYDNEY, start=at("2026-03-15T07:00"), end=facts.sunset_at)

    assert exact.is_within_sunrise_and_sunset


def test_night_names_the_next_day():
    facts = daylight_facts(**SYDNEY, start=at("2026-03-15T12:00"), end=at("2026-03-15T13:00"))

    assert near_to(facts.sunrise_at, "2026-03-15T19:55")
    assert facts.sunset_at > facts.sunrise_at
    assert not facts.is_within_civil_twilight


@pytest.mark.parametrize(
    ("month", "polar", "is_day"),
    [(6, "sun does not set", True), (12, "sun does not rise", False)],
)
def test_polar_day_and_night_are_said(month, polar, is_day):
    start = datetime(2026, month, 21, 12, tzinfo=UTC)

    facts = daylight_facts(lat=78.2, lon=15.6, start=start, end=start + 60 * MINUTE)

    assert (facts.polar, facts.is_within_sunrise_and_sunset) == (polar, is_day)
    assert (facts.sunrise_at, facts.sunset_at) == (None, None)


@pytest.mark.parametrize(
    ("place", "zone", "day", "edges"),
    [
        (
            {"lat": 40.7128, "lon": -74.006},
            "America/New_York",
            date(2026, 6, 21),
            ("2026-06-21T09:25", "2026-06-22T00:31"),
        ),
        (
            {"lat": 51.4779, "lon": 0.0},
            "Europe/London",
            date(2026, 12, 21),
            ("2026-12-21T08:04", "2026-12-21T15:53"),
        ),
    ],
)
def test_events_of_a_local_day(place, zone, day, edges):
    light = day_of_light(**place, day=day, zone=ZoneInfo(zone))

    assert near_to(light["sunrise_at"], edges[0])
    assert near_to(light["sunset_at"], edges[1])
    assert [event.name for event in light["events"]] == [
        "civil_dawn",
        "sunrise",
        "sunset",
        "civil_dusk",
    ]
