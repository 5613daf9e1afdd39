"""Puts positions into the database as binary arrays, one statement per batch."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.samples import Samples

POSTGRES_EPOCH_US = 946_684_800_000_000

# Object identifiers of PostgreSQL's types and of their arrays (pg_type, fixed for all versions).
_TYPES: dict[str, tuple[int, int, np.dtype[Any]]] = {
    "float8": (701, 1022, np.dtype(">f8")),
    "float4": (700, 1021, np.dtype(">f4")),
    "int4": (23, 1007, np.dtype(">i4")),
    "int2": (21, 1005, np.dtype(">i2")),
    "bool": (16, 1000, np.dtype("u1")),
    "timestamptz": (1184, 1185, np.dtype(">i8")),
}
_COLUMNS = {
    "recorded_at": "timestamptz", "lat": "float8", "lon": "float8", "sequence": "int4",
    "altitude_m": "float4", "ground_elevation_m": "float4", "height_takeoff_m": "float4",
    "height_m": "float4", "speed_ms": "float4", "heading_deg": "float4",
    "battery_percent": "float4", "flags": "int2", "breaches": "int2", "datum": "int2",
    "height_basis": "int2", "conformant": "bool",
}  # fmt: skip
_CHOSEN = ", ".join(
    # Unknown travels as NaN, because an array of equal-sized elements is one memory copy.
    f"NULLIF({name}, 'NaN')" if kind == "float4" else name
    for name, kind in _COLUMNS.items()
)
_INSERT = f"""
INSERT INTO flight_operations_flightexecutionlog
    (operation_id, source_id, received_at, {", ".join(_COLUMNS)})
SELECT %s, %s, %s, {_CHOSEN}
FROM unnest({", ".join(f"%b::{kind}[]" for kind in _COLUMNS.values())})
    AS batch ({", ".join(_COLUMNS)})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of the constants above
_STORED = """
SELECT sequence, (extract(epoch FROM recorded_at) * 1000000)::bigint
FROM flight_operations_flightexecutionlog
WHERE operation_id = %s AND source_id = %s AND sequence = ANY(%b::int4[])
"""


class BinaryArray:
    """A numpy column as a PostgreSQL array value."""

    __slots__ = ("data", "oid")

    def __init__(self, values: NDArray[Any], kind: str) -> None:
        element, self.oid, wire = _TYPES[kind]
        packed = np.empty(len(values), dtype=[("size", ">i4"), ("value", wire)])
        packed["size"] = wire.itemsize
        packed["value"] = values
        # One dimension, no nulls, element type, length, first index.
        head = np.array([1, 0, element, len(values), 1], dtype=">i4")
        self.data = head.tobytes() + packed.tobytes()


class _BinaryArrayDumper(Dumper):
    format = Format.BINARY

    def get_key(self, obj: BinaryArray, format: PyFormat) -> Any:  # noqa: A002
        return (BinaryArray, obj.oid)

    def upgrade(self, obj: BinaryArray, format: PyFormat) -> Dumper:  # noqa: A002
        dumper = type(self)(BinaryArray)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: BinaryArray) -> bytes:
        return obj.data


def raw_cursor() -> psycopg.Cursor[Any]:
    """
    A cursor of the current transaction that binds parameters in the server.

    Django's own cursors write values into the statement as text, which costs ten times the insert.
    """
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(BinaryArray, _BinaryArrayDumper)
    return cursor


def insert_positions(
    owner: tuple[int, int],
    samples: Samples,
    heights: Heights,
    verdict: tuple[NDArray[np.int16], NDArray[np.int16]],
    *,
    received_at: datetime,
) -> int:
    """
    Store positions of (operation, source) with their flags and breaches; returns how many are new.

    One that is already there is left as it is.
    """
    flags, breaches = verdict
    columns: dict[str, Any] = {
        name: getattr(samples, name) for name in _COLUMNS if hasattr(samples, name)
    }
    columns |= {
        "recorded_at": samples.recorded_us - POSTGRES_EPOCH_US,
        "height_m": heights.limit_m,
        "height_basis": heights.basis,
        "flags": flags,
        "breaches": breaches,
        "conformant": breaches == 0,
    }
    arrays = [BinaryArray(columns[name], kind) for name, kind in _COLUMNS.items()]
    with raw_cursor() as cursor:
        cursor.execute(_INSERT, [*owner, received_at, *arrays])
        return cursor.rowcount


def stored_times(owner: tuple[int, int], sequences: Iterable[int]) -> dict[int, set[int]]:
    """Times (microseconds since 1970) already stored under these sequences."""
    wanted = BinaryArray(np.fromiter(sequences, np.int64), "int4")
    found: dict[int, set[int]] = {}
    with raw_cursor() as cursor:
        cursor.execute(_STORED, [*owner, wanted])
        for sequence, moment in cursor.fetchall():
            found.setdefault(sequence, set()).add(moment)
    return found
