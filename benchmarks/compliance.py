"""
Compliance: time of a fresh assessment of one drone operation, and replay of stored verdicts.

Loads a synthetic country (aerodromes may come from OurAirports files), plans operations in it and
assesses them one at a time and in sets. Needs the environment that script/manage sets, and a role
that may create a database.
"""

import argparse
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks import place

NOW = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)
SUBJECT = "flight_operations.flightoperation"
GOAL_P95_MS = 50.0
# Nothing of it is shared with the telemetry benchmark, which may be running.
place.DATABASE = "windsock_benchmark_compliance"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compliance", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--airports", metavar="FOLDER", help="OurAirports files instead of made-up")
    parser.add_argument("--airport-count", type=int, default=73_000)
    parser.add_argument("--airspace-count", type=int, default=5_000)
    parser.add_argument("--assessments", type=int, default=200)
    parser.add_argument("--verdicts", type=int, default=1_000)
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
    from benchmarks import planned, skies  # noqa: PLC0415 - needs Django

    report: dict[str, Any] = {
        "airports": skies.load_airports(options.airport_count, options.airports, at=NOW),
        "airspace": skies.load_airspace(options.airspace_count),
        "stations": skies.load_weather(at=NOW),
    }
    keys = planned.make_operations(max(options.assessments, options.verdicts), at=NOW)
    report["one"] = one_by_one(keys[: options.assessments])
    report["sets"] = in_sets(keys)
    report["replay"] = replayed(keys[: options.verdicts])
    report["goals"] = {
        f"p95 under {GOAL_P95_MS:.0f} ms": report["one"]["p95_ms"] < GOAL_P95_MS,
        "every verdict replays equal": report["replay"]["equal"] == report["replay"]["verdicts"],
    }
    return report


def one_by_one(keys: list[int]) -> dict[str, Any]:
    """Fresh assessments at release, one record each, nothing stored."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import assess  # noqa: PLC0415

    assess(SUBJECT, keys[0], stage=Stage.RELEASE, at=NOW)
    times = []
    processor = time.process_time()
    for key in keys:
        begun = time.perf_counter()
        assess(SUBJECT, key, stage=Stage.RELEASE, at=NOW)
        times.append((time.perf_counter() - begun) * 1000)
    quantiles = statistics.quantiles(times, n=100)
    return {
        "assessments": len(times),
        "p50_ms": round(quantiles[49], 1),
        "p95_ms": round(quantiles[94], 1),
        "max_ms": round(max(times), 1),
        # Without PostgreSQL; says how much of the time was waiting on a busy machine.
        "python_cpu_ms": round((time.process_time() - processor) * 1000 / len(keys), 1),
    }


def in_sets(keys: list[int]) -> dict[str, Any]:
    """The same in one set: milliseconds for each operation."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import judge  # noqa: PLC0415

    found = {}
    for size in (10, 100, len(keys)):
        begun = time.perf_counter()
        judge(SUBJECT, keys[:size], stage=Stage.RELEASE, at=NOW)
        found[str(size)] = round((time.perf_counter() - begun) * 1000 / size, 2)
    return found


def replayed(keys: list[int]) -> dict[str, Any]:
    """Store verdicts, read them back and evaluate them again from their own inputs."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import findings_of, judge, record, replay  # noqa: PLC0415
    from common.models import Verdict  # noqa: PLC0415

    stored = []
    for start in range(0, len(keys), 100):
        judged = judge(SUBJECT, keys[start : start + 100], stage=Stage.RELEASE, at=NOW)
        stored += [verdict.pk for verdict in record(judged.values()).values()]
    equal = sum(
        replay(verdict).findings == findings_of(verdict) and replay(verdict).color == verdict.color
        for verdict in Verdict.objects.filter(pk__in=stored).order_by("pk").iterator(100)
    )
    return {"verdicts": len(stored), "equal": equal}


def text(report: dict[str, Any]) -> str:
    one, again = report["one"], report["replay"]
    return "\n".join(
        [
            f"{report['airports']} aerodromes, {report['airspace']} airspace features,"
            f" {report['stations']} weather stations",
            f"one operation: p50 {one['p50_ms']} ms, p95 {one['p95_ms']} ms, max {one['max_ms']} ms"
            f" over {one['assessments']}; {one['python_cpu_ms']} ms of it Python's processor time",
            f"in sets, ms for each: {report['sets']}",
            f"replay: {again['equal']} of {again['verdicts']} equal",
            *(f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
