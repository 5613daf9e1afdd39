"""A run that is alive is not handed to a second worker, whatever it is at."""

import time
from datetime import timedelta

import pytest
import time_machine

from dispatcher.models import OptimizationRun, RunStatus
from dispatcher.queries import day_problem
from dispatcher.services import heartbeat, optimization, runs
from tests.common.concurrency import at_once
from tests.dispatcher.scene import DAY, make_desk

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(minutes=10)


@pytest.fixture
def queued(transactional_db, now, monkeypatch):
    """A run that nobody has begun, with a worker's heart that beats fast."""
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.01)
    with time_machine.travel(now, tick=False):
        desk = make_desk()
        desk.wanted(now, km_east=5)
        asked = {"seed": 1, "actor": desk.dispatcher, "at": now}
        yield desk, runs.optimise_daily_schedule(DAY, desk.center, **asked)


@pytest.mark.parametrize(
    ("module", "phase"),
    [
        (day_problem, "screen_day"),
        (optimization, "on_the_road"),
        (optimization, "_refused"),
        (optimization, "_judged"),
    ],
)
def test_a_worker_that_is_busy_for_minutes_keeps_its_run(queued, now, monkeypatch, module, phase):
    _, run = queued
    clock, again = [now], []
    real = getattr(module, phase)

    def swept():
        """What a sweep does ten minutes later, once the run could show that it is alive."""
        for _ in range(250):
            if OptimizationRun.objects.get(pk=run.pk).heartbeat_at == now + LATER:
                break
            time.sleep(0.02)
        return runs.sweep_runs(at=now + LATER + timedelta(seconds=30))

    def slow(*args, **how):
        clock[0] = now + LATER
        again.extend(at_once(swept))
        return real(*args, **how)

    monkeypatch.setattr(module, phase, slow)
    done = optimization.perform_run(run.pk, clock=lambda: clock[0])

    assert again
    assert set(again) == {0}
    assert (done.status, done.attempts, done.error) == (RunStatus.SUCCEEDED, 1, "")


def test_a_run_that_is_cancelled_while_the_rules_are_asked_stops_there(queued, now, monkeypatch):
    desk, run = queued
    real = day_problem.screen_day

    def cancelled_meanwhile(*args, meanwhile, **how):
        at_once(lambda: runs.cancel_run(run, actor=desk.dispatcher, at=now))
        for _ in range(250):
            meanwhile()
            time.sleep(0.02)
        return real(*args, meanwhile=meanwhile, **how)

    monkeypatch.setattr(day_problem, "screen_day", cancelled_meanwhile)
    monkeypatch.setattr(optimization, "on_the_road", None)
    done = optimization.perform_run(run.pk, clock=lambda: now)

    assert (done.status, done.error) == (RunStatus.CANCELLED, "")
    assert done.schedule.assignments.count() == 0
    assert str(done.schedule.status) == "draft"
