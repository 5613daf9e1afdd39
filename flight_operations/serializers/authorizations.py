from typing import Any

from drf_spectacular.utils import extend_schema_field
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from common.api.fields import FiniteFloatField, GeoJSONField, VisibleSlugField
from common.api.serializers import CommandSerializer
from flight_operations.models import AuthorizationKind, OperationalAuthorization
from flight_operations.queries.authorizations import lead_time
from flight_operations.serializers.examples import with_example
from rpas.models import RPASAircraft, RPASOperator

HEIGHT: dict[str, Any] = {"min_value": 0.0, "max_value": 20_000.0}
FIELDS = [
    "id",
    "number",
    "kind",
    "authority",
    "operator",
    "aircraft",
    "area",
    "max_height_agl_m",
    "place",
    "valid_from",
    "valid_until",
    "conditions",
    "applied_on",
    "status",
    "lead_time",
    "recorded_by",
    "created_at",
    "updated_at",
    "version",
]


class LeadTimeSerializer(serializers.Serializer):
    """Whether the authority has the days it asks for; a warning, never a refusal."""

    needed_days = serializers.IntegerField()
    available_days = serializers.IntegerField()
    is_short = serializers.BooleanField()
    warning = serializers.CharField(allow_blank=True)


class AuthorizationSerializer(serializers.ModelSerializer):
    """A written permission to leave the standard operating conditions in one way."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(
        source="aircraft.registration", allow_null=True, help_text="Empty: any of the operator's."
    )
    area = GeoJSONField(geometry_types=("MultiPolygon",), allow_null=True)
    recorded_by = serializers.CharField(source="recorded_by.email")
    lead_time = serializers.SerializerMethodField(
        help_text="Of a request not decided yet; null afterwards."
    )

    class Meta:
        model = OperationalAuthorization
        fields = FIELDS
        read_only_fields = FIELDS

    @extend_schema_field(LeadTimeSerializer(allow_null=True))
    @swagger_serializer_method(LeadTimeSerializer(allow_null=True))
    def get_lead_time(self, authorization: OperationalAuthorization) -> dict[str, Any] | None:
        found = lead_time(authorization)
        return None if found is None else dict(LeadTimeSerializer(found).data)


class AuthorizationTermsSerializer(CommandSerializer):
    """What is asked for or allowed; only what is named is taken over."""

    kind = serializers.ChoiceField(AuthorizationKind.choices, required=False)
    number = serializers.CharField(
        max_length=64, required=False, help_text="Of the application, later of the instrument."
    )
    authority = serializers.CharField(max_length=100, required=False)
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    area = GeoJSONField(required=False, allow_null=True)
    max_height_agl_m = FiniteFloatField(required=False, allow_null=True, **HEIGHT)
    place = serializers.CharField(max_length=100, required=False, allow_blank=True)
    valid_from = serializers.DateTimeField(required=False)
    valid_until = serializers.DateTimeField(required=False, help_text="The first moment after it.")
    conditions = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    applied_on = serializers.DateField(required=False, allow_null=True)


@with_example({"number": "CASA.RPAS.2026.0117", "conditions": "Listen out on the CTAF."})
class GrantAuthorizationSerializer(AuthorizationTermsSerializer):
    """The authority said yes; name only what it decided otherwise than asked."""


@with_example({"valid_until": "2026-06-30T14:00:00Z", "max_height_agl_m": 150})
class AmendAuthorizationSerializer(AuthorizationTermsSerializer):
    """Correct an application that is not decided yet."""


@with_example(
    {
        "operator": "Coastline Aerial",
        "kind": "height",
        "number": "APP-2026-031",
        "area": {
            "type": "Polygon",
            "coordinates": [
                [[148.9, -35.3], [149.0, -35.3], [149.0, -35.2], [148.9, -35.2], [148.9, -35.3]]
            ],
        },
        "max_height_agl_m": 180,
        "valid_from": "2026-06-01T00:00:00Z",
        "valid_until": "2026-07-01T00:00:00Z",
        "applied_on": "2026-03-15",
    }
)
class RequestAuthorizationSerializer(AuthorizationTermsSerializer):
    """An application to an authority, or an authorization already in hand."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    kind = serializers.ChoiceField(AuthorizationKind.choices)
    number = serializers.CharField(max_length=64)
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(help_text="The first moment after it.")
