"""
Messages on their way, at least once each.

A message is claimed, sent outside any transaction, and how it ended is written last: a worker that
dies in between leaves a claim that runs out, and the message goes again under the same number.
Locks are taken in the order subscription, health, message, count of calls.

A slow receiver keeps its worker waiting, so fewer calls are made at once than there are workers:
who comes when all are taken leaves, and who ends a turn calls whoever was served longest ago.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Greatest

from common.lifecycle import locked
from common.webhooks.calling import GONE, Reply, call
from common.webhooks.offers import TEST
from common.webhooks.signing import key_of
from users.models import (
    MessageStatus,
    SubscriptionStatus,
    WebhookAttempt,
    WebhookHealth,
    WebhookMessage,
    WebhookSubscription,
)
from users.queries.webhooks import closed_because, message_held_back_because
from users.services.webhook_queue import SWITCHED_OFF
from users.services.webhook_subscriptions import address_policy, switch_off

# Longer than a call may take.
LEASE = timedelta(minutes=2)
# Twelve tries over three days.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 60, 300, 1200, 3600, 7200, 14400, 28800, 43200, 72000, 86400)
)
MAX_TRIES = len(WAITS) + 1
JITTER = 0.2
# A receiver that fails again and again is asked ever less often, whatever waits for it.
FIRST_HOLD, LONGEST_HOLD = timedelta(seconds=5), timedelta(minutes=30)
FAILS_AT_MOST, FEWEST_FAILURES = timedelta(hours=24), 5
# A task gives its worker back after so much: the others' messages wait for it.
TURN, MOST_IN_A_TURN = timedelta(seconds=5), 50
LOOKED_AT = ASKED_FOR_NEXT = 20
LOST = "WorkerLost"
Clock = Callable[[], datetime]
Luck = Callable[[], float]
_RANDOM: Luck = SystemRandom().random


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to send, and all that sending it takes."""

    message: WebhookMessage
    url: str
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class Dropped:
    """Nobody may have any of those that were looked at; more may follow."""


def drain(subscription_id: int, *, clock: Clock) -> int | None:
    """
    Send what is due for one subscription, for a turn; whose turn is next. In no transaction.
    """
    began = clock()
    # Under the lock of who queues: what was queued before is seen below, what comes later calls.
    WebhookHealth.objects.filter(pk=subscription_id, woken_at__isnull=False).update(woken_at=None)
    has_worked = False
    for _ in range(MOST_IN_A_TURN):
        claimed = claim(subscription_id, at=clock())
        if claimed is None:
            break
        has_worked = True
        if isinstance(claimed, Claimed):
            _send(claimed, clock)
        if clock() - began > TURN:
            break
    return next_in_line(at=clock()) if has_worked else None


def next_in_line(*, at: datetime) -> int | None:
    """The subscription with work that was served longest ago; None where no call may begin."""
    if _calls(at) >= settings.WEBHOOK_CALLS_AT_ONCE:
        return None
    served = Greatest("health__last_success_at", "health__last_failure_at")
    rows = WebhookSubscription.objects.with_work(at).order_by(served.asc(nulls_first=True), "pk")
    free = (row.pk for row in rows[:ASKED_FOR_NEXT] if not _is_busy(row, at))
    return next(free, None)


def _send(claimed: Claimed, clock: Clock) -> None:
    sent_at = clock()
    reply = call(
        claimed.url,
        claimed.keys,
        claimed.message.public_id,
        int(sent_at.timestamp()),
        body_of(claimed.message),
        policy=address_policy(),
    )
    finish(claimed.message, reply, sent_at=sent_at, at=clock())


def body_of(message: WebhookMessage) -> bytes:
    """What a receiver is told: the same bytes at every try."""
    thing = {
        "kind": message.object_kind,
        "number": message.object_number,
        "url": f"{settings.PUBLIC_URL}{message.object_path}",
    }
    return msgspec.json.encode(
        {
            "id": message.public_id,
            "type": message.event_type,
            "created_at": message.created_at,
            "sequence": message.sequence,
            "object": None if message.event_type == TEST else thing,
            "request_id": message.request_id,
        }
    )


