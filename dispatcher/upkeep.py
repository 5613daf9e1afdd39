"""
When work on either fleet falls due, in one shape, day by day. Values only.

Days are those of each aircraft's own base: a limit by date is reached at the end of its last day, a
limit of hours, cycles or flights by the flight that would pass it.
"""

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from aircraft.airworthiness import TaskFacts
from aircraft.forecast import PlannedFlight, Reached, first_reached, forecast
from rpas.airworthiness import MaintenanceFacts

OVERDUE, NEAR, AHEAD, STAY = "overdue", "near", "ahead", "stay"
# Letters beside colors: overdue, near, later, in maintenance.
LETTERS = {OVERDUE: "!", NEAR: "N", AHEAD: "L", STAY: "M"}
RANK = {OVERDUE: 0, STAY: 1, NEAR: 2, AHEAD: 3}
TASK, VISIT, DEFECT = "task", "stay", "defect"
MOST_A_DAY = 6
# How whoever reads it writes a date.
Written = Callable[[date], str]


@dataclass(frozen=True)
class Entry:
    """
    One thing that has to be done to an aircraft.

    `on` is the local day by which it has to be done, or on which a stay begins; None when nothing
    that is booked reaches the limit. `until` is the last day of a stay.
    """

    fleet: str
    aircraft: str
    operator: str
    kind: str
    model: str
    pk: int
    title: str
    detail: str
    state: str
    on: date | None
    who: str
    zone: str = ""
    until: date | None = None
    link: str = ""

    @property
    def letter(self) -> str:
        return LETTERS[self.state]

    def is_on(self, day: date) -> bool:
        """Whether it belongs to a day of the calendar."""
        return self.on is not None and self.on <= day <= (self.until or self.on)


@dataclass(frozen=True)
class Tail:
    """What the forecast needs of one aircraft."""

    zone: ZoneInfo
    time_min: int
    cycles: int
    flights: int = 0
    booked: Sequence[PlannedFlight] = ()


@dataclass(frozen=True)
class When:
    """When a piece of work falls due, how that stands, and in words."""

    state: str
    on: date | None
    detail: str


def task_due(
    task: TaskFacts, tail: Tail, *, now: datetime, near: Iterable[int], day: Written
) -> When:
    """When a task of a crewed aircraft falls due; `near` are the tasks that the law calls so."""
    limits = _limits(task, tail, tail.cycles, now)
    return _when(limits, tail, day, is_near=task.task_id in set(near))


def item_due(
    item: MaintenanceFacts, tail: Tail, *, now: datetime, near: Iterable[int], day: Written
) -> When:
    """When an item of a drone falls due, by whichever of its limits comes first."""
    if item.is_triggered:
        return When(OVERDUE, now.astimezone(tail.zone).date(), f"reported: {item.condition}")
    named = TaskFacts(task_id=item.schedule_id, title=item.title, kind=item.kind)
    task = replace(
        named,
        next_due_on=item.next_due_on,
        next_due_min=item.next_due_min,
        next_due_cycles=item.next_due_cycles,
    )
    by_flights = replace(named, next_due_cycles=item.next_due_flights)
    limits = _limits(task, tail, tail.cycles, now)
    flights = [_of_flights(each) for each in _limits(by_flights, tail, tail.flights, now)]
    return _when([*limits, *flights], tail, day, is_near=item.schedule_id in set(near))


def grid(month: date, entries: Sequence[Entry]) -> list[list[dict]]:
    """The weeks of a month, Monday first; each day with the first of what belongs to it."""
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[_day(day, month, entries) for day in week] for week in weeks]


def month_end(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Overdue first, then by day; what nothing reaches comes last."""
    return sorted(
        entries,
        key=lambda each: (
            each.state != OVERDUE,
            each.on or date.max,
            RANK[each.state],
            each.aircraft,
            each.kind,
            each.pk,
        ),
    )


def _day(day: date, month: date, entries: Sequence[Entry]) -> dict:
    own = [each for each in entries if each.is_on(day)]
    return {
        "day": day,
        "is_other": day.month != month.month,
        "entries": own[:MOST_A_DAY],
        "more": max(len(own) - MOST_A_DAY, 0),
    }


def _limits(task: TaskFacts, tail: Tail, cycles: int, now: datetime) -> list[Reached]:
    return forecast(
        task, tail.booked, now=now, zone=tail.zone, time_min=tail.time_min, cycles=cycles
    )


def _of_flights(limit: Reached) -> Reached:
    return replace(limit, unit="flights", due=limit.due.replace("cycles", "flights"))


def _when(limits: Sequence[Reached], tail: Tail, day: Written, *, is_near: bool) -> When:
    first = first_reached(limits)
    words = "; ".join(_worded(limit, tail, day) for limit in limits)
    if first is None or first.at is None:
        return When(NEAR if is_near else AHEAD, None, words)
    state = OVERDUE if first.by == "passed" else NEAR if is_near else AHEAD
    return When(state, _day_of(first, tail.zone), words)


def _day_of(limit: Reached, zone: ZoneInfo) -> date:
    if limit.unit == "days":
        return date.fromisoformat(limit.due)
    assert limit.at is not None  # noqa: S101 - the caller has looked
    return limit.at.astimezone(zone).date()


def _worded(limit: Reached, tail: Tail, day: Written) -> str:
    left = f"{abs(limit.remaining)} {limit.unit}"
    if limit.unit == "minutes":
        left = f"{abs(limit.remaining) // 60}:{abs(limit.remaining) % 60:02} h"
    due = day(date.fromisoformat(limit.due)) if limit.unit == "days" else limit.due
    said = f"by {due}, {left} {'over' if limit.remaining < 0 else 'left'}"
    if limit.at is not None and limit.by not in ("passed", "calendar"):
        said += f", passed by what is booked on {day(limit.at.astimezone(tail.zone).date())}"
    return said
