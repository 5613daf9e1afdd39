"""
Who knows how much a booking flies.

The time ledger holds periods, not flight time. The app that books a trip registers how many minutes
and cycles its bookings fly; until it does, a booked period counts as flown from end to end, which
makes maintenance due too early rather than too late.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """Flight time and cycles of one booking."""

    minutes: int
    cycles: int


# Given primary keys of the booking records, the workload of each, in a bounded number of queries.
Source = Callable[[Sequence[int]], Mapping[int, Workload]]

sources: dict[str, Source] = {}
# Booked, but not flying.
GROUND_SOURCES = {"aircraft.maintenancevisit"}


def flying_source(source_type: str) -> Callable[[Source], Source]:
    """Register how much the bookings of a kind of record fly, e.g. `operations.trip`."""

    def register(source: Source) -> Source:
        sources[source_type] = source
        return source

    return register
