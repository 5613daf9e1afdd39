"""Cards that customers leave with a provider: begun, kept by their token, removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from common.audit import record
from common.lifecycle import locked
from contacts.models import Contact
from finance.exceptions import MethodNotUsable
from finance.gateways.base import CardFacts
from finance.models import MethodSaving, PaymentMethod
from finance.services.allocations import lock_party
from finance.services.outcomes import keep_method
from finance.services.payment_accounts import account_for, asking, refusals_of


@dataclass(frozen=True)
class SavingBegun:
    """What the provider's own form is opened with."""

    provider: str
    client_secret: str


def begin_saving(customer: Contact, *, provider: str, actor: Any, at: datetime) -> SavingBegun:
    """
    Begin to save a card in a provider's own form; its notification brings the card.

    Raises NotOffered, NoPaymentAccount, ProviderRefused, ProviderSilent.
    """
    saving = _record_saving(customer, provider=provider, actor=actor, at=at)
    with refusals_of(saving.account), asking(saving.account, "begin_saving") as gateway:
        begun = gateway.begin_saving(saving.reference, saving.provider_customer)
    with transaction.atomic():
        saving.provider_customer = begun.customer
        saving.save()
    return SavingBegun(provider=provider, client_secret=begun.client_secret)


def save_token(
    customer: Contact, *, provider: str, token: str, actor: Any, at: datetime
) -> PaymentMethod:
    """
    Keep a card that a provider's own form gave a one-time token for.

    Raises NotOffered, NoPaymentAccount, ProviderRefused, ProviderSilent.
    """
    saving = _record_saving(customer, provider=provider, actor=actor, at=at)
    with refusals_of(saving.account), asking(saving.account, "save_token") as gateway:
        card = gateway.save_token(saving.reference, token, saving.provider_customer)
    return keep_method(saving, card, actor=actor, at=at)


def remove_method(method: PaymentMethod, *, actor: Any, at: datetime) -> PaymentMethod:
    """
    Make a saved card unusable, with us first and then with the provider.

    Raises MethodNotUsable for one that was removed, ProviderRefused, ProviderSilent.
    """
    method = _detach(method, actor=actor, at=at)
    if method.account is not None:
        card = CardFacts(token=method.token, customer=method.provider_customer)
        with refusals_of(method.account), asking(method.account, "forget") as gateway:
            gateway.forget(card)
    return method


@transaction.atomic
def _record_saving(customer: Contact, *, provider: str, actor: Any, at: datetime) -> MethodSaving:
    customer, account = lock_party(customer), account_for(provider)
    known = PaymentMethod.objects.filter(customer=customer, account=account)
    saving = MethodSaving.objects.create(
        customer=customer,
        account=account,
        reference=uuid4().hex,
        provider_customer=known.exclude(provider_customer="")
        .order_by("-pk")
        .values_list("provider_customer", flat=True)
        .first()
        or "",
        requested_by=actor if getattr(actor, "pk", None) else None,
    )
    record("paymentmethod.begun", saving, actor=actor, at=at, provider=provider)
    return saving


@transaction.atomic
def _detach(method: PaymentMethod, *, actor: Any, at: datetime) -> PaymentMethod:
    method = locked(method)
    if method.detached_at is not None:
        raise MethodNotUsable
    method.detached_at, method.is_default = at, False
    method.save()
    record("paymentmethod.removed", method, actor=actor, at=at)
    return method
