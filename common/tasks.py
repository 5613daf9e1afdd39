import logging
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from common.compliance.service import due_states, recompute
from common.events import Announcement, asks_for_announcement, event_types, handlers
from common.mail import dispatch
from common.models import Delivery, Heartbeat, IdempotencyKey, Mail, OutboxEvent
from common.redaction import withholding
from common.scheduler import schedule

logger = logging.getLogger(__name__)
GRACE = timedelta(seconds=20)
MAX_ATTEMPTS = 12
KEEP_ANSWERS = timedelta(hours=24)
KEEP_EVENTS = timedelta(days=30)
KEEP_MAILS = timedelta(days=400)


@shared_task
def deliver(*, delivery_id: int) -> None:
    """Hand one event to one handler, once; a failure is kept and tried again by the sweep."""
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_related("event")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=delivery_id, delivered_at=None)
            .first()
        )
        if delivery is None:
            return
        try:
            with transaction.atomic(), withholding():
                _hand_over(delivery)
        except Exception as error:  # the outbox worker is the one isolation point
            logger.exception("Handler %s failed on %s", delivery.handler, delivery.event.name)
            delivery.attempts += 1
            delivery.next_attempt_at = timezone.now() + timedelta(seconds=2**delivery.attempts)
            delivery.last_error = repr(error)
        else:
            delivery.delivered_at = timezone.now()
            delivery.attempts += 1
        delivery.save()


@shared_task
def redeliver() -> None:
    """Sweep up deliveries whose first attempt was lost or failed."""
    now = timezone.now()
    lost = Q(next_attempt_at=None, event__occurred_at__lt=now - GRACE)
    due = Delivery.objects.filter(lost | Q(next_attempt_at__lte=now)).filter(
        delivered_at=None, attempts__lt=MAX_ATTEMPTS
    )
    for pk in due.order_by("pk").values_list("pk", flat=True)[:500]:
        schedule("common.tasks.deliver", delivery_id=pk)


@shared_task
def send_mail(*, mail_id: int) -> None:
    """Hand one mail to the mail server, unless it is no longer due."""
    dispatch.send(mail_id, clock=timezone.now)


@shared_task
def send_due_mail() -> None:
    """Sweep up mails whose first attempt was lost or failed, and those of workers that are gone."""
    for pk in dispatch.sweep(at=timezone.now()):
        schedule("common.tasks.send_mail", mail_id=pk)


@shared_task
def recompute_due() -> None:
    """Make verdicts again that are stale or that time alone may have changed."""
    now = timezone.now()
    recompute(due_states(now=now), at=now)


@shared_task
def heartbeat() -> None:
    """Show that beat queues and that a worker works; /readyz reads it."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"beat_at": timezone.now()})


@shared_task
def housekeeping() -> None:
    """Drop what nobody needs any more: old idempotency answers and delivered events."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - KEEP_ANSWERS).delete()
    waiting = Delivery.objects.filter(event=OuterRef("pk"), delivered_at=None)
    OutboxEvent.objects.filter(~Exists(waiting), occurred_at__lt=now - KEEP_EVENTS).delete()
    Mail.objects.exclude(status__in=Mail.OPEN).filter(queued_at__lt=now - KEEP_MAILS).delete()


def _hand_over(delivery: Delivery) -> None:
    row = delivery.event
    event, handler = event_types[row.name](**row.payload), handlers[row.name][delivery.handler]
    if delivery.handler in asks_for_announcement:
        handler(event, Announcement(row.pk, row.occurred_at, row.request_id))
    else:
        handler(event)
