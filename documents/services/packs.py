"""All documents of a record as one ZIP, made in the background, one document after the other."""

import io
import logging
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.encryption import SealBroken
from common.exceptions import DomainError
from common.lifecycle import locked, move
from common.scheduler import schedule, schedule_on_commit
from documents.exceptions import (
    AlreadyDeleted,
    DocumentTooLarge,
    FileAltered,
    FileMissing,
    NothingToPack,
    NotYourPack,
)
from documents.kinds import DocumentKind, kinds_of
from documents.models import UPLOADED, Document, DocumentPack, PackStatus
from documents.queries.layouts import known_kind
from documents.reach import within_reach
from documents.services import files
from documents.services.generation import generate, safe_name
from documents.services.turns import take_turn
from documents.services.uploads import subject_row

logger = logging.getLogger(__name__)
TASK = "documents.tasks.make_pack"
KEPT = timedelta(days=3)
# A pack that nobody has moved on for so long has lost its worker.
LOST_AFTER = timedelta(minutes=2)
# One that is not done by then fails every time: it is begun again no more.
GIVEN_UP_AFTER = timedelta(hours=1)
MOST_BYTES = 60 * 1024 * 1024
MOST_UPLOADS = 200

Clock = Callable[[], datetime]


@transaction.atomic
def request_pack(subject_type: str, subject: Any, *, actor: Any, at: datetime) -> DocumentPack:
    """
    Ask for all documents of a record that one may have. Raises SubjectNotFound, NothingToPack.

    One that is being made already answers with itself.
    """
    row = subject_row(subject_type, subject, actor)
    take_turn(f"document pack {actor.pk} {subject_type} {row.pk}")
    keys = [kind.key for kind in kinds_of(subject_type) if _may_have(kind, actor)]
    uploads = _uploads(subject_type, row.pk, actor).count()
    if not keys and not uploads:
        raise NothingToPack(subject=str(row))
    mine = DocumentPack.objects.filter(requested_by=actor).unfinished()
    waiting = mine.filter(subject_type=subject_type, subject_id=row.pk).first()
    if waiting is not None:
        return waiting
    pack = DocumentPack.objects.create(
        subject_type=subject_type,
        subject_id=row.pk,
        subject_title=str(row)[:200],
        requested_by=actor,
        requested_at=at,
        kinds=keys,
        total_count=len(keys) + uploads,
    )
    scope = str(getattr(row, "scope", ""))
    audit.record("document_pack.requested", pack, actor=actor, at=at, scope=scope)
    schedule_on_commit(TASK, pack_id=pack.pk)
    return pack


@transaction.atomic
def cancel_pack(pack: DocumentPack, *, actor: Any, at: datetime) -> DocumentPack:
    """
    Stop making a pack; the document in hand is finished.

    Raises NotYourPack, TransitionNotAllowed.
    """
    require_asker(pack, actor)
    pack = locked(pack)
    pack.finished_at = at
    move(pack, PackStatus.CANCELLED, actor=actor, at=at)
    return pack


def require_asker(pack: DocumentPack, actor: Any) -> None:
    """Raise NotYourPack unless somebody asked for a pack themselves."""
    if pack.requested_by_id != actor.pk:
        raise NotYourPack(asker=str(pack.requested_by))


def make_pack(pack: DocumentPack, *, clock: Clock) -> DocumentPack:
    """
    Make the documents of a pack, one transaction each, then the file.

    Run again after a crash it makes nothing twice: what was made is found again. A pack that was
    cancelled meanwhile, or that another worker has in hand, is left.
    """
    if not _claimed(pack, at=clock()):
        return pack
    documents, left_out = [], []
    actor = pack.requested_by
    for done, key in enumerate(pack.kinds, 1):
        try:
            document = _one(known_kind(key), pack, clock())
        except DomainError as refusal:
            left_out.append({"kind": key, "code": refusal.code, "reason": str(refusal)[:300]})
        else:
            documents.extend([document] if document else [])
        if not _moved_on(pack, done, at=clock()):
            return DocumentPack.objects.get(pk=pack.pk)
    uploads = _uploads(pack.subject_type, pack.subject_id, actor)
    documents.extend(uploads.order_by("pk")[:MOST_UPLOADS])
    return _finish(pack, documents, left_out, at=clock())


def sweep_packs(*, at: datetime) -> None:
    """Begin again what lost its worker, give up in time, and drop files that nobody fetched."""
    lost = DocumentPack.objects.unfinished().filter(updated_at__lt=at - LOST_AFTER)
    for pack in lost.order_by("pk")[:50]:
        if pack.created_at < at - GIVEN_UP_AFTER:
            _give_up(pack, at=at)
        else:
            schedule(TASK, pack_id=pack.pk)
    old = DocumentPack.objects.filter(expires_at__lt=at).exclude(file="")
    for pack in old.order_by("pk")[:200]:
        storage, name = pack.file.storage, pack.file.name
        pack.file, pack.file_key = "", None
        pack.save(update_fields=["file", "file_key", "updated_at"])
        files.drop(storage, name)


