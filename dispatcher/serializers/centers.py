from typing import Any

from psycopg.types.range import TimestamptzRange
from rest_framework import serializers

from common.api.fields import FiniteFloatField, GeoJSONField, PointField, VisibleSlugField
from common.api.serializers import (
    NO_OFFSET,
    CommandSerializer,
    SomeChangeSerializer,
    is_without_offset,
)
from dispatcher.models import DispatchCenter, OperationDemand, ResourceProfile
from flight_operations.models import FlightOperation
from flight_operations.serializers.examples import with_example
from rpas.models import AircraftKind, RPASAircraft, RPASOperator
from users.models import QualificationKind, User

CODE = r"^[A-Z0-9][A-Z0-9-]{1,15}$"
DAY_MIN: dict[str, Any] = {"min_value": 1, "max_value": 1440}
FIELDS = [
    "id",
    "code",
    "name",
    "operator",
    "point",
    "timezone",
    "opens_at",
    "closes_at",
    "coverage",
    "max_concurrent_operations",
    "flexibility_min",
    "turnround_min",
    "weights",
    "is_active",
    "created_at",
    "updated_at",
    "version",
]
PROFILE_FIELDS = [
    "id",
    "center",
    "aircraft",
    "person",
    "person_name",
    "base",
    "starts_at",
    "ends_at",
    "weekdays",
    "max_duty_min",
    "max_flying_min",
    "turnround_min",
    "is_active",
    "version",
]
DEMAND_FIELDS = [
    "operation",
    "center",
    "priority",
    "value",
    "currency",
    "earliest_at",
    "deadline_at",
    "windows",
    "required_kinds",
    "required_models",
    "required_qualifications",
    "promised_at",
    "version",
]


class DispatchCenterSerializer(serializers.ModelSerializer):
    """A desk that plans and watches the drone operations of one operator in one area."""

    operator = serializers.CharField(source="operator.name")
    point = PointField()
    coverage = GeoJSONField(geometry_types=("Polygon",), allow_null=True)
    weights = serializers.DictField(child=serializers.FloatField())

    class Meta:
        model = DispatchCenter
        fields = FIELDS
        read_only_fields = FIELDS


class CenterFieldsSerializer(CommandSerializer):
    """What a center is, but for its code and its operator."""

    name = serializers.CharField(max_length=120)
    point = PointField()
    timezone = serializers.CharField(
        max_length=64, validators=DispatchCenter._meta.get_field("timezone").validators
    )
    opens_at = serializers.TimeField()
    closes_at = serializers.TimeField(
        help_text="Not after the opening: on the next day. The same: around the clock."
    )
    coverage = GeoJSONField(geometry_types=("Polygon",), required=False, allow_null=True)
    max_concurrent_operations = serializers.IntegerField(
        min_value=1, max_value=1000, required=False
    )
    flexibility_min = serializers.IntegerField(min_value=0, max_value=1440, required=False)
    turnround_min = serializers.IntegerField(min_value=0, max_value=600, required=False)
    weights = serializers.DictField(
        child=FiniteFloatField(min_value=0, max_value=1_000_000), required=False
    )


@with_example(
    {
        "operator": "Coastline Aerial",
        "code": "SYD-N",
        "name": "Sydney north",
        "point": {"type": "Point", "coordinates": [151.2, -33.8]},
        "timezone": "Australia/Sydney",
        "opens_at": "06:00",
        "closes_at": "20:00",
    }
)
class OpenCenterSerializer(CenterFieldsSerializer):
    """A new center."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    code = serializers.RegexField(CODE, max_length=16)


class ChangeCenterSerializer(SomeChangeSerializer, CenterFieldsSerializer):
    """Change what a center is; open schedules keep the hours they have."""


class ResourceProfileSerializer(serializers.ModelSerializer):
    """How one aircraft or one person works for a center."""

    center = serializers.CharField(source="center.code")
    aircraft = serializers.CharField(source="aircraft.registration", default=None, allow_null=True)
    person_name = serializers.CharField(source="person.full_name", default=None, allow_null=True)
    base = PointField(allow_null=True)

    class Meta:
        model = ResourceProfile
        fields = PROFILE_FIELDS
        read_only_fields = PROFILE_FIELDS


class ProfileFieldsSerializer(CommandSerializer):
    """Base, hours and limits; what is left out is the center's."""

    base = PointField(required=False, allow_null=True)
    starts_at = serializers.TimeField(required=False, allow_null=True)
    ends_at = serializers.TimeField(required=False, allow_null=True)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        required=False,
        help_text="From 0, Monday; empty: every day.",
    )
    max_duty_min = serializers.IntegerField(
        required=False, allow_null=True, help_text="Of a person only.", **DAY_MIN
    )
    max_flying_min = serializers.IntegerField(required=False, allow_null=True, **DAY_MIN)
    turnround_min = serializers.IntegerField(
        min_value=0, max_value=600, required=False, allow_null=True
    )
    is_active = serializers.BooleanField(required=False)


