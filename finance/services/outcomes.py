"""
What providers tell of payments, refunds, disputes and saved cards, taken in.

The same whether it comes as an answer, a notification or from a list; twice, late, or in any
order. Old news change nothing.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.lifecycle import locked, move
from common.money import EXPONENTS
from common.outbox import announce
from finance.events import (
    PaymentIntentSettled,
    PaymentMethodSaved,
    RefundSettled,
)
from finance.gateways.base import (
    CardFacts,
    DisputeState,
    MethodState,
    PaymentState,
    RefundState,
)
from finance.models import (
    INTENT_RANKS,
    Dispute,
    DisputeStatus,
    IntentStatus,
    MethodSaving,
    Payment,
    PaymentAccount,
    PaymentChannel,
    PaymentIntent,
    PaymentMethod,
    ProviderName,
    Refund,
    RefundStatus,
)
from finance.services.allocations import hold_payment, lock_party
from finance.services.disputes import apply_dispute
from finance.services.fees import follow_fee
from finance.services.settlement import (
    apply_held_refund,
    apply_payment,
    fail_held_refund,
    hold_refund,
    reopen_refund,
    request_refund,
)

_INTENT = {
    "pending": IntentStatus.PENDING,
    "requires_action": IntentStatus.PENDING,
    "processing": IntentStatus.PROCESSING,
    "failed": IntentStatus.FAILED,
    "authorized": IntentStatus.AUTHORIZED,
    "cancelled": IntentStatus.CANCELLED,
    "succeeded": IntentStatus.SUCCEEDED,
}
_DISPUTE = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
_REFUND_RANKS = {
    RefundStatus.PENDING: 10,
    RefundStatus.UNKNOWN: 10,
    RefundStatus.SUCCEEDED: 20,
    RefundStatus.FAILED: 30,
}
_REFUND = {
    "pending": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "cancelled": RefundStatus.FAILED,
    "failed": RefundStatus.FAILED,
}
# The name of theirs that stands for the money itself.
_MONEY_NAME = {
    ProviderName.STRIPE: "pi_",
    ProviderName.SQUARE: "payment:",
    ProviderName.PAYPAL: "capture:",
}


class ObjectUnknown(Exception):
    """What the provider speaks of is not known here, or not yet."""


class NewsConflicts(Exception):
    """What the provider says cannot be: another currency, or more than there was."""


def amount_of(minor: int, currency: str) -> Decimal:
    """Smallest units as an amount of a known currency. Raises NewsConflicts."""
    if currency not in EXPONENTS:
        raise NewsConflicts("a currency that is not dealt in here")
    return Decimal(minor).scaleb(-EXPONENTS[currency])


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount in smallest units."""
    return int(amount.scaleb(EXPONENTS[currency]))


def intent_of(account: PaymentAccount, state: PaymentState) -> PaymentIntent:
    """Our attempt that a provider speaks of: by our reference, else by its names."""
    intents = PaymentIntent.objects.filter(account=account).select_related("customer")
    found = None
    if state.reference:
        found = intents.filter(idempotency_key=state.reference).first()
    if found is None:
        found = intents.filter(names__overlap=list(state.ids)).order_by("pk").first()
    if found is None:
        raise ObjectUnknown
    return found


def payment_of(account: PaymentAccount, names: tuple[str, ...]) -> Payment:
    """Our payment that a refund or a dispute names. Raises ObjectUnknown."""
    intents = PaymentIntent.objects.filter(account=account, names__overlap=list(names))
    found = Payment.objects.filter(intent__in=intents).select_related("customer").first()
    if found is None:
        raise ObjectUnknown
    return found


def record_payment_state(
    intent: PaymentIntent, state: PaymentState, *, actor: Any, at: datetime
) -> PaymentIntent:
    """
    Take in what a provider says of a payment; money that came is posted, once.

    Raises NewsConflicts.
    """
    if not _tells_more(intent, state):
        return intent
    return _follow_payment(intent, state, actor=actor, at=at)


