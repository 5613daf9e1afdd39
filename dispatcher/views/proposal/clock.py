"""Moments as a dispatcher reads them: by the center's clock or a chosen one, other days named."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.dateparse import parse_datetime

from common.shown import clock, zone_at
from dispatcher.models import DispatchSchedule


@dataclass(frozen=True)
class Moment:
    """One moment: how it is shown, and in UTC for who asks."""

    shown: str
    utc: str

    def __str__(self) -> str:
        return self.shown


class Clock:
    """One local day of a center, by its clock or that of who prefers another zone."""

    def __init__(self, schedule: DispatchSchedule) -> None:
        self.zone = zone_at(schedule.center.timezone)
        self._day: date = schedule.day

    def __call__(self, moment: datetime) -> Moment:
        local = moment.astimezone(self.zone)
        other_day = "" if local.date() == self._day else f"{local:%a} {local.day} {local:%b} "
        return Moment(f"{other_day}{self.time(local)}", f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z")

    def time(self, moment: datetime) -> str:
        """The time of day alone."""
        return clock(moment.astimezone(self.zone))

    def long(self, moment: datetime) -> Moment:
        """With the day, whichever it is."""
        local = moment.astimezone(self.zone)
        shown = f"{local:%a} {local.day} {local:%b} {self.time(local)}"
        return Moment(shown, f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z")

    def span(self, start: datetime, end: datetime) -> str:
        """From and until, the second day only where it differs."""
        return f"{self(start)}\u2013{self(end)}"

    def read(self, text: str) -> datetime | None:
        """A moment that was stored as text; None for what is none."""
        return parse_datetime(text) if text else None
