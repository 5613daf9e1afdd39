"""Sunrise, sunset and civil twilight for a place and a time, in UTC. Pure astronomy (astral)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from astral import Observer, SunDirection
from astral.sun import elevation, time_at_elevation
from msgspec import Struct

from common.time import day_bounds

CIVIL_TWILIGHT_DEG = -6.0
# The upper limb on the horizon, refraction included, as almanacs have it.
RISE_AND_SET_DEG = -0.833
DAYS_AROUND = 1


class SolarEvent(Struct, frozen=True):
    """One passage of the sun: civil_dawn, sunrise, sunset or civil_dusk, and when."""

    name: str
    at: datetime


class DaylightFacts(Struct, frozen=True, kw_only=True):
    """
    Light over a window, and the edges of the day it lies in or before.

    Sunrise is the last before a start in daylight, else the next; sunset the one after it; dawn and
    dusk alike. An edge that does not come within two days is None, and `polar` says why:
    `sun does not set` or `sun does not rise`.
    """

    sunrise_at: datetime | None
    sunset_at: datetime | None
    civil_dawn_at: datetime | None
    civil_dusk_at: datetime | None
    is_within_sunrise_and_sunset: bool
    is_within_civil_twilight: bool
    polar: str
    events: tuple[SolarEvent, ...]


_PASSAGES = (
    ("civil_dawn", CIVIL_TWILIGHT_DEG, SunDirection.RISING),
    ("sunrise", RISE_AND_SET_DEG, SunDirection.RISING),
    ("sunset", RISE_AND_SET_DEG, SunDirection.SETTING),
    ("civil_dusk", CIVIL_TWILIGHT_DEG, SunDirection.SETTING),
)


def daylight_facts(
    *,
    lat: float,
    lon: float,
    start: datetime,
    end: datetime,
    known: Sequence[SolarEvent] | None = None,
) -> DaylightFacts:
    """
    Tell the light over a window, which may cross midnight UTC.

    `known` are the place's passages from a day before the start to two days after the end or more,
    for who asks about many windows of one place.
    """
    height = solar_elevation_deg(lat=lat, lon=lon, at=start)
    first, last = start - timedelta(days=1), end + timedelta(days=2)
    if known is None:
        events = events_between(lat=lat, lon=lon, start=first, end=last)
    else:
        events = tuple(event for event in known if first <= event.at <= last)
    day = _edges(events, "sunrise", "sunset", start, is_up=height > RISE_AND_SET_DEG)
    twilight = _edges(events, "civil_dawn", "civil_dusk", start, is_up=height > CIVIL_TWILIGHT_DEG)
    return DaylightFacts(
        sunrise_at=day.opens_at,
        sunset_at=day.closes_at,
        civil_dawn_at=twilight.opens_at,
        civil_dusk_at=twilight.closes_at,
        is_within_sunrise_and_sunset=day.covers(start, end),
        is_within_civil_twilight=twilight.covers(start, end),
        polar=_polar(events, height),
        events=tuple(event for event in events if start <= event.at <= end),
    )


def day_of_light(*, lat: float, lon: float, day: date, zone: ZoneInfo) -> dict[str, Any]:
    """The sun's events on one local day of a place, by name, and all of them in order."""
    start, end = day_bounds(day, zone)
    events = events_between(lat=lat, lon=lon, start=start, end=end)
    # A day can have two of a kind near the edge of polar day; the first is named.
    named: dict[str, Any] = {f"{name}_at": None for name, _, _ in _PASSAGES}
    for event in reversed(events):
        named[f"{event.name}_at"] = event.at
    noon = start + (end - start) / 2
    height_deg = solar_elevation_deg(lat=lat, lon=lon, at=noon)
    return {**named, "polar": _polar(events, height_deg), "events": events}


def events_between(
    *, lat: float, lon: float, start: datetime, end: datetime
) -> tuple[SolarEvent, ...]:
    """Every dawn, sunrise, sunset and dusk from start to end, in order."""
    observer = Observer(latitude=lat, longitude=lon)
    found = set()
    day = start.astimezone(UTC).date() - timedelta(days=DAYS_AROUND)
    while day <= end.astimezone(UTC).date() + timedelta(days=DAYS_AROUND):
        for name, angle, direction in _PASSAGES:
            moment = _passage(observer, angle, day, direction)
            if moment is not None and start <= moment <= end:
                found.add((moment.replace(microsecond=0), name))
        day += timedelta(days=1)
    return tuple(SolarEvent(name, at) for at, name in sorted(found))


def solar_elevation_deg(*, lat: float, lon: float, at: datetime) -> float:
    """Height of the sun's center above the horizon, in degrees, refraction not included."""
    return elevation(Observer(latitude=lat, longitude=lon), at, with_refraction=False)


def is_civil_night(*, lat: float, lon: float, at: datetime) -> bool:
    """Between the end of evening and the beginning of morning civil twilight (14 CFR 1.1)."""
    return solar_elevation_deg(lat=lat, lon=lon, at=at) < CIVIL_TWILIGHT_DEG


def _passage(
    observer: Observer, angle: float, day: date, direction: SunDirection
) -> datetime | None:
    # astral raises ValueError where the sun does not reach the height on that day (astral 3.2).
    try:
        return time_at_elevation(observer, angle, day, direction, tzinfo=UTC, with_refraction=False)
    except ValueError:
        return None


class _Edges(Struct):
    """When light comes and goes; without either, whether it is there throughout."""

    opens_at: datetime | None
    closes_at: datetime | None
    is_light_at_start: bool

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.is_light_at_start and (self.closes_at is None or end <= self.closes_at)


def _edges(
    events: Sequence[SolarEvent], opening: str, closing: str, start: datetime, *, is_up: bool
) -> _Edges:
    """Find the light the start lies in, or the next; without events the height decides."""
    mine = [event for event in events if event.name in (opening, closing)]
    before = [event for event in mine if event.at <= start]
    after = [event for event in mine if event.at > start]
    if before:
        is_up = before[-1].name == opening
    elif after:
        is_up = after[0].name == closing
    opens = [event.at for event in (before[::-1] if is_up else after) if event.name == opening]
    opens_at = opens[0] if opens else None
    reference = opens_at if opens_at is not None and not is_up else start
    closes = [event.at for event in after if event.name == closing and event.at > reference]
    return _Edges(opens_at, closes[0] if closes else None, is_up)


def _polar(events: Sequence[SolarEvent], height_deg: float) -> str:
    if any(event.name in ("sunrise", "sunset") for event in events):
        return ""
    return "sun does not set" if height_deg > RISE_AND_SET_DEG else "sun does not rise"
