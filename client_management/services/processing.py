"""
Pictures handed to a processing service, and its results fetched as deliverables.

Each step is claimed in one short transaction and noted in another, with the network between them:
whoever dies leaves a run that the next worker goes on with.
"""

import errno
import hashlib
import io
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from client_management.file_types import LONGEST, OCTETS, media_type_of
from client_management.models import (
    LIVE_RUNS,
    DeliverableIssue,
    DeliverableKind,
    JobOrder,
    ProcessingRun,
    ProcessingStatus,
    Retention,
)
from client_management.portal_exceptions import NothingToProcess, ProcessingOff
from client_management.services.issues import keep_issue
from client_management.webodm import ServiceFailed, WebODM
from common import audit
from common.lifecycle import locked, move
from common.numbering import next_number
from common.scheduler import schedule_on_commit

TASK = "client_management.portal_tasks.advance_processing"
CANCEL_TASK = "client_management.portal_tasks.cancel_at_service"
PICTURES = {"image/jpeg", "image/tiff", "image/png"}
ARCHIVE = "application/zip"
ENDINGS = (".jpg", ".jpeg", ".tif", ".tiff", ".png")
MOST_PICTURES = 10_000
LARGEST_PICTURE = 200 * 1024**2
# Longer than a worker lets a task run: whoever held the run is gone.
LEASE = timedelta(minutes=12)
LOOK_EVERY = timedelta(seconds=20)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_FAILURES = 24
KINDS = {
    "orthophoto.tif": DeliverableKind.ORTHOPHOTO,
    "dsm.tif": DeliverableKind.ELEVATION,
    "dtm.tif": DeliverableKind.ELEVATION,
    "georeferenced_model.laz": DeliverableKind.POINT_CLOUD,
    "textured_model.zip": DeliverableKind.MODEL,
    "report.pdf": DeliverableKind.REPORT,
    "all.zip": DeliverableKind.DATA,
}
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Picture:
    """One picture of a run; `open` reads it from wherever it is."""

    name: str
    media_type: str
    open: Callable[[], IO[bytes]]


@dataclass(kw_only=True)
class FetchedAsset:
    """A result as the deliverables take it."""

    file_name: str
    title: str
    kind: str
    size_bytes: int
    sha256: str
    created_by: Any
    deliverable_id: None = None
    description: str = ""
    note: str = ""
    retention: str = Retention.STANDARD


@transaction.atomic
def request_processing(
    job: JobOrder,
    *,
    inputs: Sequence[DeliverableIssue],
    wanted: Sequence[str],
    options: Mapping[str, Any],
    actor: Any,
    at: datetime,
) -> ProcessingRun:
    """
    Hand pictures of a job to the service, in the background.

    Raises ProcessingOff, NothingToProcess.
    """
    if not settings.PROCESSING_URL:
        raise ProcessingOff
    job = locked(job)
    kinds = [issue.media_type for issue in inputs if not issue.is_dropped]
    is_enough = ARCHIVE in kinds or len(kinds) > 1
    is_own = all(issue.deliverable.job_id == job.pk for issue in inputs)
    if not (is_enough and is_own and set(kinds) <= PICTURES | {ARCHIVE}):
        raise NothingToProcess
    run = ProcessingRun(
        organization_id=job.organization_id,
        job=job,
        wanted=list(wanted),
        options=dict(options),
        next_look_at=at,
        requested_by=actor,
        requested_at=at,
    )
    run.number = next_number("PR", year=at.year)
    run.save()
    run.inputs.set(inputs)
    audit.record("processing.requested", run, actor=actor, at=at, job=job.number)
    schedule_on_commit(TASK, run_id=run.pk)
    return run


@transaction.atomic
def cancel_processing(run: ProcessingRun, *, actor: Any, at: datetime) -> ProcessingRun:
    """Call a run off, here at once and at the service soon. Raises TransitionNotAllowed."""
    run = locked(run)
    move(run, ProcessingStatus.CANCELED, actor=actor, at=at)
    audit.record("processing.canceled", run, actor=actor, at=at)
    if run.task_key:
        schedule_on_commit(CANCEL_TASK, run_id=run.pk)
    return run


