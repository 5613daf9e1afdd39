from rest_framework import serializers

from aircraft.models import (
    Aircraft,
    AircraftCategory,
    AircraftType,
    AltitudeBand,
    EngineKind,
    MaintenanceProgram,
    PayloadRange,
    RunwaySurface,
    WakeCategory,
)
from aircraft.models.aircraft import HIGHEST_FT, MOST_KG
from aircraft.models.aircraft_type import DESIGNATOR
from airports.models import Airport
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer

WEIGHT = {"min_value": 0, "max_value": MOST_KG}
TOTAL = {"min_value": 0, "max_value": 100_000_000, "required": False}
PAPER = {"required": False, "allow_null": True, "help_text": "The last valid day."}
MOST_ROWS = 40
SERIES = r"^[A-Z0-9][A-Z0-9 ._/&()+-]{0,39}$"


class AircraftTypeSerializer(serializers.ModelSerializer):
    """A type of crewed aircraft by its ICAO designator."""

    description_code = serializers.CharField(help_text="Doc 8643, such as L2T.")

    class Meta:
        model = AircraftType
        fields = [
            "designator",
            "name",
            "category",
            "engine_count",
            "engine_kind",
            "wake",
            "description_code",
            "directive_series",
            "version",
        ]
        read_only_fields = fields


class AircraftTypeFieldsSerializer(CommandSerializer):
    """What is written of a type."""

    name = serializers.CharField(max_length=120)
    category = serializers.ChoiceField(AircraftCategory.choices)
    engine_count = serializers.IntegerField(min_value=1, max_value=8)
    engine_kind = serializers.ChoiceField(EngineKind.choices)
    wake = serializers.ChoiceField(WakeCategory.choices)
    directive_series = serializers.ListField(
        child=serializers.RegexField(SERIES),
        required=False,
        max_length=MOST_ROWS,
        help_text="Series of CASA's airworthiness directives that concern it, such as GEN.",
    )

    def validate_directive_series(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class AddAircraftTypeSerializer(AircraftTypeFieldsSerializer):
    """A new type."""

    designator = serializers.RegexField(
        DESIGNATOR, help_text="ICAO Doc 8643: two to four capitals and digits, such as B350."
    )


class UpdateAircraftTypeSerializer(SomeChangeSerializer, AircraftTypeFieldsSerializer):
    """What may be changed of a type; its designator stays."""


class AltitudeBandSerializer(serializers.ModelSerializer):
    """Cruise between two altitudes, the upper one excluded; allowances for climb and descent."""

    class Meta:
        model = AltitudeBand
        fields = [
            "floor_ft",
            "ceiling_ft",
            "cruise_ktas",
            "burn_kg_h",
            "climb_allowance_min",
            "climb_allowance_kg",
            "descent_allowance_min",
            "descent_allowance_kg",
        ]
        read_only_fields = fields


class PayloadRangeSerializer(serializers.ModelSerializer):
    """One corner of the payload-range diagram: still air, reserve kept."""

    class Meta:
        model = PayloadRange
        fields = ["payload_kg", "range_nm"]
        read_only_fields = fields


LIMITS = [
    "seats",
    "stretchers",
    "min_crew",
    "mtow_kg",
    "empty_weight_kg",
    "basic_weight_kg",
    "max_payload_kg",
    "usable_fuel_kg",
    "oxygen_l",
    "is_pressurized",
    "cabin_altitude_ft",
    "max_crosswind_kt",
    "max_tailwind_kt",
    "is_ice_protected",
    "has_weather_radar",
    "has_terrain_awareness",
    "min_runway_m",
    "surfaces",
    "max_range_nm",
    "taxi_min",
    "taxi_fuel_kg",
    "reserve_min",
    "maintenance_program",
    "airworthiness_certificate",
    "airworthiness_expires_on",
    "registration_expires_on",
    "insurance_expires_on",
    "weighed_on",
]


class CrewedAircraftSerializer(serializers.ModelSerializer):
    """A crewed aircraft with its limits and totals. `compliance` is a cached color for lists."""

    aircraft_type = serializers.CharField(source="aircraft_type.designator")
    base = serializers.CharField(source="base.ident")
    timezone = serializers.CharField(help_text="Of the base.")
    compliance = serializers.CharField(allow_null=True, help_text="green, amber, red or null.")
    is_compliance_stale = serializers.BooleanField()

    class Meta:
        model = Aircraft
        fields = [
            "id",
            "tail_number",
            "serial_number",
            "aircraft_type",
            "base",
            "timezone",
            *LIMITS,
            "time_in_service_min",
            "cycles",
            "landings",
            "status",
            "compliance",
            "is_compliance_stale",
            "version",
        ]
        read_only_fields = fields


class FlightManualFieldsSerializer(CommandSerializer):
    """Limits of the flight manual; null while nobody has entered them."""

    cabin_altitude_ft = serializers.IntegerField(
        min_value=0, max_value=25_000, required=False, allow_null=True
    )
    max_crosswind_kt = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True
    )
    max_tailwind_kt = serializers.IntegerField(
        min_value=0, max_value=50, required=False, allow_null=True
    )
    is_ice_protected = serializers.BooleanField(required=False, allow_null=True)
    has_weather_radar = serializers.BooleanField(required=False, allow_null=True)
    has_terrain_awareness = serializers.BooleanField(required=False, allow_null=True)


