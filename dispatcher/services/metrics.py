"""Counts how centers do: five-minute buckets as they pass, and the local day so far."""

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction

from common.time import day_bounds
from dispatcher.measuring import Facts, Measures, Rates, measure
from dispatcher.models import DispatchCenter, MetricsSpan, OperationalMetrics
from dispatcher.queries.metrics import facts_of_day, last_counted, rates_now

logger = logging.getLogger(__name__)
BUCKET, ONE_DAY = timedelta(minutes=5), timedelta(days=1)
# What is written down late still counts: buckets so far back are counted again each time.
AGAIN = timedelta(hours=2)
# A beat that stood still is made up for this far back; the command `count_metrics` goes further.
MAKE_UP = timedelta(days=2)
FIGURES = tuple(Measures.__struct_fields__)


def count_all(*, at: datetime) -> int:
    """Count every active center up to the last bucket that is over. Returns how many rows."""
    centers = DispatchCenter.objects.filter(is_active=True).select_related("operator")
    return sum(count_center(center, at=at) for center in centers.order_by("pk"))


def count_center(center: DispatchCenter, *, at: datetime) -> int:
    """
    Count a center from where it was counted to, with the last hours and yesterday once more.

    What is written down of yesterday until midnight today counts in its day. Counting again gives
    the same rows. Returns how many rows were written.
    """
    last = last_counted(center) or at - AGAIN
    if last < at - MAKE_UP:
        logger.warning("%s was last counted at %s: run count_metrics from there", center, last)
    since = max(min(last, at - AGAIN), at - MAKE_UP)
    zone = ZoneInfo(center.timezone)
    begin, today = (each.astimezone(zone).date() for each in (since, at))
    first = min(begin, today - ONE_DAY)
    days = (first + timedelta(days=n) for n in range((today - first).days + 1))
    return sum(count_day(center, day, since=since, at=at) for day in days)


@transaction.atomic
def count_day(
    center: DispatchCenter, day: date, *, since: datetime | None = None, at: datetime
) -> int:
    """
    Count the buckets of one local day that are over, from `since` on, and the day itself so far.

    Returns how many rows were written; none of a day that has not begun.
    """
    # In UTC: five minutes on by a local clock that is set forward may be an hour back.
    bounds = day_bounds(day, ZoneInfo(center.timezone))
    start, end = (each.astimezone(UTC) for each in bounds)
    until = min(end, at)
    if until <= start:
        return 0
    facts, rates = facts_of_day(center, day), rates_now()
    rows = [
        _row(center, MetricsSpan.BUCKET, part, (facts, rates), at=at)
        for part in _buckets(max(start, since or start), start, until)
    ]
    rows.append(_row(center, MetricsSpan.DAY, (start, end), (facts, rates), at=at))
    _store(rows)
    return len(rows)


def _buckets(
    since: datetime, start: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Five-minute spans of a day that are over; the first holds `since`."""
    begin = start + (since - start) // BUCKET * BUCKET
    while begin + BUCKET <= until:
        yield begin, begin + BUCKET
        begin += BUCKET


def _row(
    center: DispatchCenter,
    span: str,
    part: tuple[datetime, datetime],
    inputs: tuple[Facts, Rates],
    *,
    at: datetime,
) -> OperationalMetrics:
    facts, rates = inputs
    figures = measure(facts, (part[0], min(part[1], at)), rates)
    return OperationalMetrics(
        center=center,
        span=span,
        starts_at=part[0],
        ends_at=part[1],
        computed_at=at,
        **msgspec.structs.asdict(figures),
    )


def _store(rows: Iterable[OperationalMetrics]) -> None:
    OperationalMetrics.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["center", "span", "starts_at"],
        update_fields=["ends_at", "computed_at", *FIGURES],
        batch_size=500,
    )
