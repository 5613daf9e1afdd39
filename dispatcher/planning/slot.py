"""When one new request could be served beside a plan, best first: for a client on the telephone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatcher.planning.around import around, within
from dispatcher.planning.board import Board, Insertion
from dispatcher.planning.canonical import canonical
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import near_pairs
from dispatcher.planning.finish import SAME_START, plan_of
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Commitment, Period, Plan, Problem, Reason, Task
from dispatcher.planning.published import board_of
from dispatcher.planning.reasons import reasons_for
from dispatcher.planning.shares import loosened

APART = timedelta(minutes=30)
# Offers that are looked at closely, at most, for one request.
MOST_LOOKS = 20
KEPT = "as promised"


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


@dataclass(frozen=True)
class _Offer:
    """A slot, and the place on a board that it means."""

    slot: Slot
    board: Board
    place: Insertion


def anybody(slot: Slot) -> bool:
    """Nothing further is asked."""
    return True


def recommend(
    problem: Problem,
    plan: Plan,
    task: Task,
    *,
    most: int = 5,
    permits: Callable[[Slot], bool] = anybody,
) -> Recommendation:
    """
    Up to so many slots for a request, at least half an hour from each other.

    Everybody keeps their work and its order; `problem` is the one the plan was made of. The
    checker looks at the part of the day around each slot, and `permits` may refuse one: then the
    next best is looked at, a bounded number of times.
    """
    others = tuple(each for each in problem.tasks if each.key != task.key)
    board = _kept(canonical(replace(problem, tasks=(*others, task))), plan, task)
    number = board.instance.task_number[task.key]
    offers = sorted(_offers(board, number), key=_worth)
    chosen: list[Slot] = []
    looks = 0
    for offer in offers:
        slot = offer.slot
        if len(chosen) == most or looks == MOST_LOOKS:
            break
        if all(abs(slot.period.start - other.period.start) >= APART for other in chosen):
            looks += 1
            if _can_be_flown(offer, number) and permits(slot):
                chosen.append(slot)
    return Recommendation(tuple(chosen), () if chosen else tuple(_why_none(board, number, looks)))


def _worth(offer: _Offer) -> tuple[int, Period, str, str]:
    slot = offer.slot
    return slot.cost, slot.period, slot.aircraft, slot.pilot


def _why_none(board: Board, number: int, looks: int) -> Iterable[Reason]:
    if looks:
        yield Reason("refused", f"The rules refuse each of {looks} times that would fit.", looks)
    else:
        yield from reasons_for(board, number)


def _kept(problem: Problem, plan: Plan, task: Task) -> Board:
    """
    Everybody's work on a board.

    What the facts no longer allow as planned still takes its two for that time: nobody is offered
    who was promised elsewhere.
    """
    board = board_of(Instance(problem), plan, without={task.key})
    waiting = {board.instance.tasks[number].key for number in board.unserved()} - {task.key}
    places = {each.key: each.place for each in problem.tasks}
    promised = tuple(
        Commitment(
            key=f"{KEPT}: {each.task}",
            period=each.period,
            aircraft=each.aircraft,
            pilot=each.pilot,
            place=places[each.task],
            task=each.task,
        )
        for each in plan.assignments
        if each.task in waiting
    )
    if not promised:
        return loosened(board)
    problem = replace(problem, commitments=(*problem.commitments, *promised))
    return loosened(board_of(Instance(canonical(problem)), plan, without={task.key}))


def _can_be_flown(offer: _Offer, number: int) -> bool:
    """Whether the checker agrees to a slot, in the part of the day around it."""
    board, slot = offer.board.copy(), offer.slot
    board.insert(number, offer.place)
    plan = plan_of(board, (), input_hash="", seed=0)
    problem, key = board.instance.problem, board.instance.tasks[number].key
    part = around(problem, plan, key, aircraft=slot.aircraft, pilot=slot.pilot)
    return not violations(part, within(plan, part))


def _offers(board: Board, number: int) -> Iterable[_Offer]:
    yield from _of_units(board, number, range(len(board.units)))
    trial = board.copy()
    fresh = [trial.add_unit(unit) for unit in near_pairs(board, number)]
    yield from _of_units(trial, number, fresh)


def _of_units(board: Board, number: int, units: Iterable[int]) -> Iterable[_Offer]:
    for unit in units:
        for place in board.insertions(number, unit):
            yield _Offer(_slot(board, number, place), board, place)


def _slot(board: Board, number: int, place: Insertion) -> Slot:
    instance, weights = board.instance, board.instance.problem.weights
    unit, before = board.units[place.unit], board.timings[place.unit]
    route, after = board.routes[place.unit], place.timing
    starts = dict(zip(route, before.starts if before else (), strict=False))
    trial = [*route[: place.position], number, *route[place.position :]]
    shifted = tuple(
        instance.visits[visit].key
        for visit, start in zip(trial, after.starts, strict=True)
        if visit in starts and abs(start - starts[visit]) > SAME_START.total_seconds()
    )
    travel = after.travel - (before.travel if before and route else 0)
    return Slot(
        period=_period(instance.at(after.starts[place.position]), instance.visits[number].duration),
        aircraft=instance.problem.aircraft[unit.aircraft].key,
        pilot=instance.problem.pilots[unit.pilot].key,
        extra_travel=timedelta(seconds=travel),
        cost=round(place.cost + weights.change * len(shifted)),
        shifted=shifted,
    )


def _period(start: datetime, duration: int) -> Period:
    return Period(start, start + timedelta(seconds=duration))
