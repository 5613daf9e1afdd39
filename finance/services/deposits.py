"""Bills that are not for work done: deposits before it, fees for calling it off."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.money import Money
from contacts.models import Contact
from finance.billables import Bill, BillLine, Cancelled
from finance.days import local_day
from finance.exceptions import AlreadyBilled, LadderMissing, NotBillable, NothingToBill
from finance.models import BilledWork, CancellationTerm, Invoice, InvoiceBasis, InvoiceKind
from finance.queries.billing import deposits_asked
from finance.services.drafts import billable_for, draft_from, hold_subject
from finance.services.rates import check_end
from finance.services.taxes import percentage

HUNDRED = Decimal(100)


@transaction.atomic
def draft_deposit(
    *,
    subject: str,
    subject_id: int,
    percent: Decimal | None = None,
    amount: Decimal | None = None,
    payer: Contact | None = None,
    actor: Any,
    at: datetime,
) -> Invoice:
    """
    Draft a bill for a part of the accepted offer's total, before the work; no tax of its own.

    All deposits together are no more than the offer. Raises NotBillable, InvalidInput,
    DoesNotExist.
    """
    billable = billable_for(subject, "deposit")
    hold_subject(subject, subject_id)
    bill = billable.draw_up(subject_id, "quote", at)
    whole = sum((line.amount + line.tax_amount for line in bill.lines), Decimal(0))
    left = whole - deposits_asked(subject, subject_id)
    exact = _part(whole, percent, amount, bill.currency)
    if exact <= 0 or exact > left:
        raise InvalidInput("/amount", f"More than nothing, up to {left}.")
    return draft_from(
        replace(bill, lines=(_deposit(bill, whole, exact, percent),)),
        subject=subject,
        subject_id=subject_id,
        basis=InvoiceBasis.DEPOSIT,
        kind=InvoiceKind.DEPOSIT,
        payer=payer,
        actor=actor,
        at=at,
    )


@transaction.atomic
def draft_cancellation_fee(
    *,
    subject: str,
    subject_id: int,
    tax_code: str = "",
    payer: Contact | None = None,
    actor: Any,
    at: datetime,
) -> Invoice:
    """
    Draft the fee for work that was called off: the step of its ladder on what the offer came to.

    The ladder is the one that stood when the work was agreed on. Work that was billed is credited
    first. Raises NotBillable, LadderMissing, NothingToBill, AlreadyBilled, InvalidInput,
    DoesNotExist.
    """
    billable = billable_for(subject, "cancellation")
    hold_subject(subject, subject_id)
    called_off = billable.cancelled(subject_id) if billable.cancelled else None
    if called_off is None:
        raise NotBillable(subject=subject, basis="cancellation")
    _check_unbilled(subject, subject_id)
    bill = billable.draw_up(subject_id, "quote", at)
    percent = percent_of(called_off)
    if not percent:
        raise NothingToBill(subject=bill.subject_number)
    return draft_from(
        replace(bill, lines=(_fee(bill, called_off, percent, tax_code, at),)),
        subject=subject,
        subject_id=subject_id,
        basis=InvoiceBasis.CANCELLATION,
        payer=payer,
        actor=actor,
        at=at,
    )


def _check_unbilled(subject: str, subject_id: int) -> None:
    """Nobody pays for the whole work and for calling it off."""
    bases = (InvoiceBasis.QUOTE, InvoiceBasis.ACTUALS)
    rows = BilledWork.objects.live().filter(subject=subject, subject_id=subject_id)
    first = rows.filter(invoice__basis__in=bases).select_related("invoice").first()
    if first is not None:
        number = first.invoice.subject_number
        raise AlreadyBilled(work="The work", subject=number, invoice=str(first.invoice))


def percent_of(called_off: Cancelled) -> Decimal:
    """The percentage owed by the ladder of the day of agreement. Raises LadderMissing."""
    on = local_day(called_off.agreed_at)
    steps = CancellationTerm.objects.in_force(on).filter(ladder=called_off.ladder)
    found = list(steps.order_by("hours_before"))
    if not found:
        raise LadderMissing(ladder=called_off.ladder, on=on)
    left = hours_left(called_off)
    return next((step.percent for step in found if left < step.hours_before), Decimal(0))


def hours_left(called_off: Cancelled) -> Decimal:
    """Hours from the cancellation to the departure; below zero after it."""
    seconds = (called_off.departs_at - called_off.cancelled_at).total_seconds()
    return Decimal(str(seconds)) / 3600


@transaction.atomic
def add_step(*, actor: Any, at: datetime, **values: Any) -> CancellationTerm:
    """Add a step to a ladder; the database refuses two of the same hours at one time."""
    until = values.get("effective_until")
    if until is not None and until <= values["effective_from"]:
        raise InvalidInput("/effective_until", "Not after effective_from.")
    step = CancellationTerm.objects.create(**values)
    record("cancellation_term.added", step, actor=actor, at=at)
    return step


@transaction.atomic
def end_step(
    step: CancellationTerm, *, until: date, version: int | None = None, actor: Any, at: datetime
) -> CancellationTerm:
    """
    Let a step stand until the day before `until`.

    Raises RateEnded, EndsInThePast, InvalidInput, StaleVersion.
    """
    step = locked(step, version=version)
    check_end(step.effective_from, step.effective_until, until, at)
    step.effective_until = until
    step.save(update_fields=["effective_until", "updated_at"])
    record("cancellation_term.ended", step, actor=actor, at=at, until=until.isoformat())
    return step


def _part(
    whole: Decimal, percent: Decimal | None, amount: Decimal | None, currency: str
) -> Decimal:
    if (percent is None) == (amount is None):
        raise InvalidInput("/amount", "Either an amount or a percentage.")
    wanted = amount if amount is not None else whole * (percent or Decimal(0)) / HUNDRED
    exact = Money(wanted, currency).amount
    if amount is not None and exact != amount:
        raise InvalidInput("/amount", f"{currency} has no such fraction.")
    return exact


def _deposit(bill: Bill, whole: Decimal, exact: Decimal, percent: Decimal | None) -> BillLine:
    part = f"{percent.normalize():f} % of" if percent is not None else "for"
    return BillLine(
        key="deposit",
        description=f"Deposit {part} {bill.subject_number}",
        quantity=Decimal(1),
        unit="",
        unit_price=exact,
        amount=exact,
        formula=f"{part} {whole} {bill.currency}",
        service="deposit",
        is_work=False,
    )


def _fee(
    bill: Bill, called_off: Cancelled, percent: Decimal, tax_code: str, at: datetime
) -> BillLine:
    base = sum((line.amount for line in bill.lines), Decimal(0))
    fee = Money(base * percent / HUNDRED, bill.currency).amount
    rate = percentage(tax_code, on=local_day(at))
    left = hours_left(called_off).quantize(Decimal("0.1"))
    return BillLine(
        key="cancellation",
        description=f"Cancellation fee {percent.normalize():f} % of {bill.subject_number}",
        quantity=Decimal(1),
        unit="",
        unit_price=fee,
        amount=fee,
        tax_code=tax_code,
        tax_rate=rate,
        tax_amount=Money(fee * rate / HUNDRED, bill.currency).amount,
        formula=f"{base} x {percent.normalize():f} % ({called_off.ladder}, {left} h before)",
        service="cancellation",
    )
