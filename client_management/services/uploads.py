"""
Big files, in parts that survive whatever happens between them.

A part is on disk before it is counted and counted before it is acknowledged: who was told of a byte
finds it again, and what nobody was told of is written once more. Nothing is held in memory.
"""

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import IO, Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from client_management.file_types import LONGEST, is_run_when_opened, media_type_of
from client_management.models import (
    Deliverable,
    DeliverableIssue,
    DeliverableStatus,
    JobOrder,
    JobStatus,
    Upload,
    UploadPart,
    UploadStatus,
)
from client_management.portal_events import UploadReceived
from client_management.portal_exceptions import (
    DeliverableSettled,
    OffsetDiffers,
    PartRefused,
    UploadClosed,
    UploadNotTaken,
)
from client_management.services.issues import keep_issue
from common import audit
from common.exceptions import DomainError, TransitionNotAllowed
from common.lifecycle import locked, move
from common.outbox import announce
from documents.content import scan_stream
from documents.services.generation import safe_name

BLOCK = 1024 * 1024
KEPT_OPEN = timedelta(days=7)
TASK = "client_management.portal_tasks.assemble_upload"
# A whole that nobody has put together for so long has lost its worker: longer than a task may run.
LOST_AFTER = timedelta(minutes=60)
LOST_PARTS = "Parts of the file were lost on our side. Hand it in again."


@transaction.atomic
def begin_upload(
    job: JobOrder,
    *,
    size_bytes: int,
    sha256: str,
    file_name: str,
    deliverable: Deliverable | None = None,
    actor: Any,
    at: datetime,
    **about: Any,
) -> Upload:
    """
    Announce a file of `size_bytes` whose SHA-256 is known; returns where its parts go.

    The same file of the same person for the same job, not yet finished, is the same upload: who
    lost the address gets it back. Raises UploadNotTaken, DeliverableSettled.
    """
    job = locked(job)
    _require_takable(job, size_bytes, file_name)
    if deliverable is not None:
        deliverable = locked(deliverable)
        _require_open(job, deliverable)
        about |= {"title": deliverable.title, "kind": deliverable.kind}
    sha256 = sha256.lower()
    whole = {"job": job, "deliverable": deliverable, "sha256": sha256, "size_bytes": size_bytes}
    same = Upload.objects.of(actor).filter(**whole, status=UploadStatus.OPEN, expires_at__gt=at)
    standing = same.first()
    if standing is not None:
        return standing
    return Upload.objects.create(
        **whole,
        organization=job.organization,
        file_name=kept_name(file_name),
        moved_at=at,
        expires_at=at + KEPT_OPEN,
        created_by=actor,
        **about,
    )


def take_part(
    upload: Upload, body: IO[bytes], *, offset: int, size: int, sha256: str = "", at: datetime
) -> Upload:
    """
    Write down the bytes from `offset` on; returns the upload as it then stands.

    Not inside a transaction: the bytes come first. With `sha256` the part is held against it.
    Raises OffsetDiffers, PartRefused, UploadClosed.
    """
    _require_place(upload, offset, size, at)
    body_read = _Measured(body, size)
    name = _written(f"uploads/{at:%Y/%m}/{uuid.uuid4().hex}", body_read)
    try:
        if body_read.size != size:
            raise PartRefused(reason="The body is shorter than its Content-Length.")
        if sha256 and body_read.digest != sha256:
            raise PartRefused(reason="The part does not have the checksum it came with.")
        return _count_part(upload, name, offset=offset, size=size, at=at)
    except DomainError:
        # Of anything else nobody knows whether it was counted: a sweep removes what no row names.
        default_storage.delete(name)
        raise


def assemble(upload: Upload, *, at: datetime) -> Upload:
    """
    Put the parts of a received upload together and make them an issue of its deliverable.

    Twice, or twice at once, is once. A file that is not what was announced, that is a program, or
    whose deliverable was accepted meanwhile, is refused and forgotten. Not inside a transaction: it
    takes as long as the file is large.
    """
    if not Upload.objects.filter(pk=upload.pk, status=UploadStatus.RECEIVED).update(moved_at=at):
        return upload
    done = _put_together(upload, at=at)
    _forget_parts(done)
    return done


