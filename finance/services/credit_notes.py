"""Taking an issued invoice back, whole or in part: by a credit note, never by a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.money import Money
from common.outbox import announce
from finance.events import InvoiceIssued
from finance.exceptions import CreditTooLarge, InvoiceNotOpen
from finance.models import (
    AllocationKind,
    CustomerCredit,
    EntryKind,
    Invoice,
    InvoiceBasis,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.queries.billing import deposit_left
from finance.services.accounts import Chart
from finance.services.allocations import (
    Settlement,
    Share,
    follow_figures,
    lock_party,
    settle,
)
from finance.services.drafts import discard
from finance.services.fixing import earned, number_and_fix
from finance.services.ledger import About


@dataclass(frozen=True, kw_only=True)
class CreditedLine:
    """
    How much of one line is taken back, before tax; the tax follows in proportion.

    A line that is only a tax is taken back by its `tax_amount`.
    """

    sequence: int
    amount: Decimal
    tax_amount: Decimal | None = None


@dataclass
class _Left:
    """What of a line no credit note has taken back yet."""

    item: LineItem
    amount: Decimal
    tax: Decimal

    @property
    def is_nothing(self) -> bool:
        return not self.amount and not self.tax


@transaction.atomic
def credit_invoice(
    invoice: Invoice,
    *,
    lines: Sequence[CreditedLine] | None = None,
    reason: str,
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> Invoice:
    """
    Issue a credit note for an invoice: for all that is left of it, or for parts of lines.

    What was paid beyond the rest becomes the customer's credit. Work of which every line is taken
    back may be billed again. Returns the credit note. Raises InvoiceNotOpen, CreditTooLarge,
    InvalidInput, StaleVersion.
    """
    lock_party(invoice.payer)
    invoice = locked(invoice, version=version)
    if invoice.number is None or invoice.kind == InvoiceKind.CREDIT_NOTE:
        raise InvoiceNotOpen(invoice=str(invoice), status=invoice.get_kind_display())
    left = _left(invoice)
    taken = _everything(left) if lines is None else _parts(left, lines, invoice.currency)
    note = _note(invoice, taken, reason, actor=actor)
    _check_deposit(invoice, note)
    number_and_fix(note, list(note.lines.order_by("sequence")), actor=actor, at=at)
    _settle(invoice, note, actor=actor, at=at)
    follow_figures(note, actor=actor, at=at)
    _release(invoice, at=at)
    record("invoice.credited", invoice, actor=actor, at=at, reason=reason, note=note.number)
    announce(InvoiceIssued(invoice_id=note.pk))
    return note


@transaction.atomic
def void_invoice(
    invoice: Invoice, *, reason: str, version: int | None = None, actor: Any, at: datetime
) -> Invoice:
    """
    Make an invoice count for nothing: a draft is discarded, an issued one credited whole.

    Returns the invoice. Raises InvoiceNotOpen, CreditTooLarge, StaleVersion.
    """
    lock_party(invoice.payer)
    invoice = locked(invoice, version=version)
    if invoice.status == InvoiceStatus.DRAFT:
        return discard(invoice, reason=reason, actor=actor, at=at)
    credit_invoice(invoice, reason=reason, actor=actor, at=at)
    invoice.refresh_from_db()
    return invoice


def _left(invoice: Invoice) -> dict[int, _Left]:
    zero = Decimal(0)
    rows = invoice.lines.annotate(
        back=Coalesce(Sum("corrections__amount"), zero),
        tax_back=Coalesce(Sum("corrections__tax_amount"), zero),
    )
    return {
        row.sequence: _Left(row, row.amount - row.back, row.tax_amount - row.tax_back)
        for row in rows.order_by("sequence")
    }


def _everything(left: Mapping[int, _Left]) -> list[_Left]:
    return [each for each in left.values() if not each.is_nothing]


def _parts(left: Mapping[int, _Left], lines: Sequence[CreditedLine], currency: str) -> list[_Left]:
    taken = []
    for index, wanted in enumerate(lines):
        there = left.get(wanted.sequence)
        if there is None:
            raise InvalidInput(f"/lines/{index}/sequence", "There is no such line.")
        tax = _tax(there, wanted, currency)
        for asked, rest in ((wanted.amount, there.amount), (tax, there.tax)):
            if Money(asked, currency).amount != asked:
                raise InvalidInput(f"/lines/{index}", f"{currency} has no such fraction.")
            if abs(asked) > abs(rest) or asked * rest < 0:
                raise CreditTooLarge(
                    left=str(rest), currency=currency, of=f" of line {wanted.sequence}"
                )
        if wanted.amount or tax:
            taken.append(_Left(there.item, wanted.amount, tax))
    if len({each.item.pk for each in taken}) != len(lines):
        raise InvalidInput("/lines", "Each line once, and something of each.")
    return taken


def _tax(there: _Left, wanted: CreditedLine, currency: str) -> Decimal:
    """What is given, the rest with the last of the line, or the share of what is taken back."""
    if wanted.tax_amount is not None:
        return wanted.tax_amount
    if wanted.amount == there.amount:
        return there.tax if there.amount else Decimal(0)
    if not there.item.amount:
        return Decimal(0)
    share = there.item.tax_amount * wanted.amount / there.item.amount
    exact = Money(share, currency).amount
    return exact if abs(exact) <= abs(there.tax) else there.tax


def _note(invoice: Invoice, taken: Sequence[_Left], reason: str, *, actor: Any) -> Invoice:
    net = sum((each.amount for each in taken), Decimal(0))
    tax = sum((each.tax for each in taken), Decimal(0))
    left = invoice.total - invoice.credited
    if not taken or net + tax <= 0 or net + tax > left:
        raise CreditTooLarge(left=str(left), currency=invoice.currency, of="")
    copied = (
        "subject",
        "subject_id",
        "subject_number",
        "customer",
        "payer",
        "authorization",
        "bill_to",
        "reference",
        "aircraft",
        "service",
        "currency",
        "quoted_in",
        "exchange_rate",
    )
    note = Invoice.objects.create(
        **{name: getattr(invoice, name) for name in copied},
        kind=InvoiceKind.CREDIT_NOTE,
        basis=InvoiceBasis.CREDIT,
        corrects=invoice,
        notes=reason[:2000],
        payment_days=0,
        subtotal=net,
        tax_total=tax,
        total=net + tax,
        created_by=actor if getattr(actor, "pk", None) else None,
    )
    LineItem.objects.bulk_create(_line(note, each, n) for n, each in enumerate(taken, start=1))
    return note


def _line(note: Invoice, back: _Left, sequence: int) -> LineItem:
    item = back.item
    is_whole = back.amount == item.amount
    return LineItem(
        invoice=note,
        sequence=sequence,
        key=item.key,
        description=item.description,
        quantity=item.quantity if is_whole else Decimal(1),
        unit=item.unit if is_whole else "",
        unit_price=item.unit_price if is_whole else back.amount,
        currency=note.currency,
        amount=back.amount,
        tax_code=item.tax_code,
        tax_rate=item.tax_rate,
        tax_amount=back.tax,
        formula=f"taken back of line {item.sequence} of {item.invoice.number}",
        service=item.service,
        basis=InvoiceBasis.CREDIT,
        corrects=item,
    )


def _check_deposit(invoice: Invoice, note: Invoice) -> None:
    """What an invoice has used of a deposit is not given back."""
    if invoice.kind != InvoiceKind.DEPOSIT:
        return
    there = invoice.total - invoice.credited - invoice.paid + deposit_left(invoice)
    if note.total > there:
        raise CreditTooLarge(left=str(there), currency=invoice.currency, of=" of the deposit")


def _settle(invoice: Invoice, note: Invoice, *, actor: Any, at: datetime) -> None:
    """Less is owed; what is settled beyond that is first no longer written off, then credit."""
    chart = Chart()
    beyond = max(note.total - invoice.balance, Decimal(0))
    recovered = min(beyond, invoice.written_off)
    shares = []
    if recovered:
        share = Share(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=-recovered)
        shares.append(share)
    paid_before = beyond - recovered
    if paid_before:
        credit = CustomerCredit.objects.create(
            customer=invoice.payer,
            currency=invoice.currency,
            amount=paid_before,
            remaining=paid_before,
            credit_note=note,
            given_at=at,
        )
        shares.append(
            Share(
                invoice=invoice, kind=AllocationKind.TO_CREDIT, amount=-paid_before, credit=credit
            )
        )
    shares.append(
        Share(invoice=invoice, kind=AllocationKind.CREDIT_NOTE, amount=note.total, document=note)
    )
    settle(
        Settlement(
            key=f"invoice:{note.pk}:issued",
            kind=EntryKind.CREDIT_NOTE,
            description=f"Credit note {note.number} for {invoice.number}",
            shares=shares,
            lines=earned(invoice, note.lines.order_by("sequence"), chart, -1),
            about=About(invoice=note),
        ),
        chart=chart,
        actor=actor,
        at=at,
    )


def _release(invoice: Invoice, *, at: datetime) -> None:
    """Work of which nothing is billed any more may be billed again."""
    still = {each.item.work for each in _left(invoice).values() if not each.is_nothing}
    invoice.work.live().exclude(work__in=still).update(released_at=at)
