from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from common.api.fields import FiniteFloatField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from rpas.models import (
    AircraftKind,
    ChangeKind,
    GroundStation,
    KeyPersonnel,
    KeyPost,
    OperatorChange,
    OperatorMember,
    RPASAircraft,
    RPASOperator,
)
from rpas.models.operator import validate_timezone
from users.models import ApiToken, User

OPTIONAL_DATE = {"required": False, "allow_null": True}


def check_zone(value: Any) -> None:
    """Refuse what is not an IANA zone, as a field error."""
    try:
        validate_timezone(value)
    except ValidationError as error:
        raise serializers.ValidationError(error.messages, code="timezone") from error


class OperatorSerializer(serializers.ModelSerializer):
    """An operator. `compliance` is a cached color for lists."""

    compliance = serializers.CharField(allow_null=True, help_text="green, amber, red or null.")
    is_compliance_stale = serializers.BooleanField()

    class Meta:
        model = RPASOperator
        fields = [
            "id",
            "name",
            "legal_name",
            "arn",
            "reoc_number",
            "reoc_issued_on",
            "reoc_expires_on",
            "scope_max_mass_kg",
            "scope_types",
            "scope_models",
            "timezone",
            "insurance_expires_on",
            "operations_manual_ref",
            "job_safety_assessment_ref",
            "is_active",
            "compliance",
            "is_compliance_stale",
            "version",
        ]
        read_only_fields = fields


class CreateOperatorSerializer(CommandSerializer):
    """A new operator."""

    name = serializers.CharField(max_length=120)
    legal_name = serializers.CharField(max_length=200)
    arn = serializers.RegexField(r"^[0-9]{4,9}$", help_text="Aviation reference number.")
    reoc_number = serializers.CharField(max_length=32, required=False, allow_null=True)
    reoc_issued_on = serializers.DateField(**OPTIONAL_DATE)
    reoc_expires_on = serializers.DateField(**OPTIONAL_DATE, help_text="The last valid day.")
    scope_max_mass_kg = FiniteFloatField(
        min_value=0.001, max_value=100_000, required=False, allow_null=True
    )
    scope_types = serializers.ListField(
        child=serializers.ChoiceField(AircraftKind.choices), max_length=5, required=False
    )
    scope_models = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=100,
        required=False,
        help_text="Models over 25 kg by make and model, e.g. `DJI Agras T50`.",
    )
    timezone = serializers.CharField(max_length=64, validators=[check_zone])
    insurance_expires_on = serializers.DateField(**OPTIONAL_DATE)
    operations_manual_ref = serializers.CharField(max_length=120, required=False, allow_blank=True)
    job_safety_assessment_ref = serializers.CharField(
        max_length=120, required=False, allow_blank=True
    )


class UpdateOperatorSerializer(SomeChangeSerializer, CreateOperatorSerializer):
    """What may be changed of an operator."""

    is_active = serializers.BooleanField()


class MemberSerializer(serializers.ModelSerializer):
    """A person who works for an operator."""

    operator = serializers.CharField(source="operator.name")
    user = serializers.CharField(source="user.email")
    pilot_authorized_by = serializers.CharField(source="pilot_authorized_by.email", allow_null=True)

    class Meta:
        model = OperatorMember
        fields = [
            "id",
            "operator",
            "user",
            "position",
            "valid_from",
            "valid_until",
            "is_remote_pilot",
            "pilot_authorized_on",
            "pilot_authorized_by",
            "authorized_models",
            "is_night_authorized",
            "version",
        ]
        read_only_fields = fields


