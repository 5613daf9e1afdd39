"""Sums of time: sliding windows, calendar quarters, rest between duties. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

DAY = timedelta(hours=24)
EXACT = 6


class Span(NamedTuple):
    """A time and the minutes of flying in it, spread evenly; none for a duty."""

    start_at: datetime
    end_at: datetime
    minutes: float = 0.0

    def minutes_within(self, start: datetime, end: datetime) -> float:
        """Its share of a period, in proportion."""
        shared = min(self.end_at, end) - max(self.start_at, start)
        if shared <= timedelta():
            return 0.0
        return self.minutes * (shared / (self.end_at - self.start_at))


def most_in_window(own: Sequence[Span], others: Sequence[Span], window: timedelta = DAY) -> float:
    """
    The most minutes of flying in any window of a length that takes in some of one's own.

    The sum changes its slope only where an edge of the window meets an edge of a flight, so its
    greatest value is at one of those moments.
    """
    flights = [*own, *others]
    edges = {edge for span in flights for edge in (span.start_at, span.end_at)}
    starts = edges | {edge - window for edge in edges}
    most = 0.0
    for start in starts:
        end = start + window
        if any(span.start_at <= end and start <= span.end_at for span in own):
            most = max(most, sum(span.minutes_within(start, end) for span in flights))
    return round(most, EXACT)


def busy(spans: Iterable[Span]) -> list[Span]:
    """Spans joined where they overlap or touch, in order; their minutes are left out."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start_at, each.end_at)):
        if joined and span.start_at <= joined[-1].end_at:
            last = joined[-1]
            joined[-1] = Span(last.start_at, max(last.end_at, span.end_at))
        else:
            joined.append(Span(span.start_at, span.end_at))
    return joined


def gaps(spans: Iterable[Span], start: datetime, end: datetime) -> list[timedelta]:
    """The free times between duties from start to end, in order."""
    free, since = [], start
    for span in busy(spans):
        if span.start_at >= end:
            break
        if span.start_at > since:
            free.append(span.start_at - since)
        since = max(since, span.end_at)
    if since < end:
        free.append(end - since)
    return free


def longest_rest(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """The longest time without duty from start to end."""
    return max(gaps(spans, start, end), default=timedelta())


def days_off(spans: Iterable[Span], start: datetime, end: datetime) -> int:
    """How many whole rests of 24 hours fit between duties; two days in a row are two."""
    return sum(free // DAY for free in gaps(spans, start, end))


class Quarter(NamedTuple):
    """A calendar quarter, in UTC."""

    year: int
    number: int

    @property
    def start_at(self) -> datetime:
        return datetime(self.year, 3 * self.number - 2, 1, tzinfo=UTC)

    @property
    def end_at(self) -> datetime:
        return self.later(1).start_at

    @property
    def first_on(self) -> date:
        return self.start_at.date()

    def later(self, by: int) -> "Quarter":
        index = self.year * 4 + self.number - 1 + by
        return Quarter(index // 4, index % 4 + 1)

    def __str__(self) -> str:
        return f"Q{self.number} {self.year}"


def quarter_of(moment: datetime) -> Quarter:
    """The quarter a moment lies in, by UTC."""
    utc = moment.astimezone(UTC)
    return Quarter(utc.year, (utc.month - 1) // 3 + 1)


def quarters_between(start: datetime, end: datetime) -> list[Quarter]:
    """Every quarter that a period touches, in order; its end is excluded."""
    found = [quarter_of(start)]
    while found[-1].end_at < end:
        found.append(found[-1].later(1))
    return found
