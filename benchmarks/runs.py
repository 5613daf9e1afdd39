"""The rounds of the telemetry benchmark."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection

from benchmarks.flights import (
    COPY_COLUMNS,
    Batch,
    Flight,
    baseline_body,
    copy_columns,
    copy_rows,
    make_flight,
    next_batch,
    product_body,
)
from benchmarks.peers.models import BaselineLog
from benchmarks.processor import backend_seconds, tree_seconds
from common.live.publish import redis_client

CLIENTS = 2
Served = tuple[int, int]
BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
"""
DIFFERENCES = """
SELECT count(*), count(*) FILTER (
    WHERE (l.breaches & 1 = 0) IS DISTINCT FROM ST_Covers(v.area, p.point)
       OR (l.breaches & 16 <> 0) IS DISTINCT FROM ST_Covers(f.area, p.point)
       OR (l.breaches & 32 <> 0) IS DISTINCT FROM (round(l.height_m::numeric, 2) > 120)),
    count(*) FILTER (WHERE l.breaches <> 0)
FROM flight_operations_flightexecutionlog l
CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(l.lon, l.lat), 4326) AS point) p
JOIN flight_operations_flightplan fp ON fp.operation_id = l.operation_id
JOIN flight_operations_planvolume v ON v.plan_id = fp.id
JOIN flight_operations_planfence f ON f.plan_id = fp.id
WHERE l.operation_id = %s AND l.flags & 7 = 0
"""


