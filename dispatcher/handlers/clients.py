"""What the desk hears of clients' jobs: which operations are its to plan, and what they ask for."""

from django.utils import timezone

from client_management.events import JobAmended, JobHandedOver, JobOperationsPlanned
from client_management.models import JobOrder
from common.events import handles
from dispatcher.services.jobs import take_job_over


@handles(JobHandedOver)
def take_a_job_over(event: JobHandedOver) -> None:
    """The operations of a job are the desk's to plan from now on."""
    _take(event.job_id)


@handles(JobAmended)
def follow_an_amended_job(event: JobAmended) -> None:
    """The client wants it at another time, or more urgently."""
    _take(event.job_id)


@handles(JobOperationsPlanned)
def take_more_of_a_job(event: JobOperationsPlanned) -> None:
    """Operations that are added to a job after it was handed over come to the desk as well."""
    _take(event.job_id, only_new=True)


def _take(job_id: int, *, only_new: bool = False) -> None:
    # Whoever handed it over; the desk's own deeds are its own.
    actor = JobOrder.objects.select_related("handed_over_by").get(pk=job_id).handed_over_by
    take_job_over(job_id, only_new=only_new, actor=actor, at=timezone.now())
