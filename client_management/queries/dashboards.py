"""
Clients and requests at a glance: what is going on, counted right and fast.

The page is cut first and only its rows are counted, each relation by itself: a join of several
would count every operation once for each job, invoice and request beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from client_management.models import (
    ACTIVE_JOBS,
    OFFERED,
    OPEN,
    ClientOrganization,
    JobOperation,
    JobOrder,
    JobStatus,
    RequestStatus,
    ServiceQuote,
    ServiceRequest,
)
from contacts.models import Contact
from finance.models import Invoice, InvoiceStatus
from flight_operations.models import FLOWN, UPCOMING, OperationStatus

NOTHING = Decimal(0)
RECENT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class ClientGlance:
    """
    One client's work. Amounts are in the client's currency; what is in another is not in them.

    `agreed` is of active jobs, before tax; `offered` of quotes that wait for an answer, with tax.
    """

    organization: ClientOrganization
    open_requests: int = 0
    waiting_requests: int = 0
    quotes_out: int = 0
    offered: Decimal = NOTHING
    active_jobs: int = 0
    held_jobs: int = 0
    to_accept: int = 0
    to_bill: int = 0
    agreed: Decimal = NOTHING
    upcoming_operations: int = 0
    flying_operations: int = 0
    flown_recently: int = 0
    next_operation_at: datetime | None = None
    last_flown_at: datetime | None = None
    owed: Decimal = NOTHING
    overdue: Decimal = NOTHING


@dataclass
class _Sums:
    by_client: dict[int, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, rows: Iterable[dict[str, Any]], key: str) -> None:
        """Keep the sums of one relation."""
        for row in rows:
            self.by_client[row.pop(key)].update(row)


def get_active_client_dashboard(
    page: Sequence[ClientOrganization], *, at: datetime
) -> list[ClientGlance]:
    """What is going on for each client of a page, in its order; 5 queries for any page."""
    keys = [organization.pk for organization in page]
    sums = _Sums()
    sums.take(_requests(keys), "organization")
    sums.take(_offers(keys), "request__organization")
    sums.take(_jobs(keys), "organization")
    sums.take(_operations(keys, at), "job__organization")
    sums.take(_invoices(page), "client")
    return [ClientGlance(organization=o, **sums.by_client[o.pk]) for o in page]


def in_pipeline(rows: QuerySet[ServiceRequest]) -> Any:
    """
    Keys of those requests, of the ones given, that were handed in, the most urgent first.

    To be counted and cut into pages: what became of a request is looked for on its page alone,
    else a far page would look for it for every request before it.
    """
    return _handed_in(rows).values_list("pk", flat=True)


def _handed_in(rows: Any) -> Any:
    return rows.exclude(status=RequestStatus.DRAFT).order_by("wanted_until", "pk")


def pipeline_rows(page: Sequence[int]) -> list[Any]:
    """The requests of a page of keys with what became of them, in its order; 1 query."""
    found = get_service_request_pipeline(ServiceRequest.objects.filter(pk__in=page))
    rows = {row.pk: row for row in found}
    return [rows[pk] for pk in page if pk in rows]


def get_service_request_pipeline(rows: Any) -> Any:
    """
    Requests, of those given, with what became of them, the most urgent first; one statement.

    The job is one-to-one, so it is joined and nothing is grouped. Geometry is left behind.
    """
    newest = ServiceQuote.objects.filter(request=OuterRef("pk")).order_by("-sequence")
    return (
        _handed_in(rows)
        .defer("area", "specifications", "description", "site_notes")
        .annotate(
            organization_number=F("organization__number"),
            organization_name=F("organization__name"),
            job_number=F("job__number"),
            job_status=F("job__status"),
            quote_number=Subquery(newest.values("number")[:1]),
            quote_status=Subquery(newest.values("status")[:1]),
            quote_total=Subquery(newest.values("total")[:1]),
            quote_valid_until=Subquery(newest.values("valid_until")[:1]),
        )
    )


def pipeline_totals(rows: QuerySet[ServiceRequest]) -> list[dict[str, Any]]:
    """How many requests stand where, and what clients mean to spend on them; 1 query."""
    counted = (
        rows.order_by()
        .values("status", "currency")
        .annotate(
            count=Count("pk"),
            budget=Coalesce(Sum("budget"), NOTHING, output_field=_amount()),
            approved=Coalesce(Sum("approved_budget"), NOTHING, output_field=_amount()),
            first_wanted=Min("wanted_until"),
        )
    )
    return [dict(row) for row in counted.order_by("status", "currency")]


def _amount() -> DecimalField:
    return DecimalField(max_digits=18, decimal_places=2)


def _sum(name: str, condition: Q) -> Any:
    return Coalesce(Sum(name, filter=condition), NOTHING, output_field=_amount())


def _requests(keys: Sequence[int]) -> Any:
    rows = ServiceRequest.objects.filter(organization__in=keys, status__in=OPEN)
    waiting = Q(status__in=[RequestStatus.SUBMITTED, RequestStatus.ASSESSING])
    return rows.values("organization").annotate(
        open_requests=Count("pk"), waiting_requests=Count("pk", filter=waiting)
    )


def _offers(keys: Sequence[int]) -> Any:
    rows = ServiceQuote.objects.filter(request__organization__in=keys, status__in=OFFERED)
    same = Q(currency=F("request__organization__currency"))
    return rows.values("request__organization").annotate(
        quotes_out=Count("pk"), offered=_sum("total", same)
    )


def _jobs(keys: Sequence[int]) -> Any:
    rows = JobOrder.objects.filter(organization__in=keys).exclude(
        status__in=[JobStatus.COMPLETED, JobStatus.CANCELLED]
    )
    active = Q(status__in=ACTIVE_JOBS)
    return rows.values("organization").annotate(
        active_jobs=Count("pk", filter=active),
        held_jobs=Count("pk", filter=Q(status=JobStatus.ON_HOLD)),
        to_accept=Count("pk", filter=Q(status=JobStatus.DELIVERED)),
        to_bill=Count("pk", filter=Q(status=JobStatus.ACCEPTED)),
        agreed=_sum("agreed_amount", active & Q(currency=F("organization__currency"))),
    )


def _operations(keys: Sequence[int], at: datetime) -> Any:
    rows = JobOperation.objects.filter(job__organization__in=keys)
    upcoming = Q(operation__status__in=UPCOMING)
    flown = Q(operation__status__in=FLOWN)
    recently = Q(operation__actual_end_at__gte=at - RECENT)
    return rows.values("job__organization").annotate(
        upcoming_operations=Count("pk", filter=upcoming),
        flying_operations=Count("pk", filter=Q(operation__status=OperationStatus.ACTIVE)),
        flown_recently=Count("pk", filter=flown & recently),
        next_operation_at=Min("operation__planned_start_at", filter=upcoming),
        last_flown_at=Max("operation__actual_end_at", filter=flown),
    )


def _invoices(page: Sequence[ClientOrganization]) -> list[dict[str, Any]]:
    """What clients owe, by the contact that is billed or that stands for the one that was."""
    clients = {(o.contact_id, o.currency): o.pk for o in page}
    contacts = [o.contact_id for o in page]
    payers = Contact.objects.filter(Q(pk__in=contacts) | Q(merged_into__in=contacts))
    rows = Invoice.objects.unsettled().claims().filter(payer__in=payers.values("pk"))
    left = F("total") - F("paid") - F("credited") - F("written_off")
    owed = Coalesce(Sum(left), NOTHING, output_field=_amount())
    late = Coalesce(
        Sum(left, filter=Q(status=InvoiceStatus.OVERDUE)), NOTHING, output_field=_amount()
    )
    stands_for = Coalesce("payer__merged_into", "payer")
    found = (
        rows.annotate(contact=stands_for)
        .values("contact", "currency")
        .annotate(owed=owed, overdue=late)
    )
    return [
        {"client": client, "owed": row["owed"], "overdue": row["overdue"]}
        for row in found
        if (client := clients.get((row["contact"], row["currency"]))) is not None
    ]
