from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from common.compliance.findings import SEVERITY, Color
from flight_operations.models import SMSIncidentReport
from flight_operations.occurrences import PHONE_AMBER, PHONE_RED, WRITTEN_AMBER, WRITTEN_DUE


@dataclass(frozen=True)
class Clock:
    """
    One report that the ATSB waits for.

    `due_at` is awareness itself for the telephone call ("as soon as reasonably practicable") and
    72 hours later for the written report. `remaining` is negative when it is overdue, and None
    once the report was made.
    """

    kind: str
    due_at: datetime
    amber_at: datetime
    red_at: datetime
    done_at: datetime | None
    color: Color
    remaining: timedelta | None

    @property
    def remaining_s(self) -> int | None:
        """`remaining` in whole seconds."""
        return None if self.remaining is None else int(self.remaining.total_seconds())

    @property
    def is_late(self) -> bool:
        """Whether the report was made, but only after the clock had turned red."""
        return self.done_at is not None and self.done_at >= self.red_at


def clocks(incident: SMSIncidentReport, *, now: datetime) -> list[Clock]:
    """The reports that an incident asks for, and how they stand (REGULATION TSI-CLOCK)."""
    phone = (timedelta(0), PHONE_AMBER, PHONE_RED)
    written = (WRITTEN_DUE, WRITTEN_AMBER, WRITTEN_DUE)
    found = []
    if incident.is_immediately_reportable:
        found.append(_clock("immediate", incident.aware_at, phone, incident.phoned_at, now))
    if incident.is_reportable:
        found.append(_clock("written", incident.aware_at, written, incident.written_at, now))
    return found


def clock_color(incident: SMSIncidentReport, *, now: datetime) -> Color:
    """The worst color of an incident's clocks."""
    colors = (clock.color for clock in clocks(incident, now=now))
    return max(colors, key=SEVERITY.__getitem__, default=Color.GREEN)


def with_clock(rows: QuerySet, color: str, *, now: datetime) -> QuerySet:
    """Incidents whose worst clock shows this color; the same answer as `clock_color`."""
    red = _running(now, PHONE_RED, WRITTEN_DUE)
    amber = _running(now, PHONE_AMBER, WRITTEN_AMBER)
    if color == Color.RED:
        return rows.filter(red)
    return rows.filter(amber & ~red) if color == Color.AMBER else rows.exclude(amber)


def outstanding(incident: SMSIncidentReport) -> Iterator[str]:
    """What must be done before an incident may be closed."""
    if incident.is_immediately_reportable and incident.phoned_at is None:
        yield "the telephone report to the ATSB"
    if incident.is_reportable and incident.written_at is None:
        yield "the written report to the ATSB"
    if not incident.corrective_action:
        yield "the corrective action"


def occurred_local(incident: SMSIncidentReport) -> datetime:
    """When it happened, by the clocks of the place."""
    return incident.occurred_at.astimezone(ZoneInfo(incident.time_zone))


def _clock(
    kind: str,
    aware: datetime,
    after: tuple[timedelta, timedelta, timedelta],
    done_at: datetime | None,
    now: datetime,
) -> Clock:
    due_at, amber_at, red_at = (aware + limit for limit in after)
    color = Color.GREEN
    if done_at is None and now >= amber_at:
        color = Color.RED if now >= red_at else Color.AMBER
    remaining = None if done_at else due_at - now
    return Clock(kind, due_at, amber_at, red_at, done_at, color, remaining)


def _running(now: datetime, phone: timedelta, written: timedelta) -> Q:
    phone_is_due = Q(
        is_immediately_reportable=True, phoned_at__isnull=True, aware_at__lte=now - phone
    )
    written_is_due = Q(is_reportable=True, written_at__isnull=True, aware_at__lte=now - written)
    return phone_is_due | written_is_due
