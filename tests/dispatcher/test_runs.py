from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common.exceptions import InvalidInput
from dispatcher.exceptions import RunInProgress, RunNotRunning
from dispatcher.models import OptimizationRun, RunStatus, ScheduleStatus
from dispatcher.services import optimization, runs
from tests.dispatcher.scene import DAY

LATER = timedelta(minutes=5)


def asked(desk, now, **how):
    return runs.optimise_daily_schedule(DAY, desk.center, **how, actor=desk.dispatcher, at=now)


def test_one_day_is_planned_once_at_a_time_and_handed_to_a_worker(
    desk, now, scheduled, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = asked(desk, now, seed=4)

    with pytest.raises(RunInProgress):
        asked(desk, now)

    assert (run.number, run.status, run.seed) == ("OPT-2026-0001", RunStatus.QUEUED, 4)
    assert run.schedule.status == ScheduleStatus.OPTIMISING
    assert ("dispatcher.tasks.run_optimization", {"run_id": run.pk}) in scheduled


def test_weights_and_limits_out_of_range_are_refused(desk, now):
    for bad in ({"weights": {"joy": 1}}, {"weights": {"prize": -1}}, {"time_limit_s": 301}):
        with pytest.raises(InvalidInput):
            asked(desk, now, **bad)


def test_a_worker_that_is_lost_is_followed_by_another_and_too_many_end_the_run(desk, now, settings):
    run = asked(desk, now)
    assert runs.claim_run(run.pk, at=now) is not None
    assert runs.claim_run(run.pk, at=now) is None
    assert runs.sweep_runs(at=now) == 0

    for attempt in range(1, settings.DISPATCH_MOST_ATTEMPTS):
        now += LATER
        assert runs.sweep_runs(at=now) == 1
        # The one that was given up finds that the run is not its own any more.
        assert runs.beat(run.pk, attempt, percent=50, stage="searching", at=now) is False
        assert runs.claim_run(run.pk, at=now).attempts == attempt + 1
    assert runs.sweep_runs(at=now + LATER) == 0

    run.refresh_from_db()
    run.schedule.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "The worker was lost 3 times.")
    assert run.schedule.status == ScheduleStatus.DRAFT


def test_a_fault_ends_the_run_and_not_the_day(desk, now, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no more memory")

    run = asked(desk, now)
    monkeypatch.setattr(optimization, "day_problem", broken)

    done = optimization.perform_run(run.pk, clock=lambda: now)

    assert (done.status, done.error) == (RunStatus.FAILED, "RuntimeError: no more memory")
    assert done.schedule.status == ScheduleStatus.DRAFT
    with pytest.raises(RunNotRunning):
        runs.cancel_run(done, actor=desk.dispatcher, at=now)
    # Finished, it never changes: the database says so.
    with pytest.raises(IntegrityError), transaction.atomic():
        OptimizationRun.objects.filter(pk=done.pk).update(error="")
    assert optimization.perform_run(run.pk, clock=lambda: now) is None
