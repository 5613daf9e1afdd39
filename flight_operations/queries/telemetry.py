"""Reads what a flight left behind: its positions page by page, its track, its alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from flight_operations.models import ConformanceAlert, FlightExecutionLog, FlightOperation
from flight_operations.telemetry.flags import UNUSABLE
from flight_operations.telemetry.samples import Datum

MAX_TRACK_POINTS = 5000
DAY = timedelta(days=1)

POSITION_FIELDS = (
    "source_id", "sequence", "recorded_at", "received_at", "lat", "lon", "altitude_m", "datum",
    "ground_elevation_m", "height_m", "height_basis", "speed_ms", "heading_deg",
    "battery_percent", "flags", "breaches", "conformant",
)  # fmt: skip

# Whole days around the flight, so that only their partitions are read.
_TRACK = """
WITH counted AS (
    SELECT lon, lat, height_m, recorded_at, conformant,
           row_number() OVER (ORDER BY recorded_at, source_id, sequence) - 1 AS place,
           count(*) OVER () AS total
    FROM flight_operations_flightexecutionlog
    WHERE operation_id = %(operation)s AND flags & %(unusable)s = 0
      AND recorded_at BETWEEN %(first)s AND %(last)s
)
SELECT lon, lat, height_m, recorded_at, conformant, total FROM counted
WHERE place %% greatest(1, ceil(total::numeric / %(points)s)::bigint) = 0 OR place = total - 1
ORDER BY place
"""


@dataclass(frozen=True)
class Cursor:
    """Where a page of positions begins: behind this source and sequence."""

    source_id: int = 0
    sequence: int = -1

    def __str__(self) -> str:
        return f"{self.source_id}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Read a cursor back; None when it is none."""
        source, _, sequence = text.partition(".")
        if not (source.isascii() and source.isdigit() and len(source) < 10):
            return None
        if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 11):
            return None
        return cls(int(source), int(sequence))


def positions_page(
    operation: FlightOperation, *, after: Cursor, size: int
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """One page of a flight's positions, source by source in the order they were recorded."""
    rows = FlightExecutionLog.objects.filter(operation=operation).extra(
        where=["(source_id, sequence) > (%s, %s)"], params=[after.source_id, after.sequence]
    )
    found = list(
        rows.order_by("source_id", "sequence", "recorded_at").values(*POSITION_FIELDS)[: size + 1]
    )
    page = found[:size]
    following = Cursor(page[-1]["source_id"], page[-1]["sequence"]) if len(found) > size else None
    return page, following


def track(operation: FlightOperation, *, points: int) -> dict[str, Any]:
    """
    A flight's believed positions as one GeoJSON feature, thinned to about `points` of them.

    Every n-th position is kept, and the last. Times, heights and conformance stand beside the
    coordinates, in the same order.
    """
    rows = _track_rows(operation, points)
    coordinates = [[lon, lat] for lon, lat, *_ in rows]
    is_line = len(coordinates) > 1
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates} if is_line else None,
        "properties": {
            "operation": operation.number,
            "positions": rows[0][5] if rows else 0,
            "recorded_at": [row[3] for row in rows],
            "height_m": [row[2] for row in rows],
            "conformant": [row[4] for row in rows],
        },
    }


def _track_rows(operation: FlightOperation, points: int) -> Sequence[Any]:
    start, end = operation.actual_start_at, operation.actual_end_at
    if start is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACK,
            {
                "operation": operation.pk,
                "unusable": int(UNUSABLE),
                "points": points,
                "first": start - DAY,
                "last": (end or start + DAY) + DAY,
            },
        )
        return cursor.fetchall()


def alerts_of(operation: FlightOperation) -> QuerySet[ConformanceAlert]:
    """The alerts of a flight, newest first."""
    rows = ConformanceAlert.objects.filter(operation=operation)
    return rows.select_related("acknowledged_by").order_by("-started_at", "-pk")


def datum_name(value: int) -> str | None:
    """The wire name of a stored datum."""
    return Datum(value).name if value else None
