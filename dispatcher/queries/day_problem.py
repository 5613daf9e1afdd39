"""A center's day as a problem to plan, gathered from the database in a bounded number of reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.conf import settings

from common.compliance.service import parameters_of
from dispatcher.keys import aircraft_key, pilot_key
from dispatcher.models import Assignment, AssignmentStatus, DispatchSchedule, OperationDemand
from dispatcher.planning.model import (
    Commitment,
    Exclusion,
    Period,
    Preference,
    Problem,
    Task,
    Weights,
)
from dispatcher.queries.day_resources import (
    FLIGHTS,
    bookings_elsewhere,
    day_aircraft,
    day_pilots,
    place,
    tokens,
)
from dispatcher.queries.day_roads import Roads, estimated, with_roads
from dispatcher.queries.day_rows import (
    ASSIGNMENT,
    OPERATION,
    DayRows,
    assignment_of,
    day_rows,
    live_assignments,
    settled_assignment,
)
from dispatcher.queries.day_windows import asked_windows, wanted_windows, window_sets
from dispatcher.queries.screened import Screened, nothing, red_trials, screen_day
from dispatcher.queries.under_way import flights_between
from flight_operations.facts.what_if import Trial
from flight_operations.models import FlightOperation, OperationStatus


@dataclass(frozen=True)
class DayProblem:
    """The problem of a day, the rows it was made from, and what stood in them."""

    rows: DayRows
    problem: Problem
    snapshot: Mapping[str, Any]
    roads: Roads

    @property
    def names(self) -> dict[str, str]:
        """What aircraft and pilots are called, by their keys."""
        machines = {aircraft_key(row.pk): row.registration for row in self.rows.aircraft}
        return machines | {pilot_key(row.user_id): row.user.full_name for row in self.rows.members}

    def operation(self, key: str) -> FlightOperation:
        """The operation that a task stands for. Raises KeyError for one of another day."""
        return {each.number: each for each in self.rows.operations}[key]


def day_problem(
    schedule: DispatchSchedule,
    *,
    now: datetime,
    weights: Mapping[str, float] | None = None,
    keeps_plan: bool = False,
    only: FlightOperation | None = None,
    meanwhile: Callable[[], None] = nothing,
) -> DayProblem:
    """
    Gather one day of a center.

    Work that has started, is pinned, or starts within the freeze is fixed. With `keeps_plan` every
    change of what is published costs, so that a plan made anew stays close to it. With `only` all
    work but one operation's is fixed as it stands, and what nobody has yet is left out.
    `meanwhile` is called again and again, and may raise to stop.
    """
    rows = day_rows(schedule)
    if only is not None:
        rows = _narrowed(rows, only)
    fixed = _fixed_work(rows, only, now)
    open_work = [each for each in rows.operations if not fixed[each.pk]]
    windows = {each.pk: asked_windows(rows, now) for each in open_work}
    wanted = {each.pk: wanted_windows(each, rows, now) for each in open_work}
    screened = screen_day(rows, windows, wanted, now=now, meanwhile=meanwhile)
    weighed = day_weights(schedule, weights, keeps_plan=keeps_plan)
    problem = _problem(rows, fixed, windows, screened, weights=weighed, now=now)
    return DayProblem(rows, problem, snapshot_of(rows), Roads(problem.travel, {}))


def on_the_road(day: DayProblem) -> DayProblem:
    """The same day with times by road. Asks the matrix service: call it outside transactions."""
    problem, roads = with_roads(day.problem)
    return replace(day, problem=problem, roads=roads)


def _problem(
    rows: DayRows,
    fixed: Mapping[int, Commitment | None],
    windows: Mapping[int, Sequence[Period]],
    screened: Screened,
    *,
    weights: Weights,
    now: datetime,
) -> Problem:
    own = parameters_of({rows.center.scope}).get(rows.center.scope, {})
    return Problem(
        horizon=Period(*rows.span),
        tasks=tuple(_task(each, rows, windows, screened) for each in rows.operations),
        aircraft=day_aircraft(rows, screened, now=now),
        pilots=day_pilots(rows, screened, {rule: dict(values) for rule, values in own.items()}),
        exclusions=_exclusions(screened),
        commitments=(
            *(entry for entry in fixed.values() if entry is not None),
            *bookings_elsewhere(rows),
        ),
        preferences=_preferences(rows),
        travel=estimated(),
        weights=weights,
        # Before the day begins, the hour at which it is planned makes no other problem of it.
        not_before=max(now, rows.span[0]),
        max_concurrent=rows.center.max_concurrent_operations,
        under_way=_under_way(rows, now),
    )


def _under_way(rows: DayRows, now: datetime) -> tuple[Period, ...]:
    """What began before the day does and is in the air as it begins: another day's plan."""
    opens, closes = rows.span
    own = {each.pk for each in rows.operations}
    found = flights_between(rows.center, opens, closes, at=now)
    return tuple(
        each.period for each in found if each.period.start < opens and each.operation_id not in own
    )


