"""The clocks of the notice and the report to the NTSB (49 CFR 830.5, 830.15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from common.compliance.findings import SEVERITY, Color
from operations.models import CrewLine, Occurrence
from operations.occurrences import NOTICE_RED, REPORT_AMBER

NOTICE = "notice"
REPORT = "report"


@dataclass(frozen=True)
class BoardClock:
    """
    One thing that the Board waits for.

    `remaining` is negative when it is overdue, and None once it was done.
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
        """Whether it was done, but only after the clock had turned red."""
        return self.done_at is not None and self.done_at >= self.red_at


def clocks(occurrence: Occurrence, *, now: datetime) -> list[BoardClock]:
    """What an occurrence asks for, and how it stands: the notice at once, the report in days."""
    found = []
    known, due = occurrence.aware_at, occurrence.report_due_at
    if occurrence.is_notifiable:
        turns = (known, known, known + NOTICE_RED)
        found.append(_clock(NOTICE, turns, occurrence.notified_at, now))
    if due is not None:
        found.append(_clock(REPORT, (due, due - REPORT_AMBER, due), occurrence.filed_at, now))
    return found


def clock_color(occurrence: Occurrence, *, now: datetime) -> Color:
    """The worst color of an occurrence's clocks."""
    colors = (clock.color for clock in clocks(occurrence, now=now))
    return max(colors, key=SEVERITY.__getitem__, default=Color.GREEN)


def with_clock(rows: QuerySet, color: str, *, now: datetime) -> QuerySet:
    """Occurrences whose worst clock shows this color; the same answer as `clock_color`."""
    red = _running(now, notice=NOTICE_RED, report=timedelta(0))
    amber = _running(now, notice=timedelta(0), report=-REPORT_AMBER)
    if color == Color.RED:
        return rows.filter(red)
    return rows.filter(amber).exclude(red) if color == Color.AMBER else rows.exclude(amber)


def outstanding(occurrence: Occurrence) -> Iterator[str]:
    """What must be done before an occurrence may be closed."""
    if occurrence.is_notifiable and occurrence.notified_at is None:
        yield "the notice to the NTSB"
    if occurrence.report_due_at is not None and occurrence.filed_at is None:
        yield "the report to the NTSB"


def occurred_local(occurrence: Occurrence) -> datetime:
    """When it happened, by the clocks of the place."""
    return occurrence.occurred_at.astimezone(ZoneInfo(occurrence.time_zone))


def with_people(rows: QuerySet) -> QuerySet:
    """Occurrences with the keys of who flew, on their leg and on their whole trip."""
    lines = CrewLine.objects.assigned()
    return rows.annotate(
        on_leg=ArraySubquery(lines.filter(leg=OuterRef("leg")).values("person_id")),
        on_trip=ArraySubquery(lines.filter(leg__trip=OuterRef("trip")).values("person_id")),
    )


def people_of(occurrence: Any) -> set[int]:
    """The crew of the leg, or of the trip where no leg is named, as `with_people` read them."""
    return set(occurrence.on_trip if occurrence.leg_id is None else occurrence.on_leg)


def _clock(
    kind: str,
    turns: tuple[datetime, datetime, datetime],
    done_at: datetime | None,
    now: datetime,
) -> BoardClock:
    due_at, amber_at, red_at = turns
    color = Color.GREEN
    if done_at is None and now >= amber_at:
        color = Color.RED if now >= red_at else Color.AMBER
    remaining = None if done_at else due_at - now
    return BoardClock(kind, due_at, amber_at, red_at, done_at, color, remaining)


def _running(now: datetime, *, notice: timedelta, report: timedelta) -> Q:
    notice_is_due = Q(is_notifiable=True, notified_at=None, aware_at__lte=now - notice)
    report_is_due = Q(report_due_at__lte=now - report, filed_at=None)
    return notice_is_due | report_is_due
