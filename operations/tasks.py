from celery import shared_task
from django.utils import timezone

from operations.services import trips


@shared_task
def expire_holds() -> None:
    """Give back aircraft that are held beyond their time."""
    trips.expire_holds(at=timezone.now())
