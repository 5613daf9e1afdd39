"""
Notifications of providers: checked before anything is kept, kept once, applied in one step.

The inbox row and what the event does stand or fall together. An event about something that is not
known here, or not yet, is parked and tried again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from common.exceptions import DomainError
from common.scheduler import schedule_on_commit
from finance.exceptions import WebhookRefused
from finance.gateways.base import (
    DisputeState,
    MethodState,
    NotAuthentic,
    Notice,
    OutcomeUnknown,
    PaymentState,
    RefundState,
)
from finance.metrics import NOTICES
from finance.models import (
    EventStatus,
    IntentStatus,
    PaymentAccount,
    ProviderEvent,
    ProviderName,
)
from finance.notices import facts_of, notice_from
from finance.services.outcomes import (
    NewsConflicts,
    ObjectUnknown,
    intent_of,
    record_dispute_state,
    record_method_state,
    record_payment_state,
    record_refund_state,
)
from finance.services.payment_accounts import gateway_of

FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
# An event that nothing here answers to after so long is about something that is not ours.
PARKED_FOR = timedelta(days=30)


def receive(
    provider: str, body: bytes, headers: Mapping[str, str], *, at: datetime
) -> ProviderEvent:
    """
    Take in a notification, if it is one of an account here; the same one again is the same row.

    Raises WebhookRefused, with nothing kept, for what no account's provider has signed just now.
    """
    account, notice = _authentic(provider, body, headers, at)
    digest = hashlib.sha256(body).hexdigest()
    event, outcome = take_in(account, notice, digest=digest, at=at)
    NOTICES.labels(provider, outcome).inc()
    return event


@transaction.atomic
def take_in(
    account: PaymentAccount, notice: Notice, *, digest: str, at: datetime
) -> tuple[ProviderEvent, str]:
    """
    Keep an event and apply it, in one step; returns what became of it.

    Of two at once the second waits on the row of the first, and finds it done.
    """
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=account.provider,
        account=account,
        event_id=notice.event_id[:120],
        defaults={
            "kind": notice.kind[:80],
            "object_id": _main_name(notice)[:120],
            "is_live": account.is_live,
            "occurred_at": notice.occurred_at,
            "received_at": at,
            "payload": facts_of(notice.state),
            "body_hash": digest,
        },
    )
    if not is_new:
        return event, "repeated"
    return event, _apply(event, notice, at=at)


@transaction.atomic
def try_again(event: ProviderEvent, *, at: datetime) -> str:
    """Apply a parked event now, if somebody else has not; returns what became of it."""
    held = ProviderEvent.objects.select_for_update(skip_locked=True, of=("self",))
    found = held.filter(pk=event.pk, status=EventStatus.PARKED).first()
    if found is None:
        return "repeated"
    notice = Notice(
        event_id=found.event_id,
        kind=found.kind,
        occurred_at=found.occurred_at,
        is_live=found.is_live,
        state=notice_from(found.payload),
    )
    return _apply(found, notice, at=at)


def _apply(event: ProviderEvent, notice: Notice, *, at: datetime) -> str:
    event.attempts += 1
    note = ""
    try:
        with transaction.atomic():
            outcome = _take_effect(event, notice.state, at=at)
    except ObjectUnknown:
        outcome = EventStatus.PARKED
        event.next_try_at = at + min(FIRST_RETRY * 2 ** (event.attempts - 1), LONGEST_WAIT)
        if at - event.received_at > PARKED_FOR:
            outcome, note = EventStatus.IGNORED, "nothing here answers to it"
    except (NewsConflicts, DomainError) as conflict:
        # Kept for a person to look at: the provider and the books disagree. Refused, it would be
        # sent and listed again and again.
        outcome, note = EventStatus.FAILED, str(conflict)
    event.status, event.note = outcome, note[:300]
    if outcome != EventStatus.PARKED:
        event.next_try_at = None
        event.applied_at = at if outcome == EventStatus.APPLIED else None
    event.save(
        update_fields=["status", "note", "attempts", "next_try_at", "applied_at", "updated_at"]
    )
    return str(outcome)


def _take_effect(event: ProviderEvent, state: Any, *, at: datetime) -> EventStatus:
    account = event.account
    if state is None or account is None:
        return EventStatus.IGNORED
    done: Any = True
    if isinstance(state, PaymentState):
        intent = record_payment_state(intent_of(account, state), state, actor=None, at=at)
        _wake(account, intent.names)
        if intent.status == IntentStatus.AUTHORIZED and intent.is_captured:
            schedule_on_commit("finance.tasks.take_approved", intent_id=intent.pk)
    elif isinstance(state, RefundState):
        done = record_refund_state(account, state, actor=None, at=at)
    elif isinstance(state, DisputeState):
        done = record_dispute_state(account, state, actor=None, at=at)
    elif isinstance(state, MethodState):
        done = record_method_state(account, state, actor=None, at=at)
    return EventStatus.APPLIED if done else EventStatus.IGNORED


def _wake(account: PaymentAccount, names: list[str]) -> None:
    """What waited for this payment need not wait for the clock."""
    about = Q(payload__payment_ids__has_any_keys=names) | Q(payload__ids__has_any_keys=names)
    parked = ProviderEvent.objects.filter(about, account=account, status=EventStatus.PARKED)
    if parked.update(next_try_at=F("received_at")):
        schedule_on_commit("finance.tasks.retry_parked_events")


def _authentic(
    provider: str, body: bytes, headers: Mapping[str, str], at: datetime
) -> tuple[PaymentAccount, Notice]:
    accounts = PaymentAccount.objects.usable().filter(provider=provider).order_by("pk")
    for account in accounts:
        gateway = gateway_of(account)
        try:
            gateway.verify(body, headers, at)
            notice = gateway.notice(body)
        except NotAuthentic:
            continue
        except OutcomeUnknown:
            # PayPal could not be asked; it will send this again.
            NOTICES.labels(provider, "unverified").inc()
            continue
        if notice.is_live is not None and notice.is_live != account.is_live:
            continue
        return account, notice
    NOTICES.labels(provider, "refused").inc()
    raise WebhookRefused(provider=ProviderName(provider).label)


def _main_name(notice: Notice) -> str:
    state = notice.state
    if state is None:
        return ""
    name = getattr(state, "provider_id", "") or asdict(state).get("card", {}).get("token", "")
    return name or next(iter(getattr(state, "ids", ())), "")
