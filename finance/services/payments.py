"""
Taking money through a provider: recorded first, then asked for, then written down.

What is recorded is committed before the provider is asked, and carries the key that makes asking
again harmless: whoever finds an attempt without an outcome may carry it out again.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from common.audit import record
from common.lifecycle import locked, move
from common.outbox import announce
from common.scheduler import schedule_on_commit
from finance.events import PaymentIntentSettled
from finance.exceptions import (
    IntentNotOpen,
    MethodNotUsable,
    MoreThanOwed,
    NothingToPay,
    PaymentLinkClosed,
)
from finance.gateways.base import (
    Charge,
    Checkout,
    CheckoutOrder,
    GatewayError,
    GatewayRefused,
    PaymentName,
    PaymentState,
)
from finance.models import (
    UNSETTLED,
    IntentStatus,
    Invoice,
    PaymentAccount,
    PaymentIntent,
    PaymentLink,
    PaymentMethod,
    ProviderName,
)
from finance.pay_tokens import address_of
from finance.services.allocations import lock_party
from finance.services.outcomes import fail_intent, minor_units, record_payment_state
from finance.services.payment_accounts import (
    account_for,
    asking,
    outside_transactions,
    refusals_of,
    require_usable,
)
from finance.services.settlement import check_amount

# A page of a provider is open this long; Stripe takes 24 hours at most.
PAGE_LASTS = timedelta(hours=23)
# Stripe remembers a key for a day: after that it would charge again.
KEYS_LAST = timedelta(hours=20)
BEGUN = (IntentStatus.PROCESSING, IntentStatus.AUTHORIZED)
UNDER_WAY = (IntentStatus.RECORDED, IntentStatus.UNKNOWN, *BEGUN)
LEFT_OPEN = (IntentStatus.CANCELLED, IntentStatus.FAILED)
WAITING = (IntentStatus.RECORDED, IntentStatus.UNKNOWN, IntentStatus.PENDING)


@transaction.atomic
def record_charge(
    invoice: Invoice,
    *,
    method: PaymentMethod,
    amount: Decimal | None = None,
    is_captured: bool = True,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> PaymentIntent:
    """
    Write down that a saved card is to be charged for an invoice; carry_out then asks for it.

    Without an amount for all that is owed. Raises NothingToPay, MoreThanOwed, MethodNotUsable,
    AccountUnusable, InvalidInput.
    """
    payer = lock_party(invoice.payer)
    invoice, method = locked(invoice), locked(method)
    is_payers = payer.pk in (method.customer_id, method.customer.merged_into_id)
    if method.detached_at or not is_payers or method.account is None:
        raise MethodNotUsable
    require_usable(method.account)
    amount = _owed(invoice, amount)
    intent = PaymentIntent.objects.create(
        invoice=invoice,
        customer=payer,
        provider=method.provider,
        account=method.account,
        is_live=method.is_live,
        idempotency_key=reference or uuid4().hex,
        payment_method=method,
        amount=amount,
        currency=invoice.currency,
        description=f"Invoice {invoice.number}",
        is_captured=is_captured,
        requested_by=actor if getattr(actor, "pk", None) else None,
    )
    record("payment.requested", intent, actor=actor, at=at, invoice=str(invoice))
    return intent


@transaction.atomic
def record_checkout(link: PaymentLink, *, provider: str, at: datetime) -> PaymentIntent:
    """
    Write down that an invoice is to be paid on a provider's page; carry_out then has it shown.

    A page that is open for what is owed is used again, whoever asks, in as many tabs as they like.
    Raises PaymentLinkClosed, NothingToPay, MoreThanOwed, NoPaymentAccount.
    """
    payer = lock_party(link.invoice.payer)
    link, invoice = locked(link), locked(link.invoice)
    if link.revoked_at or at >= link.expires_at:
        raise PaymentLinkClosed
    amount = _owed(invoice, None)
    # Found under the party's lock: of two tabs the second waits here and finds the first's.
    pages = PaymentIntent.objects.filter(link=link, provider=provider)
    standing = pages.filter(status__in=WAITING).first()
    if standing is not None and standing.amount == amount and _is_open(standing, at):
        return standing
    if standing is not None:
        move(locked(standing), IntentStatus.CANCELLED, actor=None, at=at, reason="outdated")
    # Not the one that is opened now: these were left open, also where a card was declined.
    for old in pages.filter(expires_at__gt=at, status__in=LEFT_OPEN).exclude(checkout_url=""):
        schedule_on_commit("finance.tasks.close_page", intent_id=old.pk)
    account = account_for(provider)
    return PaymentIntent.objects.create(
        invoice=invoice,
        customer=payer,
        provider=provider,
        account=account,
        link=link,
        is_live=account.is_live,
        idempotency_key=uuid4().hex,
        amount=amount,
        currency=invoice.currency,
        description=f"Invoice {invoice.number}",
        expires_at=at.replace(microsecond=0) + PAGE_LASTS,
    )


def carry_out(intent: PaymentIntent, *, actor: Any, at: datetime) -> PaymentIntent:
    """
    Ask the provider for what is recorded and write down what it says; never in a transaction.

    Harmless again and at once: the provider takes the key once. An answer that does not come
    leaves the attempt `unknown`, for reconciliation to ask about; so is one that is asked for again
    when the provider may have forgotten the key.
    """
    if intent.attempts and at - intent.created_at > KEYS_LAST and intent.link_id is None:
        return intent
    intent = _asked(intent, at=at)
    if intent.status not in (IntentStatus.RECORDED, IntentStatus.UNKNOWN):
        return intent
    account = _account(intent)
    try:
        if intent.link_id is not None:
            with asking(account, "open_checkout") as gateway:
                page = gateway.open_checkout(_order(intent))
            return _note_page(intent, page, at=at)
        with asking(account, "charge") as gateway:
            state = gateway.charge(_charge(intent))
    except GatewayRefused as refusal:
        return fail_intent(intent, code=refusal.code, actor=actor, at=at)
    except GatewayError:
        return _unknown(intent, actor=actor, at=at)
    return record_payment_state(intent, state, actor=actor, at=at)


def take_authorized(intent: PaymentIntent, *, actor: Any, at: datetime) -> PaymentIntent:
    """
    Take what was authorized, or what a payer approved on PayPal's page.

    Raises IntentNotOpen, MoreThanOwed, ProviderRefused, ProviderSilent.
    """
    outside_transactions()
    if intent.status != IntentStatus.AUTHORIZED:
        raise IntentNotOpen(status=intent.status)
    _require_owed(intent)
    account = _account(intent)
    with refusals_of(account), asking(account, "capture") as gateway:
        state = gateway.capture(name_of(intent), minor_units(intent.amount, intent.currency))
    return record_payment_state(intent, state, actor=actor, at=at)


def take_approved(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """
    Take what a payer approved; what is not owed any more by then is left to lapse.

    Raises IntentNotOpen, MoreThanOwed where the provider takes it by itself, ProviderRefused,
    ProviderSilent.
    """
    try:
        return take_authorized(intent, actor=None, at=at)
    except MoreThanOwed:
        if intent.provider != ProviderName.PAYPAL:
            raise
        # An order of PayPal that nobody captures takes no money.
        return let_lapse(intent, reason="not owed any more", at=at)


@transaction.atomic
def let_lapse(intent: PaymentIntent, *, reason: str, at: datetime) -> PaymentIntent:
    """Wait no longer for an approval that will not be taken; money that came is taken in still."""
    intent = locked(intent)
    if intent.status != IntentStatus.AUTHORIZED:
        return intent
    intent.settled_at = at
    move(intent, IntentStatus.CANCELLED, actor=None, at=at, reason=reason)
    announce(PaymentIntentSettled(intent_id=intent.pk, status=IntentStatus.CANCELLED))
    return intent


def cancel_payment(intent: PaymentIntent, *, actor: Any, at: datetime) -> PaymentIntent:
    """
    Give up a payment that has taken no money; its page closes.

    Raises IntentNotOpen, ProviderRefused (somebody has just paid), ProviderSilent.
    """
    if intent.status in (IntentStatus.SUCCEEDED, IntentStatus.CANCELLED, IntentStatus.FAILED):
        raise IntentNotOpen(status=intent.status)
    outside_transactions()
    account = _account(intent)
    with refusals_of(account), asking(account, "cancel") as gateway:
        state = gateway.cancel(name_of(intent))
    return record_payment_state(intent, state, actor=actor, at=at)


def close_page(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """
    Have a page closed on which nothing is to be paid any more, so that nobody pays it twice.

    Money that came meanwhile is taken in all the same. Raises ProviderRefused, ProviderSilent.
    """
    if intent.status in (IntentStatus.SUCCEEDED, IntentStatus.AUTHORIZED) or not intent.names:
        return intent
    account = _account(intent)
    with refusals_of(account), asking(account, "cancel") as gateway:
        state = gateway.cancel(name_of(intent))
    return record_payment_state(intent, state, actor=None, at=at)


def ask_again(intent: PaymentIntent, *, actor: Any, at: datetime) -> PaymentState | None:
    """What the provider says of an attempt now, taken in; None where it never heard of it."""
    account = _account(intent)
    with asking(account, "find_payment") as gateway:
        state = gateway.find_payment(name_of(intent))
    if state is not None:
        record_payment_state(intent, state, actor=actor, at=at)
    return state


def name_of(intent: PaymentIntent) -> PaymentName:
    """How a provider finds an attempt."""
    return PaymentName(
        reference=intent.idempotency_key,
        ids=tuple(intent.names),
        amount=minor_units(intent.amount, intent.currency),
        currency=intent.currency,
        since=intent.created_at,
    )


def _owed(invoice: Invoice, amount: Decimal | None) -> Decimal:
    """What may be asked for: what is owed, less what is under way already."""
    left = invoice.balance
    if invoice.status not in UNSETTLED or left <= 0:
        raise NothingToPay(invoice=str(invoice))
    # A page that is only open takes nothing yet; what was approved or begun on one does.
    takes = Q(status__in=UNDER_WAY, link=None) | Q(status__in=BEGUN)
    under_way = PaymentIntent.objects.filter(takes, invoice=invoice)
    left -= under_way.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    wanted = left if amount is None else amount
    if amount is not None:
        check_amount(amount, invoice.currency)
    if left <= 0 or wanted > left:
        raise MoreThanOwed(
            left=str(max(left, Decimal(0))), currency=invoice.currency, invoice=str(invoice)
        )
    return wanted


def _require_owed(intent: PaymentIntent) -> None:
    """Raise MoreThanOwed where the invoice was paid or credited since the payer said yes."""
    invoice = None if intent.invoice_id is None else Invoice.objects.get(pk=intent.invoice_id)
    if invoice is not None and invoice.balance < intent.amount:
        left, currency = str(invoice.balance), invoice.currency
        raise MoreThanOwed(left=left, currency=currency, invoice=str(invoice))


def _is_open(intent: PaymentIntent, at: datetime) -> bool:
    # An hour is left to fill the form in.
    return intent.expires_at is not None and at < intent.expires_at - timedelta(hours=1)


def _asked(intent: PaymentIntent, *, at: datetime) -> PaymentIntent:
    """Note, on disk, that the provider is about to be asked; durable: outside every transaction."""
    with transaction.atomic(durable=True):
        intent = locked(intent)
        if intent.status in (IntentStatus.RECORDED, IntentStatus.UNKNOWN):
            intent.asked_at = at
            intent.attempts += 1
            intent.save(update_fields=["asked_at", "attempts", "updated_at"])
        return intent


@transaction.atomic
def _unknown(intent: PaymentIntent, *, actor: Any, at: datetime) -> PaymentIntent:
    intent = locked(intent)
    if intent.status == IntentStatus.RECORDED:
        move(intent, IntentStatus.UNKNOWN, actor=actor, at=at)
    return intent


@transaction.atomic
def _note_page(intent: PaymentIntent, page: Checkout, *, at: datetime) -> PaymentIntent:
    intent = locked(intent)
    intent.names = sorted({*intent.names, *page.ids})
    intent.checkout_id, intent.checkout_url = page.ids[0], page.url
    if intent.status in (IntentStatus.RECORDED, IntentStatus.UNKNOWN):
        move(intent, IntentStatus.PENDING, actor=None, at=at)
    else:
        intent.save()
    return intent


def _account(intent: PaymentIntent) -> PaymentAccount:
    if intent.account is None:
        raise IntentNotOpen(status="recorded by hand")
    return intent.account


def _charge(intent: PaymentIntent) -> Charge:
    method = intent.payment_method
    return Charge(
        reference=intent.idempotency_key,
        amount=minor_units(intent.amount, intent.currency),
        currency=intent.currency,
        token=method.token if method else "",
        customer=method.provider_customer if method else "",
        description=intent.description,
        is_captured=intent.is_captured,
    )


def _order(intent: PaymentIntent) -> CheckoutOrder:
    """The same every time: a key that comes with other words is refused."""
    link = intent.link
    address = address_of(link.salt) if link else settings.PUBLIC_URL
    return CheckoutOrder(
        reference=intent.idempotency_key,
        amount=minor_units(intent.amount, intent.currency),
        currency=intent.currency,
        description=intent.description,
        return_url=f"{address}?back=1",
        cancel_url=address,
        expires_at=intent.expires_at or intent.created_at + PAGE_LASTS,
    )