@transaction.atomic
def claim(subscription_id: int, *, at: datetime) -> Claimed | Dropped | None:
    """
    Take the next message that is due, for a while; None where there is none to send now.

    Rights are asked again: what the owner may not see any more is dropped. Pausing and changes of
    the secret wait for this lock, so what begins afterwards knows of them.
    """
    rows = WebhookSubscription.objects.active().filter(pk=subscription_id)
    related = rows.select_related("owner", "token")
    subscription = related.select_for_update(of=("self",), no_key=True).first()
    if subscription is None or _is_over(subscription, at) or _is_busy(subscription, at):
        return None
    due = list(
        subscription.messages.due(at)
        .order_by("sequence")
        .select_for_update(skip_locked=True, no_key=True)[:LOOKED_AT]
    )
    for message in due:
        message.subscription = subscription
        reason = message_held_back_because(message, at=at)
        if not reason:
            return _taken(message, subscription, at)
        _end(message, MessageStatus.DROPPED, reason, at)
    return Dropped() if len(due) == LOOKED_AT else None


def _taken(
    message: WebhookMessage, subscription: WebhookSubscription, at: datetime
) -> Claimed | None:
    if not _may_call(at):
        return None
    message.status, message.claimed_until = MessageStatus.SENDING, at + LEASE
    message.next_attempt_at = None
    message.attempts, message.tries = message.attempts + 1, message.tries + 1
    message.save()
    return Claimed(message, subscription.url, _keys(subscription, at))


