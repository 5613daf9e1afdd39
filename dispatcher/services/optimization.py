"""Plan a day: gather, search, let the rules judge the whole plan, keep it as a proposal."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
from dispatcher.keys import aircraft_key, pilot_key, pk_of
from dispatcher.models import (
    Assignment,
    OptimizationRun,
    RunKind,
    RunStatus,
    ScheduleStatus,
)
from dispatcher.planning.canonical import input_hash
from dispatcher.planning.explain import Explanation
from dispatcher.planning.model import Assignment as Placed
from dispatcher.planning.model import Exclusion, Looked, Period, Plan, Problem, Stopped
from dispatcher.queries.answers import assignment_reason, judgement, unassigned_entry
from dispatcher.queries.day_problem import DayProblem, day_problem, on_the_road
from dispatcher.queries.day_resources import place
from dispatcher.queries.day_rows import settled_assignment
from dispatcher.queries.diffs import plan_diff
from dispatcher.queries.in_force import plan_in_force
from dispatcher.queries.screened import judged_trials, red_trials
from dispatcher.services.heartbeat import Heartbeat, RunStopped
from dispatcher.services.runs import claim_run, fail_run, finish, stop_run
from dispatcher.services.schedules import clear_proposed
from flight_operations.facts.what_if import Trial
from flight_operations.models import OperationStatus

logger = logging.getLogger(__name__)
# How often a plan that the rules refuse is made again without what they refused.
MOST_ROUNDS = 4
READING = "600s"
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
        with Heartbeat(run, clock) as heart:
            found = _searched(run, clock, heart)
        _store(run, found, at=clock())
    except RunStopped:
        stop_run(run, at=clock())
    except DomainError as refusal:
        fail_run(run, error=str(refusal), at=clock())
    except Exception as error:
        logger.exception("Run %s failed", run.number)
        fail_run(run, error=f"{type(error).__name__}: {error}", at=clock())
    return OptimizationRun.objects.get(pk=run_id)


@dataclass(frozen=True)
class Found:
    """A day as it was asked about, the plan of it, and why each is with its two."""

    day: DayProblem
    asked: str
    plan: Plan
    reasons: Mapping[str, Explanation]
    judged: Mapping[int, dict[str, Any]] = field(default_factory=dict)


def _searched(run: OptimizationRun, clock: Clock, heart: Heartbeat) -> Found:
    with _one_moment():
        day = day_problem(
            run.schedule,
            now=clock(),
            weights=run.weights,
            keeps_plan=run.kind == RunKind.REPLAN,
            meanwhile=heart.go_on,
        )
        published = plan_in_force(day) if run.kind == RunKind.REPLAN else None
    heart.go_on()
    day = on_the_road(day)
    heart.go_on()
    asked = input_hash(day.problem)
    search = Search(run.seed, run.time_limit_s, heart.report, published)
    day, plan, begun = plan_permitted(day, search, now=clock())
    if plan.stopped == Stopped.CANCELLED:
        return Found(day, asked, plan, {})
    reasons = engine.explained(day.problem, plan, report=heart.report, begun=begun)
    return Found(day, asked, plan, reasons, _judged(day, plan, clock()))


def _judged(day: DayProblem, plan: Plan, now: datetime) -> dict[int, dict[str, Any]]:
    """What the rules say of each assignment beside all others, to be kept with why it was made."""
    placed = [each for each in plan.assignments if _is_still_to_fly(day, each)]
    trials = [_trial(day, each) for each in placed]
    found = judged_trials(trials, scope=day.rows.center.scope, now=now)
    return {pk: judgement(findings, at=now) for pk, findings in found.items()}


@dataclass(frozen=True)
class Search:
    """How to look for a plan; `published` is what it shall stay close to."""

    seed: int
    time_limit_s: int
    report: engine.Report
    published: Plan | None = None

    def solve(self, problem: Problem, accepts: Callable[[Plan], bool]) -> Plan:
        asked = engine.Asked(self.seed, self.time_limit_s, self.report, accepts)
        if self.published is None or not self.published.assignments:
            return engine.solve(problem, asked)
        return engine.mend_plan(problem, self.published, asked)


@dataclass
class _Verdict:
    """What the rules refuse of a plan of a day, and when they had been asked."""

    day: DayProblem
    now: datetime
    refused: list[Exclusion] | None = None
    given_at: float = 0.0

    def accepts(self, plan: Plan) -> bool:
        self.refused = _refused(self.day, plan, self.now)
        self.given_at = time.monotonic()
        return not self.refused


def plan_permitted(
    day: DayProblem, search: Search, *, now: datetime
) -> tuple[DayProblem, Plan, float]:
    """
    Search for a plan of which the rules refuse nothing; with the day as it was asked last.

    Only that plan is explained; with it comes when that began, by `time.monotonic`.

    The rules judged every combination before, each operation by itself; what only the whole plan
    brings about (duty, hours before maintenance) is judged here, and what is red is planned anew
    without that combination. What stays red is left behind with the finding as reason: each round
    then takes one operation out at least, so this ends, and no plan goes out with red in it.
    """
    for turn in range(MOST_ROUNDS + len(day.problem.tasks) + 1):
        verdict = _Verdict(day, now)
        plan = search.solve(day.problem, verdict.accepts)
        # A plan that the engine did not have judged is judged here.
        refused = _refused(day, plan, now) if verdict.refused is None else verdict.refused
        if plan.stopped == Stopped.CANCELLED or not refused:
            break
        if turn >= MOST_ROUNDS:
            refused = [replace(each, aircraft=None, pilot=None) for each in refused]
        problem = day.problem
        day = replace(day, problem=replace(problem, exclusions=(*problem.exclusions, *refused)))
    return day, plan, verdict.given_at


def _refused(day: DayProblem, plan: Plan, now: datetime) -> list[Exclusion]:
    """What the rules would stop of a whole plan, as combinations to leave out."""
    trials = [_trial(day, each) for each in plan.assignments if not each.is_pinned]
    numbers = {each.pk: each.number for each in day.rows.operations}
    chosen = {trial.operation_id: trial for trial in trials}
    red = red_trials(trials, scope=day.rows.center.scope, now=now)
    return [
        Exclusion(
            findings[0].rule,
            findings[0].message,
            task=numbers[pk],
            aircraft=aircraft_key(chosen[pk].aircraft_id),
            pilot=pilot_key(chosen[pk].pilot_id),
        )
        for pk, findings in sorted(red.items())
    ]


def _is_still_to_fly(day: DayProblem, each: Placed) -> bool:
    return day.operation(each.task).status != OperationStatus.ACTIVE


def _trial(day: DayProblem, each: Placed) -> Trial:
    operation = day.operation(each.task)
    return Trial(operation.pk, pk_of(each.aircraft), pk_of(each.pilot), each.period.start)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot of the database for all reads; inside a transaction the caller's serves."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The rules are asked between two reads, of a large day for longer than a request may.
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [READING]
            )
        yield


@transaction.atomic
def _store(run: OptimizationRun, found: Found, *, at: datetime) -> None:
    """Keep what was found: the proposal, the reasons, and what publishing it would change."""
    schedule = locked(run.schedule)
    fresh = locked(run)
    if fresh.status != RunStatus.RUNNING or fresh.attempts != run.attempts:
        return
    if fresh.cancel_requested_at is not None or found.plan.stopped == Stopped.CANCELLED:
        finish(fresh, schedule, RunStatus.CANCELLED, actor=fresh.cancel_requested_by, at=at)
        return
    clear_proposed(schedule, because=f"Planned anew by {fresh.number}.", actor=None, at=at)
    Assignment.objects.bulk_create(_rows(fresh, found))
    _record(fresh, found, at=at)
    schedule.proposal = fresh
    fresh.diff = plan_diff(schedule).as_dict()
    move(fresh, RunStatus.SUCCEEDED, actor=None, at=at)
    move(schedule, ScheduleStatus.PROPOSED, actor=None, at=at, reason=fresh.number)
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    announce(OptimizationProgressed(run_id=fresh.pk, status=RunStatus.SUCCEEDED))


def _record(run: OptimizationRun, found: Found, *, at: datetime) -> None:
    """Write down in a run what it was asked and what came of it."""
    run.input_hash, run.engine = found.asked, engine.NAME
    run.snapshot = dict(found.day.snapshot)
    run.figures = _figures(found)
    run.solution = [_solution(each) for each in found.plan.assignments]
    run.reasons = [unassigned_entry(each, found.day) for each in found.plan.unassigned]
    run.progress_percent, run.progress_stage = 100, ""
    run.finished_at = at
    run.save()


def _rows(run: OptimizationRun, found: Found) -> list[Assignment]:
    """The plan as proposed assignments, each with the way there and the way on."""
    day, plan = found.day, found.plan
    stints = {
        (stint.aircraft, stint.pilot, task): stint for stint in plan.stints for task in stint.tasks
    }
    rows = []
    by_task = {each.task: each for each in plan.assignments}
    for placed in sorted(plan.assignments, key=lambda each: (each.period.start, each.task)):
        stint = stints.get((placed.aircraft, placed.pilot, placed.task))
        tasks = stint.tasks if stint else (placed.task,)
        turn = tasks.index(placed.task)
        previous = by_task[tasks[turn - 1]] if turn else None
        is_last = turn == len(tasks) - 1
        leaves = placed.arrives - placed.travel
        if previous is not None:
            leaves = max(leaves, previous.period.end)
        returns = stint.period.end if stint and is_last else placed.period.end
        away = Period(min(leaves, placed.period.start), max(returns, placed.period.end))
        span = _beside_bookings(day, placed, away)
        start = _site(day, previous.task) if previous else _base(day, placed)
        row = _row(run, day, placed, span, start)
        reason = assignment_reason(day, placed, found.reasons[placed.task])
        row.why = reason | _taken_on(row) | found.judged.get(row.operation_id, {})
        rows.append(row)
    return rows


def _beside_bookings(day: DayProblem, placed: Placed, away: Period) -> tuple[datetime, datetime]:
    """
    The time away, without what one of the two is booked for otherwise, such as leave.

    A pair's day goes on after it, but the plan has them back before it begins.
    """
    start, end = away.start, away.end
    for each in day.problem.commitments:
        if each.task or not (each.aircraft == placed.aircraft or each.pilot == placed.pilot):
            continue
        if placed.period.end <= each.period.start:
            end = min(end, each.period.start)
        if each.period.end <= placed.period.start:
            start = max(start, each.period.end)
    return start, end


def _row(
    run: OptimizationRun,
    day: DayProblem,
    placed: Placed,
    span: tuple[datetime, datetime],
    start: Point,
) -> Assignment:
    operation = day.operation(placed.task)
    settled = settled_assignment(operation)
    is_pinned = settled is not None and settled.is_pinned
    site = operation.plan.launch_site
    return Assignment(
        schedule=run.schedule,
        operation=operation,
        aircraft_id=pk_of(placed.aircraft),
        pilot_id=pk_of(placed.pilot),
        start_at=placed.period.start,
        end_at=placed.period.end,
        occupied_from=span[0],
        occupied_until=span[1],
        travel_from=start,
        travel_to=site,
        travel_km=round(day.roads.kilometers(place(start), place(site)), 3),
        is_by_hand=settled.is_by_hand if is_pinned and settled else False,
        pinned_at=settled.pinned_at if settled else None,
        pinned_by=settled.pinned_by if settled else None,
        pinned_because=settled.pinned_because if settled else "",
    )


def _taken_on(row: Assignment) -> dict[str, Any]:
    """What somebody took on by hand for work that is pinned still holds."""
    settled = settled_assignment(row.operation) if row.pinned_at else None
    names = ("accepted_because", "accepted_rules")
    return {name: settled.why[name] for name in names if name in settled.why} if settled else {}


def _site(day: DayProblem, task: str) -> Point:
    return day.operation(task).plan.launch_site


def _base(day: DayProblem, placed: Placed) -> Point:
    base = next(each.base for each in day.problem.aircraft if each.key == placed.aircraft)
    return point(lat=base.lat, lon=base.lon)


def _figures(found: Found) -> dict[str, Any]:
    day, plan = found.day, found.plan
    names = plan.score.__dataclass_fields__
    score: dict[str, Any] = {name: getattr(plan.score, name) for name in names}
    return score | {
        "unassigned": len(plan.unassigned),
        "stopped": str(plan.stopped),
        "not_explained_in_time": _not_in_time(found),
        "travel_by": "road" if day.roads.ways else "estimate",
    }


def _not_in_time(found: Found) -> int:
    """Of how many operations the time for explaining was over before all was looked for."""
    looked = [each.looked for each in found.plan.unassigned]
    looked += [each.looked for each in found.reasons.values()]
    return sum(each != Looked.FULLY for each in looked)


def _solution(placed: Placed) -> dict[str, Any]:
    return {
        "operation": placed.task,
        "aircraft": pk_of(placed.aircraft),
        "pilot": pk_of(placed.pilot),
        "start_at": placed.period.start.isoformat(),
        "end_at": placed.period.end.isoformat(),
        "arrives_at": placed.arrives.isoformat(),
        "travel_s": int(placed.travel.total_seconds()),
        "is_pinned": placed.is_pinned,
    }
