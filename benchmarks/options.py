"""
Option search: every aircraft of a fleet of 20 at 6 bases planned and priced for journeys of 3 legs.

Beside it, in the same run, the naive way: one search for each aircraft with statements of its own.
Both must give the same answers. Needs the environment that script/manage sets, and a role that may
create a database.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from benchmarks import place

NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
GOAL_MS = 1_000.0
Search = Callable[..., list[Any]]
# The naive way takes long: it is measured on some of the journeys, spread over the run.
NAIVE_EVERY = 5
place.DATABASE = "windsock_benchmark_options"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.options", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--airports", metavar="FOLDER", help="OurAirports files instead of made-up")
    parser.add_argument("--airport-count", type=int, default=73_000)
    parser.add_argument("--searches", type=int, default=100, help="at least 20")
    options = parser.parse_args()
    if options.searches < 20:
        parser.error("a p95 needs 20 searches at least")
    return options


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
    from benchmarks import fleets, skies  # noqa: PLC0415 - needs Django

    airports = skies.load_airports(options.airport_count, options.airports, at=NOW)
    places = fleets.make_airports()
    bases = fleets.make_fleet(places, at=NOW)
    report: dict[str, Any] = {
        "airports": airports,
        "tails": fleets.TAILS,
        "bases": len({base.pk for base in bases}),
        "legs": fleets.LEGS,
    }
    search = searching(fleets.make_card(at=NOW))
    report |= timed(search, fleets.journeys(places, options.searches, at=NOW))
    report["goals"] = {
        f"median under {GOAL_MS:.0f} ms": report["median_ms"] < GOAL_MS,
        f"p95 under {GOAL_MS:.0f} ms": report["p95_ms"] < GOAL_MS,
        "a reason for every excluded aircraft": report["without_reason"] == 0,
        "every aircraft is answered for": report["answers"] == report["searches"] * fleets.TAILS,
        "the naive way gives the same answers": report["different_from_naive"] == 0,
    }
    return report


def timed(search: Search, asked: list[Any]) -> dict[str, Any]:
    """Search for every journey, and some of them the naive way too."""
    search(asked[0])
    times, naive_times, paired, answers = [], [], [], []
    different = processor = 0.0
    for number, journey in enumerate(asked):
        begun, cpu = time.perf_counter(), time.process_time()
        found = search(journey)
        times.append((time.perf_counter() - begun) * 1000)
        processor += time.process_time() - cpu
        answers += found
        if number % NAIVE_EVERY == 0:
            begun = time.perf_counter()
            one_by_one = apart(search, journey)
            naive_times.append((time.perf_counter() - begun) * 1000)
            paired.append(times[-1])
            different += one_by_one != found
    quantiles = statistics.quantiles(times, n=100)
    flown = [option.itinerary for option in answers if option.itinerary]
    return {
        "searches": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(quantiles[94], 1),
        "max_ms": round(max(times), 1),
        # Without PostgreSQL; says how much of the time was waiting on a busy machine.
        "python_cpu_ms": round(processor * 1000 / len(times), 1),
        "naive_searches": len(naive_times),
        "naive_median_ms": round(statistics.median(naive_times), 1),
        "ratio_to_naive": round(statistics.median(naive_times) / statistics.median(paired), 2),
        "answers": len(answers),
        "able": sum(option.is_able for option in answers),
        "without_reason": sum(
            not option.is_able and not all(r.code and r.message for r in option.reasons)
            for option in answers
        ),
        "different_from_naive": int(different),
        "with_technical_stops": sum(
            any(leg.is_technical_stop for leg in each.legs) for each in flown
        ),
    }


def apart(search: Search, journey: Any) -> list[Any]:
    """One search for each aircraft, then put in order."""
    from aircraft.models import Aircraft  # noqa: PLC0415 - needs Django
    from operations.queries.options import in_order  # noqa: PLC0415

    keys = Aircraft.objects.order_by("pk").values_list("pk", flat=True)
    return in_order([option for key in keys for option in search(journey, pk=key)])


def searching(card: Any) -> Search:
    """The product's search over the whole fleet or one aircraft, priced by a card and its taxes."""
    from aircraft.models import Aircraft  # noqa: PLC0415 - needs Django
    from operations.queries.options import search_options  # noqa: PLC0415
    from operations.queries.quote_options import prices_by  # noqa: PLC0415

    def search(journey: Any, **only: int) -> list[Any]:
        rows = Aircraft.objects.filter(**only)
        return search_options(journey, rows=rows, now=NOW, price=prices_by(card, rows, NOW))

    return search


def text(report: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"{report['tails']} aircraft at {report['bases']} bases, {report['legs']} legs,"
            f" {report['airports']} aerodromes",
            f"{report['searches']} searches: median {report['median_ms']} ms,"
            f" p95 {report['p95_ms']} ms, max {report['max_ms']} ms; Python's processor time"
            f" {report['python_cpu_ms']} ms each",
            f"naive, {report['naive_searches']} searches: median {report['naive_median_ms']} ms,"
            f" {report['ratio_to_naive']} times as long",
            f"{report['answers']} answers, {report['able']} able,"
            f" {report['with_technical_stops']} with technical stops",
            *(f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
