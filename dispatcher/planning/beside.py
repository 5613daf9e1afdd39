"""
A pair beside what binds one of its two alone: other work, leave, maintenance.

Such a booking can be part of the pair's day, with work before and after it; or the pair works
between two of them only. Bookings that meet each other, such as the aircraft's and the pilot's for
one flight elsewhere, or that would make one duty too long, leave the second way alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from dispatcher.planning.instance import FAR, Instance, Unit, Visit
from dispatcher.planning.model import Commitment
from dispatcher.planning.timing import timed


def add_solo(instance: Instance, unit: Unit, value: Callable[[Unit], float] | None = None) -> None:
    """
    Let a pair work beside the commitments that bind one of its two, in the way of most value.

    Without `value` that is with all of them in its route where that can be, else in the longest
    time between them. A pair that has no time left gets nothing to do.
    """
    numbers = _bound(instance, unit)
    ways = _ways(instance, unit, numbers)
    if not ways:
        whole = _whole(instance, unit, numbers)
        unit.early, unit.late, unit.fixed = whole.early, whole.late, whole.fixed
        unit.is_frozen = True
        return
    best = max(ways, key=value) if value and len(ways) > 1 else ways[0]
    unit.early, unit.late = best.early, best.late
    unit.fixed, unit.capacity = best.fixed, best.capacity


def ways_beside(instance: Instance, unit: Unit) -> list[Unit]:
    """Every way in which a pair can work beside what binds one of its two alone; may be none."""
    return _ways(instance, unit, _bound(instance, unit))


def in_order(instance: Instance, numbers: Iterable[int]) -> list[int]:
    """Commitments by when they begin."""
    return sorted(numbers, key=lambda number: instance.visits[number].windows[0])


def fits(instance: Instance, unit: Unit, number: int) -> bool:
    """Whether a pair can do a task beside its commitments."""
    fixed = in_order(instance, unit.fixed)
    return any(
        timed(instance, unit, [*fixed[:place], number, *fixed[place:]]) is not None
        for place in range(len(fixed) + 1)
    )


def _ways(instance: Instance, unit: Unit, numbers: list[int]) -> list[Unit]:
    if unit.is_frozen:
        return []
    whole = _whole(instance, unit, numbers)
    found = [whole] if _can_be(instance, whole) else []
    if numbers:
        between = (each for each in _between(instance, unit, numbers) if _can_be(instance, each))
        found += sorted(between, key=lambda each: each.early - each.late)
    return found


def _can_be(instance: Instance, unit: Unit) -> bool:
    if unit.early >= unit.late:
        return False
    return timed(instance, unit, in_order(instance, unit.fixed)) is not None


def _whole(instance: Instance, unit: Unit, numbers: list[int]) -> Unit:
    """With all of them in the route; what reaches beyond the pair's hours is cut off those."""
    found = replace(unit, fixed=list(unit.fixed))
    for number in numbers:
        visit = instance.visits[number]
        leaves, returns = _away(instance, unit, visit)
        if found.early <= leaves and returns <= found.late:
            if not any(_covers(instance.visits[other], visit) for other in found.fixed):
                found.fixed.append(number)
                continue
        elif leaves < found.early:
            found.early = max(found.early, returns)
        else:
            found.late = min(found.late, leaves)
        # Flown outside of this pair's route, it counts against the day's limits all the same.
        found.capacity = _less(found.capacity, visit.flight)
    return found


def _covers(one: Visit, other: Visit) -> bool:
    """Whether somebody who is at the one cannot be anywhere else during the other."""
    first, begin = one.windows[0][0], other.windows[0][0]
    is_within = first <= begin and begin + other.duration <= first + one.duration
    return one.is_fixed and is_within and one.place == other.place


def _between(instance: Instance, unit: Unit, numbers: list[int]) -> Iterable[Unit]:
    """The times between them, from the base and back there, with what was fixed before."""
    capacity = _less(unit.capacity, sum(instance.visits[number].flight for number in numbers))
    edge = unit.early
    spans = sorted(_away(instance, unit, instance.visits[number]) for number in numbers)
    for leaves, returns in [*spans, (unit.late, FAR)]:
        if edge < min(leaves, unit.late):
            late = min(leaves, unit.late)
            yield replace(unit, early=edge, late=late, capacity=capacity, fixed=list(unit.fixed))
        edge = max(edge, returns)


def _less(capacity: tuple[int, ...], flight: int) -> tuple[int, ...]:
    return (max(0, capacity[0] - flight), *capacity[1:])


def _away(instance: Instance, unit: Unit, visit: Visit) -> tuple[int, int]:
    """From when to when a visit keeps somebody from the pair's base."""
    there, back = instance.travel[unit.base][visit.place], instance.travel[visit.place][unit.base]
    start = visit.windows[0][0]
    return start - there, start + visit.duration + back


def _bound(instance: Instance, unit: Unit) -> list[int]:
    """The commitments of one of the two alone that touch the pair's hours or its limits."""
    visits = instance.visits
    found = [number for number, each in _solo(instance) if _binds(instance, unit, each)]
    return sorted(found, key=lambda n: (visits[n].windows[0], -visits[n].duration))


def _solo(instance: Instance) -> Iterable[tuple[int, Commitment]]:
    """Commitments of an aircraft or of a pilot alone, by number of their visit."""
    for number, each in enumerate(instance.commitments, len(instance.tasks)):
        both = each.aircraft in instance.aircraft_number and each.pilot in instance.pilot_number
        if not both:
            yield number, each


def _binds(instance: Instance, unit: Unit, each: Commitment) -> bool:
    return (
        instance.aircraft_number.get(each.aircraft or "") == unit.aircraft
        or instance.pilot_number.get(each.pilot or "") == unit.pilot
    )
