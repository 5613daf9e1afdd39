from decimal import Decimal

from rest_framework import serializers

from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import Acuity, MedicalDecision, MedicalRequirement, MedicalRole, Patient
from operations.serializers.personal import NumberedField, QuietChoiceField, QuietListField

DECISIONS = [choice for choice in MedicalDecision.choices if choice[0] != "pending"]


class RequirementSerializer(serializers.ModelSerializer):
    """What a patient needs on a journey, and the medical decision on it."""

    patient = serializers.CharField(source="patient.number")
    team = serializers.ListField(child=serializers.ChoiceField(MedicalRole.choices))
    equipment = serializers.ListField(child=serializers.CharField())
    conditions = serializers.ListField(child=serializers.CharField())
    decided_by = serializers.CharField(source="decided_by.email", default=None, allow_null=True)
    needs_approval = serializers.BooleanField(help_text="By the medical director.")
    approved_by = serializers.CharField(source="approved_by.email", default=None, allow_null=True)

    class Meta:
        model = MedicalRequirement
        fields = [
            "id",
            "patient",
            "acuity",
            "team",
            "equipment",
            "equipment_mass_kg",
            "oxygen_flow_lpm",
            "oxygen_reserve",
            "is_stretcher",
            "escorts",
            "max_cabin_altitude_ft",
            "is_acute_care",
            "decision",
            "conditions",
            "decided_by",
            "decided_at",
            "needs_approval",
            "approved_by",
            "approved_at",
            "version",
        ]
        read_only_fields = fields


class NeedsSerializer(CommandSerializer):
    """What is needed on board. No diagnosis and no name: all who plan the flight read this."""

    acuity = QuietChoiceField(Acuity.choices, required=False)
    team = QuietListField(child=QuietChoiceField(MedicalRole.choices), max_length=6, required=False)
    equipment = QuietListField(
        child=serializers.CharField(max_length=60), max_length=40, required=False
    )
    equipment_mass_kg = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    oxygen_flow_lpm = serializers.DecimalField(
        5, 1, min_value=Decimal(0), max_value=Decimal(100), required=False
    )
    oxygen_reserve = serializers.DecimalField(
        4,
        2,
        min_value=Decimal(0),
        max_value=Decimal(5),
        required=False,
        help_text="Fraction of what the planned time takes: 0.50 is half as much again.",
    )
    is_stretcher = serializers.BooleanField(required=False)
    escorts = serializers.IntegerField(min_value=0, max_value=20, required=False)
    max_cabin_altitude_ft = serializers.IntegerField(
        min_value=0, max_value=15_000, required=False, allow_null=True
    )
    is_acute_care = serializers.BooleanField(required=False)


class SetRequirementSerializer(NeedsSerializer):
    """What a patient needs on one journey."""

    patient = NumberedField(queryset=Patient.objects.all())


class ChangeRequirementSerializer(SomeChangeSerializer, NeedsSerializer):
    """What may be changed; the medical decision is taken back with it."""


class ReviewRequirementSerializer(CommandSerializer):
    """The medical decision; conditions with, and only with, `conditions`."""

    decision = QuietChoiceField(DECISIONS)
    conditions = QuietListField(
        child=serializers.CharField(max_length=200), max_length=20, required=False
    )
