"""
The live board under load: how soon viewers see a change, what the overview costs, memory.

200 crewed legs and 60 drone operations of one day, 20 of them in the air and sending five
positions a second, 30 viewers of the stream, one dispatcher who changes something every second and
one who reads the overview. Viewers, stations and server share the machine. Needs the environment
that script/manage sets, Redis, and an owner role that may create a database.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks import place
from benchmarks.board_clients import Sender, Watch, follow, send_positions

place.DATABASE = "windsock_benchmark_board"
WARM_UP_S = 5.0
SAMPLE_S = 60.0
GOAL_P95_MS, GOAL_MAX_MS = 1000.0, 2000.0
GOAL_OVERVIEW_MS, GOAL_STATEMENTS, GOAL_RANGE_MS = 150.0, 12, 500.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live_board", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--minutes", type=float, default=30, help="how long it is watched")
    parser.add_argument("--clients", type=int, default=30, help="viewers of the stream")
    parser.add_argument("--aircraft", type=int, default=20, help="in the air, sending positions")
    parser.add_argument("--rate", type=float, default=5.0, help="positions a second of each")
    parser.add_argument("--legs", type=int, default=200)
    parser.add_argument("--operations", type=int, default=60)
    parser.add_argument("--days", type=int, default=60, help="days with work on the range")
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
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from benchmarks.board_world import make_world  # noqa: PLC0415

    world = make_world(
        at=timezone.now(), legs=options.legs, operations=options.operations,
        flights=options.aircraft, days=options.days,
    )  # fmt: skip
    token = tokens_of(world.dispatcher)
    code = world.center.code
    report: dict[str, Any] = {"rows": world.counts, "load_before": os.getloadavg()[0]}
    report["statements"] = statements(token, code)
    with place.server("config.settings") as (port, root):
        board = Board(port, token, code)
        board.read(times=5)
        report["overview_quiet_ms"] = spread(board.read(times=40))
        report["range_60_days_ms"] = spread(board.read(times=10, days=60))
        watch = Watch()
        report["memory"] = asyncio.run(watched(options, world.senders, board, watch, root))
        report["overview_loaded_ms"] = spread(board.times)
    report |= seen(watch, options)
    report["load_after"] = os.getloadavg()[0]
    report["goals"] = goals(report)
    return report


def tokens_of(user: Any) -> Callable[[], str]:
    """A maker of fresh access tokens of one session: they last a quarter of an hour."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from users.services.sessions import Origin, start_session  # noqa: PLC0415
    from users.tokens import access_text  # noqa: PLC0415

    link = start_session(user, has_second_factor=True, origin=Origin(), at=timezone.now())
    return lambda: access_text(link.session)


def statements(token: Callable[[], str], code: str) -> int:
    """How many SQL statements one overview takes, sign-in and rights included."""
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
    from rest_framework.test import APIClient  # noqa: PLC0415

    client = APIClient(headers={"Authorization": f"Bearer {token()}", "Host": "127.0.0.1"})
    client.get("/api/dispatcher/overview/", {"center": code})
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/api/dispatcher/overview/", {"center": code})
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code}: {answer.content[:300]!r}")
    return len(asked)


class Board:
    """A dispatcher at the API: reads the overview, changes something."""

    def __init__(self, port: int, token: Callable[[], str], code: str) -> None:
        self._port, self._token, self._code = port, token, code
        self.times: list[float] = []

    @property
    def port(self) -> int:
        return self._port

    def token(self) -> str:
        return self._token()

    def read(self, *, times: int = 1, days: int = 0) -> list[float]:
        """Read the overview of the day, or of so many days; milliseconds of each."""
        query = f"?center={self._code}" + (_range(days) if days else "")
        return [self._ask("GET", f"overview/{query}")[0] for _ in range(times)]

    def change(self, title: str, watch: Watch, clock: Callable[[], float] = time.time) -> None:
        """Raise an event and acknowledge it; the watch knows when."""
        body = {"center": self._code, "kind": "other", "severity": "info", "title": title}
        watch.made_at[f"{title} open"] = clock()
        _, raised = self._ask("POST", "events/", body)
        watch.made_at[f"{title} acknowledged"] = clock()
        self._ask("POST", f"events/{raised['number']}/acknowledge/")

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[float, Any]:
        client = HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json",
                   "Idempotency-Key": f"{time.time_ns()}"}  # fmt: skip
        begun = time.perf_counter()
        content = json.dumps(body) if body is not None else None
        client.request(method, f"/api/dispatcher/{path}", content, headers)
        answer = client.getresponse()
        said = answer.read()
        took = (time.perf_counter() - begun) * 1000
        client.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        return took, json.loads(said)


def _range(days: int) -> str:
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    since = timezone.now() - timedelta(hours=12)
    until = since + timedelta(days=days)
    return f"&since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}"