def cancel_at_service(run: ProcessingRun) -> None:
    """Tell the service of a run that was called off; a service that is away finds out by itself."""
    with _service() as service:
        service.cancel(run.project_key, run.task_key)


def due(at: datetime) -> list[int]:
    """Runs that it is time to look at."""
    rows = ProcessingRun.objects.live().filter(next_look_at__lte=at)
    return list(rows.order_by("next_look_at", "pk").values_list("pk", flat=True)[:50])


def advance(run_id: int, *, clock: Clock) -> ProcessingRun | None:
    """
    Take a run as far as it goes now; None when somebody else has it or it is over.

    Never inside a transaction.
    """
    run = _claim(run_id, at=clock())
    if run is None:
        return None
    try:
        with _service() as service:
            return _steps(run, service, clock)
    except ServiceFailed as failure:
        return _note_failure(run, failure, at=clock())


def _steps(run: ProcessingRun, service: WebODM, clock: Clock) -> ProcessingRun:
    if run.status in (ProcessingStatus.WAITING, ProcessingStatus.UPLOADING):
        run = _hand_over(run, service, clock)
    elif run.status in (ProcessingStatus.QUEUED, ProcessingStatus.RUNNING):
        run = _look(run, service, clock)
    if run.status == ProcessingStatus.COMPLETED:
        run = _fetch_all(run, service, clock)
    return run


@transaction.atomic
def _claim(run_id: int, *, at: datetime) -> ProcessingRun | None:
    rows = ProcessingRun.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    run = rows.filter(pk=run_id, status__in=LIVE_RUNS, next_look_at__lte=at).first()
    if run is None:
        return None
    run.next_look_at = at + LEASE
    run.save()
    return run


def _hand_over(run: ProcessingRun, service: WebODM, clock: Clock) -> ProcessingRun:
    project = run.project_key or service.project(run.job.number)
    run = _noted(run, at=clock(), project_key=project)
    task = run.task_key or service.task(project, run.number, run.options)
    run = _noted(run, at=clock(), to=ProcessingStatus.UPLOADING, task_key=task)
    for picture in islice(_pictures(run), run.uploaded_count, MOST_PICTURES):
        if run.status != ProcessingStatus.UPLOADING:
            return run
        with picture.open() as file:
            service.upload(project, task, picture.name, file, picture.media_type)
        run = _noted(run, at=clock(), uploaded_count=run.uploaded_count + 1)
    if run.status != ProcessingStatus.UPLOADING:
        return run
    if run.uploaded_count < 2:
        raise ServiceFailed("The archive holds fewer than two pictures.", is_final=True)
    service.commit(project, task)
    return _noted(run, at=clock(), to=ProcessingStatus.QUEUED, wait=LOOK_EVERY)


def _look(run: ProcessingRun, service: WebODM, clock: Clock) -> ProcessingRun:
    state = service.state(run.project_key, run.task_key)
    return _noted(
        run,
        at=clock(),
        to=ProcessingStatus(state.status),
        wait=LOOK_EVERY,
        progress_percent=state.progress_percent,
        last_error=state.error,
    )


def _fetch_all(run: ProcessingRun, service: WebODM, clock: Clock) -> ProcessingRun:
    there = service.state(run.project_key, run.task_key).assets
    for asset in run.wanted:
        if asset in there and asset not in run.fetched:
            with service.download(run.project_key, run.task_key, asset) as blocks:
                run = _fetch_one(run, asset, blocks, at=clock())
    return _noted(run, at=clock(), to=ProcessingStatus.FETCHED)


def _fetch_one(
    run: ProcessingRun, asset: str, blocks: Iterator[bytes], *, at: datetime
) -> ProcessingRun:
    """Stream one result into storage and make it a deliverable."""
    taken = _Taken(blocks)
    name = default_storage.save(f"deliverables/{at:%Y/%m}/{uuid.uuid4().hex}", taken)
    source = FetchedAsset(
        file_name=f"{run.job.number}-{asset}",
        title=f"{KINDS.get(asset, DeliverableKind.DATA).label} ({asset})",
        kind=KINDS.get(asset, DeliverableKind.DATA),
        size_bytes=taken.count,
        sha256=taken.digest.hexdigest(),
        created_by=run.requested_by,
    )
    media_type = media_type_of(taken.head) or OCTETS
    try:
        with transaction.atomic():
            job = locked(run.job)
            run = locked(run)
            if asset not in run.fetched and run.status == ProcessingStatus.COMPLETED:
                keep_issue(source, job, name=name, media_type=media_type, at=at)
                run.fetched = [*run.fetched, asset]
                run.save()
                name = ""
    finally:
        if name:
            default_storage.delete(name)
    return run


