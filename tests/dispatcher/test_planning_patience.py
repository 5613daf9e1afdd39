"""Explaining has a time of its own: what was not reached says so, and nothing wrong is said."""

import time
from datetime import timedelta

import pytest

from dispatcher import engine
from dispatcher.models import RunStatus
from dispatcher.planning import relax, solve
from dispatcher.planning.canonical import canonical
from dispatcher.planning.explain import Explainer
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Limits, Looked
from dispatcher.planning.published import board_of
from dispatcher.planning.relax import sought
from dispatcher.planning.shares import loosened
from dispatcher.services import heartbeat, optimization, runs
from tests.dispatcher.planning_rows import QUICK, day, task
from tests.dispatcher.proposal_hands import VERBS, address, browser_of
from tests.dispatcher.scene import OPENS, at_the_desk

NO_TIME = Limits(seconds=5, iterations=60, processes=1, explain_s=0)


def crowded(count=4):
    """One of them can be done; the last is worth most, and then the one before it."""
    return day(
        *(task(f"job-{n}", start="08:00", end="09:00", priority=1 + n) for n in range(count))
    )


class Steps:
    """Time that is over after so many questions."""

    def __init__(self, left):
        self.left = left

    def __call__(self):
        self.left -= 1
        return self.left < 0


def test_without_time_every_task_left_behind_has_its_reasons_and_says_what_was_not_looked_for():
    problem = crowded()

    plan, full = solve.plan_day(problem, NO_TIME), solve.plan_day(problem, QUICK)

    assert plan.assignments == full.assignments
    assert [each.reasons for each in plan.unassigned] == [each.reasons for each in full.unassigned]
    assert all(each.reasons for each in plan.unassigned)
    assert {(each.looked, each.relaxations) for each in plan.unassigned} == {
        (Looked.NOT_IN_TIME, ())
    }
    assert {each.looked for each in full.unassigned} == {Looked.FULLY}
    assert all(each.relaxations for each in full.unassigned)


def test_the_worthiest_is_looked_at_first(monkeypatch):
    real, looked = relax.sought, []

    def slow(board, plan, number, **how):
        looked.append(board.instance.tasks[number].key)
        found = real(board, plan, number, **how)
        time.sleep(0.4)
        return found

    monkeypatch.setattr(solve, "sought", slow)

    plan = solve.plan_day(crowded(), Limits(seconds=5, iterations=60, processes=1, explain_s=0.3))

    assert looked == ["job-2"]
    assert {each.task: each.looked for each in plan.unassigned}["job-0"] == Looked.NOT_IN_TIME


def test_whatever_the_time_was_enough_for_was_confirmed_and_the_rest_is_not_denied():
    problem = crowded()
    plan = solve.plan_day(problem, QUICK)
    board = loosened(board_of(Instance(canonical(problem)), plan))
    number = board.instance.task_number["job-0"]
    whole = sought(board, plan, number)

    seen = set()
    for steps in range(40):
        found = sought(board, plan, number, is_over=Steps(steps))
        seen.add(found.looked)
        assert all(each in whole.relaxations for each in found.relaxations)
        assert bool(found.relaxations) == (found.looked != Looked.NOT_IN_TIME)
        if found.looked == Looked.FULLY:
            assert found == whole

    assert seen == {Looked.NOT_IN_TIME, Looked.PARTLY, Looked.FULLY}


def test_a_plan_that_is_refused_is_not_explained():
    plan = solve.plan_day(crowded(), QUICK, accepts=lambda plan: not plan.assignments)

    assert {each.looked for each in plan.unassigned} == {Looked.NOT_ASKED}
    assert all(each.reasons for each in plan.unassigned)


def test_who_else_could_do_it_is_looked_for_the_worthiest_first(settings, monkeypatch):
    settings.DISPATCH_EXPLAIN_S = 0.3
    problem = day(*(task(f"job-{n}", "creek", priority=1 + n) for n in range(3)))
    plan = solve.plan_day(problem, QUICK)
    real = Explainer.why

    def slow(explainer, key, **how):
        time.sleep(0.4)
        return real(explainer, key, **how)

    monkeypatch.setattr(Explainer, "why", slow)
    found = engine.explained(problem, plan, report=lambda *_: True, begun=time.monotonic())

    assert {key: each.looked for key, each in found.items()} == {
        "job-2": Looked.FULLY,
        "job-1": Looked.NOT_IN_TIME,
        "job-0": Looked.NOT_IN_TIME,
    }
    late = found["job-0"]
    assert (late.chosen.aircraft, late.others, late.excluded, late.saved) == ("VH-A", (), (), None)


def test_a_day_that_was_not_explained_in_time_is_proposed_and_says_so(desk, now, settings):
    settings.DISPATCH_EXPLAIN_S = 0
    for _ in range(4):
        desk.wanted(now, km_east=20, deadline_at=OPENS + timedelta(minutes=100))

    run = desk.optimised(now)

    assert (run.error, run.status) == ("", RunStatus.SUCCEEDED)
    rows = list(run.schedule.assignments.proposed())
    assert rows
    assert run.reasons
    assert all(entry["reasons"] for entry in run.reasons)
    assert {(each["looked_for"], len(each["relaxations"])) for each in run.reasons} == {
        ("not_in_time", 0)
    }
    assert {(row.why["compared"], row.why["cost"]) for row in rows} == {("not_in_time", None)}
    assert run.figures["not_explained_in_time"] == 4
    browser = browser_of(at_the_desk(desk, *VERBS))
    page = browser.get(address(run.schedule)).content.decode()
    assert "Not looked for: the time for explaining was over." in page
    assert "What would serve it was not looked for in full" in page
    assert "Nobody else can do it" not in page
    assert "No change is known" not in page


@pytest.mark.parametrize("at_turn", [1, 3])
def test_a_stop_ends_the_explaining(desk, now, monkeypatch, at_turn):
    for km in (2, 3, 4, 5, 6):
        desk.wanted(now, km_east=km)
    day_of = desk.open(now).day
    run = runs.optimise_daily_schedule(day_of, desk.center, seed=1, actor=desk.dispatcher, at=now)
    real, asked = Explainer.why, []

    def stopped_meanwhile(explainer, key, **how):
        asked.append(key)
        if len(asked) == at_turn:
            runs.cancel_run(run, actor=desk.dispatcher, at=now)
        return real(explainer, key, **how)

    monkeypatch.setattr(Explainer, "why", stopped_meanwhile)
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.0)

    optimization.perform_run(run.pk, clock=lambda: now)

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert len(asked) == at_turn
    assert run.schedule.assignments.count() == 0
