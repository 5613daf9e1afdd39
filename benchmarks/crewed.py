"""
Crewed compliance: time of a fresh assessment of one trip, alone and in sets, and replay.

Makes trips over varied weather, runways, fuel, papers and patients in a database of its own. The
first assessment of a drone operation (benchmarks.compliance) is the baseline of the goal. Needs
the environment that script/manage sets, and a role that may create a database.
"""

import argparse
import json
import random
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks import place

SUBJECT = "operations.trip"
# The goal that one drone operation is held to; a trip of two legs has about as many facts.
GOAL_P95_MS = 50.0
place.DATABASE = "windsock_benchmark_crewed"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crewed", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--assessments", type=int, default=200)
    parser.add_argument("--verdicts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20_260_315)
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
    keys, at = make_trips(max(options.assessments, options.verdicts), seed=options.seed)
    report: dict[str, Any] = {"trips": len(keys)}
    report["one"] = one_by_one(keys[: options.assessments], at=at)
    report["sets"] = in_sets(keys, at=at)
    report["ratio_set_to_one"] = round(report["sets"][str(len(keys))] / report["one"]["p50_ms"], 3)
    report["replay"] = replayed(keys[: options.verdicts], at=at)
    report["goals"] = {
        f"p95 under {GOAL_P95_MS:.0f} ms": report["one"]["p95_ms"] < GOAL_P95_MS,
        "every verdict replays equal": report["replay"]["equal"] == report["replay"]["verdicts"],
    }
    return report


def make_trips(count: int, *, seed: int) -> tuple[list[int], Any]:
    """Trips between twelve aerodromes, a few aircraft each with many, no two facts alike."""
    from operations.models import MedicalRequirement, TripLeg  # noqa: PLC0415 - needs Django
    from tests.operations import legal_world  # noqa: PLC0415
    from tests.operations.gate import scene  # noqa: PLC0415

    dice = random.Random(seed)  # noqa: S311 - made-up trips
    ends = []
    for number in range(12):
        where = (40 + dice.random() * 8, -120 + dice.random() * 10)
        ident = f"K{chr(65 + number)}QX"
        ends.append(legal_world.airport(ident, *where, icao=ident))
        wind = f"{dice.randrange(36) * 10:03d}{dice.randrange(3, 30):02d}KT"
        sky = f"{dice.choice(['9999', '4000', '0800'])} BKN{dice.randrange(1, 60):03d}"
        scene.weather(ident, where, metar=f"{wind} {sky} 08/02 A3010", taf=f"{wind} {sky}")
    keys = []
    for _ in range(count):
        first, second = dice.sample(ends, 2)
        trip = scene.make_trip(first, second)
        if dice.random() < 0.7:
            scene.complete(trip)
        TripLeg.objects.filter(trip=trip).update(
            fuel_on_board_kg=dice.choice([None, 600, 900, 1300]),
            landing_distance_m=dice.choice([None, 900, 1500, 2200]),
            is_ifr=dice.random() < 0.8,
        )
        MedicalRequirement.objects.filter(pk=trip.requirement_id).update(
            oxygen_flow_lpm=dice.randrange(16)
        )
        keys.append(trip.pk)
    return keys, scene.AT + timedelta(minutes=dice.randrange(20))


def one_by_one(keys: list[int], *, at: Any) -> dict[str, Any]:
    """Fresh assessments at release, one trip each, nothing stored."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import assess  # noqa: PLC0415

    assess(SUBJECT, keys[0], stage=Stage.RELEASE, at=at)
    times = []
    processor = time.process_time()
    for key in keys:
        begun = time.perf_counter()
        assess(SUBJECT, key, stage=Stage.RELEASE, at=at)
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


def in_sets(keys: list[int], *, at: Any) -> dict[str, float]:
    """The same in one set: milliseconds for each trip."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import judge  # noqa: PLC0415

    found = {}
    for size in (10, 100, len(keys)):
        begun = time.perf_counter()
        judge(SUBJECT, keys[:size], stage=Stage.RELEASE, at=at)
        found[str(size)] = round((time.perf_counter() - begun) * 1000 / size, 2)
    return found


def replayed(keys: list[int], *, at: Any) -> dict[str, Any]:
    """Store verdicts, read them back and evaluate them again from their own inputs."""
    from common.compliance.findings import Stage  # noqa: PLC0415 - needs Django
    from common.compliance.service import findings_of, judge, record, replay  # noqa: PLC0415
    from common.models import Verdict  # noqa: PLC0415

    stored = []
    for start in range(0, len(keys), 100):
        judged = judge(SUBJECT, keys[start : start + 100], stage=Stage.RELEASE, at=at)
        stored += [verdict.pk for verdict in record(judged.values()).values()]
    equal, kinds = 0, set()
    for verdict in Verdict.objects.filter(pk__in=stored).order_by("pk").iterator(100):
        again = replay(verdict)
        equal += again.findings == findings_of(verdict) and again.color == verdict.color
        kinds.add(json.dumps(sorted((f["rule"], f["color"]) for f in verdict.findings)))
    return {"verdicts": len(stored), "equal": equal, "different_answers": len(kinds)}


def text(report: dict[str, Any]) -> str:
    one, again = report["one"], report["replay"]
    return "\n".join(
        [
            f"one trip: p50 {one['p50_ms']} ms, p95 {one['p95_ms']} ms, max {one['max_ms']} ms"
            f" over {one['assessments']}; {one['python_cpu_ms']} ms of it Python's processor time",
            f"in sets, ms for each: {report['sets']};"
            f" {report['ratio_set_to_one']} of one alone in the largest",
            f"replay: {again['equal']} of {again['verdicts']} equal,"
            f" {again['different_answers']} different sets of answers",
            *(f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
