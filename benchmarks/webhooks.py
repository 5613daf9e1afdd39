"""
Webhooks to many receivers, one of which takes every connection and never answers.

Events are queued for each subscriber through the product's own service and sent by its own tasks
to a server on this machine that runs in a process of its own: once with every receiver well, once
with one that hangs, paced (how long the others wait) and in one burst (how many go in a second).
What the hanging one holds must not be felt by the others. Needs the environment that script/manage
sets, and a role that may create a database.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks import place

place.DATABASE = "windsock_benchmark_webhooks"
HANGS_S = 60
PATIENCE_S = 300
SWEEP_S = 10.0


class Receiver(BaseHTTPRequestHandler):
    """Takes what comes, but for the path /hangs."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/hangs":
            time.sleep(HANGS_S)
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Says nothing."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--events", type=int, default=300, help="a round")
    parser.add_argument("--subscribers", type=int, default=8, help="healthy ones")
    parser.add_argument("--rate", type=float, default=5.0, help="events a second when paced")
    parser.add_argument("--workers", type=int, default=4, help="tasks at once")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if options.serve:
        serve(options.serve)
    port = place.free_port()
    os.environ |= {"SCHEDULER_BACKEND": "threads", "SCHEDULER_THREADS": str(options.workers)}
    os.environ |= {"WEBHOOK_PORTS": str(port), "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
    place.use_benchmark_database(fresh=options.fresh)
    import django  # noqa: PLC0415 - after the environment is set
    from django.test.utils import override_settings  # noqa: PLC0415

    django.setup()
    command = [sys.executable, "-m", "benchmarks.webhooks", "--serve", str(port)]
    receiver = subprocess.Popen(command, cwd=place.ROOT)  # noqa: S603 - this very module
    try:
        with override_settings(WEBHOOK_ALLOW_HTTP=True):
            report = measure(options, f"http://127.0.0.1:{port}")
    finally:
        receiver.kill()
        receiver.wait()
        _end_tasks()
        if not options.keep:
            place.drop_benchmark_database()
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def serve(port: int) -> None:
    """Be the receivers, until this process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    server.daemon_threads = True
    server.serve_forever()


def _end_tasks() -> None:
    """Wait for what is on its way: the database goes next."""
    from common.scheduler import ThreadBackend, backend  # noqa: PLC0415 - after the settings

    threads = backend()
    if isinstance(threads, ThreadBackend):
        threads.close()


def measure(options: argparse.Namespace, base: str) -> dict[str, Any]:
    """Four rounds: with and without the one that hangs, paced and in a burst."""
    drone = _drone()
    with _sweeping():
        rounds = {
            f"{pace}, {word}": one_round(options, base, drone, hangs=hangs, rate=rate)
            for pace, rate in (("paced", options.rate), ("burst", 0.0))
            for word, hangs in (("all well", False), ("one hangs", True))
        }
    well, ill = rounds["paced, all well"], rounds["paced, one hangs"]
    lost = sum(each["not_delivered"] for each in rounds.values())
    return {
        "events": options.events,
        "subscribers": options.subscribers,
        "workers": options.workers,
        "rounds": rounds,
        "goals": {
            "every message to a healthy receiver arrived": lost == 0,
            "p95 with one that hangs within 1 s of that without": (
                ill["p95_s"] < well["p95_s"] + 1
            ),
        },
    }


def one_round(
    options: argparse.Namespace, base: str, drone: Any, *, hangs: bool, rate: float
) -> dict[str, Any]:
    """Queue the events for everybody and wait until the healthy receivers have them."""
    from django.utils import timezone  # noqa: PLC0415 - after the settings

    from common.events import Announcement  # noqa: PLC0415
    from common.webhooks.offers import offer_of  # noqa: PLC0415
    from users.models import WebhookMessage  # noqa: PLC0415
    from users.services.webhook_queue import queue_event  # noqa: PLC0415

    healthy = _subscribe(options.subscribers, base, hangs=hangs)
    offer: Any = offer_of("drone.changed")
    began = time.perf_counter()
    for number in range(options.events):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        at = timezone.now()
        queue_event(offer, drone.pk, Announcement(number + 1, at, "benchmark"), at=at)
    rows = WebhookMessage.objects.filter(subscription__in=healthy)
    deadline = time.perf_counter() + PATIENCE_S
    while rows.exclude(status="delivered").exists() and time.perf_counter() < deadline:
        time.sleep(0.2)
    taken_s = time.perf_counter() - began
    delays = sorted(
        (ended - created).total_seconds()
        for created, ended in rows.filter(status="delivered").values_list("created_at", "ended_at")
    )
    return {
        "delivered": len(delays),
        "not_delivered": rows.count() - len(delays),
        "per_second": round(len(delays) / taken_s, 1),
        "p50_s": round(delays[len(delays) // 2], 3),
        "p95_s": round(delays[int(len(delays) * 0.95)], 3),
        "longest_s": round(delays[-1], 3),
    }


def _subscribe(count: int, base: str, *, hangs: bool) -> list[Any]:
    from django.utils import timezone  # noqa: PLC0415 - after the settings

    from users.models import User, WebhookSubscription  # noqa: PLC0415
    from users.services import webhook_subscriptions as service  # noqa: PLC0415

    owner = User.objects.get(email="benchmark@example.com")
    now = timezone.now()
    for each in WebhookSubscription.objects.open():
        service.close(each, reason="The round is over.", actor=owner, at=now)
    paths = [f"/well/{number}" for number in range(count)] + (["/hangs"] if hangs else [])
    made = [
        service.subscribe(
            owner, url=base + path, event_types=["drone.*"], actor=owner, at=timezone.now()
        )[0]
        for path in paths
    ]
    return made[:count]


def _drone() -> Any:
    from rpas.models import RPASAircraft  # noqa: PLC0415 - after the settings
    from tests.rpas.factories import AircraftFactory  # noqa: PLC0415
    from users.models import User  # noqa: PLC0415

    if not User.objects.filter(email="benchmark@example.com").exists():
        User.objects.create_superuser("benchmark@example.com")
    # Of the run before, where the database was kept.
    return RPASAircraft.objects.order_by("pk").first() or AircraftFactory()


class _sweeping:  # noqa: N801 - used like a function
    """Beat's part: the sweep, as often as the settings have it."""

    def __enter__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        from common.scheduler import schedule  # noqa: PLC0415 - after the settings

        while not self._over.wait(SWEEP_S):
            schedule("users.tasks.send_due_webhooks")


def text(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"{report['events']} events to {report['subscribers']} healthy receivers,"
        f" {report['workers']} workers",
        f"{'':22} {'messages/s':>10} {'p50':>8} {'p95':>8} {'longest':>8}",
    ]
    for name, each in report["rounds"].items():
        lines.append(
            f"{name:22} {each['per_second']:10.1f} {each['p50_s']:7.3f}s {each['p95_s']:7.3f}s"
            f" {each['longest_s']:7.3f}s"
        )
    lines += [f"{'met ' if met else 'MISSED'} {goal}" for goal, met in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
