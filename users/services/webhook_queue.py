"""Writing messages down for those who subscribed, and putting them in the queue once more."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from common import audit
from common.events import Announcement
from common.lifecycle import locked
from common.scheduler import schedule_on_commit
from common.webhooks.offers import TEST, Offer
from users.exceptions import MessageWaits, NotAnswerable, SubscriptionNotOpen
from users.models import (
    MessageStatus,
    SubscriptionStatus,
    User,
    WebhookHealth,
    WebhookMessage,
    WebhookSubscription,
)
from users.queries.webhooks import (
    closed_because,
    held_back_because,
    message_held_back_because,
    subscribers,
)
from users.services.guards import require_may_act_as

KEPT = timedelta(days=30)
# A worker that has not come by then never got the call; the sweep calls another one, too.
CALLED_FOR = timedelta(seconds=20)
MOST_AGAIN = 5000
DELETED_AT_ONCE = 5000
SWITCHED_OFF = "The subscription is switched off."
SENDS = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)
WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


@transaction.atomic
def queue_event(
    offer: Offer, object_id: int, announcement: Announcement, *, at: datetime
) -> list[WebhookMessage]:
    """
    Write an event down for everybody who asks for it and may see its record now; twice is once.

    Health rows are locked in the order of their keys, and numbers follow the order of commits.
    """
    asking = list(subscribers(offer, event_id=announcement.event_id))
    facts = offer.record.facts_of(object_id) if asking else None
    if facts is None:
        return []
    wanted = [each for each in asking if _hears(each, offer, object_id, facts, at)]
    # Closed ones are told from open ones under the lock that closing takes, too.
    held = [(each, health) for each in wanted if (health := _held(each)) is not None]
    return [
        _queued(
            subscription,
            health,
            at=at,
            event_id=announcement.event_id,
            event_type=offer.name,
            object_kind=offer.record.kind,
            object_id=object_id,
            object_number=facts["number"],
            object_path=facts["path"],
            request_id=announcement.request_id,
            created_at=announcement.occurred_at,
        )
        for subscription, health in held
    ]


@transaction.atomic
def queue_test(subscription: WebhookSubscription, *, actor: User, at: datetime) -> WebhookMessage:
    """
    Queue a message about nothing, to see that it arrives.

    Raises SubscriptionNotOpen unless it is active, MessageWaits while a test is on its way,
    NotAnswerable where the owner's account or token ended, BeyondOwnAuthority for an owner who may
    more than the actor.
    """
    subscription = locked(subscription)
    require_may_act_as(actor, subscription.owner, at=at)
    if subscription.status != SubscriptionStatus.ACTIVE:
        raise SubscriptionNotOpen(status=str(subscription.status))
    waits = subscription.messages.filter(event_type=TEST, status__in=WAITING).first()
    if waits is not None:
        raise MessageWaits(number=waits.sequence)
    if reason := closed_because(subscription, at=at):
        raise NotAnswerable(number=TEST, reason=reason)
    audit.record("webhook.test", subscription, actor=actor, at=at)
    health = WebhookHealth.objects.select_for_update().get(subscription=subscription)
    return _queued(subscription, health, at=at, event_type=TEST, created_at=at)


@transaction.atomic
def deliver_again(message: WebhookMessage, *, actor: User, at: datetime) -> WebhookMessage:
    """
    Send one message again, under the number it had.

    Raises SubscriptionNotOpen where nothing is sent, MessageWaits for one that is on its way,
    NotAnswerable for one that its owner may not have any more, BeyondOwnAuthority.
    """
    subscription = _sending(message.subscription, actor, at)
    message = locked(message)
    if message.status in WAITING:
        raise MessageWaits(number=message.sequence)
    message.subscription = subscription
    if reason := message_held_back_because(message, at=at):
        raise NotAnswerable(number=message.sequence, reason=reason)
    message.status, message.reason = MessageStatus.QUEUED, ""
    message.tries, message.next_attempt_at, message.ended_at = 0, at, None
    message.save()
    audit.record(
        "webhook.deliver_again", subscription, actor=actor, at=at, sequence=message.sequence
    )
    _wake(subscription)
    return message


@transaction.atomic
def deliver_again_after(
    subscription: WebhookSubscription,
    *,
    after: int,
    only_dead: bool,
    actor: User,
    at: datetime,
) -> int:
    """
    Send what was numbered after a cursor again, the oldest first; returns how many.

    At most MOST_AGAIN at once, dead letters alone or delivered ones too. What was dropped stays
    dropped. Raises SubscriptionNotOpen, BeyondOwnAuthority.
    """
    subscription = _sending(subscription, actor, at)
    wanted = [MessageStatus.DEAD] if only_dead else [MessageStatus.DEAD, MessageStatus.DELIVERED]
    rows = subscription.messages.filter(status__in=wanted, sequence__gt=after)
    numbers = list(rows.order_by("sequence").values_list("pk", flat=True)[:MOST_AGAIN])
    count = rows.filter(pk__in=numbers).update(
        status=MessageStatus.QUEUED, reason="", tries=0, next_attempt_at=at, ended_at=None
    )
    audit.record(
        "webhook.deliver_again", subscription, actor=actor, at=at, after=after, count=count
    )
    _wake(subscription)
    return count


def forget_messages(*, at: datetime) -> int:
    """Delete messages and their tries that are older than they are kept; returns how many."""
    old = WebhookMessage.objects.filter(created_at__lt=at - KEPT)
    old = old.exclude(status=MessageStatus.SENDING)
    total = 0
    while numbers := list(old.order_by("pk").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        with transaction.atomic():
            total += _deleted(numbers)
    return total


def _deleted(numbers: list[int]) -> int:
    # In two statements: Django's own cascade would read every try first.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_webhookattempt WHERE message_id = ANY(%s)", [numbers])
        cursor.execute(
            "DELETE FROM users_webhookmessage WHERE id = ANY(%s) AND status <> 'sending'",
            [numbers],
        )
        return int(cursor.rowcount)


def _wants(subscription: WebhookSubscription, facts: dict[str, Any]) -> bool:
    is_of_scope = subscription.scope in ("", facts["scope"])
    return is_of_scope and (not subscription.numbers or facts["number"] in subscription.numbers)


def _hears(
    subscription: WebhookSubscription,
    offer: Offer,
    object_id: int,
    facts: dict[str, Any],
    at: datetime,
) -> bool:
    """Whether an event is for a subscription; a worker is called for one that ended."""
    if closed_because(subscription, at=at):
        # Who comes switches it off, under its lock, which nobody takes after a health row.
        if subscription.status == SubscriptionStatus.ACTIVE:
            _wake(subscription)
        return False
    return _wants(subscription, facts) and not held_back_because(
        subscription, offer, object_id, at=at
    )


def _held(subscription: WebhookSubscription) -> WebhookHealth | None:
    """The locked health row of a subscription that is open still, and its status of now."""
    health = WebhookHealth.objects.select_for_update().get(subscription=subscription)
    subscription.refresh_from_db(fields=["status"])
    return None if subscription.status == SubscriptionStatus.CLOSED else health


def _queued(
    subscription: WebhookSubscription, health: WebhookHealth, *, at: datetime, **facts: Any
) -> WebhookMessage:
    """One more message; of a subscription that is switched off it is a dead letter at once."""
    health.last_sequence += 1
    is_to_wake = _is_to_wake(subscription, health, at)
    if is_to_wake:
        health.woken_at = at
    health.save(update_fields=["last_sequence", "woken_at"])
    is_off = subscription.status == SubscriptionStatus.DISABLED
    state = (
        {"status": MessageStatus.DEAD, "reason": SWITCHED_OFF, "ended_at": at}
        if is_off
        else {"status": MessageStatus.QUEUED, "next_attempt_at": at}
    )
    message = WebhookMessage.objects.create(
        subscription=subscription, sequence=health.last_sequence, **facts, **state
    )
    if is_to_wake:
        _wake(subscription)
    return message


def _is_to_wake(subscription: WebhookSubscription, health: WebhookHealth, at: datetime) -> bool:
    """Whether nobody is on the way to send: who was called takes all that is there by then."""
    if subscription.status != SubscriptionStatus.ACTIVE:
        return False
    if health.held_until is not None and health.held_until > at:
        return False
    return health.woken_at is None or health.woken_at <= at - CALLED_FOR


def _sending(subscription: WebhookSubscription, actor: User, at: datetime) -> WebhookSubscription:
    """The row, locked, for somebody who may all that its owner may. Raises SubscriptionNotOpen."""
    subscription = locked(subscription)
    require_may_act_as(actor, subscription.owner, at=at)
    if subscription.status not in SENDS:
        raise SubscriptionNotOpen(status=str(subscription.status))
    return subscription


def _wake(subscription: WebhookSubscription) -> None:
    schedule_on_commit("users.tasks.send_webhooks", subscription_id=subscription.pk)
