"""Flight logs from files: kept, read in the background, taken in like live positions."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.db import connection, transaction

from common import audit
from common.outbox import announce
from common.scheduler import schedule_on_commit
from flight_operations.events import FlightRecordChanged
from flight_operations.exceptions import LogNotImportable
from flight_operations.logs import LogReading, LogRefused, read_log
from flight_operations.models import (
    FlightOperation,
    LogImport,
    OperationStatus,
    TelemetrySource,
)
from flight_operations.queries.telemetry_target import import_target
from flight_operations.services.telemetry import take_in
from flight_operations.services.telemetry_alerts import end_alerts
from flight_operations.telemetry.samples import Samples, to_datetime

TASK = "flight_operations.tasks.import_flight_log"
# A log begins when the aircraft is switched on, well before take-off.
BEFORE_START = timedelta(minutes=15)
REJECTED_KEPT = 200
PROGRESS_STEP = 5
MAX_DAYS = 31
IMPORTABLE = (
    OperationStatus.ACTIVE,
    OperationStatus.LANDED,
    OperationStatus.ABORTED,
    OperationStatus.LOGGED,
)

Clock = Callable[[], datetime]


@transaction.atomic
def queue_import(operation: FlightOperation, file: File, *, actor: Any, at: datetime) -> LogImport:
    """
    Keep a log file and have it read in the background.

    The same file for the same operation answers with the import there is. Raises
    LogNotImportable for an operation that has not flown or is closed.
    """
    if operation.status not in IMPORTABLE:
        reason = f"{operation.number} is {operation.status}; logs are taken once it has flown."
        raise LogNotImportable(reason=reason)
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    sha256 = digest.hexdigest()
    existing = LogImport.objects.filter(operation=operation, sha256=sha256).first()
    if existing is not None:
        return existing
    name = (file.name or "log").rpartition("/")[2][:200]
    made = LogImport(
        operation=operation, name=name, sha256=sha256, size_bytes=file.size, requested_by=actor
    )
    # The name on disk is ours: nothing of what the client called it gets into a path.
    made.file.save(f"{operation.number}-{sha256[:16]}.log", file, save=True)
    TelemetrySource.objects.create(log_import=made)
    audit.record("flight_log.uploaded", made, actor=actor, at=at, scope=operation.scope)
    schedule_on_commit(TASK, import_id=made.pk)
    return made


def run_import(log_import: LogImport, *, clock: Clock) -> LogImport:
    """
    Read a kept log and take its positions in, block by block, each in its own transaction.

    Run again after a crash it goes on where it stopped: what is stored counts as duplicate.
    """
    log_import.state = LogImport.State.READING
    log_import.accepted_count = log_import.duplicate_count = log_import.flagged_count = 0
    log_import.alert_count = log_import.progress_percent = 0
    log_import.save()
    with closing(log_import.file.open("rb")) as kept:
        try:
            reading = read_log(cast(BinaryIO, kept), name=log_import.name)
            _take_in_all(log_import, reading, clock)
            _report(log_import, reading)
            log_import.state = LogImport.State.DONE
            log_import.progress_percent = 100
        except LogRefused as refused:
            log_import.state = LogImport.State.REFUSED
            log_import.refusal_code, log_import.refusal = refused.code, refused.message
    _end_alerts_of_a_flight_that_is_over(log_import)
    log_import.finished_at = clock()
    with transaction.atomic():
        log_import.save()
        announce(FlightRecordChanged(operation_id=log_import.operation_id))
    return log_import


def _take_in_all(log_import: LogImport, reading: LogReading, clock: Clock) -> None:
    source_id = log_import.telemetry_source.pk
    days: set[Any] = set()
    for samples in reading.chunks():
        _prepare_days(samples, days)
        target = import_target(log_import.operation_id, source_id=source_id)
        intake = take_in(target, samples, at=clock(), before_start=BEFORE_START)
        log_import.accepted_count += intake.accepted
        log_import.duplicate_count += len(intake.duplicates)
        log_import.flagged_count += len(intake.flagged)
        log_import.alert_count += len(intake.alerts.raised)
        percent = int(reading.progress * 99)
        if percent >= log_import.progress_percent + PROGRESS_STEP:
            log_import.progress_percent = percent
            log_import.save(update_fields=["progress_percent", "accepted_count"])


def _end_alerts_of_a_flight_that_is_over(log_import: LogImport) -> None:
    """A log may end outside a limit; after the landing nothing shows the return."""
    flights = FlightOperation.objects.filter(pk=log_import.operation_id)
    if not flights.active().exists():
        end_alerts(log_import.operation_id)


def _prepare_days(samples: Samples, days: set[Any]) -> None:
    """Give each day of the log its partition, up to a month of them."""
    found = {to_datetime(moment).date() for moment in (samples.recorded_us // DAY_US) * DAY_US}
    for day in sorted(found - days):
        if len(days) < MAX_DAYS:
            days.add(day)
            ensure_partition(day)


DAY_US = 86_400_000_000


def ensure_partition(day: Any) -> bool:
    """Make the partition of one day (UTC); says whether it was missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_ensure_partition(%s)", [day])
        return bool(cursor.fetchone()[0])


def _report(log_import: LogImport, reading: LogReading) -> None:
    log_import.format = reading.format
    log_import.where_unit = reading.where_unit
    log_import.rejected_count = reading.rejected_count
    log_import.rejected_by_reason = dict(reading.rejected_by_reason)
    log_import.rejected_rows = [
        {"where": row.where, "reason": row.reason, "detail": row.detail.replace("\0", "")}
        for row in reading.rejected[:REJECTED_KEPT]
    ]
    log_import.notes = reading.notes
    log_import.recorded_from, log_import.recorded_until = reading.started_at, reading.ended_at
