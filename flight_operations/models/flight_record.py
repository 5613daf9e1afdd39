from typing import Any, Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from users.models import User


class FlightRecordQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Records of the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))


@tracked
class OperationalLog(BaseModel):
    """What really happened, by the pilot in command, as soon as practicable after (MOS 10.05)."""

    operation = models.OneToOneField(FlightOperation, models.PROTECT, related_name="log")
    is_as_released = models.BooleanField()
    changes = models.TextField(blank=True, help_text="What differed from the release.")
    highest_agl_m = models.FloatField(null=True, blank=True)
    became_unserviceable = models.BooleanField(default=False)
    remarks = models.TextField(blank=True)
    completed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    completed_at = models.DateTimeField()

    objects = FlightRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="log_that_differs_says_how",
                condition=Q(is_as_released=True) | ~Q(changes=""),
            )
        ]

    def __str__(self) -> str:
        return f"log of {self.operation}"


class PilotLogEntry(models.Model):
    """One flight in a remote pilot's own log (MOS 10.06). Append-only."""

    IS_APPEND_ONLY = True

    pilot = models.ForeignKey(User, models.PROTECT, related_name="pilot_log")
    operation = models.ForeignKey(FlightOperation, models.PROTECT, related_name="pilot_log")
    flown_on = models.DateField()
    aircraft_model = models.CharField(max_length=120)
    aircraft_category = models.CharField(max_length=12)
    place = models.CharField(max_length=200)
    time_in_service_min = models.PositiveIntegerField()
    sight_mode = models.CharField(max_length=8)
    is_night = models.BooleanField()
    role = models.CharField(max_length=24)
    take_offs = models.PositiveSmallIntegerField(default=1)
    landings = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    objects = FlightRecordQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "pilot log entries"
        constraints = [
            models.UniqueConstraint(
                fields=["pilot", "operation", "role"], name="one_pilot_log_entry_per_flight"
            )
        ]
        indexes = [models.Index(fields=["pilot", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.pilot} {self.flown_on}"
