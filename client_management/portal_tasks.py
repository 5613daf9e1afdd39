import logging

from celery import shared_task
from django.utils import timezone

from client_management.models import ProcessingRun, Upload
from client_management.services import notices, processing, uploads
from client_management.webodm import ServiceFailed
from common.scheduler import schedule

logger = logging.getLogger(__name__)


@shared_task
def sweep_uploads() -> None:
    """Forget uploads that nobody went on with; put together what lost its worker."""
    for pk in uploads.sweep_uploads(at=timezone.now()):
        uploads.assemble(Upload.objects.get(pk=pk), at=timezone.now())


@shared_task
def advance_processing(*, run_id: int) -> None:
    """Take one run at the processing service as far as it goes."""
    processing.advance(run_id, clock=timezone.now)


@shared_task
def look_at_processing() -> None:
    """Look at every run that is due."""
    for pk in processing.due(timezone.now()):
        schedule(processing.TASK, run_id=pk)


@shared_task
def cancel_at_service(*, run_id: int) -> None:
    """Tell the service that a run was called off; it is over here whatever it answers."""
    run = ProcessingRun.objects.get(pk=run_id)
    try:
        processing.cancel_at_service(run)
    except ServiceFailed as failure:
        logger.warning("%s was not called off at the service: %s", run.number, failure)


@shared_task
def send_digests() -> None:
    """Mail what is new to those who want it once a day."""
    at = timezone.now()
    for access in notices.daily_listeners(at):
        notices.send_digest(access, at=at)