class AddMemberSerializer(CommandSerializer):
    """A new membership; from today unless said otherwise."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    user = VisibleSlugField("email", queryset=User.objects.all())
    position = serializers.CharField(max_length=80, required=False)
    valid_from = serializers.DateField(required=False)
    valid_until = serializers.DateField(**OPTIONAL_DATE, help_text="The first day without.")


class UpdateMemberSerializer(SomeChangeSerializer):
    """What may be changed of a membership."""

    position = serializers.CharField(max_length=80, allow_blank=True)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, help_text="The first day without.")


class AuthorizePilotSerializer(CommandSerializer):
    """What a member may fly."""

    models = serializers.ListField(
        child=serializers.CharField(max_length=120),
        min_length=1,
        max_length=100,
        help_text="Make and model, e.g. `DJI Matrice 350 RTK`.",
    )
    is_night_authorized = serializers.BooleanField(default=False)


class KeyPersonnelSerializer(serializers.ModelSerializer):
    """The holder of a key post."""

    operator = serializers.CharField(source="operator.name")
    user = serializers.CharField(source="user.email")

    class Meta:
        model = KeyPersonnel
        fields = [
            "id",
            "operator",
            "user",
            "post",
            "arn",
            "approved_on",
            "valid_from",
            "valid_until",
            "version",
        ]
        read_only_fields = fields


class AppointSerializer(CommandSerializer):
    """An appointment to a key post; a chief remote pilot needs an ARN."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    user = VisibleSlugField("email", queryset=User.objects.all())
    post = serializers.ChoiceField(KeyPost.choices)
    arn = serializers.RegexField(r"^[0-9]{4,9}$", required=False)
    approved_on = serializers.DateField(**OPTIONAL_DATE)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(**OPTIONAL_DATE, help_text="The first day without.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["post"] == KeyPost.CHIEF_REMOTE_PILOT and not attrs.get("arn"):
            raise serializers.ValidationError({"arn": "A chief remote pilot needs an ARN."})
        return attrs


class EndPostSerializer(CommandSerializer):
    """The first day on which the post is vacant."""

    ends_on = serializers.DateField()


class OperatorChangeSerializer(serializers.ModelSerializer):
    """A change that CASA must approve or hear of."""

    operator = serializers.CharField(source="operator.name")
    is_significant = serializers.BooleanField()

    class Meta:
        model = OperatorChange
        fields = [
            "id",
            "operator",
            "kind",
            "is_significant",
            "description",
            "made_on",
            "notified_on",
            "approved_on",
            "approval_ref",
            "version",
        ]
        read_only_fields = fields


class RecordChangeSerializer(CommandSerializer):
    """A change to the operator."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    kind = serializers.ChoiceField(ChangeKind.choices)
    description = serializers.CharField(max_length=500)
    made_on = serializers.DateField()


class NotifyChangeSerializer(CommandSerializer):
    """When CASA was told."""

    notified_on = serializers.DateField()


class ApproveChangeSerializer(CommandSerializer):
    """When and under which reference CASA approved."""

    approved_on = serializers.DateField()
    approval_ref = serializers.CharField(max_length=80)


class GroundStationSerializer(serializers.ModelSerializer):
    """A remote pilot station that sends telemetry."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(source="aircraft.registration", allow_null=True)
    api_token = serializers.CharField(source="api_token.prefix", allow_null=True)

    class Meta:
        model = GroundStation
        fields = [
            "id",
            "operator",
            "aircraft",
            "name",
            "device_id",
            "is_active",
            "api_token",
            "version",
        ]
        read_only_fields = fields


class RegisterGroundStationSerializer(CommandSerializer):
    """A new station."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    name = serializers.CharField(max_length=80)
    device_id = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")
    api_token = VisibleSlugField(
        "prefix", queryset=ApiToken.objects.all(), required=False, allow_null=True
    )


class UpdateGroundStationSerializer(SomeChangeSerializer):
    """What may be changed of a station."""

    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), allow_null=True
    )
    name = serializers.CharField(max_length=80)
    is_active = serializers.BooleanField()
    api_token = VisibleSlugField("prefix", queryset=ApiToken.objects.all(), allow_null=True)


def horizon(text: str, *, most: int) -> int:
    """A number of days from a query parameter; raises ValidationError outside 0 to `most`."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most):
        raise serializers.ValidationError({"horizon_days": f"A whole number from 0 to {most}."})
    return int(text)
