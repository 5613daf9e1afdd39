"""Giving money back the way it came: through its provider, recorded first and then asked for."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from common.lifecycle import locked, move
from finance.exceptions import RefundNotPossible
from finance.gateways.base import (
    GatewayError,
    GatewayRefused,
    RefundOrder,
    RefundState,
)
from finance.models import (
    Payment,
    PaymentAccount,
    PaymentIntent,
    Provider,
    Refund,
    RefundStatus,
)
from finance.services.allocations import lock_party
from finance.services.outcomes import minor_units, record_refund_state
from finance.services.payment_accounts import asking, is_usable
from finance.services.payments import KEYS_LAST, name_of
from finance.services.settlement import apply_refund, fail_refund, request_refund


@transaction.atomic
def record_refund(
    payment: Payment,
    *,
    amount: Decimal | None = None,
    reason: str,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> Refund:
    """
    Write down that money is to go back; carry_out_refund then asks for it.

    What came by hand goes back by hand, and is noted as sent. Without an amount all that is left.
    Raises RefundTooLarge, RefundNotPossible, InvalidInput.
    """
    is_by_hand = payment.provider == Provider.MANUAL
    if not is_by_hand:
        _require_open(payment)
    lock_party(payment.customer)
    payment = locked(payment)
    left = payment.amount - payment.refunded - payment.charged_back
    refund = request_refund(
        payment,
        amount=left if amount is None else amount,
        reason=reason,
        idempotency_key=reference or uuid4().hex,
        actor=actor,
        at=at,
    )
    return apply_refund(refund, actor=actor, at=at) if is_by_hand else refund


def carry_out_refund(refund: Refund, *, actor: Any, at: datetime) -> Refund:
    """
    Ask the provider for a refund that is recorded and write down what it says.

    Never in a transaction; harmless again and at once, for the provider takes the key once. When it
    may have forgotten the key it is not asked again: reconciliation finds out.
    """
    if refund.asked_at and at - refund.created_at > KEYS_LAST:
        return refund
    with transaction.atomic(durable=True):
        refund = locked(refund)
        if refund.provider_id or refund.status not in (RefundStatus.PENDING, RefundStatus.UNKNOWN):
            return refund
        refund.asked_at = at
        refund.save(update_fields=["asked_at", "updated_at"])
    account = _account_of(refund)
    try:
        with asking(account, "refund") as gateway:
            state = gateway.refund(order_of(refund))
    except GatewayRefused as refusal:
        return fail_refund(refund, code=refusal.code, actor=actor, at=at)
    except GatewayError:
        return _unknown(refund, actor=actor, at=at)
    return record_refund_state(account, state, actor=actor, at=at)


def ask_refund_again(refund: Refund, *, actor: Any, at: datetime) -> RefundState | None:
    """What the provider says of a refund now, taken in; None where it never heard of it."""
    account = _account_of(refund)
    with asking(account, "find_refund") as gateway:
        state = gateway.find_refund(order_of(refund))
    if state is not None:
        record_refund_state(account, state, actor=actor, at=at)
    return state


def order_of(refund: Refund) -> RefundOrder:
    """How a provider is asked for a refund, and finds it again."""
    return RefundOrder(
        reference=refund.idempotency_key,
        payment=name_of(_intent_of(refund.payment)),
        amount=minor_units(refund.amount, refund.currency),
        currency=refund.currency,
        since=refund.created_at,
    )


@transaction.atomic
def _unknown(refund: Refund, *, actor: Any, at: datetime) -> Refund:
    refund = locked(refund)
    if refund.status == RefundStatus.PENDING:
        move(refund, RefundStatus.UNKNOWN, actor=actor, at=at)
    return refund


def _intent_of(payment: Payment) -> PaymentIntent:
    if payment.intent is None or payment.intent.account is None:
        raise RefundNotPossible(payment=payment.number)
    return payment.intent


def _require_open(payment: Payment) -> None:
    if not is_usable(_intent_of(payment).account):
        raise RefundNotPossible(payment=payment.number)


def _account_of(refund: Refund) -> PaymentAccount:
    account = _intent_of(refund.payment).account
    if account is None:
        raise RefundNotPossible(payment=refund.payment.number)
    return account
