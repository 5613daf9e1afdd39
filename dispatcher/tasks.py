import logging

from celery import shared_task
from django.utils import timezone

from common.scheduler import schedule
from dispatcher.services import metrics, optimization, runs, watch, webhooks

logger = logging.getLogger(__name__)


@shared_task
def run_optimization(*, run_id: int) -> None:
    """Plan one day; a run that another worker has, or that is over, is left alone."""
    optimization.perform_run(run_id, clock=timezone.now)


@shared_task
def sweep_runs() -> None:
    """Take up the runs whose worker was lost."""
    again = runs.sweep_runs(at=timezone.now())
    if again:
        logger.warning("%s runs were handed out again", again)


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


@shared_task
def send_webhook(*, webhook_id: int) -> None:
    """Send one notice to the installation's webhook, unless it is no longer due."""
    webhooks.send(webhook_id, clock=timezone.now)


@shared_task
def send_due_webhooks() -> None:
    """Sweep up notices whose first attempt was lost or failed, and those of lost workers."""
    for pk in webhooks.sweep(at=timezone.now()):
        schedule("dispatcher.tasks.send_webhook", webhook_id=pk)
