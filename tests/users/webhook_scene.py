"""Subscriptions, receivers and events for the tests of webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import override_settings

from common.events import Announcement
from common.webhooks.offers import offer_of
from tests.common.webhooks.receivers import Local, local_server
from tests.users.factories import UserFactory
from users.models import User, WebhookHealth, WebhookMessage, WebhookSubscription
from users.services import webhook_queue

NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
KEY = b"0123456789abcdef0123456789abcdef"
PUBLIC = "https://hooks.example.com/in"


def after(**lapse: float) -> datetime:
    return NOW + timedelta(**lapse)


def make_subscription(owner: User | None = None, **more: Any) -> WebhookSubscription:
    """A subscription as the service would make it, without asking where its address leads."""
    owner = owner or UserFactory(is_superuser=True)
    given = {"url": PUBLIC, "event_types": ["*"], "secret": SECRET, "made_by": owner} | more
    subscription = WebhookSubscription.objects.create(owner=owner, **given)
    WebhookHealth.objects.create(subscription=subscription)
    return subscription


def happened(event_type: str, record: Any, number: int = 1, at: datetime = NOW) -> Any:
    """An event about a record, as the outbox hands it over; `number` is the event's."""
    offer: Any = offer_of(event_type)
    announcement = Announcement(number, at, f"request-{number}")
    return webhook_queue.queue_event(offer, record.pk, announcement, at=at)


def queue_test(subscription: WebhookSubscription, at: datetime = NOW) -> WebhookMessage:
    return webhook_queue.queue_test(subscription, actor=subscription.owner, at=at)


def queue_tests(subscription: WebhookSubscription, count: int) -> list[WebhookMessage]:
    """Several at once, which the service itself would not queue."""
    health = WebhookHealth.objects.get(subscription=subscription)
    made = WebhookMessage.objects.bulk_create(
        WebhookMessage(
            subscription=subscription,
            sequence=health.last_sequence + step,
            event_type="webhook.test",
            created_at=NOW,
            next_attempt_at=NOW,
        )
        for step in range(1, count + 1)
    )
    WebhookHealth.objects.filter(pk=health.pk).update(last_sequence=health.last_sequence + count)
    return made


@contextmanager
def open_receiver() -> Iterator[Local]:
    """A receiver on this machine, with settings that let messages go to it."""
    with local_server() as local:
        opened = {
            "WEBHOOK_PORTS": [local.port],
            "WEBHOOK_ALLOWED_NETWORKS": ["127.0.0.0/8"],
            "WEBHOOK_ALLOW_HTTP": True,
        }
        with override_settings(**opened):
            yield local
