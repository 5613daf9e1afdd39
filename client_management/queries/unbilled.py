"""Jobs of which something waits for its bill."""

from collections import defaultdict
from datetime import datetime

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat, Least

from client_management.instalments import bits_of
from client_management.models import BillingTrigger, JobOrder, JobStatus, Milestone
from client_management.queries.bills import (
    JOB,
    area_to_fly,
    due_days,
    flown_rows,
    instalments_due,
)
from common.time import day_bounds
from finance.days import local_day, operator_zone
from finance.models import BilledWork

Waiting = tuple[int, str, int | None, datetime]
MOST = 5000


def unbilled_jobs(at: datetime) -> list[Waiting]:
    """Jobs that are ready to be billed, of every way of billing; 5 queries."""
    return [*_accepted(at), *_milestones(at), *due_by_schedule(at)]


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
    """Jobs with a milestone that may be billed and is on no bill: reached, or all was accepted."""
    works = BilledWork.objects.live().filter(
        subject=JOB,
        subject_id=OuterRef("job"),
        work=Concat(Value("milestone:"), Cast(OuterRef("pk"), CharField())),
    )
    rows = Milestone.objects.filter(
        ~Exists(works), amount__gt=0, job__billing_trigger=BillingTrigger.MILESTONES
    ).exclude(job__status__in=[JobStatus.DRAFT, JobStatus.CANCELLED])
    # The first of these moments; moments that never came are left out of LEAST.
    ready = rows.annotate(
        ready_at=Least("reached_at", "job__accepted_at", "job__billed_early_at")
    ).filter(ready_at__lte=at)
    found = ready.values("job", "job__number", "job__organization__contact").annotate(
        since=Min("ready_at")
    )
    return [
        (row["job"], row["job__number"], row["job__organization__contact"], row["since"])
        for row in found.order_by("since", "job")[:MOST]
    ]


def due_by_schedule(at: datetime) -> list[Waiting]:
    """Jobs billed by schedule of which something is due and on no bill."""
    rows = (
        JobOrder.objects.filter(billing_trigger=BillingTrigger.SCHEDULE)
        .exclude(status__in=[JobStatus.DRAFT, JobStatus.CANCELLED, JobStatus.COMPLETED])
        .select_related("contract", "organization", "request")
        .defer("request__area")
        .order_by("pk")[:MOST]
    )
    jobs = {job.pk: job for job in rows}
    flights = defaultdict(list)
    for pk, end, m2 in flown_rows(jobs):
        flights[pk].append((end, m2))
    works = defaultdict(set)
    billed = BilledWork.objects.live().filter(subject=JOB, subject_id__in=list(jobs))
    for pk, work in billed.values_list("subject_id", "work"):
        works[pk].add(work)
    return [
        (pk, job.number, job.organization.contact_id, _since(job, at))
        for pk, job in jobs.items()
        if instalments_due(job, flights[pk], bits_of(works[pk]), whole_m2=area_to_fly(job), at=at)
    ]


def _since(job: JobOrder, at: datetime) -> datetime:
    """Since when something waits: the acceptance, else the end of the last period that is over."""
    opened = job.billed_early_at or job.accepted_at
    if opened is not None:
        return opened
    last = local_day(at)
    days = due_days(job.contract, after=local_day(job.created_at), until=last)
    return day_bounds(days[-1], operator_zone())[0] if days else at
