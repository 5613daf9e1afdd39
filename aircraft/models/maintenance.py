from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from aircraft.models.aircraft import Aircraft
from aircraft.models.defect import Defect
from aircraft.models.scoping import PartOfAircraftQuerySet
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from users.models import User

MOST = 100_000_000


class TaskKind(models.TextChoices):
    """What a task is in the law; the rules ask for it by this."""

    ANNUAL = "annual", "Annual inspection"
    HUNDRED_HOUR = "hundred_hour", "100-hour inspection"
    PROGRAM = "program", "Inspection of the selected program"
    ALTIMETER_STATIC = "altimeter_static", "Altimeter and static system"
    TRANSPONDER = "transponder", "Transponder"
    ELT = "elt", "Emergency locator transmitter"
    VOR = "vor", "VOR check"
    DIRECTIVE = "directive", "Airworthiness directive"
    LIFE_LIMIT = "life_limit", "Life-limited part"
    OTHER = "other", "Other"


class MaintenanceTaskQuerySet(PartOfAircraftQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)


@tracked
class MaintenanceTask(BaseModel):
    """
    Recurring work on one aircraft, and when it is next due.

    Each interval given counts, and the first to run out makes the task due. Calendar months run
    through the last day of the last one. `next_due_*` is derived by services from the last time. An
    overrun within the tolerance is taken off the next interval; only a 100-hour inspection may be
    overrun, to reach the place where it is done (14 CFR 91.409(b)). Flight time is in minutes.
    """

    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="maintenance_tasks")
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=16, choices=TaskKind, default=TaskKind.OTHER)
    reference = models.CharField(max_length=200, blank=True)
    interval_months = models.PositiveSmallIntegerField(null=True, blank=True)
    interval_days = models.PositiveIntegerField(null=True, blank=True)
    interval_min = models.PositiveIntegerField(null=True, blank=True)
    interval_cycles = models.PositiveIntegerField(null=True, blank=True)
    tolerance_days = models.PositiveSmallIntegerField(default=0)
    tolerance_min = models.PositiveIntegerField(default=0)
    tolerance_cycles = models.PositiveIntegerField(default=0)
    notice_days = models.PositiveSmallIntegerField(default=7)
    last_done_on = models.DateField()
    last_done_min = models.PositiveIntegerField(default=0)
    last_done_cycles = models.PositiveIntegerField(default=0)
    next_due_on = models.DateField(null=True, blank=True, editable=False)
    next_due_min = models.PositiveIntegerField(null=True, blank=True, editable=False)
    next_due_cycles = models.PositiveIntegerField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)

    objects = MaintenanceTaskQuerySet.as_manager()

    class Meta:
        permissions = [("complete_maintenancetask", "Can record a completed maintenance task")]
        constraints = [
            one_of("crewed_task_kind_is_known", "kind", TaskKind),
            models.CheckConstraint(
                name="crewed_task_has_an_interval",
                condition=Q(interval_months__isnull=False)
                | Q(interval_days__isnull=False)
                | Q(interval_min__isnull=False)
                | Q(interval_cycles__isnull=False),
            ),
            models.CheckConstraint(
                name="crewed_task_counts_months_or_days",
                condition=Q(interval_months__isnull=True) | Q(interval_days__isnull=True),
            ),
            models.CheckConstraint(
                name="crewed_task_due_points_agree",
                condition=(
                    Q(next_due_on__isnull=True)
                    & Q(interval_days__isnull=True)
                    & Q(interval_months__isnull=True)
                    | Q(next_due_on__isnull=False)
                    & (Q(interval_days__isnull=False) | Q(interval_months__isnull=False))
                )
                & (
                    Q(next_due_min__isnull=True, interval_min__isnull=True)
                    | Q(next_due_min__isnull=False, interval_min__isnull=False)
                )
                & (
                    Q(next_due_cycles__isnull=True, interval_cycles__isnull=True)
                    | Q(next_due_cycles__isnull=False, interval_cycles__isnull=False)
                ),
            ),
            within("crewed_task_months_are_real", "interval_months", 1, 600),
            within("crewed_task_days_are_real", "interval_days", 1, 36_500),
            within("crewed_task_minutes_are_real", "interval_min", 1, MOST),
            within("crewed_task_cycles_are_real", "interval_cycles", 1, MOST),
        ]
        indexes = [
            models.Index(
                fields=["aircraft"], condition=Q(is_active=True), name="crewed_active_tasks"
            )
        ]

    def __str__(self) -> str:
        return self.title


class VisitStatus(models.TextChoices):
    BOOKED = "booked"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@tracked
class MaintenanceVisit(BaseModel):
    """A stay of an aircraft in maintenance, booked in the common time ledger."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        VisitStatus.BOOKED: {VisitStatus.COMPLETED, VisitStatus.CANCELLED}
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="maintenance_visits")
    purpose = models.CharField(max_length=200)
    provider = models.CharField(max_length=120, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=VisitStatus, default=VisitStatus.BOOKED)

    objects = PartOfAircraftQuerySet.as_manager()

    class Meta:
        permissions = [
            ("complete_maintenancevisit", "Can end a maintenance visit"),
            ("cancel_maintenancevisit", "Can cancel a maintenance visit"),
        ]
        constraints = [
            one_of("crewed_visit_status_is_known", "status", VisitStatus),
            models.CheckConstraint(
                name="crewed_visit_ends_after_it_starts", condition=Q(end_at__gt=F("start_at"))
            ),
        ]
        indexes = [models.Index(fields=["aircraft", "start_at"], name="crewed_visits")]

    def __str__(self) -> str:
        return self.number


class MaintenanceLog(models.Model):
    """
    Work that was done on an aircraft and the release to service after it, signed with a license.

    Append-only. The totals are those of the aircraft when the work was done.
    """

    IS_APPEND_ONLY = True

    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="maintenance_logs")
    task = models.ForeignKey(MaintenanceTask, models.PROTECT, null=True, related_name="logs")
    defect = models.ForeignKey(Defect, models.PROTECT, null=True, related_name="logs")
    visit = models.ForeignKey(MaintenanceVisit, models.PROTECT, null=True, related_name="logs")
    completed_on = models.DateField()
    time_in_service_min = models.PositiveIntegerField()
    cycles = models.PositiveIntegerField()
    landings = models.PositiveIntegerField()
    work_done = models.TextField(max_length=4000)
    parts = models.CharField(max_length=1000, blank=True)
    released_name = models.CharField(max_length=200)
    released_license = models.CharField(max_length=40)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PartOfAircraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="crewed_work_is_released_by_a_license",
                condition=~Q(released_name="") & ~Q(released_license="") & ~Q(work_done=""),
            ),
        ]
        indexes = [models.Index(fields=["aircraft", "-id"], name="crewed_maintenance_log")]

    def __str__(self) -> str:
        return f"Work on {self.completed_on}"