class _Taken(File):
    """Blocks off the network as a storage takes them, counted and hashed as they pass."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__(io.BytesIO())
        self._blocks = blocks
        self.count, self.head, self.digest = 0, b"", hashlib.sha256()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for block in self._blocks:
            self.head += block[: LONGEST - len(self.head)] if len(self.head) < LONGEST else b""
            self.count += len(block)
            self.digest.update(block)
            yield block


@transaction.atomic
def _noted(
    run: ProcessingRun,
    *,
    at: datetime,
    to: ProcessingStatus | None = None,
    wait: timedelta = LEASE,
    **facts: Any,
) -> ProcessingRun:
    """Write a step down, unless the run was called off meanwhile."""
    run = locked(run)
    if run.status not in LIVE_RUNS:
        return run
    for name, value in facts.items():
        setattr(run, name, value)
    run.failures, run.next_look_at = 0, at + wait
    if to is not None and to != run.status:
        move(run, to, actor=None, at=at, reason=run.last_error)
    else:
        run.save()
    return run


@transaction.atomic
def _note_failure(run: ProcessingRun, failure: ServiceFailed, *, at: datetime) -> ProcessingRun:
    run = locked(run)
    if run.status not in LIVE_RUNS:
        return run
    run.failures, run.last_error = run.failures + 1, str(failure)
    run.next_look_at = at + min(FIRST_WAIT * 2 ** min(run.failures - 1, 10), LONGEST_WAIT)
    if failure.is_final or run.failures >= MOST_FAILURES:
        move(run, ProcessingStatus.FAILED, actor=None, at=at, reason=str(failure))
    else:
        run.save()
    return run


def _service() -> WebODM:
    return WebODM(
        settings.PROCESSING_URL,
        user=settings.PROCESSING_USER,
        password=settings.PROCESSING_PASSWORD,
        timeout_s=settings.PROCESSING_TIMEOUT_S,
        most_bytes=settings.PROCESSING_MAX_BYTES,
    )


def _pictures(run: ProcessingRun) -> Iterator[Picture]:
    """Every picture of a run, in the same order each time; archives are read from where they lie"""
    for issue in run.inputs.order_by("pk"):
        path = str(issue.file.name)
        if issue.media_type != ARCHIVE:
            yield Picture(issue.file_name, issue.media_type, _opener(path))
            continue
        with default_storage.open(path) as kept, _unpacked(kept) as archive:
            for number, member in enumerate(archive.infolist()):
                if not member.filename.lower().endswith(ENDINGS) or member.is_dir():
                    continue
                if member.file_size > LARGEST_PICTURE:
                    raise ServiceFailed("A picture in the archive is too large.", is_final=True)
                name = f"{number:05}-{member.filename.rpartition('/')[2]}"[-120:]
                yield Picture(name, "image/jpeg", _member_opener(archive, member))


def _opener(path: str) -> Callable[[], Any]:
    return lambda: default_storage.open(path)


def _member_opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], Any]:
    # In memory, one picture at a time: the HTTP client wants to know its length.
    def read() -> io.BytesIO:
        with _broken_is_final():
            return io.BytesIO(archive.open(member).read(LARGEST_PICTURE))

    return read


def _unpacked(kept: Any) -> zipfile.ZipFile:
    with _broken_is_final():
        return zipfile.ZipFile(kept)


@contextmanager
def _broken_is_final() -> Iterator[None]:
    """A broken archive, a locked one, or one packed in a way we do not know stays that."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as fault:
        raise ServiceFailed(f"The archive cannot be read: {fault}", is_final=True) from fault
    except OSError as fault:
        # What points to a place in front of its beginning; anything else is the disk's.
        if fault.errno != errno.EINVAL:
            raise
        raise ServiceFailed("The archive cannot be read.", is_final=True) from fault
