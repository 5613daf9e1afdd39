"""Accidents, serious incidents and overdue aircraft: how they look and what is sent."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from aircraft.models import Aircraft
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import (
    Occurrence,
    OccurrenceDamage,
    OccurrenceInjuries,
    OccurrenceKind,
    Trip,
    TripLeg,
)
from operations.queries.occurrences import clocks, occurred_local
from operations.serializers.control import REAL

TEXT: dict[str, Any] = {"max_length": 10_000, "required": False, "allow_blank": True}
FIELDS = [
    "number",
    "aircraft",
    "trip",
    "leg",
    "kind",
    "event",
    "status",
    "occurred_at",
    "occurred_local",
    "time_zone",
    "aware_at",
    "place",
    "narrative",
    "injuries",
    "damage",
    "weather",
    "evidence",
    "found_at",
    "asked_for_on",
    "is_notifiable",
    "report_due_at",
    "notified_at",
    "notice_reference",
    "filed_at",
    "report_reference",
    "clocks",
    "reported_by",
    "created_at",
    "updated_at",
    "version",
]


class BoardClockSerializer(serializers.Serializer):
    """What the NTSB waits for; `remaining_s` is negative when overdue."""

    kind = serializers.CharField(help_text="notice (at once) or report (form 6120.1).")
    due_at = serializers.DateTimeField()
    amber_at = serializers.DateTimeField()
    red_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    color = serializers.CharField()
    remaining_s = serializers.IntegerField(allow_null=True)
    is_late = serializers.BooleanField()


class OccurrenceSerializer(serializers.ModelSerializer):
    """An occurrence, what the NTSB must be told of it, and how its clocks stand now."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    trip = serializers.CharField(source="trip.number", allow_null=True)
    leg = serializers.IntegerField(source="leg_id", allow_null=True)
    reported_by = serializers.CharField(source="reported_by.email")
    occurred_local = serializers.SerializerMethodField(help_text="At the place of the event.")
    clocks = serializers.SerializerMethodField()

    class Meta:
        model = Occurrence
        fields = FIELDS
        read_only_fields = FIELDS

    def get_occurred_local(self, occurrence: Occurrence) -> str:
        return occurred_local(occurrence).isoformat()

    @extend_schema_field(BoardClockSerializer(many=True))
    @swagger_serializer_method(BoardClockSerializer(many=True))
    def get_clocks(self, occurrence: Occurrence) -> list[Any]:
        found = clocks(occurrence, now=self.context["now"])
        return list(BoardClockSerializer(found, many=True).data)


class ReportOccurrenceSerializer(CommandSerializer):
    """Report an occurrence. Of a leg, trip and aircraft are taken over."""

    aircraft = VisibleSlugField(
        "tail_number", queryset=Aircraft.objects.all(), required=False, allow_null=True
    )
    trip = VisibleSlugField("number", queryset=Trip.objects.all(), required=False, allow_null=True)
    leg = VisibleSlugField("id", queryset=TripLeg.objects.all(), required=False, allow_null=True)
    kind = serializers.ChoiceField(OccurrenceKind.choices)
    occurred_at = serializers.DateTimeField(
        validators=REAL, help_text="For an overdue aircraft, when it should have arrived."
    )
    aware_at = serializers.DateTimeField(
        required=False, validators=REAL, help_text="When the operator knew; now when left out."
    )
    time_zone = serializers.CharField(max_length=64, required=False, help_text="IANA zone.")
    place = serializers.CharField(max_length=200)
    narrative = serializers.CharField(max_length=20_000, help_text="Never a patient's name.")
    injuries = serializers.ChoiceField(OccurrenceInjuries.choices, required=False)
    damage = serializers.ChoiceField(OccurrenceDamage.choices, required=False)
    weather = serializers.CharField(**TEXT)
    evidence = serializers.CharField(**TEXT)


class AmendOccurrenceSerializer(SomeChangeSerializer):
    """Correct or complete the particulars; what the NTSB must be told is judged again."""

    kind = serializers.ChoiceField(OccurrenceKind.choices, required=False)
    occurred_at = serializers.DateTimeField(required=False, validators=REAL)
    time_zone = serializers.CharField(max_length=64, required=False, help_text="IANA zone.")
    place = serializers.CharField(max_length=200, required=False)
    narrative = serializers.CharField(max_length=20_000, required=False)
    injuries = serializers.ChoiceField(OccurrenceInjuries.choices, required=False)
    damage = serializers.ChoiceField(OccurrenceDamage.choices, required=False)
    weather = serializers.CharField(**TEXT)
    evidence = serializers.CharField(**TEXT)
    found_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        validators=REAL,
        help_text="When an overdue aircraft turned up.",
    )
    asked_for_on = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="Last day for a report on an incident that the NTSB asks for.",
    )


class NoticeSerializer(CommandSerializer):
    """The NTSB was told, by the most expeditious means available."""

    notified_at = serializers.DateTimeField(validators=REAL)
    reference = serializers.CharField(max_length=100, help_text="Who took it, or its number.")


class FiledReportSerializer(CommandSerializer):
    """Form 6120.1 was filed."""

    filed_at = serializers.DateTimeField(validators=REAL)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True)
