"""Plan a day: gather, search, let the rules judge the whole plan, keep it as a proposal."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction

from common.exceptions import DomainError
from common.geo import point
from common.lifecycle import locked, move
from common.outbox import announce
from dispatcher import engine
from dispatcher.events import AssignmentsProposed, OptimizationProgressed
from dispatcher.models import (
    Assignment,
    OptimizationRun,
    RunKind,
    RunStatus,
    ScheduleStatus,
)
from dispatcher.planning.explain import Explanation
from dispatcher.planning.model import Assignment as Placed
from dispatcher.planning.model import Exclusion, Plan, Problem, Stopped
from dispatcher.queries.answers import assignment_reason, unassigned_entry
from dispatcher.queries.day_problem import DayProblem, day_problem
from dispatcher.queries.day_rows import settled_assignment
from dispatcher.queries.diffs import plan_diff
from dispatcher.queries.in_force import plan_in_force
from dispatcher.queries.screened import red_trials
from dispatcher.services.runs import beat, claim_run, fail_run, finish
from dispatcher.services.schedules import clear_proposed
from flight_operations.facts.what_if import Trial

logger = logging.getLogger(__name__)
# How often a plan that the rules refuse is made again without what they refused.
MOST_ROUNDS = 4
BEAT_S = 1.0
Clock = Callable[[], datetime]


def perform_run(run_id: int, *, clock: Clock) -> OptimizationRun | None:
    """
    Do a queued run from start to end. None when another worker has it.

    Nothing is locked while it searches; what it found is written in one transaction at the end. A
    fault ends the run as failed, never the schedule.
    """
    run = claim_run(run_id, at=clock())
    if run is None:
        return None
    try:
        day, plan = _searched(run, clock)
        compared = engine.explanations(day.problem, plan)
        _store(run, day, plan, compared, at=clock())
    except DomainError as refusal:
        fail_run(run, error=str(refusal), at=clock())
    except Exception as error:
        logger.exception("Run %s failed", run.number)
        fail_run(run, error=f"{type(error).__name__}: {error}", at=clock())
    return OptimizationRun.objects.get(pk=run_id)


def _searched(run: OptimizationRun, clock: Clock) -> tuple[DayProblem, Plan]:
    report = _reporter(run, clock)
    with _one_moment():
        day = day_problem(
            run.schedule,
            now=clock(),
            weights=run.weights,
            keeps_plan=run.kind == RunKind.REPLAN,
        )
        published = plan_in_force(day) if run.kind == RunKind.REPLAN else None
    search = Search(run.seed, run.time_limit_s, report, published)
    return day, plan_permitted(day, search, now=clock())


@dataclass(frozen=True)
class Search:
    """How to look for a plan; `published` is what it shall stay close to."""

    seed: int
    time_limit_s: int
    report: engine.Report
    published: Plan | None = None

    def solve(self, problem: Problem) -> Plan:
        how: dict[str, Any] = {
            "seed": self.seed,
            "time_limit_s": self.time_limit_s,
            "report": self.report,
        }
        if self.published is None or not self.published.assignments:
            return engine.solve(problem, **how)
        return engine.mend_plan(problem, self.published, **how)


def plan_permitted(day: DayProblem, search: Search, *, now: datetime) -> Plan:
    """
    Search for a plan of which the rules refuse nothing.

    The rules judged every combination before, each operation by itself; what only the whole plan
    brings about (duty, hours before maintenance) is judged here, and what is red is planned anew
    without that combination. What is red at the end is left behind with the finding as reason.
    """
    problem = day.problem
    for _ in range(MOST_ROUNDS):
        plan = search.solve(problem)
        if plan.stopped == Stopped.CANCELLED:
            return plan
        refused = _refused(day, plan, now)
        if not refused:
            return plan
        problem = replace(problem, exclusions=(*problem.exclusions, *refused))
    # Whoever was refused last may not fly at all: no plan goes out with red in it.
    banned = tuple(replace(each, aircraft=None, pilot=None) for each in refused)
    return search.solve(replace(problem, exclusions=(*problem.exclusions, *banned)))


def _refused(day: DayProblem, plan: Plan, now: datetime) -> list[Exclusion]:
    """What the rules would stop of a whole plan, as combinations to leave out."""
    trials = [
        Trial(day.operation(each.task).pk, int(each.aircraft), int(each.pilot), each.period.start)
        for each in plan.assignments
        if not each.is_pinned
    ]
    numbers = {each.pk: each.number for each in day.rows.operations}
    chosen = {trial.operation_id: trial for trial in trials}
    red = red_trials(trials, scope=day.rows.center.scope, now=now)
    return [
        Exclusion(
            findings[0].rule,
            findings[0].message,
            task=numbers[pk],
            aircraft=str(chosen[pk].aircraft_id),
            pilot=str(chosen[pk].pilot_id),
        )
        for pk, findings in sorted(red.items())
    ]


def _reporter(run: OptimizationRun, clock: Clock) -> engine.Report:
    last, goes_on = 0.0, True

    def report(percent: int, stage: str) -> bool:
        nonlocal last, goes_on
        if time.monotonic() - last >= BEAT_S and goes_on:
            last = time.monotonic()
            goes_on = beat(run.pk, run.attempts, percent=percent, stage=stage, at=clock())
        return goes_on

    return report


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot of the database for all reads; inside a transaction the caller's serves."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@transaction.atomic
def _store(
    run: OptimizationRun,
    day: DayProblem,
    plan: Plan,
    compared: Mapping[str, Explanation],
    *,
    at: datetime,
) -> None:
    """Keep what was found: the proposal, the reasons, and what publishing it would change."""
    schedule = locked(run.schedule)
    fresh = locked(run)
    if fresh.status != RunStatus.RUNNING or fresh.attempts != run.attempts:
        return
    if fresh.cancel_requested_at is not None or plan.stopped == Stopped.CANCELLED:
        finish(fresh, schedule, RunStatus.CANCELLED, actor=fresh.cancel_requested_by, at=at)
        return
    clear_proposed(schedule, because=f"Planned anew by {fresh.number}.", actor=None, at=at)
    rows = _rows(fresh, day, plan, compared)
    Assignment.objects.bulk_create(rows)
    fresh.input_hash, fresh.engine = plan.input_hash, engine.NAME
    fresh.snapshot = dict(day.snapshot)
    fresh.figures = _figures(plan)
    fresh.solution = [_solution(each) for each in plan.assignments]
    fresh.reasons = [unassigned_entry(each, day) for each in plan.unassigned]
    fresh.progress_percent, fresh.progress_stage = 100, ""
    fresh.finished_at = at
    fresh.save()
    schedule.proposal = fresh
    fresh.diff = plan_diff(schedule).as_dict()
    move(fresh, RunStatus.SUCCEEDED, actor=None, at=at)
    move(schedule, ScheduleStatus.PROPOSED, actor=None, at=at, reason=fresh.number)
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    announce(OptimizationProgressed(run_id=fresh.pk, status=RunStatus.SUCCEEDED))


def _rows(
    run: OptimizationRun, day: DayProblem, plan: Plan, compared: Mapping[str, Explanation]
) -> list[Assignment]:
    """The plan as proposed assignments, each with the way there and the way on."""
    stints = {
        (stint.aircraft, stint.pilot, task): stint for stint in plan.stints for task in stint.tasks
    }
    rows = []
    by_task = {each.task: each for each in plan.assignments}
    for placed in sorted(plan.assignments, key=lambda each: (each.period.start, each.task)):
        stint = stints.get((placed.aircraft, placed.pilot, placed.task))
        tasks = stint.tasks if stint else (placed.task,)
        place = tasks.index(placed.task)
        previous = by_task[tasks[place - 1]] if place else None
        is_last = place == len(tasks) - 1
        leaves = placed.arrives - placed.travel
        if previous is not None:
            leaves = max(leaves, previous.period.end)
        returns = stint.period.end if stint and is_last else placed.period.end
        span = (min(leaves, placed.period.start), max(returns, placed.period.end))
        row = _row(run, day, placed, span)
        row.why = assignment_reason(day, placed, compared.get(placed.task))
        row.travel_from = _site(day, previous.task) if previous else _base(day, placed)
        rows.append(row)
    return rows


def _row(
    run: OptimizationRun, day: DayProblem, placed: Placed, span: tuple[datetime, datetime]
) -> Assignment:
    operation = day.operation(placed.task)
    settled = settled_assignment(operation)
    is_pinned = settled is not None and settled.is_pinned
    return Assignment(
        schedule=run.schedule,
        operation=operation,
        aircraft_id=int(placed.aircraft),
        pilot_id=int(placed.pilot),
        start_at=placed.period.start,
        end_at=placed.period.end,
        occupied_from=span[0],
        occupied_until=span[1],
        travel_to=operation.plan.launch_site,
        travel_km=round(placed.travel.total_seconds() * day.problem.travel.speed_ms / 1000, 3),
        is_by_hand=settled.is_by_hand if is_pinned and settled else False,
        pinned_at=settled.pinned_at if settled else None,
        pinned_by=settled.pinned_by if settled else None,
        pinned_because=settled.pinned_because if settled else "",
    )


def _site(day: DayProblem, task: str) -> Point:
    return day.operation(task).plan.launch_site


def _base(day: DayProblem, placed: Placed) -> Point:
    base = next(each.base for each in day.problem.aircraft if each.key == placed.aircraft)
    return point(lat=base.lat, lon=base.lon)


def _figures(plan: Plan) -> dict[str, Any]:
    names = plan.score.__dataclass_fields__
    found: dict[str, Any] = {name: getattr(plan.score, name) for name in names}
    return found | {"unassigned": len(plan.unassigned), "stopped": str(plan.stopped)}


def _solution(placed: Placed) -> dict[str, Any]:
    return {
        "operation": placed.task,
        "aircraft": int(placed.aircraft),
        "pilot": int(placed.pilot),
        "start_at": placed.period.start.isoformat(),
        "end_at": placed.period.end.isoformat(),
        "arrives_at": placed.arrives.isoformat(),
        "travel_s": int(placed.travel.total_seconds()),
        "is_pinned": placed.is_pinned,
    }
