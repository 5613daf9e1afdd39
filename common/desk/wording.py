"""Times, ages and amounts as a page's head says them, in the zone and form its reader prefers."""

from datetime import UTC, date, datetime, timedelta

from common import shown

_DAY = "%a %d %b"
_MINUTE = timedelta(minutes=1)
# From here on a time is told in days.
_DAYS = timedelta(hours=48)


def clock(at: datetime | None, zone: str) -> str:
    """`Mon 23 Nov 19:30 AEDT, 08:30 UTC`; the day in UTC only where it is another one."""
    if at is None:
        return "\u2013"
    there, utc = at.astimezone(shown.zone_at(zone or "UTC")), at.astimezone(UTC)
    text = f"{there:{_DAY}} {shown.clock(there)} {_name(there)}"
    if there.utcoffset() == timedelta(0):
        return text
    day = "" if there.date() == utc.date() else f"{utc:{_DAY}} "
    return f"{text}, {day}{utc:%H:%M} UTC"


def clocks(start: datetime, end: datetime, zone: str) -> str:
    """`Mon 23 Nov 19:30-20:30 AEDT, 08:30-09:30 UTC`."""
    first, last = (each.astimezone(shown.zone_at(zone or "UTC")) for each in (start, end))
    until = _ended(first, last, shown.clock(last))
    here = f"{first:{_DAY}} {shown.clock(first)}\u2013{until} {_name(last)}"
    if first.utcoffset() == timedelta(0):
        return here
    begun, ended = start.astimezone(UTC), end.astimezone(UTC)
    day = "" if begun.date() == first.date() else f"{begun:{_DAY}} "
    return f"{here}, {day}{begun:%H:%M}\u2013{_ended(begun, ended, f'{ended:%H:%M}')} UTC"


def age(at: datetime, now: datetime) -> str:
    """`12 min ago`, `in 3 h 05 min`, `in 4 days`, `now`."""
    apart = at - now
    if abs(apart) < _MINUTE:
        return "now"
    text = span(abs(apart))
    return f"in {text}" if apart > timedelta(0) else f"{text} ago"


def span(length: timedelta) -> str:
    """`12 min`, `3 h 05 min`, `4 days`."""
    if length >= _DAYS:
        return f"{length.days} days"
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def day(on: date | None) -> str:
    """`23 Nov 2026`."""
    return shown.day(on) if on else "\u2013"


def days_left(on: date, today: date) -> str:
    """`in 12 days`, `today`, `3 days ago`."""
    left = (on - today).days
    if left == 0:
        return "today"
    unit = "day" if abs(left) == 1 else "days"
    return f"in {left} {unit}" if left > 0 else f"{-left} {unit} ago"


def listed(words: list[str], most: int = 5) -> str:
    """A few of many, and how many more."""
    text = ", ".join(words[:most])
    rest = len(words) - most
    return f"{text} and {rest} more" if rest > 0 else text


def _name(there: datetime) -> str:
    name = there.tzname() or ""
    return name if name.isalpha() else f"UTC{name}"


def _ended(first: datetime, last: datetime, time: str) -> str:
    return time if first.date() == last.date() else f"{last:{_DAY}} {time}"
