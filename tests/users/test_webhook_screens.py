"""The admin's screens of webhooks: health, the log, and deeds that go through the services."""

from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.users.factories import UserFactory, grant
from tests.users.webhook_scene import SECRET, make_subscription, queue_tests
from users.models import User, WebhookAttempt, WebhookHealth, WebhookMessage
from users.services.preferences import change_preferences

pytestmark = pytest.mark.django_db
SUBSCRIPTIONS = reverse("admin:users_webhooksubscription_changelist")
MESSAGES = reverse("admin:users_webhookmessage_changelist")
VIEWS = ("users.view_webhooksubscription", "users.view_webhookmessage", "users.view_webhookattempt")


@pytest.fixture
def owner():
    user = UserFactory()
    grant(user, *VIEWS, "users.change_webhooksubscription")
    return user


@pytest.fixture
def subscription(owner):
    made = make_subscription(owner, description="ERP of the client")
    WebhookHealth.objects.filter(subscription=made).update(
        failures=4, failing_since=timezone.now(), last_error="TimeoutError"
    )
    (message,) = queue_tests(made, 1)
    WebhookMessage.objects.filter(pk=message.pk).update(
        status="dead", ended_at=timezone.now(), next_attempt_at=None, reason="Given up: 500"
    )
    WebhookAttempt.objects.create(
        message=message,
        number=1,
        sent_at=timezone.now(),
        duration_ms=12,
        response_code=500,
        excerpt="<script>no</script>",
    )
    return made


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def act(client, path, action, row):
    answer = client.post(path, {"action": action, "_selected_action": [row.pk]})
    # Those of earlier deeds wait for a page that shows them.
    return [str(message) for message in get_messages(answer.wsgi_request)][-1:]


def test_the_lists_show_how_receivers_fare_and_what_became_of_messages(owner, subscription):
    client = enter(owner)
    (message,) = subscription.messages.all()

    pages = [
        client.get(SUBSCRIPTIONS).content.decode(),
        client.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/").content.decode(),
        client.get(MESSAGES).content.decode(),
        client.get(f"{MESSAGES}{message.pk}/change/").content.decode(),
    ]

    assert all(word in pages[0] for word in ("ERP of the client", "TimeoutError", owner.email))
    assert "https://hooks.example.com/in" in pages[1]
    assert all(word in pages[2] for word in ("webhook.test", "Given up: 500"))
    assert "&lt;script&gt;no&lt;/script&gt;" in pages[3]
    for page in pages:
        assert SECRET not in page
        assert "<script>no" not in page


def test_times_that_a_method_tells_are_shown_as_their_reader_prefers(owner, subscription):
    wanted = {"timezone": "Asia/Tokyo", "clock": "12", "date_format": "iso"}
    change_preferences(owner, version=None, changes=wanted, at=timezone.now())
    client = enter(owner)
    failing = WebhookHealth.objects.get(subscription=subscription).failing_since

    pages = [
        client.get(SUBSCRIPTIONS, {"o": "-9"}).content.decode(),
        client.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/").content.decode(),
    ]
    taken = client.post(
        SUBSCRIPTIONS, {"action": "export_csv", "_selected_action": subscription.pk}
    )

    told = f"{failing.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%d %-I:%M %p JST}"
    assert all(told in page for page in pages)
    assert all("ailing since" in page for page in pages)
    assert "JST" not in b"".join(taken.streaming_content).decode()


def test_deeds_go_through_the_services(owner, subscription):
    client = enter(owner)
    (message,) = subscription.messages.all()

    said = [
        *act(client, SUBSCRIPTIONS, "send_test", subscription),
        *act(client, SUBSCRIPTIONS, "send_test", subscription),
        *act(client, SUBSCRIPTIONS, "pause", subscription),
        *act(client, SUBSCRIPTIONS, "pause", subscription),
        *act(client, SUBSCRIPTIONS, "resume", subscription),
        *act(client, MESSAGES, "deliver_again", message),
        *act(client, MESSAGES, "deliver_again", message),
    ]

    name = f"webhook {subscription.pk}"
    assert said == [
        f"{name}: a test is on its way",
        f"{name}: The message 2 is on its way already.",
        f"{name}: paused",
        f"{name}: A record that is paused cannot become paused.",
        f"{name}: resumed",
        "webhook.test #1: on its way again",
        "webhook.test #1: The message 1 is on its way already.",
    ]
    message.refresh_from_db()
    assert message.status == "queued"
    WebhookMessage.objects.update(status="dead", ended_at=timezone.now(), next_attempt_at=None)
    assert act(client, SUBSCRIPTIONS, "deliver_again", subscription) == [
        f"{name}: dead letters are on their way"
    ]
    assert set(subscription.messages.values_list("status", flat=True)) == {"queued"}


def test_who_may_only_look_is_offered_no_deed_and_sees_no_foreign_row(subscription):
    looker = UserFactory()
    grant(looker, *VIEWS)
    client = enter(looker)

    assert "ERP of the client" not in client.get(SUBSCRIPTIONS).content.decode()
    act(client, SUBSCRIPTIONS, "pause", subscription)
    subscription.refresh_from_db()
    assert subscription.status == "active"
    keeper = UserFactory()
    grant(keeper, *VIEWS, "users.change_apitoken")
    assert "ERP of the client" in enter(keeper).get(SUBSCRIPTIONS).content.decode()
    act(enter(keeper), SUBSCRIPTIONS, "pause", subscription)
    subscription.refresh_from_db()
    assert subscription.status == "active"


def test_nothing_is_added_changed_or_deleted_by_hand(owner, subscription):
    client = enter(owner)
    path = f"{SUBSCRIPTIONS}{subscription.pk}/"

    assert client.get(f"{SUBSCRIPTIONS}add/").status_code == 403
    assert client.post(f"{path}change/", {"url": "https://x.example/"}).status_code == 403
    assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    subscription.refresh_from_db()
    assert subscription.url == "https://hooks.example.com/in"
