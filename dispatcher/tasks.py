from celery import shared_task
from django.utils import timezone

from dispatcher.services import metrics, watch


@shared_task
def watch_the_day() -> None:
    """Raise what time alone brought within the desks' watch."""
    watch.watch_the_day(at=timezone.now())


@shared_task
def sweep_overdue() -> None:
    """Tell of events and notices that nobody answered in time."""
    watch.sweep_overdue(at=timezone.now())


@shared_task
def count_metrics() -> None:
    """Count the last buckets of every center, and its day so far."""
    metrics.count_all(at=timezone.now())
