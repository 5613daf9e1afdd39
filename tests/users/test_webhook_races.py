"""Two workers, a pause and a new secret at the same moment; each with its order made sure."""

import threading
import time

import pytest
from django.db import connection, transaction

from common.exceptions import StaleVersion
from common.lifecycle import locked
from common.webhooks.calling import Reply
from common.webhooks.signing import key_of
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import OperationFactory
from tests.users.factories import UserFactory
from tests.users.webhook_scene import KEY, NOW, happened, make_subscription, queue_tests
from users.exceptions import AlreadySubscribed, MessageWaits, TooManySubscriptions
from users.models import WebhookHealth, WebhookMessage, WebhookSubscription
from users.services import webhook_queue, webhook_subscriptions
from users.services import webhook_sending as sending

pytestmark = pytest.mark.django_db(transaction=True)
SENT = Reply("sent", "204", 204)


@pytest.fixture
def subscription(settings):
    settings.WEBHOOK_CONCURRENCY = 3
    settings.WEBHOOK_CALLS_AT_ONCE = 20
    return make_subscription()


def claim(subscription):
    return lambda: sending.claim(subscription.pk, at=NOW)


def test_of_many_workers_one_gets_the_message(subscription):
    queue_tests(subscription, 1)

    found = at_once(*[claim(subscription)] * 8)

    assert kinds(found) == ["Claimed", *["NoneType"] * 7]
    assert WebhookMessage.objects.get().attempts == 1


def test_many_workers_get_as_many_as_may_be_on_their_way(subscription):
    queue_tests(subscription, 8)

    found = [each for each in at_once(*[claim(subscription)] * 8) if each is not None]

    assert sorted(each.message.sequence for each in found) == [1, 2, 3]


def test_workers_who_come_at_once_make_no_more_calls_than_there_may_be(settings):
    settings.WEBHOOK_CALLS_AT_ONCE = 3
    subscriptions = [make_subscription(url=f"https://{n}.example/") for n in range(8)]
    for each in subscriptions:
        queue_tests(each, 1)

    found = at_once(*[claim(each) for each in subscriptions])

    assert kinds(found) == [*["Claimed"] * 3, *["NoneType"] * 5]


def test_without_the_lock_more_are_on_their_way_than_may_be(subscription, monkeypatch):
    """The control: with the subscription's lock off this very race is lost."""
    queue_tests(subscription, 8)
    # Each would look at, and so lock, all of them.
    monkeypatch.setattr(sending, "LOOKED_AT", 1)
    together = threading.Barrier(8)
    busy = sending._is_busy  # noqa: SLF001 - the place between counting and taking

    def counted(*args):
        answer = busy(*args)
        together.wait(10)
        return answer

    monkeypatch.setattr(sending, "_is_busy", counted)
    rows = WebhookSubscription.objects.all().__class__
    plain = rows.select_for_update
    monkeypatch.setattr(
        rows, "select_for_update", lambda self, **o: self if o.get("no_key") else plain(self, **o)
    )

    found = [each for each in at_once(*[claim(subscription)] * 8) if each is not None]

    assert kinds(found) == ["Claimed"] * 8


def held(work, *, until):
    """Run work in a transaction of its own that is committed when the event is set."""

    def run():
        with transaction.atomic():
            result = work()
            begun.set()
            until.wait(10)
        return result

    begun = threading.Event()
    return run, begun


def in_that_order(first, then):
    """Begin `then` once `first` has its locks and commit `first` only when `then` waits for it."""
    release = threading.Event()
    held_first, begun = held(first, until=release)

    def second():
        begun.wait(10)
        return then()

    def referee():
        begun.wait(10)
        deadline = time.monotonic() + 5
        while not (waits := _somebody_waits()) and time.monotonic() < deadline:
            time.sleep(0.01)
        release.set()
        return waits

    *results, waited = at_once(held_first, second, referee)
    assert waited is True
    return results


def _somebody_waits():
    with connection.cursor() as cursor:
        # The role of the application does not see what others wait for in pg_stat_activity.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks waits JOIN pg_locks here USING (pid)"
            " JOIN pg_database ON pg_database.oid = here.database"
            " WHERE NOT waits.granted AND datname = current_database())"
        )
        return cursor.fetchone()[0]


def test_what_is_claimed_after_a_pause_began_is_not_sent(subscription):
    queue_tests(subscription, 2)

    _, found = in_that_order(lambda: pause(subscription), claim(subscription))

    assert found is None
    assert set(WebhookMessage.objects.values_list("status", flat=True)) == {"queued"}


def pause(subscription):
    return webhook_subscriptions.pause(
        subscription, reason="Night", actor=subscription.owner, at=NOW
    )


def test_what_was_claimed_before_a_pause_ends_as_it_ends(subscription):
    queue_tests(subscription, 2)
    claimed = sending.claim(subscription.pk, at=NOW)

    results = at_once(
        lambda: pause(subscription),
        lambda: sending.finish(claimed.message, SENT, sent_at=NOW, at=NOW),
    )

    assert kinds(results) == ["NoneType", "WebhookSubscription"]
    states = WebhookMessage.objects.order_by("sequence").values_list("status", flat=True)
    assert list(states) == ["delivered", "queued"]
    assert sending.claim(subscription.pk, at=NOW) is None


