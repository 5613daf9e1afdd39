"""Square through its own SDK, namespace of 2025 (payments, links, refunds, cards, events)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
from square import Square
from square.core.api_error import ApiError

from finance.gateways import square_shapes as shapes
from finance.gateways.base import (
    CardFacts,
    Charge,
    Checkout,
    CheckoutOrder,
    Credentials,
    GatewayError,
    GatewayRefused,
    NotAuthentic,
    Notice,
    OutcomeUnknown,
    PaymentName,
    PaymentState,
    RefundOrder,
    RefundState,
    Saving,
    readable,
)
from finance.gateways.signatures import check_square, header_of, parsed

VERSION = "2026-09-16"
# Repeated on 408, 409, 429 and 5xx with the same key; without this the SDK does it twice.
RETRIES = 1
SLACK = timedelta(minutes=10)
SIGNATURE = "x-square-hmacsha256-signature"


class SquareGateway:
    """One account with Square. Keys are at most 45 characters there; our references have 32."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._client = Square(
            # Never None: the SDK would take a token from the environment at import.
            token=credentials.key or "none",
            base_url=credentials.base_url,
            timeout=credentials.timeout_s,
            follow_redirects=False,
            version=VERSION,
        )
        self._options: Any = {"max_retries": RETRIES}

    def check_account(self) -> None:
        """Their keys do not say their mode: each mode has a host of its own, which refuses both."""
        if not self.credentials.key or not self.credentials.location:
            raise GatewayRefused("incomplete", "The key or the location is missing.")

    def charge(self, order: Charge) -> PaymentState:
        """Create a payment from a token or a card on file."""
        more = {"customer_id": order.customer} if order.customer else {}
        try:
            answer = self._client.payments.create(
                source_id=order.token,
                idempotency_key=order.reference,
                amount_money={"amount": order.amount, "currency": order.currency},
                location_id=self.credentials.location,
                reference_id=order.reference,
                autocomplete=order.is_captured,
                note=order.description,
                request_options=self._options,
                **more,
            )
        except ApiError as error:
            return _declined(order, error)
        except httpx.HTTPError as error:
            raise OutcomeUnknown(type(error).__name__) from None
        return shapes.payment_state(_plain(answer)["payment"])

    def open_checkout(self, order: CheckoutOrder) -> Checkout:
        """Create a payment link over an order of one line."""
        money: Any = {"amount": order.amount, "currency": order.currency}
        link = self._ask(
            self._client.checkout.payment_links.create,
            idempotency_key=order.reference,
            order={
                "location_id": self.credentials.location,
                "reference_id": order.reference,
                "line_items": [
                    {"name": order.description, "quantity": "1", "base_price_money": money}
                ],
            },
            checkout_options={"redirect_url": order.return_url},
        )["payment_link"]
        ids = (f"{shapes.ORDER}{link['order_id']}", f"{shapes.LINK}{link['id']}")
        return Checkout(ids=ids, url=str(link["url"]))

    def capture(self, payment: PaymentName, amount: int) -> PaymentState:
        """Complete an approved payment; Square takes all of it."""
        if amount != payment.amount:
            raise GatewayRefused("partial_capture", "Square captures the whole amount.")
        name = _one(payment.ids, shapes.PAYMENT)
        return shapes.payment_state(self._ask(self._client.payments.complete, name)["payment"])

    def cancel(self, payment: PaymentName) -> PaymentState:
        """Take the link away, or cancel an approved payment."""
        if any(name.startswith(shapes.PAYMENT) for name in payment.ids):
            name = _one(payment.ids, shapes.PAYMENT)
            return shapes.payment_state(self._ask(self._client.payments.cancel, name)["payment"])
        self._ask(self._client.checkout.payment_links.delete, _one(payment.ids, shapes.LINK))
        return _standing(payment, "cancelled")

    def refund(self, order: RefundOrder) -> RefundState:
        """Refund all or a part of a payment."""
        answer = self._ask(
            self._client.refunds.refund_payment,
            idempotency_key=order.reference,
            amount_money={"amount": order.amount, "currency": order.currency},
            payment_id=_one(order.payment.ids, shapes.PAYMENT),
            reason=order.reference,
        )
        return shapes.refund_state(answer["refund"])

    def find_payment(self, payment: PaymentName) -> PaymentState | None:
        """By id, by the order of a link, else among those made since, by our reference."""
        if any(name.startswith(shapes.PAYMENT) for name in payment.ids):
            return self._payment(_one(payment.ids, shapes.PAYMENT))
        if any(name.startswith(shapes.ORDER) for name in payment.ids):
            return self._of_order(payment)
        since = (payment.since - SLACK).isoformat()
        for found in self._all(
            self._client.payments.list, begin_time=since, location_id=self.credentials.location
        ):
            state = shapes.payment_state(found)
            if state.reference == payment.reference:
                return state
        return None

    def find_refund(self, order: RefundOrder) -> RefundState | None:
        """Among the refunds made since, by our reference."""
        since = (order.since - SLACK).isoformat()
        for found in self._all(
            self._client.refunds.list, begin_time=since, location_id=self.credentials.location
        ):
            state = shapes.refund_state(found)
            if state.reference == order.reference:
                return state
        return None

    def begin_saving(self, reference: str, customer: str) -> Saving:
        """Square's form gives a token at once (`save_token`)."""
        raise GatewayRefused("not_offered", "Square saves a card from a token of its form.")

    def save_token(self, reference: str, token: str, customer: str) -> CardFacts:
        """Create the customer where there is none, and a card on file from a one-time token."""
        if not customer:
            made = self._ask(
                self._client.customers.create,
                idempotency_key=f"{reference}:c",
                reference_id=reference,
            )
            customer = str(made["customer"]["id"])
        answer = self._ask(
            self._client.cards.create,
            idempotency_key=reference,
            source_id=token,
            card={"customer_id": customer, "reference_id": reference},
        )
        return shapes.card_facts(answer["card"])

    def forget(self, card: CardFacts) -> None:
        """Disable a card on file."""
        self._ask(self._client.cards.disable, card.token)

    def verify(self, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Check the signature; it carries no time, so a replay is known by its event alone."""
        kept = self.credentials
        try:
            header = header_of(headers, SIGNATURE, most=100)
            check_square(body, header, kept.webhook_secret, kept.notification_url)
        except ValueError:
            raise NotAuthentic("no secret is kept for this account") from None

    def notice(self, body: bytes) -> Notice:
        """Read a verified event."""
        return shapes.notice_of(parsed(body))

    def list_notices(self, since: datetime, until: datetime) -> Iterator[Notice]:
        """Events of a period; Square keeps them for twenty-eight days."""
        cursor: str | None = None
        period = {"start_at": since.isoformat(), "end_at": until.isoformat()}
        while True:
            page = self._ask(
                self._client.events.search_events,
                query={"filter": {"created_at": period}},
                limit=100,
                **({"cursor": cursor} if cursor else {}),
            )
            yield from readable(page.get("events") or [], shapes.notice_of)
            cursor = page.get("cursor")
            if not cursor:
                return

    def _payment(self, name: str) -> PaymentState:
        return shapes.payment_state(self._ask(self._client.payments.get, name)["payment"])

    def _of_order(self, payment: PaymentName) -> PaymentState:
        order = self._ask(self._client.orders.get, _one(payment.ids, shapes.ORDER))["order"]
        for tender in order.get("tenders") or []:
            if tender.get("payment_id"):
                return self._payment(str(tender["payment_id"]))
        return _standing(payment, "cancelled" if order.get("state") == "CANCELED" else "pending")

    def _ask(self, call: Callable[..., Any], *arguments: Any, **given: Any) -> dict[str, Any]:
        try:
            return _plain(call(*arguments, request_options=self._options, **given))
        except ApiError as error:
            raise _translated(error) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknown(type(error).__name__) from None

    def _all(self, call: Callable[..., Any], **given: Any) -> Iterator[dict[str, Any]]:
        try:
            for found in call(request_options=self._options, **given):
                yield _plain(found)
        except ApiError as error:
            raise _translated(error) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknown(type(error).__name__) from None


def _plain(answer: Any) -> dict[str, Any]:
    return dict(answer.model_dump(mode="json", exclude_none=True))


def _standing(payment: PaymentName, status: str) -> PaymentState:
    """The state of a link on which nobody paid."""
    return PaymentState(
        ids=payment.ids,
        reference=payment.reference,
        status=status,
        amount=payment.amount,
        currency=payment.currency,
    )


def _one(ids: tuple[str, ...], what: str) -> str:
    name = next((each for each in ids if each.startswith(what)), "")
    if not name:
        raise GatewayRefused("nothing_paid", "Nothing was paid yet.")
    return name.removeprefix(what)


def _translated(error: ApiError) -> GatewayError:
    """Only what Square answered with a 4xx is known not to have happened."""
    status = error.status_code or 0
    first = error.errors[0] if error.errors else None
    code = str(getattr(first, "code", "") or "unknown")
    if not 400 <= status < 500 or status in (408, 409, 429) or code == "IDEMPOTENCY_KEY_REUSED":
        return OutcomeUnknown(f"{status} {code}")
    return GatewayRefused(code, str(getattr(first, "detail", "") or ""))


def _declined(order: Charge, error: ApiError) -> PaymentState:
    """A card that was declined is a state; anything else is an error."""
    translated = _translated(error)
    categories = {str(getattr(each, "category", "")) for each in error.errors}
    if not isinstance(translated, GatewayRefused) or "PAYMENT_METHOD_ERROR" not in categories:
        raise translated from None
    return PaymentState(
        ids=(),
        reference=order.reference,
        status="failed",
        amount=order.amount,
        currency=order.currency,
        failure=translated.code.lower(),
    )
