from datetime import timedelta

from rest_framework import serializers

from common.api.fields import FiniteFloatField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from rpas.models import (
    AircraftKind,
    Battery,
    Component,
    ConfigurationChange,
    RPASAircraft,
    RPASOperator,
)

MASS = {"min_value": 0.001, "max_value": 100_000}
TEMPERATURE = {"min_value": -90, "max_value": 70, "required": False, "allow_null": True}
COUNT = {"min_value": 0, "max_value": 100_000_000, "required": False}
LIMITS = [
    "registration_expires_on",
    "max_wind_ms",
    "min_temperature_c",
    "max_temperature_c",
    "ip_rating",
    "endurance",
    "max_speed_ms",
    "control_link_range_m",
    "has_position_lights",
]


class AircraftSerializer(serializers.ModelSerializer):
    """An aircraft with its limits and totals. `compliance` is a cached color for lists."""

    operator = serializers.CharField(source="operator.name")
    category = serializers.CharField()
    is_rain_tolerant = serializers.BooleanField()
    compliance = serializers.CharField(allow_null=True, help_text="green, amber, red or null.")
    is_compliance_stale = serializers.BooleanField()

    class Meta:
        model = RPASAircraft
        fields = [
            "id",
            "operator",
            "registration",
            "serial_number",
            "make",
            "model",
            "kind",
            "category",
            "empty_mass_kg",
            "mtow_kg",
            *LIMITS,
            "is_rain_tolerant",
            "firmware_version",
            "time_in_service_min",
            "cycles",
            "flights",
            "log_fault",
            "status",
            "compliance",
            "is_compliance_stale",
            "version",
        ]
        read_only_fields = fields


class AircraftLimitsSerializer(CommandSerializer):
    """What the maker and the registration say of an aircraft."""

    registration_expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="The last valid day."
    )
    max_wind_ms = FiniteFloatField(min_value=0, max_value=100, required=False, allow_null=True)
    min_temperature_c = FiniteFloatField(**TEMPERATURE)
    max_temperature_c = FiniteFloatField(**TEMPERATURE)
    ip_rating = serializers.RegexField(
        r"^(IP[0-6X][0-9X]K?)?$", required=False, allow_blank=True, help_text="Such as IP55."
    )
    endurance = serializers.DurationField(
        min_value=timedelta(minutes=1),
        max_value=timedelta(days=30),
        required=False,
        allow_null=True,
        help_text="Hours, minutes, seconds: 00:45:00.",
    )
    max_speed_ms = FiniteFloatField(min_value=0, max_value=400, required=False, allow_null=True)
    control_link_range_m = FiniteFloatField(
        min_value=0, max_value=1_000_000, required=False, allow_null=True
    )
    has_position_lights = serializers.BooleanField(required=False)


class RegisterAircraftSerializer(AircraftLimitsSerializer):
    """A new aircraft, with the time, cycles and flights it brings along."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    registration = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9-]{1,15}$")
    serial_number = serializers.CharField(max_length=64)
    make = serializers.CharField(max_length=60)
    model = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(AircraftKind.choices)
    empty_mass_kg = FiniteFloatField(**MASS)
    mtow_kg = FiniteFloatField(**MASS, help_text="Maximum take-off mass.")
    firmware_version = serializers.CharField(max_length=60, required=False, allow_blank=True)
    time_in_service_min = serializers.IntegerField(**COUNT)
    cycles = serializers.IntegerField(**COUNT)
    flights = serializers.IntegerField(**COUNT)


class UpdateAircraftSerializer(SomeChangeSerializer, AircraftLimitsSerializer):
    """What may be changed of an aircraft; firmware is a configuration change."""

    registration = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9-]{1,15}$")
    empty_mass_kg = FiniteFloatField(**MASS)
    mtow_kg = FiniteFloatField(**MASS, help_text="Maximum take-off mass.")


class RemarkSerializer(CommandSerializer):
    """The input of an action that may say why."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ConfigurationChangeSerializer(serializers.ModelSerializer):
    """One recorded change of an aircraft's configuration."""

    aircraft = serializers.CharField(source="aircraft.registration")
    changed_by = serializers.CharField(source="changed_by.email")

    class Meta:
        model = ConfigurationChange
        fields = [
            "id",
            "aircraft",
            "component",
            "from_value",
            "to_value",
            "reason",
            "time_in_service_min",
            "changed_by",
            "changed_at",
        ]
        read_only_fields = fields


class ChangeConfigurationSerializer(CommandSerializer):
    """What was fitted or loaded."""

    component = serializers.ChoiceField(Component.choices)
    to_value = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate_to_value(self, value: str) -> str:
        if self.initial_data.get("component") == Component.FIRMWARE and len(value) > 60:
            raise serializers.ValidationError("At most 60 characters for firmware.")
        return value


class LogCheckSerializer(serializers.Serializer):
    """The outcome of a check of the technical log."""

    registration = serializers.CharField()
    is_whole = serializers.BooleanField()
    fault = serializers.CharField(allow_blank=True)


class BatterySerializer(serializers.ModelSerializer):
    """A flight battery."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(source="aircraft.registration", allow_null=True)

    class Meta:
        model = Battery
        fields = [
            "id",
            "operator",
            "aircraft",
            "serial_number",
            "model",
            "capacity_mah",
            "cycles",
            "max_cycles",
            "health_percent",
            "status",
            "version",
        ]
        read_only_fields = fields


class RegisterBatterySerializer(CommandSerializer):
    """A new battery, fitted to an aircraft or on the shelf."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    serial_number = serializers.CharField(max_length=64)
    model = serializers.CharField(max_length=80)
    capacity_mah = serializers.IntegerField(min_value=1, max_value=10_000_000)
    cycles = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    max_cycles = serializers.IntegerField(
        min_value=1, max_value=100_000, required=False, allow_null=True
    )
    health_percent = serializers.IntegerField(
        min_value=0, max_value=100, required=False, allow_null=True
    )


class UpdateBatterySerializer(SomeChangeSerializer):
    """What was measured or written of a battery."""

    cycles = serializers.IntegerField(min_value=0, max_value=100_000)
    max_cycles = serializers.IntegerField(min_value=1, max_value=100_000, allow_null=True)
    health_percent = serializers.IntegerField(min_value=0, max_value=100, allow_null=True)


class AssignBatterySerializer(CommandSerializer):
    """The aircraft to fit the battery to; null takes it off."""

    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), allow_null=True
    )