def abandon(upload: Upload, *, actor: Any, at: datetime) -> Upload:
    """Give an upload up and forget its parts. Raises TransitionNotAllowed."""
    upload = _abandoned(upload, actor=actor, at=at)
    _forget_parts(upload)
    return upload


def sweep_uploads(*, at: datetime) -> list[int]:
    """Abandon uploads whose time is over; returns received ones that lost their worker."""
    over = Upload.objects.filter(status=UploadStatus.OPEN, expires_at__lte=at)
    for upload in over.order_by("pk")[:100]:
        with suppress(TransitionNotAllowed):
            _abandoned(upload, actor=None, at=at)
    left = Upload.objects.filter(
        status__in=[UploadStatus.ABANDONED, UploadStatus.REFUSED, UploadStatus.FINISHED],
        parts__isnull=False,
    )
    for upload in left.distinct().order_by("pk")[:100]:
        _forget_parts(upload)
    lost = Upload.objects.filter(status=UploadStatus.RECEIVED, moved_at__lt=at - LOST_AFTER)
    return list(lost.order_by("pk").values_list("pk", flat=True)[:100])


def kept_name(file_name: str) -> str:
    """A file's name as it is handed out again: no paths, nothing a shell or a header trips over."""
    stem, dot, ending = file_name.rpartition(".")
    ending = "".join(c for c in ending if c.isascii() and c.isalnum())[:12] if dot else ""
    return f"{safe_name(stem or file_name)}{'.' if ending else ''}{ending}"[:150]


def _put_together(upload: Upload, *, at: datetime) -> Upload:
    """Write the whole to a place of its own, look at it, and keep it or forget it."""
    joined = cast(BinaryIO, io.BufferedReader(_Joined(upload), BLOCK))
    whole = _Measured(joined, upload.size_bytes)
    try:
        name = _written(f"deliverables/{at:%Y/%m}/{uuid.uuid4().hex}", whole)
    except (PartRefused, FileNotFoundError):
        # Another worker may have been faster and have forgotten the parts: then this says nothing.
        return _finish(upload, "", "", LOST_PARTS, at=at)
    try:
        refusal, media_type = _judged(upload, whole, name)
    except BaseException:
        default_storage.delete(name)
        raise
    try:
        done = _finish(upload, name, media_type, refusal, at=at)
    except DeliverableSettled as settled:
        done = _finish(upload, name, "", str(settled), at=at)
    if not DeliverableIssue.objects.filter(file=name).exists():
        default_storage.delete(name)
    return done


def _written(name: str, content: "_Measured") -> str:
    """Store what is read and wait until it is on the disk itself; of a failure nothing stays."""
    try:
        name = default_storage.save(name, content.as_file())
        _settle(name)
    except BaseException:
        default_storage.delete(name)
        raise
    return name


def _require_takable(job: JobOrder, size_bytes: int, file_name: str) -> None:
    if job.status in (JobStatus.CANCELLED, JobStatus.DRAFT):
        raise UploadNotTaken(reason=f"{job.number} is {job.status}.")
    if is_run_when_opened(file_name):
        raise UploadNotTaken(reason="Programs and web pages are not taken.")
    if size_bytes > settings.DELIVERABLE_MAX_BYTES:
        raise UploadNotTaken(reason=f"Files have at most {settings.DELIVERABLE_MAX_BYTES} bytes.")


def _require_open(job: JobOrder, deliverable: Deliverable) -> None:
    if deliverable.job_id != job.pk:
        raise UploadNotTaken(reason=f"{deliverable.number} belongs to another job.")
    if deliverable.status == DeliverableStatus.ACCEPTED:
        raise DeliverableSettled(deliverable=deliverable.number)


def _require_place(upload: Upload, offset: int, size: int, at: datetime) -> None:
    """The part goes where the upload stands and no further than its end."""
    if upload.status != UploadStatus.OPEN or upload.expires_at <= at:
        raise UploadClosed(status=str(upload.status))
    if offset != upload.offset_bytes:
        raise OffsetDiffers(offset=upload.offset_bytes)
    if not 0 < size <= settings.DELIVERABLE_PART_MAX_BYTES:
        raise PartRefused(reason=f"1 to {settings.DELIVERABLE_PART_MAX_BYTES} bytes at a time.")
    if offset + size > upload.size_bytes:
        raise PartRefused(reason="The part reaches beyond the announced size.")


