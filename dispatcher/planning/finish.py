"""A board as a plan: moments instead of seconds, and what it is worth."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from dispatcher.planning.board import Board
from dispatcher.planning.instance import Instance, Unit, prize_of
from dispatcher.planning.model import (
    Assignment,
    Commitment,
    Period,
    Plan,
    Preference,
    Score,
    Stint,
    Stopped,
    Unassigned,
)
from dispatcher.planning.timing import Timing, driving, lateness

# A start that moves by less is the same promise to a client.
SAME_START = timedelta(minutes=15)


def plan_of(
    board: Board,
    unassigned: Sequence[Unassigned],
    *,
    input_hash: str,
    seed: int,
    stopped: Stopped = Stopped.DONE,
) -> Plan:
    """The plan that a board holds, rows by start and key."""
    assignments = tuple(sorted(_assignments(board), key=lambda each: (each.period, each.task)))
    return Plan(
        assignments=assignments,
        unassigned=tuple(sorted(unassigned, key=lambda each: each.task)),
        stints=tuple(sorted(_stints(board), key=lambda each: (each.period, each.aircraft))),
        score=score_of(board, assignments),
        input_hash=input_hash,
        seed=seed,
        stopped=stopped,
    )


def score_of(board: Board, assignments: Sequence[Assignment]) -> Score:
    """What a board is worth; the cost is what searching makes small."""
    instance, weights = board.instance, board.instance.problem.weights
    served = {each.task for each in assignments}
    prizes = {task.key: prize_of(task, weights.prize) for task in instance.problem.tasks}
    missing = sum(prize for key, prize in prizes.items() if key not in served)
    used = [number for number in range(len(board.units)) if board.is_used(number)]
    travel = sum(driving(instance, board.units[n], board.routes[n]) for n in used)
    late = sum(_late(board, number) for number in used)
    by_task = {each.task: each for each in assignments}
    changed = sum(
        not is_kept(each, by_task.get(each.task)) for each in instance.problem.preferences
    )
    imbalance = round(board.imbalance())
    cost = missing + weights.lateness * late + travel + weights.unit * len(used)
    return Score(
        served=len(served),
        prize=sum(prizes.values()) - missing,
        unserved_prize=missing,
        lateness_s=late,
        travel_s=travel,
        units=len(used),
        balance_s=imbalance,
        changed=changed,
        cost=round(cost + weights.balance * imbalance + weights.change * changed),
    )


def is_kept(before: Preference, after: Assignment | None) -> bool:
    """Whether the same two do a task at about the time that was published."""
    return (
        after is not None
        and (before.aircraft, before.pilot) == (after.aircraft, after.pilot)
        and abs(after.period.start - before.start) <= SAME_START
    )


def _late(board: Board, number: int) -> int:
    timing = board.timings[number]
    if timing is None:
        return 0
    visits = (board.instance.visits[visit] for visit in board.routes[number])
    return sum(map(lateness, visits, timing.starts))


def _assignments(board: Board) -> Iterable[Assignment]:
    for number, unit in enumerate(board.units):
        timing = board.timings[number]
        if timing is not None:
            yield from _of_route(board.instance, unit, board.routes[number], timing)
        else:
            yield from map(_pinned, _joint(board, unit))


def _of_route(
    instance: Instance, unit: Unit, route: Sequence[int], timing: Timing
) -> Iterable[Assignment]:
    place, free_at, wait = unit.base, timing.leaves, 0
    aircraft = instance.problem.aircraft[unit.aircraft].key
    pilot = instance.problem.pilots[unit.pilot].key
    count = len(instance.tasks)
    for number, start in zip(route, timing.starts, strict=True):
        visit = instance.visits[number]
        if not visit.is_fixed:
            free_at = max(free_at, instance.not_before)
        travel = instance.travel[place][visit.place]
        period = Period(instance.at(start), instance.at(start + visit.duration))
        arrives = instance.at(min(start - visit.setup, free_at + wait + travel))
        on_road = timedelta(seconds=travel)
        if number < count:
            yield Assignment(visit.key, aircraft, pilot, period, arrives, on_road)
        else:
            each = instance.commitments[number - count]
            if each.task and each.aircraft == aircraft and each.pilot == pilot:
                yield replace(_pinned(each), arrives=arrives, travel=on_road)
        place, free_at = visit.place, start + visit.duration
        wait = unit.turnround if visit.needs_turnround else 0


def _pinned(each: Commitment) -> Assignment:
    return Assignment(
        task=each.task or each.key,
        aircraft=each.aircraft or "",
        pilot=each.pilot or "",
        period=each.period,
        arrives=each.period.start,
        is_pinned=True,
    )


def _joint(board: Board, unit: Unit) -> Iterable[Commitment]:
    for number in unit.fixed:
        each = board.instance.commitments[number - len(board.instance.tasks)]
        if each.task and board.is_joint(number):
            yield each


def _stints(board: Board) -> Iterable[Stint]:
    instance, count = board.instance, len(board.instance.tasks)
    for number, unit in enumerate(board.units):
        timing = board.timings[number]
        if not board.is_used(number):
            continue
        joint = [visit for visit in board.routes[number] if board.is_joint(visit)]
        if timing is None:
            spans = [instance.visits[visit].windows[0][0] for visit in joint]
            ends = [instance.visits[visit].duration for visit in joint]
            leaves, returns = min(spans), max(a + b for a, b in zip(spans, ends, strict=True))
        else:
            leaves, returns = timing.leaves, timing.returns
        keys = (
            instance.visits[visit].key
            if visit < count
            else instance.commitments[visit - count].task or instance.visits[visit].key
            for visit in joint
        )
        yield Stint(
            aircraft=instance.problem.aircraft[unit.aircraft].key,
            pilot=instance.problem.pilots[unit.pilot].key,
            period=Period(instance.at(leaves), instance.at(returns)),
            tasks=tuple(keys),
        )
