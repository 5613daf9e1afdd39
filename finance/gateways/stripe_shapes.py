"""Stripe's objects (API 2026-10-28) in the words of this house."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
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

# The key under which our reference travels in the metadata of their objects.
REFERENCE = "windsock_reference"

_PAYMENT = {
    "requires_payment_method": "pending",
    "requires_confirmation": "pending",
    "processing": "processing",
    "requires_action": "requires_action",
    "requires_capture": "authorized",
    "canceled": "cancelled",
    "succeeded": "succeeded",
}
_REFUND = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "canceled": "cancelled",
    "failed": "failed",
}
_DISPUTE = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "inquiry_closed",
    "needs_response": "needs_response",
    "under_review": "under_review",
    "won": "won",
    "lost": "lost",
    "prevented": "inquiry_closed",
}


def payment_state(intent: Mapping[str, Any]) -> PaymentState:
    """A PaymentIntent, `latest_charge` named or expanded."""
    status = _PAYMENT.get(str(intent["status"]), "pending")
    error = intent.get("last_payment_error") or {}
    if intent["status"] == "requires_payment_method" and error.get("code"):
        status = "failed"
    method = intent.get("payment_method")
    return PaymentState(
        ids=_ids(intent["id"], intent.get("latest_charge")),
        reference=_reference(intent),
        status=status,
        amount=int(intent["amount"]),
        currency=str(intent["currency"]).upper(),
        captured=int(intent.get("amount_received") or 0) if status == "succeeded" else 0,
        fee=_fee(intent),
        failure=str(error.get("decline_code") or error.get("code") or "")[:64],
        method=card_facts(method, intent.get("customer")) if isinstance(method, dict) else None,
    )


def session_state(session: Mapping[str, Any]) -> PaymentState:
    """A Checkout Session: the page, and through it the payment made on it."""
    intent = session.get("payment_intent")
    if isinstance(intent, dict):
        found = payment_state(intent)
        return replace(found, ids=(*found.ids, str(session["id"])))
    is_paid = session.get("payment_status") == "paid"
    status = "succeeded" if is_paid else "pending"
    if session.get("status") == "expired":
        status = "cancelled"
    amount = int(session.get("amount_total") or 0)
    return PaymentState(
        ids=_ids(session["id"], intent),
        reference=str(session.get("client_reference_id") or "") or _reference(session),
        status=status,
        amount=amount,
        currency=str(session.get("currency") or "").upper(),
        captured=amount if is_paid else 0,
    )


def refund_state(refund: Mapping[str, Any]) -> RefundState:
    """A Refund."""
    return RefundState(
        provider_id=str(refund["id"]),
        reference=_reference(refund),
        payment_ids=_ids(refund.get("payment_intent"), refund.get("charge")),
        status=_REFUND.get(str(refund.get("status")), "pending"),
        amount=int(refund["amount"]),
        currency=str(refund["currency"]).upper(),
        failure=str(refund.get("failure_reason") or "")[:64],
    )


def dispute_state(dispute: Mapping[str, Any]) -> DisputeState:
    """A Dispute; inquiries move no money."""
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeState(
        provider_id=str(dispute["id"]),
        payment_ids=_ids(dispute.get("payment_intent"), dispute.get("charge")),
        status=_DISPUTE.get(str(dispute["status"]), "needs_response"),
        amount=int(dispute["amount"]),
        currency=str(dispute["currency"]).upper(),
        reason=str(dispute.get("reason") or "")[:64],
        respond_by=datetime.fromtimestamp(int(due), UTC) if due else None,
    )


def card_facts(method: Mapping[str, Any], customer: Any = "") -> CardFacts:
    """A PaymentMethod: token, brand, last four, expiry as YYYY-MM."""
    card = method.get("card") or {}
    month, year = card.get("exp_month"), card.get("exp_year")
    return CardFacts(
        token=str(method["id"]),
        customer=str(method.get("customer") or customer or ""),
        brand=str(card.get("brand") or method.get("type") or "")[:20],
        last4=str(card.get("last4") or "")[:4],
        expires=f"{int(year):04}-{int(month):02}" if month and year else "",
    )


def _saved(intent: Mapping[str, Any]) -> MethodState | None:
    method = intent.get("payment_method")
    if intent.get("status") != "succeeded" or not method:
        return None
    facts = method if isinstance(method, dict) else {"id": method}
    card = card_facts(facts, intent.get("customer"))
    return MethodState(reference=_reference(intent), is_usable=True, card=card)


def _detached(method: Mapping[str, Any]) -> MethodState:
    return MethodState(reference="", is_usable=False, card=card_facts(method))


_READERS: dict[str, Callable[[Mapping[str, Any]], ObjectState | None]] = {
    "payment_intent": payment_state,
    "checkout.session": session_state,
    "refund": refund_state,
    "dispute": dispute_state,
    "setup_intent": _saved,
}


def notice_of(event: Mapping[str, Any]) -> Notice:
    """An Event. Raises NotAuthentic for what is none."""
    try:
        found = (event.get("data") or {}).get("object") or {}
        read = _READERS.get(str(found.get("object")))
        if event["type"] == "payment_method.detached":
            read = _detached
        return Notice(
            event_id=str(event["id"]),
            kind=str(event["type"]),
            occurred_at=datetime.fromtimestamp(int(event["created"]), UTC),
            is_live=bool(event.get("livemode")),
            state=read(found) if read else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise NotAuthentic("not an event of this provider") from None


def _fee(intent: Mapping[str, Any]) -> int:
    """
    What Stripe kept, by the balance transaction of the charge, where both were asked for.

    Nothing where the account is settled in another currency: it is kept in that one.
    """
    charge = intent.get("latest_charge")
    moved = charge.get("balance_transaction") if isinstance(charge, dict) else None
    if not isinstance(moved, dict) or moved.get("currency") != intent["currency"]:
        return 0
    return max(int(moved.get("fee") or 0), 0)


def _reference(found: Mapping[str, Any]) -> str:
    return str((found.get("metadata") or {}).get(REFERENCE) or "")[:64]


def _ids(*named: Any) -> tuple[str, ...]:
    names = (each.get("id") if isinstance(each, dict) else each for each in named)
    return tuple(str(name) for name in names if name)
