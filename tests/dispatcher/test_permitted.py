"""A plan that the rules refuse is made anew until nothing red is in it."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from dispatcher.planning.model import Exclusion, Problem, Stopped
from dispatcher.services import optimization
from tests.dispatcher.planning_rows import SIX, day, task


@dataclass(frozen=True)
class Day:
    problem: Problem


class Placing:
    """A search that gives every operation that anybody may fly to the same two."""

    def solve(self, problem, accepts):
        barred = {each.task for each in problem.exclusions if each.aircraft is each.pilot is None}
        placed = [each.key for each in problem.tasks if each.key not in barred]
        plan = SimpleNamespace(assignments=placed, stopped=Stopped.DONE)
        accepts(plan)
        return plan


@pytest.mark.parametrize("count", [1, 3])
def test_no_plan_goes_out_with_red_in_it_when_everything_stays_red(monkeypatch, count):
    # One at a time, as when each is red only while it is the first of them.
    def first_is_red(asked, plan, now):
        first = plan.assignments[:1]
        return [Exclusion("DUTY", task=key, aircraft="VH-A", pilot="Ann") for key in first]

    monkeypatch.setattr(optimization, "_refused", first_is_red)
    problem = day(*(task(f"FO-{n}") for n in range(count)))

    asked, plan, _ = optimization.plan_permitted(Day(problem), Placing(), now=SIX)

    assert plan.assignments == []
    left = [each.task for each in asked.problem.exclusions if each.aircraft is None]
    assert left == [f"FO-{n}" for n in range(count)]
