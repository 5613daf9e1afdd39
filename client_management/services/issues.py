"""Issues of deliverables: made of a finished upload or of what a processing service gave back."""

from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage

from client_management.models import (
    RETENTION_DAYS,
    Deliverable,
    DeliverableIssue,
    DeliverableStatus,
    JobOrder,
)
from client_management.portal_exceptions import DeliverableSettled
from common.lifecycle import locked, move
from common.numbering import next_number


def keep_issue(
    source: Any, job: JobOrder, *, name: str, media_type: str, at: datetime
) -> DeliverableIssue:
    """
    Make a stored file the newest issue of the deliverable it is for, or of a new one.

    `source` says what it is, as an Upload does. Inside a transaction that holds the job.
    """
    deliverable = _deliverable_of(source, job, at)
    issue = DeliverableIssue(
        deliverable=deliverable,
        issue=deliverable.issue,
        file=name,
        file_name=source.file_name,
        media_type=media_type,
        size_bytes=source.size_bytes,
        sha256=source.sha256,
        note=source.note,
        uploaded_by=source.created_by,
        uploaded_at=at,
        retained_until=(at + timedelta(days=RETENTION_DAYS[deliverable.retention])).date(),
    )
    issue.save()
    return issue


def _deliverable_of(source: Any, job: JobOrder, at: datetime) -> Deliverable:
    if source.deliverable_id is None:
        deliverable = Deliverable(
            organization_id=job.organization_id,
            job=job,
            title=source.title,
            kind=source.kind,
            description=source.description,
            retention=source.retention,
        )
        deliverable.number = next_number("DV", year=at.year)
        deliverable.save()
        return deliverable
    deliverable = locked(source.deliverable)
    if deliverable.status == DeliverableStatus.ACCEPTED:
        raise DeliverableSettled(deliverable=deliverable.number)
    deliverable.issue += 1
    if deliverable.status == DeliverableStatus.UPLOADED:
        deliverable.save()
    else:
        move(deliverable, DeliverableStatus.UPLOADED, actor=source.created_by, at=at)
    return deliverable


def file_exists(issue: DeliverableIssue) -> bool:
    """Whether the bytes are where the row says."""
    return bool(issue.file.name) and default_storage.exists(str(issue.file.name))
