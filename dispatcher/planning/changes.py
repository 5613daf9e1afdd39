"""Relaxations as changes of the facts: applying one gives the problem in which it holds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from dispatcher.planning.finish import SAME_START
from dispatcher.planning.model import (
    Aircraft,
    Exclusion,
    Period,
    Pilot,
    Place,
    Problem,
    Relaxation,
    Task,
    WindowSet,
)

KEPT = "published"


def applied(problem: Problem, task: str, change: Relaxation) -> Problem:
    """The problem with a relaxation for a task made true."""
    for part in change.details.get("parts", (change,)):
        problem = _CHANGES[part.kind](problem, task, part)
    return problem


def held(problem: Problem, starts: Mapping[str, datetime]) -> Problem:
    """The problem in which work that has a start keeps it, to a quarter of an hour."""

    def kept(task: Task) -> Task:
        if task.key not in starts:
            return task
        start = starts[task.key]
        around = Period(start - SAME_START, start + task.duration + SAME_START)
        return replace(task, windows=(*task.windows, WindowSet(KEPT, (around,))))

    return replace(problem, tasks=tuple(kept(task) for task in problem.tasks))


def _window(problem: Problem, key: str, change: Relaxation) -> Problem:
    minutes, side = timedelta(minutes=change.minutes), change.details["side"]

    def wider(task: Task) -> Task:
        sets = (
            _widened(each, minutes, side) if each.kind in change.names else each
            for each in task.windows
        )
        return replace(task, windows=tuple(sets))

    return _with_task(problem, key, wider)


def _widened(each: WindowSet, by: timedelta, side: str) -> WindowSet:
    before = by if side in {"earlier", "either"} else timedelta(0)
    after = by if side in {"later", "either"} else timedelta(0)
    periods = tuple(Period(p.start - before, p.end + after) for p in each.periods)
    return replace(each, periods=periods)


def _duty(problem: Problem, key: str, change: Relaxation) -> Problem:
    """Longer on duty; the shift ends as much later, and begins earlier where that is the side."""
    by = timedelta(minutes=change.minutes)
    early = change.details["side"] == "earlier"

    def longer(pilot: Pilot) -> Pilot:
        shift = pilot.shift
        shift = (
            Period(shift.start - by, shift.end) if early else Period(shift.start, shift.end + by)
        )
        limit = None if pilot.max_duty is None else pilot.max_duty + by
        return replace(pilot, shift=shift, max_duty=limit)

    return _with_pilot(problem, change.pilot, longer)


def _flying(problem: Problem, key: str, change: Relaxation) -> Problem:
    by = timedelta(minutes=change.minutes)

    def further(aircraft: Aircraft) -> Aircraft:
        return replace(aircraft, hours_left=_plus(aircraft.hours_left, by))

    def longer(pilot: Pilot) -> Pilot:
        return replace(pilot, max_flying=_plus(pilot.max_flying, by))

    problem = _with_pilot(problem, change.pilot, longer)
    return _with_aircraft(problem, change.aircraft, further)


def _plus(limit: timedelta | None, by: timedelta) -> timedelta | None:
    return None if limit is None else limit + by


def _capability(problem: Problem, key: str, change: Relaxation) -> Problem:
    """Another aircraft type in the place of this one."""
    names = frozenset(change.names)
    return _with_aircraft(
        problem,
        change.aircraft,
        lambda aircraft: replace(aircraft, capabilities=aircraft.capabilities | names),
    )


def _qualification(problem: Problem, key: str, change: Relaxation) -> Problem:
    """A pilot with another qualification in the place of this one."""
    names = frozenset(change.names)
    return _with_pilot(
        problem,
        change.pilot,
        lambda pilot: replace(pilot, qualifications=pilot.qualifications | names),
    )


def _compliance(problem: Problem, key: str, change: Relaxation) -> Problem:
    """The named rules met: their rows against this task, with those two or with anybody."""

    def met(row: Exclusion) -> bool:
        return (
            row.code in change.names
            and row.task in {None, key}
            and row.aircraft in {None, change.aircraft}
            and row.pilot in {None, change.pilot}
        )

    return replace(problem, exclusions=tuple(row for row in problem.exclusions if not met(row)))


def _extra(problem: Problem, key: str, change: Relaxation) -> Problem:
    """One more aircraft, pilot or both, with all that the task needs, at a base for a span."""
    task = next(each for each in problem.tasks if each.key == key)
    base: Place = change.details["base"]
    span: Period = change.details["period"]
    if change.kind in {"extra_aircraft", "extra_pair"}:
        aircraft = Aircraft("extra aircraft", base, span, task.capabilities, loads=dict(task.loads))
        problem = replace(problem, aircraft=(*problem.aircraft, aircraft))
    if change.kind in {"extra_pilot", "extra_pair"}:
        pilot = Pilot("extra pilot", base, span, task.qualifications)
        problem = replace(problem, pilots=(*problem.pilots, pilot))
    return problem


def _loads(problem: Problem, key: str, change: Relaxation) -> Problem:
    needed = next(each for each in problem.tasks if each.key == key).loads

    def more(aircraft: Aircraft) -> Aircraft:
        kinds = {*aircraft.loads, *needed}
        return replace(
            aircraft, loads={k: aircraft.loads.get(k, 0) + needed.get(k, 0) for k in kinds}
        )

    return _with_aircraft(problem, change.aircraft, more)


def _concurrent(problem: Problem, key: str, change: Relaxation) -> Problem:
    return replace(problem, max_concurrent=(problem.max_concurrent or 0) + 1)


def _with_task(problem: Problem, key: str, change: Callable[[Task], Task]) -> Problem:
    tasks = (change(task) if task.key == key else task for task in problem.tasks)
    return replace(problem, tasks=tuple(tasks))


def _with_aircraft(problem: Problem, key: str, change: Callable[[Aircraft], Aircraft]) -> Problem:
    rows = (change(each) if each.key == key else each for each in problem.aircraft)
    return replace(problem, aircraft=tuple(rows))


def _with_pilot(problem: Problem, key: str, change: Callable[[Pilot], Pilot]) -> Problem:
    rows = (change(each) if each.key == key else each for each in problem.pilots)
    return replace(problem, pilots=tuple(rows))


_CHANGES: dict[str, Callable[[Problem, str, Relaxation], Problem]] = {
    "window": _window,
    "duty": _duty,
    "flying": _flying,
    "loads": _loads,
    "capability": _capability,
    "qualification": _qualification,
    "compliance": _compliance,
    "concurrent": _concurrent,
    "extra_aircraft": _extra,
    "extra_pilot": _extra,
    "extra_pair": _extra,
}
