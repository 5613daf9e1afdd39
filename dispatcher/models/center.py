from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q

from common.constraints import within
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.scoping import CenterScopedQuerySet
from rpas.models import RPASAircraft, RPASOperator
from rpas.models.operator import validate_timezone
from rpas.models.scoping import OperatorScopedQuerySet
from users.models import User


@tracked
class DispatchCenter(BaseModel):
    """
    A desk that plans and watches the drone operations of one operator in one area.

    It opens at `opens_at` and closes at `closes_at` by its own clock; a closing time that is not
    after the opening is the next day's, and two equal times mean around the clock. `weights` holds
    what this center sets apart from the settings' weights of a plan.
    """

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="dispatch_centers")
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120)
    point = models.PointField(geography=True)
    timezone = models.CharField(
        max_length=64, default="Australia/Sydney", validators=[validate_timezone]
    )
    opens_at = models.TimeField()
    closes_at = models.TimeField()
    coverage = models.PolygonField(
        srid=4326, null=True, blank=True, help_text="Empty: wherever the operator flies."
    )
    max_concurrent_operations = models.PositiveSmallIntegerField(default=20)
    flexibility_min = models.PositiveSmallIntegerField(
        default=120,
        help_text="How far an operation without windows of its own may be moved, minutes.",
    )
    turnround_min = models.PositiveSmallIntegerField(
        default=20, help_text="Between two operations of one aircraft: batteries, checks."
    )
    weights = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    objects = OperatorScopedQuerySet.as_manager()

    class Meta:
        permissions = [
            ("deactivate_dispatchcenter", "Can close down a dispatch center"),
            ("reactivate_dispatchcenter", "Can reopen a dispatch center"),
            ("recommend_dispatchcenter", "Can ask for a slot for one operation"),
        ]
        constraints = [
            models.CheckConstraint(
                name="dispatch_center_code_is_normalized",
                condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]{1,15}$"),
            ),
            models.CheckConstraint(name="dispatch_center_is_named", condition=~Q(name="")),
            within("center_concurrency_is_real", "max_concurrent_operations", 1, 1000),
            within("center_flexibility_is_real", "flexibility_min", 0, 1440),
            within("center_turnround_is_real", "turnround_min", 0, 600),
        ]
        indexes = [models.Index(fields=["operator", "is_active"])]

    def __str__(self) -> str:
        return self.code

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"

    def opening(self, day: date) -> tuple[datetime, datetime]:
        """When the center opens on a local day and when it closes, perhaps on the next."""
        zone = ZoneInfo(self.timezone)
        start = datetime.combine(day, self.opens_at, tzinfo=zone)
        last = day if self.closes_at > self.opens_at else day + timedelta(days=1)
        return start, datetime.combine(last, self.closes_at, tzinfo=zone)


@tracked
class ResourceProfile(BaseModel):
    """
    How one aircraft or one person works for a center: base, hours, and limits of its own.

    Exactly one of `aircraft` and `person` is named. Whoever has no profile at any center works for
    each of the operator's, from the center's point and in its hours. Weekdays count from 0, Monday.
    """

    center = models.ForeignKey(DispatchCenter, models.CASCADE, related_name="resources")
    aircraft = models.ForeignKey(
        RPASAircraft, models.CASCADE, null=True, blank=True, related_name="dispatch_profiles"
    )
    person = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="dispatch_profiles"
    )
    base = models.PointField(geography=True, null=True, blank=True)
    starts_at = models.TimeField(null=True, blank=True)
    ends_at = models.TimeField(null=True, blank=True)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Empty: every day."
    )
    max_duty_min = models.PositiveSmallIntegerField(null=True, blank=True)
    max_flying_min = models.PositiveSmallIntegerField(null=True, blank=True)
    turnround_min = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    objects = CenterScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="profile_names_one_resource",
                condition=Q(aircraft__isnull=False, person__isnull=True)
                | Q(aircraft__isnull=True, person__isnull=False),
            ),
            models.CheckConstraint(
                name="profile_hours_are_whole",
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="profile_weekdays_are_known",
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
            ),
            models.UniqueConstraint(fields=["aircraft"], name="one_dispatch_profile_per_aircraft"),
            models.UniqueConstraint(
                fields=["center", "person"], name="one_dispatch_profile_per_person"
            ),
            within("profile_duty_is_real", "max_duty_min", 1, 1440),
            within("profile_flying_is_real", "max_flying_min", 1, 1440),
            within("profile_turnround_is_real", "turnround_min", 0, 600),
        ]

    def __str__(self) -> str:
        return f"{self.aircraft or self.person} at {self.center}"

    @property
    def details(self) -> dict[str, Any]:
        """The profile as an audit record names it."""
        return {"aircraft": self.aircraft_id, "person": self.person_id, "center": self.center_id}
