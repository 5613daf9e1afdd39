"""An invoice leaves the house: numbered, fixed, and in the books."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from contacts.models import ContactRole
from finance.days import local_day
from finance.events import InvoiceIssued
from finance.exceptions import NothingToBill
from finance.models import (
    Account,
    AccountRole,
    AllocationKind,
    EntryKind,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.queries.billing import deposit_left, deposits_of
from finance.queries.snapshots import hash_of, snapshot_of
from finance.services.accounts import Chart
from finance.services.allocations import (
    Settlement,
    Share,
    follow_figures,
    lock_invoices,
    lock_party,
    receivable,
    settle,
)
from finance.services.ledger import About, Line, post


@transaction.atomic
def issue(invoice: Invoice, *, version: int | None = None, actor: Any, at: datetime) -> Invoice:
    """
    Issue a draft: it gets the next number of its series and never changes again.

    The claim, the revenue and the taxes are posted; paid deposits for the same work are applied.
    Raises TransitionNotAllowed, NothingToBill, InvalidInput, StaleVersion.
    """
    lock_party(invoice.payer)
    invoice = locked(invoice, version=version)
    require_move(invoice, InvoiceStatus.OPEN)
    lines = list(invoice.lines.order_by("sequence"))
    _check(invoice, lines)
    number_and_fix(invoice, lines, actor=actor, at=at)
    chart = Chart()
    _post(invoice, lines, chart, actor=actor, at=at)
    _apply_deposits(invoice, chart, actor=actor, at=at)
    follow_figures(invoice, actor=actor, at=at)
    record("invoice.issued", invoice, actor=actor, at=at, total=str(invoice.total))
    announce(InvoiceIssued(invoice_id=invoice.pk))
    return invoice


def number_and_fix(
    invoice: Invoice, lines: Iterable[LineItem], *, actor: Any, at: datetime
) -> None:
    """Give a draft its day, its number and its hash, and open it."""
    day = local_day(at)
    invoice.issued_on, invoice.issued_at = day, at
    invoice.issued_by = actor if getattr(actor, "pk", None) else None
    invoice.due_on = invoice.due_on or day + timedelta(days=invoice.payment_days)
    invoice.number = next_number(
        settings.INVOICE_SERIES[invoice.kind],
        year=day.year,
        width=settings.INVOICE_NUMBER_WIDTH,
    )
    invoice.snapshot_hash = hash_of(snapshot_of(invoice, lines))
    move(invoice, InvoiceStatus.OPEN, actor=actor, at=at)


def earned(invoice: Invoice, lines: Iterable[LineItem], chart: Chart, sign: int) -> list[Line]:
    """
    Revenue and taxes of lines, one line for each account and each tax; `sign` -1 takes them back.

    A deposit is no revenue: it is owed to the customer until the work is billed.
    """
    sums: dict[Account, Decimal] = defaultdict(Decimal)
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    is_deposit = invoice.kind == InvoiceKind.DEPOSIT
    for item in lines:
        account = chart.role(AccountRole.DEPOSIT) if is_deposit else chart.revenue(item.service)
        sums[account] += item.amount
        taxes[item.tax_code] += item.tax_amount
    common = {"currency": invoice.currency, "party_id": invoice.payer_id, "invoice": invoice}
    found = [
        Line(account=account, amount=-amount * sign, **common)  # type: ignore[arg-type]
        for account, amount in sums.items()
    ]
    tax = chart.role(AccountRole.TAX)
    found += [
        Line(account=tax, amount=-amount * sign, tax_code=code, **common)  # type: ignore[arg-type]
        for code, amount in taxes.items()
    ]
    return found


def _post(
    invoice: Invoice, lines: Iterable[LineItem], chart: Chart, *, actor: Any, at: datetime
) -> None:
    posted = [receivable(chart, invoice, invoice.total), *earned(invoice, lines, chart, 1)]
    if not any(line.amount for line in posted):
        return
    post(
        key=f"invoice:{invoice.pk}:issued",
        kind=EntryKind.INVOICE,
        description=f"{invoice.get_kind_display()} {invoice.number}",
        lines=posted,
        about=About(invoice=invoice),
        actor=actor,
        at=at,
    )


def _apply_deposits(invoice: Invoice, chart: Chart, *, actor: Any, at: datetime) -> None:
    if invoice.kind != InvoiceKind.INVOICE:
        return
    left, shares = invoice.balance, []
    for deposit in lock_invoices(deposits_of(invoice)):
        amount = min(left, deposit_left(deposit))
        if amount > 0:
            share = Share(
                invoice=invoice, kind=AllocationKind.DEPOSIT, amount=amount, document=deposit
            )
            shares.append(share)
            left -= amount
    if shares:
        settle(
            Settlement(
                key=f"invoice:{invoice.pk}:deposits",
                kind=EntryKind.DEPOSIT,
                description=f"Deposits for {invoice.number}",
                shares=shares,
                about=About(invoice=invoice),
            ),
            chart=chart,
            actor=actor,
            at=at,
        )


def _check(invoice: Invoice, lines: list[LineItem]) -> None:
    if not lines:
        raise NothingToBill(subject=invoice.subject_number or str(invoice))
    if not invoice.bill_to.get("name"):
        raise InvalidInput("/bill_to", "It says nobody's name.")
    is_insurer = ContactRole.INSURER in invoice.payer.roles
    if is_insurer and invoice.payer_id != invoice.customer_id and not invoice.authorization:
        raise InvalidInput("/authorization", "The insurer's number is missing.")
