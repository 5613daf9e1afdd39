"""What one client's people see of their requests, jobs, papers and money."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from client_management.models import (
    OFFERED,
    ClientOrganization,
    CustomerPortalAccess,
    Deliverable,
    DeliverableStatus,
    JobOperation,
    JobOrder,
    JobStatus,
    MessageThread,
    RequestStatus,
    ServiceQuote,
    ServiceRequest,
)
from client_management.queries.messages import threads_for, threads_open_to
from client_management.queries.progress import progress_of
from contacts.models import Contact
from documents.models import Document, DocumentClass
from finance.models import Invoice, Payment
from flight_operations.models import FlightOperation, LastPosition
from flight_operations.models.operation import UPCOMING, OperationStatus

MOST = 5
INVOICE = "finance.invoice"
PAYMENT = "finance.payment"
# Papers made of bills; those of its own records a client sees by what they are about.
BILL_KINDS = ("invoice", "credit_note", "receipt")
OWN_SUBJECTS: Mapping[str, Any] = {
    "client_management.servicerequest": ServiceRequest,
    "client_management.servicequote": ServiceQuote,
    "client_management.joborder": JobOrder,
}


@dataclass(frozen=True, kw_only=True)
class PortalDashboard:
    """
    What a client's person finds on coming in; parts their key does not open are empty.

    `to_answer` are offers, `to_review` deliverables, `to_pay` bills: what waits for them, and not
    what only somebody else of theirs may answer.
    """

    to_answer: Sequence[ServiceQuote]
    to_review: Sequence[Deliverable]
    to_pay: Sequence[Invoice]
    jobs: Sequence[JobOrder]
    requests: Sequence[ServiceRequest]
    flying: Sequence[FlightOperation]
    unread: Sequence[MessageThread]
    owed: tuple[tuple[str, Decimal], ...]


def dashboard(access: CustomerPortalAccess) -> PortalDashboard:
    """What waits for somebody, what is under way and what is new; at most 8 queries."""
    client = access.organization
    sees_jobs, sees_bills = access.can_view_jobs, access.can_view_invoices
    answers = access.can_approve_quotes
    bills = invoices_of(client).unsettled() if sees_bills else Invoice.objects.none()
    threads: Any = threads_for(threads_open_to(access), access.user)
    return PortalDashboard(
        to_answer=list(quotes_of(client).offered()[:MOST]) if answers else [],
        to_review=list(_ready(client)[:MOST]) if answers and sees_jobs else [],
        to_pay=list(bills.claims()[:MOST]),
        jobs=with_progress(jobs_of(client).filter(_under_way())[:MOST]) if sees_jobs else [],
        requests=list(_open_requests(client)[:MOST]),
        flying=list(flying_of(client)[:MOST]) if access.can_track_live else [],
        unread=list(threads.filter(unread_count__gt=0)[:MOST]),
        owed=_owed(bills.claims()),
    )


def jobs_of(client: ClientOrganization) -> QuerySet[JobOrder]:
    """A client's jobs, newest first, with when the next flight of each is planned; 1 query."""
    ahead = JobOperation.objects.filter(job=OuterRef("pk"), operation__status__in=UPCOMING).exclude(
        operation__status=OperationStatus.DRAFT
    )
    first = ahead.order_by("operation__planned_start_at")
    rows = JobOrder.objects.for_client(client)
    found: QuerySet[JobOrder] = (
        rows.select_related("request")
        .annotate(next_flight_at=Subquery(first.values("operation__planned_start_at")[:1]))
        .order_by("-pk")
    )
    return found


def with_progress(jobs: Iterable[Any]) -> list[Any]:
    """Jobs with how far each is beside them, counted from their flights; 1 query."""
    rows = list(jobs)
    found = progress_of(rows)
    for job in rows:
        job.progress = found[job.pk]
    return rows


def flights_of(job: JobOrder) -> QuerySet[FlightOperation]:
    """The flights of a job in the order they are planned; 1 query."""
    rows = FlightOperation.objects.filter(job_operation__job=job)
    return rows.exclude(status=OperationStatus.DRAFT).order_by("planned_start_at", "pk")


