from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from common import events
from common.events import Event, handles
from common.models import Delivery, OutboxEvent
from common.outbox import announce
from common.scheduler import CeleryBackend
from common.tasks import deliver, housekeeping, redeliver
from config.celery import app
from tests.common.concurrency import at_once


@dataclass(frozen=True, kw_only=True)
class Ping(Event):
    name: ClassVar[str] = "tests.ping"
    pk: int


calls: list[Ping] = []


@handles(Ping)
def keep(event: Ping) -> None:
    calls.append(event)


@handles(Ping)
def fail(event: Ping) -> None:
    raise ValueError("the handler is broken")


@pytest.fixture(autouse=True)
def no_calls_yet():
    calls.clear()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        announce(Ping(pk=1))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_delivered_when_the_change_rolls_back(scheduled):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        announce(Ping(pk=1))
        raise ZeroDivisionError

    assert scheduled == []
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_each_handler_gets_its_own_delivery_after_commit(scheduled):
    with transaction.atomic():
        announce(Ping(pk=1))
        assert scheduled == []

    assert [name for name, _ in scheduled] == ["common.tasks.deliver"] * 2


@pytest.mark.django_db(transaction=True)
def test_a_failing_handler_is_kept_apart_and_tried_again(run_tasks, scheduled):
    with transaction.atomic():
        announce(Ping(pk=1))

    run_tasks()

    left = Delivery.objects.get(delivered_at=None)
    assert len(calls) == 1
    assert left.attempts == 1
    assert "broken" in left.last_error
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    redeliver()
    assert [arguments for _, arguments in scheduled] == [{"delivery_id": left.pk}]


@pytest.mark.django_db(transaction=True)
def test_a_lost_wake_up_is_swept_up(scheduled):
    with transaction.atomic():
        announce(Ping(pk=1))
    scheduled.clear()
    OutboxEvent.objects.update(occurred_at=timezone.now() - timedelta(minutes=2))

    redeliver()

    assert len(scheduled) == 2


@pytest.mark.django_db(transaction=True)
def test_six_workers_run_one_delivery_once():
    record = OutboxEvent.objects.create(name=Ping.name, payload={"pk": 1})
    handler = f"{keep.__module__}.{keep.__qualname__}"
    delivery = Delivery.objects.create(event=record, handler=handler)

    at_once(*[lambda: deliver(delivery_id=delivery.pk)] * 6)

    assert len(calls) == 1


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_neither_fails_nor_loses(monkeypatch):
    monkeypatch.setattr("common.scheduler.backend", CeleryBackend)
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    began = timezone.now()

    with transaction.atomic():
        announce(Ping(pk=1))

    assert (timezone.now() - began).total_seconds() < 5
    assert Delivery.objects.filter(delivered_at=None).count() == 2


@pytest.mark.django_db
def test_old_events_are_forgotten_but_never_one_that_waits():
    old = timezone.now() - timedelta(days=40)
    unheard, done, waiting = (
        OutboxEvent.objects.create(name=Ping.name, payload={"pk": n}) for n in range(3)
    )
    Delivery.objects.create(event=done, handler="a", delivered_at=old)
    Delivery.objects.create(event=waiting, handler="a", delivered_at=old)
    Delivery.objects.create(event=waiting, handler="b")
    OutboxEvent.objects.filter(pk__in=[unheard.pk, done.pk, waiting.pk]).update(occurred_at=old)
    OutboxEvent.objects.create(name=Ping.name, payload={"pk": 3})

    housekeeping()

    assert [event.payload["pk"] for event in OutboxEvent.objects.order_by("pk")] == [2, 3]


def test_handlers_are_named_by_their_path():
    assert set(events.handlers[Ping.name]) == {
        f"{keep.__module__}.keep",
        f"{keep.__module__}.fail",
    }


@pytest.mark.django_db
def test_the_version_before_can_still_announce():
    """During an update its statements name none of the columns that came since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_outboxevent (name, payload, occurred_at)"
            " VALUES ('tests.ping', '{}', now())"
        )

    assert OutboxEvent.objects.get().request_id == ""
