from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import AccessPurpose, Patient, Sex
from operations.privacy import ALWAYS, View
from operations.serializers.personal import (
    PersonalTextField,
    QuietChoiceField,
    personal_text,
    shown,
)

MASS = {"min_value": 1, "max_value": 400, "allow_null": True, "required": False}


class PatientRowSerializer(serializers.Serializer):
    """A patient by number: what needs no record of having been looked at."""

    number = serializers.CharField(required=False)
    mass_kg = serializers.IntegerField(required=False, allow_null=True)
    needs_stretcher = serializers.BooleanField(required=False)
    version = serializers.IntegerField(required=False)

    def to_representation(self, instance: Patient) -> dict[str, Any]:
        view: View = self.context["view"]
        names = [n for n in self.fields if n in view.fields or n in ALWAYS]
        return shown(self, instance, names)


class PatientSerializer(serializers.Serializer):
    """
    A patient as the caller may see them. A field that may not be seen is not there; its name is
    under `withheld`.
    """

    number = serializers.CharField(required=False)
    mass_kg = serializers.IntegerField(required=False, allow_null=True)
    needs_stretcher = serializers.BooleanField(required=False)
    needs_infection_precautions = serializers.BooleanField(
        required=False, allow_null=True, help_text="Null: nobody has asked yet."
    )
    family_name = serializers.CharField(required=False, allow_null=True)
    given_names = serializers.CharField(required=False, allow_null=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    sex = serializers.ChoiceField(Sex.choices, required=False, allow_null=True)
    medical_record_number = serializers.CharField(required=False, allow_null=True)
    next_of_kin = serializers.CharField(required=False, allow_null=True)
    physician_contact = serializers.CharField(required=False, allow_null=True)
    diagnosis = serializers.CharField(required=False, allow_null=True)
    medications = serializers.CharField(required=False, allow_null=True)
    allergies = serializers.CharField(required=False, allow_null=True)
    infectious_status = serializers.CharField(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_null=True)
    withheld = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()

    def to_representation(self, instance: Patient) -> dict[str, Any]:
        view: View = self.context["view"]
        data = shown(self, instance, [*view.fields, *ALWAYS])
        return {**data, "withheld": list(view.withheld)}


class PatientRecordSerializer(CommandSerializer):
    """What is known of a patient. Null is not known; an empty text is known to be none."""

    mass_kg = serializers.IntegerField(**MASS)
    needs_stretcher = serializers.BooleanField(required=False)
    family_name = personal_text(100, allow_blank=False)
    given_names = personal_text(100, allow_blank=False)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    sex = QuietChoiceField(Sex.choices, required=False, allow_null=True)
    medical_record_number = personal_text(40, allow_blank=False)
    next_of_kin = personal_text(500)
    physician_contact = personal_text(500)
    diagnosis = personal_text(10_000)
    medications = personal_text(10_000)
    allergies = personal_text(2000)
    infectious_status = personal_text(2000)
    notes = personal_text(10_000)


class RegisterPatientSerializer(PatientRecordSerializer):
    """A new patient; `is_another_person` where somebody on file looks the same and is not."""

    is_another_person = serializers.BooleanField(required=False)


class ChangePatientSerializer(SomeChangeSerializer, PatientRecordSerializer):
    """What may be changed of a patient, by who may see it."""


class SearchPatientSerializer(CommandSerializer):
    """A record number, or a name with the birth date; and what for."""

    purpose = QuietChoiceField(AccessPurpose.choices)
    medical_record_number = PersonalTextField(max_length=40, required=False)
    family_name = PersonalTextField(max_length=100, required=False)
    given_names = PersonalTextField(max_length=100, required=False)
    date_of_birth = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by = set(attrs) - {"purpose"}
        if by not in (
            {"medical_record_number"},
            {"family_name", "given_names", "date_of_birth"},
        ):
            raise serializers.ValidationError(
                "Give the record number alone, or both names with the birth date."
            )
        return attrs


class BreakGlassSerializer(CommandSerializer):
    """What for, and why it cannot wait; without the patient's name."""

    purpose = QuietChoiceField(AccessPurpose.choices)
    reason = serializers.CharField(min_length=10, max_length=2000)


class GlassSerializer(serializers.Serializer):
    """A patient's record, opened for a while; read the patient to see it."""

    id = serializers.IntegerField()
    patient = serializers.CharField(source="patient.number")
    purpose = serializers.CharField()
    opened_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class PatientAccessSerializer(serializers.Serializer):
    """One look at a patient's record: who, what, what for, by which right, when."""

    id = serializers.IntegerField()
    user = serializers.CharField(source="user.email")
    kind = serializers.CharField()
    groups = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField(allow_blank=True)
    via = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField()
