from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Upper

from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from rpas.airworthiness import CATEGORY_LIMITS_KG, Category, category_of, is_rain_tolerant
from rpas.models.operator import AircraftKind, RPASOperator
from rpas.models.scoping import AircraftScopedQuerySet, OperatorScopedQuerySet
from users.models import User


class AircraftStatus(models.TextChoices):
    IN_SERVICE = "in_service", "In service"
    QUARANTINED = "quarantined"
    IN_MAINTENANCE = "in_maintenance", "In maintenance"
    RETIRED = "retired"


class RPASAircraftQuerySet(OperatorScopedQuerySet):
    def in_service(self) -> Self:
        return self.filter(status=AircraftStatus.IN_SERVICE)

    def not_retired(self) -> Self:
        return self.exclude(status=AircraftStatus.RETIRED)

    def with_category(self) -> Self:
        """Annotate `weight_category` by take-off mass (CASR 101.022)."""
        steps = [
            When(mtow_kg__lte=limit, then=Value(category.value))
            for category, limit in CATEGORY_LIMITS_KG
        ]
        return self.annotate(
            weight_category=Case(
                *steps, default=Value(Category.LARGE.value), output_field=models.CharField()
            )
        )

    def of_category(self, category: str) -> Self:
        return self.with_category().filter(weight_category=category)


