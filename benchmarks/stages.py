"""Where the processor time of a telemetry request goes: its parts, each alone in this process."""

import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from benchmarks.flights import Flight, copy_columns, copy_rows, next_batch, product_body
from benchmarks.processor import tree_seconds
from flight_operations.queries.flight_limits import load_limits
from flight_operations.telemetry import wire
from flight_operations.telemetry.conformance import check
from flight_operations.telemetry.flags import flag
from flight_operations.telemetry.heights import resolve_heights

REPEATS = 50


def parts(flight: Flight, size: int) -> dict[str, float]:
    """Microseconds a row of decoding a body, of judging positions and of packing rows."""
    limits = load_limits(flight.operation.pk)
    batch = next_batch(flight, size)
    body, columns = product_body(flight, batch), copy_columns(flight, batch)
    _, samples = wire.decode(body)

    def judge() -> None:
        heights = resolve_heights(samples, takeoff_elevation_m=limits.takeoff_elevation_m)
        flag(
            samples,
            received_us=2**62,
            earliest_us=limits.from_us,
            max_speed_ms=limits.max_speed_ms,
        )
        check(samples, heights, limits)

    works: dict[str, Callable[[], Any]] = {
        "decode_us": lambda: wire.decode(body),
        "conformance_us": judge,
        "pack_us": lambda: copy_rows(columns),
    }
    return {name: _each(work) / size for name, work in works.items()}


def _each(work: Callable[[], Any]) -> float:
    """Microseconds of processor time a run."""
    work()
    begun = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - begun) / REPEATS * 1e6


def empty_request_us(served: tuple[int, int]) -> float:
    """The same of a request that asks nothing: web server, middleware, address, answer."""
    port, root = served
    client = HTTPConnection("127.0.0.1", port, timeout=20)
    count = REPEATS * 8

    def ask(times: int) -> None:
        for _ in range(times):
            client.request("GET", "/healthz")
            client.getresponse().read()

    ask(REPEATS)
    before = tree_seconds(root)
    ask(count)
    return (tree_seconds(root) - before) / count * 1e6
