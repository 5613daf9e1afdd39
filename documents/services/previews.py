"""What a template would make of a record; nothing is kept."""

from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from documents.exceptions import PurposeRequired
from documents.models import DocumentClass, DocumentTemplate
from documents.queries.layouts import known_kind
from documents.queries.letterheads import letterhead
from documents.queries.subjects import find_subject
from documents.services.access import note_preview
from documents.services.generation import gather, label_of, laid_out, require_grant

MARK = "Preview of a template. Not a document."


@transaction.atomic
def preview_template(
    template: DocumentTemplate, subject: Any, *, purpose: str = "", actor: Any, at: datetime
) -> bytes:
    """
    A record laid out with an edition, as PDF, for who may make the document itself.

    It shows what the document would, so it asks what a medical one is for and is on record.
    Raises PurposeRequired and what `generate` raises.
    """
    kind = known_kind(template.kind)
    require_grant(kind, actor)
    if kind.classification == DocumentClass.MEDICAL and not purpose.strip():
        raise PurposeRequired
    row = find_subject(kind.subject, subject, actor)
    source = gather(kind, row.pk, actor=actor, at=at)
    label = label_of(kind, source, reference=f"{template}", mark=MARK)
    note_preview(template, row, user=actor, purpose=purpose, at=at)
    audit.record(
        "template.previewed", template, actor=actor, at=at, scope=source.scope, about=source.title
    )
    return laid_out(kind, source, template, letterhead(), label).content
