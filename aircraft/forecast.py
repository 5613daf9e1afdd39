"""
When will each limit of a task be reached, given what is booked to be flown? Values only.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from aircraft.airworthiness import TaskFacts, hours_text
from common.time import day_bounds


class PlannedFlight(Struct, frozen=True, kw_only=True):
    """Flying that is booked: minutes and cycles of one aircraft, done by a moment."""

    aircraft_id: int
    starts_at: datetime
    ends_at: datetime
    minutes: int
    cycles: int = 1
    source: str = ""


class Reached(Struct, frozen=True, kw_only=True):
    """
    One limit of one task and when it is reached.

    `at` is the start of the flight that would pass a limit of time or cycles, or the end of the
    last allowed day; None when nothing booked reaches it. `remaining` is what is left today, in
    `unit`.
    """

    task_id: int
    title: str
    kind: str
    unit: str
    due: str
    remaining: int
    remaining_after: int
    at: datetime | None
    by: str = ""


def forecast(
    task: TaskFacts,
    flights: Sequence[PlannedFlight],
    *,
    now: datetime,
    zone: ZoneInfo,
    time_min: int,
    cycles: int,
) -> list[Reached]:
    """
    Every limit of a task, the first to be reached first; limits that nothing reaches come last.

    A limit is reached by the flight after which more than it allows would be flown: that flight
    must not start before the work is done. One that is passed already is reached now.
    """
    today = now.astimezone(zone).date()
    ordered = sorted(flights, key=lambda flight: (flight.starts_at, flight.ends_at))
    found = []
    if task.next_due_on is not None:
        left = (task.next_due_on - today).days
        end = day_bounds(task.next_due_on, zone)[1]
        at, by = (now, "passed") if left < 0 else (end, "calendar")
        due = task.next_due_on.isoformat()
        found.append(_limit(task, "days", due, _Reach(left, left, at, by)))
    if task.next_due_min is not None:
        reach = _flown(task.next_due_min - time_min, ordered, [f.minutes for f in ordered], now)
        found.append(_limit(task, "minutes", hours_text(task.next_due_min), reach))
    if task.next_due_cycles is not None:
        reach = _flown(task.next_due_cycles - cycles, ordered, [f.cycles for f in ordered], now)
        found.append(_limit(task, "cycles", f"{task.next_due_cycles} cycles", reach))
    return sorted(found, key=_when)


def first_reached(limits: Sequence[Reached]) -> Reached | None:
    """The limit that makes the work due: the first that is reached."""
    return min((limit for limit in limits if limit.at is not None), key=_when, default=None)


class _Reach(Struct, frozen=True):
    """What is left today and after all flights, and by what a limit is reached when."""

    left: int
    after: int
    at: datetime | None
    by: str


def _flown(
    left: int, flights: Sequence[PlannedFlight], amounts: Sequence[int], now: datetime
) -> _Reach:
    after = left
    at, by = (now, "passed") if left < 0 else (None, "")
    for flight, amount in zip(flights, amounts, strict=True):
        after -= amount
        if after < 0 and at is None:
            at, by = flight.starts_at, flight.source
    return _Reach(left, after, at, by)


def _limit(task: TaskFacts, unit: str, due: str, reach: _Reach) -> Reached:
    return Reached(
        task_id=task.task_id,
        title=task.title,
        kind=task.kind,
        unit=unit,
        due=due,
        remaining=reach.left,
        remaining_after=reach.after,
        at=reach.at,
        by=reach.by,
    )


def _when(limit: Reached) -> tuple[int, float, str]:
    if limit.at is None:
        return 1, float(limit.remaining), limit.unit
    return 0, limit.at.timestamp(), limit.unit
