"""The planner, as the services know it: one call that reports, can be stopped and explains."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from dispatcher.planning.model import Limits, Plan, Problem, Progress
from dispatcher.planning.solve import plan_day

# Told how far the planning is, in percent, and at what; says whether to go on.
Report = Callable[[int, str], bool]
NAME = "VROOM, then PyVRP"


@dataclass
class Interrupted:
    """Remembers that somebody asked to stop."""

    is_stopped: bool = False


def solve(problem: Problem, *, seed: int, time_limit_s: int, report: Report) -> Plan:
    """
    Plan a day within limits.

    By count of iterations where the settings name one, so that a seed gives one plan; the time
    limit then only stops what takes far too long.
    """
    state = Interrupted()

    def tell(progress: Progress) -> None:
        if not report(round(100 * progress.share), progress.stage):
            state.is_stopped = True

    limits = Limits(
        seconds=time_limit_s,
        iterations=settings.DISPATCH_ITERATIONS or None,
        processes=settings.DISPATCH_PROCESSES,
        seed=seed,
    )
    return plan_day(problem, limits, report=tell, cancelled=lambda: state.is_stopped)
