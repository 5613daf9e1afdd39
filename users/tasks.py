from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from users.services.sessions import forget_sessions

KEEP_ENDED = timedelta(days=30)


@shared_task
def forget_old_sessions() -> None:
    """Delete sign-ins that ended more than a month ago."""
    forget_sessions(ended_before=timezone.now() - KEEP_ENDED)
