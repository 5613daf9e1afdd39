"""The flights of a job as lines in the sky."""

from typing import Any

from django.db import connection

from client_management.coverage import Track
from client_management.models import JobOrder
from flight_operations.models import FlightOperation
from flight_operations.telemetry.flags import UNUSABLE

# Ten positions a second for an hour; a longer flight is thinned to so many.
MOST_POSITIONS = 36_000

# Within the flight's own days, so that only their partitions are read.
_POSITIONS = """
WITH counted AS (
    SELECT lon, lat, height_m, extract(epoch FROM recorded_at)::float8 AS at_s,
           row_number() OVER (ORDER BY recorded_at, source_id, sequence) - 1 AS place,
           count(*) OVER () AS total
    FROM flight_operations_flightexecutionlog
    WHERE operation_id = %(operation)s AND flags & %(unusable)s = 0 AND height_m IS NOT NULL
      AND recorded_at BETWEEN %(first)s::timestamptz - interval '1 day'
      AND %(last)s::timestamptz + interval '1 day'
)
SELECT lon, lat, height_m, at_s FROM counted
WHERE place %% greatest(1, ceil(total::numeric / %(most)s)::bigint) = 0
ORDER BY place
"""


def flown_operations(job: JobOrder) -> list[FlightOperation]:
    """The operations of a job that took off, first one first; 1 query."""
    rows = FlightOperation.objects.filter(job_operation__job=job, actual_start_at__isnull=False)
    return list(rows.order_by("actual_start_at", "pk"))


def track_of(operation: FlightOperation) -> Track | None:
    """The believed positions of one flight with a height above ground; None for fewer than two."""
    start: Any = operation.actual_start_at
    with connection.cursor() as cursor:
        cursor.execute(
            _POSITIONS,
            {
                "operation": operation.pk,
                "unusable": int(UNUSABLE),
                "first": start,
                "last": operation.actual_end_at or start,
                "most": MOST_POSITIONS,
            },
        )
        rows = cursor.fetchall()
    if len(rows) < 2:
        return None
    first = rows[0][3]
    return Track(
        lonlat=[(row[0], row[1]) for row in rows],
        height_m=[row[2] for row in rows],
        at_s=[row[3] - first for row in rows],
    )
