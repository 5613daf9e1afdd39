"""Editions of templates: drafted, published, retired; what ships is an edition like any other."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from common import audit
from common.lifecycle import locked, move
from documents.exceptions import DraftExists, TemplateNotDraft
from documents.kinds import DocumentKind
from documents.models import DocumentTemplate, TemplateStatus
from documents.queries.layouts import (
    digest,
    edited_layout,
    known_kind,
    shipped_layout,
    shipped_text,
    template_in_force,
)
from documents.services.turns import take_turn

NEWER_SHIPPED = "A newer layout came with the installation."


def in_force(kind: DocumentKind, *, at: datetime) -> DocumentTemplate:
    """
    The edition that documents of a kind are made with now, in the caller's transaction.

    While nobody has published another, what ships with the app is in force; when that changes with
    an update it becomes the next edition. Raises LayoutRefused for a shipped layout that is broken.
    """
    found = template_in_force(kind)
    text = shipped_text(kind)
    if found is not None and not (found.is_shipped and found.text_sha256 != digest(text)):
        return found
    shipped_layout(kind)
    take_turn(f"document template {kind.key}")
    found = template_in_force(kind)
    if found is not None:
        if not found.is_shipped or found.text_sha256 == digest(text):
            return found
        move(found, TemplateStatus.RETIRED, actor=None, at=at, reason=NEWER_SHIPPED)
    return DocumentTemplate.objects.create(
        kind=kind.key,
        edition=_next_edition(kind.key),
        text=text,
        text_sha256=digest(text),
        status=TemplateStatus.PUBLISHED,
        published_at=at,
        note="As it ships.",
    )


@transaction.atomic
def draft_template(
    *, kind: str, text: str, note: str = "", actor: Any, at: datetime
) -> DocumentTemplate:
    """Begin another edition. Raises UnknownKind, LayoutRefused, DraftExists."""
    known = known_kind(kind)
    edited_layout(known, text)
    take_turn(f"document template {known.key}")
    waiting = DocumentTemplate.objects.filter(kind=known.key, status=TemplateStatus.DRAFT).first()
    if waiting is not None:
        raise DraftExists(version=waiting.edition)
    made = DocumentTemplate.objects.create(
        kind=known.key,
        edition=_next_edition(known.key),
        text=text,
        text_sha256=digest(text),
        author=actor,
        note=note,
    )
    audit.record("template.drafted", made, actor=actor, at=at)
    return made


@transaction.atomic
def change_template(
    template: DocumentTemplate,
    *,
    changes: dict[str, Any],
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> DocumentTemplate:
    """Change text or note of a draft. Raises TemplateNotDraft, LayoutRefused, StaleVersion."""
    template = locked(template, version=version)
    _require_draft(template)
    if "text" in changes:
        edited_layout(known_kind(template.kind), changes["text"])
        template.text, template.text_sha256 = changes["text"], digest(changes["text"])
    template.note = changes.get("note", template.note)
    template.save()
    audit.record("template.changed", template, actor=actor, at=at)
    return template


@transaction.atomic
def publish_template(template: DocumentTemplate, *, actor: Any, at: datetime) -> DocumentTemplate:
    """
    Let documents be made with a draft from now on; the edition in force until now is retired.

    Raises TemplateNotDraft, LayoutRefused.
    """
    take_turn(f"document template {template.kind}")
    template = locked(template)
    _require_draft(template)
    kind = known_kind(template.kind)
    edited_layout(kind, template.text)
    before = template_in_force(kind)
    if before is not None:
        move(locked(before), TemplateStatus.RETIRED, actor=actor, at=at)
    template.published_at = at
    move(template, TemplateStatus.PUBLISHED, actor=actor, at=at)
    audit.record("template.published", template, actor=actor, at=at)
    return template


@transaction.atomic
def retire_template(
    template: DocumentTemplate, *, reason: str, actor: Any, at: datetime
) -> DocumentTemplate:
    """
    Take an edition out of use; what ships with the app stands in for one that was in force.

    Raises TransitionNotAllowed.
    """
    take_turn(f"document template {template.kind}")
    template = locked(template)
    move(template, TemplateStatus.RETIRED, actor=actor, at=at, reason=reason)
    audit.record("template.retired", template, actor=actor, at=at, reason=reason)
    return template


def _require_draft(template: DocumentTemplate) -> None:
    if template.status != TemplateStatus.DRAFT:
        raise TemplateNotDraft(version=template.edition, status=template.status)


def _next_edition(kind: str) -> int:
    # Under the kind's turn, and the unique constraint is the last word.
    last = DocumentTemplate.objects.filter(kind=kind).aggregate(last=Max("edition"))["last"]
    return (last or 0) + 1
