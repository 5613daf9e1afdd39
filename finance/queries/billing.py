"""What is billed, what waits, and what is left of deposits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from finance.billables import also_known_as, billables
from finance.models import (
    Allocation,
    AllocationKind,
    BilledWork,
    Invoice,
    InvoiceBasis,
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
    """Deposits for the same work, payer and currency of which something was paid, oldest first."""
    return list(_deposits(invoice).filter(paid__gt=0).order_by("pk")) if invoice.subject_id else []


def open_deposits_of(invoice: Invoice) -> list[Invoice]:
    """Deposits for the same work, payer and currency of which something is owed, oldest first."""
    if not invoice.subject_id:
        return []
    return [each for each in _deposits(invoice).unsettled().order_by("pk") if each.balance > 0]


def final_bill_of(deposit: Invoice) -> Invoice | None:
    """The issued bill for all of the work that a deposit is a part of, if there is one."""
    if not deposit.subject_id:
        return None
    bases = (InvoiceBasis.QUOTE, InvoiceBasis.ACTUALS, InvoiceBasis.CANCELLATION)
    whole = _same_work(deposit).filter(kind=InvoiceKind.INVOICE, covers_all=True)
    rows = whole.filter(basis__in=bases)
    live = rows.exclude(status=InvoiceStatus.VOID).order_by("pk")
    return next((each for each in live if each.credited < each.total), None)


def _deposits(invoice: Invoice) -> Any:
    return _same_work(invoice).filter(kind=InvoiceKind.DEPOSIT)


def _same_work(invoice: Invoice) -> Any:
    """What was issued for the same work, to the same payer, in the same currency."""
    rows = Invoice.objects.issued().filter(known_as(invoice.subject, int(invoice.subject_id or 0)))
    payer = invoice.payer.merged_into_id or invoice.payer_id
    return rows.of_payer(payer).filter(currency=invoice.currency)


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
