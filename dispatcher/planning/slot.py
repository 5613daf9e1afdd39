"""When one new request could be served beside a plan, best first: for a client on the telephone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical
from dispatcher.planning.fill import spares
from dispatcher.planning.finish import SAME_START
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Period, Plan, Problem, Reason, Task
from dispatcher.planning.published import board_of
from dispatcher.planning.reasons import reasons_for

APART = timedelta(minutes=30)
MOST_SPARES = 60


@dataclass(frozen=True)
class Slot:
    """
    A time at which a pair could serve a request.

    `extra_travel` is what it adds to the day, `shifted` are tasks of the same pair whose start
    would move by more than a quarter of an hour.
    """

    period: Period
    aircraft: str
    pilot: str
    extra_travel: timedelta
    cost: int
    shifted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """Slots, best first; without any, the reasons."""

    slots: tuple[Slot, ...]
    reasons: tuple[Reason, ...] = ()


def recommend(problem: Problem, plan: Plan, task: Task, *, most: int = 5) -> Recommendation:
    """
    Up to so many slots for a request, at least half an hour from each other.

    Everybody keeps their work and its order; `problem` is the one the plan was made of.
    """
    others = tuple(each for each in problem.tasks if each.key != task.key)
    instance = Instance(canonical(replace(problem, tasks=(*others, task))))
    board = board_of(instance, plan)
    number = instance.task_number[task.key]
    found = sorted(_slots(board, number), key=lambda slot: (slot.cost, slot.period, slot.aircraft))
    chosen: list[Slot] = []
    for slot in found:
        if all(abs(slot.period.start - other.period.start) >= APART for other in chosen):
            chosen.append(slot)
        if len(chosen) == most:
            break
    return Recommendation(tuple(chosen), () if chosen else reasons_for(board, number))


def _slots(board: Board, number: int) -> Iterable[Slot]:
    yield from _of_units(board, number, range(len(board.units)))
    trial = board.copy()
    fresh = [trial.add_unit(unit) for unit in spares(board)[:MOST_SPARES] if unit.allowed[number]]
    yield from _of_units(trial, number, fresh)


def _of_units(board: Board, number: int, units: Iterable[int]) -> Iterable[Slot]:
    instance, weights = board.instance, board.instance.problem.weights
    for unit_number in units:
        unit, before = board.units[unit_number], board.timings[unit_number]
        for place in board.insertions(number, unit_number):
            route = board.routes[unit_number]
            after = place.timing
            starts = dict(zip(route, before.starts if before else (), strict=False))
            trial = [*route[: place.position], number, *route[place.position :]]
            shifted = [
                instance.visits[visit].key
                for visit, start in zip(trial, after.starts, strict=True)
                if visit in starts and abs(start - starts[visit]) > SAME_START.total_seconds()
            ]
            start = after.starts[place.position]
            travel = after.travel - (before.travel if before and route else 0)
            yield Slot(
                period=_period(instance.at(start), instance.visits[number].duration),
                aircraft=instance.problem.aircraft[unit.aircraft].key,
                pilot=instance.problem.pilots[unit.pilot].key,
                extra_travel=timedelta(seconds=travel),
                cost=round(place.cost + weights.change * len(shifted)),
                shifted=tuple(shifted),
            )


def _period(start: datetime, duration: int) -> Period:
    return Period(start, start + timedelta(seconds=duration))
