"""What is billed, what waits, and what is left of deposits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from finance.billables import also_known_as, billables
from finance.models import (
    Allocation,
    AllocationKind,
    BilledWork,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One piece of work that is ready to be billed and is not."""

    subject: str
    subject_id: int
    number: str
    customer_id: int | None
    ready_since: datetime
    days: int


def unbilled(at: datetime) -> list[Waiting]:
    """All work that waits for its bill, longest first; a few queries for each kind of work."""
    found = [
        Waiting(
            subject=kind.subject,
            subject_id=subject_id,
            number=number,
            customer_id=customer_id,
            ready_since=since,
            days=(at - since).days,
        )
        for kind in billables()
        for subject_id, number, customer_id, since in kind.unbilled(at)
    ]
    return sorted(found, key=lambda each: (each.ready_since, each.subject, each.subject_id))


def works_billed(subject: str, subject_id: int) -> set[str]:
    """The pieces of work of one subject that bills claim; 1 query."""
    rows = BilledWork.objects.live().filter(subject=subject, subject_id=subject_id)
    return set(rows.values_list("work", flat=True))


def subjects_billed(subject: str, ids: Iterable[int]) -> set[int]:
    """Which of some subjects have a bill, drafted or issued, for their work; 1 query."""
    rows = BilledWork.objects.live().filter(subject=subject, subject_id__in=list(ids))
    return set(rows.values_list("subject_id", flat=True))


def deposits_of(invoice: Invoice) -> list[Invoice]:
    """Issued deposit invoices for the same work, payer and currency, oldest first."""
    if not invoice.subject_id:
        return []
    rows = Invoice.objects.issued().filter(known_as(invoice.subject, invoice.subject_id))
    payer = invoice.payer.merged_into_id or invoice.payer_id
    same = rows.of_payer(payer).filter(currency=invoice.currency)
    return list(same.filter(kind=InvoiceKind.DEPOSIT, paid__gt=0).order_by("pk"))


def deposit_left(deposit: Invoice) -> Decimal:
    """What was paid of a deposit and no invoice has used."""
    used = Allocation.objects.filter(document=deposit, kind=AllocationKind.DEPOSIT)
    return deposit.paid - used.aggregate(sum=Coalesce(Sum("amount"), Decimal(0)))["sum"]


def deposits_asked(subject: str, subject_id: int) -> Decimal:
    """The total of deposit invoices for one piece of work, without what was taken back."""
    rows = Invoice.objects.filter(known_as(subject, subject_id), kind=InvoiceKind.DEPOSIT)
    sums = rows.exclude(status=InvoiceStatus.VOID).aggregate(
        asked=Coalesce(Sum("total"), Decimal(0)), back=Coalesce(Sum("credited"), Decimal(0))
    )
    return sums["asked"] - sums["back"]


def known_as(subject: str, subject_id: int) -> Q:
    """Of a piece of work, under whichever name it was billed."""
    names = Q()
    for label, pk in also_known_as(subject, subject_id):
        names |= Q(subject=label, subject_id=pk)
    return names
