"""Who reports and when: the head of a report, and days of the month set into the calendar."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

STATION = re.compile(r"[A-Z][A-Z0-9]{2,3}")
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})Z?")
KINDS = frozenset({"METAR", "SPECI", "TAF"})
CORRECTIONS = frozenset({"COR", "CORR", "CCA", "CCB", "CCC", "CCD"})
MONTHS_IN_YEAR = 12
HOURS_IN_DAY = 24
MINUTES_IN_HOUR = 60


class ReportError(ValueError):
    """Text that is no METAR, SPECI or TAF; the message says what is missing."""


class Head(Struct, frozen=True):
    """The head of a report; `rest` are the groups after it."""

    kind: str
    station: str
    issued_at: datetime | None
    is_corrected: bool
    is_amended: bool
    rest: tuple[str, ...]


def tidy(raw: str) -> str:
    """Put a report on one line: printable characters, single blanks, no closing equals sign."""
    printable = "".join(c if c.isprintable() and c.isascii() else " " for c in raw)
    return " ".join(printable.replace("=", " ").split()).upper()


def read_head(raw: str, *, default_kind: str, reference: datetime) -> Head:
    """
    Read kind, station and time of issue; the day is set into the month nearest to `reference`.

    Raises ReportError when there is no station.
    """
    groups = tidy(raw).split(" ")
    kind, flags, start = default_kind, set(), 0
    while start < len(groups) and groups[start] in KINDS | CORRECTIONS | {"AMD"}:
        if groups[start] in KINDS:
            kind = groups[start]
        else:
            flags.add(groups[start])
        start += 1
    if start >= len(groups) or not STATION.fullmatch(groups[start]):
        raise ReportError("No station of three or four letters where the report should begin.")
    station, rest = groups[start], groups[start + 1 :]
    if rest and rest[0] in KINDS:
        kind, rest = rest[0], rest[1:]
    issued_at = time_of(rest[0], reference=reference) if rest else None
    if issued_at is not None:
        rest = rest[1:]
    flags.update(group for group in rest[:2] if group in CORRECTIONS)
    return Head(kind, station, issued_at, bool(flags & CORRECTIONS), "AMD" in flags, tuple(rest))


def time_of(group: str, *, reference: datetime) -> datetime | None:
    """Read `ddhhmmZ` as the moment nearest to the reference; None when it is not a time."""
    match = _TIME.fullmatch(group)
    if match is None:
        return None
    day, hour, minute = (int(part) for part in match.groups())
    return nearest(day=day, hour=hour, minute=minute, reference=reference)


def nearest(*, day: int, hour: int, minute: int = 0, reference: datetime) -> datetime | None:
    """
    Set a day of the month and a time into the month that brings it nearest to the reference.

    Hour 24 is midnight at the end of that day. None when no month near has such a day or time.
    """
    if hour > HOURS_IN_DAY or minute >= MINUTES_IN_HOUR or (hour == HOURS_IN_DAY and minute):
        return None
    candidates = [
        midnight + timedelta(hours=hour, minutes=minute) for midnight in _midnights(day, reference)
    ]
    return min(candidates, key=lambda moment: abs(moment - reference), default=None)


def _midnights(day: int, reference: datetime) -> Sequence[datetime]:
    found = []
    for step in (-1, 0, 1):
        years, month = divmod(reference.month - 1 + step, MONTHS_IN_YEAR)
        try:
            found.append(datetime(reference.year + years, month + 1, day, tzinfo=UTC))
        except ValueError:
            continue
    return found
