"""Weekly opening hours in local time, e.g. of a control tower."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WeeklyHours = Mapping[str, Sequence[Sequence[str]]]
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
MIDNIGHT = "24:00"


def is_open(hours: WeeklyHours, zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """
    Say whether the hours touch any part of a window.

    Keys are weekdays, "0" is Monday; each value lists opening and closing in local time. A closing
    not after its opening is on the next day.
    """
    day = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date()
    while day <= last:
        for opening, closing in hours.get(str(day.weekday()), ()):
            opens = _moment(day, opening, zone)
            is_next_day = closing <= opening
            closes = _moment(day + timedelta(days=1) if is_next_day else day, closing, zone)
            if opens < end and closes > start:
                return True
        day += timedelta(days=1)
    return False


def fault_in(hours: Any) -> str:
    """Name what is wrong with hours somebody typed; empty when they are sound."""
    if not isinstance(hours, dict):
        return "Expected an object with weekdays 0 to 6 as keys."
    for day, spans in hours.items():
        if day not in set("0123456"):
            return f"{str(day)[:20]!r} is not a weekday from 0 (Monday) to 6."
        if not isinstance(spans, list) or not all(_is_span(span) for span in spans):
            return f"Day {day}: expected a list of [opening, closing], each HH:MM."
    # No hours at all would read as a tower that never works.
    return "" if any(hours.values()) else "Expected the hours of one day at least."


def _is_span(span: Any) -> bool:
    return (
        isinstance(span, list)
        and len(span) == len(("opening", "closing"))
        and all(isinstance(text, str) and _TIME.fullmatch(text) for text in span)
    )


def _moment(day: date, text: str, zone: ZoneInfo) -> datetime:
    if text == MIDNIGHT:
        return _moment(day + timedelta(days=1), "00:00", zone)
    return datetime.combine(day, time.fromisoformat(text), tzinfo=zone).astimezone(UTC)
