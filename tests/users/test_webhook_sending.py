"""Messages on their way: signed, at least once, ever less often, never to who lost the right."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings

from common.models import AuditEvent, Mail, StatusChange
from common.webhooks import calling
from common.webhooks.calling import Reply
from common.webhooks.signing import key_of
from tests.common.webhooks.receivers import verifies
from tests.flight_operations.factories import OperationFactory
from tests.users.webhook_scene import (
    KEY,
    NOW,
    SECRET,
    after,
    happened,
    make_subscription,
    open_receiver,
    queue_test,
    queue_tests,
)
from users.models import WebhookHealth, WebhookMessage, WebhookSubscription
from users.services import webhook_sending as sending
from users.services import webhook_subscriptions

pytestmark = pytest.mark.django_db
RELEASED = "flight_operation.released"
VIEW = "flight_operations.view_flightoperation"
EVEN = 0.5
SENT = Reply("sent", "204", 204, duration_ms=3)
FAILED = Reply("later", "500", 500, "no", 5)
TIMEOUT = Reply("later", "TimeoutError", duration_ms=10_000)


@pytest.fixture
def server():
    with open_receiver() as local:
        yield local


@pytest.fixture
def subscription(settings):
    settings.WEBHOOK_CALLS_AT_ONCE = 8
    return make_subscription()


def health(subscription):
    return WebhookHealth.objects.get(subscription=subscription)


def attempt(subscription, reply, at=NOW):
    """Claim the next message and let it end this way; None where nothing is to be sent."""
    claimed = sending.claim(subscription.pk, at=at)
    if claimed is None:
        return None
    sending.finish(claimed.message, reply, sent_at=at, at=at, luck=lambda: EVEN)
    return WebhookMessage.objects.get(pk=claimed.message.pk)


def drain(subscription, at=NOW):
    return sending.drain(subscription.pk, clock=lambda: at)


def test_a_message_arrives_thin_signed_and_is_logged(server, settings):
    settings.PUBLIC_URL = "https://windsock.example"
    operation = OperationFactory(planned_start_at=NOW)
    subscription = make_subscription(url=server.url("in"))
    (message,) = happened(RELEASED, operation, number=7)

    assert drain(subscription, at=after(seconds=2)) is None

    (heard,) = server.heard
    assert heard.headers["webhook-id"] == f"msg_{message.pk}"
    assert heard.headers["webhook-timestamp"] == str(int(NOW.timestamp()) + 2)
    assert verifies(heard, SECRET)
    assert json.loads(heard.body) == {
        "id": f"msg_{message.pk}",
        "type": RELEASED,
        "created_at": "2026-03-14T22:30:00Z",
        "sequence": 1,
        "object": {
            "kind": "flight_operation",
            "number": operation.number,
            "url": f"https://windsock.example/api/flight-operations/operations/{operation.number}/",
        },
        "request_id": "request-7",
    }
    message.refresh_from_db()
    assert (message.status, message.attempts, message.ended_at) == (
        "delivered",
        1,
        after(seconds=2),
    )
    (log,) = message.log.all()
    assert (log.number, log.response_code, log.error) == (1, 204, "")
    assert log.sent_at == after(seconds=2)
    assert health(subscription).last_success_at == after(seconds=2)


def test_a_test_message_is_about_nothing(server):
    subscription = make_subscription(url=server.url("in"))
    message = queue_test(subscription)

    drain(subscription)

    body = json.loads(server.heard[0].body)
    assert (body["type"], body["object"], body["sequence"]) == ("webhook.test", None, 1)
    message.refresh_from_db()
    assert message.status == "delivered"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("trouble", ("queued", 500, "", "no\N{REPLACEMENT CHARACTER} such thing")),
        ("away", ("queued", 302, "", "")),
        ("gone", ("dead", 410, "", "")),
        ("closes", ("queued", None, "RemoteDisconnected", "")),
        ("hangs", ("queued", None, "TimeoutError", "")),
        ("huge", ("delivered", 200, "", "xxx")),
    ],
)
def test_what_a_real_receiver_does_is_in_the_log(server, monkeypatch, path, wanted):
    status, code, error, excerpt = wanted
    monkeypatch.setattr(calling, "ANSWER_S", 0.3)
    subscription = make_subscription(url=server.url(path))
    message = queue_test(subscription)

    drain(subscription)

    message.refresh_from_db()
    log = message.log.get()
    assert (message.status, log.response_code, log.error) == (status, code, error)
    assert log.excerpt.startswith(excerpt)
    assert log.duration_ms >= (300 if path == "hangs" else 0)


def test_an_address_that_leads_inside_since_is_not_asked(server):
    subscription = make_subscription(url=server.url("in"))
    message = queue_test(subscription)

    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[]):
        drain(subscription)

    assert server.heard == []
    assert message.log.get().error == "Its name does not lead to a public address."


def test_twelve_tries_over_three_days_then_a_dead_letter(subscription):
    message = queue_test(subscription)
    WebhookHealth.objects.update(failures=0)
    at, waits = NOW, []
    for number in range(1, 13):
        message = attempt(subscription, FAILED, at)
        # The receiver takes other messages: the subscription itself is well.
        WebhookHealth.objects.update(failures=0, failing_since=None, held_until=None)
        assert (message.attempts, message.tries) == (number, number)
        if number < 12:
            assert (
                attempt(subscription, SENT, message.next_attempt_at - timedelta(seconds=1)) is None
            )
            waits.append(message.next_attempt_at - at)
            at = message.next_attempt_at

    assert waits == list(sending.WAITS)
    assert timedelta(days=2.9) < sum(waits, timedelta()) < timedelta(days=3.1)
    assert (message.status, message.reason) == ("dead", "Given up: 500")
    assert message.log.count() == 12
    assert WebhookSubscription.objects.get().status == "active"


def test_waits_differ_by_a_fifth_so_that_not_all_come_back_at_once():
    assert sending.wait_after(2, lambda: 0.0) == timedelta(seconds=48)
    assert sending.wait_after(2, lambda: 1.0) == timedelta(seconds=72)
    assert sending.wait_after(99, lambda: EVEN) == sending.WAITS[-1]


def test_a_receiver_that_asks_to_be_left_alone_is(subscription):
    queue_tests(subscription, 2)

    message = attempt(subscription, Reply("later", "503", 503, retry_after_s=900))

    assert message.next_attempt_at == after(seconds=900)
    assert health(subscription).held_until == after(seconds=900)
    assert attempt(subscription, SENT, after(seconds=899)) is None
    assert attempt(subscription, SENT, after(seconds=900)).status == "delivered"


def test_who_fails_again_and_again_is_asked_ever_less_often(subscription):
    queue_tests(subscription, 20)
    at, holds = NOW, []
    for _ in range(12):
        assert attempt(subscription, TIMEOUT, at) is not None
        held = health(subscription).held_until
        holds.append((held - at).total_seconds() if held else 0)
        at = held or at

    assert holds == [0, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800]
    assert attempt(subscription, SENT, at).status == "delivered"
    assert (health(subscription).failures, health(subscription).held_until) == (0, None)
    assert attempt(subscription, SENT, at).status == "delivered"


def test_one_at_a_time_to_who_failed_last_else_as_many_as_the_settings_say(subscription):
    queue_tests(subscription, 5)
    first, second = (sending.claim(subscription.pk, at=NOW) for _ in range(2))
    assert sending.claim(subscription.pk, at=NOW) is None

    sending.finish(first.message, FAILED, sent_at=NOW, at=NOW)
    assert sending.claim(subscription.pk, at=NOW) is None
    sending.finish(second.message, SENT, sent_at=NOW, at=NOW)
    assert [sending.claim(subscription.pk, at=NOW) is None for _ in range(3)] == [
        False,
        False,
        True,
    ]


def test_an_address_that_is_gone_switches_the_subscription_off_and_tells_the_owner(subscription):
    queue_tests(subscription, 3)

    message = attempt(subscription, Reply("refused", "410", 410))

    subscription.refresh_from_db()
    assert message.status == "dead"
    assert (subscription.status, subscription.status_reason) == (
        "disabled",
        "The receiver answered 410 Gone.",
    )
    assert set(subscription.messages.values_list("status", flat=True)) == {"dead"}
    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient) == ("webhook_disabled", subscription.owner.email)
    assert AuditEvent.objects.filter(action="webhook.switch_off").count() == 1
    assert StatusChange.objects.filter(to_status="disabled").count() == 1
    assert attempt(subscription, SENT) is None


def test_a_whole_day_of_failing_switches_the_subscription_off(subscription):
    queue_tests(subscription, 30)
    for step in range(4):
        attempt(subscription, FAILED, after(hours=step))
    attempt(subscription, FAILED, after(hours=23, minutes=59))
    assert WebhookSubscription.objects.get().status == "active"

    attempt(subscription, FAILED, after(hours=24, minutes=30))

    subscription.refresh_from_db()
    assert subscription.status == "disabled"
    assert subscription.status_reason == "The receiver took nothing for a day; last: 500"
    assert Mail.objects.count() == 1


def test_few_failures_far_apart_do_not_switch_it_off(subscription):
    queue_tests(subscription, 3)
    attempt(subscription, FAILED, NOW)

    attempt(subscription, FAILED, after(hours=30))

    assert WebhookSubscription.objects.get().status == "active"


def test_a_lost_worker_is_followed_by_another_under_the_same_number(subscription):
    (message,) = queue_tests(subscription, 1)
    lost = sending.claim(subscription.pk, at=NOW)

    assert sending.sweep(at=after(seconds=119)) == []
    assert sending.claim(subscription.pk, at=after(seconds=119)) is None
    assert sending.sweep(at=after(minutes=2)) == []
    message.refresh_from_db()
    assert (message.status, message.log.get().error) == ("queued", "WorkerLost")
    assert sending.sweep(at=after(minutes=3)) == [subscription.pk]
    again = sending.claim(subscription.pk, at=after(minutes=3))
    sending.finish(lost.message, SENT, sent_at=NOW, at=after(minutes=3))
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sending", 2)
    sending.finish(again.message, SENT, sent_at=after(minutes=3), at=after(minutes=3))
    message.refresh_from_db()
    assert message.status == "delivered"
    assert again.message.public_id == lost.message.public_id == message.public_id
    assert sending.body_of(again.message) == sending.body_of(lost.message)
    assert list(message.log.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_the_sweep_names_who_has_something_due_and_is_not_held_back(subscription):
    queue_tests(subscription, 1)
    idle = make_subscription(url="https://a.example/")
    held = make_subscription(url="https://b.example/")
    paused = make_subscription(url="https://c.example/", status="paused")
    for each in (held, paused):
        queue_tests(each, 1)
    WebhookHealth.objects.filter(subscription=held).update(held_until=after(minutes=1))

    assert sending.sweep(at=NOW) == [subscription.pk]
    assert sending.sweep(at=after(minutes=1)) == [subscription.pk, held.pk]
    assert idle.pk not in sending.sweep(at=after(minutes=1))


def test_messages_go_in_order_and_a_turn_ends(server, monkeypatch):
    monkeypatch.setattr(sending, "MOST_IN_A_TURN", 3)
    subscription = make_subscription(url=server.url("in"))
    queue_tests(subscription, 5)

    assert drain(subscription) == subscription.pk
    assert drain(subscription) is None
    assert [json.loads(heard.body)["sequence"] for heard in server.heard] == [1, 2, 3, 4, 5]


def test_a_slow_receiver_gives_the_worker_back(server):
    subscription = make_subscription(url=server.url("in"))
    queue_tests(subscription, 5)
    ticks = iter(range(0, 1000, 3))

    following = sending.drain(subscription.pk, clock=lambda: after(seconds=next(ticks)))

    assert following == subscription.pk
    assert len(server.heard) == 1


def test_both_secrets_sign_for_a_day_after_a_change(subscription):
    queue_tests(subscription, 3)
    _, secret = webhook_subscriptions.rotate_secret(
        subscription, version=None, actor=subscription.owner, at=NOW
    )

    during = sending.claim(subscription.pk, at=after(hours=23, minutes=59))
    past = sending.claim(subscription.pk, at=after(hours=24))

    assert during.keys == (key_of(secret), KEY)
    assert past.keys == (key_of(secret),)


@pytest.mark.parametrize(
    ("service", "status", "reason"),
    [
        ("pause", "queued", "500"),
        ("close", "dropped", "The subscription was closed."),
    ],
)
def test_what_is_on_its_way_when_sending_ends(subscription, service, status, reason):
    queue_tests(subscription, 2)
    claimed = sending.claim(subscription.pk, at=NOW)
    run = getattr(webhook_subscriptions, service)
    run(subscription, reason="Because", actor=subscription.owner, at=NOW)

    sending.finish(claimed.message, FAILED, sent_at=NOW, at=NOW)

    message = WebhookMessage.objects.get(pk=claimed.message.pk)
    assert (message.status, message.reason) == (status, reason)
    assert sending.claim(subscription.pk, at=after(days=1)) is None


def test_the_task_queues_for_another_turn(subscription, scheduled, monkeypatch):
    from users import tasks  # noqa: PLC0415 - after the settings of the test

    other = make_subscription(url="https://b.example/")
    answers = [other.pk, None]
    monkeypatch.setattr(sending, "drain", lambda pk, clock: answers.pop(0))
    queue_tests(subscription, 1)

    tasks.send_webhooks(subscription_id=subscription.pk)
    tasks.send_webhooks(subscription_id=subscription.pk)
    tasks.send_due_webhooks()
    tasks.forget_old_webhook_messages()

    name, arguments = "users.tasks.send_webhooks", {"subscription_id": subscription.pk}
    assert scheduled == [(name, {"subscription_id": other.pk}), (name, arguments)]
    # Its one message is of the tests' day, which is long ago by the clock of the tasks.
    assert not WebhookMessage.objects.exists()
