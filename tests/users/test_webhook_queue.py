"""What is written down for whom: only what the owner may see, once, numbered without gaps."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import resolve

from common.api.permissions import required_permission
from common.events import Announcement, event_types
from common.models import AuditEvent, Delivery, OutboxEvent
from common.outbox import announce
from common.webhooks import offers as registry
from common.webhooks.offers import offer, offer_of, offers
from flight_operations.events import OperationReleased
from flight_operations.webhook_events import OPERATION
from tests.flight_operations.factories import OperationFactory
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant
from tests.users.webhook_scene import (
    NOW,
    after,
    happened,
    make_subscription,
    queue_test,
    queue_tests,
)
from users.exceptions import MessageWaits, NotAnswerable, SubscriptionNotOpen
from users.models import WebhookAttempt, WebhookMessage
from users.services import api_tokens, webhook_queue, webhook_sending, webhook_subscriptions

pytestmark = pytest.mark.django_db
RELEASED = "flight_operation.released"
VIEW = "flight_operations.view_flightoperation"


@pytest.fixture(scope="module")
def operation(kept_rows):
    return OperationFactory(planned_start_at=NOW)


def colleague(operation, *permissions):
    """Somebody who works for the operation's operator and holds these permissions."""
    user = MemberFactory(operator=operation.operator).user
    grant(user, *permissions)
    return user


@pytest.mark.parametrize("made", offers(), ids=lambda made: made.name)
def test_what_is_offered_leads_to_where_the_api_asks_for_the_same_permission(made):
    """Number, address and scope are columns; the address is served, and needs what we need."""
    record = made.record
    names = [record.number, *registry._names(record.path), record.scope]  # noqa: SLF001
    record.model._default_manager.values(*filter(None, names)).first()
    sample = {"number": "TR-2026-0042", "id": 7, "registration": "VH-ABC", "tail_number": "N1"}
    numbers = {"defect": "DF-2026-0042", "dispatch_event": "EV-2026-0042"} | {
        "service_request": "SR-2026-0042",
        "service_quote": "SQ-2026-0042",
        "job": "JOB-2026-0042",
        "quote": "QT-2026-0042",
    }
    sample["number"] = numbers.get(record.kind, sample["number"])
    match = resolve(record.path.format(**sample))
    view = match.func.cls()
    view.action = "retrieve"

    assert required_permission(view) == record.permission
    assert view.queryset.model is record.model
    assert event_types[made.event.name] is made.event
    assert made.key in made.event.__dataclass_fields__
    assert made.summary.endswith(".")


def test_somebody_answers_for_every_scope_that_names_a_record():
    prefixes = {made.record.scope_prefix for made in offers()}

    assert {each for each in prefixes if each.endswith(":")} == set(registry._scopes)  # noqa: SLF001
    assert {each for each in prefixes if ":" in each[:-1]} == set()


def test_a_scope_that_nobody_answers_for_is_seen_by_nobody():
    assert not registry.is_seen_scope("hangar:3", UserFactory(is_superuser=True))


def test_nothing_about_persons_is_on_offer():
    private = ("patient", "passenger", "medical", "crew", "user", "contact", "glass", "duty")

    assert [o.name for o in offers() if any(word in o.name for word in private)] == []
    assert len(offers()) > 50


def test_an_event_is_offered_once():
    with pytest.raises(ValueError, match="twice"):
        offer(OPERATION, "operation_id", [("released", OperationReleased, "Again.")])


def test_an_event_reaches_who_may_see_its_record_with_nothing_but_its_name(operation, now):
    owner = colleague(operation, VIEW)
    subscription = make_subscription(owner, event_types=[RELEASED])

    (message,) = happened(RELEASED, operation, number=7)

    assert (message.subscription, message.sequence, message.event_id) == (subscription, 1, 7)
    assert (message.status, message.next_attempt_at) == ("queued", NOW)
    assert (message.object_kind, message.object_number) == ("flight_operation", operation.number)
    assert message.object_path == f"/api/flight-operations/operations/{operation.number}/"
    assert message.request_id == "request-7"


