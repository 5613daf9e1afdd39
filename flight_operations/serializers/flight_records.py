from rest_framework import serializers

from common.serializers import FindingSerializer
from flight_operations.models import OperationalLog, OperationalRelease, PilotLogEntry


class ReleaseSerializer(serializers.ModelSerializer):
    """An operational release with the document of MOS 10.04 as it was."""

    operation = serializers.CharField(source="operation.number")
    released_by = serializers.CharField(source="released_by.email")

    class Meta:
        model = OperationalRelease
        fields = [
            "id",
            "operation",
            "plan_hash",
            "verdict",
            "acknowledgements",
            "document",
            "released_by",
            "released_at",
            "revoked_at",
            "revoked_because",
        ]
        read_only_fields = fields


class AssessmentSerializer(serializers.Serializer):
    """A fresh assessment of one operation."""

    color = serializers.ChoiceField(["green", "amber", "red"])
    stage = serializers.CharField()
    assessed_at = serializers.DateTimeField()
    verdict = serializers.IntegerField(allow_null=True)
    is_stale = serializers.BooleanField()
    next_change_at = serializers.DateTimeField(allow_null=True)
    findings = FindingSerializer(many=True)


class OperationalLogSerializer(serializers.ModelSerializer):
    """The operational log of one flight."""

    completed_by = serializers.CharField(source="completed_by.email")

    class Meta:
        model = OperationalLog
        fields = [
            "is_as_released",
            "changes",
            "highest_agl_m",
            "became_unserviceable",
            "remarks",
            "completed_by",
            "completed_at",
        ]
        read_only_fields = fields


class PilotLogEntrySerializer(serializers.ModelSerializer):
    """One flight in a remote pilot's log."""

    pilot = serializers.CharField(source="pilot.email")
    operation = serializers.CharField(source="operation.number")

    class Meta:
        model = PilotLogEntry
        fields = [
            "id",
            "pilot",
            "operation",
            "flown_on",
            "aircraft_model",
            "aircraft_category",
            "place",
            "time_in_service_min",
            "sight_mode",
            "is_night",
            "role",
            "started_at",
            "ended_at",
        ]
        read_only_fields = fields
