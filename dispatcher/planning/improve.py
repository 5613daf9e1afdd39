"""Make a plan better by searching: the whole day at once, or in parts where it is large."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dispatcher.planning.board import Board
from dispatcher.planning.model import Limits, Progress
from dispatcher.planning.parts import Cut, cut
from dispatcher.planning.pool import Pool
from dispatcher.planning.routing import (
    Budget,
    Part,
    begin_with,
    make_part,
    routes_of,
    set_routes,
)

# A day with more operations is searched in parts.
WHOLE = 400
ROUNDS = 4
LEAST_SLICE_S = 1.0
Report = Callable[[Progress], None]


def no_report(progress: Progress) -> None:
    """Tell nobody."""


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(slots=True)
class Run:
    """What a search may take, whom it tells and who may stop it."""

    limits: Limits
    pool: Pool
    report: Report = no_report
    cancelled: Callable[[], bool] = never
    until: float = 0.0
    kept: Mapping[int, int] = field(default_factory=dict)

    @property
    def left_s(self) -> float:
        return max(0.0, self.until - time.monotonic())


def improved(board: Board, run: Run) -> Board:
    """The board or a better one; it never gets worse."""
    tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
    units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
    if not tasks or not units or run.cancelled():
        return board
    if run.limits.iterations is None and run.left_s <= 0:
        return board
    if len(tasks) <= WHOLE:
        return _whole(board, run, tasks)
    return _in_parts(board, run)


def _whole(board: Board, run: Run, tasks: list[int]) -> Board:
    """Searches side by side over everything: the first from the board, others from nothing."""
    units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
    parts = []
    for number in range(run.pool.width):
        budget = Budget(run.left_s, run.limits.iterations, run.limits.seed + number)
        part = make_part(board.instance, units, tasks, budget, kept=run.kept)
        if number == 0:
            begin_with(part, board)
        parts.append(part)
    best = board
    for routes in _searched(parts, run, 0.0, 1.0):
        trial = board.copy()
        set_routes(trial, routes)
        if trial.cost(run.kept) < best.cost(run.kept):
            best = trial
    return best


def _in_parts(board: Board, run: Run) -> Board:
    """Rounds of cutting, searching the parts and putting them together again."""
    chance = random.Random(run.limits.seed)  # noqa: S311 - reproducible, no secret
    whole = max(run.left_s, 0.01)
    number = 0
    while not run.cancelled() and _goes_on(run, number):
        cuts = cut(board, chance)
        if not cuts:
            break
        slice_s = _slice(run, whole, -(-len(cuts) // run.pool.width))
        parts = [
            _part(board, run, piece, slice_s, 100 * number + n) for n, piece in enumerate(cuts)
        ]
        done = number / ROUNDS if run.limits.iterations else 1 - run.left_s / whole
        board = board.copy()
        for routes in _searched(parts, run, min(done, 1.0), 1 / ROUNDS):
            _take_if_better(board, routes, run)
        number += 1
    return board


def _goes_on(run: Run, number: int) -> bool:
    if run.limits.iterations is not None:
        return number < ROUNDS
    return run.left_s >= LEAST_SLICE_S / 2


def _slice(run: Run, whole: float, turns: int) -> float:
    """Seconds for each part of a round, when so many have to wait for each other."""
    return min(max(LEAST_SLICE_S, whole / ROUNDS / turns), run.left_s / turns)


def _part(board: Board, run: Run, piece: Cut, slice_s: float, offset: int) -> Part:
    count = run.limits.iterations and max(1, run.limits.iterations // ROUNDS)
    budget = Budget(slice_s, count, run.limits.seed + offset)
    units = {n: board.units[n] for n in piece.units}
    part = make_part(board.instance, units, piece.tasks, budget, kept=run.kept)
    begin_with(part, board)
    return part


def _take_if_better(board: Board, routes: dict[int, list[int]], run: Run) -> None:
    trial = board.copy()
    set_routes(trial, routes)
    if trial.cost(run.kept) < board.cost(run.kept):
        board.routes, board.timings = trial.routes, trial.timings


def _searched(
    parts: list[Part], run: Run, share: float, width: float
) -> list[dict[int, list[int]]]:
    return [routes for routes in _routes(parts, run, share, width) if routes is not None]


def _routes(
    parts: list[Part], run: Run, share: float, width: float
) -> list[dict[int, list[int]] | None]:
    """Routes that each part ended with; None where the engine found none that can be flown."""

    def watch(done: float, cost: int | None) -> None:
        run.report(Progress(min(1.0, share + done * width), cost, "searching"))

    outcomes = run.pool.run([part.job for part in parts], watch)
    return [
        routes_of(part, outcome) if outcome.is_feasible else None
        for part, outcome in zip(parts, outcomes, strict=True)
    ]


def raced(boards: list[Board], run: Run) -> Board:
    """
    The best of several beginnings: a short search of each, then a long one of the best two.

    Which aircraft goes with which pilot decides more than any search after it, and a short search
    tells pairings apart better than how they begin.
    """
    boards = sorted(boards, key=Board.cost)
    if len(boards) == 1 or run.cancelled():
        return improved(boards[0], run)
    quarter = Budget(
        run.left_s / (4 * -(-len(boards) // run.pool.width)),
        run.limits.iterations and max(1, run.limits.iterations // 4),
        run.limits.seed,
    )
    boards = sorted(_each(boards, quarter, run, 0.0, 0.25), key=Board.cost)
    run.report(Progress(0.25, round(boards[0].cost()), "searching"))
    rest = Budget(run.left_s, run.limits.iterations, run.limits.seed + 1)
    return min(_each(boards[: run.pool.width], rest, run, 0.25, 0.75), key=Board.cost)


def begun_anew(board: Board, run: Run) -> list[Board]:
    """A plan for the pairs of a board that the engine makes from nothing, if it finds one."""
    tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
    units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
    budget = Budget(run.left_s, 1, run.limits.seed)
    part = make_part(board.instance, units, tasks, budget)
    found = []
    for routes in _searched([part], run, 0.0, 0.1):
        other = board.copy()
        set_routes(other, routes)
        found.append(other)
    return found


def _each(boards: list[Board], budget: Budget, run: Run, share: float, width: float) -> list[Board]:
    """Each board searched from where it is; none gets worse."""
    parts = []
    for board in boards:
        tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
        units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
        part = make_part(board.instance, units, tasks, budget, kept=run.kept)
        begin_with(part, board)
        parts.append(part)
    found = []
    for board, routes in zip(boards, _routes(parts, run, share, width), strict=True):
        trial = board.copy()
        if routes is not None:
            _take_if_better(trial, routes, run)
        found.append(trial)
    return found
