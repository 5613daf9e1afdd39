"""The doctor's examination of the place for positions."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from common.diagnosis import Trouble, examination

AHEAD = 2


@examination("telemetry.partitions", "Positions of the coming days have a place")
def positions_have_a_place() -> Iterator[Trouble]:
    """Positions of a day without one go into the default partition, which nothing retires."""
    today = timezone.now().date()
    first = f"log_{today:%Y%m%d}"
    wanted = {f"log_{today + timedelta(days=n):%Y%m%d}" for n in range(AHEAD + 1)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'flight_operations_flightexecutionlog'::regclass"
        )
        missing = wanted - {name for (name,) in cursor.fetchall()}
    if missing:
        yield Trouble(
            f"No partition for {', '.join(sorted(missing))}.",
            "script/manage telemetry_partitions; the worker makes them daily: see"
            " worker.heartbeat.",
            is_fault=first in missing,
        )
