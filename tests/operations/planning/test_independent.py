"""Distances and local times of itineraries against sources of their own: PostGIS and PostgreSQL."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.distances import changes_in, distances, local_times, moments
from operations.planning.duties import local
from tests.operations.planning.worlds import POSITIONS

pytestmark = pytest.mark.django_db
ZONES = [
    "America/Denver",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Europe/London",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "Asia/Kathmandu",
]


def test_distances_agree_with_postgis_to_a_millimeter():
    places = [
        *((lat, lon) for lat, lon, _ in POSITIONS.values()),
        (-90.0, 0.0),
        (89.9, 179.9),
        (-16.9, 179.9),
        (-16.9, -179.9),
        (0.0, 0.0),
        (0.3, 179.6),
    ]
    pairs = [(a, b) for a in places for b in places if a != b]

    found = distances(pairs)

    assert found["pairs"] == len(pairs) > 400
    assert found["worst_m"] < 0.001


def test_local_times_agree_with_postgresql_around_changes_of_clocks():
    found = local_times(moments(ZONES, 60, random.Random(3)))  # noqa: S311 - reproducible

    assert (found["moments"], found["wrong"]) == (60, 0)
    assert found["near_changes"] == 40


def test_the_comparison_would_find_a_wrong_clock(monkeypatch):
    at = datetime(2026, 7, 1, tzinfo=UTC)
    monkeypatch.setattr("operations.planning.duties.local", lambda moment, zone: moment)

    assert local_times([("America/Denver", at, False)])["wrong"] == 1


def test_clocks_put_forward_skip_an_hour_and_put_back_show_it_twice():
    forward, back = changes_in("America/Denver", 2026)
    minute = timedelta(minutes=1)

    assert (forward, back) == (
        datetime(2026, 3, 8, 9, tzinfo=UTC),
        datetime(2026, 11, 1, 8, tzinfo=UTC),
    )
    assert local(forward - minute, "America/Denver").isoformat() == "2026-03-08T01:59:00-07:00"
    assert local(forward, "America/Denver").isoformat() == "2026-03-08T03:00:00-06:00"
    assert local(back - minute, "America/Denver").isoformat() == "2026-11-01T01:59:00-06:00"
    assert local(back, "America/Denver").isoformat() == "2026-11-01T01:00:00-07:00"
