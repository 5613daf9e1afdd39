"""The documents of a record, on its page."""

from typing import Any

from django.db.models import Q

from common.compliance.findings import Color
from common.desk.links import page_of
from common.desk.standing import Fact, Group
from documents.kinds import UPLOADED, kinds_of
from documents.models import Document
from documents.queries.library import HEAVY

MOST = 6


def papers_of(record: Any, user: Any) -> Group:
    """The current documents of a record that a reader of it may have, newest first; 1 query."""
    label = record._meta.label_lower
    keys = [kind.key for kind in kinds_of(label) if kind.may_read(user.has_perm)]
    handed_in = Q(kind=UPLOADED)
    if not user.has_perm("documents.view_medical_document"):
        handed_in &= ~Q(classification="medical")
    rows = Document.objects.filter(
        Q(kind__in=keys) | handed_in,
        subject_type=label,
        subject_id=record.pk,
        is_current=True,
        deleted_at=None,
    )
    found = list(rows.defer(*HEAVY).order_by("-pk")[: MOST + 1])
    facts = [_fact(each, user) for each in found[:MOST]]
    if len(found) > MOST:
        facts.append(Fact(label="More", value="in the library of documents"))
    return Group(title="Documents", facts=tuple(facts or [Fact(label="So far", value="none")]))


def _fact(document: Document, user: Any) -> Fact:
    return Fact(
        label=document.number,
        value=document.title,
        link=page_of(document, user),
        color=Color.AMBER if document.is_reissue_due else None,
        detail="to be made anew: the record changed" if document.is_reissue_due else "",
    )
