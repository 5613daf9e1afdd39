"""Every address about webhooks: how to ask it well, and what it answers the second time."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from common.models import AuditEvent
from tests.users.factories import UserFactory, grant
from tests.users.webhook_scene import make_subscription, queue_tests
from users.models import WebhookAttempt, WebhookMessage, WebhookSubscription

BASE = "/api/users/webhooks/"
# A number instead of a name: no test asks a name service.
URL = "https://93.184.216.34/in"
TYPES = {"url": URL, "event_types": ["trip.*"]}
ADD, CHANGE = "users.add_webhooksubscription", "users.change_webhooksubscription"
VIEW, MESSAGES = "users.view_webhooksubscription", "users.view_webhookmessage"
ATTEMPTS = "users.view_webhookattempt"
WHY = {"reason": "Because"}


@dataclass(frozen=True)
class Ask:
    """One endpoint: how to ask it well, what it answers then and the second time."""

    method: str
    path: str
    needs: str
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    again: int = 200
    is_versioned: bool = False


ASKS = [
    Ask("get", BASE, VIEW),
    Ask("post", BASE, ADD, TYPES, status=201, again=409),
    Ask("get", BASE + "{hook}/", VIEW),
    Ask("patch", BASE + "{hook}/", CHANGE, {"numbers": ["TR-1"]}, again=412, is_versioned=True),
    Ask("post", BASE + "{hook}/pause/", CHANGE, WHY, again=409),
    Ask("post", BASE + "{paused}/resume/", CHANGE, again=409),
    Ask("post", BASE + "{hook}/close/", CHANGE, WHY, again=409),
    Ask("post", BASE + "{hook}/rotate-secret/", CHANGE, again=412, is_versioned=True),
    Ask("post", BASE + "{hook}/test/", CHANGE, status=202, again=409),
    Ask("post", BASE + "{hook}/deliver-again/", CHANGE, {"after": 0}),
    Ask("get", BASE + "{hook}/messages/", MESSAGES),
    Ask("get", BASE + "{hook}/history/", VIEW),
    Ask("get", "/api/users/webhook-messages/", MESSAGES),
    Ask("get", "/api/users/webhook-messages/{dead}/", MESSAGES),
    Ask("get", "/api/users/webhook-messages/{dead}/attempts/", ATTEMPTS),
    Ask("post", "/api/users/webhook-messages/{dead}/deliver-again/", CHANGE, again=409),
    Ask("get", "/api/users/webhook-event-types/", VIEW),
]
WRITES = [ask for ask in ASKS if ask.method != "get"]
OF_ONE = [ask for ask in ASKS if "{" in ask.path]


def label(ask):
    return f"{ask.method} {ask.path}"


def make_rows():
    """The caller with everything they need, their subscriptions and a dead letter."""
    owner = UserFactory()
    hook = make_subscription(owner)
    paused = make_subscription(owner, url="https://b.example/", status="paused")
    (dead,) = queue_tests(hook, 1)
    WebhookMessage.objects.filter(pk=dead.pk).update(
        status="dead", ended_at=timezone.now(), next_attempt_at=None
    )
    WebhookAttempt.objects.create(
        message=dead, number=1, sent_at=timezone.now(), duration_ms=9, response_code=500
    )
    return {"owner": owner, "hook": hook.pk, "paused": paused.pk, "dead": dead.pk}


def send(client, ask, rows, body=None, **headers):
    if ask.is_versioned:
        headers.setdefault("HTTP_IF_MATCH", '"1"')
    path = ask.path.format(**rows)
    given = ask.body if body is None else body
    if ask.method == "get":
        return client.get(path, **headers)
    return getattr(client, ask.method)(path, given, format="json", **headers)


def holder(client_for, user, *permissions):
    grant(user, *permissions)
    return client_for(user)


def state():
    """What a refused write must not have changed."""
    return (
        AuditEvent.objects.exclude(action__startswith="session.").count(),
        list(WebhookSubscription.objects.order_by("pk").values_list("version", "status", "url")),
        list(WebhookMessage.objects.order_by("pk").values_list("status", "tries")),
    )
