from celery import shared_task
from django.utils import timezone

from flight_operations.models import LogImport
from flight_operations.services import log_imports, telemetry_watch


@shared_task
def ensure_telemetry_partitions() -> None:
    """Keep the day partitions of positions a week ahead."""
    telemetry_watch.ensure_partitions(today=timezone.now().date())


@shared_task
def watch_for_silence() -> None:
    """Notice active flights that have gone silent."""
    telemetry_watch.watch_for_silence(at=timezone.now())


@shared_task
def import_flight_log(*, import_id: int) -> None:
    """Read one kept flight log; safe to run again."""
    log_import = LogImport.objects.select_related("operation").get(pk=import_id)
    if log_import.state in (LogImport.State.QUEUED, LogImport.State.READING):
        log_imports.run_import(log_import, clock=timezone.now)
