from dataclasses import asdict

from django.db import transaction

from common.events import Event, handlers
from common.models import Delivery, OutboxEvent
from common.scheduler import schedule_on_commit


def announce(event: Event) -> None:
    """Store the event with the change that caused it; deliver it after commit."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("announce() must run inside the transaction that makes the event true")
    record = OutboxEvent.objects.create(name=event.name, payload=asdict(event))
    for handler in handlers[event.name]:
        delivery = Delivery.objects.create(event=record, handler=handler)
        schedule_on_commit("common.tasks.deliver", delivery_id=delivery.pk)
