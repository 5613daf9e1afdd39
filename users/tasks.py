from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from common.scheduler import schedule
from users.services import webhook_queue, webhook_sending
from users.services.sessions import forget_sessions

KEEP_ENDED = timedelta(days=30)


@shared_task
def forget_old_sessions() -> None:
    """Delete sign-ins that ended more than a month ago, and browser sessions that ran out."""
    forget_sessions(ended_before=timezone.now() - KEEP_ENDED)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task
def send_webhooks(*, subscription_id: int) -> None:
    """Send what is due for one subscription, and call whoever is next."""
    following = webhook_sending.drain(subscription_id, clock=timezone.now)
    if following is not None:
        schedule("users.tasks.send_webhooks", subscription_id=following)


@shared_task
def send_due_webhooks() -> None:
    """Sweep up messages whose worker was lost, or that are due again."""
    for pk in webhook_sending.sweep(at=timezone.now()):
        schedule("users.tasks.send_webhooks", subscription_id=pk)


@shared_task
def forget_old_webhook_messages() -> None:
    """Delete messages, with the log of their tries, after thirty days."""
    webhook_queue.forget_messages(at=timezone.now())
