from typing import Any

from rest_framework import serializers

from common.api.fields import FiniteFloatField, GeoJSONField, PointField, VisibleSlugField
from common.api.serializers import CommandSerializer
from flight_operations.models import (
    CrewMember,
    Datum,
    FlightOperation,
    FlightPlan,
    OperatingCategory,
    PlanFence,
    PlanVolume,
    SightMode,
)
from rpas.models import RPASAircraft, RPASOperator
from users.models import User

HEIGHT = {"min_value": -500.0, "max_value": 20_000.0}
DISTANCE = {"min_value": 0.0, "max_value": 1_000_000.0}
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}
REFERENCE: dict[str, Any] = {"required": False, "allow_blank": True, "max_length": 200}


class PlanVolumeSerializer(serializers.ModelSerializer):
    """A part of the sky and of the day that the operation keeps to."""

    area = GeoJSONField(geometry_types=("Polygon",))

    class Meta:
        model = PlanVolume
        fields = ["sequence", "area", "floor_m", "ceiling_m", "datum", "starts_at", "ends_at"]
        read_only_fields = fields


class PlanFenceSerializer(serializers.ModelSerializer):
    """A polygon to stay in or out of."""

    area = GeoJSONField(geometry_types=("Polygon",))

    class Meta:
        model = PlanFence
        fields = ["name", "kind", "area", "floor_m", "ceiling_m", "datum"]
        read_only_fields = fields


class CrewMemberSerializer(serializers.ModelSerializer):
    """A crew member other than the pilot in command."""

    user = serializers.CharField(source="user.email")

    class Meta:
        model = CrewMember
        fields = ["user", "role", "trained_on"]
        read_only_fields = fields


class FlightPlanSerializer(serializers.ModelSerializer):
    """Where, how high and under which conditions the operation is flown."""

    launch_site = PointField()
    recovery_site = PointField()
    volumes = PlanVolumeSerializer(many=True)
    fences = PlanFenceSerializer(many=True)

    class Meta:
        model = FlightPlan
        read_only_fields = fields = [
            "revision",
            "content_hash",
            "launch_site",
            "recovery_site",
            "control_station",
            "take_off_elevation_m",
            "terrain_lowest_m",
            "terrain_highest_m",
            "max_height_agl_m",
            "take_off_mass_kg",
            "max_distance_pilot_m",
            "max_distance_observer_m",
            "min_distance_people_m",
            "people_consent_ref",
            "is_over_populous_area",
            "is_near_emergency_operation",
            "emergency_approval_ref",
            "is_crewed_traffic_known",
            "is_enclosed",
            "drops_anything",
            "drop_procedure_ref",
            "is_launch_area_lit",
            "is_behind_obstacles",
            "aircraft_per_pilot",
            "impact_energy_j",
            "local_weather_observation",
            "volumes",
            "fences",
        ]


class FlightOperationSerializer(serializers.ModelSerializer):
    """One operation, as lists show it. `compliance` is a cache; release and start ask afresh."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(source="aircraft.registration")
    pilot_in_command = serializers.CharField(source="pilot_in_command.email")
    compliance = serializers.CharField(allow_null=True, help_text="green, amber, red or null.")
    is_compliance_stale = serializers.BooleanField()

    class Meta:
        model = FlightOperation
        fields = [
            "number",
            "title",
            "operator",
            "aircraft",
            "pilot_in_command",
            "category",
            "sight_mode",
            "status",
            "conformance",
            "compliance",
            "is_compliance_stale",
            "planned_start_at",
            "planned_end_at",
            "actual_start_at",
            "actual_end_at",
            "version",
        ]
        read_only_fields = fields


class FlightOperationDetailSerializer(serializers.ModelSerializer):
    """One operation with its plan and crew."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(source="aircraft.registration")
    pilot_in_command = serializers.CharField(source="pilot_in_command.email")
    compliance = serializers.CharField(allow_null=True, help_text="green, amber, red or null.")
    is_compliance_stale = serializers.BooleanField()
    plan = FlightPlanSerializer()
    crew = CrewMemberSerializer(many=True)

    class Meta:
        model = FlightOperation
        fields = [
            *FlightOperationSerializer.Meta.fields,
            "purpose",
            "is_paid",
            "is_over_own_land",
            "plan",
            "crew",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class VolumeInputSerializer(CommandSerializer):
    """A volume; without its own times it holds for the whole operation."""

    area = GeoJSONField(geometry_types=("Polygon",))
    floor_m = FiniteFloatField(default=0.0, **HEIGHT)
    ceiling_m = FiniteFloatField(**HEIGHT)
    datum = serializers.ChoiceField(Datum.choices, default=Datum.AGL)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)


