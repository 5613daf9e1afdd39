"""The planner, as the services know it: one call that reports, can be stopped and explains."""

from collections.abc import Callable
from threading import get_ident

from django.conf import settings

from dispatcher.planning.explain import Explainer, Explanation
from dispatcher.planning.model import Limits, Plan, Problem, Progress, Task
from dispatcher.planning.replan import mend
from dispatcher.planning.slot import Recommendation, Slot, anybody, recommend
from dispatcher.planning.solve import plan_day

# Told how far the planning is, in percent, and at what; says whether to go on.
Report = Callable[[int, str], bool]
NAME = "VROOM, then PyVRP"
# A search by count is stopped by the clock after so many times its time limit.
MOST_OF_LIMIT = 6


class _Watch:
    """
    Hands progress on, and remembers that somebody asked to stop.

    The planner asks from threads of its own, too: only the caller's looks again, as its database
    connection is the one that is open.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._thread = get_ident()
        self._percent, self._stage = 0, ""
        self._is_stopped = False

    def tell(self, progress: Progress) -> None:
        self._percent, self._stage = round(100 * progress.share), progress.stage
        self.is_cancelled()

    def is_cancelled(self) -> bool:
        if not self._is_stopped and get_ident() == self._thread:
            self._is_stopped = not self._report(self._percent, self._stage)
        return self._is_stopped


def solve(problem: Problem, *, seed: int, time_limit_s: int, report: Report) -> Plan:
    """
    Plan a day within limits.

    By count of iterations where the settings name one, so that a seed gives one plan. What takes
    several times the time limit all the same is stopped by the clock; the plan says so.
    """
    watch = _Watch(report)
    limits = _limits(seed, time_limit_s)
    return plan_day(problem, limits, report=watch.tell, cancelled=watch.is_cancelled)


def mend_plan(
    problem: Problem, published: Plan, *, seed: int, time_limit_s: int, report: Report
) -> Plan:
    """Make a published plan possible again, and leave alone what nothing happened to."""
    watch = _Watch(report)
    mended = mend(
        problem,
        published,
        _limits(seed, time_limit_s),
        report=watch.tell,
        cancelled=watch.is_cancelled,
    )
    return mended.plan


def explained(problem: Problem, plan: Plan, *, report: Report) -> dict[str, Explanation]:
    """Why each assignment of a plan is with its two, beside the next best."""
    explainer = Explainer(problem, plan)
    found = {}
    for each in plan.assignments:
        report(100, "explaining")
        found[each.task] = explainer.why(each.task)
    return found


def slots(
    problem: Problem, plan: Plan, task: Task, *, permits: Callable[[Slot], bool] = anybody
) -> Recommendation:
    """Where one task fits beside a plan, the best first; only what `permits` agrees to."""
    return recommend(problem, plan, task, permits=permits)


def _limits(seed: int, time_limit_s: int) -> Limits:
    return Limits(
        seconds=time_limit_s,
        iterations=settings.DISPATCH_ITERATIONS or None,
        at_most_s=MOST_OF_LIMIT * time_limit_s,
        processes=settings.DISPATCH_PROCESSES,
        seed=seed,
    )
