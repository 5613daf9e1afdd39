"""
Dispatch: random days planned and published in the database, end to end.

Each day has its own operator, center, crews, defects, leave and weather; it is planned, published
and judged as a release would. Counted are assignments that a rule forbids at release (other than
for what the day itself brings: inspection, checklist, fresh weather), bookings that overlap in the
ledger, and operations that were left behind without a reason. Of each operation left behind the
smallest change that a desk or its client could decide is arranged in the records: has the operation
a place then, beside the others' work, that no rule forbids? Needs the environment that
script/manage sets, and a role that may create a database.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from benchmarks import place

ENOUGH = 0.95
place.DATABASE = "windsock_benchmark_dispatch_days"


@dataclass
class Tally:
    """What all days came to."""

    operations: int = 0
    assigned: int = 0
    red_at_release: int = 0
    ledger_conflicts: int = 0
    publications_refused: int = 0
    unassigned: int = 0
    without_reason: int = 0
    with_relaxation: int = 0
    with_own: int = 0
    arranged: int = 0
    served_after: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    not_arranged: Counter[str] = field(default_factory=Counter)
    planning_s: list[float] = field(default_factory=list)
    publishing_s: list[float] = field(default_factory=list)
    replanning_s: list[float] = field(default_factory=list)
    worst: list[str] = field(default_factory=list)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch_days", description=__doc__)
    parser.add_argument("--days", type=int, default=500, help="random days (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same days")
    parser.add_argument("--iterations", type=int, default=200, help="of the search, for each day")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=options.fresh)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        tally = measure(options)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    report = summary(tally, options.days)
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def measure(options: argparse.Namespace) -> Tally:
    from django.conf import settings  # noqa: PLC0415 - needs Django
    from django.db import connection, transaction  # noqa: PLC0415

    settings.DISPATCH_ITERATIONS = options.iterations
    settings.DISPATCH_PROCESSES = 1
    # Nobody signs in, and a slow hash for each made-up person would take most of the time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    tally = Tally()
    with connection.cursor() as cursor:
        # A day is one transaction here, and searching asks the database nothing for a while.
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
    for number in range(options.days):
        # Nothing of one day is left for the next.
        with transaction.atomic():
            one_day(random.Random(options.seed * 100_003 + number), tally)  # noqa: S311
            transaction.set_rollback(True)
        if not options.json and (number + 1) % max(1, options.days // 20) == 0:
            print(f"  {number + 1} of {options.days} days", file=sys.stderr, flush=True)
    return tally


def one_day(chance: random.Random, tally: Tally) -> None:
    """Make up a day, plan it, publish it, and look at what came of it."""
    from benchmarks.dispatch_luck import NOW, made_up  # noqa: PLC0415 - needs Django
    from common.exceptions import DomainError  # noqa: PLC0415
    from dispatcher.services import publishing  # noqa: PLC0415

    desk = made_up(chance)
    begun = time.perf_counter()
    run = desk.optimised(NOW, seed=chance.randint(1, 10_000))
    tally.planning_s.append(time.perf_counter() - begun)
    tally.operations += len(run.reasons) + len(run.solution)
    if run.error:
        tally.worst.append(run.error)
    for entry in run.reasons:
        left_behind(desk, run, entry, tally)
    begun = time.perf_counter()
    try:
        outcome = publishing.publish_schedule(run.schedule, actor=desk.dispatcher, at=NOW)
    except DomainError as refusal:
        if refusal.code != "nothing_proposed":
            tally.publications_refused += 1
            tally.worst.append(f"{refusal} {refusal.details}"[:300])
        return
    tally.publishing_s.append(time.perf_counter() - begun)
    tally.assigned += len(outcome.assignments)
    tally.red_at_release += red_at_release(outcome, tally)
    tally.ledger_conflicts += overlaps()


def left_behind(desk: Any, run: Any, entry: dict[str, Any], tally: Tally) -> None:
    """Count the reasons of an operation, and whether what was named would serve it."""
    from benchmarks.dispatch_relaxed import NotArranged, is_assignable  # noqa: PLC0415 - as above

    tally.unassigned += 1
    tally.without_reason += not entry["reasons"]
    tally.with_relaxation += bool(entry["relaxations"])
    own = [change for change in entry["relaxations"] if change["is_own"]]
    if not own:
        tally.not_arranged["nothing of ours or the client's"] += 1
        return
    tally.with_own += 1
    # As they are named: ours first, and of these the smallest.
    smallest = own[0]
    begun = time.perf_counter()
    try:
        is_served = is_assignable(desk, run, entry, smallest)
    except NotArranged as refusal:
        tally.not_arranged[str(refusal)] += 1
        return
    tally.replanning_s.append(time.perf_counter() - begun)
    tally.arranged += 1
    tally.served_after += is_served
    tally.kinds[smallest["kind"]] += 1
    if not is_served:
        tally.worst.append(f"{entry['operation']}: {smallest['message']} did not serve")


def red_at_release(outcome: Any, tally: Tally) -> int:
    """Assignments that a rule forbids at the stage of release, but for the day's own evidence."""
    from django.conf import settings  # noqa: PLC0415 - needs Django

    from common.compliance.findings import Stage  # noqa: PLC0415
    from common.compliance.service import judge  # noqa: PLC0415
    from flight_operations.facts.screening import forbids  # noqa: PLC0415

    red = 0
    for row in outcome.assignments:
        at = row.start_at - timedelta(minutes=20)
        judged = judge(
            "flight_operations.flightoperation", [row.operation_id], stage=Stage.RELEASE, at=at
        )[row.operation_id]
        found = [
            each.rule
            for each in judged.assessment.findings
            if forbids(each, settings.DISPATCH_LATER_EVIDENCE)
        ]
        if found:
            red += 1
            tally.worst.append(f"{row.operation}: {', '.join(found)}")
    return red


