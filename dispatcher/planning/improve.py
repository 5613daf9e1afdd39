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
    # Whether the clock ended a search that should have ended by count.
    is_cut: bool = False
    begun: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        return max(0.0, self.until - time.monotonic())

    @property
    def latest(self) -> float | None:
        """When the clock ends what should end by count, where it may."""
        most = self.limits.at_most_s
        return None if most is None or self.limits.iterations is None else self.begun + most

    @property
    def is_over(self) -> bool:
        """Whether somebody stopped it, or the clock did; then it has what it has."""
        self.is_cut |= self.latest is not None and time.monotonic() >= self.latest
        return self.is_cut or self.cancelled()

    def budget(
        self, offset: int = 0, *, seconds: float | None = None, count: int | None = None
    ) -> Budget:
        """What one search may take of what is left; `count` instead of the iterations asked for."""
        return Budget(
            self.left_s if seconds is None else seconds,
            self.limits.iterations and (count or self.limits.iterations),
            self.limits.seed + offset,
            self.latest,
        )


def improved(board: Board, run: Run) -> Board:
    """The board or a better one; it never gets worse."""
    tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
    units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
    if not tasks or not units or run.is_over:
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
        part = make_part(board.instance, units, tasks, run.budget(number), kept=run.kept)
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
    while not run.is_over and _goes_on(run, number):
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
    count = max(1, (run.limits.iterations or 0) // ROUNDS)
    budget = run.budget(offset, seconds=slice_s, count=count)
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
    run.is_cut = run.is_cut or any(outcome.is_cut for outcome in outcomes)
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
    if len(boards) == 1 or run.is_over:
        return improved(boards[0], run)
    turns = -(-len(boards) // run.pool.width)
    quarter = run.budget(
        seconds=run.left_s / (4 * turns), count=max(1, (run.limits.iterations or 0) // 4)
    )
    boards = sorted(_each(boards, quarter, run, 0.0, 0.25), key=Board.cost)
    run.report(Progress(0.25, round(boards[0].cost()), "searching"))
    best = boards[: run.pool.width]
    return min(_each(best, run.budget(1), run, 0.25, 0.75), key=Board.cost)


def begun_anew(board: Board, run: Run) -> list[Board]:
    """A plan for the pairs of a board that the engine makes from nothing, if it finds one."""
    tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
    units = {n: unit for n, unit in enumerate(board.units) if not unit.is_frozen}
    # By count even where the clock counts: the first plan is all that is wanted.
    budget = Budget(run.left_s, 1, run.limits.seed, run.latest)
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
