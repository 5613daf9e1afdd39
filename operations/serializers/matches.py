"""Patients that may be one person, by their numbers."""

from rest_framework import serializers

from common.api.serializers import CommandSerializer
from operations.models import PatientMatch


class PatientMatchSerializer(serializers.ModelSerializer):
    """Two numbers, and what was found out about them."""

    patient = serializers.CharField(source="patient.number")
    looks_like = serializers.CharField(source="looks_like.number")
    settled_by = serializers.CharField(source="settled_by.email", allow_null=True)

    class Meta:
        model = PatientMatch
        fields = [
            "id",
            "patient",
            "looks_like",
            "status",
            "noted_at",
            "settled_by",
            "settled_at",
            "version",
        ]
        read_only_fields = fields


class SettleMatchSerializer(CommandSerializer):
    """Whether the two are one person."""

    is_same = serializers.BooleanField()
