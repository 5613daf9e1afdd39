"""The part of a problem that one change touches: cheap to solve again and to check."""

from collections.abc import Collection
from dataclasses import replace

from dispatcher.planning.board import concurrent
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import filled
from dispatcher.planning.finish import plan_of
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Assignment, Exclusion, Plan, Problem, Relaxation
from dispatcher.planning.published import board_of


def around(problem: Problem, plan: Plan, task: str, resources: Collection[str]) -> Problem:
    """
    Everything that shares aircraft or pilots with those named, and one task that nobody has.

    How many fly at once is not counted in a part of the day.
    """
    keys = set(resources)
    while True:
        own = [s for s in plan.stints if s.aircraft in keys or s.pilot in keys]
        more = {key for stint in own for key in (stint.aircraft, stint.pilot)}
        more |= {
            key
            for each in problem.commitments
            if each.aircraft in keys or each.pilot in keys
            for key in (each.aircraft, each.pilot)
            if key
        }
        if more <= keys:
            break
        keys |= more
    tasks = {task, *(key for stint in own for key in stint.tasks)}
    return replace(
        problem,
        tasks=tuple(each for each in problem.tasks if each.key in tasks),
        aircraft=tuple(each for each in problem.aircraft if each.key in keys),
        pilots=tuple(each for each in problem.pilots if each.key in keys),
        commitments=tuple(
            each for each in problem.commitments if each.aircraft in keys or each.pilot in keys
        ),
        exclusions=tuple(row for row in problem.exclusions if _about(row, tasks, keys)),
        preferences=(),
        max_concurrent=None,
    )


def served_after(problem: Problem, plan: Plan, task: str, change: Relaxation) -> Assignment | None:
    """
    Who would do a task when a relaxation holds, with everybody keeping everything else.

    Solved again around the change and looked at by the checker; None where it does not serve.
    """
    part = applied(around(problem, plan, task, change.resources), task, change)
    part = canonical(part)
    keys = {each.key for each in part.tasks}
    board = filled(board_of(Instance(part), _only(plan, keys)))
    again = plan_of(board, (), input_hash="", seed=0)
    found = again.of_task(task)
    if found is None or keys - {each.task for each in again.assignments}:
        return None
    if violations(part, again) or not _room(problem, plan, again, change):
        return None
    return found


def _only(plan: Plan, keys: set[str]) -> Plan:
    stints = tuple(stint for stint in plan.stints if set(stint.tasks) <= keys)
    return replace(plan, stints=stints)


def _about(row: Exclusion, tasks: set[str], keys: set[str]) -> bool:
    return (row.task is None or row.task in tasks) and {row.aircraft, row.pilot} - {None} <= keys


def _room(problem: Problem, plan: Plan, again: Plan, change: Relaxation) -> bool:
    """Whether no more operations fly at once than allowed, with all the others of the day."""
    if problem.max_concurrent is None:
        return True
    parts = change.details.get("parts", (change,))
    most = problem.max_concurrent + sum(part.kind == "concurrent" for part in parts)
    mended = {each.task for each in again.assignments}
    others = [each for each in plan.assignments if each.task not in mended]
    spans = [
        (round(each.period.start.timestamp()), round(each.period.end.timestamp()))
        for each in (*others, *again.assignments)
    ]
    return concurrent(spans) <= most
