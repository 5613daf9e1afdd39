"""
The later steps of a job: handed over, begun, delivered, accepted, held, called off.

One order of locks: operations, client, job.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from client_management.events import JobHandedOver, JobProgressed
from client_management.exceptions import (
    FlightInProgress,
    JobNotPlannable,
    NotAllowedToApprove,
    NothingToHandOver,
    WorkNotFlown,
)
from client_management.models import (
    PLANNABLE_JOBS,
    CustomerPortalAccess,
    JobOperation,
    JobOrder,
    JobStatus,
)
from client_management.queries.portal_access import is_live
from client_management.queries.progress import progress_of
from client_management.services.jobs import take_step
from common.audit import record
from common.exceptions import TransitionNotAllowed
from common.lifecycle import locked
from common.models import StatusChange
from common.outbox import announce
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus
from flight_operations.services.operations import cancel_operation

# As what a held job goes on; its operations were called off, so it is planned anew.
_RESUMED = {
    JobStatus.DRAFT: JobStatus.DRAFT,
    JobStatus.CONFIRMED: JobStatus.CONFIRMED,
    JobStatus.SCHEDULED: JobStatus.CONFIRMED,
    JobStatus.IN_PROGRESS: JobStatus.IN_PROGRESS,
}
ENDED = (OperationStatus.CANCELLED, OperationStatus.REJECTED)


@transaction.atomic
def hand_over_job(job: JobOrder, *, actor: Any, at: datetime) -> JobOrder:
    """
    Give a job's operations to dispatch, who plan them from now on.

    Raises NothingToHandOver, JobNotPlannable.
    """
    job = locked(job)
    if job.status not in PLANNABLE_JOBS:
        raise JobNotPlannable(status=job.get_status_display().lower())
    if not job.operations.filter(operation__status__in=UPCOMING).exists():
        raise NothingToHandOver(job=job.number)
    job.handed_over_at, job.handed_over_by = at, actor
    if job.status == JobStatus.CONFIRMED:
        take_step(job, JobStatus.SCHEDULED, "job.scheduled", actor=actor, at=at)
    else:
        job.save()
    record("job.handed_over", job, actor=actor, at=at)
    announce(JobHandedOver(job_id=job.pk, organization_id=job.organization_id))
    return job


@transaction.atomic
def note_flight(operation_id: int, *, at: datetime) -> JobOrder | None:
    """
    Take a job along when an operation of it takes off or lands; None where it is flown for none.

    Safe to repeat: a job that is under way stays so.
    """
    link = JobOperation.objects.select_related("job", "operation").filter(operation=operation_id)
    found = link.first()
    if found is None:
        return None
    job = locked(found.job)
    if job.status in (JobStatus.CONFIRMED, JobStatus.SCHEDULED):
        take_step(job, JobStatus.IN_PROGRESS, "job.begun", actor=None, at=at)
    if found.operation.actual_end_at is not None:
        announce(
            JobProgressed(
                job_id=job.pk, organization_id=job.organization_id, operation_id=operation_id
            )
        )
    return job


@transaction.atomic
def deliver_job(job: JobOrder, *, reason: str = "", actor: Any, at: datetime) -> JobOrder:
    """
    Say that all that was ordered is with the client, who now looks at it.

    Raises WorkNotFlown where the flights do not cover the area and no reason is given,
    TransitionNotAllowed.
    """
    job = locked(job)
    percent = progress_of([job])[job.pk].percent
    if percent < 100 and not reason:
        raise WorkNotFlown(job=job.number, percent=percent)
    job.delivered_at = at
    return take_step(job, JobStatus.DELIVERED, "job.delivered", actor=actor, at=at, reason=reason)


@transaction.atomic
def rework_job(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> JobOrder:
    """Take a delivered job up again because something has to be done over."""
    job = locked(job)
    if job.status != JobStatus.DELIVERED:
        raise TransitionNotAllowed(current=str(job.status), wanted=str(JobStatus.IN_PROGRESS))
    job.delivered_at = None
    return take_step(job, JobStatus.IN_PROGRESS, "job.reworked", actor=actor, at=at, reason=reason)


@transaction.atomic
def accept_job(
    job: JobOrder,
    *,
    access: CustomerPortalAccess | None = None,
    note: str = "",
    actor: Any,
    at: datetime,
) -> JobOrder:
    """
    Take the client's word that the work is good; it may be billed from now on.

    `access` is the key of the client's person; without one the desk records the acceptance. Raises
    NotAllowedToApprove, TransitionNotAllowed.
    """
    if access is not None:
        # Read under a lock: taken away at this moment, it opens nothing any more.
        access = locked(access)
        is_theirs = access.organization_id == job.organization_id and access.can_approve_quotes
        if not (is_theirs and is_live(access, at=at)):
            raise NotAllowedToApprove
    job = locked(job)
    job.accepted_at, job.accepted_by = at, actor
    return take_step(job, JobStatus.ACCEPTED, "job.accepted", actor=actor, at=at, reason=note)


@transaction.atomic
def hold_job(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> JobOrder:
    """
    Stop a job for a while: what has not flown is called off, so that aircraft and people are free.

    Raises FlightInProgress, TransitionNotAllowed.
    """
    job = _stopped(job, reason=reason, actor=actor, at=at)
    job.handed_over_at = job.handed_over_by = None
    return take_step(job, JobStatus.ON_HOLD, "job.held", actor=actor, at=at, reason=reason)


@transaction.atomic
def resume_job(job: JobOrder, *, actor: Any, at: datetime) -> JobOrder:
    """Take a held job up where it was; its operations are planned anew."""
    job = locked(job)
    step = StatusChange.objects.filter(
        content_type__app_label="client_management",
        content_type__model="joborder",
        object_id=job.pk,
        to_status=JobStatus.ON_HOLD,
    )
    before = step.order_by("-pk").values_list("from_status", flat=True).first()
    to = _RESUMED.get(JobStatus(before), JobStatus.CONFIRMED) if before else JobStatus.CONFIRMED
    return take_step(job, to, "job.resumed", actor=actor, at=at)


@transaction.atomic
def cancel_job(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> JobOrder:
    """
    Call a job off, with every operation of it that has not flown.

    Raises FlightInProgress, TransitionNotAllowed.
    """
    job = _stopped(job, reason=reason, actor=actor, at=at)
    return take_step(job, JobStatus.CANCELLED, "job.cancelled", actor=actor, at=at, reason=reason)


def _stopped(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> JobOrder:
    """Call off what has not flown and lock the job; what is in the air is waited for."""
    _call_off(job, reason=reason, actor=actor, at=at)
    job = locked(job)
    # Once more: what was planned until the job was held.
    _call_off(job, reason=reason, actor=actor, at=at)
    return job


def _call_off(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> None:
    rows = FlightOperation.objects.filter(job_operation__job=job).exclude(status__in=ENDED)
    for operation in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        if operation.status == OperationStatus.ACTIVE:
            raise FlightInProgress(operation=operation.number)
        if operation.status in UPCOMING:
            cancel_operation(operation, reason=f"{job.number}: {reason}", actor=actor, at=at)
