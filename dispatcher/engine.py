"""The planner, as the services know it: one call that reports, can be stopped and explains."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import get_ident

from django.conf import settings

from dispatcher.planning.explain import Explainer, Explanation
from dispatcher.planning.model import Limits, Plan, Problem, Progress, Task
from dispatcher.planning.patience import Patience
from dispatcher.planning.replan import mend
from dispatcher.planning.slot import Recommendation, Slot, anybody, recommend
from dispatcher.planning.solve import Accepts, anything, plan_day

# Told how far the planning is, in percent, and at what; says whether to go on.
Report = Callable[[int, str], bool]
NAME = "VROOM, then PyVRP"
# A search by count is stopped by the clock after so many times its time limit.
MOST_OF_LIMIT = 6
# Of the time for explaining, what may be spent on the operations left behind; the rest is for who
# else could have done what was assigned.
SHARE_FOR_LEFT = 2 / 3


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


@dataclass(frozen=True)
class Asked:
    """
    How to search: the seed, the time limit, whom to tell.

    What `accepts` refuses is planned anew by the caller, and not explained.
    """

    seed: int
    time_limit_s: int
    report: Report
    accepts: Accepts = anything


def solve(problem: Problem, asked: Asked) -> Plan:
    """
    Plan a day within limits.

    By count of iterations where the settings name one, so that a seed gives one plan. What takes
    several times the time limit all the same is stopped by the clock; the plan says so.
    """
    watch = _Watch(asked.report)
    return plan_day(
        problem,
        _limits(asked),
        report=watch.tell,
        cancelled=watch.is_cancelled,
        accepts=asked.accepts,
    )


def mend_plan(problem: Problem, published: Plan, asked: Asked) -> Plan:
    """Make a published plan possible again, and leave alone what nothing happened to."""
    watch = _Watch(asked.report)
    mended = mend(
        problem,
        published,
        _limits(asked),
        report=watch.tell,
        cancelled=watch.is_cancelled,
        accepts=asked.accepts,
    )
    return mended.plan


def explained(
    problem: Problem, plan: Plan, *, report: Report, begun: float
) -> dict[str, Explanation]:
    """
    Why each assignment of a plan is with its two, beside the next best: the worthiest first.

    `begun` is when explaining the plan began, by `time.monotonic`; once its time is over, or
    somebody asked to stop, the others say only who has them, and that this was not looked for.
    """
    watch = _Watch(report)
    watch.tell(Progress(1.0, None, "explaining"))
    patience = Patience(settings.DISPATCH_EXPLAIN_S, watch.is_cancelled, begun)
    explainer = Explainer(problem, plan)
    return {
        task: explainer.bare(task) if patience.is_over() else explainer.why(task)
        for task in explainer.by_worth()
    }


def slots(
    problem: Problem, plan: Plan, task: Task, *, permits: Callable[[Slot], bool] = anybody
) -> Recommendation:
    """Where one task fits beside a plan, the best first; only what `permits` agrees to."""
    return recommend(problem, plan, task, permits=permits)


def _limits(asked: Asked) -> Limits:
    return Limits(
        seconds=asked.time_limit_s,
        iterations=settings.DISPATCH_ITERATIONS or None,
        at_most_s=MOST_OF_LIMIT * asked.time_limit_s,
        processes=settings.DISPATCH_PROCESSES,
        seed=asked.seed,
        explain_s=SHARE_FOR_LEFT * settings.DISPATCH_EXPLAIN_S,
    )
