"""What dispatch has to know of jobs: which operations it may plan, how pressing, by when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from client_management.models import PLANNABLE_JOBS, JobOperation
from common.time import day_bounds
from flight_operations.models import UPCOMING


@dataclass(frozen=True, kw_only=True)
class JobWork:
    """One operation of a job that was handed over, and between which moments it is wanted."""

    operation_id: int
    job_id: int
    job_number: str
    organization_id: int
    service_type: str
    priority: int
    wanted_from: datetime
    wanted_until: datetime
    planned_min: float
    batteries: int


def work_for_dispatch(operations: Iterable[int] | None = None) -> list[JobWork]:
    """
    Operations of jobs that were handed over and have not flown, most pressing first; 1 query.

    `operations` are the keys that are asked about; without them all there are (the first 5,000).
    """
    rows = JobOperation.objects.filter(
        job__handed_over_at__isnull=False,
        job__status__in=PLANNABLE_JOBS,
        operation__status__in=UPCOMING,
    )
    if operations is not None:
        rows = rows.filter(operation__in=list(operations))
    ordered = rows.select_related("job__request").order_by("-job__priority", "pk")[:5000]
    return [_work(row) for row in ordered]


def _work(row: JobOperation) -> JobWork:
    job = row.job
    zone = ZoneInfo(job.request.timezone)
    return JobWork(
        operation_id=row.operation_id,
        job_id=job.pk,
        job_number=job.number,
        organization_id=job.organization_id,
        service_type=str(job.request.service_type),
        priority=job.priority,
        wanted_from=day_bounds(job.wanted_from, zone)[0],
        wanted_until=day_bounds(job.wanted_until, zone)[0],
        planned_min=row.planned_min,
        batteries=row.batteries,
    )
