from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from users.models import (
    ApiToken,
    FlightCategory,
    FlightExperience,
    FlightRole,
    Qualification,
    QualificationKind,
    User,
    WeightBand,
)


class QualificationSerializer(serializers.ModelSerializer):
    """A license, rating, medical, RePL or training; it counts once it is verified."""

    email = serializers.CharField(source="user.email")
    verified_by = serializers.CharField(source="verified_by.email", default=None, allow_null=True)

    class Meta:
        model = Qualification
        fields = [
            "id",
            "user",
            "email",
            "kind",
            "authority",
            "number",
            "classification",
            "weight_band",
            "aircraft_type",
            "issued_on",
            "expires_on",
            "status",
            "verified_by",
            "verified_at",
            "remarks",
            "version",
            "updated_at",
        ]
        read_only_fields = fields


class ChangeQualificationSerializer(CommandSerializer):
    """Correct or renew a paper; a verified one must then be verified again."""

    authority = serializers.CharField(max_length=100, required=False)
    number = serializers.CharField(max_length=64, required=False, allow_blank=True)
    classification = serializers.CharField(max_length=64, required=False, allow_blank=True)
    weight_band = serializers.ChoiceField(WeightBand.choices, required=False, allow_blank=True)
    aircraft_type = serializers.CharField(max_length=100, required=False, allow_blank=True)
    issued_on = serializers.DateField(required=False)
    expires_on = serializers.DateField(required=False, allow_null=True)
    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RecordQualificationSerializer(ChangeQualificationSerializer):
    """Write a paper down as it is printed."""

    user = VisibleSlugField("id", queryset=User.objects.all())
    kind = serializers.ChoiceField(QualificationKind.choices)
    authority = serializers.CharField(max_length=100, help_text="Who issued it, e.g. CASA.")
    issued_on = serializers.DateField()


class FlightExperienceSerializer(serializers.ModelSerializer):
    """Hours flown elsewhere, as declared."""

    email = serializers.CharField(source="user.email")
    declared_by = serializers.CharField(source="declared_by.email")

    class Meta:
        model = FlightExperience
        fields = [
            "id",
            "user",
            "email",
            "category",
            "role",
            "aircraft_type",
            "flown_minutes",
            "night_minutes",
            "cross_country_minutes",
            "instrument_minutes",
            "instrument_flight_minutes",
            "landings",
            "as_of_on",
            "remarks",
            "declared_by",
            "declared_at",
            "version",
        ]
        read_only_fields = fields


def _minutes(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=3_600_000, required=False, allow_null=True, help_text=what
    )


class ChangeExperienceSerializer(CommandSerializer):
    """Declare other figures; what is left out stays."""

    flown_minutes = serializers.IntegerField(min_value=1, max_value=3_600_000, required=False)
    night_minutes = serializers.IntegerField(min_value=0, max_value=3_600_000, required=False)
    cross_country_minutes = _minutes("Null: not known.")
    instrument_minutes = _minutes("Actual or simulated. Null: not known.")
    instrument_flight_minutes = _minutes("Of the instrument time, what was flown.")
    landings = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    as_of_on = serializers.DateField(required=False)
    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class DeclareExperienceSerializer(ChangeExperienceSerializer):
    """Declare hours flown elsewhere."""

    user = VisibleSlugField("id", queryset=User.objects.all())
    category = serializers.ChoiceField(FlightCategory.choices)
    role = serializers.ChoiceField(FlightRole.choices, default=FlightRole.IN_COMMAND)
    aircraft_type = serializers.CharField(max_length=100, allow_blank=True, default="")
    flown_minutes = serializers.IntegerField(min_value=1, max_value=3_600_000)
    as_of_on = serializers.DateField(help_text="The last day these figures include.")


class ApiTokenSerializer(serializers.ModelSerializer):
    """A machine's key, by its prefix; the key itself is shown once, when it is issued."""

    owner_email = serializers.CharField(source="owner.email")
    issued_by = serializers.CharField(source="issued_by.email")
    last_used_at = serializers.DateTimeField(
        source="use.last_used_at", default=None, allow_null=True
    )

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "owner",
            "owner_email",
            "name",
            "prefix",
            "scopes",
            "allowed_networks",
            "expires_at",
            "issued_by",
            "issued_at",
            "revoked_at",
            "revoked_reason",
            "last_used_at",
            "version",
        ]
        read_only_fields = fields


class IssuedApiTokenSerializer(ApiTokenSerializer):
    """A new token with its key. Keep the key: it cannot be shown again."""

    key = serializers.CharField(help_text="For the header X-Api-Token.")

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "key"]
        read_only_fields = fields


class IssueApiTokenSerializer(CommandSerializer):
    """Make a key for a machine; it cannot do more than its owner and its issuer may."""

    owner = VisibleSlugField("id", queryset=User.objects.all())
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=160),
        min_length=1,
        max_length=100,
        help_text='Permissions, e.g. ["flight_operations.ingest_flightoperation"].',
    )
    allowed_networks = serializers.ListField(
        child=serializers.CharField(max_length=43),
        max_length=20,
        required=False,
        default=list,
        help_text='Addresses it may come from, e.g. ["203.0.113.0/24"]; empty: anywhere.',
    )
    expires_at = serializers.DateTimeField(help_text="At most a year ahead.")
