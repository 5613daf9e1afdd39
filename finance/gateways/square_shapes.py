"""Square's objects (API 2026-09-16) in the words of this house."""

from collections.abc import Callable, Mapping
from typing import Any

from finance.gateways.base import (
    CardFacts,
    DisputeState,
    MethodState,
    NotAuthentic,
    Notice,
    ObjectState,
    PaymentState,
    RefundState,
)
from finance.gateways.signatures import moment_of

# Their ids look all alike; what each one names is written before it.
PAYMENT, ORDER, LINK = "payment:", "order:", "link:"

_PAYMENT = {
    "APPROVED": "authorized",
    "PENDING": "pending",
    "COMPLETED": "succeeded",
    "CANCELED": "cancelled",
    "FAILED": "failed",
}
_REFUND = {
    "PENDING": "pending",
    "COMPLETED": "succeeded",
    "REJECTED": "failed",
    "FAILED": "failed",
}
_DISPUTE = {
    "INQUIRY_EVIDENCE_REQUIRED": "inquiry",
    "INQUIRY_PROCESSING": "inquiry",
    "INQUIRY_CLOSED": "inquiry_closed",
    "EVIDENCE_REQUIRED": "needs_response",
    "PROCESSING": "under_review",
    "WON": "won",
    "LOST": "lost",
    "ACCEPTED": "lost",
}


def payment_state(payment: Mapping[str, Any]) -> PaymentState:
    """A Payment. What one payer sees as the card on file is only its last four."""
    status = _PAYMENT.get(str(payment["status"]), "pending")
    money = payment["amount_money"]
    details = payment.get("card_details") or {}
    errors = details.get("errors") or [{}]
    return PaymentState(
        ids=(f"{PAYMENT}{payment['id']}", *_named(ORDER, payment.get("order_id"))),
        reference=str(payment.get("reference_id") or "")[:64],
        status=status,
        amount=int(money["amount"]),
        currency=str(money["currency"]),
        captured=int(money["amount"]) if status == "succeeded" else 0,
        fee=_fee(payment, str(money["currency"])),
        failure=str(errors[0].get("code") or "")[:64] if status == "failed" else "",
    )


def _fee(payment: Mapping[str, Any], currency: str) -> int:
    """What Square keeps: the first fee and what was adjusted since; told after the payment."""
    told = [each.get("amount_money") or {} for each in payment.get("processing_fee") or []]
    return max(sum(int(m.get("amount") or 0) for m in told if m.get("currency") == currency), 0)


def refund_state(refund: Mapping[str, Any]) -> RefundState:
    """A Refund; our reference travels as its reason."""
    money = refund["amount_money"]
    return RefundState(
        provider_id=str(refund["id"]),
        reference=str(refund.get("reason") or "")[:64],
        payment_ids=_named(PAYMENT, refund.get("payment_id")),
        status=_REFUND.get(str(refund["status"]), "pending"),
        amount=int(money["amount"]),
        currency=str(money["currency"]),
    )


def dispute_state(dispute: Mapping[str, Any]) -> DisputeState:
    """A Dispute; older events call its id `dispute_id`."""
    money, due = dispute["amount_money"], dispute.get("due_at")
    return DisputeState(
        provider_id=str(dispute.get("id") or dispute["dispute_id"]),
        payment_ids=_named(PAYMENT, (dispute.get("disputed_payment") or {}).get("payment_id")),
        status=_DISPUTE.get(str(dispute["state"]), "needs_response"),
        amount=int(money["amount"]),
        currency=str(money["currency"]),
        reason=str(dispute.get("reason") or "")[:64],
        respond_by=moment_of(str(due)) if due else None,
    )


def card_facts(card: Mapping[str, Any]) -> CardFacts:
    """A Card on file."""
    month, year = card.get("exp_month"), card.get("exp_year")
    return CardFacts(
        token=str(card["id"]),
        customer=str(card.get("customer_id") or ""),
        brand=str(card.get("card_brand") or "").lower()[:20],
        last4=str(card.get("last_4") or "")[:4],
        expires=f"{int(year):04}-{int(month):02}" if month and year else "",
    )


def _method_state(card: Mapping[str, Any]) -> MethodState:
    return MethodState(
        reference=str(card.get("reference_id") or "")[:64],
        is_usable=card.get("enabled") is not False,
        card=card_facts(card),
    )


_READERS: dict[str, Callable[[Mapping[str, Any]], ObjectState]] = {
    "payment": payment_state,
    "refund": refund_state,
    "dispute": dispute_state,
    "card": _method_state,
}


def notice_of(event: Mapping[str, Any]) -> Notice:
    """An event. The object inside is what counts: `data.id` may name another one."""
    try:
        inside = (event.get("data") or {}).get("object") or {}
        kind = next((name for name in _READERS if isinstance(inside.get(name), dict)), "")
        return Notice(
            event_id=str(event["event_id"]),
            kind=str(event["type"]),
            occurred_at=moment_of(str(event["created_at"])),
            is_live=None,
            state=_READERS[kind](inside[kind]) if kind else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAuthentic("not an event of this provider") from None


def _named(what: str, name: Any) -> tuple[str, ...]:
    return (f"{what}{name}",) if name else ()
