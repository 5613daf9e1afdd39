"""When aircraft are taken and when they are free, read from the one time ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.range import TimestamptzRange

from aircraft.forecast import PlannedFlight
from aircraft.models import Aircraft
from aircraft.planned_flying import GROUND_SOURCES, Workload, sources
from aircraft.suitability import Busy
from common.booking import Resource
from common.models import ResourceBooking

KIND = "aircraft"


@dataclass(frozen=True)
class Availability:
    """One aircraft over a period: when it is taken, and the gaps between."""

    aircraft: Aircraft
    start_at: datetime
    end_at: datetime
    busy: Sequence[Busy]
    free: Sequence[tuple[datetime, datetime]]

    @property
    def is_free(self) -> bool:
        """Whether nothing at all is booked in the period."""
        return not self.busy


def resource_of(aircraft: Aircraft) -> Resource:
    """The aircraft as the time ledger names it."""
    return Resource(KIND, aircraft.pk, aircraft.tail_number)


def live_bookings(
    ids: Iterable[int], *, start: datetime, end: datetime
) -> dict[int, list[ResourceBooking]]:
    """Live bookings of many aircraft that overlap a half-open period, in one query, by aircraft."""
    rows = ResourceBooking.objects.filter(
        resource_kind=KIND,
        resource_id__in=list(ids),
        is_live=True,
        period__overlap=TimestamptzRange(start, end, "[)"),
    )
    found: dict[int, list[ResourceBooking]] = {}
    for row in rows.order_by("period", "pk"):
        found.setdefault(row.resource_id, []).append(row)
    return found


def availability(aircraft: Aircraft, *, start: datetime, end: datetime) -> Availability:
    """When an aircraft is taken in a period and when it is free."""
    booked = live_bookings([aircraft.pk], start=start, end=end).get(aircraft.pk, [])
    busy = [as_busy(row) for row in booked]
    free, reached = [], start
    for taken in busy:
        if taken.start_at > reached:
            free.append((reached, taken.start_at))
        reached = max(reached, taken.end_at)
    if reached < end:
        free.append((reached, end))
    return Availability(aircraft, start, end, busy, free)


def as_busy(row: ResourceBooking) -> Busy:
    """A booking as a time in which an aircraft is taken."""
    return Busy(
        start_at=row.period.lower,
        end_at=row.period.upper,
        purpose=row.purpose,
        source=f"{row.source_type}:{row.source_id}",
    )


def planned_flights(
    bookings: Mapping[int, Sequence[ResourceBooking]],
) -> dict[int, list[PlannedFlight]]:
    """
    What bookings fly, by aircraft: one query for each kind of record that says so.

    A booking that nobody speaks for counts as flown from end to end.
    """
    flying = [
        row for rows in bookings.values() for row in rows if row.source_type not in GROUND_SOURCES
    ]
    known: dict[str, Mapping[int, Workload]] = {}
    for kind, ask in sources.items():
        wanted = sorted({row.source_id for row in flying if row.source_type == kind})
        known[kind] = ask(wanted) if wanted else {}
    found: dict[int, list[PlannedFlight]] = {}
    for row in flying:
        work = known.get(row.source_type, {}).get(row.source_id) or _whole(row)
        flight = PlannedFlight(
            aircraft_id=row.resource_id,
            starts_at=row.period.lower,
            ends_at=row.period.upper,
            minutes=work.minutes,
            cycles=work.cycles,
            source=f"{row.source_type}:{row.source_id}",
        )
        found.setdefault(row.resource_id, []).append(flight)
    return found


def _whole(row: ResourceBooking) -> Workload:
    seconds = (row.period.upper - row.period.lower).total_seconds()
    return Workload(minutes=round(seconds / 60), cycles=1)
