"""Documents that do not say any more what is so."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.outbox import announce
from documents.events import DocumentsDueForReissue
from documents.kinds import kinds_of
from documents.models import UPLOADED, Document
from documents.services.turns import document_turn, take_turn


@transaction.atomic
def mark_for_reissue(
    subject_type: str,
    subject_id: int,
    *,
    at: datetime,
    kinds: Collection[str] | None = None,
    actor: Any = None,
    reason: str = "",
) -> int:
    """
    Mark the documents in force of a record, or those of some kinds, as due to be made anew.

    For handlers of higher apps, called again without harm. The mark goes when the document is made
    anew, or is found to say still what is so. Returns how many were marked.
    """
    # Who makes one meanwhile may have read what was so before: it is marked once it is there.
    for key in sorted(kind.key for kind in kinds_of(subject_type)):
        if kinds is None or key in kinds:
            take_turn(document_turn(key, subject_type, subject_id))
    rows = Document.objects.current().about(subject_type, subject_id).exclude(kind=UPLOADED)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    due = rows.filter(is_reissue_due=False, deleted_at=None)
    # In the order in which whoever makes them anew would wait for them.
    found = list(due.order_by("pk").select_for_update(of=("self",), no_key=True))
    for document in found:
        document.is_reissue_due = True
        document.save(update_fields=["is_reissue_due", "updated_at"])
        audit.record("document.reissue_due", document, actor=actor, at=at, reason=reason)
    if found:
        announce(DocumentsDueForReissue(document_ids=[document.pk for document in found]))
    return len(found)
