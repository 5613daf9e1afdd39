"""
Asking for a slot as a client on the telephone does: the endpoint, over the database.

A day of 200 operations is published in a database of its own, and the endpoint is
asked for slots for one more operation at a time: the day as it is read, the rules asked of
everybody, roads, the search, and the trial of each slot. One request goes before, as a process
that serves has answered others. Needs the environment that script/manage sets, and a role that may
create a database.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from benchmarks import place

GOAL_S = 1.0
place.DATABASE = "windsock_benchmark_slot_requests"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slot_requests", description=__doc__)
    parser.add_argument("--operations", type=int, default=200, help="of the day (default 200)")
    parser.add_argument("--crews", type=int, default=40, help="aircraft, and pilots (default 40)")
    parser.add_argument("--requests", type=int, default=50, help="for slots (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same day")
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
        report = measure(options)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import time_machine  # noqa: PLC0415 - needs no Django, but the tests' packages
    from django.conf import settings  # noqa: PLC0415 - needs Django

    from benchmarks.dispatch_luck import NOW  # noqa: PLC0415 - as above

    # Nobody signs in, and a slow hash for each made-up person would take most of the time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with time_machine.travel(NOW, tick=False):
        desk, published, asked = published_day(options)
        tell(f"{published} operations are published; {options.requests} requests")
        answers = [ask(desk, operation) for operation in asked]
    # The first only warms up.
    return summary(published, answers[1:])


def published_day(options: argparse.Namespace) -> tuple[Any, int, list[Any]]:
    """
    A desk with its day in force, how many operations hold, and those that ask for a slot.

    Assigned by hand, each crew every two hours and its last two hours free, on sites two kilometers
    apart: that is soon done, and the endpoint reads a plan by hand as it reads any other.
    """
    from benchmarks.dispatch_luck import NOW  # noqa: PLC0415 - needs Django
    from dispatcher.models import DispatchSchedule  # noqa: PLC0415
    from dispatcher.services.assignments import Wish, assign  # noqa: PLC0415
    from dispatcher.services.publishing import publish_schedule  # noqa: PLC0415
    from tests.dispatcher.scene import OPENS, make_desk  # noqa: PLC0415

    chance = random.Random(options.seed)  # noqa: S311 - reproducible, no secret
    desk = make_desk(crews=options.crews)
    schedule = desk.open(NOW)
    for number in range(options.operations):
        turn, crew = divmod(number, options.crews)
        operation = one_more(desk, chance, *(2.0 * each for each in divmod(number, 15)))
        begins = OPENS + turn * timedelta(hours=2) + timedelta(minutes=40)
        wish = Wish(operation, desk.aircraft[crew], desk.pilots[crew], begins)
        assign(schedule, wish, actor=desk.dispatcher, at=NOW)
        if (number + 1) % 50 == 0:
            tell(f"{number + 1} of {options.operations} operations are assigned")
    schedule = DispatchSchedule.objects.get(pk=schedule.pk)
    outcome = publish_schedule(schedule, actor=desk.dispatcher, at=NOW)
    asked = [
        one_more(desk, chance, *(1 + 2.0 * chance.randrange(13) for _ in range(2)))
        for _ in range(options.requests + 1)
    ]
    return desk, len(outcome.assignments), asked


def one_more(desk: Any, chance: random.Random, north_km: float, east_km: float) -> Any:
    """A water line somewhere around the center, at any time of the day or within four hours."""
    from benchmarks.dispatch_luck import NOW  # noqa: PLC0415 - needs Django
    from common.geo import point  # noqa: PLC0415
    from dispatcher.services.demands import set_demand  # noqa: PLC0415
    from tests.dispatcher.scene import CLOSES, OPENS  # noqa: PLC0415
    from tests.flight_operations.factories import LAT, LON, box  # noqa: PLC0415

    lat, lon = LAT + (north_km - 14) / 111.3, LON + (east_km - 14) / 101.2
    site = point(lat=lat, lon=lon)
    operation = desk.draft(
        NOW,
        minutes=chance.choice([20, 30, 45]),
        plan={"launch_site": site, "recovery_site": site},
        volumes=[{"area": box(lat=lat, lon=lon), "ceiling_m": 100.0}],
    )
    start, end = OPENS, CLOSES
    if chance.random() < 0.3:
        start = OPENS + timedelta(minutes=chance.randint(0, 480))
        end = start + timedelta(hours=4)
    set_demand(operation, earliest_at=start, deadline_at=end, actor=desk.dispatcher, at=NOW)
    return operation


def ask(desk: Any, operation: Any) -> dict[str, Any]:
    """One request, how long it took and how many statements."""
    from rest_framework.test import APIClient  # noqa: PLC0415 - needs Django

    from tests.dispatcher.scene import DAY, at_the_desk  # noqa: PLC0415

    client = APIClient(SERVER_NAME="127.0.0.1")
    client.force_authenticate(at_the_desk(desk, "view_dispatchcenter", "recommend_dispatchcenter"))
    path = f"/api/dispatcher/centers/{desk.center.code}/recommend-slot/"
    body = {"operation": operation.number, "day": DAY.isoformat()}
    with statements() as counted:
        begun = time.perf_counter()
        answer = client.post(path, body, format="json")
        lasted = time.perf_counter() - begun
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    found = answer.json()
    return {
        "s": lasted,
        "statements": len(counted),
        "slots": len(found["slots"]),
        "reasons": len(found["reasons"]),
    }


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    sent: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        yield sent


def summary(published: int, answers: list[dict[str, Any]]) -> dict[str, Any]:
    times = sorted(each["s"] for each in answers)
    counts = sorted(each["statements"] for each in answers)
    return {
        "load": round(os.getloadavg()[0], 1),
        "published": published,
        "requests": len(times),
        "with_slots": sum(each["slots"] > 0 for each in answers),
        "median_s": round(statistics.median(times), 3),
        "p95_s": round(times[max(0, -(-len(times) * 95 // 100) - 1)], 3),
        "max_s": round(times[-1], 3),
        "statements_median": statistics.median(counts),
        "statements_max": counts[-1],
        "goals": {
            "under a second each": times[-1] < GOAL_S,
            "an answer or a reason": all(each["slots"] or each["reasons"] for each in answers),
        },
    }


def tell(what: str) -> None:
    """Where the measurement is, for whoever waits."""
    print(f"  {what}", file=sys.stderr, flush=True)


def text(report: dict[str, Any]) -> str:
    lines = [f"{name:26} {value}" for name, value in report.items() if name != "goals"]
    lines += [f"{name:26} {'OK' if ok else 'FAIL'}" for name, ok in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