def _fixed_work(
    rows: DayRows, only: FlightOperation | None, now: datetime
) -> dict[int, Commitment | None]:
    """What does not move: for one operation's sake, everything but it."""
    if only is not None:
        return {
            each.pk: None if each.pk == only.pk else _as_it_stands(each) for each in rows.operations
        }
    fixed = {each.pk: _fixed(each, now) for each in rows.operations}
    _free_what_may_not_fly(fixed, rows, now)
    return fixed


def day_weights(
    schedule: DispatchSchedule, asked: Mapping[str, float] | None, *, keeps_plan: bool
) -> Weights:
    """The settings' weights, a center's own over them, and over these what was asked for."""
    known = {**settings.DISPATCH_WEIGHTS, **schedule.center.weights, **(asked or {})}
    if not keeps_plan and schedule.published_at is None:
        known["change"] = 0
    usual = Weights()
    return replace(
        usual, **{name: type(getattr(usual, name))(value) for name, value in known.items()}
    )


def snapshot_of(rows: DayRows) -> dict[str, Any]:
    """Each row that a plan rests on with its version, so that later changes can be named."""
    own = {(OPERATION, each.pk) for each in rows.operations}
    own |= {(ASSIGNMENT, a.pk) for each in rows.operations for a in live_assignments(each)}
    assignments = [
        each
        for operation in rows.operations
        if (each := assignment_of(operation, AssignmentStatus.PUBLISHED)) is not None
    ]
    return {
        "revision": rows.schedule.revision,
        "center": {str(rows.center.pk): rows.center.version},
        "operations": {str(each.pk): each.version for each in rows.operations},
        "demands": {
            str(each.pk): demand.version
            for each in rows.operations
            if (demand := rows.demand(each)) is not None
        },
        "aircraft": {str(each.pk): each.version for each in rows.aircraft},
        "members": {str(each.pk): each.version for each in rows.members},
        "profiles": {str(each.pk): each.version for each in rows.profiles},
        "assignments": {str(each.pk): each.version for each in assignments},
        "defects": {str(each.pk): seal for each in rows.aircraft if (seal := _defects(each))},
        # A booking is the same row when its end moves.
        "bookings": {
            str(row.pk): int(row.period.upper.timestamp())
            for row in rows.bookings
            if (row.source_type, row.source_id) not in own
        },
    }


def _defects(aircraft: Any) -> int:
    """A number that changes with any open defect of an aircraft; 0 without one."""
    found = [(each["pk"], each["version"]) for each in aircraft.open_defects]
    return crc32(repr(found).encode()) if found else 0


def _fixed(operation: FlightOperation, now: datetime) -> Commitment | None:
    """What is in the air, pinned, or about to begin."""
    settled = settled_assignment(operation)
    if operation.status == OperationStatus.ACTIVE:
        start = operation.actual_start_at or operation.planned_start_at
        return _kept(operation, start, max(operation.planned_end_at, now))
    if settled is not None and settled.is_pinned:
        return _of_assignment(operation, settled)
    if _is_about_to_begin(operation, now):
        return _kept(operation, operation.planned_start_at, operation.planned_end_at)
    return None


def _narrowed(rows: DayRows, only: FlightOperation) -> DayRows:
    """The day with the operations that somebody has, and the one that is asked about."""
    has_somebody = [
        each
        for each in rows.operations
        if each.pk == only.pk
        or each.status != OperationStatus.DRAFT
        or settled_assignment(each) is not None
    ]
    return replace(rows, operations=has_somebody)