def test_the_same_event_again_is_written_down_once(operation, now):
    subscription = make_subscription()

    assert len(happened(RELEASED, operation)) == 1
    assert happened(RELEASED, operation) == []
    assert len(happened(RELEASED, operation, number=2)) == 1
    assert [m.sequence for m in subscription.messages.order_by("pk")] == [1, 2]
    with pytest.raises(IntegrityError), transaction.atomic():
        message = subscription.messages.get(sequence=2)
        WebhookMessage.objects.filter(pk=message.pk).update(event_id=1)


@pytest.mark.parametrize(
    ("types", "count"),
    [
        (["*"], 1),
        (["flight_operation.*"], 1),
        ([RELEASED], 1),
        (["flight_operation.started"], 0),
        (["trip.*"], 0),
        (["trip.*", RELEASED], 1),
    ],
)
def test_types_are_named_one_by_one_by_record_or_all(operation, types, count):
    make_subscription(event_types=types)

    assert len(happened(RELEASED, operation)) == count


def test_scope_and_numbers_narrow_what_is_sent(operation):
    mine = f"rpas_operator:{operation.operator_id}"
    wanted = [
        make_subscription(url="https://a.example/", scope=mine),
        make_subscription(url="https://b.example/", numbers=[operation.number, "FO-1"]),
    ]
    make_subscription(url="https://c.example/", scope="rpas_operator:0")
    make_subscription(url="https://d.example/", scope="crewed_fleet")
    make_subscription(url="https://e.example/", numbers=["FO-1"])

    assert [m.subscription for m in happened(RELEASED, operation)] == wanted


def test_who_may_not_see_the_record_hears_nothing(operation, now):
    stranger = MemberFactory(operator=OperatorFactory()).user
    grant(stranger, VIEW)
    without = colleague(operation)
    closed = colleague(operation, VIEW)
    closed.is_active = False
    closed.save()
    for user in (stranger, without, closed, UserFactory()):
        make_subscription(user)

    assert happened(RELEASED, operation) == []


def test_a_token_bounds_what_its_subscription_hears(operation, now):
    owner = colleague(operation, VIEW, "flight_operations.view_conformancealert")
    named = token(owner, VIEW)
    other = token(owner, "flight_operations.view_conformancealert")
    heard = make_subscription(owner, url="https://a.example/", token=named)
    make_subscription(owner, url="https://b.example/", token=other)
    over = make_subscription(owner, url="https://c.example/", token=token(owner, VIEW))
    revoked = token(owner, VIEW)
    make_subscription(owner, url="https://d.example/", token=revoked)
    api_tokens.revoke_token(revoked, reason="Lost", actor=owner, at=NOW)

    found = happened(RELEASED, operation)
    late = happened(RELEASED, operation, number=2, at=after(days=6))

    assert [m.subscription for m in found] == [heard, over]
    assert late == []


def token(owner, scope):
    return api_tokens.issue_token(
        owner, name="T", scopes=[scope], expires_at=after(days=5), actor=owner, at=NOW
    )[0]


def test_a_record_that_is_gone_is_not_written_down(operation):
    make_subscription()
    made = offer_of(RELEASED)

    assert webhook_queue.queue_event(made, 10**9, Announcement(1, NOW, ""), at=NOW) == []


def test_paused_ones_wait_and_those_switched_off_are_dead_letters(operation):
    paused = make_subscription(url="https://a.example/", status="paused")
    off = make_subscription(url="https://b.example/", status="disabled", status_reason="410")
    make_subscription(url="https://c.example/", status="closed")

    waiting, dead = happened(RELEASED, operation)

    assert (waiting.subscription, waiting.status) == (paused, "queued")
    assert (dead.subscription, dead.status, dead.ended_at) == (off, "dead", NOW)
    assert dead.reason == webhook_queue.SWITCHED_OFF


