"""What happened for a client on one of its days, for the mail of the day after."""

from datetime import date
from zoneinfo import ZoneInfo

from django.contrib.contenttypes.models import ContentType

from client_management.models import ClientOrganization, JobOperation, JobOrder, JobStatus
from common.models import StatusChange
from common.time import day_bounds

# The steps of a job that a client is told of.
TOLD = (JobStatus.SCHEDULED, JobStatus.DELIVERED)


def jobs_told_of(organization: ClientOrganization, day: date) -> int:
    """How many jobs were scheduled or delivered on a day of the client's; 1 query."""
    start, end = day_bounds(day, ZoneInfo(organization.timezone))
    steps = StatusChange.objects.filter(
        content_type=ContentType.objects.get_for_model(JobOrder),
        object_id__in=JobOrder.objects.for_client(organization).values("pk"),
        to_status__in=TOLD,
        changed_at__gte=start,
        changed_at__lt=end,
    )
    return steps.values("object_id").distinct().count()


def flights_begun(organization: ClientOrganization, day: date) -> int:
    """How many of the client's flights took off on a day of its; 1 query."""
    start, end = day_bounds(day, ZoneInfo(organization.timezone))
    return JobOperation.objects.filter(
        job__organization=organization,
        operation__actual_start_at__gte=start,
        operation__actual_start_at__lt=end,
    ).count()
