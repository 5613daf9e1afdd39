"""The part of a problem that one change touches: cheap to solve again and to check."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from dispatcher.planning.board import concurrent
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied, held
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import filled_up
from dispatcher.planning.finish import SAME_START, plan_of
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import (
    Assignment,
    Commitment,
    Exclusion,
    Plan,
    Problem,
    Relaxation,
    Stint,
)
from dispatcher.planning.published import board_of


def around(problem: Problem, plan: Plan, task: str, *, aircraft: str, pilot: str) -> Problem:
    """
    Everything that shares aircraft or pilots with those named, and one task that nobody has.

    How many fly at once is not counted in a part of the day.
    """
    circle = _Circle({aircraft} - {""}, {pilot} - {""})
    while circle.widened((*plan.stints, *problem.commitments)):
        pass
    own = [stint for stint in plan.stints if circle.has(stint)]
    tasks = {task, *(key for stint in own for key in stint.tasks)}
    return replace(
        problem,
        tasks=tuple(each for each in problem.tasks if each.key in tasks),
        aircraft=tuple(each for each in problem.aircraft if each.key in circle.aircraft),
        pilots=tuple(each for each in problem.pilots if each.key in circle.pilots),
        commitments=tuple(each for each in problem.commitments if circle.has(each)),
        exclusions=tuple(row for row in problem.exclusions if circle.is_about(row, tasks)),
        preferences=(),
        max_concurrent=None,
    )


@dataclass
class _Circle:
    """Aircraft and pilots who work with each other on a day."""

    aircraft: set[str]
    pilots: set[str]

    def has(self, row: Stint | Commitment) -> bool:
        return row.aircraft in self.aircraft or row.pilot in self.pilots

    def widened(self, rows: Iterable[Stint | Commitment]) -> bool:
        """Take in whoever works with somebody in it; says whether anybody was new."""
        before = len(self.aircraft) + len(self.pilots)
        for row in rows:
            if self.has(row):
                self.aircraft |= {row.aircraft or ""} - {""}
                self.pilots |= {row.pilot or ""} - {""}
        return len(self.aircraft) + len(self.pilots) > before

    def is_about(self, row: Exclusion, tasks: Collection[str]) -> bool:
        return (
            (row.task is None or row.task in tasks)
            and (row.aircraft is None or row.aircraft in self.aircraft)
            and (row.pilot is None or row.pilot in self.pilots)
        )


@dataclass(frozen=True)
class Served:
    """Who would do a task, and what begins at another time for it: by over a quarter of an hour."""

    assignment: Assignment
    moves: tuple[Assignment, ...]


def served_after(problem: Problem, plan: Plan, task: str, change: Relaxation) -> Served | None:
    """
    Who would do a task when a relaxation holds, with everybody keeping their work and its order.

    With all at their times where that serves, else with what would have to begin at another.
    Solved again around the change and looked at by the checker; None where it does not serve.
    """
    part = around(problem, plan, task, aircraft=change.aircraft, pilot=change.pilot)
    part = applied(part, task, change)
    starts = {each.task: each.period.start for each in plan.assignments if not each.is_pinned}
    as_they_are = held(part, starts) if starts else part
    for which in [as_they_are, part] if starts else [part]:
        again = _again(canonical(which), plan, task)
        found = None if again is None else again.of_task(task)
        if again is not None and found is not None and _room(problem, plan, again, change):
            return Served(found, tuple(_moved(plan, again)))
    return None


def _again(part: Problem, plan: Plan, task: str) -> Plan | None:
    """A part of a day with a task served that nobody had, and all others kept; else None."""
    keys = {each.key for each in part.tasks}
    board = filled_up(board_of(Instance(part), _only(plan, keys)))
    again = plan_of(board, (), input_hash="", seed=0)
    if again.of_task(task) is None or keys - {each.task for each in again.assignments}:
        return None
    return None if violations(part, again) else again


def _moved(plan: Plan, again: Plan) -> Iterable[Assignment]:
    for each in again.assignments:
        before = plan.of_task(each.task)
        if before and abs(each.period.start - before.period.start) > SAME_START:
            yield each


def within(plan: Plan, part: Problem) -> Plan:
    """As much of a plan as is about a part of its problem."""
    keys = {each.key for each in part.tasks} | {each.task or "" for each in part.commitments}
    return replace(
        plan,
        assignments=tuple(each for each in plan.assignments if each.task in keys),
        unassigned=tuple(each for each in plan.unassigned if each.task in keys),
        stints=tuple(stint for stint in plan.stints if keys & set(stint.tasks)),
    )


def _only(plan: Plan, keys: set[str]) -> Plan:
    stints = tuple(stint for stint in plan.stints if set(stint.tasks) <= keys)
    return replace(plan, stints=stints)


def _room(problem: Problem, plan: Plan, again: Plan, change: Relaxation) -> bool:
    """Whether no more operations fly at once than allowed, with all the others of the day."""
    if problem.max_concurrent is None:
        return True
    parts = change.details.get("parts", (change,))
    most = problem.max_concurrent + sum(part.kind == "concurrent" for part in parts)
    mended = {each.task for each in again.assignments}
    others = [each for each in plan.assignments if each.task not in mended]
    periods = [each.period for each in (*others, *again.assignments)]
    spans = [
        (round(each.start.timestamp()), round(each.end.timestamp()))
        for each in (*periods, *problem.under_way)
    ]
    return concurrent(spans) <= most
