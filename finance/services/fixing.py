"""What an invoice and a credit note have in common when they leave the house."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from common.lifecycle import move
from common.numbering import next_number
from finance.days import local_day
from finance.models import Account, AccountRole, Invoice, InvoiceKind, InvoiceStatus, LineItem
from finance.queries.snapshots import hash_of, snapshot_of
from finance.services.accounts import Chart
from finance.services.ledger import Line


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