def _may_call(at: datetime) -> bool:
    """Whether one more call may begin; nobody else counts until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('webhook_calls'))")
    return _calls(at) < settings.WEBHOOK_CALLS_AT_ONCE


def _calls(at: datetime) -> int:
    return int(WebhookMessage.objects.sending().filter(claimed_until__gt=at).count())


@transaction.atomic
def finish(
    message: WebhookMessage,
    reply: Reply,
    *,
    sent_at: datetime,
    at: datetime,
    luck: Luck = _RANDOM,
) -> None:
    """Write down how a try ended; nothing when the claim was lost meanwhile."""
    subscription = locked(message.subscription)
    health = WebhookHealth.objects.select_for_update().get(subscription=subscription)
    ours = WebhookMessage.objects.sending().filter(pk=message.pk, attempts=message.attempts)
    fresh = ours.select_for_update(no_key=True).first()
    if fresh is None:
        return
    WebhookAttempt.objects.create(
        message=fresh,
        number=fresh.attempts,
        sent_at=sent_at,
        duration_ms=reply.duration_ms,
        response_code=reply.code,
        error="" if reply.code is not None else reply.said[:120],
        excerpt=reply.excerpt,
    )
    if reply.result == "sent":
        _end(fresh, MessageStatus.DELIVERED, "", at)
        _note_success(health, at)
        return
    _put_back(fresh, subscription, reply, luck, at)
    _note_failure(health, reply, at)
    _judge(subscription, health, reply, at)


def sweep(*, at: datetime) -> list[int]:
    """
    Free the messages of workers that are gone, and name the subscriptions with work to do.

    That of one whose owner or token ended is to be switched off.
    """
    lost = WebhookMessage.objects.sending().filter(claimed_until__lte=at)
    for message in lost.select_related("subscription").order_by("pk")[:200]:
        began = (message.claimed_until or at) - LEASE
        finish(message, Reply("later", LOST), sent_at=began, at=at)
    ready = WebhookSubscription.objects.with_work(at).values_list("pk", flat=True)
    ended = WebhookSubscription.objects.ended(at).values_list("pk", flat=True)
    return sorted({*ready, *ended})


def wait_after(tries: int, luck: Luck) -> timedelta:
    """How long to wait after so many tries: ever longer, a fifth more or less."""
    wait = WAITS[min(tries, len(WAITS)) - 1]
    return wait * (1 + JITTER * (2 * luck() - 1))


def hold_after(failures: int) -> timedelta:
    """How long a receiver is left alone after so many failures in a row; not after the first."""
    if failures < 2:
        return timedelta(0)
    return min(FIRST_HOLD * 2 ** min(failures - 2, 20), LONGEST_HOLD)


def _is_over(subscription: WebhookSubscription, at: datetime) -> bool:
    """Whether nothing may go to its owner any more; it is switched off then, and says why."""
    reason = closed_because(subscription, at=at)
    if reason:
        switch_off(subscription, reason=reason, at=at, waiting=MessageStatus.DROPPED)
    return bool(reason)


def _is_busy(subscription: WebhookSubscription, at: datetime) -> bool:
    """Whether nothing more may be sent now: one at a time to who failed last."""
    health = WebhookHealth.objects.get(subscription=subscription)
    if health.held_until is not None and health.held_until > at:
        return True
    most = 1 if health.failures else settings.WEBHOOK_CONCURRENCY
    return bool(subscription.messages.sending().count() >= most)


def _keys(subscription: WebhookSubscription, at: datetime) -> tuple[bytes, ...]:
    """The keys that sign now, the newest first."""
    secrets: list[Any] = [subscription.secret]
    until = subscription.previous_secret_until
    if until is not None and until > at:
        secrets.append(subscription.previous_secret)
    return tuple(key_of(secret) for secret in secrets)


def _put_back(
    message: WebhookMessage,
    subscription: WebhookSubscription,
    reply: Reply,
    luck: Luck,
    at: datetime,
) -> None:
    """Queue a message that was not taken again, or give it up."""
    if subscription.status == SubscriptionStatus.CLOSED:
        _end(message, MessageStatus.DROPPED, "The subscription was closed.", at)
    elif subscription.status == SubscriptionStatus.DISABLED:
        _end(message, MessageStatus.DEAD, SWITCHED_OFF, at)
    elif reply.result == "refused" or message.tries >= MAX_TRIES:
        _end(message, MessageStatus.DEAD, f"Given up: {reply.said}"[:120], at)
    else:
        wait = max(wait_after(message.tries, luck), timedelta(seconds=reply.retry_after_s))
        message.status, message.next_attempt_at = MessageStatus.QUEUED, at + wait
        message.claimed_until, message.reason = None, reply.said[:120]
        message.save()


def _judge(
    subscription: WebhookSubscription, health: WebhookHealth, reply: Reply, at: datetime
) -> None:
    """Switch a subscription off whose receiver is gone, or failed for a whole day."""
    if reply.result == "refused":
        switch_off(subscription, reason=f"The receiver answered {GONE} Gone.", at=at)
    elif (
        health.failing_since is not None
        and at - health.failing_since >= FAILS_AT_MOST
        and health.failures >= FEWEST_FAILURES
    ):
        reason = f"The receiver took nothing for a day; last: {reply.said[:120]}"
        switch_off(subscription, reason=reason, at=at)


def _note_success(health: WebhookHealth, at: datetime) -> None:
    health.failures, health.failing_since, health.held_until = 0, None, None
    health.last_success_at = at
    health.save()


def _note_failure(health: WebhookHealth, reply: Reply, at: datetime) -> None:
    health.failures += 1
    health.failing_since = health.failing_since or at
    health.last_failure_at, health.last_error = at, reply.said[:120]
    hold = max(hold_after(health.failures), timedelta(seconds=reply.retry_after_s))
    health.held_until = at + hold if hold else None
    health.save()


def _end(message: WebhookMessage, status: str, reason: str, at: datetime) -> None:
    message.status, message.reason, message.ended_at = status, reason, at
    message.next_attempt_at = message.claimed_until = None
    message.save()
