"""The measurements of benchmarks.dispatch, one function for each suite."""

import argparse
import statistics
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import dispatch_own, dispatch_public, dispatch_technicians
from benchmarks.dispatch_public import gap
from dispatcher.planning.around import served_after
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied
from dispatcher.planning.checker import misstated, unexplained, violations
from dispatcher.planning.fill import serve
from dispatcher.planning.finish import plan_of
from dispatcher.planning.greedy import greedy_plan, prize_bound
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import (
    Limits,
    Plan,
    Problem,
    Progress,
    Relaxation,
)
from dispatcher.planning.published import board_of
from dispatcher.planning.shares import loosened
from dispatcher.planning.slot import recommend
from dispatcher.planning.solve import plan_day

Options = argparse.Namespace
# Stops by count: the same on every machine.
STEADY = Limits(iterations=300, processes=1)
TOP_SHARE = 0.95
GOAL_GAPS = {("solomon", 10): 0.5, ("homberger", 10): 4.5, ("homberger", 30): 3.3}


def public(options: Options, folder: Path) -> dict[str, Any]:
    """Gaps to best known."""
    known = dispatch_public.best_known(folder)
    files = [
        (folder / "vrptw" / "solomon" / f"{n}.txt", "solomon") for n in dispatch_public.SOLOMON
    ]
    far = folder / "vrptw" / "gehring_homberger" / "1000"
    files += [(far / f"{n}.txt", "homberger") for n in dispatch_public.HOMBERGER]
    if options.quick:
        files = [files[0], files[2]]
    python = dispatch_public.ortools_python(options.ortools_python)
    rows = []
    for path, family in files:
        instance = dispatch_public.read(path)
        best = known[instance.name]
        day = dispatch_public.problem(instance)
        plain = greedy_plan(day)
        beside = {
            "greedy_gap": gap(dispatch_public.distance(plain), best),
            "greedy_unserved": len(plain.unassigned),
        }
        for seconds in options.seconds:
            peer = {"ortools_gap": "skipped: OR-Tools is not installed"}
            if python is not None:
                tell(f"public {instance.name}: OR-Tools, {seconds:g} s")
                peer = dispatch_public.ortools_gap(instance, seconds, best, python)
            for seed in range(1, options.seeds + 1):
                tell(f"public {instance.name}: {seconds:g} s, seed {seed}")
                row = _public_row(options, day, seconds, seed, best)
                rows.append({"instance": instance.name, "family": family} | row | peer | beside)
    found = {"convention": dispatch_public.CONVENTION, "rows": rows, "gaps": _gaps(rows)}
    return found | {"goals": _public_goals(rows)}


def _public_row(
    options: Options, day: Problem, seconds: float, seed: int, best: float
) -> dict[str, Any]:
    limits = Limits(seconds=seconds, processes=options.processes, seed=seed)
    begun, first = time.perf_counter(), []

    def heard(progress: Progress) -> None:
        if not first and progress.cost is not None:
            first.append(time.perf_counter() - begun)

    plan = plan_day(day, limits, report=heard, with_relaxations=False)
    return {
        "seconds": seconds,
        "seed": seed,
        "gap": gap(dispatch_public.distance(plan), best),
        "unserved": len(plan.unassigned),
        "violations": len(violations(day, plan)),
        "first_s": round(first[0], 2),
        "wall_s": round(time.perf_counter() - begun, 2),
    }


