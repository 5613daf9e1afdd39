"""Deliverables as lists and links need them."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from client_management.models import SHOWN, Deliverable, DeliverableIssue, ShareLink
from client_management.share_tokens import LONGEST
from common.links import digest_of, opens


def with_newest(rows: Any, *, issue: str = "issue") -> QuerySet[Deliverable]:
    """Deliverables with the facts of their newest issue beside them; 1 query."""
    newest = DeliverableIssue.objects.filter(deliverable=OuterRef("pk"), issue=OuterRef(issue))
    fields = ("file_name", "media_type", "size_bytes", "sha256", "uploaded_at", "dropped_at")
    facts = {f"newest_{name}": Subquery(newest.values(name)[:1]) for name in fields}
    found: QuerySet[Deliverable] = rows.select_related("job", "organization").annotate(
        **facts, retained_until=Subquery(newest.values("retained_until")[:1])
    )
    return found


def with_downloads(rows: Any) -> QuerySet[Deliverable]:
    """`with_newest`, and how often each was handed out."""
    return with_newest(rows).annotate(download_count=Count("issues__downloads", distinct=True))


def link_by_token(token: str) -> ShareLink | None:
    """The link that a token opens, closed ones too; its deliverable beside it."""
    if len(token) > LONGEST or not token.isascii():
        return None
    rows = ShareLink.objects.select_related("deliverable__job", "deliverable__organization")
    found = rows.filter(link_digest=digest_of(token)).first()
    return found if found is not None and opens(token, found.link_digest) else None


def is_open(link: ShareLink, *, at: datetime) -> bool:
    """Whether a link still leads to a file."""
    return link.revoked_at is None and link.expires_at > at and link.deliverable.status in SHOWN


def as_given(rows: Any) -> QuerySet[Deliverable]:
    """
    Deliverables of which the client was given an issue, as it has them; 1 query.

    `given_issue` is the newest that was released, and the facts beside it are that issue's. It
    stays the client's while the next one is made.
    """
    model: Any = Deliverable
    past = model.pgh_event_model.objects.filter(pgh_obj=OuterRef("pk"), status__in=SHOWN)
    given = rows.annotate(given_issue=Subquery(past.order_by("-issue").values("issue")[:1]))
    return with_newest(given.filter(given_issue__isnull=False), issue="given_issue")


def shown_issues(deliverable: Any) -> QuerySet[DeliverableIssue]:
    """
    The issues that the client was given, newest first; 1 query.

    Each was the issue of a deliverable that stood at one of the client's statuses, which its
    history tells.
    """
    past = deliverable.events.filter(status__in=SHOWN).values("issue")
    return issues_of(deliverable).filter(issue__in=past)


def issues_of(deliverable: Deliverable) -> QuerySet[DeliverableIssue]:
    """All issues of one deliverable, newest first."""
    rows = deliverable.issues.select_related("uploaded_by")
    return rows.order_by(F("issue").desc())
