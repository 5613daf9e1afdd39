"""Files that somebody hands in: checked by content, kept under names of ours."""

from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction

from common import audit
from common.scopes import scopes_of
from documents.content import Recognized, recognize, scan
from documents.exceptions import DocumentNotPermitted, SubjectNotFound
from documents.kinds import years_of_uploads
from documents.models import UPLOADED, Document, DocumentClass
from documents.queries.subjects import find_subject
from documents.reach import view_permission
from documents.services import files
from documents.services.generation import next_number, retention_end, safe_name
from documents.services.turns import take_turn

MEDICAL_GRANT = "documents.view_medical_document"


def upload_document(
    file: File,
    *,
    title: str,
    subject_type: str = "",
    subject: Any = None,
    classification: str = DocumentClass.CONFIDENTIAL,
    retention_years: int | None = None,
    actor: Any,
    at: datetime,
) -> Document:
    """
    Keep a file, for a record (`subject` is its key) or for none.

    The same file again, for the same record, under the same title, as secret and to be kept as
    long, answers with the first. About a record that must be kept it is kept as long, at least.
    Raises UploadRefused, ScannerUnavailable, SubjectNotFound, DocumentNotPermitted.
    """
    if classification == DocumentClass.MEDICAL and not actor.has_perm(MEDICAL_GRANT):
        raise DocumentNotPermitted(deed="hand in", kind="medical file")
    row = subject_row(subject_type, subject, actor) if subject_type else None
    content = b"".join(file.chunks())
    # Both take their time, so before the transaction.
    scan(content)
    found = recognize(content)
    return _keep(
        content,
        found,
        row,
        title=title,
        classification=classification,
        scopes=[] if row is not None else sorted(scopes_of(actor)),
        retained_until=retention_end(_at_least(retention_years, subject_type), at.date()),
        actor=actor,
        at=at,
    )


def _at_least(wanted: int | None, subject_type: str) -> int | None:
    """The years that were asked for, or those that files about such a record are kept."""
    least = years_of_uploads(subject_type)
    return wanted if least is None else max(wanted or 0, least)


def subject_row(subject_type: str, subject: Any, actor: Any) -> Any:
    """
    The record that a file or a pack is about, by its key or number, among those one may see.

    Raises SubjectNotFound.
    """
    if not actor.has_perm(view_permission(subject_type)):
        raise SubjectNotFound(subject="record")
    return find_subject(subject_type, subject, actor)


@transaction.atomic
def _keep(
    content: bytes,
    found: Recognized,
    row: Any,
    *,
    title: str,
    actor: Any,
    at: datetime,
    **more: Any,
) -> Document:
    about = {
        "subject_type": row._meta.label_lower if row is not None else "",
        "subject_id": row.pk if row is not None else None,
    }
    digest = files.sha256(content)
    # One at a time for one file: a double click is one document.
    take_turn(f"document upload {digest}")
    same = {"kind": UPLOADED, "sha256": digest, "title": title, "deleted_at": None, **more}
    existing = Document.objects.filter(**same, **about, generated_by=actor).first()
    if existing is not None:
        return existing
    document = Document(
        number=next_number(at),
        kind=UPLOADED,
        title=title,
        subject_title=str(row)[:200] if row is not None else "",
        file_name=f"{safe_name(title)}{found.ending}",
        media_type=found.media_type,
        page_count=found.page_count,
        generated_by=actor,
        generated_at=at,
        **about,
        **more,
    )
    files.keep_with_row(document, content, ending=found.ending)
    scope = str(getattr(row, "scope", ""))
    audit.record("document.uploaded", document, actor=actor, at=at, scope=scope)
    return document
