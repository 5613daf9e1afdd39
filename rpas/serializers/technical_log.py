from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from rpas.models import (
    DefectSeverity,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2TechnicalLogPartA,
    RPASAircraft,
)

DELTA = {"min_value": -100_000, "max_value": 100_000, "default": 0}


class PartASerializer(serializers.ModelSerializer):
    """Part A of the F2 technical log; the header is frozen once it is issued."""

    aircraft = serializers.CharField(source="aircraft.registration")
    issued_by = serializers.CharField(source="issued_by.email", allow_null=True)

    class Meta:
        model = F2TechnicalLogPartA
        fields = [
            "number",
            "aircraft",
            "identification",
            "category",
            "model",
            "min_gross_mass_kg",
            "max_gross_mass_kg",
            "registration_expires_on",
            "schedule_reference",
            "status",
            "statement",
            "issued_at",
            "issued_by",
            "issued_name",
            "issued_arn",
            "content_hash",
            "version",
        ]
        read_only_fields = fields


class DraftPartASerializer(CommandSerializer):
    """A new Part A; the header is copied from the aircraft."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    schedule_reference = serializers.CharField(
        max_length=200, help_text="The maker's system or the operations-manual schedule."
    )


class IssuePartASerializer(CommandSerializer):
    """The certification; without a statement the usual wording is used."""

    statement = serializers.CharField(max_length=2000, required=False)


class PartBEntrySerializer(serializers.ModelSerializer):
    """One line of Part B. Minutes are exact; a correction carries the signed difference."""

    aircraft = serializers.CharField(source="aircraft.registration")
    part_a = serializers.CharField(source="part_a.number", allow_null=True)
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True)

    class Meta:
        model = F2FlightHoursEntry
        fields = [
            "id",
            "aircraft",
            "part_a",
            "sequence",
            "kind",
            "entry_on",
            "inspection_satisfactory",
            "defects_checked",
            "findings",
            "time_in_service_min",
            "cycles",
            "flights",
            "progressive_total_min",
            "progressive_cycles",
            "progressive_flights",
            "operation_number",
            "corrects",
            "reason",
            "certified_name",
            "certified_arn",
            "recorded_at",
            "previous_hash",
            "hash",
        ]
        read_only_fields = fields


class DailyInspectionSerializer(CommandSerializer):
    """A daily inspection by the caller, for the operator's local day."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    is_satisfactory = serializers.BooleanField()
    findings = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    defects_checked = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        max_length=500,
        required=False,
        help_text="Ids of the open minor defects that were looked at: all of them.",
    )


class CorrectEntrySerializer(CommandSerializer):
    """The signed difference to an entry, and why."""

    minutes_delta = serializers.IntegerField(**DELTA)
    cycles_delta = serializers.IntegerField(**DELTA)
    flights_delta = serializers.IntegerField(**DELTA)
    reason = serializers.CharField(max_length=500)


class DefectSerializer(serializers.ModelSerializer):
    """A defect from found to certified."""

    aircraft = serializers.CharField(source="aircraft.registration")
    part_a = serializers.CharField(source="part_a.number", allow_null=True)

    class Meta:
        model = F2DefectEntry
        fields = [
            "id",
            "aircraft",
            "part_a",
            "severity",
            "description",
            "status",
            "found_at",
            "found_name",
            "found_arn",
            "last_checked_on",
            "deferred_reason",
            "rectified_at",
            "rectified_name",
            "rectified_arn",
            "rectified_action",
            "certified_at",
            "certified_name",
            "certified_arn",
            "version",
        ]
        read_only_fields = fields


class RaiseDefectSerializer(CommandSerializer):
    """A defect found by the caller."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    severity = serializers.ChoiceField(DefectSeverity.choices)
    description = serializers.CharField(max_length=4000)
    found_at = serializers.DateTimeField(required=False)


class RectifyDefectSerializer(CommandSerializer):
    """What was done, by the caller or by the person named with an ARN."""

    action = serializers.CharField(max_length=4000)
    name = serializers.CharField(max_length=200, required=False)
    arn = serializers.RegexField(r"^[0-9]{4,9}$", required=False)
