from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from client_management.models.deliverables import DeliverableIssue
from client_management.models.job import JobOrder
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from users.models import User


class ProcessingStatus(models.TextChoices):
    """Where the work at the service stands; from `queued` on it is the service's own word."""

    WAITING = "waiting", "To be handed over"
    UPLOADING = "uploading", "Being handed over"
    QUEUED = "queued", "Waits at the service"
    RUNNING = "running"
    COMPLETED = "completed", "Done, to be fetched"
    FETCHED = "fetched", "Results are here"
    FAILED = "failed"
    CANCELED = "canceled"


LIVE_RUNS = (
    ProcessingStatus.WAITING,
    ProcessingStatus.UPLOADING,
    ProcessingStatus.QUEUED,
    ProcessingStatus.RUNNING,
    ProcessingStatus.COMPLETED,
)
_ENDS = {ProcessingStatus.FAILED, ProcessingStatus.CANCELED}
_AT_SERVICE = {ProcessingStatus.QUEUED, ProcessingStatus.RUNNING, ProcessingStatus.COMPLETED}


class ProcessingQuerySet(ClientQuerySet):
    def live(self) -> Self:
        """Work that is not over."""
        return self.filter(status__in=LIVE_RUNS)


@tracked
class ProcessingRun(BaseModel):
    """
    Pictures of a job given to a processing service, and what it says of them.

    `project_key` and `task_key` are the service's own names; each step is noted when it is done, so
    that a worker that dies goes on where it was. `uploaded_count` pictures are over there.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ProcessingStatus.WAITING: {ProcessingStatus.UPLOADING, *_ENDS},
        ProcessingStatus.UPLOADING: {*_AT_SERVICE, *_ENDS},
        ProcessingStatus.QUEUED: {
            ProcessingStatus.RUNNING,
            ProcessingStatus.COMPLETED,
            *_ENDS,
        },
        ProcessingStatus.RUNNING: {ProcessingStatus.QUEUED, ProcessingStatus.COMPLETED, *_ENDS},
        ProcessingStatus.COMPLETED: {ProcessingStatus.FETCHED, *_ENDS},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="+")
    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="processing_runs")
    inputs = models.ManyToManyField(DeliverableIssue, related_name="+")
    wanted = models.JSONField(default=list, help_text="Assets to fetch, by the service's names.")
    options = models.JSONField(default=dict, help_text="Options of the service, by name.")
    status = models.CharField(
        max_length=10, choices=ProcessingStatus, default=ProcessingStatus.WAITING, editable=False
    )
    progress_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    project_key = models.CharField(max_length=64, blank=True, editable=False)
    task_key = models.CharField(max_length=64, blank=True, editable=False)
    uploaded_count = models.PositiveIntegerField(default=0, editable=False)
    fetched = models.JSONField(default=list, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    next_look_at = models.DateTimeField(editable=False)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    objects = ProcessingQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "view")
        permissions = [("cancel_processingrun", "Can call processing off")]
        constraints = [
            one_of("processing_status_is_known", "status", ProcessingStatus),
            within("processing_progress_in_percent", "progress_percent", 0, 100),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"], condition=Q(status__in=LIVE_RUNS), name="processing_due"
            ),
            models.Index(fields=["job", "-id"], name="processing_of_job"),
        ]

    def __str__(self) -> str:
        return self.number
