"""Whose turn it is: slow receivers and dead ends hold up neither the workers nor each other."""

import json

import pytest

from common.webhooks.calling import Reply
from tests.flight_operations.factories import OperationFactory
from tests.users.webhook_scene import (
    NOW,
    after,
    happened,
    make_subscription,
    open_receiver,
    queue_tests,
)
from users.services import webhook_sending as sending

pytestmark = pytest.mark.django_db
SENT = Reply("sent", "204", 204, duration_ms=9500)


@pytest.fixture
def server():
    with open_receiver() as local:
        yield local


def test_fewer_calls_at_once_than_there_are_workers_whoever_they_go_to(settings):
    """What is left of the workers is for tasks that must not wait for a slow receiver."""
    settings.WEBHOOK_CALLS_AT_ONCE = 2
    first, second, third = (make_subscription(url=f"https://{n}.example/") for n in "abc")
    for each, count in ((first, 3), (second, 1), (third, 3)):
        queue_tests(each, count)

    slow, other = (sending.claim(each.pk, at=NOW) for each in (first, second))
    assert sending.claim(third.pk, at=NOW) is None
    assert sending.claim(first.pk, at=NOW) is None
    assert sending.next_in_line(at=NOW) is None
    sending.finish(slow.message, SENT, sent_at=NOW, at=after(seconds=9.5))

    assert sending.next_in_line(at=after(seconds=10)) == third.pk
    assert sending.claim(third.pk, at=after(seconds=10)) is not None
    assert sending.claim(first.pk, at=after(seconds=10)) is None
    sending.finish(other.message, SENT, sent_at=NOW, at=after(seconds=11))
    assert sending.next_in_line(at=after(seconds=11)) == third.pk


def test_one_call_at_a_time_serves_everybody_in_turn(server, settings, monkeypatch):
    settings.WEBHOOK_CALLS_AT_ONCE = 1
    monkeypatch.setattr(sending, "MOST_IN_A_TURN", 2)
    owners = [make_subscription(url=server.url(name)) for name in ("a", "b")]
    for each in owners:
        queue_tests(each, 3)

    following, minute = owners[0].pk, 0
    while following is not None:
        minute += 1
        following = sending.drain(following, clock=lambda: after(minutes=minute))  # noqa: B023 - called at once

    assert [heard.path for heard in server.heard] == ["/a", "/a", "/b", "/b", "/a", "/b"]


def test_a_worker_that_is_gone_frees_its_call(settings):
    settings.WEBHOOK_CALLS_AT_ONCE = 1
    lost, other = (make_subscription(url=f"https://{n}.example/") for n in "ab")
    for each in (lost, other):
        queue_tests(each, 1)
    sending.claim(lost.pk, at=NOW)

    assert sending.claim(other.pk, at=after(seconds=119)) is None
    assert sending.claim(other.pk, at=after(seconds=120)) is not None


def test_a_backlog_that_nobody_may_have_does_not_hold_up_what_follows(server, settings):
    operation = OperationFactory(planned_start_at=NOW)
    subscription = make_subscription(url=server.url("in"))
    for number in range(1, 46):
        happened("flight_operation.released", operation, number=number)
    subscription.messages.update(event_type="flight_operation.renamed")
    (last,) = queue_tests(subscription, 1)

    assert sending.drain(subscription.pk, clock=lambda: NOW) is None

    assert [json.loads(heard.body)["sequence"] for heard in server.heard] == [last.sequence]
    assert subscription.messages.filter(status="dropped").count() == 45
