from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from common.constraints import all_or_none, one_of, within
from common.history import tracked_without
from common.models import BaseModel
from dispatcher.models.schedule import DispatchSchedule
from dispatcher.models.scoping import ScheduleScopedQuerySet
from users.models import User


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunKind(models.TextChoices):
    """A plan made from scratch, or one that keeps to what is published as far as it can."""

    PLAN = "plan", "Plan the day"
    REPLAN = "replan", "Plan anew with little change"


LIVE_RUNS = (RunStatus.QUEUED, RunStatus.RUNNING)


class RunQuerySet(ScheduleScopedQuerySet):
    def live(self) -> Self:
        return self.filter(status__in=LIVE_RUNS)


# The answer is written once and then sealed: its history would only repeat it.
@tracked_without("snapshot", "solution", "reasons", "diff", "heartbeat_at", "progress_percent")
class OptimizationRun(BaseModel):
    """
    One attempt to plan a day: what it was given, how far it got and what it found.

    `snapshot` names each row that the plan was made from with its version, and `input_hash` is the
    SHA-256 of the problem in canonical form: the same hash and seed give the same plan. A running
    one shows a heartbeat; a sweep takes it up again when its worker is lost.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        RunStatus.QUEUED: {RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED},
        RunStatus.RUNNING: {
            RunStatus.QUEUED,
            RunStatus.SUCCEEDED,
            RunStatus.FAILED,
            RunStatus.CANCELLED,
        },
    }

    schedule = models.ForeignKey(DispatchSchedule, models.PROTECT, related_name="runs")
    number = models.CharField(max_length=20, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=RunKind, default=RunKind.PLAN)
    status = models.CharField(
        max_length=12, choices=RunStatus, default=RunStatus.QUEUED, editable=False
    )
    seed = models.PositiveIntegerField()
    time_limit_s = models.PositiveSmallIntegerField()
    weights = models.JSONField(default=dict)
    because = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    progress_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    progress_stage = models.CharField(max_length=40, blank=True, editable=False)
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    cancel_requested_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    input_hash = models.CharField(max_length=64, blank=True, editable=False)
    engine = models.CharField(max_length=80, blank=True, editable=False)
    snapshot = models.JSONField(default=dict, editable=False)
    figures = models.JSONField(default=dict, editable=False)
    solution = models.JSONField(default=list, editable=False)
    reasons = models.JSONField(default=list, editable=False)
    diff = models.JSONField(default=dict, editable=False)
    error = models.TextField(blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("cancel_optimizationrun", "Can stop the planning of a day")]
        constraints = [
            one_of("run_status_is_known", "status", RunStatus),
            one_of("run_kind_is_known", "kind", RunKind),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(status__in=LIVE_RUNS),
                name="one_live_run_per_schedule",
            ),
            within("run_progress_is_percent", "progress_percent", 0, 100),
            within("run_time_limit_is_real", "time_limit_s", 1, 3600),
            all_or_none("run_cancel_is_whole", ["cancel_requested_at", "cancel_requested_by"]),
            models.CheckConstraint(
                name="finished_run_says_when",
                condition=Q(status__in=LIVE_RUNS) | Q(finished_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["schedule", "-id"])]

    def __str__(self) -> str:
        return self.number
