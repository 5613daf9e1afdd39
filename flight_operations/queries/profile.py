"""The real track of a flight with its heights, for a report: thinned, its highest point kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from flight_operations.models import FlightOperation
from flight_operations.telemetry.flags import UNUSABLE
from flight_operations.telemetry.samples import Datum

DAY = timedelta(days=1)

# What a device did not say of its height above take-off follows from sea level. Whole days around
# the flight, so that only their partitions are read.
_PROFILE = """
WITH counted AS (
    SELECT recorded_at, lon, lat, height_m, height_basis, conformant, speed_ms, battery_percent,
           coalesce(height_takeoff_m, CASE datum
               WHEN %(takeoff)s THEN altitude_m
               WHEN %(amsl)s THEN altitude_m - %(origin)s::float8 END) AS above_takeoff_m,
           row_number() OVER (ORDER BY recorded_at, source_id, sequence) - 1 AS place,
           row_number() OVER (ORDER BY height_m DESC NULLS LAST, recorded_at) AS rank,
           count(*) OVER () AS total
    FROM flight_operations_flightexecutionlog
    WHERE operation_id = %(operation)s AND flags & %(unusable)s = 0
      AND recorded_at BETWEEN %(first)s AND %(last)s
)
SELECT recorded_at, lon, lat, height_m, height_basis, above_takeoff_m, conformant, speed_ms,
       battery_percent, total,
       max(height_m) OVER (), max(above_takeoff_m) OVER (), max(speed_ms) OVER (),
       min(battery_percent) OVER ()
FROM counted
WHERE place %% greatest(1, ceil(total::numeric / %(points)s)::bigint) = 0
   OR place = total - 1 OR rank = 1
ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One believed position; heights in meters, None where nobody knows."""

    at: datetime
    lon: float
    lat: float
    height_m: float | None
    height_basis: int
    above_takeoff_m: float | None
    is_conformant: bool


@dataclass(frozen=True)
class Profile:
    """A track with its extremes: of the positions kept, the highest among them always."""

    points: tuple[TrackPoint, ...]
    positions: int = 0
    max_height_m: float | None = None
    max_above_takeoff_m: float | None = None
    max_speed_ms: float | None = None
    min_battery_percent: float | None = None


def profile_of(operation: FlightOperation, *, points: int) -> Profile:
    """The believed positions of a flight, thinned to about `points` of them."""
    start, end = operation.actual_start_at, operation.actual_end_at
    if start is None:
        return Profile(())
    values: dict[str, Any] = {
        "operation": operation.pk,
        "unusable": int(UNUSABLE),
        "points": points,
        "first": start - DAY,
        "last": (end or start + DAY) + DAY,
        "origin": operation.plan.take_off_elevation_m,
        "takeoff": int(Datum.TAKEOFF),
        "amsl": int(Datum.AMSL),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PROFILE, values)
        rows = cursor.fetchall()
    if not rows:
        return Profile(())
    return Profile(tuple(TrackPoint(*row[:7]) for row in rows), *rows[0][9:14])