class FenceInputSerializer(CommandSerializer):
    """A fence; without floor and ceiling it holds at every height."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(PlanFence.Kind.choices)
    area = GeoJSONField(geometry_types=("Polygon",))
    floor_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    ceiling_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    datum = serializers.ChoiceField(Datum.choices, default=Datum.AGL)


class CrewInputSerializer(CommandSerializer):
    """A crew member by e-mail address."""

    user = VisibleSlugField("email", queryset=User.objects.all())
    role = serializers.ChoiceField(CrewMember.Role.choices)
    trained_on = serializers.DateField(required=False, allow_null=True)


class PlanInputSerializer(CommandSerializer):
    """The conditions of the flight. What is not known is left out, and counts as not known."""

    launch_site = PointField()
    recovery_site = PointField()
    control_station = serializers.CharField(max_length=200)
    take_off_elevation_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    terrain_lowest_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    terrain_highest_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    max_height_agl_m = FiniteFloatField(min_value=0.1, max_value=20_000)
    take_off_mass_kg = FiniteFloatField(min_value=0.001, max_value=20_000)
    max_distance_pilot_m = FiniteFloatField(**OPTIONAL, **DISTANCE)
    max_distance_observer_m = FiniteFloatField(**OPTIONAL, **DISTANCE)
    min_distance_people_m = FiniteFloatField(**OPTIONAL, **DISTANCE)
    people_consent_ref = serializers.CharField(**REFERENCE)
    is_over_populous_area = serializers.BooleanField(**OPTIONAL)
    is_near_emergency_operation = serializers.BooleanField(**OPTIONAL)
    emergency_approval_ref = serializers.CharField(**REFERENCE)
    is_crewed_traffic_known = serializers.BooleanField(**OPTIONAL)
    is_enclosed = serializers.BooleanField(required=False)
    drops_anything = serializers.BooleanField(required=False)
    drop_procedure_ref = serializers.CharField(**REFERENCE)
    is_launch_area_lit = serializers.BooleanField(required=False)
    is_behind_obstacles = serializers.BooleanField(**OPTIONAL)
    aircraft_per_pilot = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    impact_energy_j = FiniteFloatField(**OPTIONAL, **DISTANCE)


class PlanChangesSerializer(PlanInputSerializer):
    """A part of the plan; what is not named stays as it is."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class PlanOperationSerializer(CommandSerializer):
    """Plan an operation: who, with what, where, how high, when."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    pilot_in_command = VisibleSlugField("email", queryset=User.objects.all())
    title = serializers.CharField(max_length=200)
    purpose = serializers.CharField(max_length=4000)
    category = serializers.ChoiceField(OperatingCategory.choices)
    sight_mode = serializers.ChoiceField(SightMode.choices, default=SightMode.VLOS)
    is_paid = serializers.BooleanField(default=True)
    is_over_own_land = serializers.BooleanField(default=False)
    planned_start_at = serializers.DateTimeField()
    planned_end_at = serializers.DateTimeField()
    plan = PlanInputSerializer()
    volumes = VolumeInputSerializer(many=True, min_length=1, max_length=50)
    fences = FenceInputSerializer(many=True, required=False, max_length=100)
    crew = CrewInputSerializer(many=True, required=False, max_length=50)
    is_draft = serializers.BooleanField(default=False)


class AmendOperationSerializer(CommandSerializer):
    """Change an operation that has not flown; whatever had been released is void."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all(), required=False)
    pilot_in_command = VisibleSlugField("email", queryset=User.objects.all(), required=False)
    title = serializers.CharField(max_length=200, required=False)
    purpose = serializers.CharField(max_length=4000, required=False)
    category = serializers.ChoiceField(OperatingCategory.choices, required=False)
    sight_mode = serializers.ChoiceField(SightMode.choices, required=False)
    is_paid = serializers.BooleanField(required=False)
    is_over_own_land = serializers.BooleanField(required=False)
    planned_start_at = serializers.DateTimeField(required=False)
    planned_end_at = serializers.DateTimeField(required=False)
    plan = PlanChangesSerializer(required=False)
    volumes = VolumeInputSerializer(many=True, required=False, min_length=1, max_length=50)
    fences = FenceInputSerializer(many=True, required=False, max_length=100)
    crew = CrewInputSerializer(many=True, required=False, max_length=50)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ObservationSerializer(CommandSerializer):
    """What the pilot sees at the site; what is left out is not known."""

    observed_at = serializers.DateTimeField()
    wind_speed_ms = FiniteFloatField(**OPTIONAL, min_value=0, max_value=100)
    wind_gust_ms = FiniteFloatField(**OPTIONAL, min_value=0, max_value=150)
    visibility_m = FiniteFloatField(**OPTIONAL, min_value=0, max_value=100_000)
    cloud_base_agl_m = FiniteFloatField(**OPTIONAL, min_value=0, max_value=20_000)
    is_sky_clear = serializers.BooleanField(required=False)
    precipitation = serializers.ChoiceField(["none", "light", "moderate", "heavy"], **OPTIONAL)
    has_thunderstorm = serializers.BooleanField(**OPTIONAL)
    temperature_c = FiniteFloatField(**OPTIONAL, min_value=-90, max_value=70)
    dewpoint_c = FiniteFloatField(**OPTIONAL, min_value=-90, max_value=70)


class AcknowledgementSerializer(CommandSerializer):
    """What a named person says to one amber finding."""

    rule = serializers.CharField(max_length=40)
    note = serializers.CharField(max_length=2000)


class ReleaseOperationSerializer(CommandSerializer):
    """Release for flight; every amber finding needs its acknowledgement."""

    acknowledgements = AcknowledgementSerializer(many=True, required=False, max_length=200)


class LandOperationSerializer(CommandSerializer):
    """Record the landing."""

    landed_at = serializers.DateTimeField(required=False)
    cycles = serializers.IntegerField(default=1, min_value=0, max_value=1000)


class AbortOperationSerializer(LandOperationSerializer):
    """Record that a flight was broken off, and why."""

    reason = serializers.CharField(max_length=2000)


class CompleteLogSerializer(CommandSerializer):
    """The operational log, by the pilot in command."""

    is_as_released = serializers.BooleanField()
    changes = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    highest_agl_m = FiniteFloatField(**OPTIONAL, **HEIGHT)
    became_unserviceable = serializers.BooleanField(default=False)
    remarks = serializers.CharField(max_length=4000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["is_as_released"] and not attrs.get("changes"):
            raise serializers.ValidationError({"changes": "Say what differed from the release."})
        return attrs
