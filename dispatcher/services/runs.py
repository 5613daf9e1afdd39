"""The life of an optimization run: asked for, claimed, cancelled, lost and taken up again."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.numbering import next_number
from common.outbox import announce
from common.scheduler import schedule_on_commit
from dispatcher.events import OptimizationProgressed
from dispatcher.exceptions import RunInProgress, RunNotRunning
from dispatcher.models import (
    LIVE_RUNS,
    DispatchCenter,
    DispatchSchedule,
    OptimizationRun,
    RunKind,
    RunStatus,
    ScheduleStatus,
)
from dispatcher.services.centers import check_weights
from dispatcher.services.schedules import open_schedule, require_editable

TASK = "dispatcher.tasks.run_optimization"
LONGEST_S = 300
SEEDS = 2**31


@transaction.atomic
def optimise_daily_schedule(
    day: date,
    center: DispatchCenter,
    *,
    kind: str = RunKind.PLAN,
    seed: int | None = None,
    time_limit_s: int | None = None,
    weights: Mapping[str, Any] | None = None,
    because: str = "",
    actor: Any,
    at: datetime,
) -> OptimizationRun:
    """
    Have a center's day planned in the background; the schedule is opened when there is none.

    The same day, seed and weights give the same plan. Raises RunInProgress, ScheduleNotOpen,
    CenterClosed, InvalidInput.
    """
    schedule = DispatchSchedule.objects.filter(center=center, day=day).first()
    if schedule is None:
        schedule = open_schedule(center, day, actor=actor, at=at)
    return request_run(
        schedule,
        kind=kind,
        seed=seed,
        time_limit_s=time_limit_s,
        weights=weights,
        because=because,
        actor=actor,
        at=at,
    )


@transaction.atomic
def request_run(
    schedule: DispatchSchedule,
    *,
    kind: str = RunKind.PLAN,
    seed: int | None = None,
    time_limit_s: int | None = None,
    weights: Mapping[str, Any] | None = None,
    because: str = "",
    actor: Any,
    at: datetime,
) -> OptimizationRun:
    """Have an open schedule planned; what is published stays in force meanwhile."""
    schedule = locked(schedule)
    live = schedule.runs.live().first()
    if live is not None:
        raise RunInProgress(run=live.number)
    require_editable(schedule)
    check_weights(dict(weights or {}))
    limit = _time_limit(time_limit_s)
    center = schedule.center
    run = OptimizationRun(
        schedule=schedule,
        kind=kind,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        time_limit_s=limit,
        weights=dict(weights or {}),
        because=because,
        requested_by=actor,
        requested_at=at,
    )
    run.number = next_number("OPT", year=at.astimezone(ZoneInfo(center.timezone)).year)
    run.save()
    move(schedule, ScheduleStatus.OPTIMISING, actor=actor, at=at, reason=run.number)
    audit.record(
        "schedule.optimise", schedule, actor=actor, at=at, scope=center.scope, run=run.number
    )
    _announce(run)
    schedule_on_commit(TASK, run_id=run.pk)
    return run


def _time_limit(asked: int | None) -> int:
    limit = settings.DISPATCH_TIME_LIMIT_S if asked is None else asked
    if not 1 <= limit <= LONGEST_S:
        raise InvalidInput("/time_limit_s", f"From 1 to {LONGEST_S} seconds.")
    return int(limit)


@transaction.atomic
def cancel_run(run: OptimizationRun, *, actor: Any, at: datetime) -> OptimizationRun:
    """
    Stop the planning of a day. One that nobody began is over at once; one that runs stops soon.

    Raises RunNotRunning.
    """
    schedule = locked(run.schedule)
    run = locked(run)
    if run.status not in LIVE_RUNS:
        raise RunNotRunning(run=run.number, status=str(run.status))
    run.cancel_requested_at, run.cancel_requested_by = at, actor
    if run.status == RunStatus.QUEUED:
        finish(run, schedule, RunStatus.CANCELLED, actor=actor, at=at)
    else:
        run.save()
    audit.record(
        "schedule.optimise_cancelled",
        schedule,
        actor=actor,
        at=at,
        scope=schedule.center.scope,
        run=run.number,
    )
    return run


@transaction.atomic
def claim_run(run_id: int, *, at: datetime) -> OptimizationRun | None:
    """Take a queued run for this worker; None when another has it or it is over."""
    rows = OptimizationRun.objects.select_for_update(skip_locked=True, of=("self",))
    run = rows.filter(pk=run_id, status=RunStatus.QUEUED).first()
    if run is None:
        return None
    run.started_at = run.heartbeat_at = at
    run.attempts += 1
    run.progress_percent, run.progress_stage = 0, "gathering"
    move(run, RunStatus.RUNNING, actor=None, at=at)
    _announce(run)
    return run


def beat(run_id: int, attempt: int, *, percent: int, stage: str, at: datetime) -> bool:
    """
    Show that a run is alive and how far it is.

    Returns whether it shall go on: not when somebody cancelled it, nor when a sweep gave it up
    and another worker has it.
    """
    mine = OptimizationRun.objects.filter(pk=run_id, status=RunStatus.RUNNING, attempts=attempt)
    known = mine.update(
        heartbeat_at=at, progress_percent=min(99, max(0, percent)), progress_stage=stage[:40]
    )
    return bool(known) and not mine.filter(cancel_requested_at__isnull=False).exists()


@transaction.atomic
def fail_run(run: OptimizationRun, *, error: str, at: datetime) -> None:
    """Give up a run that this worker had; the schedule returns to where it rested."""
    schedule = locked(run.schedule)
    fresh = locked(run)
    if fresh.status != RunStatus.RUNNING or fresh.attempts != run.attempts:
        return
    fresh.error = error[:2000]
    finish(fresh, schedule, RunStatus.FAILED, actor=None, at=at)


@transaction.atomic
def stop_run(run: OptimizationRun, *, at: datetime) -> None:
    """End a run that heard it shall stop; one that another worker has is left alone."""
    schedule = locked(run.schedule)
    fresh = locked(run)
    if fresh.status != RunStatus.RUNNING or fresh.attempts != run.attempts:
        return
    finish(fresh, schedule, RunStatus.CANCELLED, actor=fresh.cancel_requested_by, at=at)


def sweep_runs(*, at: datetime) -> int:
    """
    Take up runs whose worker is lost, and those that no worker ever heard of.

    One that was lost too often fails. Returns how many were handed out again.
    """
    silent = at - timedelta(seconds=settings.DISPATCH_HEARTBEAT_LOST_S)
    lost = Q(status=RunStatus.RUNNING, heartbeat_at__lt=silent)
    unheard = Q(status=RunStatus.QUEUED, updated_at__lt=silent)
    rows = OptimizationRun.objects.filter(lost | unheard).order_by("pk")
    return sum(_take_up(run, silent, at=at) for run in rows.select_related("schedule")[:100])


def finish(
    run: OptimizationRun,
    schedule: DispatchSchedule,
    status: str,
    *,
    actor: Any,
    at: datetime,
) -> None:
    """End a locked run without a proposal; its locked schedule returns to where it rested."""
    run.finished_at = at
    move(run, status, actor=actor, at=at, reason=run.error[:200])
    if schedule.status == ScheduleStatus.OPTIMISING:
        to = schedule.resting_status
        if schedule.assignments.proposed().exists():
            to = ScheduleStatus.PROPOSED
        move(schedule, to, actor=actor, at=at, reason=f"{run.number} {status}")
    _announce(run)


@transaction.atomic
def _take_up(run: OptimizationRun, silent: datetime, *, at: datetime) -> bool:
    schedule = locked(run.schedule)
    run = locked(run)
    if run.status == RunStatus.RUNNING:
        if run.heartbeat_at is None or run.heartbeat_at >= silent:
            return False
        if run.cancel_requested_at is not None:
            finish(run, schedule, RunStatus.CANCELLED, actor=run.cancel_requested_by, at=at)
            return False
        if run.attempts >= settings.DISPATCH_MOST_ATTEMPTS:
            run.error = f"The worker was lost {run.attempts} times."
            finish(run, schedule, RunStatus.FAILED, actor=None, at=at)
            return False
        move(run, RunStatus.QUEUED, actor=None, at=at, reason="worker lost")
    elif run.status == RunStatus.QUEUED:
        OptimizationRun.objects.filter(pk=run.pk).update(updated_at=at)
    else:
        return False
    schedule_on_commit(TASK, run_id=run.pk)
    return True


def _announce(run: OptimizationRun) -> None:
    announce(OptimizationProgressed(run_id=run.pk, status=str(run.status)))
