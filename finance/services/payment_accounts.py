"""Operators' accounts with payment providers: kept, closed, and the way to ask them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from finance.exceptions import (
    AccountUnusable,
    NoPaymentAccount,
    NotOffered,
    ProviderRefused,
    ProviderSilent,
)
from finance.gateways.base import (
    Credentials,
    GatewayError,
    GatewayRefused,
    OutcomeUnknown,
    PaymentGateway,
)
from finance.gateways.paypal import PayPalGateway
from finance.gateways.square import SquareGateway
from finance.gateways.stripe import StripeGateway
from finance.metrics import CALLS
from finance.models import PaymentAccount, ProviderName

GATEWAYS: Mapping[str, Callable[[Credentials], PaymentGateway]] = {
    ProviderName.STRIPE: StripeGateway,
    ProviderName.SQUARE: SquareGateway,
    ProviderName.PAYPAL: PayPalGateway,
}
# One gateway per account and version: connections and tokens are used again.
_OPEN: dict[tuple[int, int, str], PaymentGateway] = {}


@transaction.atomic
def open_payment_account(*, actor: Any, at: datetime, **values: Any) -> PaymentAccount:
    """
    Keep an account with a provider, for the side this installation works with.

    Raises InvalidInput for a key of the other side, or one that lacks what its provider needs.
    """
    account = PaymentAccount(is_live=settings.PAYMENTS_LIVE, **values)
    _check(account)
    account.save()
    record("paymentaccount.opened", account, actor=actor, at=at, provider=account.provider)
    return account


@transaction.atomic
def change_payment_account(
    account: PaymentAccount, *, changes: Mapping[str, Any], actor: Any, at: datetime
) -> PaymentAccount:
    """Give an account other secrets, another name, or close it. Raises InvalidInput."""
    account = locked(account)
    for name, value in changes.items():
        setattr(account, name, value)
    _check(account)
    account.save()
    record("paymentaccount.changed", account, actor=actor, at=at, fields=sorted(changes))
    return account


def account_for(provider: str, *, scope: str = "") -> PaymentAccount:
    """The account that takes payments: the operator's, else the company's. NoPaymentAccount."""
    usable = PaymentAccount.objects.usable().filter(provider=provider)
    found = usable.filter(scope=scope).order_by("pk").first()
    if found is None and scope:
        found = usable.filter(scope="").order_by("pk").first()
    if found is None:
        raise NoPaymentAccount(provider=ProviderName(provider).label)
    return found


def credentials_of(account: PaymentAccount) -> Credentials:
    """What an account is asked with."""
    return Credentials(
        provider=account.provider,  # type: ignore[arg-type]
        mode="live" if account.is_live else "test",
        base_url=settings.PAYMENT_API_URLS[account.provider],
        key=account.key,
        client_id=account.client_id,
        webhook_secret=account.webhook_secret,
        webhook_id=account.webhook_id,
        notification_url=account.notification_url,
        location=account.location,
        timeout_s=settings.PAYMENT_TIMEOUT_S,
    )


def is_usable(account: PaymentAccount | None) -> bool:
    """Whether an account may be asked: in use, and of the side this installation works with."""
    return account is not None and account.is_active and account.is_live == settings.PAYMENTS_LIVE


def require_usable(account: PaymentAccount | None) -> PaymentAccount:
    """The account, if it may be asked. Raises AccountUnusable, also for the other side's."""
    if account is None or not is_usable(account):
        raise AccountUnusable(account=account or "none")
    return account


def gateway_of(account: PaymentAccount | None) -> PaymentGateway:
    """The way to an account's provider. Raises AccountUnusable, also for the other side's."""
    account = require_usable(account)
    credentials = credentials_of(account)
    place = (account.pk, account.version, credentials.base_url)
    if place not in _OPEN:
        for old in [each for each in _OPEN if each[0] == account.pk]:
            _OPEN.pop(old, None)
        _OPEN[place] = GATEWAYS[account.provider](credentials)
    return _OPEN[place]


@contextmanager
def asking(account: PaymentAccount, call: str) -> Iterator[PaymentGateway]:
    """
    Ask a provider, counted and timed. Never inside a transaction: nothing here may hold a row
    while a provider thinks. Raises RuntimeError where one is open.
    """
    outside_transactions()
    started, outcome = perf_counter(), "answered"
    try:
        yield gateway_of(account)
    except GatewayRefused:
        outcome = "refused"
        raise
    except GatewayError:
        outcome = "unknown"
        raise
    finally:
        CALLS.labels(account.provider, call, outcome).observe(perf_counter() - started)


def outside_transactions() -> None:
    """Raise RuntimeError inside a transaction (the one that a test lives in aside)."""
    with transaction.atomic(durable=True, savepoint=False):
        pass


@contextmanager
def refusals_of(account: PaymentAccount) -> Iterator[None]:
    """What a provider refuses or leaves open, as a refusal of ours."""
    provider = ProviderName(account.provider).label
    try:
        yield
    except GatewayRefused as refusal:
        reason = refusal.message or refusal.code
        if refusal.code == "not_offered":
            raise NotOffered(provider=provider, reason=reason) from None
        raise ProviderRefused(provider=provider, reason=reason) from None
    except OutcomeUnknown:
        raise ProviderSilent(provider=provider) from None


def _check(account: PaymentAccount) -> None:
    if not account.webhook_secret and account.provider != ProviderName.PAYPAL:
        raise InvalidInput("/webhook_secret", "Notifications cannot be checked without it.")
    if account.provider == ProviderName.PAYPAL and not account.webhook_id:
        raise InvalidInput("/webhook_id", "Notifications cannot be checked without it.")
    if account.provider == ProviderName.SQUARE and not account.notification_url:
        raise InvalidInput("/notification_url", "Square signs the address with the body.")
    try:
        GATEWAYS[account.provider](credentials_of(account)).check_account()
    except GatewayRefused as refusal:
        raise InvalidInput("/key", refusal.message or refusal.code) from None
