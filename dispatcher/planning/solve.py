"""
Plan a day.

First plans in fractions of a second, for several pairings of aircraft and pilots, by insertion,
by VROOM or by PyVRP; PyVRP goes on from the best ones in processes of its own, on the whole day or
on parts of it; what still fits is inserted; the checker looks at every plan before it is given
away.
"""

import time
from collections.abc import Callable

import numpy as np

from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical, input_hash
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import filled, filled_up
from dispatcher.planning.finish import plan_of
from dispatcher.planning.greedy import greedy_board
from dispatcher.planning.improve import (
    WHOLE,
    Report,
    Run,
    begun_anew,
    improved,
    never,
    no_report,
    raced,
)
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import (
    Limits,
    Looked,
    Plan,
    Problem,
    Progress,
    Stopped,
    Unassigned,
)
from dispatcher.planning.pairing import make_units
from dispatcher.planning.patience import Patience, Sought
from dispatcher.planning.pool import Pool
from dispatcher.planning.reasons import reasons_for
from dispatcher.planning.relax import sought
from dispatcher.planning.routing import set_routes
from dispatcher.planning.vroom_start import vroom_routes

PAIRINGS = 8
# Beginnings that are searched, besides VROOM's.
FINALISTS = 3
# By how much work nobody had counts more in the next pairing.
BOOST = 3.0
NO_LIMIT_S = 60.0
VROOM_SHARE = 0.1
Accepts = Callable[[Plan], bool]


def anything(plan: Plan) -> bool:
    """Every plan will do."""
    return True


def plan_day(
    problem: Problem,
    limits: Limits | None = None,
    *,
    report: Report = no_report,
    cancelled: Callable[[], bool] = never,
    with_relaxations: bool = True,
    accepts: Accepts = anything,
) -> Plan:
    """
    The best plan found within the limits; every task is assigned or left behind with reasons.

    `report` hears of progress, `cancelled` is asked several times a second: then the best plan so
    far is returned, marked as such. What `accepts` refuses is not looked at for what would serve
    the tasks left behind. Raises ProblemRefused for a problem that contradicts itself and
    SearchFailed when a searching process dies.
    """
    limits = limits or Limits()
    until = time.monotonic() + limits.seconds
    instance = Instance(canonical(problem))
    with Pool(limits.processes, cancelled) as pool:
        run = Run(limits, pool, report, cancelled, until)
        boards = _beginnings(instance, run)
        if len(instance.tasks) <= WHOLE:
            board = filled_up(raced(boards, run))
        else:
            board = filled_up(improved(boards[0], run))
    return explained(board, run, with_relaxations=with_relaxations, accepts=accepts)


def explained(
    board: Board, run: Run, *, with_relaxations: bool = True, accepts: Accepts = anything
) -> Plan:
    """
    The plan of a board, checked, with reasons for what is left behind.

    What would serve it is looked for after that, the worthiest first, for as long as the limits
    allow and nobody cancels; each row says how far that went.
    """
    seed, key = run.limits.seed, input_hash(board.instance.problem)
    board = _sound(board, key, seed)
    bare = plan_of(board, (), input_hash=key, seed=seed)
    cost, left = round(board.cost()), board.unserved()
    reasons = {}
    for number in left:
        run.report(Progress(1.0, cost, "explaining"))
        reasons[number] = reasons_for(board, number)
    ways = {}
    if with_relaxations and not run.cancelled() and accepts(bare):
        ways = _ways(board, bare, run, left)
    nothing = Sought((), Looked.NOT_ASKED)
    unassigned = [
        Unassigned(board.instance.tasks[n].key, reasons[n], *ways.get(n, nothing)) for n in left
    ]
    run.report(Progress(1.0, cost, "explaining"))
    return plan_of(board, unassigned, input_hash=key, seed=seed, stopped=_why_stopped(run))


def _ways(board: Board, plan: Plan, run: Run, left: list[int]) -> dict[int, Sought]:
    """What would serve each task left behind, in the order given, as far as time lasts."""
    patience, found = Patience(run.limits.explain_s, run.cancelled), {}
    for number in left:
        found[number] = (
            Sought((), Looked.NOT_IN_TIME)
            if patience.is_over()
            else sought(board, plan, number, is_over=patience.is_over)
        )
    return found


def _sound(board: Board, key: str, seed: int) -> Board:
    """
    Take out whatever the checker objects to: nothing it refuses is ever proposed.

    Work comes out until the checker is content; at the latest when only pinned work is left.
    """
    for _ in range(len(board.instance.tasks) + 1):
        waiting = [Unassigned(board.instance.tasks[n].key, ()) for n in board.unserved()]
        plan = plan_of(board, waiting, input_hash=key, seed=seed)
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
        if not found:
            return board
        for task in sorted(bad or {each.task for each in plan.assignments if not each.is_pinned}):
            board.remove(numbers[task])
    raise AssertionError(f"A plan that cannot be flown: {found[0]}")


def _beginnings(instance: Instance, run: Run) -> list[Board]:
    """
    First plans to go on from, the best first.

    The plain dispatcher's for several pairings, in each of which the work that nobody had before
    counts more; and VROOM's for the best pairing.
    """
    count = len(instance.tasks)
    demand = np.array([visit.prize for visit in instance.visits[:count]], float)
    found: list[Board] = []
    for _ in range(PAIRINGS if count <= WHOLE else 1):
        late = run.limits.iterations is None and run.left_s < run.limits.seconds * 0.85
        if found and (late or run.is_over):
            break
        run.report(Progress(0.0, None, "first plan"))
        board = greedy_board(instance, Board(instance, make_units(instance, demand)))
        if not any(_same_pairs(board, other) for other in found):
            found.append(filled(board))
        missing = board.unserved()
        if not missing:
            break
        demand[missing] *= BOOST
    found.sort(key=Board.cost)
    run.report(Progress(0.0, round(found[0].cost()), "searching"))
    other = _by_engine(found[0], run) if count > WHOLE else _by_vroom(found[0], run)
    return sorted([*found[:FINALISTS], *other], key=Board.cost)


def _same_pairs(one: Board, other: Board) -> bool:
    pairs = [[(u.aircraft, u.pilot, u.early) for u in each.units] for each in (one, other)]
    return pairs[0] == pairs[1]


def _by_engine(board: Board, run: Run) -> list[Board]:
    """
    PyVRP's own first plan of a large day on which everybody may do the same.

    Measured: half a second for a thousand stops, and nearer to the best than VROOM in four. Where
    who may do what differs, insertion that knows priorities begins better, and matrices for every
    pair would not fit.
    """
    if len({(unit.allowed.tobytes(), unit.turnround) for unit in board.units}) > 1:
        return []
    return begun_anew(board, run)


def _by_vroom(board: Board, run: Run) -> list[Board]:
    """VROOM's plan for the pairs of a board, if there is time for it."""
    steady = run.limits.iterations is not None
    seconds = NO_LIMIT_S if steady else run.left_s * VROOM_SHARE
    threads = 1 if steady else run.pool.width
    routes = vroom_routes(board.instance, board.units, seconds=seconds, threads=threads)
    if routes is None or run.is_over:
        return []
    other = board.copy()
    free = (n for n, unit in enumerate(board.units) if not unit.is_frozen)
    set_routes(other, {number: routes[number] for number in free})
    return [filled(other)]


def _why_stopped(run: Run) -> Stopped:
    if run.cancelled():
        return Stopped.CANCELLED
    by_clock = run.limits.iterations is None or run.is_cut
    return Stopped.TIME if by_clock else Stopped.ITERATIONS
