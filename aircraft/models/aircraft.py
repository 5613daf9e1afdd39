from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper

from aircraft.models.aircraft_type import AircraftType
from aircraft.models.scoping import FleetQuerySet, PartOfAircraftQuerySet
from airports.models import Airport
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel

HIGHEST_FT = 60_000
MOST_KG = 650_000
TAIL_NUMBER = r"^[A-Z0-9][A-Z0-9-]{1,9}$"


class AircraftStatus(models.TextChoices):
    IN_SERVICE = "in_service", "In service"
    GROUNDED = "grounded"
    RETIRED = "retired"


class MaintenanceProgram(models.TextChoices):
    """Which inspections keep the aircraft airworthy (14 CFR 91.409, 135.411)."""

    ANNUAL = "annual", "Annual and 100 hours"
    SELECTED = "selected", "Selected program (91.409(e)-(f))"
    CONTINUOUS = "continuous", "Continuous airworthiness maintenance program"


class RunwaySurface(models.TextChoices):
    """Groups of surfaces that performance data tell apart."""

    PAVED = "paved"
    GRAVEL = "gravel"
    GRASS = "grass"
    WATER = "water"
    ICE = "ice", "Ice or snow"


class Int4Range(Func):
    """A half-open range of two whole numbers."""

    function = "INT4RANGE"
    output_field = IntegerRangeField()


class AircraftQuerySet(FleetQuerySet):
    def not_retired(self) -> Self:
        return self.exclude(status=AircraftStatus.RETIRED)

    def in_service(self) -> Self:
        return self.filter(status=AircraftStatus.IN_SERVICE)


@tracked
class Aircraft(BaseModel):
    """
    One crewed aircraft: what it carries, what it weighs, what it needs and how long it has flown.

    `basic_weight_kg` is the aircraft ready for its role, crew and fitted equipment in, without
    payload and fuel. The totals are what the last entry of its flight hours says: triggers carry
    them over and refuse any other change. `brought_forward_*` is what it had when registered.
    Local days are those of its base.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AircraftStatus.IN_SERVICE: {AircraftStatus.GROUNDED, AircraftStatus.RETIRED},
        AircraftStatus.GROUNDED: {AircraftStatus.IN_SERVICE, AircraftStatus.RETIRED},
    }

    tail_number = models.CharField(max_length=10, unique=True)
    serial_number = models.CharField(max_length=40)
    aircraft_type = models.ForeignKey(AircraftType, models.PROTECT, related_name="aircraft")
    base = models.ForeignKey(Airport, models.PROTECT, related_name="+")
    seats = models.PositiveSmallIntegerField(help_text="Passenger seats with no stretcher fitted.")
    stretchers = models.PositiveSmallIntegerField(default=0)
    min_crew = models.PositiveSmallIntegerField(default=1)
    mtow_kg = models.PositiveIntegerField("maximum take-off weight (kg)")
    empty_weight_kg = models.PositiveIntegerField()
    basic_weight_kg = models.PositiveIntegerField()
    max_payload_kg = models.PositiveIntegerField()
    usable_fuel_kg = models.PositiveIntegerField()
    oxygen_l = models.PositiveIntegerField("medical oxygen fitted (liters, free gas)", default=0)
    is_pressurized = models.BooleanField(default=False)
    cabin_altitude_ft = models.PositiveIntegerField(
        null=True, blank=True, help_text="Highest cabin altitude at normal cruise."
    )
    max_crosswind_kt = models.PositiveSmallIntegerField(null=True, blank=True)
    max_tailwind_kt = models.PositiveSmallIntegerField(null=True, blank=True)
    is_ice_protected = models.BooleanField(
        null=True, blank=True, help_text="May fly into known icing."
    )
    has_weather_radar = models.BooleanField(null=True, blank=True)
    has_terrain_awareness = models.BooleanField(
        null=True, blank=True, help_text="Helicopters: HTAWS or night vision goggles (135.609)."
    )
    min_runway_m = models.PositiveIntegerField(default=0)
    surfaces = ArrayField(models.CharField(max_length=8, choices=RunwaySurface), default=list)
    max_range_nm = models.PositiveIntegerField()
    taxi_min = models.PositiveSmallIntegerField(default=0, help_text="Out and in, per leg.")
    taxi_fuel_kg = models.PositiveIntegerField(default=0)
    reserve_min = models.PositiveSmallIntegerField(
        default=45, help_text="Minutes at cruise burn that must be left on landing."
    )
    maintenance_program = models.CharField(
        max_length=12, choices=MaintenanceProgram, default=MaintenanceProgram.ANNUAL
    )
    airworthiness_certificate = models.CharField(max_length=40, blank=True)
    airworthiness_expires_on = models.DateField(null=True, blank=True)
    registration_expires_on = models.DateField(null=True, blank=True)
    insurance_expires_on = models.DateField(null=True, blank=True)
    weighed_on = models.DateField(null=True, blank=True)
    time_in_service_min = models.PositiveIntegerField(default=0)
    cycles = models.PositiveIntegerField(default=0)
    landings = models.PositiveIntegerField(default=0)
    brought_forward_min = models.PositiveIntegerField(default=0, editable=False)
    brought_forward_cycles = models.PositiveIntegerField(default=0, editable=False)
    brought_forward_landings = models.PositiveIntegerField(default=0, editable=False)
    hours_sequence = models.PositiveIntegerField(default=0, editable=False)
    status = models.CharField(
        max_length=12, choices=AircraftStatus, default=AircraftStatus.IN_SERVICE
    )

    objects = AircraftQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "aircraft"
        permissions = [
            ("ground_aircraft", "Can ground an aircraft"),
            ("return_to_service_aircraft", "Can return an aircraft to service"),
            ("retire_aircraft", "Can take an aircraft off the fleet"),
            ("set_performance_aircraft", "Can set the performance of an aircraft"),
        ]
        constraints = [
            models.CheckConstraint(
                name="crewed_tail_number_is_normalized",
                condition=Q(tail_number__regex=TAIL_NUMBER),
            ),
            models.CheckConstraint(
                name="crewed_serial_is_normalized",
                condition=Q(serial_number=Upper("serial_number")) & ~Q(serial_number=""),
            ),
            models.UniqueConstraint(
                fields=["aircraft_type", "serial_number"], name="one_crewed_aircraft_per_serial"
            ),
            one_of("crewed_status_is_known", "status", AircraftStatus),
            one_of("crewed_program_is_known", "maintenance_program", MaintenanceProgram),
            models.CheckConstraint(
                name="crewed_weights_in_order",
                condition=Q(empty_weight_kg__gt=0)
                & Q(empty_weight_kg__lte=F("basic_weight_kg"))
                & Q(mtow_kg__gte=F("basic_weight_kg") + F("max_payload_kg")),
            ),
            within("crewed_mtow_is_real", "mtow_kg", 1, MOST_KG),
            within("crewed_fuel_is_real", "usable_fuel_kg", 1, MOST_KG),
            within("crewed_range_is_real", "max_range_nm", 1, 12_000),
            within("crewed_crew_is_real", "min_crew", 1, 20),
            within("crewed_seats_are_real", "seats", 0, 900),
            within("crewed_stretchers_are_real", "stretchers", 0, 100),
            within("crewed_reserve_is_real", "reserve_min", 0, 600),
            within("crewed_taxi_is_real", "taxi_min", 0, 240),
            within("crewed_crosswind_is_real", "max_crosswind_kt", 1, 100),
            within("crewed_tailwind_is_real", "max_tailwind_kt", 0, 50),
            within("crewed_cabin_is_real", "cabin_altitude_ft", 0, 25_000),
            models.CheckConstraint(
                name="crewed_surfaces_are_known",
                condition=Q(surfaces__contained_by=RunwaySurface.values),
            ),
        ]
        indexes = [models.Index(fields=["status", "base"], name="crewed_status_base")]

    def __str__(self) -> str:
        return self.tail_number

    @property
    def timezone(self) -> str:
        """The zone of the base; UTC where the base has none on file."""
        return self.base.timezone or "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The base's time zone."""
        return ZoneInfo(self.timezone)


