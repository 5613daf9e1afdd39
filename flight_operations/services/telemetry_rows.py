"""Puts positions into the database by binary COPY, one statement per batch."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.statements import execute_prepared, raw_cursor
from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.samples import Samples, to_microseconds

POSTGRES_EPOCH_US = 946_684_800_000_000

_WIRE = {
    "float8": ">f8", "float4": ">f4", "int8": ">i8", "int4": ">i4", "int2": ">i2", "bool": "u1",
}  # fmt: skip
_KINDS = {
    "operation_id": "int8", "source_id": "int4", "recorded_at": "int8", "received_at": "int8",
    "lat": "float8", "lon": "float8", "sequence": "int4", "altitude_m": "float4",
    "ground_elevation_m": "float4", "height_takeoff_m": "float4", "height_m": "float4",
    "speed_ms": "float4", "heading_deg": "float4", "battery_percent": "float4",
    "flags": "int2", "breaches": "int2", "datum": "int2", "height_basis": "int2",
    "conformant": "bool",
}  # fmt: skip
_NULLABLE = [name for name, kind in _KINDS.items() if kind == "float4"]
_COPY = (
    f"COPY flight_operations_flightexecutionlog ({', '.join(_KINDS)}) FROM STDIN (FORMAT binary)"
)
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_STORED = """
SELECT sequence, (extract(epoch FROM recorded_at) * 1000000)::bigint
FROM flight_operations_flightexecutionlog
WHERE operation_id = %s AND source_id = %s AND sequence = ANY(%s)
"""


def insert_positions(
    owner: tuple[int, int],
    samples: Samples,
    heights: Heights,
    verdict: tuple[NDArray[np.int16], NDArray[np.int16]],
    *,
    received_at: datetime,
) -> int:
    """
    Store positions of (operation, source) that are known to be new, with flags and breaches.

    Binary COPY: a third of the database's work for the same rows by INSERT. It knows no
    ON CONFLICT, so the caller has sorted out what is stored already, under the flight's lock;
    the key still refuses a repeat (UniqueViolation). Returns how many were stored.
    """
    flags, breaches = verdict
    columns: dict[str, Any] = {
        name: getattr(samples, name) for name in _KINDS if hasattr(samples, name)
    }
    columns |= {
        "operation_id": owner[0],
        "source_id": owner[1],
        "recorded_at": samples.recorded_us - POSTGRES_EPOCH_US,
        "received_at": to_microseconds(received_at) - POSTGRES_EPOCH_US,
        "height_m": heights.limit_m,
        "height_basis": heights.basis,
        "flags": flags,
        "breaches": breaches,
        "conformant": breaches == 0,
    }
    with raw_cursor() as cursor, cursor.copy(_COPY) as stream:
        stream.write(_COPY_HEAD)
        for block in packed(columns, len(samples)):
            stream.write(block)
        stream.write(_COPY_END)
    return len(samples)


def packed(columns: dict[str, Any], size: int) -> Iterator[bytes]:
    """
    The rows as COPY takes them, in blocks of one layout.

    A value that is unknown has no bytes at all, so rows with different unknowns differ in size:
    each pattern of unknowns is packed as one numpy array.
    """
    gaps = {name: np.isnan(columns[name]) for name in _NULLABLE}
    counts = {name: np.count_nonzero(gap) for name, gap in gaps.items()}
    if all(count in (0, size) for count in counts.values()):
        unknown = frozenset(name for name, count in counts.items() if count)
        yield _block(columns, None, unknown, size)
        return
    patterns = np.zeros(size, dtype=np.int64)
    for bit, gap in enumerate(gaps.values()):
        patterns |= gap.astype(np.int64) << bit
    for pattern in np.unique(patterns):
        rows = patterns == pattern
        unknown = frozenset(name for bit, name in enumerate(_NULLABLE) if pattern >> bit & 1)
        yield _block(columns, rows, unknown, int(rows.sum()))


def _block(columns: dict[str, Any], rows: Any, unknown: frozenset[str], size: int) -> bytes:
    packed = np.full(size, _blank_row(unknown))
    for name in _KINDS:
        if name not in unknown:
            values = columns[name]
            packed[name] = values if rows is None or np.ndim(values) == 0 else values[rows]
    return packed.tobytes()


@lru_cache(maxsize=64)
def _blank_row(unknown: frozenset[str]) -> Any:
    """A row with the number of its values and the size of each, -1 for an unknown one."""
    layout: list[tuple[str, Any]] = [("count", ">i2")]
    for name, kind in _KINDS.items():
        layout.append((f"{name}_size", ">i4"))
        if name not in unknown:
            layout.append((name, _WIRE[kind]))
    row = np.zeros((), dtype=layout)
    row["count"] = len(_KINDS)
    for name, kind in _KINDS.items():
        row[f"{name}_size"] = -1 if name in unknown else np.dtype(_WIRE[kind]).itemsize
    return row


def stored_times(owner: tuple[int, int], sequences: Iterable[int]) -> dict[int, set[int]]:
    """Times (microseconds since 1970) already stored under these sequences."""
    found: dict[int, set[int]] = {}
    with raw_cursor() as cursor:
        execute_prepared(cursor, _STORED, [*owner, [int(each) for each in sequences]])
        for sequence, moment in cursor.fetchall():
            found.setdefault(sequence, set()).add(moment)
    return found