@with_example({"center": "SYD-N", "aircraft": "RPA-1001", "turnround_min": 25})
class SetProfileSerializer(ProfileFieldsSerializer):
    """How one aircraft or one person works for a center, in place of what was said before."""

    center = VisibleSlugField("code", queryset=DispatchCenter.objects.all())
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    person = VisibleSlugField("id", queryset=User.objects.all(), required=False, allow_null=True)


class ChangeResourceProfileSerializer(SomeChangeSerializer, ProfileFieldsSerializer):
    """Change base, hours or limits."""


class SpanField(serializers.ListField):
    """A half-open span as two moments, `[from, until]`, each with its offset from UTC."""

    child = serializers.DateTimeField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and any(is_without_offset(each) for each in data):
            raise serializers.ValidationError(NO_OFFSET, code="no_offset")
        moments = super().to_internal_value(data)
        if len(moments) != 2:
            raise serializers.ValidationError("Name two moments.")
        start, end = moments
        if start >= end:
            raise serializers.ValidationError("The end must be after the start.")
        return TimestamptzRange(start, end, "[)")

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation([data.lower, data.upper])


class OperationDemandSerializer(serializers.ModelSerializer):
    """What one operation asks of the plan."""

    operation = serializers.CharField(source="operation.number")
    center = serializers.CharField(source="center.code", default=None, allow_null=True)
    value = serializers.DecimalField(max_digits=12, decimal_places=2)
    windows = serializers.ListField(child=SpanField())
    is_outside_area = serializers.BooleanField(
        help_text="The launch site lies outside the area of the center that is named."
    )

    class Meta:
        model = OperationDemand
        fields = ["id", *DEMAND_FIELDS, "is_outside_area"]
        read_only_fields = fields


@with_example(
    {
        "operation": "FO-2026-0042",
        "priority": 4,
        "earliest_at": "2026-06-03T22:00:00Z",
        "deadline_at": "2026-06-04T06:00:00Z",
        "required_kinds": ["multirotor"],
    }
)
class SetDemandSerializer(CommandSerializer):
    """What one operation asks of the plan; what is not named stays as it was."""

    operation = VisibleSlugField("number", queryset=FlightOperation.objects.all())
    center = VisibleSlugField(
        "code", queryset=DispatchCenter.objects.all(), required=False, allow_null=True
    )
    priority = serializers.IntegerField(min_value=1, max_value=5, required=False)
    value = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0, required=False)
    currency = serializers.RegexField("^[A-Z]{3}$", required=False)
    earliest_at = serializers.DateTimeField(required=False, allow_null=True)
    deadline_at = serializers.DateTimeField(required=False, allow_null=True)
    windows = serializers.ListField(child=SpanField(), max_length=50, required=False)
    required_kinds = serializers.ListField(
        child=serializers.ChoiceField(AircraftKind.choices), max_length=10, required=False
    )
    required_models = serializers.ListField(
        child=serializers.CharField(max_length=141), max_length=50, required=False
    )
    required_qualifications = serializers.ListField(
        child=serializers.ChoiceField(QualificationKind.choices), max_length=20, required=False
    )
    promised_at = serializers.DateTimeField(required=False, allow_null=True)
