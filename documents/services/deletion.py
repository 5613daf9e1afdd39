"""Deleting what nothing keeps any more: the row stays and says so, file and snapshot go."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from common import audit
from common.lifecycle import locked
from common.outbox import announce
from documents.events import DocumentStands
from documents.exceptions import AlreadyDeleted, SignaturePending, UnderRetention
from documents.models import Agreement, AgreementStatus, Document, DocumentPack
from documents.services import files


@transaction.atomic
def delete_document(document: Document, *, reason: str, actor: Any, at: datetime) -> Document:
    """
    Delete a document's file and snapshot, its signed files, and the packs it is in.

    The database refuses what is under retention too, by its own clock. Raises UnderRetention,
    AlreadyDeleted, SignaturePending.
    """
    document = locked(document)
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    if document.retained_until is not None and document.retained_until >= at.date():
        raise UnderRetention(document=document.number, until=document.retained_until)
    _require_no_open_signature(document)
    dropped = [(document.file.storage, document.file.name)]
    document.snapshot = document.sealed_snapshot = document.file_key = None
    document.file = ""
    was_due, document.is_reissue_due = document.is_reissue_due, False
    document.deleted_by, document.deleted_at, document.deleted_because = actor, at, reason
    document.save()
    # What was signed, and what was packed, holds all of it again.
    for model, about in (
        (Agreement, {"document": document}),
        (DocumentPack, {"documents": document}),
    ):
        dropped += _drop_copies(model, about)
    audit.record("document.deleted", document, actor=actor, at=at, reason=reason)
    if was_due:
        announce(DocumentStands(document_id=document.pk))

    def drop() -> None:
        for storage, name in dropped:
            files.drop(storage, name)

    # After commit: a file cannot be brought back when the transaction is undone.
    transaction.on_commit(drop, robust=True)
    return document


@transaction.atomic
def keep_longer(document: Document, *, until: date, actor: Any, at: datetime) -> Document:
    """
    Extend how long a document is kept, such as for a lawsuit; never shortened.

    Raises AlreadyDeleted, UnderRetention.
    """
    document = locked(document)
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    if document.retained_until is not None and document.retained_until >= until:
        raise UnderRetention(document=document.number, until=document.retained_until)
    document.retained_until = until
    document.save(update_fields=["retained_until", "updated_at"])
    audit.record("document.kept_longer", document, actor=actor, at=at, until=until.isoformat())
    return document


def _drop_copies(model: Any, about: dict[str, Any]) -> list[tuple[Any, str]]:
    """Take their file from rows; where the files were."""
    rows = model.objects.select_for_update(no_key=True, of=("self",)).filter(**about)
    found = []
    for row in rows.exclude(file="").order_by("pk"):
        found.append((row.file.storage, row.file.name))
        row.file, row.file_key = "", None
        row.save(update_fields=["file", "file_key", "updated_at"])
    return found


def _require_no_open_signature(document: Document) -> None:
    """What somebody is to sign, or has signed and is not sealed yet, is needed as it is."""
    rows = Agreement.objects.filter(document=document)
    unsealed = rows.filter(status=AgreementStatus.SIGNED, sealed_at=None)
    waiting = (rows.out() | unsealed).order_by("pk").first()
    if waiting is not None:
        raise SignaturePending(document=document.number, agreement=waiting.number)
