"""
Telemetry: our endpoint beside a DRF baseline and raw COPY, in interleaved rounds.

Counts CPU seconds of the web server's processes and of their PostgreSQL backends, from /proc; of
raw COPY those of its backends and of this process, which packs columns of numbers into rows and
sends them. Nobody's client counts otherwise. COPY fills the product's own table, from as many
connections as there are clients, one commit a batch; it decodes, checks and judges nothing. All
use one role, so one durability. Needs the environment that script/manage sets, and an owner role
that may create a database.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.place import (
    ROOT,
    drop_benchmark_database,
    server,
    use_benchmark_database,
)

ROUNDS = 5
# Requests per round, by points in a request: (product, baseline, COPY).
PLAN = {1: (400, 200, 400), 100: (200, 20, 200), 1000: (60, 4, 80)}
QUICK = {1: (100, 40, 100), 100: (40, 6, 40), 1000: (20, 2, 20)}
GOAL_BASELINE, GOAL_COPY = 50.0, 0.5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telemetry", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="two short rounds, 100,000 samples")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--no-memory", action="store_true", help="leave the log import out")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    begun = time.perf_counter()
    use_benchmark_database(fresh=options.fresh)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        report = measure(options)
        if not options.no_memory:
            report["memory"] = memory(100_000 if options.quick else 1_000_000)
    finally:
        if not options.keep:
            drop_benchmark_database()
    report["seconds"] = round(time.perf_counter() - begun, 1)
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if report["correct"] else 1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import runs, stages  # noqa: PLC0415 - needs Django

    rounds, plan = (2, QUICK) if options.quick else (ROUNDS, PLAN)
    with server("config.settings") as ours, server("benchmarks.peers.settings") as theirs:
        bench = runs.Bench(product=ours, baseline=theirs)
        bench.warm_up()
        report: dict[str, Any] = {
            "correct": bench.is_correct(),
            "durability": runs.durability(),
            "load_before": os.getloadavg()[0],
            "batches": {},
        }
        for size, counts in plan.items():
            report["batches"][size] = summary([bench.round(size, counts) for _ in range(rounds)])
        report["latency_100"] = bench.latency(100, 50 if options.quick else 400)
        found = [
            stages.parts(bench.flight(), 1000) | {"empty_us": stages.empty_request_us(ours)}
            for _ in range(rounds)
        ]
        report["parts"] = {name: spread([each[name] for each in found]) for name in found[0]}
    report["load_after"] = os.getloadavg()[0]
    last = report["batches"][1000]
    report["goals"] = {
        f"at least {GOAL_BASELINE:.0f} x the baseline": last["times_baseline"]["median"]
        >= GOAL_BASELINE,
        f"at least {GOAL_COPY:.0%} of raw COPY": last["share_of_copy"]["median"] >= GOAL_COPY,
    }
    return report


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Median and spread of each figure over the rounds; ratios are made within a round."""
    for each in rounds:
        each["times_baseline"] = each["baseline_us"] / each["product_us"]
        each["times_bare"] = each["bare_us"] / each["product_us"]
        each["share_of_copy"] = each["copy_us"] / each["product_us"]
    return {name: spread([each[name] for each in rounds]) for name in rounds[0]}


def spread(values: Iterable[float]) -> dict[str, float]:
    found = sorted(values)
    return {
        "min": round(found[0], 3),
        "median": round(statistics.median(found), 3),
        "max": round(found[-1], 3),
    }


def memory(samples: int) -> dict[str, Any]:
    """Peak memory of importing a short and a long log, each in a process of its own."""
    from benchmarks.runs import write_log  # noqa: PLC0415 - needs Django

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (10_000, samples):
            path = Path(folder) / f"{count}.csv"
            write_log(path, count)
            begun = time.perf_counter()
            out = subprocess.run(  # noqa: S603
                [sys.executable, "-m", "benchmarks.import_one", str(path)],
                check=True, capture_output=True, text=True, cwd=ROOT, env=os.environ,
            )  # fmt: skip
            stored, kilobytes = map(int, out.stdout.split()[-2:])
            found[str(count)] = {
                "stored": stored,
                "peak_mb": round(kilobytes / 1024, 1),
                "seconds": round(time.perf_counter() - begun, 1),
            }
    return found


def text(report: dict[str, Any]) -> str:
    lines = [f"correct: {report['correct']} (rows stored = sent, conformance = PostGIS)"]
    lines.append(
        f"{report['durability']}; load {report['load_before']:.1f} before,"
        f" {report['load_after']:.1f} after"
    )
    lines.append("CPU us per row (server + PostgreSQL), median [min..max]")
    for size, figures in report["batches"].items():
        lines.append(f"  {size} points a request")
        for name, value in figures.items():
            lines.append(f"    {name:16} {value['median']:>10} [{value['min']}..{value['max']}]")
    lines += breakdown(report)
    lines.append(f"100-point request, ms: {report['latency_100']}")
    lines.append(f"log import, peak memory: {report.get('memory', 'not measured')}")
    lines += [f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()]
    lines.append(f"took {report['seconds']} s")
    return "\n".join(lines)


def breakdown(report: dict[str, Any]) -> list[str]:
    """Where a request of 1,000 positions spends its processor time, in ms."""
    one, many = ({k: v["median"] for k, v in report["batches"][n].items()} for n in (1, 1000))
    part = {name: value["median"] for name, value in report["parts"].items()}
    shares = {
        "HTTP, middleware, address, answer": part["empty_us"] / 1000,
        "token, rights, operation, lock, marker, live; any batch": (
            one["product_web_us"] - part["empty_us"]
        )
        / 1000,
        "JSON to columns": part["decode_us"],
        "conformance": part["conformance_us"],
        "packing rows": part["pack_us"],
        "PostgreSQL, any batch": one["product_postgres_us"] / 1000,
        "PostgreSQL, the rows": many["product_postgres_us"] - one["product_postgres_us"] / 1000,
    }
    shares["not told apart"] = many["product_us"] - sum(shares.values())
    lines = [f"a request of 1,000 positions: {many['product_us']:.1f} ms of processor time"]
    return lines + [f"    {value:6.2f}  {name}" for name, value in shares.items()]


if __name__ == "__main__":
    sys.exit(main())
