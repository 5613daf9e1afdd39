"""Jobs of which something waits for its bill."""

from collections import defaultdict
from datetime import datetime

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat

from client_management.models import BillingTrigger, JobOrder, JobStatus, Milestone
from client_management.queries.bills import JOB, due_days
from common.time import day_bounds
from finance.days import local_day, operator_zone
from finance.models import BilledWork
from flight_operations.models import FLOWN

Waiting = tuple[int, str, int | None, datetime]
MOST = 5000


def unbilled_jobs(at: datetime) -> list[Waiting]:
    """Jobs that are ready to be billed, of every way of billing; 5 queries."""
    return [*_accepted(at), *_milestones(at), *_scheduled(at)]


def _accepted(at: datetime) -> list[Waiting]:
    """Accepted work, or such as may be billed early, without any bill."""
    works = BilledWork.objects.live().filter(subject=JOB, subject_id=OuterRef("pk"))
    rows = JobOrder.objects.filter(
        ~Exists(works),
        Q(status=JobStatus.ACCEPTED)
        | (Q(billed_early_at__isnull=False) & ~Q(status__in=[JobStatus.CANCELLED])),
        billing_trigger=BillingTrigger.ACCEPTANCE,
    ).annotate(since=Coalesce(F("billed_early_at"), F("accepted_at")))
    found = rows.filter(since__lte=at).order_by("since", "pk")
    return list(found.values_list("pk", "number", "organization__contact", "since")[:MOST])


def _milestones(at: datetime) -> list[Waiting]:
    """Jobs with a milestone that was reached and is on no bill."""
    works = BilledWork.objects.live().filter(
        subject=JOB,
        subject_id=OuterRef("job"),
        work=Concat(Value("milestone:"), Cast(OuterRef("pk"), CharField())),
    )
    rows = Milestone.objects.filter(
        ~Exists(works),
        amount__gt=0,
        reached_at__lte=at,
        job__billing_trigger=BillingTrigger.MILESTONES,
    ).exclude(job__status__in=[JobStatus.DRAFT, JobStatus.CANCELLED])
    found = rows.values("job", "job__number", "job__organization__contact").annotate(
        since=Min("reached_at")
    )
    return [
        (row["job"], row["job__number"], row["job__organization__contact"], row["since"])
        for row in found.order_by("since", "job")[:MOST]
    ]


def _scheduled(at: datetime) -> list[Waiting]:
    """Jobs billed by schedule of which a period that is over has flights and no bill."""
    rows = (
        JobOrder.objects.filter(billing_trigger=BillingTrigger.SCHEDULE)
        .exclude(status__in=[JobStatus.DRAFT, JobStatus.CANCELLED, JobStatus.COMPLETED])
        .select_related("contract", "organization")
        .order_by("pk")[:MOST]
    )
    jobs = list(rows)
    flights = defaultdict(list)
    landed = JobOrder.objects.filter(
        pk__in=[job.pk for job in jobs], operations__operation__status__in=FLOWN
    )
    for pk, end in landed.values_list("pk", "operations__operation__actual_end_at"):
        if end is not None:
            flights[pk].append(end)
    works = defaultdict(set)
    billed = BilledWork.objects.live().filter(subject=JOB, subject_id__in=[job.pk for job in jobs])
    for pk, work in billed.values_list("subject_id", "work"):
        works[pk].add(work)
    found: list[Waiting] = []
    for job in jobs:
        since = _ready_since(job, flights[job.pk], works[job.pk], at)
        if since is not None:
            found.append((job.pk, job.number, job.organization.contact_id, since))
    return found


def _ready_since(
    job: JobOrder, flights: list[datetime], works: set[str], at: datetime
) -> datetime | None:
    """The end of the first period with flights and without a bill, or the acceptance."""
    before = None
    last = job.accepted_at or at
    for day in due_days(job.contract, after=local_day(job.created_at), until=local_day(last)):
        end = day_bounds(day, operator_zone())[0]
        is_flown = any((before is None or before <= f) and f < end for f in flights)
        if is_flown and f"period:{day}" not in works:
            return end
        before = end
    if job.status == JobStatus.ACCEPTED and "final" not in works:
        return job.accepted_at
    return None
