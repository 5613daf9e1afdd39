"""
What airworthiness is judged by: due points and the facts of one aircraft. Values only; nothing here
reads a database or a clock.
"""

import calendar
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

# C-NEAR: maintenance is near when this much or less remains after the planned flight.
NEAR_PERCENT = 10.0
NEAR_DAYS = 7
# 135.185(b): an aircraft with several engines is weighed this often.
WEIGH_MONTHS = 36
# What the law allows a task of a kind at most, whatever its record says: 91.409(a), 91.409(b) with
# the ten hours to reach the place, 91.411, 91.413, 91.207(d), 91.171.
_YEAR = {"interval_months": 12, "interval_days": 365}
_TWO_YEARS = {"interval_months": 24, "interval_days": 730}
_MOST = {
    "annual": _YEAR,
    "hundred_hour": {"interval_min": 6000, "tolerance_min": 600},
    "altimeter_static": _TWO_YEARS,
    "transponder": _TWO_YEARS,
    "elt": _YEAR,
    "vor": {"interval_months": 0, "interval_days": 30},
}


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One active maintenance task: its intervals, tolerances and the points of next due."""

    task_id: int
    title: str
    kind: str
    notice_days: int = NEAR_DAYS
    interval_months: int | None = None
    interval_days: int | None = None
    interval_min: int | None = None
    interval_cycles: int | None = None
    tolerance_days: int = 0
    tolerance_min: int = 0
    tolerance_cycles: int = 0
    next_due_on: date | None = None
    next_due_min: int | None = None
    next_due_cycles: int | None = None


class DefectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A defect after which nobody has certified the aircraft; days are local to the base."""

    number: str
    status: str
    description: str
    found_on: date
    mel_item: str = ""
    category: str = ""
    limit_on: date | None = None


class CrewedAircraftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    One crewed aircraft on one local day of its base, after some planned flying.

    `is_revenue`: persons are carried for hire. A positioning flight is not.
    """

    aircraft_id: int
    tail_number: str
    designator: str
    on: date
    status: str
    seats: int
    engine_count: int
    maintenance_program: str
    airworthiness_certificate: str = ""
    airworthiness_expires_on: date | None = None
    registration_expires_on: date | None = None
    insurance_expires_on: date | None = None
    weighed_on: date | None = None
    time_in_service_min: int = 0
    cycles: int = 0
    planned_min: int = 0
    planned_cycles: int = 0
    is_revenue: bool = True
    tasks: tuple[TaskFacts, ...] = ()
    defects: tuple[DefectFacts, ...] = ()

    @property
    def rule_date(self) -> date:
        """The date by which rules are in force."""
        return self.on


def lax_field(task: Any) -> tuple[str, int] | None:
    """The first field of a task (facts or record) that is laxer than the law, and its most."""
    for name, most in _MOST.get(task.kind, {}).items():
        if (getattr(task, name) or 0) > most:
            return name, most
    return None


class DueItem(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far one limit of one task is away, after the planned flying.

    `remaining` is in `unit` (days, minutes, cycles) and negative once passed.
    """

    task_id: int
    title: str
    kind: str
    unit: str
    due: str
    remaining: int
    interval: int | None
    tolerance: int
    is_exceeded: bool
    is_within_tolerance: bool
    is_near: bool


def due_items(
    tasks: Sequence[TaskFacts],
    *,
    on: date,
    time_min: int,
    cycles: int,
    near_percent: float = NEAR_PERCENT,
    near_days: float = NEAR_DAYS,
) -> list[DueItem]:
    """
    How far each limit is away on a day at given totals, the most urgent of each task first.

    A limit is exceeded when its point is passed; near when 10 % of the interval or less, or 7 days
    (or the task's own longer notice) or less, remains. The first limit to run out counts.
    """
    items = []
    for task in tasks:
        own = [
            _judged(task, limit, near_percent=near_percent, near_days=near_days)
            for limit in _limits(task, on=on, time_min=time_min, cycles=cycles)
        ]
        items += sorted(own, key=_need)
    return items


def first_due(items: Sequence[DueItem]) -> DueItem | None:
    """The most urgent limit of all: passed before near before far, then by what is left of it."""
    return min(items, key=_need, default=None)


def hours_text(minutes: int) -> str:
    """Flight time as people write it: 1234:05 h."""
    return f"{minutes // 60}:{minutes % 60:02} h"


def add_months(day: date, months: int) -> date:
    """The last day of the calendar month so many months later (14 CFR 91.409(a) and others)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


class _Limit(msgspec.Struct, frozen=True):
    """One limit of a task: what is left of it, its interval and its tolerance."""

    unit: str
    due: str
    left: int
    interval: int | None
    tolerance: int


def _limits(task: TaskFacts, *, on: date, time_min: int, cycles: int) -> Iterator[_Limit]:
    if task.next_due_on is not None:
        left = (task.next_due_on - on).days
        due = task.next_due_on.isoformat()
        yield _Limit("days", due, left, _interval_days(task, task.next_due_on), task.tolerance_days)
    if task.next_due_min is not None:
        left = task.next_due_min - time_min
        due = hours_text(task.next_due_min)
        yield _Limit("minutes", due, left, task.interval_min, task.tolerance_min)
    if task.next_due_cycles is not None:
        left = task.next_due_cycles - cycles
        due = f"{task.next_due_cycles} cycles"
        yield _Limit("cycles", due, left, task.interval_cycles, task.tolerance_cycles)


def _interval_days(task: TaskFacts, due_on: date) -> int | None:
    if task.interval_months:
        return (due_on - add_months(due_on, -task.interval_months)).days
    return task.interval_days


def _judged(task: TaskFacts, limit: _Limit, *, near_percent: float, near_days: float) -> DueItem:
    left, interval = limit.left, limit.interval
    is_near = interval is not None and left * 100 <= interval * near_percent
    if limit.unit == "days":
        is_near = is_near or left <= max(near_days, task.notice_days)
    return DueItem(
        task_id=task.task_id,
        title=task.title,
        kind=task.kind,
        unit=limit.unit,
        due=limit.due,
        remaining=left,
        interval=interval,
        tolerance=limit.tolerance,
        is_exceeded=left < 0,
        is_within_tolerance=left < 0 <= left + limit.tolerance,
        is_near=is_near and left >= 0,
    )


def _need(item: DueItem) -> tuple[int, float]:
    worst = 0 if item.is_exceeded else 1 if item.is_near else 2
    return worst, item.remaining / (item.interval or 1)
