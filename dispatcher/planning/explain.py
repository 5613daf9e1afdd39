"""Why these two do a task: what they add to the day, beside the next best and those who cannot."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatcher.planning.board import Board, Insertion
from dispatcher.planning.canonical import canonical
from dispatcher.planning.fill import near_pairs
from dispatcher.planning.instance import Instance, Unit
from dispatcher.planning.model import Looked, Plan, Problem, Reason, Relaxation
from dispatcher.planning.published import board_of
from dispatcher.planning.reasons import blocked_by, codes_against, lacking
from dispatcher.planning.relax import sought
from dispatcher.planning.shares import loosened


@dataclass(frozen=True)
class Choice:
    """A pair that could do a task: when, and what that adds to the cost of the day."""

    aircraft: str
    pilot: str
    start: datetime
    cost: int


@dataclass(frozen=True)
class Explanation:
    """
    The pair that got a task, the next best ones, and what keeps the others from it.

    Costs are in seconds of travel, with lateness and sending somebody out; `saved` is by how much
    the next best is dearer. It is negative where the others' orders would allow a cheaper place.
    Only where `looked` is `FULLY` were cost, others and excluded looked for at all.
    """

    task: str
    chosen: Choice
    others: tuple[Choice, ...]
    excluded: tuple[Reason, ...]
    saved: timedelta | None
    is_pinned: bool = False
    looked: Looked = Looked.FULLY


def why(problem: Problem, plan: Plan, task: str, *, most: int = 3) -> Explanation:
    """
    Why a task is with its two.

    Everybody else keeps their work: the task is taken out and offered to every pair again. Where
    the facts no longer allow it as planned, only who has it is said. Raises KeyError when the plan
    has nobody for it.
    """
    return Explainer(problem, plan).why(task, most=most)


class Explainer:
    """A plan that is asked about many of its tasks."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self._plan = plan
        self._instance = Instance(canonical(problem))
        self._board = loosened(board_of(self._instance, plan))

    def why(self, task: str, *, most: int = 3) -> Explanation:
        """As `why` for one plan. Raises KeyError."""
        bare = self.bare(task)
        number = self._instance.task_number.get(task)
        if bare.is_pinned or number is None:
            return bare
        holder = _holder(self._board, number)
        if holder is None:
            return replace(bare, looked=Looked.FULLY)
        return _beside(self._board, number, holder, bare.chosen, most)

    def bare(self, task: str) -> Explanation:
        """Who has a task, compared with nobody; of pinned work no more is to be said."""
        assignment = self._plan.of_task(task)
        if assignment is None:
            raise KeyError(task)
        own = Choice(assignment.aircraft, assignment.pilot, assignment.period.start, 0)
        is_pinned = assignment.is_pinned or task not in self._instance.task_number
        looked = Looked.FULLY if is_pinned else Looked.NOT_IN_TIME
        return Explanation(task, own, (), (), None, is_pinned=is_pinned, looked=looked)

    def by_worth(self) -> list[str]:
        """The tasks of the plan, the worthiest first."""
        visits, numbers = self._instance.visits, self._instance.task_number
        worth = {key: visits[number].prize for key, number in numbers.items()}
        tasks = (each.task for each in self._plan.assignments)
        return sorted(tasks, key=lambda key: (-worth.get(key, 0), key))


def _holder(board: Board, number: int) -> int | None:
    return next((n for n, route in enumerate(board.routes) if number in route), None)


def _beside(board: Board, number: int, holder: int, own: Choice, most: int) -> Explanation:
    """What the task costs where it is, beside what it would cost with the next best."""
    without = board.copy()
    without.remove(number)
    cost = _cost_of(board, holder) - _cost_of(without, holder)
    own = replace(own, cost=round(cost))
    places = sorted(
        _others(without, number, holder), key=lambda each: (each.cost, each.aircraft, each.pilot)
    )
    best: dict[tuple[str, str], Choice] = {}
    for each in places:
        best.setdefault((each.aircraft, each.pilot), each)
    others = list(best.values())
    saved = timedelta(seconds=others[0].cost - own.cost) if others else None
    excluded = tuple(_excluded(without, number, holder))
    task = board.instance.tasks[number].key
    return Explanation(task, own, tuple(others[:most]), excluded, saved)


def _cost_of(board: Board, number: int) -> float:
    return board.route_cost(board.units[number], board.routes[number], board.timings[number])


def relaxations(
    problem: Problem, plan: Plan, task: str, *, most: int = 3
) -> tuple[Relaxation, ...]:
    """Confirmed changes that would serve a task the plan left behind. Raises KeyError."""
    instance = Instance(canonical(problem))
    board = loosened(board_of(instance, plan))
    return sought(board, plan, instance.task_number[task], most=most).relaxations


def _others(board: Board, number: int, holder: int) -> Iterable[Choice]:
    for unit_number in range(len(board.units)):
        place = board.insertion(number, unit_number)
        if place is not None and unit_number != holder:
            yield _choice(board, board.units[unit_number], place)
    own = board.units[holder]
    trial = board.copy()
    for unit in near_pairs(board, number):
        if (unit.aircraft, unit.pilot) == (own.aircraft, own.pilot):
            continue
        place = trial.insertion(number, trial.add_unit(unit))
        if place is not None:
            yield _choice(board, unit, place)


def _choice(board: Board, unit: Unit, place: Insertion) -> Choice:
    problem = board.instance.problem
    return Choice(
        problem.aircraft[unit.aircraft].key,
        problem.pilots[unit.pilot].key,
        board.instance.at(place.start),
        round(place.cost),
    )


def _excluded(board: Board, number: int, holder: int) -> Iterable[Reason]:
    """Counts of pairs by what keeps them from the task."""
    instance = board.instance
    task = instance.tasks[number]
    found: Counter[tuple[str, str]] = Counter()
    for unit_number, unit in enumerate(board.units):
        if unit_number == holder or board.insertion(number, unit_number) is not None:
            continue
        holders = instance.problem.aircraft[unit.aircraft], instance.problem.pilots[unit.pilot]
        missing = sorted(name for each in holders for name in lacking(task, each))
        codes = [code for each in holders for code in codes_against(instance, task.key, each)]
        if missing:
            found["lacking", ", ".join(missing)] += 1
        elif codes or not unit.allowed[number]:
            found["not_eligible", ", ".join(sorted(set(codes))) or "this pair together"] += 1
        else:
            found[blocked_by(instance, unit, board.routes[unit_number], number), ""] += 1
    for (code, what), count in sorted(found.items()):
        text = f"{count} pairs: {code.replace('_', ' ')}{' ' + what if what else ''}"
        yield Reason(code, text, count=count, details={"what": what} if what else {})
