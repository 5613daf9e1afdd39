"""An event in the middle of a published day: what a mended plan changes, and what a fresh one."""

import argparse
import random
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import dispatch_own
from benchmarks.dispatch_suites import tell
from dispatcher.planning.checker import violations
from dispatcher.planning.difference import difference
from dispatcher.planning.model import Commitment, Limits, Period, Plan, Preference, Problem
from dispatcher.planning.replan import mend, share_kept
from dispatcher.planning.solve import plan_day

# The search after an event, seconds.
AFTER_S = 5.0


def mending(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """An aircraft lost and three overruns at ten, for days of at most 200 operations."""
    rows = []
    for seed in range(1, options.seeds + 1):
        tell(f"mending, seed {seed}")
        day = dispatch_own.own_day(min(200, max(options.sizes)), seed)
        seconds = min(10.0, *options.seconds)
        limits = Limits(seconds=seconds, processes=options.processes, seed=seed)
        published = plan_day(day, limits, with_relaxations=False)
        rows.append({"seed": seed} | _after(event(day, published, seed), published, limits))
    changed = sum(row["changed_of_untouched"] for row in rows)
    anew = sum(row["fresh_changed_of_untouched"] for row in rows)
    goals = {
        "mending: 90 % of the untouched stay": all(row["kept_share"] >= 0.9 for row in rows),
        "mending: a tenth of a fresh plan's changes": changed <= 0.1 * anew,
        "mending: feasible": all(row["violations"] == 0 for row in rows),
    }
    return {"rows": rows, "goals": goals}


def _after(after: Problem, published: Plan, limits: Limits) -> dict[str, Any]:
    begun = time.perf_counter()
    mended = mend(after, published, replace(limits, seconds=AFTER_S), with_relaxations=False)
    took = time.perf_counter() - begun
    fresh = plan_day(after, replace(limits, seconds=AFTER_S), with_relaxations=False)
    wanted = set(mended.untouched)
    kept = tuple(
        Preference(each.task, each.aircraft, each.pilot, each.period.start)
        for each in published.assignments
        if each.task in wanted
    )
    anew = difference(published, fresh)
    return {
        "untouched": len(wanted),
        "touched": len(mended.touched),
        "changed": len(mended.changes),
        "fresh_changed": len(anew),
        "changed_of_untouched": sum(each.task in wanted for each in mended.changes),
        "fresh_changed_of_untouched": sum(each.task in wanted for each in anew),
        "kept_share": round(mended.kept_share, 3),
        "fresh_kept_share": round(share_kept(kept, fresh), 3),
        "prize_to_fresh": round(mended.plan.score.prize / fresh.score.prize, 3),
        "travel_to_fresh": round(mended.plan.score.travel_s / fresh.score.travel_s, 3),
        "violations": len(violations(after, mended.plan)),
        "seconds": round(took, 2),
    }


def event(day: Problem, published: Plan, seed: int) -> Problem:
    """At ten begun work is pinned, three of it overrun by 40 minutes, an aircraft is lost."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    now = day.horizon.start + timedelta(hours=5)
    begun = [each for each in published.assignments if each.period.start < now]
    under_way = [each for each in begun if each.period.end > now] or begun[-3:]
    late = {each.task for each in chance.sample(under_way, min(3, len(under_way)))}
    places = {task.key: task.place for task in day.tasks}
    flown = {task.key: task.flight_time for task in day.tasks}
    overrun = timedelta(minutes=40)
    pins = tuple(
        Commitment(
            f"begun-{each.task}",
            Period(each.period.start, each.period.end + overrun * (each.task in late)),
            each.aircraft,
            each.pilot,
            places[each.task],
            flown[each.task],
            each.task,
        )
        for each in begun
    )
    busy = Counter(each.aircraft for each in published.assignments if each.period.start >= now)
    working = {each.aircraft for each in under_way}
    lost = next(
        key for key, _ in sorted(busy.items(), key=lambda x: (-x[1], x[0])) if key not in working
    )
    return replace(
        day,
        not_before=now,
        commitments=pins,
        aircraft=tuple(
            replace(each, available=Period(each.available.start, now)) if each.key == lost else each
            for each in day.aircraft
        ),
    )
