"""What dispatch has to know of jobs: which operations it may plan, how pressing, by when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from client_management.models import PLANNABLE_JOBS, JobOperation
from client_management.specifications import specification_of
from client_management.survey.estimate import visits_of
from common.money import Money
from common.time import day_bounds
from flight_operations.models import UPCOMING


@dataclass(frozen=True, kw_only=True)
class JobWork:
    """
    One operation of a job that was handed over, and between which moments it is wanted.

    `value` is its share of what was agreed for the job, before tax.
    """

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
    value: Decimal
    currency: str


def work_for_dispatch(
    operations: Iterable[int] | None = None, *, job: int | None = None
) -> list[JobWork]:
    """
    Operations of jobs that were handed over and have not flown, most pressing first; 1 query.

    `operations` are the keys that are asked about, or those of a `job`; without either all there
    are (the first 5,000).
    """
    rows = JobOperation.objects.filter(
        job__handed_over_at__isnull=False,
        job__status__in=PLANNABLE_JOBS,
        operation__status__in=UPCOMING,
    )
    if operations is not None:
        rows = rows.filter(operation__in=list(operations))
    if job is not None:
        rows = rows.filter(job=job)
    ordered = rows.select_related("job__request").defer("part", "job__request__area")
    ordered = ordered.order_by("-job__priority", "pk")[:5000]
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
        value=_value(row),
        currency=job.currency,
    )


def _value(row: JobOperation) -> Decimal:
    request = row.job.request
    visits = visits_of(specification_of(request.service_type, request.specifications))
    share = Decimal(str(min(1.0, row.part_m2 / (request.area_m2 * visits))))
    return Money(row.job.agreed_amount * share, row.job.currency).amount