def test_from_the_announcement_to_the_queue(operation, run_tasks, monkeypatch):
    """Through the outbox: the request that caused it is named, the sending is handed on."""
    subscription = make_subscription(event_types=[RELEASED])
    sent = []
    monkeypatch.setattr("users.services.webhook_sending.drain", lambda pk, clock: sent.append(pk))

    with transaction.atomic():
        announce(OperationReleased(operation_id=operation.pk, release_id=1))
    OutboxEvent.objects.update(request_id="request-of-a-person")
    run_tasks()

    (message,) = subscription.messages.all()
    event = OutboxEvent.objects.get(name=OperationReleased.name)
    assert (message.event_id, message.created_at) == (event.pk, event.occurred_at)
    assert message.request_id == "request-of-a-person"
    assert sent == [subscription.pk]
    assert not Delivery.objects.filter(delivered_at=None).exists()


def test_asking_for_a_subscriber_costs_the_same_for_any_number_of_messages(
    operation, django_assert_num_queries
):
    make_subscription()
    with django_assert_num_queries(9):
        happened(RELEASED, operation, number=1)
    with django_assert_num_queries(9):
        happened(RELEASED, operation, number=2)


def test_one_worker_is_called_for_many_messages_until_it_comes(operation, scheduled):
    subscription = make_subscription()

    def called(number, **lapse):
        before = len(scheduled)
        happened(RELEASED, operation, number=number, at=after(**lapse))
        for _, hook, _ in connection.run_on_commit:
            hook()
        connection.run_on_commit = []
        return len(scheduled) - before

    assert [called(1), called(2, seconds=1), called(3, seconds=19)] == [1, 0, 0]
    assert [called(4, seconds=20), called(5, seconds=21)] == [1, 0]
    with patch.object(webhook_sending, "claim", lambda *a, **o: None):
        webhook_sending.drain(subscription.pk, clock=lambda: after(seconds=21))
    assert called(6, seconds=21) == 1
    subscription.health.refresh_from_db()
    subscription.health.woken_at = None
    subscription.health.held_until = after(minutes=1)
    subscription.health.save()
    assert called(7, seconds=30) == 0


def test_a_dead_letter_goes_again_under_its_number(operation):
    subscription = make_subscription()
    (message,) = queue_tests(subscription, 1)
    end(message, "dead", tries=12)

    again = webhook_queue.deliver_again(message, actor=subscription.owner, at=after(days=1))

    assert (again.status, again.tries, again.next_attempt_at) == ("queued", 0, after(days=1))
    assert (again.public_id, again.sequence) == (message.public_id, 1)
    assert AuditEvent.objects.get(action="webhook.deliver_again").details == {"sequence": 1}
    with pytest.raises(MessageWaits):
        webhook_queue.deliver_again(message, actor=subscription.owner, at=after(days=1))


def end(message, status, **more):
    given = {"status": status, "ended_at": NOW, "next_attempt_at": None} | more
    WebhookMessage.objects.filter(pk=message.pk).update(**given)


def test_nothing_goes_again_that_the_owner_may_not_have_or_where_nothing_is_sent(operation):
    subscription = make_subscription(colleague(operation, VIEW))
    (message,) = happened(RELEASED, operation)
    end(message, "dropped")
    operation.operator.members.all().delete()

    with pytest.raises(NotAnswerable, match="may not see"):
        webhook_queue.deliver_again(message, actor=subscription.owner, at=NOW)
    for status in ("disabled", "closed"):
        type(subscription).objects.update(status=status, status_reason="Gone.")
        with pytest.raises(SubscriptionNotOpen, match=status):
            webhook_queue.deliver_again(message, actor=subscription.owner, at=NOW)
        with pytest.raises(SubscriptionNotOpen):
            again_after(subscription, 0)
    message.refresh_from_db()
    assert message.status == "dropped"


