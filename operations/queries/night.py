"""
Night along a flight: between one hour after sunset and one hour before sunrise.

14 CFR 61.57(b) and 135.247(a)(2) count take-offs and landings so, by the light at the airport;
the minutes are counted by the light under way.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from geographiclib.geodesic import Geodesic

from airports.models import Airport
from airports.queries.sun import (
    RISE_AND_SET_DEG,
    SolarEvent,
    events_between,
    solar_elevation_deg,
)

MARGIN = timedelta(hours=1)
# The sun is looked for this far around a moment; beyond it, it neither rises nor sets.
AROUND = timedelta(hours=26)
STEP = timedelta(minutes=1)
_EARTH = Geodesic.WGS84


def is_night(*, lat: float, lon: float, at: datetime) -> bool:
    """Whether a moment is at least an hour after sunset and an hour before sunrise there."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    events = _rise_and_set(round(lat, 3), round(lon, 3), hour)
    if not events:
        return solar_elevation_deg(lat=lat, lon=lon, at=at) < RISE_AND_SET_DEG
    before = [event for event in events if event.at <= at]
    after = [event for event in events if event.at > at]
    is_dark = before[-1].name == "sunset" if before else after[0].name == "sunrise"
    if not is_dark:
        return False
    is_late = not before or at - before[-1].at >= MARGIN
    is_early = not after or after[0].at - at >= MARGIN
    return is_late and is_early


@lru_cache(maxsize=4096)
def _rise_and_set(lat: float, lon: float, hour: datetime) -> tuple[SolarEvent, ...]:
    """The sun's risings and settings around an hour; the same places are asked for repeatedly."""
    found = events_between(lat=lat, lon=lon, start=hour - AROUND, end=hour + AROUND)
    return tuple(event for event in found if event.name in ("sunrise", "sunset"))


def night_minutes(origin: Airport, destination: Airport, *, off: datetime, on: datetime) -> int:
    """
    Minutes of night between wheels off and wheels on, along the great circle at an even speed.

    The edges of night are found by halving between five-minute marks, to the minute.
    """
    line = _EARTH.InverseLine(
        origin.point.y, origin.point.x, destination.point.y, destination.point.x
    )
    whole = on - off

    def dark(moment: datetime) -> bool:
        place = line.Position(line.s13 * ((moment - off) / whole))
        return is_night(lat=place["lat2"], lon=place["lon2"], at=moment)

    marks = [off]
    while marks[-1] + 5 * STEP < on:
        marks.append(marks[-1] + 5 * STEP)
    marks.append(on)
    states = [dark(mark) for mark in marks]
    total = timedelta(0)
    for start, end, was, becomes in zip(marks, marks[1:], states, states[1:], strict=False):
        if was and becomes:
            total += end - start
        elif was != becomes:
            edge = _edge(start, end, was, dark)
            total += edge - start if was else end - edge
    return round(total.total_seconds() / 60)


def _edge(start: datetime, end: datetime, was: bool, dark: Callable[[datetime], bool]) -> datetime:
    while end - start > timedelta(seconds=15):
        middle = start + (end - start) / 2
        if dark(middle) == was:
            start = middle
        else:
            end = middle
    return end
