from typing import Self

from django.db import models
from django.db.models import Q

from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from rpas.models.aircraft import RPASAircraft
from rpas.models.scoping import AircraftScopedQuerySet
from users.models import User


class TriggerKind(models.TextChoices):
    """What makes a maintenance item due."""

    CALENDAR = "calendar"
    FLIGHT_HOURS = "flight_hours", "Flight hours"
    CYCLES = "cycles"
    FLIGHTS = "flights"
    CONDITIONAL = "conditional"


class MaintenancePriority(models.TextChoices):
    ROUTINE = "routine"
    IMPORTANT = "important"
    CRITICAL = "critical"


class ScheduleSource(models.TextChoices):
    MAKER = "maker"
    OPERATIONS_MANUAL = "operations_manual", "Operations manual"


INTERVAL_OF = {
    TriggerKind.CALENDAR: "interval_days",
    TriggerKind.FLIGHT_HOURS: "interval_min",
    TriggerKind.CYCLES: "interval_cycles",
    TriggerKind.FLIGHTS: "interval_flights",
}


class MaintenanceScheduleQuerySet(AircraftScopedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)


def _interval_of_its_kind() -> Q:
    known = Q(kind=TriggerKind.CONDITIONAL) & ~Q(condition="")
    for kind, field in INTERVAL_OF.items():
        known |= Q(kind=kind, **{f"{field}__isnull": False})
    return known


@tracked
class F2MaintenanceSchedule(BaseModel):
    """
    One maintenance item of an aircraft and when it is next due.

    Each interval given counts, and the first to run out makes the item due; a conditional item is
    due once somebody reports its condition. `next_due_*` is derived from the last completion by
    services. Flight time is in minutes.
    """

    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="maintenance_schedules")
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=16, choices=TriggerKind)
    interval_days = models.PositiveIntegerField(null=True, blank=True)
    interval_min = models.PositiveIntegerField(null=True, blank=True)
    interval_cycles = models.PositiveIntegerField(null=True, blank=True)
    interval_flights = models.PositiveIntegerField(null=True, blank=True)
    condition = models.CharField(max_length=300, blank=True)
    notice_days = models.PositiveSmallIntegerField(default=7)
    priority = models.CharField(
        max_length=12, choices=MaintenancePriority, default=MaintenancePriority.ROUTINE
    )
    source = models.CharField(max_length=20, choices=ScheduleSource, default=ScheduleSource.MAKER)
    reference = models.CharField(max_length=200, blank=True)
    last_done_on = models.DateField()
    last_done_min = models.PositiveIntegerField(default=0)
    last_done_cycles = models.PositiveIntegerField(default=0)
    last_done_flights = models.PositiveIntegerField(default=0)
    next_due_on = models.DateField(null=True, blank=True, editable=False)
    next_due_min = models.PositiveIntegerField(null=True, blank=True, editable=False)
    next_due_cycles = models.PositiveIntegerField(null=True, blank=True, editable=False)
    next_due_flights = models.PositiveIntegerField(null=True, blank=True, editable=False)
    is_triggered = models.BooleanField(default=False, editable=False)
    triggered_on = models.DateField(
        null=True, blank=True, editable=False, help_text="When the condition was last reported."
    )
    is_active = models.BooleanField(default=True)

    objects = MaintenanceScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = "F2 maintenance schedule"
        permissions = [
            ("complete_f2maintenanceschedule", "Can record completed maintenance"),
            ("trigger_f2maintenanceschedule", "Can report the condition of a conditional item"),
        ]
        constraints = [
            one_of("maintenance_kind_is_known", "kind", TriggerKind),
            one_of("maintenance_priority_is_known", "priority", MaintenancePriority),
            one_of("maintenance_source_is_known", "source", ScheduleSource),
            models.CheckConstraint(
                name="maintenance_has_the_interval_of_its_kind", condition=_interval_of_its_kind()
            ),
            models.CheckConstraint(
                name="only_conditional_maintenance_is_triggered",
                condition=Q(is_triggered=False) | Q(kind=TriggerKind.CONDITIONAL),
            ),
            within("maintenance_days_are_real", "interval_days", 1, 36_500),
            within("maintenance_minutes_are_real", "interval_min", 1, 10_000_000),
            within("maintenance_cycles_are_real", "interval_cycles", 1, 10_000_000),
            within("maintenance_flights_are_real", "interval_flights", 1, 10_000_000),
        ]
        indexes = [
            models.Index(
                fields=["aircraft"], condition=Q(is_active=True), name="active_maintenance"
            )
        ]

    def __str__(self) -> str:
        return f"{self.aircraft} {self.title}"


class MaintenanceRecord(models.Model):
    """
    Maintenance that was done: what, when, at which time in service, by whom (name and ARN).

    Append-only (MOS 10.07); `content_hash` seals it, set by a trigger.
    """

    IS_APPEND_ONLY = True

    schedule = models.ForeignKey(
        F2MaintenanceSchedule, models.PROTECT, null=True, related_name="records"
    )
    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="maintenance_records")
    completed_on = models.DateField()
    time_in_service_min = models.PositiveIntegerField()
    cycles = models.PositiveIntegerField()
    flights = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    arn = models.CharField("ARN", max_length=32)
    work_done = models.TextField(max_length=4000)
    parts = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = AircraftScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            # Date, name and ARN stand together: an entry without one of them does not exist.
            models.CheckConstraint(
                name="maintenance_record_is_signed",
                condition=~Q(name="") & ~Q(arn="") & ~Q(work_done=""),
            )
        ]
        indexes = [models.Index(fields=["aircraft", "-completed_on"])]

    def __str__(self) -> str:
        return f"{self.aircraft} {self.completed_on}"
