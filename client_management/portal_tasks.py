import logging

from celery import shared_task
from django.utils import timezone

from client_management.models import (
    CoverageReport,
    DeliverableIssue,
    MessageFile,
    ProcessingRun,
    Upload,
    UploadPart,
)
from client_management.services import notices, processing, uploads
from client_management.webodm import ServiceFailed
from common.scheduler import schedule
from documents.services.leftovers import drop_leftovers

logger = logging.getLogger(__name__)
KEEPERS = (
    (UploadPart, "file"),
    (DeliverableIssue, "file"),
    (MessageFile, "file"),
    (CoverageReport, "map_file"),
)


@shared_task(soft_time_limit=3000, time_limit=3060)
def assemble_upload(*, upload_id: int) -> None:
    """Put one upload together; 20 GB take their time, and a scanner takes as long again."""
    uploads.assemble(Upload.objects.get(pk=upload_id), at=timezone.now())


@shared_task
def sweep_uploads() -> None:
    """Forget uploads that nobody went on with; have put together what lost its worker."""
    for pk in uploads.sweep_uploads(at=timezone.now()):
        schedule(uploads.TASK, upload_id=pk)


@shared_task
def drop_leftover_files() -> None:
    """Remove files of deliverables, uploads, messages and coverage that no row names."""
    drop_leftovers(at=timezone.now(), keepers=KEEPERS)


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
