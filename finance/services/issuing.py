"""An invoice leaves the house: numbered, fixed, and in the books."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, require_move
from common.outbox import announce
from contacts.models import ContactRole
from finance.events import InvoiceIssued
from finance.exceptions import AlreadyBilled, NothingToBill
from finance.models import (
    AllocationKind,
    EntryKind,
    Invoice,
    InvoiceBasis,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.queries.billing import deposit_left, deposits_of, final_bill_of, open_deposits_of
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
from finance.services.credit_notes import CreditedLine, credit_invoice
from finance.services.fixing import earned, number_and_fix
from finance.services.ledger import About, post

# What asks for all of the money that a deposit was a part of.
WHOLE_WORK = frozenset({InvoiceBasis.QUOTE, InvoiceBasis.ACTUALS, InvoiceBasis.CANCELLATION})


@transaction.atomic
def issue(invoice: Invoice, *, version: int | None = None, actor: Any, at: datetime) -> Invoice:
    """
    Issue a draft: it gets the next number of its series and never changes again.

    The claim, the revenue and the taxes are posted; paid deposits for the same work are applied,
    and what nobody paid of them is credited: it is asked for in this bill.
    Raises TransitionNotAllowed, NothingToBill, AlreadyBilled, InvalidInput, StaleVersion.
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
    _close_deposits(invoice, actor=actor, at=at)
    follow_figures(invoice, actor=actor, at=at)
    record("invoice.issued", invoice, actor=actor, at=at, total=str(invoice.total))
    announce(InvoiceIssued(invoice_id=invoice.pk))
    return invoice


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
    for deposit in lock_invoices(deposit.pk for deposit in deposits_of(invoice)):
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


def _close_deposits(invoice: Invoice, *, actor: Any, at: datetime) -> None:
    """Nobody is asked twice for the same money: by a deposit, and by the bill for the work."""
    if invoice.kind != InvoiceKind.INVOICE or invoice.basis not in WHOLE_WORK:
        return
    if not invoice.covers_all:
        return
    for deposit in lock_invoices(deposit.pk for deposit in open_deposits_of(invoice)):
        parts, left = [], deposit.balance
        for item in deposit.lines.order_by("sequence"):
            part = min(item.amount, left)
            left -= part
            if part > 0:
                parts.append(CreditedLine(sequence=item.sequence, amount=part))
        reason = f"Taken in by {invoice.number}."
        # Untouched, it is credited whole: with taxes too, if somebody put one on it.
        lines = None if deposit.balance == deposit.total else parts
        credit_invoice(deposit, lines=lines, reason=reason, actor=actor, at=at)


def _check(invoice: Invoice, lines: list[LineItem]) -> None:
    final = final_bill_of(invoice) if invoice.kind == InvoiceKind.DEPOSIT else None
    if final is not None:
        number = invoice.subject_number
        raise AlreadyBilled(work="The work", subject=number, invoice=str(final))
    if not lines:
        raise NothingToBill(subject=invoice.subject_number or str(invoice))
    if not invoice.bill_to.get("name"):
        raise InvalidInput("/bill_to", "It says nobody's name.")
    is_insurer = ContactRole.INSURER in invoice.payer.roles
    if is_insurer and invoice.payer_id != invoice.customer_id and not invoice.authorization:
        raise InvalidInput("/authorization", "The insurer's number is missing.")
