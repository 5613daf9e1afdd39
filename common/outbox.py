from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from common.audit import record
from common.context import current
from common.events import Event, handlers
from common.exceptions import AlreadyDelivered
from common.models import Delivery, OutboxEvent
from common.scheduler import schedule_on_commit


def announce(event: Event) -> None:
    """Store the event with the change that caused it; deliver it after commit."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("announce() must run inside the transaction that makes the event true")
    row = OutboxEvent.objects.create(
        name=event.name, payload=asdict(event), request_id=current().request_id
    )
    deliveries = [Delivery(event=row, handler=handler) for handler in handlers[event.name]]
    for delivery in Delivery.objects.bulk_create(deliveries):
        schedule_on_commit("common.tasks.deliver", delivery_id=delivery.pk)


@transaction.atomic
def deliver_again(delivery: Delivery, *, actor: Any, at: datetime) -> Delivery:
    """Hand an event over once more after it was given up. Raises AlreadyDelivered."""
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if delivery.delivered_at is not None:
        raise AlreadyDelivered(handler=delivery.handler)
    delivery.attempts, delivery.next_attempt_at = 0, at
    delivery.save()
    record("delivery.tried_again", delivery, actor=actor, at=at, handler=delivery.handler)
    schedule_on_commit("common.tasks.deliver", delivery_id=delivery.pk)
    return delivery
