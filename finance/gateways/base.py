"""
What every payment provider is asked and what it answers, in the words of this house.

Amounts are integers of the smallest unit (cents; yen for JPY), currencies ISO 4217 in capitals.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

logger = logging.getLogger(__name__)
Provider = Literal["stripe", "square", "paypal"]
Mode = Literal["test", "live"]

# A signature speaks of its own time; further away it is a replay or a clock that is wrong.
TOLERANCE = timedelta(seconds=300)


class GatewayError(Exception):
    """A provider was asked and there is no answer to go by. Never quotes what was sent."""


class OutcomeUnknown(GatewayError):
    """Nobody can say whether it happened: a timeout, a broken connection, a 5xx, a busy key."""


class GatewayRefused(GatewayError):
    """
    The provider said no, and nothing happened. `code` is the provider's; `is_final` is False
    where the same request may pass later (a rate limit).
    """

    def __init__(self, code: str, message: str = "") -> None:
        self.code, self.message = code[:64], message[:200]
        super().__init__(self.code)


class NotAuthentic(GatewayError):
    """A notification is not from the provider, is too old, or is from tomorrow."""


@dataclass(frozen=True)
class Credentials:
    """
    An operator's account with a provider. Shows none of its secrets when printed.

    `notification_url` is the public address that the provider signs (Square); `webhook_id` names
    the subscription (PayPal); `location` is Square's place of business.
    """

    provider: Provider
    mode: Mode
    base_url: str
    key: str = field(repr=False)
    client_id: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    webhook_id: str = ""
    notification_url: str = ""
    location: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What may be kept of a means of payment: a token and what a person knows it by."""

    token: str
    customer: str = ""
    brand: str = ""
    last4: str = ""
    expires: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentState:
    """
    What a provider says of one payment.

    `ids` are all names the provider has for it (order, session, charge, capture); `reference` is
    ours. `amount` is what was asked for, `captured` what was taken, `fee` what the provider keeps
    of that in all, in the same currency; 0 while it has not said.
    """

    ids: tuple[str, ...]
    reference: str
    status: str
    amount: int
    currency: str
    captured: int = 0
    fee: int = 0
    failure: str = ""
    method: CardFacts | None = None


@dataclass(frozen=True, kw_only=True)
class RefundState:
    """What a provider says of one refund; `payment_ids` name the payment it belongs to."""

    provider_id: str
    reference: str
    payment_ids: tuple[str, ...]
    status: str
    amount: int
    currency: str
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class DisputeState:
    """What a provider says of one dispute (chargeback) over a payment."""

    provider_id: str
    payment_ids: tuple[str, ...]
    status: str
    amount: int
    currency: str
    reason: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MethodState:
    """A means of payment that was saved with, or removed from, the provider."""

    reference: str
    is_usable: bool
    card: CardFacts


ObjectState = PaymentState | RefundState | DisputeState | MethodState


@dataclass(frozen=True, kw_only=True)
class Notice:
    """
    One event of a provider, reduced to what matters here: no names, no addresses, no cards.

    `state` is None for events about something else. `is_live` is None where the provider's events
    do not say.
    """

    event_id: str
    kind: str
    occurred_at: datetime
    is_live: bool | None
    state: ObjectState | None


def readable(
    events: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Notice]
) -> Iterator[Notice]:
    """The events of a list that can be read: one that cannot does not keep the others away."""
    for event in events:
        try:
            yield read(event)
        except NotAuthentic:
            logger.warning("An event in a provider's list cannot be read")


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Money to take now from a token. `reference` is also the idempotency key."""

    reference: str
    amount: int
    currency: str
    token: str
    customer: str = ""
    description: str = ""
    is_captured: bool = True


@dataclass(frozen=True, kw_only=True)
class CheckoutOrder:
    """Money to be asked for on a page of the provider."""

    reference: str
    amount: int
    currency: str
    description: str
    return_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A page of the provider where somebody pays."""

    ids: tuple[str, ...]
    url: str


@dataclass(frozen=True, kw_only=True)
class PaymentName:
    """How a payment is found again: by the provider's names for it, else by ours."""

    reference: str
    ids: tuple[str, ...]
    amount: int
    currency: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class RefundOrder:
    """Money to give back. `reference` is also the idempotency key."""

    reference: str
    payment: PaymentName
    amount: int
    currency: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Saving:
    """The begin of saving a card: what the provider's own form is opened with."""

    provider_id: str
    customer: str
    client_secret: str


class PaymentGateway(Protocol):
    """
    One operator's account with one provider.

    Whatever moves money takes our reference as the provider's idempotency key: asked twice, it
    happens once. Every method raises OutcomeUnknown or GatewayRefused.
    """

    credentials: Credentials

    def charge(self, order: Charge) -> PaymentState:
        """Take money from a token."""

    def open_checkout(self, order: CheckoutOrder) -> Checkout:
        """Have the provider show a page to pay on."""

    def capture(self, payment: PaymentName, amount: int) -> PaymentState:
        """Take what was only authorized, or what the payer approved."""

    def cancel(self, payment: PaymentName) -> PaymentState:
        """Give up a payment that has taken no money."""

    def refund(self, order: RefundOrder) -> RefundState:
        """Give money back."""

    def find_payment(self, payment: PaymentName) -> PaymentState | None:
        """What became of a payment; None when the provider never heard of it."""

    def find_refund(self, order: RefundOrder) -> RefundState | None:
        """What became of a refund; None when the provider never heard of it."""

    def begin_saving(self, reference: str, customer: str) -> Saving:
        """Begin to save a card in the provider's own form."""

    def save_token(self, reference: str, token: str, customer: str) -> CardFacts:
        """Keep a card that the provider's own form gave a one-time token for."""

    def forget(self, card: CardFacts) -> None:
        """Make a saved card unusable."""

    def check_account(self) -> None:
        """Refuse credentials of the other mode; raises GatewayRefused."""

    def verify(self, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Raise NotAuthentic unless the provider sent these very bytes now."""

    def notice(self, body: bytes) -> Notice:
        """Read a verified notification. Raises NotAuthentic for what is none."""

    def list_notices(self, since: datetime, until: datetime) -> Iterator[Notice]:
        """Every event of a period, for what no notification came for."""
