"""Making documents: one snapshot, one layout, one file, kept as it was made."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction

from common import audit
from common.lifecycle import locked
from common.outbox import announce
from documents.events import DocumentGenerated, DocumentStands
from documents.exceptions import DocumentNotPermitted, SubjectNotFound
from documents.kinds import DocumentKind, Source
from documents.layout.filling import fill
from documents.layout.frame import MARKS, Label, framed
from documents.models import Document, DocumentTemplate, Letterhead
from documents.queries.layouts import known_kind, layout_of
from documents.queries.letterheads import letterhead, sender_of
from documents.rendering import Rendered, render_pdf
from documents.services import files, templates
from documents.services.turns import document_turn, take_turn
from documents.snapshots import addresses_of, canonical, digest_of, snapshot_of

PDF = "application/pdf"


@dataclass(frozen=True)
class Material:
    """All that one document is made of."""

    kind: DocumentKind
    subject_id: int
    source: Source
    snapshot: dict[str, Any]
    digest: str
    template: DocumentTemplate
    head: Letterhead


@transaction.atomic
def generate(kind: str, subject_id: int, *, actor: Any, at: datetime) -> Document:
    """
    Make a document of a record as it is now, or answer with the one that says just that.

    The same snapshot, template and letterhead give the document there is; anything else a new
    issue. Whoever else makes the same one meanwhile waits. `actor` None is the system.

    Raises UnknownKind, DocumentNotPermitted, SubjectNotFound, SnapshotRefused, DocumentTooLarge,
    RenderFailed, RenderTimedOut, RendererBusy, and what the kind itself refuses with.
    """
    known = known_kind(kind)
    require_grant(known, actor)
    take_turn(document_turn(known.key, known.subject, subject_id))
    material = _gathered(known, subject_id, actor, at)
    before = Document.objects.filter(
        kind=known.key, subject_type=known.subject, subject_id=subject_id, is_current=True
    ).first()
    if before is not None and _is_same(before, material):
        return _confirmed(before)
    document = _made(material, before, actor, at)
    audit.record(
        "document.generated",
        document,
        actor=actor,
        at=at,
        scope=material.source.scope,
        kind=known.key,
        issue=document.issue,
        about=document.subject_title,
    )
    announce(DocumentGenerated(document_id=document.pk))
    return document


def require_grant(kind: DocumentKind, actor: Any) -> None:
    """Raise DocumentNotPermitted unless somebody may make documents of a kind."""
    if actor is not None and not kind.may_make(actor.has_perm):
        raise DocumentNotPermitted(deed="make", kind=kind.key)


def gather(kind: DocumentKind, subject_id: int, *, actor: Any, at: datetime) -> Source:
    """What a document of a record would be made of. Raises SubjectNotFound."""
    try:
        return kind.gather(subject_id, actor, at)
    except ObjectDoesNotExist:
        raise SubjectNotFound(subject=kind.subject.rpartition(".")[2]) from None


def laid_out(
    kind: DocumentKind, source: Source, template: DocumentTemplate, head: Letterhead, label: Label
) -> Rendered:
    """A source in a template under a letterhead, as PDF."""
    layout = layout_of(kind, template)
    body = fill(layout, source.data, addresses_of(source))
    html = framed(body, layout.style, label, sender_of(head))
    return render_pdf(html, identifier=files.sha256(f"{label.reference} {label.digest}".encode()))


def label_of(kind: DocumentKind, source: Source, **more: Any) -> Label:
    """What a document of a kind says of itself."""
    return Label(
        **{
            "title": kind.title,
            "subject": source.title,
            "mark": MARKS[kind.classification],
            "is_landscape": kind.is_landscape,
            "has_letterhead": kind.has_letterhead,
            **more,
        }
    )


def _gathered(kind: DocumentKind, subject_id: int, actor: Any, at: datetime) -> Material:
    source = gather(kind, subject_id, actor=actor, at=at)
    snapshot = snapshot_of(source)
    return Material(
        kind=kind,
        subject_id=subject_id,
        source=source,
        snapshot=snapshot,
        digest=digest_of(snapshot),
        template=templates.in_force(kind, at=at),
        head=letterhead(),
    )


def _is_same(before: Document, material: Material) -> bool:
    return (
        before.deleted_at is None
        and before.snapshot_sha256 == material.digest
        and before.template_id == material.template.pk
        and before.letterhead_version == material.head.version
    )


def _confirmed(document: Document) -> Document:
    """The document as it is; it is due no more, having been found to say what is so."""
    if document.is_reissue_due:
        document = locked(document)
        document.is_reissue_due = False
        document.save(update_fields=["is_reissue_due", "updated_at"])
        announce(DocumentStands(document_id=document.pk))
    return document


def _made(material: Material, before: Document | None, actor: Any, at: datetime) -> Document:
    kind, source = material.kind, material.source
    number = next_number(at)
    issue = before.issue + 1 if before else 1
    label = label_of(
        kind, source, reference=number, issue=issue, digest=material.digest, made_at=_stamp(at)
    )
    rendered = laid_out(kind, source, material.template, material.head, label)
    is_sealed = kind.is_sealed or kind.classification == "medical"
    text = canonical(material.snapshot)
    document = Document(
        number=number,
        kind=kind.key,
        title=kind.title,
        subject_type=kind.subject,
        subject_id=material.subject_id,
        subject_title=source.title[:200],
        issue=issue,
        classification=kind.classification,
        retained_until=retention_end(kind.retention_years, at.date()),
        file_name=f"{safe_name(kind.key, source.title)}-{issue}.pdf",
        media_type=PDF,
        page_count=rendered.page_count,
        snapshot=None if is_sealed else json.loads(text),
        sealed_snapshot=text if is_sealed else None,
        snapshot_sha256=material.digest,
        source_version=source.version[:100],
        rule_versions=dict(source.rules),
        template=material.template,
        letterhead_version=material.head.version,
        generated_by=actor,
        generated_at=at,
    )
    return _kept(document, rendered.content, before)


def _kept(document: Document, content: bytes, before: Document | None) -> Document:
    if before is not None:
        before = locked(before)
        before.is_current, before.is_reissue_due = False, False
        before.save(update_fields=["is_current", "is_reissue_due", "updated_at"])
    files.keep_with_row(document, content, ending=".pdf")
    return document


def retention_end(years: int | None, day: date) -> date | None:
    """The last day of a number of years from a day; None where nothing keeps it."""
    if years is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # The 29th of February, in a year that has none.
        return day.replace(year=day.year + years, month=3, day=1)


def safe_name(*parts: str) -> str:
    """A file name of letters, digits, dots and hyphens."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(parts)).strip("-.")[:120] or "document"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def next_number(at: datetime) -> str:
    """The next number of a document. It may leave gaps: see the sequence in migration 0002."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('documents_document_number')")
        return f"DC-{at.year}-{cursor.fetchone()[0]:06d}"
