"""
Planning a day of dispatch: how good, how fast, how steady, and whether its words are true.

public       VRPTW instances through the product's own entry point: gap to the best known
             distance (distance only, one decimal truncated), beside the plain dispatcher and a
             plain OR-Tools routing run (by --ortools-python, or by this Python if it has it)
technicians  technician-routing instances (skills, tools, parts; skill levels): feasible by the
             independent checker, served, and travel beside the published solutions
own          seeded days of 50, 200 and 1,000 operations around real airfields, beside the bound and
             a plain dispatcher with pairs by base and list (listed) or by the matching (greedy)
days         random hard days: nothing infeasible, a reason for everybody left behind, the named
             relaxation applied to the whole day serves the task, and a minute less would not
stability    the same day in other orders of its rows gives the same plan
mending      an aircraft lost and three overruns: how much of what they do not touch stays, beside
             a plan made afresh
slots        time to recommend slots for one new request beside a plan of 200

Figures by the wall clock want a quiet machine; the load is printed with them.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import dispatch_suites as suites
from benchmarks.dispatch_mending import mending

SUITES = {
    "public": suites.public,
    "technicians": suites.technicians,
    "own": suites.own,
    "days": suites.days,
    "stability": suites.stability,
    "mending": mending,
    "slots": suites.slots,
}
NEEDS_FILES = {"public", "technicians"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dispatch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="all of them unless named")
    parser.add_argument("--instances", metavar="FOLDER", help="public scheduling instances")
    parser.add_argument("--ortools-python", metavar="PATH", help="a Python that has OR-Tools")
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 30.0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--days", type=int, default=500, help="random hard days")
    parser.add_argument("--orders", type=int, default=100, help="other orders of rows")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small samples of everything")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    unknown = sorted(set(options.suites) - set(SUITES))
    if unknown:
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")
    if options.quick:
        options.seconds, options.sizes, options.seeds = [2.0], [50, 200], 1
        options.days, options.orders = 20, 5
    return options


def main() -> int:
    options = arguments()
    folder = Path(options.instances or os.environ.get("WINDSOCK_SCHEDULING_INSTANCES", "missing"))
    report: dict[str, Any] = {"load": os.getloadavg(), "processes": options.processes}
    report["goals"] = {}
    for name in options.suites or SUITES:
        if name in NEEDS_FILES and not folder.is_dir():
            report[name] = "skipped: name a folder with --instances"
            continue
        found = SUITES[name](options, folder)
        report["goals"] |= found.pop("goals")
        report[name] = found
        if not options.json:
            print(suites.text(name, found), flush=True)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print(f"load at the start: {report['load'][0]:.1f}")
        for name in NEEDS_FILES & report.keys():
            if isinstance(report[name], str):
                print(f"{name} {report[name]}")
        for goal, met in report["goals"].items():
            print(f"{goal}: {'yes' if met else 'NO'}")
    return 0 if all(report["goals"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