class CrewedAircraftFieldsSerializer(FlightManualFieldsSerializer):
    """What is written of an aircraft: base, cabin, weights, runway needs, papers."""

    base = VisibleSlugField("ident", queryset=Airport.objects.all())
    seats = serializers.IntegerField(min_value=0, max_value=900)
    stretchers = serializers.IntegerField(min_value=0, max_value=100, required=False)
    min_crew = serializers.IntegerField(min_value=1, max_value=20, required=False)
    mtow_kg = serializers.IntegerField(min_value=1, max_value=MOST_KG)
    empty_weight_kg = serializers.IntegerField(min_value=1, max_value=MOST_KG)
    basic_weight_kg = serializers.IntegerField(
        min_value=1, max_value=MOST_KG, help_text="Ready for its role, crew and equipment in."
    )
    max_payload_kg = serializers.IntegerField(**WEIGHT)
    usable_fuel_kg = serializers.IntegerField(min_value=1, max_value=MOST_KG)
    oxygen_l = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    is_pressurized = serializers.BooleanField(required=False)
    min_runway_m = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    surfaces = serializers.ListField(
        child=serializers.ChoiceField(RunwaySurface.choices), max_length=5, required=False
    )
    max_range_nm = serializers.IntegerField(min_value=1, max_value=12_000)
    taxi_min = serializers.IntegerField(min_value=0, max_value=240, required=False)
    taxi_fuel_kg = serializers.IntegerField(**WEIGHT, required=False)
    reserve_min = serializers.IntegerField(min_value=0, max_value=600, required=False)
    maintenance_program = serializers.ChoiceField(MaintenanceProgram.choices, required=False)
    airworthiness_certificate = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Number; blank: none on file."
    )
    airworthiness_expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="Null for one without an end."
    )
    registration_expires_on = serializers.DateField(**PAPER)
    insurance_expires_on = serializers.DateField(**PAPER)
    weighed_on = serializers.DateField(required=False, allow_null=True)

    def validate_surfaces(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class RegisterCrewedAircraftSerializer(CrewedAircraftFieldsSerializer):
    """A new aircraft, with the time, cycles and landings it brings along."""

    tail_number = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9-]{1,9}$")
    serial_number = serializers.CharField(max_length=40)
    aircraft_type = VisibleSlugField("designator", queryset=AircraftType.objects.all())
    time_in_service_min = serializers.IntegerField(**TOTAL)
    cycles = serializers.IntegerField(**TOTAL)
    landings = serializers.IntegerField(**TOTAL)


class AmendCrewedAircraftSerializer(SomeChangeSerializer, CrewedAircraftFieldsSerializer):
    """What may be changed of an aircraft; totals, status and performance have their own ways."""

    tail_number = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9-]{1,9}$")
    serial_number = serializers.CharField(max_length=40)


class BandInputSerializer(CommandSerializer):
    """One altitude band."""

    floor_ft = serializers.IntegerField(min_value=0, max_value=HIGHEST_FT)
    ceiling_ft = serializers.IntegerField(min_value=1, max_value=HIGHEST_FT)
    cruise_ktas = serializers.IntegerField(min_value=30, max_value=1500)
    burn_kg_h = serializers.IntegerField(min_value=1, max_value=50_000)
    climb_allowance_min = serializers.IntegerField(min_value=0, max_value=120, required=False)
    climb_allowance_kg = serializers.IntegerField(**WEIGHT, required=False)
    descent_allowance_min = serializers.IntegerField(min_value=0, max_value=120, required=False)
    descent_allowance_kg = serializers.IntegerField(**WEIGHT, required=False)


class RangeInputSerializer(CommandSerializer):
    """One corner of the payload-range diagram."""

    payload_kg = serializers.IntegerField(**WEIGHT)
    range_nm = serializers.IntegerField(min_value=1, max_value=12_000)


class SetPerformanceSerializer(CommandSerializer):
    """Altitude bands that do not overlap, and a payload-range diagram that falls."""

    bands = BandInputSerializer(many=True, allow_empty=False, max_length=MOST_ROWS)
    ranges = RangeInputSerializer(many=True, allow_empty=False, max_length=MOST_ROWS)


class PerformanceTablesSerializer(serializers.Serializer):
    """What the performance of an aircraft is computed from."""

    tail_number = serializers.CharField()
    bands = AltitudeBandSerializer(many=True)
    ranges = PayloadRangeSerializer(many=True)
    version = serializers.IntegerField()
