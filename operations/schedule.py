"""
When the flights of a trip are expected, given the plan, what was decided and what has happened.

Times are UTC. A delay eats the slack on the ground first, never the time that is needed there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

# Ground time between two flights that nobody needs for anything else: fuel, papers, loading.
TURNAROUND = timedelta(minutes=45)
REPORT_BEFORE = timedelta(minutes=60)
DEBRIEF = timedelta(minutes=30)
# 14 CFR 135.267(d): ten consecutive hours of rest in the 24 before the planned end of duty.
MIN_REST = timedelta(hours=10)
# 14 CFR 135.267(c): a regularly assigned duty period of no more than fourteen hours.
MAX_DUTY = timedelta(hours=14)
NIGHT_STOP = DEBRIEF + MIN_REST + REPORT_BEFORE


class PlannedFlight(Struct, frozen=True, kw_only=True):
    """
    One flight as planned, with what is known of how it really goes.

    `has_pickup`: a patient is fetched before it, so the whole time on the ground is needed.
    """

    out_at: datetime
    off_at: datetime
    on_at: datetime
    in_at: datetime
    held_until_at: datetime | None = None
    has_pickup: bool = False
    actual_out_at: datetime | None = None
    actual_off_at: datetime | None = None
    actual_on_at: datetime | None = None
    actual_in_at: datetime | None = None


class Expected(Struct, frozen=True):
    """From blocks to blocks, as now expected."""

    out_at: datetime
    in_at: datetime


def expected_times(flights: Sequence[PlannedFlight]) -> list[Expected]:
    """The expected times of flights of one aircraft, in order."""
    found: list[Expected] = []
    for number, flight in enumerate(flights):
        out_at = max(flight.out_at, flight.held_until_at or flight.out_at)
        if found:
            out_at = max(out_at, found[-1].in_at + ground_time(flights[number - 1], flight))
        if flight.actual_out_at is not None:
            out_at = flight.actual_out_at
        found.append(Expected(out_at, _arrival(flight, out_at)))
    return found


def ground_time(before: PlannedFlight, after: PlannedFlight) -> timedelta:
    """
    The time on the ground that a late arrival cannot take away.

    A night stop keeps the crew's rest, a patient's pickup all that was planned for it.
    """
    gap = after.out_at - before.in_at
    if gap >= NIGHT_STOP:
        return NIGHT_STOP
    return gap if after.has_pickup else min(gap, TURNAROUND)


def _arrival(flight: PlannedFlight, out_at: datetime) -> datetime:
    """On blocks: from the last thing that happened, by what the rest was planned to take."""
    if flight.actual_in_at is not None:
        return flight.actual_in_at
    if flight.actual_on_at is not None:
        return flight.actual_on_at + (flight.in_at - flight.on_at)
    if flight.actual_off_at is not None:
        return flight.actual_off_at + (flight.in_at - flight.off_at)
    return out_at + (flight.in_at - flight.out_at)
