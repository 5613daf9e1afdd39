"""What becomes of claims: paid by hand, settled with credit or a deposit, late, written off."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from finance.days import local_day
from finance.exceptions import CurrenciesDiffer, InvoiceNotOpen, NotEnough, OtherParty
from finance.models import (
    UNSETTLED,
    AllocationKind,
    CustomerCredit,
    EntryKind,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    Payment,
)
from finance.queries.billing import deposit_left
from finance.services.accounts import Chart
from finance.services.allocations import (
    Settlement,
    Share,
    follow_figures,
    lock_invoices,
    lock_party,
    same_party,
    settle,
)
from finance.services.ledger import About
from finance.services.settlement import apply_payment


@transaction.atomic
def record_payment(
    invoice: Invoice,
    *,
    amount: Decimal,
    channel: str,
    received_at: datetime | None = None,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> Payment:
    """
    Note by hand that money came for an invoice; too much of it is the payer's credit.

    Raises InvoiceNotOpen, InvalidInput.
    """
    lock_party(invoice.payer)
    invoice = locked(invoice)
    if invoice.status not in (*UNSETTLED, InvoiceStatus.UNCOLLECTIBLE):
        raise InvoiceNotOpen(invoice=str(invoice), status=invoice.get_status_display())
    if received_at is not None and received_at > at:
        raise InvalidInput("/received_at", "That is still to come.")
    return apply_payment(
        customer=invoice.payer,
        amount=amount,
        currency=invoice.currency,
        channel=channel,
        received_at=received_at or at,
        invoices=[invoice],
        reference=reference,
        actor=actor,
        at=at,
    )


@transaction.atomic
def apply_credit(
    invoice: Invoice, *, amount: Decimal | None = None, actor: Any, at: datetime
) -> Invoice:
    """
    Settle an invoice with the payer's credit, the oldest first; all that is owed, or an amount.

    Raises InvoiceNotOpen, NotEnough, InvalidInput.
    """
    lock_party(invoice.payer)
    invoice = _owed(invoice)
    credits_there = list(
        CustomerCredit.objects.open()
        .select_for_update(no_key=True)
        .filter(customer__in=same_party(invoice.payer), currency=invoice.currency)
        .order_by("pk")
    )
    left = wanted = _wanted(invoice, amount)
    shares = []
    for credit in credits_there:
        used = min(left, credit.remaining)
        if used:
            shares.append(
                Share(invoice=invoice, kind=AllocationKind.CREDIT, amount=used, credit=credit)
            )
            left -= used
    if not shares or (left and amount is not None):
        there = sum((credit.remaining for credit in credits_there), Decimal(0))
        raise NotEnough(left=str(there), currency=invoice.currency, amount=str(wanted))
    return _settled(invoice, EntryKind.CREDIT, "Credit used for", shares, actor=actor, at=at)


@transaction.atomic
def apply_deposit(
    invoice: Invoice,
    deposit: Invoice,
    *,
    amount: Decimal | None = None,
    actor: Any,
    at: datetime,
) -> Invoice:
    """
    Settle an invoice with what was paid of a deposit of the same payer.

    Raises InvoiceNotOpen, OtherParty, CurrenciesDiffer, NotEnough, InvalidInput.
    """
    lock_party(invoice.payer)
    invoice, deposit = lock_invoices([invoice.pk, deposit.pk])
    _owed(invoice)
    if deposit.kind != InvoiceKind.DEPOSIT or invoice.kind != InvoiceKind.INVOICE:
        raise InvalidInput("/deposit", "A deposit settles an invoice.")
    if deposit.payer_id not in same_party(invoice.payer):
        raise OtherParty(thing=str(deposit), party=str(deposit.payer), invoice=str(invoice))
    if deposit.currency != invoice.currency:
        raise CurrenciesDiffer(
            one=str(deposit), first=deposit.currency, other=str(invoice), second=invoice.currency
        )
    wanted, there = _wanted(invoice, amount), deposit_left(deposit)
    used = min(wanted, there)
    if used <= 0 or (amount is not None and used < amount):
        raise NotEnough(left=str(there), currency=invoice.currency, amount=str(wanted))
    share = Share(invoice=invoice, kind=AllocationKind.DEPOSIT, amount=used, document=deposit)
    return _settled(invoice, EntryKind.DEPOSIT, "Deposit used for", [share], actor=actor, at=at)


@transaction.atomic
def write_off(
    invoice: Invoice, *, reason: str, version: int | None = None, actor: Any, at: datetime
) -> Invoice:
    """
    Give up what is owed on an invoice; money that comes all the same is owed again first.

    Raises InvoiceNotOpen, StaleVersion.
    """
    lock_party(invoice.payer)
    invoice = _owed(invoice, version)
    share = Share(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=invoice.balance)
    invoice = _settled(invoice, EntryKind.WRITE_OFF, "Written off of", [share], actor=actor, at=at)
    record("invoice.written_off", invoice, actor=actor, at=at, reason=reason)
    return invoice


def mark_overdue(*, at: datetime, each: Callable[[Invoice], None] | None = None) -> int:
    """
    Mark what is due before today, in the operator's zone; each in a transaction of its own.

    Returns how many. `each` is called with every one that became overdue.
    """
    waiting = (InvoiceStatus.OPEN, InvoiceStatus.PART_PAID)
    rows = Invoice.objects.filter(status__in=waiting, due_on__lt=local_day(at))
    late = 0
    for pk in list(rows.order_by("due_on", "pk").values_list("pk", flat=True)[:10_000]):
        with transaction.atomic():
            invoice = Invoice.objects.select_related("payer").get(pk=pk)
            lock_party(invoice.payer)
            invoice = locked(invoice)
            if invoice.status not in waiting:
                continue
            follow_figures(invoice, actor=None, at=at)
            late += 1
        if each is not None:
            each(invoice)
    return late


def _owed(invoice: Invoice, version: int | None = None) -> Invoice:
    invoice = locked(invoice, version=version)
    if invoice.status not in UNSETTLED:
        raise InvoiceNotOpen(invoice=str(invoice), status=invoice.get_status_display())
    return invoice


def _wanted(invoice: Invoice, amount: Decimal | None) -> Decimal:
    if amount is None:
        return invoice.balance
    if amount <= 0 or amount > invoice.balance:
        raise InvalidInput("/amount", f"More than nothing, up to {invoice.balance}.")
    return amount


def _settled(
    invoice: Invoice, kind: str, text: str, shares: list[Share], *, actor: Any, at: datetime
) -> Invoice:
    turn = invoice.allocations.count() + 1
    settle(
        Settlement(
            key=f"invoice:{invoice.pk}:{kind}:{turn}",
            kind=kind,
            description=f"{text} {invoice.number}",
            shares=shares,
            about=About(invoice=invoice),
        ),
        chart=Chart(),
        actor=actor,
        at=at,
    )
    amount = sum((share.amount for share in shares), Decimal(0))
    record(f"invoice.{kind}_applied", invoice, actor=actor, at=at, amount=str(amount))
    invoice.refresh_from_db()
    return invoice