@transaction.atomic
def _follow_payment(
    intent: PaymentIntent, state: PaymentState, *, actor: Any, at: datetime
) -> PaymentIntent:
    customer = intent.customer
    lock_party(customer)
    intent = locked(intent)
    intent.customer = customer
    if state.currency and state.currency != intent.currency:
        raise NewsConflicts("another currency than was asked for")
    status = _INTENT[state.status]
    _note_names(intent, state)
    if INTENT_RANKS[status] <= INTENT_RANKS[intent.status]:
        intent.save(update_fields=["names", "provider_id", "updated_at"])
        _follow_fee(intent, state, actor=actor, at=at)
        return intent
    is_end = status in (IntentStatus.SUCCEEDED, IntentStatus.FAILED, IntentStatus.CANCELLED)
    intent.failure_code = state.failure[:60] if status == IntentStatus.FAILED else ""
    intent.settled_at = at if is_end else None
    move(intent, status, actor=actor, at=at, reason=intent.failure_code)
    if status == IntentStatus.SUCCEEDED:
        _take_in(intent, state, actor=actor, at=at)
        _follow_fee(intent, state, actor=actor, at=at)
    if is_end:
        announce(PaymentIntentSettled(intent_id=intent.pk, status=status))
    return intent


@transaction.atomic
def fail_intent(intent: PaymentIntent, *, code: str, actor: Any, at: datetime) -> PaymentIntent:
    """Note that a provider refused an attempt, or never heard of it."""
    intent = locked(intent)
    if INTENT_RANKS[intent.status] >= INTENT_RANKS[IntentStatus.FAILED]:
        return intent
    intent.failure_code, intent.settled_at = code[:60], at
    move(intent, IntentStatus.FAILED, actor=actor, at=at, reason=code)
    announce(PaymentIntentSettled(intent_id=intent.pk, status=IntentStatus.FAILED))
    return intent


@transaction.atomic
def record_refund_state(
    account: PaymentAccount, state: RefundState, *, actor: Any, at: datetime
) -> Refund:
    """
    Take in what a provider says of a refund, also of one that was made on the provider's own page.

    Raises ObjectUnknown, NewsConflicts, RefundTooLarge.
    """
    status = _REFUND[state.status]
    known = _known_refund(account, state)
    if known is not None and known.provider_id and not _is_news(known, status):
        return known
    refund = hold_refund(known) if known else _made_there(account, state, actor=actor, at=at)
    if refund.status == RefundStatus.FAILED != status and not refund.provider_id:
        # Nobody but us said that it failed.
        refund = reopen_refund(refund, actor=actor, at=at)
    if not refund.provider_id:
        refund.provider_id = state.provider_id
        refund.save()
    if not _is_news(refund, status):
        return refund
    if status == RefundStatus.SUCCEEDED:
        refund = apply_held_refund(refund, provider_id=state.provider_id, actor=actor, at=at)
    else:
        code = state.failure or state.status
        refund = fail_held_refund(refund, code=code, actor=actor, at=at)
    announce(RefundSettled(refund_id=refund.pk, status=refund.status))
    return refund


@transaction.atomic
def record_dispute_state(
    account: PaymentAccount, state: DisputeState, *, actor: Any, at: datetime
) -> Dispute | None:
    """
    Take in what a provider says of a dispute. An inquiry, which takes no money, is None.

    Raises ObjectUnknown, NewsConflicts.
    """
    if state.status not in _DISPUTE:
        return None
    payment = payment_of(account, state.payment_ids)
    amount = amount_of(state.amount, state.currency)
    if state.currency != payment.currency or amount > payment.amount:
        raise NewsConflicts("disputed is more than was paid, or in another currency")
    return apply_dispute(
        payment,
        provider_id=state.provider_id,
        amount=amount,
        status=_DISPUTE[state.status],
        opened_at=at,
        reason=state.reason,
        answer_due_at=state.respond_by,
        actor=actor,
        at=at,
    )


@transaction.atomic
def record_method_state(
    account: PaymentAccount, state: MethodState, *, actor: Any, at: datetime
) -> PaymentMethod:
    """
    Take in that a card was saved with a provider, or is not usable any more.

    Raises ObjectUnknown for one that nobody here began to save.
    """
    known = PaymentMethod.objects.filter(account=account, token=state.card.token).first()
    if known is None:
        saving = MethodSaving.objects.filter(account=account, reference=state.reference).first()
        if saving is None:
            raise ObjectUnknown
        return keep_method(saving, state.card, actor=actor, at=at)
    if not state.is_usable and known.detached_at is None:
        known = locked(known)
        known.detached_at, known.is_default = at, False
        known.save()
        record("paymentmethod.removed", known, actor=actor, at=at)
    return known


