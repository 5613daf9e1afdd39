"""What jobs cost us, from what really happened, and what is left of what was agreed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q

from client_management.models import CostKind, CostRate, JobCost, JobOperation, JobOrder
from client_management.pricing import exact
from common.money import Money

PER_HOUR = (CostKind.FLIGHT_HOUR, CostKind.PILOT_HOUR)


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One cost: what for, how much of it, at what, and what it comes to."""

    kind: str
    description: str
    quantity: Decimal
    unit_cost: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Margin:
    """
    What a job was agreed for, what it cost so far, and what is left.

    `unpriced` are kinds of which something happened on a day without a rate: the cost is too low
    by them.
    """

    currency: str
    agreed: Decimal
    cost: Decimal
    margin: Decimal
    margin_percent: Decimal | None
    flown_hours: Decimal
    lines: tuple[CostLine, ...]
    unpriced: tuple[str, ...]


@dataclass(frozen=True)
class _Flight:
    on: date
    hours: Decimal


def margin_of(job: JobOrder) -> Margin:
    """Cost and margin of one job; 3 queries."""
    flights = _flights(job)
    rates = _rates(job, flights)
    counted, missing = _counted(job, flights, rates)
    entered = [
        CostLine(
            kind=str(row.kind),
            description=row.description,
            quantity=Decimal(1),
            unit_cost=row.amount,
            amount=row.amount,
        )
        for row in JobCost.objects.filter(job=job).standing().order_by("pk")
    ]
    lines = (*counted, *entered)
    cost = sum((line.amount for line in lines), Decimal(0))
    left = job.agreed_amount - cost
    share = exact(100 * left / job.agreed_amount) if job.agreed_amount else None
    return Margin(
        currency=job.currency,
        agreed=job.agreed_amount,
        cost=cost,
        margin=left,
        margin_percent=share,
        flown_hours=sum((flight.hours for flight in flights), Decimal(0)),
        lines=lines,
        unpriced=missing,
    )


def _flights(job: JobOrder) -> list[_Flight]:
    """Every flight that was made for a job, also those that were broken off."""
    zone = ZoneInfo(job.request.timezone)
    rows = JobOperation.objects.filter(job=job, operation__actual_end_at__isnull=False)
    times = rows.order_by("pk").values_list(
        "operation__actual_start_at", "operation__actual_end_at"
    )
    return [
        _Flight(start.astimezone(zone).date(), exact((end - start).total_seconds() / 3600))
        for start, end in times
        if start is not None and end is not None
    ]


def _rates(job: JobOrder, flights: Sequence[_Flight]) -> list[CostRate]:
    if job.operator_id is None or not flights:
        return []
    first, last = min(f.on for f in flights), max(f.on for f in flights)
    rows = CostRate.objects.filter(
        Q(effective_until=None) | Q(effective_until__gt=first),
        operator=job.operator_id,
        currency=job.currency,
        effective_from__lte=last,
    )
    return list(rows.order_by("kind", "effective_from"))


def _counted(
    job: JobOrder, flights: Sequence[_Flight], rates: Iterable[CostRate]
) -> tuple[list[CostLine], tuple[str, ...]]:
    """Flights at the rates of their days, one line for each rate."""
    known = list(rates)
    lines: list[CostLine] = []
    for rate in known:
        of_it = [flight for flight in flights if _stands(rate, flight.on)]
        quantity = (
            sum((flight.hours for flight in of_it), Decimal(0))
            if rate.kind in PER_HOUR
            else Decimal(len(of_it))
        )
        if quantity:
            amount = Money(quantity * rate.amount, job.currency).amount
            name = CostKind(rate.kind).label
            lines.append(
                CostLine(
                    kind=str(rate.kind),
                    description=str(name),
                    quantity=quantity,
                    unit_cost=rate.amount,
                    amount=amount,
                )
            )
    missing = [
        str(kind)
        for kind in PER_HOUR
        if any(not any(r.kind == kind and _stands(r, f.on) for r in known) for f in flights)
    ]
    return lines, tuple(missing)


def _stands(rate: CostRate, on: date) -> bool:
    return rate.effective_from <= on and (rate.effective_until is None or rate.effective_until > on)