@tracked
class RPASAircraft(BaseModel):
    """
    One drone with its ground-independent limits and its running totals.

    The totals (`time_in_service_min`, `cycles`, `flights`) are what the last entry of Part B of the
    technical log says; triggers carry them over and refuse any other change. `brought_forward_*`
    is what the aircraft had before its log here began. `part_b_sequence` and `part_b_hash` name the
    head of the log, so that a missing last entry is noticed too.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AircraftStatus.IN_SERVICE: {
            AircraftStatus.QUARANTINED,
            AircraftStatus.IN_MAINTENANCE,
            AircraftStatus.RETIRED,
        },
        AircraftStatus.QUARANTINED: {
            AircraftStatus.IN_SERVICE,
            AircraftStatus.IN_MAINTENANCE,
            AircraftStatus.RETIRED,
        },
        AircraftStatus.IN_MAINTENANCE: {
            AircraftStatus.IN_SERVICE,
            AircraftStatus.QUARANTINED,
            AircraftStatus.RETIRED,
        },
    }

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="aircraft")
    registration = models.CharField(max_length=16, unique=True)
    serial_number = models.CharField(max_length=64)
    make = models.CharField(max_length=60)
    model = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=AircraftKind, default=AircraftKind.MULTIROTOR)
    empty_mass_kg = models.FloatField()
    mtow_kg = models.FloatField("maximum take-off mass (kg)")
    registration_expires_on = models.DateField(null=True, blank=True)
    max_wind_ms = models.FloatField(null=True, blank=True)
    min_temperature_c = models.FloatField(null=True, blank=True)
    max_temperature_c = models.FloatField(null=True, blank=True)
    ip_rating = models.CharField("IP rating", max_length=6, blank=True)
    firmware_version = models.CharField(max_length=60, blank=True)
    endurance = models.DurationField(null=True, blank=True)
    max_speed_ms = models.FloatField(null=True, blank=True)
    control_link_range_m = models.FloatField(null=True, blank=True)
    has_position_lights = models.BooleanField(default=False)
    time_in_service_min = models.PositiveIntegerField(default=0)
    cycles = models.PositiveIntegerField(default=0)
    flights = models.PositiveIntegerField(default=0)
    brought_forward_min = models.PositiveIntegerField(default=0, editable=False)
    brought_forward_cycles = models.PositiveIntegerField(default=0, editable=False)
    brought_forward_flights = models.PositiveIntegerField(default=0, editable=False)
    part_b_sequence = models.PositiveIntegerField(default=0, editable=False)
    part_b_hash = models.CharField(max_length=64, blank=True, editable=False)
    # What the last full check of the log found; empty when it was whole.
    log_fault = models.CharField(max_length=200, blank=True, editable=False)
    status = models.CharField(
        max_length=16, choices=AircraftStatus, default=AircraftStatus.IN_SERVICE
    )

    objects = RPASAircraftQuerySet.as_manager()

    class Meta:
        verbose_name = "RPAS aircraft"
        verbose_name_plural = "RPAS aircraft"
        permissions = [
            ("quarantine_rpasaircraft", "Can quarantine an aircraft"),
            ("return_to_service_rpasaircraft", "Can return an aircraft to service"),
            ("send_to_maintenance_rpasaircraft", "Can send an aircraft to maintenance"),
            ("retire_rpasaircraft", "Can retire an aircraft"),
            ("change_configuration_rpasaircraft", "Can record a configuration change"),
            ("verify_log_rpasaircraft", "Can verify the technical log of an aircraft"),
        ]
        constraints = [
            models.CheckConstraint(
                name="aircraft_registration_is_normalized",
                condition=Q(registration__regex=r"^[A-Z0-9][A-Z0-9-]{1,15}$"),
            ),
            models.CheckConstraint(
                name="aircraft_serial_is_normalized",
                condition=Q(serial_number=Upper("serial_number")) & ~Q(serial_number=""),
            ),
            models.UniqueConstraint(
                Upper("make"), F("serial_number"), name="one_aircraft_per_make_and_serial"
            ),
            one_of("aircraft_kind_is_known", "kind", AircraftKind),
            one_of("aircraft_status_is_known", "status", AircraftStatus),
            within("aircraft_empty_mass_is_real", "empty_mass_kg", 0.001, 100_000),
            within("aircraft_mtow_is_real", "mtow_kg", 0.001, 100_000),
            models.CheckConstraint(
                name="aircraft_is_lighter_empty", condition=Q(empty_mass_kg__lte=F("mtow_kg"))
            ),
            within("aircraft_max_wind_is_real", "max_wind_ms", 0, 100),
            within("aircraft_min_temperature_is_real", "min_temperature_c", -90, 70),
            within("aircraft_max_temperature_is_real", "max_temperature_c", -90, 70),
            models.CheckConstraint(
                name="aircraft_temperatures_in_order",
                condition=Q(min_temperature_c__isnull=True)
                | Q(max_temperature_c__isnull=True)
                | Q(min_temperature_c__lte=F("max_temperature_c")),
            ),
            within("aircraft_max_speed_is_real", "max_speed_ms", 0, 400),
            within("aircraft_link_range_is_real", "control_link_range_m", 0, 1_000_000),
            models.CheckConstraint(
                name="aircraft_ip_rating_is_known",
                condition=Q(ip_rating="") | Q(ip_rating__regex=r"^IP[0-6X][0-9X]K?$"),
            ),
        ]
        indexes = [models.Index(fields=["operator", "status"])]

    def __str__(self) -> str:
        return self.registration

    @property
    def category(self) -> Category:
        """Weight category by maximum take-off mass (CASR 101.022)."""
        return category_of(self.mtow_kg)

    @property
    def is_rain_tolerant(self) -> bool:
        """Whether the maker's IP rating covers rain (IPx3 or better)."""
        return is_rain_tolerant(self.ip_rating)

    @property
    def model_name(self) -> str:
        """Make and model as authorizations and ReOC scopes name them."""
        return f"{self.make} {self.model}"


class Component(models.TextChoices):
    """What MOS 10.01 wants tracked when it changes."""

    FIRMWARE = "firmware"
    MOTORS = "motors"
    FLIGHT_CONTROLLER = "flight_controller", "Flight controller"
    PROPELLERS = "propellers"
    PAYLOAD = "payload"
    OTHER = "other"


class ConfigurationChange(models.Model):
    """
    One change to an aircraft's configuration: what was fitted or loaded, by whom, when.

    Append-only (MOS 10.01); `content_hash` seals it, set by a trigger.
    """

    IS_APPEND_ONLY = True

    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="configuration_changes")
    component = models.CharField(max_length=20, choices=Component)
    from_value = models.CharField(max_length=120, blank=True)
    to_value = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    time_in_service_min = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = AircraftScopedQuerySet.as_manager()

    class Meta:
        constraints = [one_of("changed_component_is_known", "component", Component)]
        indexes = [models.Index(fields=["aircraft", "id"])]

    def __str__(self) -> str:
        return f"{self.aircraft} {self.component}: {self.to_value}"

    def as_details(self) -> dict[str, Any]:
        """The change as an audit record names it."""
        return {"component": self.component, "from": self.from_value, "to": self.to_value}
