"""When maintenance of aircraft stood overdue: by the record as it was at the time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from common.time import day_bounds
from rpas.airworthiness import due_items
from rpas.models import F2FlightHoursEntry, F2MaintenanceSchedule, RPASAircraft
from rpas.queries.airworthiness import maintenance_facts

DELETED = "delete"
Overdue = tuple[int, datetime, datetime]
# The totals of an aircraft, as Part B carries them and as its row has them from before its log.
BROUGHT = {
    "progressive_total_min": "brought_forward_min",
    "progressive_cycles": "brought_forward_cycles",
    "progressive_flights": "brought_forward_flights",
}


@dataclass(frozen=True)
class _Totals:
    """What an aircraft had from a moment on: minutes, cycles, flights."""

    since: datetime
    time_min: int
    cycles: int
    flights: int


def overdue_spans(
    aircraft: Sequence[int], *, zone: ZoneInfo, start: datetime, end: datetime
) -> list[Overdue]:
    """
    When an item of each aircraft was past its point, within a span; 3 statements.

    Each item is read as it stood at the time, and the totals are what Part B said by then: work
    that is recorded late leaves the aircraft overdue until it is recorded.
    """
    items = _versions(aircraft, start, end)
    totals = _totals(sorted(items), start, end)
    midnights = list(_midnights(start, end, zone))
    return [
        (pk, since, until)
        for pk, rows in sorted(items.items())
        for since, until in pairwise(_edges(rows, totals[pk], midnights, start, end))
        if _is_overdue(rows, totals[pk], since, on=since.astimezone(zone).date())
    ]


def _versions(aircraft: Sequence[int], start: datetime, end: datetime) -> dict[int, list[Any]]:
    """What was written of the items of each aircraft: what held at the start, and what came."""
    (model,) = set(F2MaintenanceSchedule.pgh_event_models.values())  # type: ignore[attr-defined]
    history = model._default_manager
    before = history.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_created_at__lte=start)
    held = before.order_by("-pgh_created_at", "-pgh_id").values("pgh_id")[:1]
    rows = history.filter(
        Q(pgh_created_at__gt=start) | Q(pgh_id=Subquery(held)),
        aircraft__in=aircraft,
        pgh_created_at__lt=end,
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.order_by("pgh_created_at", "pgh_id"):
        found[row.aircraft_id].append(row)
    return found


def _totals(aircraft: Sequence[int], start: datetime, end: datetime) -> Mapping[int, list[_Totals]]:
    """The totals of each aircraft at the start, and after each entry that was recorded since."""
    entries = F2FlightHoursEntry.objects.filter(aircraft__in=aircraft)
    last = F2FlightHoursEntry.objects.filter(aircraft=OuterRef("pk"), recorded_at__lte=start)
    at_start = RPASAircraft.objects.filter(pk__in=aircraft).annotate(
        **{
            name: Coalesce(
                Subquery(last.order_by("-sequence").values(name)[:1]),
                F(brought),
                output_field=IntegerField(),
            )
            for name, brought in BROUGHT.items()
        }
    )
    since = entries.filter(recorded_at__gt=start, recorded_at__lt=end).order_by("sequence")
    found = {pk: [_Totals(start, *rest)] for pk, *rest in at_start.values_list("pk", *BROUGHT)}
    for pk, moment, *rest in since.values_list("aircraft_id", "recorded_at", *BROUGHT):
        found[pk].append(_Totals(moment, *rest))
    return found


def _midnights(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day = start.astimezone(zone).date()
    while (midnight := day_bounds(day, zone)[1]) < end:
        yield midnight
        day += timedelta(days=1)


def _edges(
    rows: Iterable[Any],
    totals: Iterable[_Totals],
    midnights: Iterable[datetime],
    start: datetime,
    end: datetime,
) -> list[datetime]:
    """The moments between which nothing changes that an item is due by."""
    moments = {*midnights, *(row.pgh_created_at for row in rows), *(each.since for each in totals)}
    return [start, *sorted(each for each in moments if start < each < end), end]


def _is_overdue(
    rows: Iterable[Any], totals: Iterable[_Totals], moment: datetime, *, on: date
) -> bool:
    held = {row.pgh_obj_id: row for row in rows if row.pgh_created_at <= moment}
    reached = [each for each in totals if each.since <= moment][-1]
    items = due_items(
        [maintenance_facts(row) for row in held.values() if _is_in_force(row)],
        on=on,
        time_min=reached.time_min,
        cycles=reached.cycles,
        flights=reached.flights,
    )
    return any(item.is_exceeded for item in items)


def _is_in_force(row: Any) -> bool:
    return row.is_active and row.pgh_label != DELETED
