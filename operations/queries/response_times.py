"""How fast the desk answers: from the request to the acceptance, from there to the take-off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import median

from django.db.models import Min

from operations.models import Quote, QuoteStatus, Trip

_Row = tuple[int, datetime, str, datetime | None]


@dataclass(frozen=True)
class Spread:
    """Durations in minutes: how many, the middle one, and what nine of ten stay within."""

    count: int
    median_min: float | None
    p90_min: float | None


@dataclass(frozen=True)
class MonthOfRequests:
    """
    The requests of one month (UTC), how fast they were answered and how they were lost.

    Lost is what stands so now: an offer that ran out and was made anew is not `expired`, and
    `withdrawn` counts what was taken back before or after the customer's yes.
    """

    month: str
    requests: int
    accepted: int
    declined: int
    expired: int
    withdrawn: int
    request_to_accept: Spread
    accept_to_lift_off: Spread


def response_times(*, start: datetime, end: datetime) -> list[MonthOfRequests]:
    """Every month of the period that had requests, oldest first; 2 queries."""
    rows = Quote.objects.filter(requested_at__gte=start, requested_at__lt=end).values_list(
        "pk", "requested_at", "status", "accepted_version__answered_at"
    )
    lift_offs = dict(
        Trip.objects.filter(quote__requested_at__gte=start, quote__requested_at__lt=end)
        .annotate(off_at=Min("legs__actual_off_at"))
        .exclude(off_at=None)
        .values_list("quote_id", "off_at")
    )
    months: dict[str, list[_Row]] = {}
    for row in rows.order_by("requested_at", "pk"):
        months.setdefault(f"{row[1].astimezone(UTC):%Y-%m}", []).append(row)
    return [
        MonthOfRequests(
            month=month,
            requests=len(found),
            accepted=sum(1 for row in found if row[3]),
            declined=_standing(found, QuoteStatus.DECLINED),
            expired=_standing(found, QuoteStatus.EXPIRED),
            withdrawn=_standing(found, QuoteStatus.WITHDRAWN),
            request_to_accept=_spread(row[3] - row[1] for row in found if row[3]),
            accept_to_lift_off=_spread(
                lift_offs[row[0]] - row[3] for row in found if row[3] and row[0] in lift_offs
            ),
        )
        for month, found in months.items()
    ]


def _standing(rows: Iterable[_Row], status: QuoteStatus) -> int:
    return sum(1 for row in rows if row[2] == status)


def _spread(durations: Iterable[timedelta]) -> Spread:
    minutes = sorted(each.total_seconds() / 60 for each in durations)
    if not minutes:
        return Spread(0, None, None)
    # The smallest value that at least nine of ten do not pass.
    p90 = minutes[ceil(0.9 * len(minutes)) - 1]
    return Spread(len(minutes), round(median(minutes), 1), round(p90, 1))
