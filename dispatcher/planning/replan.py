"""
Mend a published plan after an event, and leave alone what the event does not touch.

Touched is what the checker objects to under the new facts, and what follows it in the same stint:
a delay runs on. Everything else keeps its two and, to a quarter of an hour, its time; work may
only be taken from others where that serves more, at `Weights.change` apiece, and never so much
that less than the share to be kept remains.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import held
from dispatcher.planning.checker import violations
from dispatcher.planning.difference import Change, difference
from dispatcher.planning.fill import filled, filled_up
from dispatcher.planning.finish import is_kept, plan_of
from dispatcher.planning.improve import Report, Run, improved, never, no_report
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import (
    Limits,
    Plan,
    Preference,
    Problem,
)
from dispatcher.planning.pool import Pool
from dispatcher.planning.published import board_of
from dispatcher.planning.solve import Accepts, anything, explained

DEARER = 4
# A plan made afresh moves about half of what an event does not touch: so a tenth of that at most.
# Of few, one may move all the same: else a small day could never serve what is urgent.
KEPT = 0.95

BRIEFLY = Limits(seconds=5)


@dataclass(frozen=True)
class Mended:
    """A plan after an event: what changed, and how much of the rest stayed as published."""

    plan: Plan
    changes: tuple[Change, ...]
    touched: tuple[str, ...]
    untouched: tuple[str, ...]
    kept_share: float


def mend(
    problem: Problem,
    published: Plan,
    limits: Limits = BRIEFLY,
    *,
    keep: float = KEPT,
    report: Report = no_report,
    cancelled: Callable[[], bool] = never,
    with_relaxations: bool = True,
    accepts: Accepts = anything,
) -> Mended:
    """
    The published plan made possible again under the facts of `problem`; `accepts` as elsewhere.

    `keep` is the least share of untouched assignments that stays with the same two at the same
    time (to 15 minutes), whatever else could be gained; but one of them may always move.
    """
    problem = canonical(problem)
    touched = touched_by(problem, published)
    # What is pinned stays by itself: to count it as kept would flatter.
    free = {task.key for task in problem.tasks} - {each.task for each in problem.commitments}
    wanted = tuple(
        Preference(each.task, each.aircraft, each.pilot, each.period.start)
        for each in published.assignments
        if each.task in free - touched and not each.is_pinned
    )
    problem = replace(problem, preferences=wanted)
    still = canonical(held(problem, {each.task: each.start for each in wanted}))
    with Pool(limits.processes, cancelled) as pool:
        run = Run(limits, pool, report, cancelled)
        found = _searched(filled(board_of(Instance(still), published)), problem, run, keep=keep)
    board = filled_up(_released(found, problem))
    plan = explained(board, run, with_relaxations=with_relaxations, accepts=accepts)
    return Mended(
        plan=plan,
        changes=difference(published, plan),
        touched=tuple(sorted(touched)),
        untouched=tuple(each.task for each in wanted),
        kept_share=share_kept(wanted, plan),
    )


def touched_by(problem: Problem, published: Plan) -> set[str]:
    """Tasks that can no longer be done as published, and those after them in the same stint."""
    known = {each.key for each in problem.tasks}
    bad = violations(problem, published)
    named = {each.task for each in bad if each.task}
    whole = [each for each in bad if not each.task]
    machines = {each.aircraft for each in whole} - {""}
    people = {each.pilot for each in whole} - {""}
    touched = set(named)
    for stint in published.stints:
        if stint.aircraft in machines or stint.pilot in people:
            touched |= set(stint.tasks)
        for place, key in enumerate(stint.tasks):
            if key in named:
                touched |= set(stint.tasks[place:])
    return touched & known


def share_kept(wanted: tuple[Preference, ...], plan: Plan) -> float:
    """The share of published assignments that a plan keeps; 1 where there are none."""
    by_task = {each.task: each for each in plan.assignments}
    kept = sum(is_kept(each, by_task.get(each.task)) for each in wanted)
    return kept / len(wanted) if wanted else 1.0


def _searched(board: Board, problem: Problem, run: Run, *, keep: float) -> Board:
    """Better than mending alone, where that keeps enough; a dearer change is tried once."""
    instance = board.instance
    unit_of = {n: number for number, route in enumerate(board.routes) for n in route}
    numbers = {instance.task_number.get(each.task, -1) for each in problem.preferences}
    run.kept = {n: unit_of[n] for n in sorted(numbers) if n in unit_of}
    weights = instance.problem.weights
    for factor in (1, DEARER):
        if run.is_over or not board.unserved():
            break
        dearer = replace(weights, change=weights.change * factor)
        instance.problem = replace(instance.problem, weights=dearer)
        run.until = time.monotonic() + run.limits.seconds / 2
        better = filled(improved(board, run))
        instance.problem = replace(instance.problem, weights=weights)
        plan = plan_of(better, (), input_hash="", seed=run.limits.seed)
        if share_kept(problem.preferences, plan) >= least_kept(len(problem.preferences), keep):
            return better
    return board


def least_kept(untouched: int, keep: float) -> float:
    """The share of so many untouched assignments that must stay: all but one at most."""
    return min(keep, (untouched - 1) / untouched) if untouched else 0.0


def _released(board: Board, problem: Problem) -> Board:
    """
    The same routes in the problem without holds: reasons speak of the real windows.

    Who has work keeps the windows it was placed in, so its start stays; what has nobody may be
    placed at any time.
    """
    free = board.copy()
    free.instance = Instance(problem)
    for number in board.served():
        free.instance.visits[number] = board.instance.visits[number]
    return free