async def watched(
    options: argparse.Namespace, senders: list[Sender], board: Board, watch: Watch, root: int
) -> dict[str, Any]:
    """Run stations, viewers and dispatchers for the time asked for; memory of the web workers."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    stations = context.Process(
        target=send_positions, args=(board.port, senders, options.rate, stop)
    )
    stations.start()
    ends_at = time.time() + WARM_UP_S + options.minutes * 60
    viewers = [
        asyncio.create_task(follow(board.port, board.token, watch, ends_at, viewer))
        for viewer in range(options.clients)
    ]
    await asyncio.sleep(WARM_UP_S)
    samples = [(time.time(), sum(worker_megabytes(root)))]
    number = 0
    while time.time() < ends_at - 1:
        begun = time.time()
        number += 1
        await asyncio.to_thread(board.change, f"Change {number}", watch)
        board.times += await asyncio.to_thread(board.read)
        if begun - samples[-1][0] >= SAMPLE_S:
            samples.append((begun, sum(worker_megabytes(root))))
        await asyncio.sleep(max(0.0, begun + 1 - time.time()))
    largest = max(worker_megabytes(root))
    samples.append((time.time(), sum(worker_megabytes(root))))
    await asyncio.gather(*viewers)
    stop.set()
    stations.join(timeout=20)
    return memory(samples, largest)


def memory(samples: list[tuple[float, float]], largest: float) -> dict[str, Any]:
    """
    Megabytes of all web workers over time, and what they grew by once they were warm.

    Warm is after a tenth of the time: by then every thread and every pool has been used.
    """
    begun, ended = samples[0][0], samples[-1][0]
    warm = next(size for at, size in samples if at >= begun + (ended - begun) / 10)
    last = samples[-1][1]
    return {
        "workers_at_start_mb": round(samples[0][1], 1),
        "workers_warm_mb": round(warm, 1),
        "workers_at_end_mb": round(last, 1),
        "largest_worker_mb": round(largest, 1),
        "by_minute_mb": [round(size) for _, size in samples],
        "growth": round(last / warm, 3),
    }


def worker_megabytes(root: int) -> list[float]:
    """Resident memory of each process below the server's first one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == root:
            continue
        try:
            group = int((entry / "stat").read_text().rpartition(")")[2].split()[2])
            status = (entry / "status").read_text()
        except (OSError, ProcessLookupError):
            continue
        if group == root and "VmRSS" in status:
            line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
            found.append(int(line.split()[1]) / 1024)
    return found or [0.0]


def seen(watch: Watch, options: argparse.Namespace) -> dict[str, Any]:
    """What viewers saw: delays of changes and of positions, and whether anything was lost."""
    told = sum(len(each) for each in watch.heard.values())
    due = [key for key, made in watch.made_at.items() if made < max(watch.made_at.values()) - 2]
    missed = sum(options.clients - len(watch.heard.get(key, ())) for key in due)
    return {
        "changes": {"made": len(watch.made_at), "heard": told, "missed": missed,
                    "p50_ms": watch.changes.percentile(50), "p95_ms": watch.changes.percentile(95),
                    "max_ms": round(watch.changes.most_ms, 1)},
        "positions": {"heard": watch.positions.count, "p50_ms": watch.positions.percentile(50),
                      "p95_ms": watch.positions.percentile(95),
                      "max_ms": round(watch.positions.most_ms, 1)},
        "frames": watch.frames, "resets": watch.resets, "reconnects": watch.reconnects,
    }  # fmt: skip


def goals(report: dict[str, Any]) -> dict[str, bool]:
    changes, loaded = report["changes"], report["overview_loaded_ms"]
    return {
        f"change visible p95 under {GOAL_P95_MS:.0f} ms": changes["p95_ms"] < GOAL_P95_MS,
        f"change visible at most {GOAL_MAX_MS:.0f} ms": changes["max_ms"] < GOAL_MAX_MS,
        "no change missed": changes["missed"] == 0 and changes["heard"] > 0,
        f"overview p95 under {GOAL_OVERVIEW_MS:.0f} ms": (
            report["overview_quiet_ms"]["p95"] < GOAL_OVERVIEW_MS
        ),
        f"overview p95 under {GOAL_OVERVIEW_MS:.0f} ms under load": (
            loaded["p95"] < GOAL_OVERVIEW_MS
        ),
        f"at most {GOAL_STATEMENTS} statements": report["statements"] <= GOAL_STATEMENTS,
        f"60 days under {GOAL_RANGE_MS:.0f} ms": report["range_60_days_ms"]["p95"] < GOAL_RANGE_MS,
        "memory grows less than a tenth": report["memory"]["growth"] < 1.1,
    }


def spread(values: list[float]) -> dict[str, float]:
    found = statistics.quantiles(values, n=20, method="inclusive")
    return {
        "p50": round(statistics.median(values), 1),
        "p95": round(found[18], 1),
        "max": round(max(values), 1),
    }


def text(report: dict[str, Any]) -> str:
    lines = [f"{name}: {report[name]}" for name in report if name != "goals"]
    ratio = report["changes"]["p95_ms"] / GOAL_P95_MS
    lines.append(f"change visible, p95 of the goal: {ratio:.2f}")
    lines += [f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
