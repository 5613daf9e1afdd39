"""How jobs are billed: on acceptance, by milestones, or by the schedule of their contract."""

from datetime import datetime
from zoneinfo import ZoneInfo

from client_management.models import JobStatus
from client_management.queries.bills import JOB, as_agreed, as_due, job_of
from client_management.queries.unbilled import unbilled_jobs
from common.models import StatusChange
from common.time import day_bounds
from finance.billables import Basis, Bill, Billable, Cancelled, register


def draw_up_job(job_id: int, basis: Basis, at: datetime) -> Bill:
    """
    What of a job is due, or (for deposits and fees) all that was agreed.

    Raises DoesNotExist, NotAcceptedYet, InvalidInput for a tax without a rate.
    """
    job = job_of(job_id)
    return as_agreed(job, at=at) if basis == "quote" else as_due(job, at=at)


def called_off(job_id: int) -> Cancelled | None:
    """When a job was called off; its terms were agreed on when the quote was accepted."""
    job = job_of(job_id)
    if job.status != JobStatus.CANCELLED:
        return None
    step = (
        StatusChange.objects.filter(
            content_type__app_label="client_management",
            content_type__model="joborder",
            object_id=job.pk,
            to_status=JobStatus.CANCELLED,
        )
        .order_by("-pk")
        .first()
    )
    return Cancelled(
        departs_at=day_bounds(job.wanted_from, ZoneInfo(job.request.timezone))[0],
        cancelled_at=step.changed_at if step else job.updated_at,
        agreed_at=job.quote.answered_at or job.created_at if job.quote else job.created_at,
    )


register(
    Billable(
        subject=JOB,
        title="Job",
        bases=("actuals",),
        draw_up=draw_up_job,
        unbilled=unbilled_jobs,
        cancelled=called_off,
        has_offer=True,
        view="client_management.view_joborder",
    )
)