def flying_of(client: ClientOrganization) -> QuerySet[FlightOperation]:
    """A client's flights that are in the air now."""
    rows = FlightOperation.objects.active().filter(job_operation__job__organization=client)
    return rows.select_related("job_operation__job").order_by("actual_start_at", "pk")


def positions_of(job: JobOrder) -> list[LastPosition]:
    """Where the aircraft that fly for a job are believed to be now; none on the ground."""
    rows = LastPosition.objects.filter(
        operation__job_operation__job=job,
        operation__status=OperationStatus.ACTIVE,
        position__isnull=False,
    )
    return list(rows.select_related("operation").order_by("operation__actual_start_at", "pk"))


def requests_of(client: ClientOrganization) -> QuerySet[ServiceRequest]:
    """A client's requests, newest first."""
    rows = ServiceRequest.objects.for_client(client)
    found: QuerySet[ServiceRequest] = rows.select_related("requested_by", "job").order_by("-pk")
    return found


def quotes_of(client: ClientOrganization) -> Any:
    """Offers that were sent to a client, newest first, with their lines."""
    rows = ServiceQuote.objects.for_client(client).shown().select_related("request")
    return rows.prefetch_related("lines").order_by("-pk")


def invoices_of(client: ClientOrganization) -> Any:
    """Bills that a client has to pay or had to, newest first."""
    rows = Invoice.objects.issued().of_payer(client.contact_id)
    return rows.order_by("-issued_on", "-pk")


def documents_of(access: CustomerPortalAccess) -> QuerySet[Document]:
    """
    Papers for a client, newest first: its bills', and those about its own records.

    Nothing internal or medical, nothing that was replaced or deleted; papers of jobs and bills only
    for who may see those.
    """
    client = access.organization
    shown = Q(pk__in=[])
    for label, model in OWN_SUBJECTS.items():
        if model is JobOrder and not access.can_view_jobs:
            continue
        own = model.objects.for_client(client).values("pk")
        shown |= Q(subject_type=label, subject_id__in=own)
    if access.can_view_invoices:
        bills = invoices_of(client).order_by().values("pk")
        payers = Contact.objects.standing_for(client.contact_id).values("pk")
        paid = Payment.objects.filter(customer__in=payers).values("pk")
        about = Q(subject_type=INVOICE, subject_id__in=bills)
        about |= Q(subject_type=PAYMENT, subject_id__in=paid)
        shown |= Q(kind__in=BILL_KINDS) & about
    rows = (
        Document.objects.current()
        .filter(shown, deleted_at=None)
        .exclude(classification__in=[DocumentClass.INTERNAL, DocumentClass.MEDICAL])
    )
    return rows.order_by("-generated_at", "-pk")


def owed_by(client: ClientOrganization) -> tuple[tuple[str, Decimal], ...]:
    """What is still to be paid, by currency; 1 query."""
    return _owed(invoices_of(client).unsettled().claims())


def currencies_of(client: ClientOrganization) -> QuerySet[Any]:
    """The currencies in which a client was ever billed."""
    return invoices_of(client).order_by().values_list("currency", flat=True).distinct()


def _owed(bills: Any) -> tuple[tuple[str, Decimal], ...]:
    left = F("total") - F("paid") - F("credited") - F("written_off")
    rows = bills.order_by().values("currency").annotate(owed=Sum(left)).order_by("currency")
    return tuple((row["currency"], row["owed"]) for row in rows)


def _ready(client: ClientOrganization) -> QuerySet[Deliverable]:
    rows = Deliverable.objects.for_client(client).filter(status=DeliverableStatus.READY)
    return rows.select_related("job").order_by("-pk")


def _open_requests(client: ClientOrganization) -> QuerySet[ServiceRequest]:
    return requests_of(client).filter(
        status__in=[
            RequestStatus.DRAFT,
            RequestStatus.SUBMITTED,
            RequestStatus.ASSESSING,
            RequestStatus.QUOTED,
        ]
    )


def _under_way() -> Q:
    over = [JobStatus.COMPLETED, JobStatus.CANCELLED, JobStatus.INVOICED]
    return ~Q(status__in=over)


def waits_for_answer(quote: ServiceQuote, *, at: datetime) -> bool:
    """Whether an offer can still be accepted or declined."""
    return quote.status in OFFERED and quote.valid_until > at