@transaction.atomic
def _count_part(upload: Upload, name: str, *, offset: int, size: int, at: datetime) -> Upload:
    upload = locked(upload)
    _require_place(upload, offset, size, at)
    UploadPart.objects.create(upload=upload, offset_bytes=offset, size_bytes=size, file=name)
    upload.offset_bytes, upload.moved_at = offset + size, at
    if upload.offset_bytes == upload.size_bytes:
        move(upload, UploadStatus.RECEIVED, actor=upload.created_by, at=at)
        announce(UploadReceived(upload_id=upload.pk))
    else:
        upload.save()
    return upload


def _judged(upload: Upload, whole: "_Measured", name: str) -> tuple[str, str]:
    """Why a file is refused (empty: it is not), and its media type."""
    if whole.digest != upload.sha256:
        return "The file does not have the SHA-256 that was announced.", ""
    media_type = media_type_of(whole.head)
    if media_type is None:
        return "Programs and web pages are not taken.", ""
    try:
        with default_storage.open(name) as kept:
            scan_stream(kept)
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        return str(refusal), ""
    return "", media_type


@transaction.atomic
def _finish(upload: Upload, name: str, media_type: str, refusal: str, *, at: datetime) -> Upload:
    job = locked(upload.job)
    upload = locked(upload)
    upload.moved_at = at
    if upload.status != UploadStatus.RECEIVED:
        return upload
    if refusal:
        upload.refusal = refusal[:200]
        move(upload, UploadStatus.REFUSED, actor=upload.created_by, at=at, reason=refusal)
        return upload
    issue = keep_issue(upload, job, name=name, media_type=media_type, at=at)
    upload.deliverable = issue.deliverable
    move(upload, UploadStatus.FINISHED, actor=upload.created_by, at=at)
    audit.record(
        "deliverable.uploaded",
        issue.deliverable,
        actor=upload.created_by,
        at=at,
        issue=issue.issue,
        sha256=issue.sha256,
    )
    return upload


@transaction.atomic
def _abandoned(upload: Upload, *, actor: Any, at: datetime) -> Upload:
    upload = locked(upload)
    upload.moved_at = at
    move(upload, UploadStatus.ABANDONED, actor=actor, at=at)
    return upload


def _forget_parts(upload: Upload) -> None:
    """Delete the parts of an upload that is over, rows first: a file left behind harms nobody."""
    names = list(upload.parts.values_list("file", flat=True))
    upload.parts.all().delete()
    for name in names:
        default_storage.delete(name)


def _settle(name: str) -> None:
    """Wait until a file is on the disk itself, where the storage is one of files."""
    try:
        path = default_storage.path(name)
    except NotImplementedError:
        return
    for target in (path, os.path.dirname(path)):
        number = os.open(target, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class _Measured:
    """Reads at most so many bytes of a stream, in blocks, counting and hashing what passes by."""

    def __init__(self, source: IO[bytes], most: int) -> None:
        self.size = 0
        self.head = b""
        self._source, self._most, self._hash = source, most, hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def as_file(self) -> File:
        """What a storage takes."""
        return _Blocks(self)

    def blocks(self) -> Iterator[bytes]:
        while block := self._source.read(min(BLOCK, self._most - self.size)):
            if len(self.head) < LONGEST:
                self.head += block[: LONGEST - len(self.head)]
            self.size += len(block)
            self._hash.update(block)
            yield block


class _Blocks(File):
    """A file that is only ever read once, from its beginning, in blocks."""

    def __init__(self, measured: _Measured) -> None:
        super().__init__(cast(Any, io.BytesIO()))
        self._measured = measured

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self._measured.blocks()


class _Joined(io.RawIOBase):
    """The parts of an upload, one behind the other; raises PartRefused where one is missing."""

    def __init__(self, upload: Upload) -> None:
        self._parts = iter(upload.parts.order_by("offset_bytes"))
        self._open: Any = None
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._open is None:
                part = next(self._parts, None)
                if part is None:
                    return 0
                if part.offset_bytes != self._at:
                    raise PartRefused(reason=f"Byte {self._at} is missing.")
                self._open = default_storage.open(str(part.file.name))
            block = self._open.read(len(buffer))
            if block:
                buffer[: len(block)] = block
                self._at += len(block)
                return len(block)
            self._open.close()
            self._open = None
