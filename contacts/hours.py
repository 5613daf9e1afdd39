"""
Whether somebody at an airport is there: weekly hours in local time, laid on real time.

A closing not after its opening is on the next day. A time that local clocks skip is when they skip
it; a time they show twice is the first of the two. So each period runs from one instant to another,
whatever the clocks do in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from airports.opening_hours import MIDNIGHT, WeeklyHours, fault_in

MOST_PERIODS_A_DAY = 6
# A week and a day hold every period and gap of weekly hours.
HORIZON = timedelta(days=8)
_MINUTES_A_WEEK = 7 * 24 * 60
_STEP = timedelta(seconds=1)


class Openness(StrEnum):
    """`on_request`: nobody is there, but they come when called in time."""

    OPEN = "open"
    ON_REQUEST = "on_request"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attendance:
    """How it stands at a moment, and until when where that changes within a week."""

    openness: Openness
    until: datetime | None = None


def attendance(
    kind: str, hours: WeeklyHours | None, zone: str, *, notice_min: int | None, at: datetime
) -> Attendance:
    """
    Say whether somebody is there at a moment.

    `kind` is `weekly`, `h24`, `by_arrangement` or `unknown`. Whoever names a notice comes outside
    of their hours too.
    """
    if kind == "h24":
        return Attendance(Openness.OPEN)
    if kind == "by_arrangement":
        return Attendance(Openness.ON_REQUEST)
    if kind != "weekly" or hours is None or not zone:
        return Attendance(Openness.UNKNOWN)
    until = None
    for opens, closes in open_periods(hours, ZoneInfo(zone), at, at + HORIZON):
        if opens <= at < closes:
            return Attendance(Openness.OPEN, closes if closes < at + HORIZON else None)
        until = opens
        break
    openness = Openness.CLOSED if notice_min is None else Openness.ON_REQUEST
    return Attendance(openness, until)


def open_periods(
    hours: WeeklyHours, zone: ZoneInfo, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The open periods that touch a window, in order, in UTC, those that meet joined to one."""
    found: list[tuple[datetime, datetime]] = []
    # Long chains of meeting periods are joined backwards as far as the horizon.
    day = (start - HORIZON).astimezone(zone).date()
    last = end.astimezone(zone).date()
    while day <= last:
        for opening, closing in hours.get(str(day.weekday()), ()):
            period = _period(day, opening, closing, zone)
            if period[0] < period[1]:
                found.append(period)
        day += timedelta(days=1)
    return [one for one in _joined(sorted(found)) if one[0] < end and one[1] > start]


def fault_in_week(hours: Any) -> str:
    """Name what is wrong with weekly hours somebody typed; empty when they are sound."""
    if fault := fault_in(hours):
        return fault
    if not any(hours.values()):
        return "No hours at all: say by arrangement, or that they are not known."
    if any(len(periods) > MOST_PERIODS_A_DAY for periods in hours.values()):
        return f"At most {MOST_PERIODS_A_DAY} periods a day."
    if any(opening == MIDNIGHT for periods in hours.values() for opening, _ in periods):
        return "Nothing opens at 24:00; say 00:00 of the next day."
    return "" if _is_apart(hours) else "Two periods overlap."


def _is_apart(hours: Mapping[str, Sequence[Sequence[str]]]) -> bool:
    """Whether no two periods of the week overlap, Sunday's into Monday's too."""
    taken = []
    for day, periods in hours.items():
        for opening, closing in periods:
            begin = int(day) * 24 * 60 + _minutes(opening)
            length = (_minutes(closing) - _minutes(opening) - 1) % (24 * 60) + 1
            taken.append((begin, begin + length))
    taken.sort()
    ends = [end for _, end in taken]
    begins = [begin for begin, _ in taken[1:]] + [taken[0][0] + _MINUTES_A_WEEK]
    return all(end <= begin for end, begin in zip(ends, begins, strict=True))


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _period(day: date, opening: str, closing: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    closing_day = day + timedelta(days=1) if closing <= opening else day
    return _first(day, opening, zone), _first(closing_day, closing, zone)


def _joined(periods: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in periods:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _first(day: date, text: str, zone: ZoneInfo) -> datetime:
    """The first instant at which local clocks show a time of a day, or have skipped it."""
    if text == MIDNIGHT:
        return _first(day + timedelta(days=1), "00:00", zone)
    wall = datetime.combine(day, time.fromisoformat(text))
    early = wall.replace(tzinfo=zone)
    instant = early.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _skip(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def _skip(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which local clocks are put forward."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _STEP:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
