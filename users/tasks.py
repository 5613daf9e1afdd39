from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from users.services.sessions import forget_sessions

KEEP_ENDED = timedelta(days=30)


@shared_task
def forget_old_sessions() -> None:
    """Delete sign-ins that ended more than a month ago, and browser sessions that ran out."""
    forget_sessions(ended_before=timezone.now() - KEEP_ENDED)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
