from typing import Any

from drf_spectacular.utils import extend_schema_field
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from common.api.fields import PointField
from flight_operations.models import SMSIncidentReport
from flight_operations.queries.incidents import clocks, occurred_local

FIELDS = [
    "number",
    "operator",
    "operation",
    "aircraft",
    "pilot",
    "operating_category",
    "mass_kg",
    "is_type_certified",
    "status",
    "classification",
    "occurred_at",
    "occurred_local",
    "time_zone",
    "aware_at",
    "place",
    "position",
    "phase",
    "weather",
    "airspace",
    "narrative",
    "injuries",
    "damage",
    "damage_description",
    "third_party_damage",
    "third_party",
    "immediate_action",
    "evidence",
    "corrective_action",
    "atsb_category",
    "is_immediately_reportable",
    "is_reportable",
    "phoned_at",
    "written_at",
    "atsb_reference",
    "clocks",
    "is_aircraft_quarantined",
    "reported_by",
    "created_at",
    "updated_at",
    "version",
]


class ClockSerializer(serializers.Serializer):
    """A report that the ATSB waits for; `remaining` is negative when overdue."""

    kind = serializers.CharField(help_text="immediate (telephone) or written.")
    due_at = serializers.DateTimeField()
    amber_at = serializers.DateTimeField()
    red_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    color = serializers.CharField()
    remaining_s = serializers.IntegerField(allow_null=True)
    is_late = serializers.BooleanField()


class IncidentSerializer(serializers.ModelSerializer):
    """An incident, how it must be reported, and how its clocks stand now."""

    operator = serializers.CharField(source="operator.name")
    operation = serializers.CharField(source="operation.number", allow_null=True)
    aircraft = serializers.CharField(source="aircraft.registration", allow_null=True)
    pilot = serializers.CharField(source="pilot.email", allow_null=True)
    reported_by = serializers.CharField(source="reported_by.email")
    position = PointField(allow_null=True)
    occurred_local = serializers.SerializerMethodField(help_text="At the place of the incident.")
    clocks = serializers.SerializerMethodField()

    class Meta:
        model = SMSIncidentReport
        fields = FIELDS
        read_only_fields = FIELDS

    def get_occurred_local(self, incident: SMSIncidentReport) -> str:
        return occurred_local(incident).isoformat()

    @extend_schema_field(ClockSerializer(many=True))
    @swagger_serializer_method(ClockSerializer(many=True))
    def get_clocks(self, incident: SMSIncidentReport) -> list[Any]:
        found = clocks(incident, now=self.context["now"])
        return list(ClockSerializer(found, many=True).data)
