"""
Finding out what became of what nobody answered, and what nobody told.

Attempts without an outcome are asked about by our reference; once a day every event that a provider
lists is taken in, so that a notification that never came is only late.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from common.exceptions import DomainError
from common.lifecycle import locked
from finance.exceptions import ProviderRefused, ProviderSilent
from finance.gateways.base import GatewayError, GatewayRefused
from finance.metrics import NOTICES, RECONCILED
from finance.models import (
    EntryKind,
    EventStatus,
    IntentStatus,
    JournalEntry,
    PaymentAccount,
    PaymentIntent,
    ProviderEvent,
    Refund,
    RefundStatus,
)
from finance.services.inbox import take_in, try_again
from finance.services.outcomes import fail_intent
from finance.services.payment_accounts import asking
from finance.services.payments import (
    ask_again,
    cancel_payment,
    carry_out,
    let_lapse,
    take_approved,
)
from finance.services.refunds import ask_refund_again, carry_out_refund
from finance.services.settlement import fail_refund

logger = logging.getLogger(__name__)
# Nobody who asked still waits for the answer then, whatever became of them.
LOST_AFTER = timedelta(seconds=90)
# A request that the provider has not heard of by then is not on its way any more.
GIVEN_UP_AFTER = timedelta(minutes=10)
# A page that is open is asked about now and then, in case its notification is lost.
LOOK_AT_PAGES = timedelta(minutes=30)
BATCH = 200
# So many in a row that a provider does not answer for, and it is not asked any more this time.
GIVEN_UP_ASKING = 3
# Providers list events for about a month.
FARTHEST_BACK = timedelta(days=28)
OVERLAP = timedelta(hours=2)
FEES_ASKED_FOR = timedelta(days=3)


@dataclass
class Reconciled:
    """How many attempts were settled, and how many still wait."""

    settled: int = 0
    waiting: int = 0


def unresolved_intents(account: PaymentAccount, *, at: datetime) -> QuerySet[PaymentIntent]:
    """Attempts over an account whose outcome nobody is waiting for any more."""
    is_old = Q(asked_at__lt=at - LOST_AFTER) | Q(asked_at=None, created_at__lt=at - LOST_AFTER)
    lost = Q(status__in=[IntentStatus.RECORDED, IntentStatus.UNKNOWN])
    waiting = [IntentStatus.PENDING, IntentStatus.PROCESSING, IntentStatus.AUTHORIZED]
    pages = Q(status__in=waiting, updated_at__lt=at - LOOK_AT_PAGES)
    rows = PaymentIntent.objects.filter((lost & is_old) | pages, account=account)
    return rows.select_related("account", "link", "payment_method", "customer").order_by(
        "asked_at", "pk"
    )[:BATCH]


def unresolved_refunds(account: PaymentAccount, *, at: datetime) -> QuerySet[Refund]:
    """Refunds over an account whose outcome nobody is waiting for any more."""
    lost = Q(status__in=[RefundStatus.PENDING, RefundStatus.UNKNOWN])
    is_old = Q(asked_at__lt=at - LOST_AFTER) | Q(asked_at=None, created_at__lt=at - LOST_AFTER)
    return (
        Refund.objects.filter(lost & is_old, payment__intent__account=account)
        .select_related("payment__intent__account", "payment__customer")
        .order_by("asked_at", "pk")[:BATCH]
    )


def resolve_lost(*, at: datetime) -> Reconciled:
    """
    Ask about every attempt and refund without an outcome, account by account.

    A provider that is silent is left for the next time, so that the others' need not wait for it.
    """
    found = Reconciled()
    for account in accounts_to_ask():
        asks: list[Callable[[], bool | None]] = [
            *(partial(_resolved, each, at) for each in unresolved_intents(account, at=at)),
            *(partial(_resolved_refund, each, at) for each in unresolved_refunds(account, at=at)),
        ]
        silent = 0
        for ask in asks:
            if silent == GIVEN_UP_ASKING:
                break
            is_settled = ask()
            silent = silent + 1 if is_settled is None else 0
            _count(found, bool(is_settled), account.provider)
    return found


def resolve_intent(intent: PaymentIntent, *, at: datetime) -> bool:
    """
    Settle one attempt by what the provider says; False where it still waits.

    Raises GatewayError where the provider cannot be asked.
    """
    if intent.link_id is not None and not intent.names:
        # Nobody can have paid on a page whose address never arrived; showing it moves no money.
        return carry_out(intent, actor=None, at=at).status != IntentStatus.UNKNOWN
    state = ask_again(intent, actor=None, at=at)
    if state is None:
        if at - (intent.asked_at or intent.created_at) < GIVEN_UP_AFTER:
            return False
        fail_intent(intent, code="never_received", actor=None, at=at)
        return True
    intent.refresh_from_db()
    if intent.status == IntentStatus.AUTHORIZED and intent.is_captured:
        take_approved(intent, at=at)
    elif intent.status == IntentStatus.PENDING and _is_over(intent, at):
        cancel_payment(intent, actor=None, at=at)
        return True
    return state.status not in ("pending", "requires_action")


def ask_for_payer(intent: PaymentIntent, *, at: datetime) -> None:
    """
    Ask how an attempt stands whose payer is back; where the provider is silent it waits.

    One that failed, too: on the same page another card may have been taken since.
    """
    if intent.account is not None and intent.status != IntentStatus.SUCCEEDED:
        _resolved(intent, at)


def resolve_refund(refund: Refund, *, at: datetime) -> bool:
    """Settle one refund by what the provider says; False where it still waits."""
    state = ask_refund_again(refund, actor=None, at=at)
    if state is None and refund.asked_at is None:
        # The process ended between the two steps: nobody was asked yet.
        carry_out_refund(refund, actor=None, at=at)
        return True
    if state is None:
        if at - (refund.asked_at or refund.created_at) < GIVEN_UP_AFTER:
            return False
        fail_refund(refund, code="never_received", actor=None, at=at)
        return True
    return state.status != "pending"


def retry_parked(*, at: datetime) -> int:
    """Try the parked events that are due; returns how many found what they speak of."""
    due = ProviderEvent.objects.filter(status=EventStatus.PARKED, next_try_at__lte=at)
    applied = 0
    for event in due.select_related("account").order_by("next_try_at", "pk")[:BATCH]:
        applied += try_again(event, at=at) == EventStatus.APPLIED
    return applied


def ask_for_fees(*, at: datetime) -> int:
    """
    Ask what providers kept of payments that they have not said it of; returns how many have now.

    Stripe tells it in no notification. Asked for some days: it may keep nothing, or keep it in
    another currency.
    """
    known = 0
    for account in accounts_to_ask():
        told = JournalEntry.objects.filter(kind=EntryKind.FEE, payment__intent=OuterRef("pk"))
        rows = PaymentIntent.objects.filter(
            account=account, status=IntentStatus.SUCCEEDED, settled_at__gt=at - FEES_ASKED_FOR
        )
        unsaid = rows.exclude(Exists(told)).select_related("account", "customer")
        for intent in unsaid.order_by("settled_at", "pk")[:BATCH]:
            try:
                state = ask_again(intent, actor=None, at=at)
            except GatewayRefused:
                continue
            except (GatewayError, DomainError):
                # The others of this account would wait as long for no answer.
                break
            known += bool(state and state.fee)
    return known


def list_missed(account: PaymentAccount, *, at: datetime) -> int:
    """
    Take in every event that a provider lists since the last time; returns how many were new.

    Raises GatewayError where the provider cannot be asked; the next time begins where this did.
    """
    since = max(account.reconciled_until or at - FARTHEST_BACK, at - FARTHEST_BACK) - OVERLAP
    missed, is_whole = 0, True
    with asking(account, "list_notices") as gateway:
        notices = list(gateway.list_notices(since, at))
    for notice in notices:
        try:
            _, outcome = take_in(account, notice, digest="", at=at)
        except IntegrityError:
            # The others are taken in all the same; this one is listed again the next time.
            logger.error("Event %s of %s cannot be kept", notice.event_id, account)
            is_whole = False
            continue
        if outcome != "repeated":
            missed += 1
            NOTICES.labels(account.provider, f"listed_{outcome}").inc()
            RECONCILED.labels(account.provider, "missed_event").inc()
    if is_whole:
        _note_listed(account, at)
    return missed


def _note_listed(account: PaymentAccount, at: datetime) -> None:
    with transaction.atomic():
        account = locked(account)
        account.reconciled_until = at
        account.save(update_fields=["reconciled_until", "updated_at"])


def accounts_to_ask() -> Iterator[PaymentAccount]:
    """The accounts that may be asked."""
    yield from PaymentAccount.objects.usable().order_by("pk")


def _resolved(intent: PaymentIntent, at: datetime) -> bool | None:
    """Whether an attempt was settled; None where the provider is silent."""
    try:
        return resolve_intent(intent, at=at)
    except (GatewayRefused, ProviderRefused) as refusal:
        is_over = _is_over(intent, at)
        if is_over and intent.status == IntentStatus.AUTHORIZED:
            let_lapse(intent, reason=refusal.code, at=at)
        elif is_over or intent.status in (IntentStatus.RECORDED, IntentStatus.UNKNOWN):
            fail_intent(intent, code=refusal.code, actor=None, at=at)
        return False
    except (GatewayError, ProviderSilent):
        return None
    except DomainError:
        return False


def _is_over(intent: PaymentIntent, at: datetime) -> bool:
    """Whether the page of an attempt has been open for as long as it is."""
    return intent.expires_at is not None and at > intent.expires_at


def _resolved_refund(refund: Refund, at: datetime) -> bool | None:
    try:
        return resolve_refund(refund, at=at)
    except (GatewayRefused, DomainError):
        return False
    except GatewayError:
        return None


def _count(found: Reconciled, is_settled: bool, provider: str) -> None:
    found.settled += is_settled
    found.waiting += not is_settled
    if is_settled:
        RECONCILED.labels(provider, "lost_outcome").inc()