@transaction.atomic
def _give_up(pack: DocumentPack, *, at: datetime) -> None:
    """End a pack that was begun again and again; one that never began is taken back."""
    pack = locked(pack)
    if pack.status not in (PackStatus.QUEUED, PackStatus.RUNNING):
        return
    pack.finished_at = at
    is_begun = pack.status == PackStatus.RUNNING
    move(pack, PackStatus.FAILED if is_begun else PackStatus.CANCELLED, actor=None, at=at)


def _may_have(kind: DocumentKind, actor: Any) -> bool:
    return bool(kind.in_pack and kind.may_read(actor.has_perm))


def _uploads(subject_type: str, subject_id: int, actor: Any) -> Any:
    rows = Document.objects.about(subject_type, subject_id).filter(kind=UPLOADED, deleted_at=None)
    return rows.filter(within_reach(actor, actor.has_perm))


@transaction.atomic
def _claimed(pack: DocumentPack, *, at: datetime) -> bool:
    """Take a pack in hand, unless it is finished or somebody who still moves has it."""
    row = locked(pack)
    if row.status == PackStatus.QUEUED:
        move(row, PackStatus.RUNNING, actor=row.requested_by, at=at)
        return True
    is_lost = row.status == PackStatus.RUNNING and row.updated_at < at - LOST_AFTER
    if is_lost:
        row.save(update_fields=["updated_at"])
    return is_lost


def _one(kind: DocumentKind, pack: DocumentPack, at: datetime) -> Document | None:
    """The document of a kind as it is now; who may not make it gets the one there is."""
    actor = pack.requested_by
    if kind.may_make(actor.has_perm):
        return generate(kind.key, pack.subject_id, actor=actor, at=at)
    rows = Document.objects.current().about(pack.subject_type, pack.subject_id)
    return rows.filter(kind=kind.key, deleted_at=None).first()


def _moved_on(pack: DocumentPack, done: int, *, at: datetime) -> bool:
    """Note how far a pack is; says whether it is still wanted."""
    rows = DocumentPack.objects.filter(pk=pack.pk, status=PackStatus.RUNNING)
    return rows.update(done_count=done, updated_at=at) == 1


@transaction.atomic
def _finish(
    pack: DocumentPack, documents: list[Document], left_out: list[dict[str, str]], *, at: datetime
) -> DocumentPack:
    pack = locked(pack)
    if pack.status != PackStatus.RUNNING:
        return pack
    documents = _standing(documents, left_out)
    try:
        content, documents = _zipped(documents, left_out)
    except DocumentTooLarge as refusal:
        left_out.append({"kind": "", "code": refusal.code, "reason": str(refusal)})
        documents = []
    pack.left_out, pack.finished_at = left_out, at
    if not documents:
        move(pack, PackStatus.FAILED, actor=pack.requested_by, at=at)
        return pack
    pack.done_count = pack.total_count = max(pack.total_count, len(documents))
    pack.file_name = f"{safe_name(pack.subject_title)}.zip"
    pack.expires_at = at + KEPT
    # Whatever is in it: who may read one of them may not read all of them.
    files.keep(pack, content, ending=".zip", is_sealed=True)
    move(pack, PackStatus.DONE, actor=pack.requested_by, at=at)
    pack.documents.set(documents)
    return pack


def _standing(documents: list[Document], left_out: list[dict[str, str]]) -> list[Document]:
    """
    Those that were not deleted meanwhile, held until the pack stands.

    Whoever deletes one waits, and finds the pack that it is in.
    """
    rows = Document.objects.select_for_update(no_key=True).order_by("pk")
    held = {row.pk for row in rows.filter(pk__in=[d.pk for d in documents], deleted_at=None)}
    for document in documents:
        if document.pk not in held:
            refusal = AlreadyDeleted(document=document.number)
            left_out.append({"kind": document.kind, "code": refusal.code, "reason": str(refusal)})
    return [document for document in documents if document.pk in held]


def _zipped(
    documents: list[Document], left_out: list[dict[str, str]]
) -> tuple[bytes, list[Document]]:
    """
    The files in one archive, uncompressed: they are compressed already; and what is in it.

    A file that cannot be read, or was altered, is left out and named.
    """
    if sum(document.size_bytes for document in documents) > MOST_BYTES:
        raise DocumentTooLarge(what="bytes of all documents", limit=MOST_BYTES)
    archive, kept = io.BytesIO(), []
    with zipfile.ZipFile(archive, "w") as written:
        for document in documents:
            try:
                content = files.read(document)
            except (FileMissing, FileAltered, SealBroken) as error:
                logger.exception("The file of %s is left out of a pack", document.number)
                reason = f"The file of {document.number} cannot be read."
                code = getattr(error, "code", "file_altered")
                left_out.append({"kind": document.kind, "code": code, "reason": reason})
                continue
            made = document.generated_at.timetuple()[:6]
            name = f"{document.number}-{document.file_name}"
            written.writestr(zipfile.ZipInfo(name, date_time=made), content)
            kept.append(document)
    return archive.getvalue(), kept
