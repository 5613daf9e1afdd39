"""
What settles an invoice, posted and written down in one step.

One order of locks in all that moves money: the party (who owes or paid), the payment, invoices by
number of row, credits by number of row. Whoever holds the party holds all its invoices and credits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.lifecycle import locked, move
from common.outbox import announce
from contacts.models import Contact
from finance.days import local_day
from finance.events import InvoiceSettled
from finance.models import (
    AccountRole,
    Allocation,
    AllocationKind,
    CreditUse,
    CustomerCredit,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    JournalEntry,
    Payment,
)
from finance.services.accounts import Chart
from finance.services.ledger import About, Line, post

# Which account gives what settles; payments and credit notes bring lines of their own.
CONTRA = {
    AllocationKind.CREDIT: AccountRole.CREDIT,
    AllocationKind.TO_CREDIT: AccountRole.CREDIT,
    AllocationKind.DEPOSIT: AccountRole.DEPOSIT,
    AllocationKind.WRITE_OFF: AccountRole.BAD_DEBT,
}


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of an invoice that something settles; below zero it is taken back."""

    invoice: Invoice
    kind: str
    amount: Decimal
    payment: Payment | None = None
    credit: CustomerCredit | None = None
    document: Invoice | None = None


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """One event that settles invoices: its entry's name, its own lines, and the shares."""

    key: str
    kind: str
    description: str
    shares: Sequence[Share] = ()
    lines: Sequence[Line] = ()
    about: About = field(default_factory=About)


def lock_party(contact: Contact) -> Contact:
    """Hold everything that a contact owes, paid or has to its credit, till the end."""
    held = locked(contact.merged_into or contact)
    # Merged while we waited for it.
    while held.merged_into is not None:
        held = locked(held.merged_into)
    return held


def hold_payment(payment: Payment) -> Payment:
    """A payment as it stands; it and its party are held till the end."""
    customer = payment.customer
    lock_party(customer)
    payment = locked(payment)
    payment.customer = customer
    return payment


def same_party(contact: Contact) -> list[int]:
    """The contact, and all that were merged into one with it: they owe and own together."""
    standing = contact.merged_into_id or contact.pk
    return list(Contact.objects.standing_for(standing).values_list("pk", flat=True))


def lock_invoices(invoices: Iterable[int]) -> list[Invoice]:
    """Hold invoices, named by their rows, in one order; returned in the order given."""
    wanted = list(dict.fromkeys(invoices))
    if not wanted:
        return []
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted)
    fresh = {row.pk: row for row in rows.order_by("pk")}
    return [fresh[pk] for pk in wanted]


def receivable(chart: Chart, invoice: Invoice, amount: Decimal) -> Line:
    """Owed more (above zero) or less on an invoice."""
    return Line(
        account=chart.role(AccountRole.RECEIVABLE),
        amount=amount,
        currency=invoice.currency,
        party_id=invoice.payer_id,
        invoice=invoice,
    )


def settle(event: Settlement, *, chart: Chart, actor: Any, at: datetime) -> JournalEntry:
    """
    Post an event, write its shares down, and let each invoice's status follow its figures.

    The caller holds the party and the invoices.
    """
    entry = post(
        key=event.key,
        kind=event.kind,
        description=event.description,
        lines=[*event.lines, *_contra(event.shares, chart)],
        about=event.about,
        actor=actor,
        at=at,
    )
    rows = Allocation.objects.bulk_create(_allocation(share, entry, at) for share in event.shares)
    CreditUse.objects.bulk_create(
        CreditUse(credit=row.credit, amount=row.amount, allocation=row, entry=entry, used_at=at)
        for row in rows
        if row.kind == AllocationKind.CREDIT and row.credit is not None
    )
    for invoice in {share.invoice.pk: share.invoice for share in event.shares}.values():
        follow_figures(invoice, actor=actor, at=at)
    return entry


def follow_figures(invoice: Invoice, *, actor: Any, at: datetime) -> Invoice:
    """Move an issued invoice to the status that its figures and the day make it."""
    invoice.refresh_from_db()
    wanted = status_of(invoice, local_day(at))
    if wanted != invoice.status:
        move(invoice, wanted, actor=actor, at=at)
        announce(InvoiceSettled(invoice_id=invoice.pk, status=wanted))
    return invoice


def status_of(invoice: Invoice, today: date) -> str:
    """The status of an issued invoice, from its figures. Overdue stays so until it is settled."""
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        return InvoiceStatus.PAID
    if invoice.balance > 0:
        is_late = invoice.due_on is not None and today > invoice.due_on
        if is_late or invoice.status == InvoiceStatus.OVERDUE:
            return InvoiceStatus.OVERDUE
        return InvoiceStatus.PART_PAID if invoice.paid else InvoiceStatus.OPEN
    if invoice.written_off:
        return InvoiceStatus.UNCOLLECTIBLE
    if invoice.credited and not invoice.paid:
        return InvoiceStatus.VOID
    return InvoiceStatus.PAID


def _contra(shares: Sequence[Share], chart: Chart) -> list[Line]:
    lines = []
    for share in shares:
        lines.append(receivable(chart, share.invoice, -share.amount))
        if share.kind in CONTRA:
            lines.append(
                Line(
                    account=chart.role(CONTRA[AllocationKind(share.kind)]),
                    amount=share.amount,
                    currency=share.invoice.currency,
                    party_id=share.invoice.payer_id,
                    invoice=share.invoice,
                )
            )
    return lines


def _allocation(share: Share, entry: JournalEntry, at: datetime) -> Allocation:
    return Allocation(
        invoice=share.invoice,
        kind=share.kind,
        amount=share.amount,
        currency=share.invoice.currency,
        payment=share.payment,
        credit=share.credit,
        document=share.document,
        entry=entry,
        allocated_at=at,
    )
