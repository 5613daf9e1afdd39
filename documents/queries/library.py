"""Reading the library of documents."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from documents.exceptions import AlreadyDeleted
from documents.models import UPLOADED, Document, DocumentAccess
from documents.reach import Holds, preview_within_reach, within_reach
from documents.snapshots import digest_of

# What lists do not show and a page of rows would carry along, up to megabytes each.
HEAVY = ("snapshot", "sealed_snapshot", "file_key")
HEAVY_BELOW = tuple(f"document__{name}" for name in HEAVY)


@dataclass(frozen=True)
class KeptSnapshot:
    """What a document was made from, and whether it still has the fingerprint it had then."""

    number: str
    sha256: str
    is_intact: bool
    snapshot: Any


def library(user: Any, holds: Holds) -> QuerySet[Document]:
    """The documents that somebody may have, newest first, without what they were made from."""
    return _listed(Document.objects.filter(within_reach(user, holds)))


def issues_of(document: Document) -> QuerySet[Document]:
    """Every issue of the document that this is one of, newest first."""
    rows = _listed(Document.objects.all())
    if document.kind == UPLOADED:
        return rows.filter(pk=document.pk)
    return rows.filter(
        kind=document.kind, subject_type=document.subject_type, subject_id=document.subject_id
    )


def _listed(rows: QuerySet[Document]) -> QuerySet[Document]:
    rows = rows.select_related("template", "generated_by")
    return rows.defer(*HEAVY, "template__text").order_by("-pk")


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
    """Looks at the documents, and the records, that somebody may have themselves, newest first."""
    mine = Document.objects.filter(within_reach(user, holds)).values("pk")
    about = Q(document__in=mine) | preview_within_reach(user, holds)
    return _looks(DocumentAccess.objects.filter(about))


def accesses_of(document: Document) -> QuerySet[DocumentAccess]:
    """Looks at one document, newest first."""
    return _looks(DocumentAccess.objects.filter(document=document))


def _looks(rows: QuerySet[DocumentAccess]) -> QuerySet[DocumentAccess]:
    return (
        rows.select_related("document", "template", "user")
        .defer(*HEAVY_BELOW, "template__text")
        .order_by("-pk")
    )
