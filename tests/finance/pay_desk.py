"""A provider's stand-in, an account with it, and an invoice to pay."""

import json
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from finance.gateways.base import CardFacts
from finance.models import MethodSaving, PaymentAccount, ProviderEvent
from finance.pay_tokens import token_of
from finance.services.inbox import receive
from finance.services.outcomes import keep_method
from finance.services.payment_accounts import open_payment_account
from finance.services.payment_links import link_to_pay
from tests.finance.billing import issued
from tests.finance.providers.accounts import SECRETS, STAND_INS
from tests.finance.providers.server import Subscription

TOKENS = {"stripe": "pm_card_visa", "square": "ccof:card-on-file"}


class PayDesk:
    """One provider, one account with it, and what customers and their banks do."""

    def __init__(self, provider: str, stand_in: Any) -> None:
        self.provider, self.stand_in = provider, stand_in
        self.account: PaymentAccount = open_payment_account(
            code=f"{provider}-{uuid4().hex[:8]}",
            name="Main",
            provider=provider,
            actor=None,
            at=timezone.now(),
            **SECRETS[provider],
        )
        self.target = Subscription(
            url=self.account.notification_url or "https://windsock.example/",
            secret=self.account.webhook_secret,
            webhook_id=self.account.webhook_id,
        )

    def invoice(self, amount: str = "1000.00", customer: Any = None, **more: Any) -> Any:
        return issued(customer, amount, at=timezone.now(), **more)

    def method(self, customer: Any, token: str = "") -> Any:
        """A card that a customer left with the provider."""
        saving = MethodSaving.objects.create(
            customer=customer, account=self.account, reference=uuid4().hex
        )
        card = CardFacts(token=token or TOKENS[self.provider], brand="visa", last4="4242")
        return keep_method(saving, card, actor=None, at=timezone.now())

    def link(self, invoice: Any) -> Any:
        return link_to_pay(invoice, actor=None, at=timezone.now())

    def address(self, invoice: Any, end: str = "") -> str:
        return f"/api/finance/pay/{token_of(self.link(invoice).salt)}/{end}"

    def hear(self, event: dict[str, Any], **more: Any) -> ProviderEvent:
        """Take in one event of the provider, signed as the provider signs."""
        body = json.dumps(event).encode()
        headers = {**self.stand_in.sign(body, self.target), **more.pop("headers", {})}
        return receive(self.provider, body, headers, at=more.pop("at", timezone.now()))

    def hear_all(self, events: Any = None) -> list[ProviderEvent]:
        return [self.hear(event) for event in (events or list(self.stand_in.kept.events))]

    def page_name(self, intent: Any) -> str:
        """What the stand-in calls the page that an attempt is paid on."""
        return str(intent.checkout_url.rpartition("/")[2])


@contextmanager
def pay_desk(provider: str) -> Any:
    """The desk while the stand-in runs, with the settings that point to it."""
    with STAND_INS[provider]() as stand_in:
        urls = {**settings.PAYMENT_API_URLS, provider: stand_in.url}
        # The SDKs wait between their attempts; how often they try is tested where it matters.
        with (
            override_settings(PAYMENT_API_URLS=urls, PAYMENT_TIMEOUT_S=5.0),
            patch("finance.gateways.stripe.RETRIES", 0),
            patch("finance.gateways.square.RETRIES", 0),
        ):
            yield PayDesk(provider, stand_in)


def money(amount: str) -> Decimal:
    return Decimal(amount)
