"""
Money that comes and goes: payments, refunds, disputes; the seam that payment providers use.

Everything here may be told twice and late: what is on file already is answered with it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, Sum

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.money import Money
from common.numbering import next_number
from common.outbox import announce
from contacts.models import Contact
from finance.days import local_day
from finance.events import PaymentReceived, PaymentReturned
from finance.exceptions import PaymentConflicts, RefundTooLarge
from finance.models import (
    AccountRole,
    Allocation,
    AllocationKind,
    CustomerCredit,
    DisputeStatus,
    EntryKind,
    Invoice,
    InvoiceKind,
    Payment,
    PaymentChannel,
    PaymentIntent,
    PaymentStatus,
    Provider,
    Refund,
    RefundStatus,
)
from finance.services.accounts import Chart
from finance.services.allocations import (
    Settlement,
    Share,
    hold_payment,
    lock_invoices,
    lock_party,
    settle,
)
from finance.services.ledger import About, Line, post
from finance.services.returns import give_back

CLEARING = {
    Provider.STRIPE: AccountRole.CLEARING_STRIPE,
    Provider.SQUARE: AccountRole.CLEARING_SQUARE,
    Provider.PAYPAL: AccountRole.CLEARING_PAYPAL,
}


@transaction.atomic
def apply_payment(
    *,
    customer: Contact,
    amount: Decimal,
    currency: str,
    channel: str,
    received_at: datetime,
    invoices: Sequence[Invoice] = (),
    provider: str = Provider.MANUAL,
    provider_id: str = "",
    intent: PaymentIntent | None = None,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> Payment:
    """
    Take money in for invoices, in the order given; what they do not need is the customer's credit.

    Money is never refused for the state of an invoice: one that takes nothing gets nothing. A
    payment on file is returned. Raises PaymentConflicts where its amount differs.
    """
    check_amount(amount, currency)
    lock_party(customer)
    if known := _known(provider, provider_id, intent):
        return _same(known, amount, currency)
    payment = Payment.objects.create(
        number=next_number("PAY", year=local_day(at).year, width=5),
        customer=customer,
        intent=intent,
        provider=provider,
        provider_id=provider_id,
        channel=channel,
        reference=reference,
        amount=amount,
        currency=currency,
        received_at=received_at,
        recorded_by=actor if getattr(actor, "pk", None) else None,
    )
    _take_in(payment, invoices, actor=actor, at=at)
    return payment


@transaction.atomic
def request_refund(
    payment: Payment,
    *,
    amount: Decimal,
    reason: str,
    idempotency_key: str = "",
    provider_id: str = "",
    actor: Any,
    at: datetime,
) -> Refund:
    """
    Set a part of a payment aside to go back; nothing is posted before it went.

    Raises RefundTooLarge, InvalidInput.
    """
    check_amount(amount, payment.currency)
    payment = hold_payment(payment)
    left = payment.amount - payment.refunded - payment.charged_back
    if amount > left:
        raise RefundTooLarge(payment=payment.number, left=str(left), currency=payment.currency)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        provider_id=provider_id,
        idempotency_key=idempotency_key or uuid4().hex,
        requested_by=actor if getattr(actor, "pk", None) else None,
    )
    record("refund.requested", refund, actor=actor, at=at, reason=reason, amount=str(amount))
    return refund


@transaction.atomic
def apply_refund(refund: Refund, *, provider_id: str = "", actor: Any, at: datetime) -> Refund:
    """
    Post a refund that went: taken from the customer's credit of that payment, else from invoices.

    One that is posted is returned as it is. Raises TransitionNotAllowed for one that failed.
    """
    return apply_held_refund(hold_refund(refund), provider_id=provider_id, actor=actor, at=at)


def apply_held_refund(refund: Refund, *, provider_id: str, actor: Any, at: datetime) -> Refund:
    """`apply_refund` for one that the caller holds."""
    payment = refund.payment
    if refund.status == RefundStatus.SUCCEEDED:
        return refund
    require_move(refund, RefundStatus.SUCCEEDED)
    chart = Chart()
    event = Settlement(
        key=f"refund:{refund.pk}:sent",
        kind=EntryKind.REFUND,
        description=f"Refund of {payment.number}",
        lines=[money_line(chart, payment, -refund.amount)],
        about=About(payment=payment, refund=refund),
    )
    give_back(payment, refund.amount, event=event, chart=chart, actor=actor, at=at)
    refund.provider_id = provider_id or refund.provider_id
    refund.settled_at = at
    move(refund, RefundStatus.SUCCEEDED, actor=actor, at=at)
    follow_returns(payment, actor=actor, at=at)
    record("refund.sent", refund, actor=actor, at=at, amount=str(refund.amount))
    announce(PaymentReturned(payment_id=payment.pk))
    return refund


@transaction.atomic
def fail_refund(refund: Refund, *, code: str, actor: Any, at: datetime) -> Refund:
    """
    Note that a refund did not go, or that the bank sent it back.

    What came back settles again what the refund had been taken from; what nothing there needs any
    more is the customer's credit. One that failed is returned as it is.
    """
    return fail_held_refund(hold_refund(refund), code=code, actor=actor, at=at)


def fail_held_refund(refund: Refund, *, code: str, actor: Any, at: datetime) -> Refund:
    """`fail_refund` for one that the caller holds."""
    payment = refund.payment
    if refund.status == RefundStatus.FAILED:
        return refund
    if refund.status == RefundStatus.SUCCEEDED:
        _take_back(refund, payment, actor=actor, at=at)
    refund.failure_code, refund.settled_at = code[:60], at
    move(refund, RefundStatus.FAILED, actor=actor, at=at, reason=code)
    follow_returns(payment, actor=actor, at=at)
    record("refund.failed", refund, actor=actor, at=at, code=code[:60])
    return refund


def hold_refund(refund: Refund) -> Refund:
    """The refund as it stands, with its payment; both and their party are held till the end."""
    payment, refund = hold_payment(refund.payment), locked(refund)
    refund.payment = payment
    return refund


@transaction.atomic
def reopen_refund(refund: Refund, *, actor: Any, at: datetime) -> Refund:
    """
    Wait again for a refund that was given up on: its provider knows it after all.

    Raises RefundTooLarge where the money went back by another one meanwhile.
    """
    refund = hold_refund(refund)
    payment = refund.payment
    left = payment.amount - payment.refunded - payment.charged_back
    if refund.amount > left:
        raise RefundTooLarge(payment=payment.number, left=str(left), currency=payment.currency)
    refund.failure_code, refund.settled_at = "", None
    move(refund, RefundStatus.PENDING, actor=actor, at=at, reason="known to its provider")
    return refund


def follow_returns(payment: Payment, *, actor: Any, at: datetime) -> Payment:
    """Move a payment to the status that its refunds and disputes make it."""
    payment.refresh_from_db(fields=["refunded", "charged_back", "status", "version", "updated_at"])
    refunded = _refunded(payment)
    if payment.disputes.exclude(status__in=[DisputeStatus.WON, DisputeStatus.LOST]).exists():
        wanted = PaymentStatus.DISPUTED
    elif payment.charged_back:
        wanted = PaymentStatus.CHARGED_BACK
    elif refunded == payment.amount:
        wanted = PaymentStatus.REFUNDED
    else:
        wanted = PaymentStatus.PART_REFUNDED if refunded else PaymentStatus.SUCCEEDED
    if wanted != payment.status:
        move(payment, wanted, actor=actor, at=at)
    return payment


def _refunded(payment: Payment) -> Decimal:
    """What of a payment has gone back, without what is on its way."""
    if not payment.refunded:
        return payment.refunded
    gone = payment.refunds.filter(status=RefundStatus.SUCCEEDED).aggregate(sum=Sum("amount"))
    return gone["sum"] or Decimal(0)


def _take_in(payment: Payment, invoices: Sequence[Invoice], *, actor: Any, at: datetime) -> None:
    chart, left = Chart(), payment.amount
    shares: list[Share] = []
    for invoice in lock_invoices(invoice.pk for invoice in invoices):
        if left and _takes(invoice, payment.customer, payment.currency):
            found, left = _shares(payment, invoice, left)
            shares += found
    lines = [money_line(chart, payment, payment.amount), _credit_line(chart, payment, -left)]
    settle(
        Settlement(
            key=f"payment:{payment.pk}:received",
            kind=EntryKind.PAYMENT,
            description=f"Payment {payment.number}",
            shares=shares,
            lines=lines,
            about=About(payment=payment),
        ),
        chart=chart,
        actor=actor,
        at=at,
    )
    if left:
        _give_credit(payment, payment.customer, left, at=at)
    told = {"amount": str(payment.amount), "currency": payment.currency}
    record("payment.received", payment, actor=actor, at=at, **told)
    announce(PaymentReceived(payment_id=payment.pk))


def _take_back(refund: Refund, payment: Payment, *, actor: Any, at: datetime) -> None:
    """Post that a refund came back, and pay the invoices with it that it had made owed."""
    chart, about = Chart(), About(payment=payment, refund=refund)
    post(
        key=f"refund:{refund.pk}:returned",
        kind=EntryKind.REFUND,
        description=f"Refund of {payment.number} came back",
        lines=[
            money_line(chart, payment, refund.amount),
            _credit_line(chart, payment, -refund.amount),
        ],
        about=about,
        actor=actor,
        at=at,
    )
    customer = lock_party(payment.customer)
    credit = _give_credit(payment, customer, refund.amount, at=at)
    shares = _owed_since(refund, credit)
    if shares:
        settle(
            Settlement(
                key=f"refund:{refund.pk}:settled_again",
                kind=EntryKind.CREDIT,
                description=f"Refund of {payment.number} came back, used again",
                shares=shares,
                about=about,
            ),
            chart=chart,
            actor=actor,
            at=at,
        )


def _owed_since(refund: Refund, credit: CustomerCredit) -> list[Share]:
    """What a refund was taken from, by invoice, as far as it is still owed."""
    rows = Allocation.objects.filter(entry__refund=refund, amount__lt=0).values("invoice")
    taken = dict(rows.annotate(sum=-Sum("amount")).values_list("invoice", "sum"))
    invoices = lock_invoices(sorted(taken))
    found = [(invoice, min(taken[invoice.pk], invoice.balance)) for invoice in invoices]
    return [
        Share(invoice=invoice, kind=AllocationKind.CREDIT, amount=amount, credit=credit)
        for invoice, amount in found
        if amount > 0
    ]


def _same(known: Payment, amount: Decimal, currency: str) -> Payment:
    if (known.amount, known.currency) != (amount, currency):
        raise PaymentConflicts(provider=known.provider, reference=known.provider_id)
    return known


def _shares(payment: Payment, invoice: Invoice, left: Decimal) -> tuple[list[Share], Decimal]:
    """What of the money an invoice takes; one that was written off is owed again for it."""
    recovered = min(left - min(left, invoice.balance), invoice.written_off)
    taken = min(left, invoice.balance + recovered)
    shares = []
    if recovered:
        shares.append(Share(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=-recovered))
    if taken:
        share = Share(invoice=invoice, kind=AllocationKind.PAYMENT, amount=taken, payment=payment)
        shares.append(share)
    return shares, left - taken


def _takes(invoice: Invoice, customer: Contact, currency: str) -> bool:
    standing = {customer.pk, customer.merged_into_id}
    return (
        invoice.number is not None
        and invoice.kind != InvoiceKind.CREDIT_NOTE
        and invoice.currency == currency
        and (invoice.payer_id in standing or invoice.payer.merged_into_id in standing - {None})
    )


def _known(provider: str, provider_id: str, intent: PaymentIntent | None) -> Payment | None:
    asked = Q(pk=None) if intent is None else Q(intent=intent)
    if provider_id:
        asked |= Q(provider=provider, provider_id=provider_id)
    # Where the name of theirs and the attempt are of two payments, the name says which.
    found = sorted(Payment.objects.filter(asked), key=lambda one: one.provider_id != provider_id)
    return found[0] if found else None


def _give_credit(
    payment: Payment, customer: Contact, amount: Decimal, *, at: datetime
) -> CustomerCredit:
    return CustomerCredit.objects.create(
        customer=customer,
        currency=payment.currency,
        amount=amount,
        remaining=amount,
        payment=payment,
        given_at=at,
    )


def money_line(chart: Chart, payment: Payment, amount: Decimal) -> Line:
    """More or less money where payments of this kind are."""
    role = CLEARING.get(Provider(payment.provider))
    if role is None:
        is_cash = payment.channel == PaymentChannel.CASH
        role = AccountRole.CASH if is_cash else AccountRole.BANK
    return Line(
        account=chart.role(role),
        amount=amount,
        currency=payment.currency,
        party_id=payment.customer_id,
    )


def _credit_line(chart: Chart, payment: Payment, amount: Decimal) -> Line:
    return Line(
        account=chart.role(AccountRole.CREDIT),
        amount=amount,
        currency=payment.currency,
        party_id=payment.customer_id,
    )


def check_amount(amount: Decimal, currency: str) -> None:
    """Refuse nothing, less, and fractions that the currency does not have. Raises InvalidInput."""
    if amount <= 0:
        raise InvalidInput("/amount", "Not more than nothing.")
    if Money(amount, currency).amount != amount:
        raise InvalidInput("/amount", f"{currency} has no such fraction.")