class Bench:
    """Two servers, and what is sent to them."""

    def __init__(self, *, product: Served, baseline: Served) -> None:
        self.product, self.baseline = product, baseline
        self._made = 0
        self._rate = 0.0
        self._prepare_tables()

    def warm_up(self) -> None:
        """Let every worker of both servers import and compile what it needs."""
        for _ in range(8):
            for served, kind in (
                (self.product, "product"),
                (self.baseline, "baseline"),
                (self.baseline, "bare"),
            ):
                jobs = [self._job(kind, 2, 6) for _ in range(CLIENTS)]
                run([Thread(target=send, args=(served[0], *job)) for job in jobs])

    def _prepare_tables(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('benchmark_baseline_log') IS NOT NULL")
            exists = cursor.fetchone()[0]
            for offset in (-1, 0, 1):
                cursor.execute("SELECT telemetry_ensure_partition(current_date + %s)", [offset])
        if not exists:
            make_as_owner()

    def flight(self) -> Flight:
        self._made += 1
        now = datetime.now(UTC)  # noqa: TID251 - the benchmark's own clock
        return make_flight(f"b{int(time.time()) % 1_000_000:06}{self._made:03}", at=now)

    def is_correct(self) -> bool:
        """Send positions in and out of the limits; compare with what is stored, by PostGIS."""
        flight = self.flight()
        sent = 0
        # Steps small enough to have been flown between two positions.
        for radius in np.linspace(0.005, 0.0122, 10):
            batch = next_batch(flight, 1000, radius=float(radius))
            batch = Batch(batch.sequence, batch.times, batch.lat, batch.lon, batch.height_m + 45)
            send(self.product[0], product_path(flight), flight.key, [product_body(flight, batch)])
            sent += 1000
        with connection.cursor() as cursor:
            cursor.execute(DIFFERENCES, [flight.operation.pk])
            judged, different, breaking = cursor.fetchone()
        return bool(judged == sent and different == 0 and 0 < breaking < sent)

    def round(self, size: int, counts: tuple[int, int, int]) -> dict[str, float]:
        """One round of all; CPU microseconds per row of each, and rows per second of ours."""
        ours, theirs, copies = counts
        figures = {"yardstick_ms": yardstick_ms()}
        web, database, redis = self._served(self.product, size, ours, "product")
        figures |= {
            "product_us": web + database, "product_web_us": web, "product_postgres_us": database,
            # Beside the goal, which is about the web server and PostgreSQL.
            "product_redis_us": redis, "product_rows_s": self._rate,
        }  # fmt: skip
        for kind in ("baseline", "bare"):
            figures[f"{kind}_us"] = sum(self._served(self.baseline, size, theirs, kind)[:2])
        figures["copy_us"] = self._copied(size, copies)
        figures["copy_encoded_us"] = self._copied(size, copies, is_encoded=True)
        return figures

    def _served(self, served: Served, size: int, count: int, kind: str) -> tuple[float, ...]:
        """CPU microseconds per row of the web server, of PostgreSQL and of Redis."""
        port, root = served
        jobs = [self._job(kind, size, max(1, count // CLIENTS)) for _ in range(CLIENTS)]
        for path, key, bodies in jobs:
            send(port, path, key, bodies[:1])
        before, backends, redis = tree_seconds(root), all_backends(), redis_seconds()
        begun = time.perf_counter()
        run([Thread(target=send, args=(port, path, key, bodies[1:])) for path, key, bodies in jobs])
        rows = size * sum(len(bodies) - 1 for _, _, bodies in jobs)
        self._rate = rows / (time.perf_counter() - begun)
        web, stored = tree_seconds(root) - before, redis_seconds() - redis
        database = sum(used - backends.get(pid, 0.0) for pid, used in all_backends().items())
        return tuple(seconds / rows * 1e6 for seconds in (web, database, stored))

    def _job(self, kind: str, size: int, count: int) -> tuple[str, str, list[bytes]]:
        flight = self.flight()
        batches = [next_batch(flight, size) for _ in range(count + 1)]
        if kind == "product":
            return product_path(flight), flight.key, [product_body(flight, b) for b in batches]
        is_full = kind == "baseline"
        path = f"/{kind}/{flight.operation.pk}/"
        bodies = [baseline_body(flight, b, with_operation=is_full) for b in batches]
        return path, flight.key, bodies

    def _copied(self, size: int, count: int, *, is_encoded: bool = False) -> float:
        """
        Binary COPY over as many connections as clients, one commit per batch.

        Counts PostgreSQL and this process, which packs columns of numbers into rows and sends
        them; with `is_encoded` the rows were packed beforehand.
        """
        jobs: list[list[Any]] = []
        for _ in range(CLIENTS):
            flight = self.flight()
            given = [
                copy_columns(flight, next_batch(flight, size)) for _ in range(count // CLIENTS + 1)
            ]
            jobs.append([copy_rows(each) for each in given] if is_encoded else given)
        with ExitStack() as stack:
            targets = [
                stack.enter_context(psycopg.connect(**copy_parameters(), autocommit=True))
                for _ in jobs
            ]
            pids = [target.info.backend_pid for target in targets]
            for target, job in zip(targets, jobs, strict=True):
                copy(target, job[:1])
            before, own = sum(map(backend_seconds, pids)), time.process_time()
            run(
                [
                    Thread(target=copy, args=(target, job[1:]))
                    for target, job in zip(targets, jobs, strict=True)
                ]
            )
            spent = time.process_time() - own + sum(map(backend_seconds, pids)) - before
        return spent / (size * sum(len(job) - 1 for job in jobs)) * 1e6

    def latency(self, size: int, count: int) -> dict[str, float]:
        """Milliseconds of one request after another, from one client."""
        flight = self.flight()
        bodies = [product_body(flight, next_batch(flight, size)) for _ in range(count + 5)]
        times = send(self.product[0], product_path(flight), flight.key, bodies)[5:]
        found = np.percentile(np.array(times) * 1000, [50, 99])
        return {"p50": round(float(found[0]), 2), "p99": round(float(found[1]), 2)}


def product_path(flight: Flight) -> str:
    return f"/api/flight-operations/operations/{flight.operation.number}/telemetry/"


def send(port: int, path: str, key: str, bodies: list[bytes]) -> list[float]:
    """Post bodies over one connection; returns the seconds each took. Raises on any refusal."""
    client = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/json", "X-Api-Token": key}
    times = []
    for body in bodies:
        begun = time.perf_counter()
        client.request("POST", path, body, headers)
        answer = client.getresponse()
        content = answer.read()
        times.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:300]!r}")
    client.close()
    return times


def redis_seconds() -> float:
    """CPU seconds of the Redis server, whoever used it; 0 without one."""
    if not settings.REDIS_URL:
        return 0.0
    used = redis_client(settings.REDIS_URL).info("cpu")
    return float(used["used_cpu_sys"] + used["used_cpu_user"])


def yardstick_ms() -> float:
    """Processor time of a fixed piece of work: how it varies is how the machine varies."""
    begun = time.process_time()
    sum(number * number for number in range(300_000))
    return (time.process_time() - begun) * 1000


def durability() -> str:
    """How a commit is kept, on the product's connections and on those that COPY alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('synchronous_commit')")
        user, mode = cursor.fetchone()
        cursor.execute("SELECT current_setting('fsync')")
        return f"role {user}, synchronous_commit {mode}, fsync {cursor.fetchone()[0]}"


def run(threads: list[Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def all_backends() -> dict[int, float]:
    """CPU seconds of each PostgreSQL backend of this database, by process."""
    with connection.cursor() as cursor:
        cursor.execute(BACKENDS)
        return {pid: backend_seconds(pid) for (pid,) in cursor.fetchall()}


def copy(target: Any, batches: list[Any]) -> None:
    for batch in batches:
        block = batch if isinstance(batch, bytes) else copy_rows(batch)
        with target.cursor().copy(
            f"COPY flight_operations_flightexecutionlog ({COPY_COLUMNS}) FROM STDIN (FORMAT binary)"
        ) as stream:
            stream.write(block)


def copy_parameters() -> dict[str, Any]:
    wanted = ("dbname", "user", "host", "port", "password")
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in wanted if parameters.get(name)}


def make_as_owner() -> None:
    """Make the baseline's table, which the application's role may not."""
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(BaselineLog)
    owner = settings.DATABASE_OWNER_URL.replace("postgis://", "postgresql://", 1)
    role = connection.ops.quote_name(settings.DATABASE_APP_ROLE)
    # Not through Django, whose pool knows the application's role only.
    with psycopg.connect(owner) as own:
        for statement in editor.collected_sql:
            own.execute(statement)
        own.execute(f"GRANT SELECT, INSERT ON benchmark_baseline_log TO {role}")
        own.execute(f"GRANT USAGE ON benchmark_baseline_log_id_seq TO {role}")


def write_log(path: Path, count: int) -> None:
    """An AirData log of ten positions a second that began twelve hours ago at most."""
    start = datetime.now(UTC) - timedelta(hours=40)  # noqa: TID251
    with path.open("w") as file:
        file.write(
            "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),"
            "altitude_above_seaLevel(feet),speed(mph),battery_percent\n"
        )
        for row in range(count):
            moment = start + timedelta(milliseconds=100 * row)
            file.write(
                f"{row * 100},{moment:%Y-%m-%d %H:%M:%S},{-33.9 + row % 97 * 1e-6:.7f},151.2,"
                f"{row % 300},{row % 300 + 60},10,80\n"
            )
