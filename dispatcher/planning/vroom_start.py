"""A first solution of the whole day by VROOM, in fractions of a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from dispatcher.planning.instance import Instance, Unit

# Larger days are begun at VROOM's lowest level: the next takes ten times as long there.
LARGE = 400
TOP_PRIORITY = 100


def vroom_routes(
    instance: Instance, units: Sequence[Unit], *, seconds: float, threads: int
) -> list[list[int]] | None:
    """
    Visits of each unit in order, or None where VROOM is not installed or cannot read the problem.

    VROOM knows no limit of duty, so each unit gets hours no longer than that, where its work is.
    """
    try:
        import vroom  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    active = [number for number, unit in enumerate(units) if not unit.is_frozen]
    tasks = [n for n in range(len(instance.tasks)) if instance.visits[n].windows]
    if not active or not tasks:
        return None
    problem = _input(vroom, instance, {number: units[number] for number in active}, tasks)
    level = 1 if len(tasks) <= LARGE else 0
    try:
        found = problem.solve(level, threads, timedelta(seconds=max(seconds, 0.05)))
    except RuntimeError:
        return None
    return _routes(found, len(units))


def _input(vroom: Any, instance: Instance, units: dict[int, Unit], tasks: list[int]) -> Any:
    problem = vroom.Input()
    jobs = _Jobs(
        instance,
        turnrounds=sorted({unit.turnround for unit in units.values()}),
        top=max(instance.visits[n].prize for n in tasks),
        open_to_all=_open_to_all(list(units.values())),
    )
    for turnround in jobs.turnrounds:
        problem.set_durations_matrix(str(turnround), instance.matrix.astype(np.uint32))
    for number, unit in units.items():
        problem.add_vehicle(_vehicle(vroom, jobs, unit, number))
    for number in (*tasks, *(n for unit in units.values() for n in unit.fixed)):
        problem.add_job(_job(vroom, jobs, number))
    return problem


@dataclass(slots=True)
class _Jobs:
    instance: Instance
    turnrounds: list[int]
    top: int
    open_to_all: set[int]


def _routes(found: Any, count: int) -> list[list[int]]:
    routes: list[list[int]] = [[] for _ in range(count)]
    # Not `found.routes`: that builds a data frame.
    for step in np.asarray(found._routes_numpy()):  # noqa: SLF001
        kind = step["type"]
        if (kind.decode() if isinstance(kind, bytes) else str(kind)) == "job":
            routes[int(step["vehicle_id"])].append(int(step["id"]))
    return routes


def _open_to_all(units: Sequence[Unit]) -> set[int]:
    everyone = np.logical_and.reduce([unit.allowed for unit in units])
    return {int(number) for number in np.flatnonzero(everyone)}


def _vehicle(vroom: Any, jobs: _Jobs, unit: Unit, number: int) -> Any:
    early, late = _hours(jobs.instance, unit)
    may = {int(n) for n in np.flatnonzero(unit.allowed)} - jobs.open_to_all
    return vroom.Vehicle(
        number,
        start=unit.base,
        end=unit.base,
        profile=str(unit.turnround),
        type=str(unit.turnround),
        capacity=list(unit.capacity),
        skills=may | set(unit.fixed),
        # The turn-round after the last operation may run on after the return.
        time_window=(max(0, early), max(0, late) + unit.turnround),
    )


def _hours(instance: Instance, unit: Unit) -> tuple[int, int]:
    """Hours no longer than the duty limit, around the middle of the work this unit may do."""
    if unit.late - unit.early <= unit.span:
        return unit.early, unit.late
    if unit.fixed:
        first = min(instance.visits[n].windows[0][0] for n in unit.fixed)
        early = max(unit.early, first - unit.span // 4)
        return early, min(unit.late, early + unit.span)
    numbers = np.flatnonzero(unit.allowed)
    visits = [instance.visits[n] for n in numbers if instance.visits[n].windows]
    prizes = np.array([visit.prize for visit in visits], float)
    middles = np.array([(v.windows[0][0] + v.windows[-1][1]) / 2 for v in visits])
    middle = int(np.average(middles, weights=prizes)) if visits else unit.early
    early = int(np.clip(middle - unit.span // 2, unit.early, unit.late - unit.span))
    return early, early + unit.span


def _job(vroom: Any, jobs: _Jobs, number: int) -> Any:
    visit = jobs.instance.visits[number]
    service = visit.setup + visit.duration
    waits = {t: t if visit.needs_turnround else 0 for t in jobs.turnrounds}
    priority = max(1, round(TOP_PRIORITY * visit.prize / jobs.top) - 1)
    return vroom.Job(
        number,
        visit.place,
        default_service=service,
        service_per_type={str(turnround): service + wait for turnround, wait in waits.items()},
        delivery=[visit.flight, *visit.loads],
        skills=set() if number in jobs.open_to_all else {number},
        priority=TOP_PRIORITY if visit.is_fixed else priority,
        time_windows=[
            (max(0, first - visit.setup), max(0, last - visit.setup))
            for first, last in visit.windows
        ],
    )
