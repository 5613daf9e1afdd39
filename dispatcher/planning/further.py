"""
Pairs of those who have work with others, for the time that it leaves both of them.

A pair is fixed for a span of the day and searched so. What is left of the day when everything else
is settled is worth a second pair all the same: the aircraft and the pilot meet at its base, after
the one's work, before the other's.
"""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.planning.beside import ways_beside
from dispatcher.planning.board import Board
from dispatcher.planning.instance import SECOND, Instance, Unit
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.timing import Timing

# So many aircraft and pilots are looked at for one task, the nearest first.
NEAREST = 8
Work = tuple[Unit, Timing, list[int]]


def further_units(board: Board, task: int, *, able: bool = True) -> list[Unit]:
    """The pairs yet unformed, of whom one at least has work, that may do a task or may not."""
    if not board.instance.visits[task].windows:
        return []
    aircraft, pilots = _work(board)
    found: list[Unit] = []
    for a in _nearest(board.instance, task, "aircraft", able=able):
        for p in _nearest(board.instance, task, "pilots", able=able):
            of_aircraft, of_pilot = aircraft.get(a, []), pilots.get(p, [])
            if of_aircraft is None or of_pilot is None or not (of_aircraft or of_pilot):
                continue
            if not any(unit.pilot == p for unit, _, _ in of_aircraft):
                found += _pair(board, (a, p), of_aircraft, of_pilot)
    return [unit for unit in found if unit.allowed[task] == able]


def make_room(board: Board, unit: Unit) -> None:
    """Hold those who share a further pair's aircraft or pilot to the time they need."""
    for number, other in enumerate(board.units):
        timing = board.timings[number]
        if timing is None or not board.is_used(number):
            continue
        if other.pilot == unit.pilot:
            board.units[number] = replace(other, early=timing.leaves, late=timing.returns)
        elif other.aircraft == unit.aircraft and timing.returns <= unit.early:
            board.units[number] = replace(other, late=timing.returns)
        elif other.aircraft == unit.aircraft:
            board.units[number] = replace(other, early=timing.leaves)


def _work(board: Board) -> tuple[dict[int, list[Work] | None], dict[int, list[Work] | None]]:
    """What each aircraft and each pilot does; None of whom nobody knows when it is over."""
    aircraft: dict[int, list[Work] | None] = {}
    pilots: dict[int, list[Work] | None] = {}
    for number, unit in enumerate(board.units):
        timing = board.timings[number]
        if not board.is_used(number):
            continue
        for rows, key in ((aircraft, unit.aircraft), (pilots, unit.pilot)):
            known = rows.setdefault(key, [])
            if known is None or timing is None:
                rows[key] = None
            else:
                known.append((unit, timing, board.routes[number]))
    return aircraft, pilots


def _nearest(instance: Instance, task: int, kind: str, *, able: bool) -> list[int]:
    site = instance.visits[task].place
    holders = instance.problem.aircraft if kind == "aircraft" else instance.problem.pilots
    may = getattr(instance.eligibility, kind)[task]
    way = [instance.travel[instance.place[each.base.key]][site] for each in holders]
    numbers = (n for n in range(len(holders)) if may[n] or not able)
    return sorted(numbers, key=lambda n: (way[n], n))[:NEAREST]


def _pair(
    board: Board, who: tuple[int, int], of_aircraft: list[Work], of_pilot: list[Work]
) -> Iterable[Unit]:
    """One aircraft with one pilot, once for each time in which both are free."""
    instance = board.instance
    unit = make_unit(instance, *who)
    if unit is None:
        return
    unit.capacity = _left(board, unit, of_aircraft, of_pilot)
    edge, end = _within_duty(instance, unit, of_pilot)
    spans = [(timing.leaves, timing.returns) for _, timing, _ in of_aircraft]
    for other, timing, _ in of_pilot:
        there, back = instance.travel[unit.base][other.base], instance.travel[other.base][unit.base]
        spans.append((timing.leaves - there, timing.returns + back))
    for leaves, returns in [*sorted(spans), (end, end)]:
        late = min(leaves, end)
        if edge < late:
            yield from ways_beside(instance, replace(unit, early=edge, late=late))
        edge = max(edge, returns)


def _within_duty(instance: Instance, unit: Unit, of_pilot: list[Work]) -> tuple[int, int]:
    """The pair's hours, within one duty with everything else that its pilot does."""
    limit = instance.problem.pilots[unit.pilot].max_duty
    if limit is None or not of_pilot:
        return unit.early, unit.late
    first = min(timing.leaves - other.lead for other, timing, _ in of_pilot)
    last = max(timing.returns + other.tail for other, timing, _ in of_pilot)
    duty = limit // SECOND
    return max(unit.early, last - duty + unit.lead), min(unit.late, first + duty - unit.tail)


def _left(
    board: Board, unit: Unit, of_aircraft: list[Work], of_pilot: list[Work]
) -> tuple[int, ...]:
    """Flying and loads that are left of the day's limits of both."""
    problem, visits = board.instance.problem, board.instance.visits

    def flown(work: list[Work]) -> int:
        return sum(visits[n].flight for _, _, route in work for n in route if board.is_joint(n))

    limits = (
        (problem.aircraft[unit.aircraft].hours_left, flown(of_aircraft)),
        (problem.pilots[unit.pilot].max_flying, flown(of_pilot)),
    )
    left = [limit // SECOND - taken for limit, taken in limits if limit is not None]
    carried = (
        sum(visits[n].loads[kind] for _, _, route in of_aircraft for n in route)
        for kind in range(len(unit.capacity) - 1)
    )
    loads = (max(0, most - taken) for most, taken in zip(unit.capacity[1:], carried, strict=True))
    return (max(0, min([unit.capacity[0], *left])), *loads)
