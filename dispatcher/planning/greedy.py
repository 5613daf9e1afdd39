"""
A plain dispatcher to compare with, and what no dispatcher could exceed.

The most urgent first, each to whoever is cheapest at that moment, nothing ever moved again: what
one would write in an afternoon. Who goes out with what is decided by base and by list, or by this
planner's own matching, to tell what each of the two is worth.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from dispatcher.planning.beside import add_solo
from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical, input_hash
from dispatcher.planning.finish import plan_of
from dispatcher.planning.instance import SECOND, Instance, Unit, prize_of
from dispatcher.planning.model import Plan, Problem, Unassigned
from dispatcher.planning.pairing import make_units
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.pins import pinned_units
from dispatcher.planning.reasons import reasons_for
from dispatcher.planning.shares import share_limits


def greedy_plan(problem: Problem, *, matched: bool = True) -> Plan:
    """The plain dispatcher's day, with the pairs of the matching or those of the list."""
    instance = Instance(canonical(problem))
    units = make_units(instance) if matched else listed_units(instance)
    board = greedy_board(instance, Board(instance, units))
    unassigned = [
        Unassigned(instance.tasks[number].key, reasons_for(board, number))
        for number in board.unserved()
    ]
    return plan_of(board, unassigned, input_hash=input_hash(instance.problem), seed=0)


def listed_units(instance: Instance) -> list[Unit]:
    """Each pilot with the first free aircraft of the list at the same base, else at any."""
    units = pinned_units(instance)
    aircraft, pilots = instance.problem.aircraft, instance.problem.pilots
    for is_elsewhere in (False, True):
        for p, pilot in enumerate(pilots):
            busy = {unit.aircraft for unit in units}
            if p in {unit.pilot for unit in units}:
                continue
            free = (
                make_unit(instance, a, p)
                for a, each in enumerate(aircraft)
                if a not in busy and (is_elsewhere or each.base.key == pilot.base.key)
            )
            unit = next((each for each in free if each is not None), None)
            if unit is not None:
                units.append(unit)
    for unit in units:
        add_solo(instance, unit)
    share_limits(instance, units)
    return units


def greedy_board(instance: Instance, board: Board) -> Board:
    """Insert every task at its cheapest place, the dearest and then the soonest to close first."""

    def order(number: int) -> tuple[int, int, str]:
        visit = instance.visits[number]
        return -visit.prize, visit.windows[-1][1] if visit.windows else 0, visit.key

    board = board.copy()
    for number in sorted(board.unserved(), key=order):
        place = board.best_insertion(number)
        if place is not None:
            board.insert(number, place)
    return board


def prize_bound(problem: Problem) -> int:
    """
    The most that served work could be worth, whoever plans.

    Tasks that a pair with nothing else to do could serve; of those, as much as working time allows
    when it may be cut into pieces (a fractional knapsack), for all tasks and for those of each
    capability and qualification; and as much flying as limits allow. The least of these bounds.
    """
    instance = Instance(canonical(problem))
    weights = problem.weights
    committed = {each.task for each in problem.commitments}
    sure = sum(prize_of(t, weights.prize) for t in problem.tasks if t.key in committed)
    tasks = [n for n in range(len(instance.tasks)) if _servable(instance, n)]
    total = sum(instance.visits[n].prize for n in tasks)
    bounds = [total]
    names = {name for n in tasks for name in instance.tasks[n].capabilities}
    marks = {name for n in tasks for name in instance.tasks[n].qualifications}
    for name, mark in (
        ("", ""),
        *((n, "") for n in sorted(names)),
        *(("", m) for m in sorted(marks)),
    ):
        group = [n for n in tasks if _needs(instance, n, name, mark)]
        worth = sum(instance.visits[n].prize for n in group)
        limited = min(
            _by_time(instance, group, name, mark), _by_flying(instance, group, name, mark)
        )
        bounds.append(total - worth + limited)
    return sure + min(bounds)


def _needs(instance: Instance, number: int, capability: str, qualification: str) -> bool:
    task = instance.tasks[number]
    return (not capability or capability in task.capabilities) and (
        not qualification or qualification in task.qualifications
    )


def _servable(instance: Instance, number: int) -> bool:
    """Whether it has a window, and somebody of each kind may do it."""
    able = instance.eligibility
    return bool(
        instance.visits[number].windows
        and able.aircraft[number].any()
        and able.pilots[number].any()
    )


def _by_time(instance: Instance, group: Sequence[int], capability: str, mark: str) -> int:
    """The knapsack over hours: as many pairs as there are of the scarcer, with the longest days."""
    problem = instance.problem
    aircraft = [
        each.available.length
        for each in problem.aircraft
        if not capability or capability in each.capabilities
    ]
    pilots = [
        min(each.shift.length, each.max_duty or each.shift.length)
        for each in problem.pilots
        if not mark or mark in each.qualifications
    ]
    # An aircraft may serve two shifts, so its hours and those of all pilots bound the time apart.
    room = min(sum(aircraft, timedelta(0)), sum(pilots, timedelta(0))) // SECOND
    nearest = _nearest(instance)
    needs = [
        instance.visits[n].setup + instance.visits[n].duration + nearest[instance.visits[n].place]
        for n in group
    ]
    return _knapsack(instance, group, needs, room)


def _nearest(instance: Instance) -> list[int]:
    """The least travel into each place from any other stop of a day."""
    count = len(instance.matrix)
    if count < 2:
        return [0] * count
    places = [visit.place for visit in instance.visits]
    places += [instance.place[each.base.key] for each in instance.problem.aircraft]
    crowded = {place for place in places if places.count(place) > 1}
    far = instance.matrix + np.diag(np.full(count, 10**9))
    least = far.min(axis=0)
    return [0 if place in crowded else int(least[place]) for place in range(count)]


def _by_flying(instance: Instance, group: Sequence[int], capability: str, mark: str) -> int:
    problem = instance.problem
    hours = [
        each.hours_left
        for each in problem.aircraft
        if not capability or capability in each.capabilities
    ]
    flying = [each.max_flying for each in problem.pilots if not mark or mark in each.qualifications]
    rooms = [
        sum((each for each in limits if each is not None), timedelta(0)) // SECOND
        for limits in (hours, flying)
        if None not in limits
    ]
    needs = [instance.visits[n].flight for n in group]
    worth = sum(instance.visits[n].prize for n in group)
    return min((_knapsack(instance, group, needs, room) for room in rooms), default=worth)


def _knapsack(instance: Instance, group: Sequence[int], needs: Sequence[int], room: int) -> int:
    """The greatest worth of pieces of tasks that fit."""
    total = 0.0
    by_worth = sorted(
        zip(group, needs, strict=True),
        key=lambda row: -instance.visits[row[0]].prize / max(row[1], 1),
    )
    for number, need in by_worth:
        share = 1.0 if need <= room else room / need
        total += instance.visits[number].prize * share
        room -= round(need * share)
        if room <= 0:
            break
    return int(total) + 1
