"""The life of a deliverable: shown to the client, accepted or sent back, handed out, forgotten."""

from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from client_management.models import (
    Deliverable,
    DeliverableDownload,
    DeliverableIssue,
    DeliverableReview,
    DeliverableStatus,
    ReviewVerdict,
    ShareLink,
)
from client_management.portal_events import (
    DeliverableAccepted,
    DeliverableReady,
    DeliverableSentBack,
)
from client_management.portal_exceptions import (
    AlreadyDropped,
    FilesGone,
    IssueDiffers,
    StillRetained,
)
from common import audit
from common.context import current
from common.lifecycle import locked, move
from common.outbox import announce

# For so long the rest of a download that broke off belongs to it.
GOES_ON = timedelta(days=1)


@transaction.atomic
def release_deliverable(deliverable: Deliverable, *, actor: Any, at: datetime) -> Deliverable:
    """Show the newest issue to the client, for review. Raises TransitionNotAllowed, FilesGone."""
    deliverable = locked(deliverable)
    standing_issue(deliverable)
    move(deliverable, DeliverableStatus.READY, actor=actor, at=at)
    audit.record("deliverable.released", deliverable, actor=actor, at=at, issue=deliverable.issue)
    announce(DeliverableReady(deliverable_id=deliverable.pk, issue=deliverable.issue))
    return deliverable


@transaction.atomic
def accept_deliverable(
    deliverable: Deliverable, *, issue: int, note: str = "", actor: Any, at: datetime
) -> Deliverable:
    """
    Record that the client takes the issue they looked at.

    Raises IssueDiffers when there is a newer one, TransitionNotAllowed.
    """
    deliverable = _reviewed(
        deliverable, ReviewVerdict.ACCEPTED, issue=issue, note=note, actor=actor, at=at
    )
    announce(DeliverableAccepted(deliverable_id=deliverable.pk))
    return deliverable


@transaction.atomic
def send_back(
    deliverable: Deliverable, *, issue: int, note: str, actor: Any, at: datetime
) -> Deliverable:
    """Record what the client wants done again. Raises IssueDiffers, TransitionNotAllowed."""
    deliverable = _reviewed(
        deliverable, ReviewVerdict.REWORK, issue=issue, note=note, actor=actor, at=at
    )
    announce(DeliverableSentBack(deliverable_id=deliverable.pk))
    return deliverable


@transaction.atomic
def hand_out(
    deliverable: Deliverable,
    *,
    issue: DeliverableIssue | None = None,
    user: Any = None,
    link: ShareLink | None = None,
    is_from_start: bool = True,
    at: datetime,
) -> DeliverableIssue:
    """
    An issue, the newest unless one is named, for somebody who may have it; the download is noted.

    Going on with one of the last day that broke off is the same download. Raises FilesGone.
    """
    issue = standing_issue(deliverable, issue)
    now = current()
    who = {
        "user": user if getattr(user, "pk", None) else None,
        "link": link,
        "address": now.address,
    }
    begun = DeliverableDownload.objects.filter(issue=issue, downloaded_at__gt=at - GOES_ON, **who)
    if is_from_start or not begun.exists():
        DeliverableDownload.objects.create(
            issue=issue, **who, request_id=now.request_id, downloaded_at=at
        )
    return issue


def standing_issue(
    deliverable: Deliverable, issue: DeliverableIssue | None = None
) -> DeliverableIssue:
    """An issue, the newest unless one is given. Raises FilesGone when its bytes were dropped."""
    if issue is None:
        issue = deliverable.issues.get(issue=deliverable.issue)
    if issue.is_dropped:
        raise FilesGone(deliverable=deliverable.number)
    return issue


@transaction.atomic
def drop_files(deliverable: Deliverable, *, reason: str, actor: Any, at: datetime) -> Deliverable:
    """
    Delete the files of a deliverable whose time is over; rows, hashes and reviews stay.

    Raises StillRetained, AlreadyDropped.
    """
    deliverable = locked(deliverable)
    issues = list(deliverable.issues.filter(dropped_at=None).order_by("issue"))
    if not issues:
        raise AlreadyDropped(deliverable=deliverable.number)
    until = max(issue.retained_until for issue in issues)
    if at.date() <= until:
        raise StillRetained(deliverable=deliverable.number, until=until.isoformat())
    names = [str(issue.file.name) for issue in issues]
    deliverable.issues.filter(dropped_at=None).update(
        file="", dropped_at=at, dropped_by=actor, dropped_because=reason
    )
    audit.record("deliverable.dropped", deliverable, actor=actor, at=at, reason=reason)
    transaction.on_commit(lambda: _delete(names))
    return deliverable


def _delete(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _reviewed(
    deliverable: Deliverable, verdict: str, *, issue: int, note: str, actor: Any, at: datetime
) -> Deliverable:
    deliverable = locked(deliverable)
    if issue != deliverable.issue:
        raise IssueDiffers(deliverable=deliverable.number, issue=deliverable.issue)
    to = (
        DeliverableStatus.ACCEPTED
        if verdict == ReviewVerdict.ACCEPTED
        else DeliverableStatus.REWORK
    )
    move(deliverable, to, actor=actor, at=at, reason=note)
    DeliverableReview.objects.create(
        deliverable=deliverable,
        issue=issue,
        verdict=verdict,
        note=note,
        reviewer=actor,
        reviewed_at=at,
    )
    audit.record(f"deliverable.{verdict}", deliverable, actor=actor, at=at, issue=issue)
    return deliverable
