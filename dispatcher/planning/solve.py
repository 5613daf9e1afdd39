"""
Plan a day.

VROOM makes a first plan in fractions of a second, for several pairings of aircraft and pilots;
PyVRP goes on from the best one in processes of its own, on the whole day or on parts of it; what
still fits is inserted; the checker looks at every plan before it is given away.
"""

import time
from collections.abc import Callable

import numpy as np

from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical, input_hash
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import filled
from dispatcher.planning.finish import plan_of
from dispatcher.planning.greedy import greedy_board
from dispatcher.planning.improve import WHOLE, Report, Run, improved, never, no_report
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Limits, Plan, Problem, Progress, Stopped, Unassigned
from dispatcher.planning.pairing import make_units
from dispatcher.planning.pool import Pool
from dispatcher.planning.reasons import reasons_for
from dispatcher.planning.relax import relaxations_for
from dispatcher.planning.routing import set_routes
from dispatcher.planning.vroom_start import vroom_routes

PAIRINGS = 4
# By how much work nobody had counts more in the next pairing.
BOOST = 3.0
NO_LIMIT_S = 60.0


def plan_day(
    problem: Problem,
    limits: Limits | None = None,
    *,
    report: Report = no_report,
    cancelled: Callable[[], bool] = never,
    with_relaxations: bool = True,
) -> Plan:
    """
    The best plan found within the limits; every task is assigned or left behind with reasons.

    `report` hears of progress, `cancelled` is asked several times a second: then the best plan so
    far is returned, marked as such. Raises ProblemRefused for a problem that contradicts itself
    and SearchFailed when a searching process dies.
    """
    limits = limits or Limits()
    until = time.monotonic() + limits.seconds
    instance = Instance(canonical(problem))
    with Pool(limits.processes, cancelled) as pool:
        run = Run(limits, pool, report, cancelled, until)
        report(Progress(0.0, None, "first plan"))
        board = filled(_first_board(instance, run))
        report(Progress(0.0, round(board.cost()), "searching"))
        board = filled(improved(board, run))
    report(Progress(1.0, round(board.cost()), "explaining"))
    stopped = _why_stopped(limits, cancelled)
    return explained(board, limits, stopped, with_relaxations=with_relaxations)


def explained(
    board: Board, limits: Limits, stopped: Stopped, *, with_relaxations: bool = True
) -> Plan:
    """The plan of a board, checked, with reasons for what is left behind."""
    problem, key = board.instance.problem, input_hash(board.instance.problem)
    board = _sound(board, key, limits)
    bare = plan_of(board, (), input_hash=key, seed=limits.seed)
    unassigned = [
        Unassigned(
            board.instance.tasks[number].key,
            reasons_for(board, number),
            relaxations_for(board, bare, number) if with_relaxations else (),
        )
        for number in board.unserved()
    ]
    plan = plan_of(board, unassigned, input_hash=key, seed=limits.seed, stopped=stopped)
    left = violations(problem, plan)
    if left:
        raise AssertionError(f"A plan that cannot be flown: {left[0]}")
    return plan


def _sound(board: Board, key: str, limits: Limits) -> Board:
    """Take out whatever the checker objects to: nothing it refuses is ever proposed."""
    for _ in range(len(board.instance.tasks)):
        waiting = [Unassigned(board.instance.tasks[n].key, ()) for n in board.unserved()]
        plan = plan_of(board, waiting, input_hash=key, seed=limits.seed)
        found = violations(board.instance.problem, plan)
        numbers = board.instance.task_number
        bad = {each.task for each in found if each.task in numbers}
        for each in found:
            mine = [
                a for a in plan.assignments if each.aircraft == a.aircraft and a.task in numbers
            ]
            mine += [a for a in plan.assignments if each.pilot == a.pilot and a.task in numbers]
            if each.task not in numbers and mine:
                bad.add(mine[-1].task)
        if not bad:
            return board
        for task in sorted(bad):
            board.remove(numbers[task])
    return board


def _first_board(instance: Instance, run: Run) -> Board:
    """The best of several pairings by a quick solve of each; one pairing for a large day."""
    count = len(instance.tasks)
    demand = np.array([visit.prize for visit in instance.visits[:count]], float)
    best = None
    tries = PAIRINGS if count <= WHOLE else 1
    for number in range(tries):
        board = _quick(instance, demand, run, share=1 / tries)
        if best is None or board.cost() < best.cost():
            best = board
        missing = board.unserved()
        late = run.limits.iterations is None and run.left_s < run.limits.seconds * 0.7
        if not missing or late or run.cancelled() or number == tries - 1:
            break
        demand[missing] *= BOOST
    if best is None:
        raise AssertionError("At least one pairing is tried.")
    return best


def _quick(instance: Instance, demand: np.ndarray, run: Run, *, share: float) -> Board:
    board = Board(instance, make_units(instance, demand))
    seconds = NO_LIMIT_S if run.limits.iterations is not None else run.left_s * 0.4 * share
    threads = 1 if run.limits.iterations is not None else run.pool.width
    routes = vroom_routes(instance, board.units, seconds=seconds, threads=threads)
    if routes is None:
        return greedy_board(instance, board)
    free = (n for n, unit in enumerate(board.units) if not unit.is_frozen)
    set_routes(board, {number: routes[number] for number in free})
    return board


def _why_stopped(limits: Limits, cancelled: Callable[[], bool]) -> Stopped:
    if cancelled():
        return Stopped.CANCELLED
    return Stopped.TIME if limits.iterations is None else Stopped.ITERATIONS
