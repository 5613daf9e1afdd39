"""PayPal: orders of API v2 over the SDK's transport, so that another SDK can take its place."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from finance.gateways import paypal_shapes as shapes
from finance.gateways.amounts import as_decimal_text
from finance.gateways.base import (
    CardFacts,
    Charge,
    Checkout,
    CheckoutOrder,
    Credentials,
    GatewayRefused,
    NotAuthentic,
    Notice,
    PaymentName,
    PaymentState,
    RefundOrder,
    RefundState,
    Saving,
    readable,
)
from finance.gateways.paypal_api import PayPalApi
from finance.gateways.signatures import check_time, header_of, moment_of, parsed

# The body says which fields PayPal wants; the names are its headers'.
_SIGNED = {
    "auth_algo": "PAYPAL-AUTH-ALGO",
    "cert_url": "PAYPAL-CERT-URL",
    "transmission_id": "PAYPAL-TRANSMISSION-ID",
    "transmission_sig": "PAYPAL-TRANSMISSION-SIG",
    "transmission_time": "PAYPAL-TRANSMISSION-TIME",
}
# Already done by a request whose answer was lost: what became of it is read instead.
_DONE_BEFORE = frozenset({"ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"})
PAGE = 100


class PayPalGateway:
    """
    One account with PayPal. Payers pay on its page.

    PayPal documents a vault for accounts and cards (Payment Method Tokens, v3); it is not used
    here, so that nothing of it can be charged later without the payer.
    """

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._api = PayPalApi(
            mode="live" if credentials.mode == "live" else "sandbox",
            endpoint=credentials.base_url,
            token_endpoint=credentials.base_url,
            client_id=credentials.client_id,
            client_secret=credentials.key,
            timeout_s=credentials.timeout_s,
        )

    def check_account(self) -> None:
        """Their keys do not say their mode: each mode has a host of its own, which refuses both."""
        if not self.credentials.key or not self.credentials.client_id:
            raise GatewayRefused("incomplete", "The client id or its secret is missing.")

    def charge(self, order: Charge) -> PaymentState:
        """PayPal takes money through its page only."""
        raise GatewayRefused("not_offered", "PayPal is paid on its own page.")

    def open_checkout(self, order: CheckoutOrder) -> Checkout:
        """Create an order; the payer approves it at the link named `payer-action`."""
        currency = order.currency
        value = as_decimal_text(order.amount, currency)
        found = self._post(
            "v2/checkout/orders",
            {
                "intent": "CAPTURE",
                "purchase_units": [
                    {
                        "custom_id": order.reference,
                        "invoice_id": order.reference,
                        "description": order.description[:127],
                        "amount": {"currency_code": currency, "value": value},
                    }
                ],
                "payment_source": {
                    "paypal": {
                        "experience_context": {
                            "return_url": order.return_url,
                            "cancel_url": order.cancel_url,
                            "user_action": "PAY_NOW",
                            "shipping_preference": "NO_SHIPPING",
                        }
                    }
                },
            },
            order.reference,
        )
        links = {each["rel"]: each["href"] for each in found.get("links") or []}
        url = str(links.get("payer-action") or links.get("approve") or "")
        if urlsplit(url).scheme not in ("https", urlsplit(self.credentials.base_url).scheme):
            raise GatewayRefused("no_page", "PayPal named no page to pay on.")
        return Checkout(ids=(f"{shapes.ORDER}{found['id']}",), url=url)

    def capture(self, payment: PaymentName, amount: int) -> PaymentState:
        """Take what the payer approved; an order is taken whole."""
        if amount != payment.amount:
            raise GatewayRefused("partial_capture", "PayPal captures the whole order.")
        name = _one(payment.ids, shapes.ORDER)
        try:
            found = self._post(
                f"v2/checkout/orders/{name}/capture", {}, f"{payment.reference}:capture"
            )
        except GatewayRefused as refusal:
            if refusal.code not in _DONE_BEFORE:
                raise
            found = self._get(f"v2/checkout/orders/{name}")
        return shapes.order_state(found)

    def cancel(self, payment: PaymentName) -> PaymentState:
        """An order that nobody captures ends by itself; here it is only no longer waited for."""
        known = self.find_payment(payment)
        if known is not None and known.status in ("authorized", "succeeded"):
            raise GatewayRefused("already_approved", "The payer has approved it.")
        return PaymentState(
            ids=payment.ids,
            reference=payment.reference,
            status="cancelled",
            amount=payment.amount,
            currency=payment.currency,
        )

    def refund(self, order: RefundOrder) -> RefundState:
        """Refund all or a part of a capture."""
        name = _one(order.payment.ids, shapes.CAPTURE)
        value = as_decimal_text(order.amount, order.currency)
        found = self._post(
            f"v2/payments/captures/{name}/refund",
            {
                "amount": {"currency_code": order.currency, "value": value},
                "custom_id": order.reference,
            },
            order.reference,
        )
        return shapes.refund_state(found)

    def find_payment(self, payment: PaymentName) -> PaymentState | None:
        """By its order; PayPal finds none by our reference, but repeats an answer for its key."""
        if not any(name.startswith(shapes.ORDER) for name in payment.ids):
            return None
        name = _one(payment.ids, shapes.ORDER)
        return shapes.order_state(self._get(f"v2/checkout/orders/{name}"))

    def find_refund(self, order: RefundOrder) -> RefundState | None:
        """Among the refunds of the order, by our reference."""
        found = self._get(f"v2/checkout/orders/{_one(order.payment.ids, shapes.ORDER)}")
        for unit in found.get("purchase_units") or []:
            for each in (unit.get("payments") or {}).get("refunds") or []:
                state = shapes.refund_state(each)
                if state.reference == order.reference:
                    return state
        return None

    def begin_saving(self, reference: str, customer: str) -> Saving:
        """Not offered: PayPal's vault is not used here."""
        raise GatewayRefused("not_offered", "PayPal accounts are not saved here.")

    def save_token(self, reference: str, token: str, customer: str) -> CardFacts:
        """Not offered."""
        raise GatewayRefused("not_offered", "PayPal accounts are not saved here.")

    def forget(self, card: CardFacts) -> None:
        """Not offered."""
        raise GatewayRefused("not_offered", "PayPal accounts are not saved here.")

    def verify(self, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """
        Ask PayPal whether it sent this.

        The SDK's own check fetches a certificate from an address in a header and needs a function
        that pyOpenSSL no longer has. The event goes back as the bytes that came: rewritten JSON
        has another checksum.
        """
        signed = {field: header_of(headers, name) for field, name in _SIGNED.items()}
        check_time(int(moment_of(signed["transmission_time"]).timestamp()), at)
        parsed(body)
        if not self.credentials.webhook_id:
            raise NotAuthentic("no webhook id is kept for this account")
        head = json.dumps({**signed, "webhook_id": self.credentials.webhook_id})
        asked = head[:-1].encode() + b', "webhook_event": ' + body + b"}"
        try:
            found = self._api.post_bytes("v1/notifications/verify-webhook-signature", asked)
        except GatewayRefused:
            raise NotAuthentic("PayPal cannot read it") from None
        if not isinstance(found, dict) or found.get("verification_status") != "SUCCESS":
            raise NotAuthentic("the signature does not fit")

    def notice(self, body: bytes) -> Notice:
        """Read a verified event."""
        return shapes.notice_of(parsed(body))

    def list_notices(self, since: datetime, until: datetime) -> Iterator[Notice]:
        """Events of a period, day by day; PayPal keeps them for thirty days."""
        start = since
        while start < until:
            end = min(start + timedelta(days=1), until)
            query = {"page_size": PAGE, "start_time": _time(start), "end_time": _time(end)}
            path = f"v1/notifications/webhooks-events?{urlencode(query)}"
            while path:
                page = self._get(path)
                yield from readable(page.get("events") or [], shapes.notice_of)
                links = {each["rel"]: each["href"] for each in page.get("links") or []}
                path = _below(str(links.get("next") or ""))
            start = end

    def _post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        headers = {"PayPal-Request-Id": key, "Prefer": "return=representation"}
        return dict(self._api.post(path, body, headers=headers))

    def _get(self, path: str) -> dict[str, Any]:
        return dict(self._api.get(path))


def _below(address: str) -> str:
    """The path and query of an address: its host is never followed."""
    parts = urlsplit(address)
    return f"{parts.path.lstrip('/')}?{parts.query}" if parts.query else parts.path.lstrip("/")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one(ids: tuple[str, ...], what: str) -> str:
    name = next((each for each in ids if each.startswith(what)), "")
    if not name:
        raise GatewayRefused("nothing_paid", "Nothing was paid yet.")
    return name.removeprefix(what)