@transaction.atomic
def keep_method(
    saving: MethodSaving, card: CardFacts, *, actor: Any, at: datetime
) -> PaymentMethod:
    """Keep what a person knows a saved card by, and the provider's token; never the card."""
    customer = lock_party(saving.customer)
    year, _, month = card.expires.partition("-")
    method, is_new = PaymentMethod.objects.get_or_create(
        customer=customer,
        provider=saving.account.provider,
        token=card.token,
        defaults={
            "account": saving.account,
            "provider_customer": card.customer or saving.provider_customer,
            "kind": PaymentChannel.CARD,
            "brand": card.brand,
            "last_four": card.last4,
            "expires_on": date(int(year), int(month), 1) if month else None,
            "is_live": saving.account.is_live,
            "is_default": not PaymentMethod.objects.in_use()
            .filter(customer=customer, is_default=True)
            .exists(),
        },
    )
    if is_new:
        record("paymentmethod.saved", method, actor=actor, at=at, provider=method.provider)
        announce(PaymentMethodSaved(method_id=method.pk))
    return method


def _tells_more(intent: PaymentIntent, state: PaymentState) -> bool:
    """
    Whether a provider says anything of a payment that is not written down; a fee may always be.

    Asked before anything is locked: status and names of an attempt only ever grow.
    """
    return bool(
        state.fee
        or (state.currency and state.currency != intent.currency)
        or not set(state.ids) <= set(intent.names)
        or INTENT_RANKS[_INTENT[state.status]] > INTENT_RANKS[intent.status]
    )


def _note_names(intent: PaymentIntent, state: PaymentState) -> None:
    intent.names = sorted({*intent.names, *state.ids})
    start = _MONEY_NAME[ProviderName(intent.provider)]
    if not intent.provider_id.startswith(start):
        found = next((name for name in intent.names if name.startswith(start)), "")
        intent.provider_id = found or intent.provider_id


def _take_in(intent: PaymentIntent, state: PaymentState, *, actor: Any, at: datetime) -> None:
    is_wallet = intent.provider == ProviderName.PAYPAL
    apply_payment(
        customer=intent.customer,
        amount=amount_of(state.captured or state.amount, intent.currency),
        currency=intent.currency,
        channel=PaymentChannel.WALLET if is_wallet else PaymentChannel.CARD,
        received_at=at,
        invoices=[intent.invoice] if intent.invoice is not None else [],
        provider=intent.provider,
        provider_id=intent.provider_id,
        intent=intent,
        actor=actor,
        at=at,
    )


def _follow_fee(intent: PaymentIntent, state: PaymentState, *, actor: Any, at: datetime) -> None:
    """What the provider keeps; some tell it long after the payment."""
    payment = Payment.objects.filter(intent=intent).first() if state.fee else None
    if payment is not None:
        fee = amount_of(state.fee, intent.currency)
        follow_fee(payment, total=fee, actor=actor, at=at)


def _is_news(refund: Refund, status: str) -> bool:
    """Whether a refund has not come so far; one that its provider has named only moves on."""
    return _REFUND_RANKS[RefundStatus(status)] > _REFUND_RANKS[RefundStatus(refund.status)]


def _known_refund(account: PaymentAccount, state: RefundState) -> Refund | None:
    refunds = Refund.objects.filter(payment__intent__account=account)
    refunds = refunds.select_related("payment__customer")
    found = None
    if state.reference:
        found = refunds.filter(idempotency_key=state.reference).first()
    if found is None:
        found = refunds.filter(provider_id=state.provider_id).first()
    return found


def _made_there(account: PaymentAccount, state: RefundState, *, actor: Any, at: datetime) -> Refund:
    """A refund that was made on the provider's page; held, with its payment."""
    payment = payment_of(account, state.payment_ids)
    # Two notifications of one refund at once: the second finds what the first made.
    payment = hold_payment(payment)
    found = payment.refunds.filter(provider_id=state.provider_id).first()
    if found is not None:
        return hold_refund(found)
    amount = amount_of(state.amount, state.currency)
    left = payment.amount - payment.refunded - payment.charged_back
    if state.currency != payment.currency or amount > left:
        raise NewsConflicts("more was given back than is left of the payment")
    return request_refund(
        payment,
        amount=amount,
        reason=f"Made at {ProviderName(account.provider).label}.",
        idempotency_key=f"{account.provider}:{state.provider_id}"[:64],
        provider_id=state.provider_id,
        actor=actor,
        at=at,
    )
