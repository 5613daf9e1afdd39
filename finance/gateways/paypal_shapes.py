"""PayPal's orders, captures, refunds and disputes in the words of this house."""

from collections.abc import Callable, Mapping
from typing import Any

from finance.gateways.amounts import CurrencyUnknown, from_decimal_text
from finance.gateways.base import (
    DisputeState,
    NotAuthentic,
    Notice,
    ObjectState,
    PaymentState,
    RefundState,
)
from finance.gateways.signatures import moment_of

ORDER, CAPTURE = "order:", "capture:"

_ORDER = {
    "CREATED": "pending",
    "SAVED": "pending",
    "PAYER_ACTION_REQUIRED": "requires_action",
    # The payer said yes; the money is taken by our capture, not by theirs.
    "APPROVED": "authorized",
    "VOIDED": "cancelled",
    "COMPLETED": "pending",
}
_CAPTURE = {
    "PENDING": "pending",
    "COMPLETED": "succeeded",
    # What was given back has been taken before.
    "PARTIALLY_REFUNDED": "succeeded",
    "REFUNDED": "succeeded",
    "DECLINED": "failed",
    "FAILED": "failed",
}
_REFUND = {
    "PENDING": "pending",
    "COMPLETED": "succeeded",
    "CANCELLED": "cancelled",
    "FAILED": "failed",
}
_OUTCOMES = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "RESOLVED_WITH_PAYOUT": "lost",
    "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "CANCELED_BY_BUYER": "won",
    "DENIED": "won",
    "NONE": "won",
}
_DISPUTE = {
    "OPEN": "needs_response",
    "WAITING_FOR_SELLER_RESPONSE": "needs_response",
    "WAITING_FOR_BUYER_RESPONSE": "under_review",
    "UNDER_REVIEW": "under_review",
    "OTHER": "under_review",
}


def order_state(order: Mapping[str, Any]) -> PaymentState:
    """An order of one purchase unit, with its captures when it has been paid."""
    unit = (order.get("purchase_units") or [{}])[0]
    captures = (unit.get("payments") or {}).get("captures") or []
    money = unit.get("amount") or (captures[0]["amount"] if captures else {})
    currency = str(money["currency_code"])
    states = [capture_state(each) for each in captures]
    taken = next((s for s in states if s.status == "succeeded"), states[-1] if states else None)
    return PaymentState(
        ids=(f"{ORDER}{order['id']}", *(f"{CAPTURE}{each['id']}" for each in captures)),
        reference=str(unit.get("custom_id") or (taken.reference if taken else ""))[:64],
        status=taken.status if taken else _ORDER.get(str(order["status"]), "pending"),
        amount=from_decimal_text(money["value"], currency),
        currency=currency,
        captured=taken.captured if taken else 0,
        fee=taken.fee if taken else 0,
        failure=taken.failure if taken else "",
    )


def capture_state(capture: Mapping[str, Any]) -> PaymentState:
    """A capture: the payment itself."""
    money = capture["amount"]
    currency = str(money["currency_code"])
    amount = from_decimal_text(money["value"], currency)
    status = _CAPTURE.get(str(capture["status"]), "pending")
    related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
    reason = (capture.get("status_details") or {}).get("reason") or ""
    return PaymentState(
        ids=(f"{CAPTURE}{capture['id']}", *_order_ids(related.get("order_id"))),
        reference=str(capture.get("custom_id") or "")[:64],
        status=status,
        amount=amount,
        currency=currency,
        captured=amount if status == "succeeded" else 0,
        fee=_fee(capture, currency),
        failure=str(reason)[:64] if status == "failed" else "",
    )


def _fee(capture: Mapping[str, Any], currency: str) -> int:
    """What PayPal kept, where it is in the currency of the payment."""
    told = (capture.get("seller_receivable_breakdown") or {}).get("paypal_fee") or {}
    if told.get("currency_code") != currency:
        return 0
    return max(from_decimal_text(told.get("value"), currency), 0)


def refund_state(refund: Mapping[str, Any]) -> RefundState:
    """A refund; the capture it belongs to is named by the link `up`, our reference by custom_id."""
    money = refund["amount"]
    currency = str(money["currency_code"])
    up = [each["href"] for each in refund.get("links") or [] if each.get("rel") == "up"]
    capture = str(up[0]).rstrip("/").rpartition("/")[2] if up else ""
    return RefundState(
        provider_id=str(refund["id"]),
        reference=str(refund.get("custom_id") or "")[:64],
        payment_ids=(f"{CAPTURE}{capture}",) if capture else (),
        status=_REFUND.get(str(refund["status"]), "pending"),
        amount=from_decimal_text(money["value"], currency),
        currency=currency,
    )


def dispute_state(dispute: Mapping[str, Any]) -> DisputeState:
    """A dispute of a capture; a resolved one by its outcome."""
    money = dispute["dispute_amount"]
    currency = str(money["currency_code"])
    sold = [each.get("seller_transaction_id") for each in dispute.get("disputed_transactions", [])]
    status = _DISPUTE.get(str(dispute["status"]), "needs_response")
    if dispute["status"] == "RESOLVED":
        outcome = (dispute.get("dispute_outcome") or {}).get("outcome_code")
        status = _OUTCOMES.get(str(outcome), "lost")
    due = dispute.get("seller_response_due_date")
    return DisputeState(
        provider_id=str(dispute["dispute_id"]),
        payment_ids=tuple(f"{CAPTURE}{each}" for each in sold if each),
        status=status,
        amount=from_decimal_text(money["value"], currency),
        currency=currency,
        reason=str(dispute.get("reason") or "")[:64],
        respond_by=moment_of(str(due)) if due else None,
    )


# By the beginning of the event's type; the first that fits. A capture that was refunded or reversed
# is announced with the refund as its resource.
_READERS: tuple[tuple[str, Callable[[Mapping[str, Any]], ObjectState]], ...] = (
    ("CHECKOUT.ORDER.", order_state),
    ("PAYMENT.CAPTURE.REFUNDED", refund_state),
    ("PAYMENT.CAPTURE.REVERSED", refund_state),
    ("PAYMENT.CAPTURE.", capture_state),
    ("PAYMENT.REFUND.", refund_state),
    ("CUSTOMER.DISPUTE.", dispute_state),
)


def notice_of(event: Mapping[str, Any]) -> Notice:
    """An event of the webhooks API. Raises NotAuthentic for what is none."""
    try:
        kind, resource = str(event["event_type"]), event.get("resource") or {}
        read = next((reader for start, reader in _READERS if kind.startswith(start)), None)
        return Notice(
            event_id=str(event["id"]),
            kind=kind,
            occurred_at=moment_of(str(event["create_time"])),
            is_live=None,
            state=_state(read, resource) if read else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise NotAuthentic("not an event of this provider") from None


def _state(
    read: Callable[[Mapping[str, Any]], ObjectState], resource: Mapping[str, Any]
) -> ObjectState | None:
    try:
        return read(resource)
    except CurrencyUnknown:
        # Other business of the account: nothing is asked for in it here.
        return None


def _order_ids(name: Any) -> tuple[str, ...]:
    return (f"{ORDER}{name}",) if name else ()
