from django.contrib.gis.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from flight_operations.models.operation import FlightOperation


class Datum(models.TextChoices):
    """What a height is measured from."""

    AGL = "agl", "above ground"
    AMSL = "amsl", "above mean sea level"
    TAKEOFF = "takeoff", "above the take-off point"


@tracked
class FlightPlan(BaseModel):
    """
    Where, how high and under which conditions an operation will be flown.

    `content_hash` covers everything a release relies on: the plan, its volumes and fences, crew,
    aircraft, pilot and times. A release binds it; another hash means the release is void.
    """

    operation = models.OneToOneField(FlightOperation, models.CASCADE, related_name="plan")
    revision = models.PositiveIntegerField(default=1, editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    launch_site = models.PointField(geography=True)
    recovery_site = models.PointField(geography=True)
    control_station = models.CharField(max_length=200, help_text="Where the remote pilot stands.")
    take_off_elevation_m = models.FloatField(
        null=True, blank=True, help_text="Ground elevation at the launch site, metres AMSL."
    )
    terrain_lowest_m = models.FloatField(null=True, blank=True)
    terrain_highest_m = models.FloatField(null=True, blank=True)
    max_height_agl_m = models.FloatField(help_text="Greatest planned height above ground, metres.")
    take_off_mass_kg = models.FloatField(help_text="With battery and payload, kilograms.")
    max_distance_pilot_m = models.FloatField(null=True, blank=True)
    max_distance_observer_m = models.FloatField(null=True, blank=True)
    min_distance_people_m = models.FloatField(
        null=True, blank=True, help_text="Least horizontal distance to people not involved, metres."
    )
    people_consent_ref = models.CharField(max_length=200, blank=True)
    is_over_populous_area = models.BooleanField(null=True, blank=True)
    is_near_emergency_operation = models.BooleanField(null=True, blank=True)
    emergency_approval_ref = models.CharField(max_length=200, blank=True)
    is_crewed_traffic_known = models.BooleanField(null=True, blank=True)
    is_enclosed = models.BooleanField(default=False)
    drops_anything = models.BooleanField(default=False)
    drop_procedure_ref = models.CharField(max_length=200, blank=True)
    is_launch_area_lit = models.BooleanField(default=False)
    is_behind_obstacles = models.BooleanField(null=True, blank=True)
    aircraft_per_pilot = models.PositiveSmallIntegerField(default=1)
    impact_energy_j = models.FloatField(null=True, blank=True)
    local_weather_observation = models.JSONField(
        null=True, blank=True, help_text="The pilot's own look where no station is near."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="plan_height_in_range",
                condition=Q(max_height_agl_m__gt=0) & Q(max_height_agl_m__lte=20_000),
            ),
            models.CheckConstraint(
                name="plan_mass_in_range",
                condition=Q(take_off_mass_kg__gt=0) & Q(take_off_mass_kg__lte=20_000),
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.revision} of {self.operation_id}"


@tracked
class PlanVolume(BaseModel):
    """A part of the sky and of the day that the operation keeps to."""

    plan = models.ForeignKey(FlightPlan, models.CASCADE, related_name="volumes")
    sequence = models.PositiveSmallIntegerField()
    area = models.PolygonField(srid=4326)
    floor_m = models.FloatField(default=0)
    ceiling_m = models.FloatField()
    datum = models.CharField(max_length=8, choices=Datum, default=Datum.AGL)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "sequence"], name="one_volume_per_sequence"),
            models.CheckConstraint(
                name="volume_ceiling_above_floor", condition=Q(ceiling_m__gt=F("floor_m"))
            ),
            models.CheckConstraint(
                name="volume_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"volume {self.sequence}"


@tracked
class PlanFence(BaseModel):
    """A polygon that the aircraft must stay in, or stay out of."""

    class Kind(models.TextChoices):
        KEEP_IN = "keep_in"
        KEEP_OUT = "keep_out"

    plan = models.ForeignKey(FlightPlan, models.CASCADE, related_name="fences")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind)
    area = models.PolygonField(srid=4326)
    floor_m = models.FloatField(null=True, blank=True)
    ceiling_m = models.FloatField(null=True, blank=True)
    datum = models.CharField(max_length=8, choices=Datum, default=Datum.AGL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="one_fence_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