def overlaps() -> int:
    """Pairs of live bookings of one resource that overlap; the database should allow none."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM common_resourcebooking AS a JOIN common_resourcebooking AS b
              ON a.id < b.id AND a.resource_kind = b.resource_kind
             AND a.resource_id = b.resource_id AND a.period && b.period
            WHERE a.is_live AND b.is_live
            """
        )
        (found,) = cursor.fetchone()
    return int(found)


def summary(tally: Tally, days: int) -> dict[str, Any]:
    planning = sorted(tally.planning_s)
    return {
        "days": days,
        "operations": tally.operations,
        "assigned": tally.assigned,
        "unassigned": tally.unassigned,
        "red_at_release": tally.red_at_release,
        "ledger_conflicts": tally.ledger_conflicts,
        "publications_refused": tally.publications_refused,
        "without_reason": tally.without_reason,
        "with_relaxation_percent": round(100 * tally.with_relaxation / max(1, tally.unassigned), 1),
        "with_own_change_percent": round(100 * tally.with_own / max(1, tally.unassigned), 1),
        "arranged": tally.arranged,
        "arranged_percent_of_unassigned": round(100 * tally.arranged / max(1, tally.unassigned), 1),
        "arranged_kinds": dict(tally.kinds),
        "served_after_percent": round(100 * tally.served_after / max(1, tally.arranged), 1),
        "not_arranged": dict(tally.not_arranged),
        "planning_s": {
            "median": round(statistics.median(planning), 3) if planning else None,
            "max": round(planning[-1], 3) if planning else None,
        },
        "publishing_median_s": (
            round(statistics.median(tally.publishing_s), 3) if tally.publishing_s else None
        ),
        "worst": tally.worst[:10],
        "goals": {
            "red_at_release": tally.red_at_release == 0,
            "ledger_conflicts": tally.ledger_conflicts == 0,
            "publications_refused": tally.publications_refused == 0,
            "without_reason": tally.without_reason == 0,
            "served_after": is_served_after(tally),
        },
    }


def is_served_after(tally: Tally) -> bool:
    """Enough of what was arranged served; of operations left behind, something must have been."""
    has_tried = tally.arranged > 0 or tally.unassigned == 0
    return has_tried and tally.served_after >= ENOUGH * tally.arranged


def text(report: dict[str, Any]) -> str:
    lines = [f"{name:26} {value}" for name, value in report.items() if name != "goals"]
    lines += [f"{name:26} {'OK' if ok else 'FAIL'}" for name, ok in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
