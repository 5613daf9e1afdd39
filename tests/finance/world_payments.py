"""One record of every kind of payments, for tests of every route; no provider is ever asked."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from finance.gateways.base import CardFacts, Notice, PaymentState
from finance.models import MethodSaving, PaymentAccount, PaymentIntent
from finance.pay_tokens import token_of
from finance.services.disputes import apply_dispute
from finance.services.inbox import take_in
from finance.services.outcomes import keep_method, record_payment_state
from finance.services.payment_accounts import open_payment_account
from finance.services.payment_links import link_to_pay
from finance.services.settlement import request_refund
from tests.finance.billing import issued
from tests.finance.pay_desk import SECRETS


def payment_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; everybody who bills shares them."""
    at = timezone.now()
    account = open_payment_account(
        code="world", name="World", provider="stripe", actor=None, at=at, **SECRETS["stripe"]
    )
    invoice = issued(None, "1000.00", at=at)
    intent = _paid(account, invoice, at)
    payment = intent.payment
    saving = MethodSaving.objects.create(
        customer=invoice.payer, account=account, reference="world-saving"
    )
    method = keep_method(saving, CardFacts(token="pm_world"), actor=None, at=at)
    # Removed already, so that no route asks its provider to forget it.
    method.detached_at = at
    method.save()
    link = link_to_pay(issued(None, "500.00", at=at), actor=None, at=at)
    refund = request_refund(payment, amount=Decimal(10), reason="Back", actor=None, at=at)
    dispute = apply_dispute(
        payment,
        provider_id="dp_world",
        amount=Decimal(20),
        status="open",
        opened_at=at,
        actor=None,
        at=at,
    )
    notice = Notice(event_id="evt_world", kind="world", occurred_at=at, is_live=False, state=None)
    event, _ = take_in(account, notice, digest="0" * 64, at=at)
    return {
        "finance/payments": ("number", payment.number),
        "finance/payment-intents": ("id", intent.pk),
        "finance/payment-methods": ("id", method.pk),
        "finance/payment-links": ("id", link.pk),
        "finance/pay": ("token", token_of(link.salt)),
        "finance/refunds": ("id", refund.pk),
        "finance/disputes": ("id", dispute.pk),
        "finance/provider-events": ("id", event.pk),
    }


def _paid(account: PaymentAccount, invoice: Any, at: Any) -> PaymentIntent:
    intent = PaymentIntent.objects.create(
        invoice=invoice,
        customer=invoice.payer,
        provider=account.provider,
        account=account,
        idempotency_key="world",
        amount=Decimal(100),
        currency=invoice.currency,
    )
    state = PaymentState(
        ids=("pi_world",),
        reference="world",
        status="succeeded",
        amount=10000,
        currency=invoice.currency,
        captured=10000,
    )
    return record_payment_state(intent, state, actor=None, at=at)