@tracked
class AltitudeBand(BaseModel):
    """
    How an aircraft cruises between two altitudes, and what getting up there and down costs.

    `ceiling_ft` is excluded. The allowances come on top of the whole distance flown at cruise.
    """

    aircraft = models.ForeignKey(Aircraft, models.CASCADE, related_name="bands")
    floor_ft = models.PositiveIntegerField()
    ceiling_ft = models.PositiveIntegerField()
    cruise_ktas = models.PositiveSmallIntegerField()
    burn_kg_h = models.PositiveIntegerField()
    climb_allowance_min = models.PositiveSmallIntegerField(default=0)
    climb_allowance_kg = models.PositiveIntegerField(default=0)
    descent_allowance_min = models.PositiveSmallIntegerField(default=0)
    descent_allowance_kg = models.PositiveIntegerField(default=0)

    objects = PartOfAircraftQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="crewed_band_has_height",
                condition=Q(ceiling_ft__gt=F("floor_ft"), ceiling_ft__lte=HIGHEST_FT),
            ),
            within("crewed_band_speed_is_real", "cruise_ktas", 30, 1500),
            within("crewed_band_burn_is_real", "burn_kg_h", 1, 50_000),
            within("crewed_band_climb_is_real", "climb_allowance_min", 0, 120),
            within("crewed_band_descent_is_real", "descent_allowance_min", 0, 120),
            ExclusionConstraint(
                name="crewed_bands_overlap",
                expressions=[
                    ("aircraft", RangeOperators.EQUAL),
                    (Int4Range("floor_ft", "ceiling_ft"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.floor_ft}-{self.ceiling_ft} ft"


@tracked
class PayloadRange(BaseModel):
    """One corner of an aircraft's payload-range diagram: still air, reserve kept."""

    aircraft = models.ForeignKey(Aircraft, models.CASCADE, related_name="payload_ranges")
    payload_kg = models.PositiveIntegerField()
    range_nm = models.PositiveIntegerField()

    objects = PartOfAircraftQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["aircraft", "payload_kg"], name="one_crewed_range_per_payload"
            ),
            within("crewed_payload_range_is_real", "range_nm", 1, 12_000),
        ]

    def __str__(self) -> str:
        return f"{self.payload_kg} kg: {self.range_nm} NM"
