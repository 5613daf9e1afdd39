"""Stripe through its own SDK, namespace v1 (the older attributes of the client are going)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import stripe

from finance.gateways import stripe_shapes as shapes
from finance.gateways.base import (
    CardFacts,
    Charge,
    Checkout,
    CheckoutOrder,
    Credentials,
    GatewayError,
    GatewayRefused,
    Notice,
    OutcomeUnknown,
    PaymentName,
    PaymentState,
    RefundOrder,
    RefundState,
    Saving,
    readable,
)
from finance.gateways.signatures import check_stripe, header_of, parsed

# A plain client makes one attempt; with this it repeats 409, 5xx and broken connections, each
# time with the same key.
RETRIES = 1
CONNECT_S = 3.0
# How far apart the two clocks may be, when a payment is looked for by the time it was made.
SLACK = timedelta(minutes=10)
# What Stripe keeps is told nowhere else, and known a while after the charge.
FEE = "latest_charge.balance_transaction"
_MODES = {"test": ("sk_test_", "rk_test_"), "live": ("sk_live_", "rk_live_")}

# Figures of how fast this machine is are nobody's business.
stripe.enable_telemetry = False


class StripeGateway:
    """One account with Stripe."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._v1 = stripe.StripeClient(
            credentials.key or "none",
            base_addresses={"api": credentials.base_url},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_S, credentials.timeout_s)),
        ).v1

    def check_account(self) -> None:
        """Refuse a key that is of the other mode, by its prefix."""
        if not self.credentials.key.startswith(_MODES[self.credentials.mode]):
            raise GatewayRefused("wrong_mode", "The key is not of this mode.")

    def charge(self, order: Charge) -> PaymentState:
        """Create and confirm a PaymentIntent off session; a decline is a state, not an error."""
        params: Any = {
            "amount": order.amount,
            "currency": order.currency.lower(),
            "payment_method": order.token,
            "confirm": True,
            "off_session": True,
            "capture_method": "automatic" if order.is_captured else "manual",
            "description": order.description,
            "metadata": {shapes.REFERENCE: order.reference},
            "expand": ["payment_method"],
        }
        if order.customer:
            params["customer"] = order.customer
        try:
            found = self._v1.payment_intents.create(params, _key(order.reference))
        except stripe.CardError as error:
            return _declined(order, error)
        except stripe.StripeError as error:
            raise _translated(error) from None
        return shapes.payment_state(found.to_dict())

    def open_checkout(self, order: CheckoutOrder) -> Checkout:
        """Create a Checkout Session; its payment carries our reference too."""
        metadata = {shapes.REFERENCE: order.reference}
        session = _ask(
            self._v1.checkout.sessions.create,
            {
                "mode": "payment",
                "client_reference_id": order.reference,
                "success_url": order.return_url,
                "cancel_url": order.cancel_url,
                "expires_at": int(order.expires_at.timestamp()),
                "line_items": [_line(order)],
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata, "description": order.description},
            },
            _key(order.reference),
        )
        state = shapes.session_state(session)
        return Checkout(ids=state.ids, url=str(session["url"]))

    def capture(self, payment: PaymentName, amount: int) -> PaymentState:
        """Capture what was authorized."""
        found = _ask(
            self._v1.payment_intents.capture,
            _intent_id(payment),
            {"amount_to_capture": amount},
            _key(f"{payment.reference}:capture"),
        )
        return shapes.payment_state(found)

    def cancel(self, payment: PaymentName) -> PaymentState:
        """Expire the page (Stripe cancels no PaymentIntent of one), or cancel a card's."""
        if session := _named(payment.ids, "cs_"):
            return shapes.session_state(_ask(self._v1.checkout.sessions.expire, session, {}, {}))
        known = self.find_payment(payment)
        if known is None:
            raise GatewayRefused("resource_missing")
        if any(name.startswith("pi_") for name in known.ids):
            found = _ask(
                self._v1.payment_intents.cancel,
                _named(known.ids, "pi_"),
                {},
                _key(f"{payment.reference}:cancel"),
            )
            return shapes.payment_state(found)
        session = _named(known.ids, "cs_")
        return shapes.session_state(_ask(self._v1.checkout.sessions.expire, session, {}, {}))

    def refund(self, order: RefundOrder) -> RefundState:
        """Refund all or a part of a PaymentIntent."""
        params = {
            "payment_intent": _intent_id(order.payment),
            "amount": order.amount,
            "metadata": {shapes.REFERENCE: order.reference},
        }
        return shapes.refund_state(_ask(self._v1.refunds.create, params, _key(order.reference)))

    def find_payment(self, payment: PaymentName) -> PaymentState | None:
        """By id; else among those made since, by our reference (their search lags behind)."""
        if intent := _named(payment.ids, "pi_"):
            expand = {"expand": ["payment_method", FEE]}
            return shapes.payment_state(_ask(self._v1.payment_intents.retrieve, intent, expand))
        if session := _named(payment.ids, "cs_"):
            expand = {"expand": ["payment_intent", f"payment_intent.{FEE}"]}
            return shapes.session_state(_ask(self._v1.checkout.sessions.retrieve, session, expand))
        since = {"created": {"gte": _earlier(payment.since)}, "limit": 100}
        for read, listed in (
            (shapes.payment_state, self._v1.payment_intents.list),
            (shapes.session_state, self._v1.checkout.sessions.list),
        ):
            for found in _all(listed, since):
                state = read(found)
                if state.reference == payment.reference:
                    return state
        return None

    def find_refund(self, order: RefundOrder) -> RefundState | None:
        """Among the refunds of the payment, by our reference."""
        intent = _intent_id(order.payment)
        for found in _all(self._v1.refunds.list, {"payment_intent": intent, "limit": 100}):
            state = shapes.refund_state(found)
            if state.reference == order.reference:
                return state
        return None

    def begin_saving(self, reference: str, customer: str) -> Saving:
        """Create the customer where there is none, and a SetupIntent for use off session."""
        metadata = {shapes.REFERENCE: reference}
        if not customer:
            made = _ask(
                self._v1.customers.create, {"metadata": metadata}, _key(f"{reference}:customer")
            )
            customer = str(made["id"])
        intent = _ask(
            self._v1.setup_intents.create,
            {
                "customer": customer,
                "usage": "off_session",
                "metadata": metadata,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            },
            _key(reference),
        )
        return Saving(
            provider_id=str(intent["id"]),
            customer=customer,
            client_secret=str(intent["client_secret"]),
        )

    def save_token(self, reference: str, token: str, customer: str) -> CardFacts:
        """Attach a PaymentMethod of Stripe's own form to the customer."""
        found = _ask(
            self._v1.payment_methods.attach, token, {"customer": customer}, _key(reference)
        )
        return shapes.card_facts(found, customer)

    def forget(self, card: CardFacts) -> None:
        """Detach the PaymentMethod; it can never be attached again."""
        _ask(self._v1.payment_methods.detach, card.token, {}, {})

    def verify(self, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Check Stripe-Signature."""
        check_stripe(
            body,
            header_of(headers, "Stripe-Signature", most=4000),
            self.credentials.webhook_secret,
            at,
        )

    def notice(self, body: bytes) -> Notice:
        """Read a verified event."""
        return shapes.notice_of(parsed(body))

    def list_notices(self, since: datetime, until: datetime) -> Iterator[Notice]:
        """Events of a period; Stripe keeps them for thirty days."""
        period = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        events = _all(self._v1.events.list, {"created": period, "limit": 100})
        yield from readable(events, shapes.notice_of)


def _key(reference: str) -> Any:
    return {"idempotency_key": reference}


def _ask(call: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    try:
        return dict(call(*arguments).to_dict())
    except stripe.StripeError as error:
        raise _translated(error) from None


def _all(call: Callable[..., Any], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        for found in call(params).auto_paging_iter():
            yield found.to_dict()
    except stripe.StripeError as error:
        raise _translated(error) from None


def _translated(error: stripe.StripeError) -> GatewayError:
    """Only what Stripe answered with a 4xx is known not to have happened."""
    status = error.http_status or 0
    is_known = 400 <= status < 500 and status not in (409, 429)
    # A key that was used for something else was used: what for has to be looked up.
    if not is_known or isinstance(error, stripe.IdempotencyError):
        return OutcomeUnknown(type(error).__name__)
    return GatewayRefused(str(error.code or type(error).__name__), str(error.user_message or ""))


def _declined(order: Charge, error: stripe.CardError) -> PaymentState:
    body = (error.json_body or {}).get("error", {}) if isinstance(error.json_body, dict) else {}
    intent = body.get("payment_intent")
    code = str(body.get("decline_code") or error.code or "card_error")
    if isinstance(intent, dict):
        return replace(shapes.payment_state(intent), status="failed", failure=code[:64])
    return PaymentState(
        ids=(),
        reference=order.reference,
        status="failed",
        amount=order.amount,
        currency=order.currency,
        failure=code[:64],
    )


def _line(order: CheckoutOrder) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": order.currency.lower(),
            "unit_amount": order.amount,
            "product_data": {"name": order.description},
        },
    }


def _named(ids: tuple[str, ...], prefix: str) -> str:
    return next((name for name in ids if name.startswith(prefix)), "")


def _intent_id(payment: PaymentName) -> str:
    intent = _named(payment.ids, "pi_")
    if not intent:
        raise GatewayRefused("no_payment_intent", "Nothing was paid yet.")
    return intent


def _earlier(moment: datetime) -> int:
    return int((moment - SLACK).timestamp())