def again_after(subscription, sequence, *, only_dead=True):
    return webhook_queue.deliver_again_after(
        subscription, after=sequence, only_dead=only_dead, actor=subscription.owner, at=NOW
    )


def test_everything_after_a_cursor_goes_again(operation, monkeypatch):
    monkeypatch.setattr(webhook_queue, "MOST_AGAIN", 3)
    subscription = make_subscription()
    states = ["dead", "delivered", "dead", "dropped", "dead", "delivered"]
    for message, state in zip(queue_tests(subscription, 6), states, strict=True):
        end(message, state)

    assert again_after(subscription, 1) == 2
    assert statuses(subscription) == [
        "dead",
        "delivered",
        "queued",
        "dropped",
        "queued",
        "delivered",
    ]
    assert again_after(subscription, 0, only_dead=False) == 3
    assert statuses(subscription) == ["queued", "queued", "queued", "dropped", "queued", "queued"]
    assert again_after(subscription, 0) == 0


def statuses(subscription):
    return list(subscription.messages.order_by("sequence").values_list("status", flat=True))


def test_one_test_at_a_time(operation):
    subscription = make_subscription()

    message = queue_test(subscription)

    assert (message.event_type, message.event_id, message.object_path) == ("webhook.test", None, "")
    with pytest.raises(MessageWaits):
        queue_test(subscription)
    end(message, "delivered")
    assert queue_test(subscription).sequence == 2
    webhook_subscriptions.pause(subscription, reason="x", actor=subscription.owner, at=NOW)
    with pytest.raises(SubscriptionNotOpen, match="paused"):
        queue_test(subscription)


def test_messages_and_their_tries_are_kept_for_thirty_days(operation, monkeypatch):
    monkeypatch.setattr(webhook_queue, "DELETED_AT_ONCE", 2)
    subscription = make_subscription()
    messages = queue_tests(subscription, 5)
    for message in messages:
        WebhookAttempt.objects.create(
            message=message, number=1, sent_at=NOW, duration_ms=1, error="x"
        )
    WebhookMessage.objects.filter(pk=messages[3].pk).update(created_at=after(days=1))
    WebhookMessage.objects.filter(pk=messages[4].pk).update(
        status="sending", next_attempt_at=None, claimed_until=after(days=31)
    )

    assert webhook_queue.forget_messages(at=after(days=30)) == 0
    assert webhook_queue.forget_messages(at=after(days=30, seconds=1)) == 3
    assert list(subscription.messages.order_by("pk")) == messages[3:]
    assert WebhookAttempt.objects.count() == 2


def test_what_must_not_be_stored_is_not(operation):
    subscription = make_subscription()
    (message,) = queue_tests(subscription, 1)
    attempt = WebhookAttempt.objects.create(
        message=message, number=1, sent_at=NOW, duration_ms=1, response_code=200
    )
    wrong = [
        lambda: WebhookMessage.objects.filter(pk=message.pk).update(status="dead"),
        lambda: WebhookMessage.objects.filter(pk=message.pk).update(next_attempt_at=None),
        lambda: WebhookMessage.objects.filter(pk=message.pk).update(event_id=3),
        lambda: WebhookMessage.objects.filter(pk=message.pk).update(status="lost"),
        lambda: type(subscription).objects.update(event_types=[]),
        lambda: type(subscription).objects.update(status="disabled"),
        lambda: type(subscription).objects.update(previous_secret_until=NOW),
        lambda: type(subscription).objects.update(status="lost"),
        lambda: WebhookAttempt.objects.create(
            message=message, number=2, sent_at=NOW, duration_ms=1
        ),
        lambda: make_subscription(subscription.owner),
        lambda: type(subscription.health).objects.update(failures=1),
    ]
    for write in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        WebhookAttempt.objects.filter(pk=attempt.pk).update(response_code=500)
    assert timedelta(days=30) == webhook_queue.KEPT
