"""Reading the library of documents."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from documents.exceptions import AlreadyDeleted
from documents.models import UPLOADED, Document, DocumentAccess
from documents.reach import Holds, within_reach
from documents.snapshots import digest_of


@dataclass(frozen=True)
class KeptSnapshot:
    """What a document was made from, and whether it still has the fingerprint it had then."""

    number: str
    sha256: str
    is_intact: bool
    snapshot: Any


def library(user: Any, holds: Holds) -> QuerySet[Document]:
    """The documents that somebody may have, newest first, without what they were made from."""
    rows = Document.objects.filter(within_reach(user, holds))
    return (
        rows.select_related("template", "generated_by")
        .defer("snapshot", "sealed_snapshot", "file_key", "template__text")
        .order_by("-pk")
    )


def issues_of(document: Document) -> QuerySet[Document]:
    """Every issue of the document that this is one of, newest first."""
    rows = Document.objects.select_related("template", "generated_by").order_by("-pk")
    if document.kind == UPLOADED:
        return rows.filter(pk=document.pk)
    return rows.filter(
        kind=document.kind, subject_type=document.subject_type, subject_id=document.subject_id
    )


def snapshot_kept(document: Document) -> KeptSnapshot:
    """
    What a document was made from; an upload was made from nothing.

    Raises AlreadyDeleted, SealBroken.
    """
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    sealed = document.sealed_snapshot
    snapshot = document.snapshot if sealed is None else json.loads(sealed)
    is_intact = snapshot is None or digest_of(snapshot) == document.snapshot_sha256
    return KeptSnapshot(document.number, document.snapshot_sha256, is_intact, snapshot)


def accesses(user: Any, holds: Holds) -> QuerySet[DocumentAccess]:
    """Looks at the documents that somebody may have themselves, newest first."""
    mine = Document.objects.filter(within_reach(user, holds))
    rows = DocumentAccess.objects.filter(document__in=mine.values("pk"))
    return rows.select_related("document", "user").order_by("-pk")