def _gaps(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Mean and worst gap of each family and time, ours and the others'."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        for key in ("gap", "ortools_gap", "greedy_gap"):
            if isinstance(row[key], float):
                name = f"{row['family']} {row['seconds']:g} s {key}"
                groups.setdefault(name, []).append(row[key])
    return {
        name: f"mean {statistics.mean(gaps):.2f} % max {max(gaps):.2f} % of {len(gaps)}"
        for name, gaps in groups.items()
    }


def _public_goals(rows: list[dict[str, Any]]) -> dict[str, bool]:
    goals = {
        "public: every customer served, by the checker": not any(
            row["unserved"] or row["violations"] for row in rows
        )
    }
    for (family, seconds), most in GOAL_GAPS.items():
        gaps = [r["gap"] for r in rows if (r["family"], r["seconds"]) == (family, seconds)]
        if gaps:
            name = f"public: mean gap of {family} at {seconds:g} s at most {most} %"
            goals[name] = statistics.mean(gaps) <= most
    return goals


def technicians(options: Options, folder: Path) -> dict[str, Any]:
    """Feasibility and service on technician-routing instances."""
    published = dispatch_technicians.published(folder)
    files = [
        (path, dispatch_technicians.pillac) for path in dispatch_technicians.pillac_files(folder)
    ]
    files += [
        (path, dispatch_technicians.kovacs) for path in dispatch_technicians.kovacs_files(folder)
    ]
    if options.quick:
        files = [files[0], files[-1]]
    rows = []
    for path, read in files:
        tell(f"technicians {path.name}")
        day = read(path)
        seconds = min(options.seconds)
        limits = Limits(seconds=seconds, processes=options.processes)
        plan = plan_day(day, limits, with_relaxations=False)
        name = path.name.removesuffix(".gz").removesuffix(".txt")
        service = sum((t.duration for t in day.tasks if plan.of_task(t.key)), timedelta(0))
        work = (service.total_seconds() + plan.score.travel_s) / dispatch_technicians.PARTS
        best = published.get(name)
        rows.append(
            {
                "instance": name,
                "tasks": len(day.tasks),
                "served": plan.score.served,
                "violations": len(violations(day, plan)),
                "without_reason": len(unexplained(plan)),
                "work": round(work, 1),
                "published": best,
                "greedy_served": greedy_plan(day).score.served,
            }
        )
    feasible = all(row["violations"] == 0 for row in rows)
    return {
        "instances": len(rows),
        "served_all": sum(row["served"] == row["tasks"] for row in rows),
        "rows": rows,
        "goals": {"technicians: every plan feasible by the checker": feasible},
    }


def own(options: Options, folder: Path) -> dict[str, Any]:
    """Days of our own, against the plain dispatcher and the bound."""
    rows = []
    for size in options.sizes:
        for seed in range(1, options.seeds + 1):
            tell(f"own {size} operations, seed {seed}")
            day = dispatch_own.own_day(size, seed)
            begun = time.perf_counter()
            plain = greedy_plan(day)
            plain_s = time.perf_counter() - begun
            bound, listed = prize_bound(day), greedy_plan(day, matched=False)
            rows += [
                _own_row(options, day, seconds, seed)
                | {
                    "bound": bound,
                    "out_of_reach": listed.score.prize + listed.score.unserved_prize - bound,
                    "greedy_prize": plain.score.prize,
                    "greedy_cost": plain.score.cost,
                    "greedy_s": round(plain_s, 2),
                    "listed_prize": listed.score.prize,
                    "listed_cost": listed.score.cost,
                }
                for seconds in options.seconds
            ]
    return {"rows": rows} | own_summary(rows)


def own_summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Each row beside the plain dispatchers and the bound, and what all come to."""
    for row in rows:
        row["cost_to_greedy"] = round(row["cost"] / row["greedy_cost"], 3)
        row["cost_to_listed"] = round(row["cost"] / row["listed_cost"], 3)
        row["prize_to_bound"] = round(row["prize"] / row["bound"], 3)
        row["avoidable_to_listed"] = _avoidable(row)
    means = {
        f"mean_{key}": round(statistics.mean(row[key] for row in rows), 3)
        for key in ("cost_to_listed", "avoidable_to_listed", "cost_to_greedy", "prize_to_bound")
    }
    worst = max(row["avoidable_to_listed"] for row in rows)
    raw = max(row["cost_to_listed"] for row in rows)
    goals = {
        "own: no plan with a violation": all(row["violations"] == 0 for row in rows),
        "own: cost at most 0.5 of a plain dispatcher's with pairs by list, on average": (
            means["mean_cost_to_listed"] <= 0.5
        ),
        "own: at most 0.75 of it each, but for work that nobody can serve": worst <= 0.75,
    }
    worsts = {"worst_cost_to_listed": raw, "worst_avoidable_to_listed": worst}
    return means | worsts | {"goals": goals}


def _avoidable(row: dict[str, Any]) -> float:
    """
    The share of a plain dispatcher's cost but for work that nobody at all can serve.

    That work costs every planner the same. Where nothing else is in the plain cost, anything more
    than nothing is as bad as it.
    """
    avoidable, reachable = (row[key] - row["out_of_reach"] for key in ("cost", "listed_cost"))
    return round(avoidable / reachable, 3) if reachable > 0 else float(avoidable > 0)


def _own_row(options: Options, day: Problem, seconds: float, seed: int) -> dict[str, Any]:
    begun, times = time.perf_counter(), []

    def heard(progress: Progress) -> None:
        times.append((time.perf_counter() - begun, progress.cost, progress.stage))

    limits = Limits(seconds=seconds, processes=options.processes, seed=seed)
    plan = plan_day(day, limits, report=heard, with_relaxations=False)
    first = next(row for row in times if row[1] is not None)
    return {
        "operations": len(day.tasks),
        "seed": seed,
        "seconds": seconds,
        "served": plan.score.served,
        "prize": plan.score.prize,
        "travel_h": round(plan.score.travel_s / 3600, 1),
        "cost": plan.score.cost,
        "first_cost": first[1],
        "first_s": round(first[0], 2),
        "searched_s": round(times[-1][0], 2),
        "final_s": round(time.perf_counter() - begun, 2),
        "violations": len(violations(day, plan)),
        "without_reason": len(unexplained(plan)),
    }


def days(options: Options, folder: Path) -> dict[str, Any]:
    """Random hard days, their reasons and relaxations."""
    totals: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(1, options.days + 1):
        if seed % max(1, options.days // 20) == 0:
            tell(f"days {seed} of {options.days}")
        day = dispatch_own.hard_day(seed)
        plan = plan_day(day, STEADY)
        wrong = violations(day, plan)
        totals["days"] += 1
        totals["violations"] += len(wrong)
        totals["red"] += sum(each.code == "not_eligible" for each in wrong)
        totals["misstated"] += len(misstated(day, plan))
        totals["assigned"] += len(plan.assignments)
        totals["unassigned"] += len(plan.unassigned)
        totals["without_reason"] += len(unexplained(plan))
        for left in plan.unassigned:
            reasons.update({reason.code for reason in left.reasons})
            if left.relaxations:
                smallest = left.relaxations[0]
                kinds[smallest.kind] += 1
                totals["served_when_relaxed"] += _serves(day, plan, left.task, smallest)
                totals["a_minute_less_would_do"] += _is_too_much(day, plan, left.task, smallest)
    share = totals["served_when_relaxed"] / max(1, totals["unassigned"])
    return {
        "totals": dict(totals),
        "served_when_relaxed_share": round(share, 4),
        "reasons": dict(reasons.most_common()),
        "smallest_relaxations": dict(kinds.most_common()),
        "goals": {
            "days: nothing infeasible or red": not totals["violations"] + totals["misstated"],
            "days: a minute less would not do": not totals["a_minute_less_would_do"],
            "days: a reason for everybody left behind": not totals["without_reason"],
            f"days: the named relaxation serves in {TOP_SHARE:.0%}": share >= TOP_SHARE,
        },
    }


def _serves(day: Problem, plan: Plan, task: str, change: Relaxation) -> bool:
    """Whether the whole day, changed as named, takes the task too and keeps all it had."""
    instance = Instance(canonical(applied(day, task, change)))
    board = loosened(board_of(instance, plan))
    serve(board, instance.task_number[task])
    again = plan_of(board, (), input_hash="", seed=0)
    had = {each.task for each in plan.assignments} | {task}
    wrong = {each.code for each in violations(instance.problem, again)} - {"lost"}
    return had <= {each.task for each in again.assignments} and not wrong


def _is_too_much(day: Problem, plan: Plan, task: str, change: Relaxation) -> bool:
    """Whether a minute less of the named change would serve, the same two keeping their work."""
    if change.minutes < 2 or change.kind == "several":
        return False
    less = replace(change, minutes=change.minutes - 1)
    return served_after(canonical(day), plan, task, less) is not None


def stability(options: Options, folder: Path) -> dict[str, Any]:
    """One plan for one day, in whatever order its rows come."""
    same = 0
    day = dispatch_own.own_day(50, 1)
    hard = dispatch_own.hard_day(1)
    plans = {id(each): plan_day(each, STEADY) for each in (day, hard)}
    for seed in range(options.orders):
        if seed % max(1, options.orders // 10) == 0:
            tell(f"stability {seed} of {options.orders}")
        each = (day, hard)[seed % 2]
        same += plan_day(dispatch_own.shuffled(each, seed), STEADY) == plans[id(each)]
    goal = {"stability: the same plan in every order": same == options.orders}
    return {"orders": options.orders, "same": same, "goals": goal}


def slots(options: Options, folder: Path) -> dict[str, Any]:
    """How long a client on the telephone waits."""
    day = dispatch_own.own_day(200, 1)
    plan = plan_day(day, Limits(iterations=50, processes=1), with_relaxations=False)
    asked = dispatch_own.own_day(400, 2).tasks[:: 400 // (5 if options.quick else 20)]
    times, found = [], []
    for task in asked:
        new = replace(
            task, key=f"new-{task.key}", place=replace(task.place, key=f"new-{task.place.key}")
        )
        begun = time.perf_counter()
        answer = recommend(day, plan, new)
        times.append(time.perf_counter() - begun)
        found.append(bool(answer.slots) or bool(answer.reasons))
    return {
        "requests": len(times),
        "median_s": round(statistics.median(times), 3),
        "max_s": round(max(times), 3),
        "goals": {
            "slots: under a second each": max(times) < 1.0,
            "slots: an answer or a reason": all(found),
        },
    }


def tell(what: str) -> None:
    """Where the measurement is, for whoever waits."""
    print(f"  {time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def text(name: str, found: dict[str, Any]) -> str:
    """One suite for a reader."""
    lines = [name]
    for key, value in found.items():
        if key == "rows":
            lines += ["  " + "  ".join(f"{k} {v}" for k, v in row.items()) for row in value]
        elif isinstance(value, dict):
            lines += [f"  {key}", *(f"    {k}: {v}" for k, v in value.items())]
        else:
            lines.append(f"  {key}: {value}")
    return "\n".join(lines)
