"""The crew's duties and the nights away from the base, estimated from the flights."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from operations.itinerary import Place, PlannedDuty, PlannedLeg
from operations.planning.parameters import Parameters


def duties_of(legs: Sequence[PlannedLeg], assumed: Parameters) -> tuple[PlannedDuty, ...]:
    """One duty from report to release, a new one after every wait that leaves room for a rest."""
    found = []
    first = legs[0]
    for before, after in pairwise((*legs, None)):
        if before is None or (after is not None and not is_rest(before, after, assumed)):
            continue
        found.append(
            PlannedDuty(
                start_at=first.out_at - timedelta(minutes=assumed.report_min),
                end_at=before.in_at + timedelta(minutes=assumed.release_min),
                first_leg=first.sequence,
                last_leg=before.sequence,
            )
        )
        first = after or first
    return tuple(found)


def is_rest(before: PlannedLeg, after: PlannedLeg, assumed: Parameters) -> bool:
    """Whether the crew can be released, rest and report again between two flights."""
    needed_min = assumed.release_min + assumed.rest_min + assumed.report_min
    return after.out_at - before.in_at >= timedelta(minutes=needed_min)


def nights_away(legs: Sequence[PlannedLeg], base: Place, assumed: Parameters) -> int:
    """
    Nights spent elsewhere than at the base: at every wait long enough for a rest.

    Counted by local dates, one at least: a rest by day needs a hotel too.
    """
    nights = 0
    for before, after in pairwise(legs):
        place = before.destination
        if place.airport_id != base.airport_id and is_rest(before, after, assumed):
            zone = place.timezone or "UTC"
            days = local(after.out_at, zone).date() - local(before.in_at, zone).date()
            nights += max(1, days.days)
    return nights


def local(at: datetime, zone: str) -> datetime:
    """The moment as clocks in a zone show it."""
    return at.astimezone(ZoneInfo(zone))