def _as_it_stands(operation: FlightOperation) -> Commitment:
    settled = settled_assignment(operation)
    if settled is None or operation.status == OperationStatus.ACTIVE:
        return _kept(operation, operation.planned_start_at, operation.planned_end_at)
    return _of_assignment(operation, settled)


def _of_assignment(operation: FlightOperation, settled: Assignment) -> Commitment:
    return Commitment(
        key=f"assignment:{settled.pk}",
        period=Period(settled.start_at, settled.end_at),
        aircraft=aircraft_key(settled.aircraft_id),
        pilot=pilot_key(settled.pilot_id),
        place=place(operation.plan.launch_site),
        flight_time=settled.end_at - settled.start_at,
        task=operation.number,
        loads={FLIGHTS: 1},
    )


def _free_what_may_not_fly(
    fixed: dict[int, Commitment | None], rows: DayRows, now: datetime
) -> None:
    """Work about to begin that a rule forbids as it stands may be given to somebody else."""
    soon = [
        Trial(each.pk, each.aircraft_id, each.pilot_in_command_id, each.planned_start_at)
        for each in rows.operations
        if each.status != OperationStatus.ACTIVE and _is_about_to_begin(each, now)
    ]
    pinned = {each.pk for each in rows.operations if _is_pinned(each)}
    for pk in red_trials(soon, scope=rows.center.scope, now=now):
        if pk not in pinned:
            fixed[pk] = None


def _is_pinned(operation: FlightOperation) -> bool:
    settled = settled_assignment(operation)
    return settled is not None and settled.is_pinned


def _is_about_to_begin(operation: FlightOperation, now: datetime) -> bool:
    soon = now + timedelta(minutes=settings.DISPATCH_FREEZE_MIN)
    return operation.status != OperationStatus.DRAFT and operation.planned_start_at < soon


def _kept(operation: FlightOperation, start: datetime, end: datetime) -> Commitment:
    return Commitment(
        key=f"operation:{operation.pk}",
        period=Period(start, end),
        aircraft=aircraft_key(operation.aircraft_id),
        pilot=pilot_key(operation.pilot_in_command_id),
        place=place(operation.plan.launch_site),
        flight_time=end - start,
        task=operation.number,
        loads={FLIGHTS: 1},
    )


def _task(
    operation: FlightOperation,
    rows: DayRows,
    windows: Mapping[int, Sequence[Period]],
    screened: Screened,
) -> Task:
    demand = rows.demand(operation)
    duration = operation.planned_end_at - operation.planned_start_at
    promised = demand.promised_at if demand else None
    return Task(
        key=operation.number,
        place=place(operation.plan.launch_site),
        duration=duration,
        windows=window_sets(operation, rows, windows, screened),
        priority=demand.priority if demand else 3,
        value=_value(demand, rows),
        flight_time=duration,
        setup=timedelta(minutes=settings.DISPATCH_SETUP_MIN),
        capabilities=tokens(demand),
        qualifications=frozenset(demand.required_qualifications if demand else ()),
        wanted_by=promised + duration if promised else None,
        loads={FLIGHTS: 1},
    )


def _value(demand: OperationDemand | None, rows: DayRows) -> float:
    """From 1 to 1.5 by the money it brings: it decides between equals, never over a priority."""
    if demand is None or not demand.value:
        return 1.0
    values = [float(other.value) for each in rows.operations if (other := rows.demand(each))]
    return 1.0 + 0.5 * float(demand.value) / max(values)


def _exclusions(screened: Screened) -> tuple[Exclusion, ...]:
    every = [each for answer in screened.answers.values() for each in answer.exclusions]
    return tuple(dict.fromkeys(every))


def _preferences(rows: DayRows) -> tuple[Preference, ...]:
    """Who does what, and when, in the plan that holds; without an assignment, what is booked."""
    found = []
    for operation in rows.operations:
        held: Assignment | None = assignment_of(operation, AssignmentStatus.PUBLISHED)
        if held is not None:
            who = (held.aircraft_id, held.pilot_id, held.start_at)
        elif operation.status != OperationStatus.DRAFT:
            who = (
                operation.aircraft_id,
                operation.pilot_in_command_id,
                operation.planned_start_at,
            )
        else:
            continue
        keys = aircraft_key(who[0]), pilot_key(who[1])
        found.append(Preference(operation.number, *keys, who[2]))
    return tuple(found)
