"""When each stop of a route happens, and what a limit lacks where it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.planning.instance import FAR, Instance, Unit, Visit


@dataclass(slots=True)
class Timing:
    """Seconds at which a route leaves its base, starts each stop and is back."""

    leaves: int
    starts: list[int]
    returns: int
    travel: int

    @property
    def span(self) -> int:
        return self.returns - self.leaves


def timed(instance: Instance, unit: Unit, route: Sequence[int]) -> Timing | None:
    """
    The earliest end of a route, then the latest departure that still has it; None if it cannot be.

    Where the duty limit is shorter than that, only a stop moved to a later window can help: each
    step leaves just too late for the windows of the step before, so none is passed over.
    """
    if not route:
        return Timing(unit.early, [], unit.early, 0)
    if not within_capacity(instance, unit, route):
        return None
    leave = unit.early
    while True:
        starts = forward(instance, unit, route, leave)
        if starts is None:
            return None
        returns = back_at(instance, unit, route, starts)
        if returns > unit.late:
            return None
        leaves = backward(instance, unit, route, starts)
        starts = forward(instance, unit, route, leaves) or starts
        if returns - leaves <= unit.span:
            return Timing(leaves, starts, returns, driving(instance, unit, route))
        leave = leaves + 1 + min(map(_slack, (instance.visits[n] for n in route), starts))


def within_capacity(instance: Instance, unit: Unit, route: Sequence[int]) -> bool:
    """Whether flying and loads of a route fit what the pair has left."""
    visits = instance.visits
    if sum(visits[number].flight for number in route) > unit.capacity[0]:
        return False
    return all(
        sum(visits[number].loads[kind] for number in route) <= limit
        for kind, limit in enumerate(unit.capacity[1:])
    )


def forward(instance: Instance, unit: Unit, route: Sequence[int], leave: int) -> list[int] | None:
    """The earliest start of each stop after leaving the base, or None where a window is missed."""
    travel, visits = instance.travel, instance.visits
    place, now, wait = unit.base, leave, 0
    starts = []
    for number in route:
        visit = visits[number]
        if not visit.is_fixed and now < instance.not_before:
            # Nobody sets out in the past for work that is not begun.
            now = instance.not_before
        ready = now + wait + travel[place][visit.place] + visit.setup
        start = next_start(visit, ready)
        if start is None:
            return None
        starts.append(start)
        place, now = visit.place, start + visit.duration
        wait = unit.turnround if visit.needs_turnround else 0
    return starts


def next_start(visit: Visit, ready: int) -> int | None:
    """The first moment of its windows, not before somebody is ready."""
    for first, last in visit.windows:
        if ready <= last:
            return max(first, ready)
    return None


def _slack(visit: Visit, start: int) -> int:
    return next(last - start for first, last in visit.windows if first <= start <= last)


def back_at(instance: Instance, unit: Unit, route: Sequence[int], starts: Sequence[int]) -> int:
    """When the unit is back at its base after the last stop."""
    last = instance.visits[route[-1]]
    return starts[-1] + last.duration + instance.travel[last.place][unit.base]


def backward(instance: Instance, unit: Unit, route: Sequence[int], starts: Sequence[int]) -> int:
    """The latest departure from the base that starts the last stop at the same moment."""
    travel, visits = instance.travel, instance.visits
    start = starts[-1]
    for position in range(len(route) - 1, 0, -1):
        visit, before = visits[route[position]], visits[route[position - 1]]
        wait = unit.turnround if before.needs_turnround else 0
        end = start - visit.setup - travel[before.place][visit.place] - wait
        latest = end - before.duration
        start = max(min(last, latest) for first, last in before.windows if first <= latest)
    first_visit = visits[route[0]]
    return start - first_visit.setup - travel[unit.base][first_visit.place]


def driving(instance: Instance, unit: Unit, route: Sequence[int]) -> int:
    """Seconds on the road, from the base and back, and the pilot's own way to it."""
    travel, visits = instance.travel, instance.visits
    place, total = unit.base, unit.lead + unit.tail
    for number in route:
        total += travel[place][visits[number].place]
        place = visits[number].place
    return total + travel[place][unit.base]


def lateness(visit: Visit, start: int) -> int:
    """Seconds after which it was wanted."""
    return 0 if visit.late_after == FAR else max(0, start - visit.late_after)