def test_a_message_claimed_while_the_secret_turns_carries_both(subscription):
    queue_tests(subscription, 1)

    (_, secret), found = in_that_order(lambda: rotate(subscription), claim(subscription))

    assert found.keys == (key_of(secret), KEY)


def rotate(subscription, version=None):
    return webhook_subscriptions.rotate_secret(
        subscription, version=version, actor=subscription.owner, at=NOW
    )


def test_two_who_turn_the_secret_at_once_know_of_each_other(subscription):
    results = at_once(*[lambda: rotate(subscription, version=1)] * 2)

    assert kinds(results) == [StaleVersion.__name__, "tuple"]
    row = WebhookSubscription.objects.get()
    (secret,) = (each[1] for each in results if isinstance(each, tuple))
    assert row.secret == secret


@pytest.mark.parametrize("ends", ["close", "switch_off"])
def test_an_event_and_an_ending_at_once_leave_nothing_that_waits(subscription, ends, monkeypatch):
    """The event was judged before the ending, and is numbered after it."""
    operation = OperationFactory(planned_start_at=NOW)
    judged, ended = threading.Event(), threading.Event()
    judge = webhook_queue.held_back_because

    def slowly(*args, **more):
        answer = judge(*args, **more)
        judged.set()
        ended.wait(10)
        return answer

    monkeypatch.setattr(webhook_queue, "held_back_because", slowly)

    def end():
        judged.wait(10)
        with transaction.atomic():
            if ends == "close":
                webhook_subscriptions.close(
                    subscription, reason="Over", actor=subscription.owner, at=NOW
                )
            else:
                webhook_subscriptions.switch_off(locked(subscription), reason="Gone.", at=NOW)
        ended.set()

    at_once(lambda: happened("flight_operation.released", operation), end)

    states = list(subscription.messages.values_list("status", flat=True))
    assert states == ([] if ends == "close" else ["dead"])


def test_an_ending_waits_for_who_numbers_a_message(subscription):
    operation = OperationFactory(planned_start_at=NOW)

    in_that_order(
        lambda: happened("flight_operation.released", operation),
        lambda: webhook_subscriptions.close(
            subscription, reason="Over", actor=subscription.owner, at=NOW
        ),
    )

    message = subscription.messages.get()
    assert (message.status, message.reason) == ("dropped", "The subscription was closed.")


def test_numbers_have_no_gap_and_no_repetition_however_many_events_come_at_once(subscription):
    operation = OperationFactory(planned_start_at=NOW)
    other = make_subscription(url="https://b.example/")

    at_once(
        *[
            lambda n=n: happened("flight_operation.released", operation, number=n)
            for n in range(1, 9)
        ],
        *[lambda: happened("flight_operation.released", operation, number=99)] * 2,
    )

    for each in (subscription, other):
        numbers = each.messages.order_by("sequence").values_list("sequence", flat=True)
        assert list(numbers) == list(range(1, 10))
        assert each.messages.values("event_id").distinct().count() == 9
        assert WebhookHealth.objects.get(subscription=each).last_sequence == 9


def test_a_dead_letter_asked_for_twice_at_once_goes_once(subscription):
    (message,) = queue_tests(subscription, 1)
    WebhookMessage.objects.update(status="dead", ended_at=NOW, next_attempt_at=None)

    results = at_once(
        *[
            lambda: webhook_queue.deliver_again(message, actor=subscription.owner, at=NOW),
        ]
        * 3
    )

    assert kinds(results) == [MessageWaits.__name__] * 2 + ["WebhookMessage"]


def test_the_limit_and_the_one_address_hold_for_those_who_subscribe_at_once(settings):
    settings.WEBHOOK_MAX_SUBSCRIPTIONS = 2
    owner = UserFactory(is_superuser=True)

    def subscribe(url):
        return lambda: webhook_subscriptions.subscribe(
            owner, url=url, event_types=["*"], actor=owner, at=NOW
        )

    same = at_once(*[subscribe("https://93.184.216.34/a")] * 3)
    more = at_once(*[subscribe(f"https://93.184.216.34/{n}") for n in range(3)])

    assert kinds(same) == [AlreadySubscribed.__name__] * 2 + ["tuple"]
    assert kinds(more) == [TooManySubscriptions.__name__] * 2 + ["tuple"]
    assert WebhookSubscription.objects.count() == 2


def test_a_worker_that_comes_back_late_and_its_follower_write_one_ending(subscription):
    queue_tests(subscription, 1)
    claimed = sending.claim(subscription.pk, at=NOW)

    at_once(
        *[lambda: sending.finish(claimed.message, SENT, sent_at=NOW, at=NOW)] * 4,
    )

    message = WebhookMessage.objects.get()
    assert (message.status, message.log.count()) == ("delivered", 1)
