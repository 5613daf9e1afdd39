"""What a client owes us or will: bills that are not paid, and work that is not billed yet."""

from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from client_management.models import ClientOrganization, JobOrder, JobStatus
from client_management.queries.bills import JOB
from finance.models import Invoice, InvoiceKind, InvoiceStatus

# Work that we are bound to; what was billed of it is on its bills.
BOUND = (
    JobStatus.CONFIRMED,
    JobStatus.SCHEDULED,
    JobStatus.IN_PROGRESS,
    JobStatus.DELIVERED,
    JobStatus.ON_HOLD,
    JobStatus.ACCEPTED,
)
_AMOUNT = DecimalField(max_digits=18, decimal_places=2)
_ZERO = Value(Decimal(0), output_field=_AMOUNT)


def exposure_of(organization: ClientOrganization) -> Decimal:
    """
    What a client stands to pay, in its own currency: unpaid bills with tax, unbilled work without.

    Deposits are a part of their work. What is in another currency is not in it. 3 queries.
    """
    currency = organization.currency
    bills = Invoice.objects.issued().of_payer(organization.contact_id).filter(currency=currency)
    unpaid = bills.unsettled().claims().exclude(kind=InvoiceKind.DEPOSIT)
    left = F("total") - F("paid") - F("credited") - F("written_off")
    owed = unpaid.aggregate(sum=Coalesce(Sum(left), _ZERO, output_field=_AMOUNT))["sum"]
    jobs = JobOrder.objects.filter(
        organization=organization, status__in=BOUND, currency=currency
    ).values_list("pk", "agreed_amount")
    agreed = dict(jobs)
    return Decimal(owed) + sum(
        (max(Decimal(0), agreed[pk] - billed) for pk, billed in _billed(agreed).items()),
        Decimal(0),
    )


def _billed(jobs: dict[int, Decimal]) -> dict[int, Decimal]:
    """What was billed of each job before tax, less what was credited."""
    sign = Case(When(kind=InvoiceKind.CREDIT_NOTE, then=-F("subtotal")), default=F("subtotal"))
    rows = (
        Invoice.objects.issued()
        .filter(~Q(kind=InvoiceKind.DEPOSIT), subject=JOB, subject_id__in=list(jobs))
        .exclude(status=InvoiceStatus.VOID)
        .values("subject_id")
        .annotate(net=Sum(sign))
    )
    found = {row["subject_id"]: row["net"] for row in rows}
    return {pk: found.get(pk) or Decimal(0) for pk in jobs}
