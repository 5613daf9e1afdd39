from typing import Any

from rest_framework import serializers

from common.api.fields import PointField, VisibleSlugField
from common.api.serializers import CommandSerializer
from operations.models import Decline, DeclineBy, DeclineReason, Patient, Quote


class EarlierDeclineSerializer(serializers.ModelSerializer):
    """A refusal of a like request: by whom, why, where and when."""

    quote = serializers.CharField(source="quote.number", allow_null=True, default=None)
    patient = serializers.CharField(source="patient.number", allow_null=True, default=None)
    point = PointField(read_only=True)

    class Meta:
        model = Decline
        fields = [
            "id",
            "quote",
            "patient",
            "by",
            "operator_name",
            "reason",
            "remarks",
            "point",
            "declined_at",
            "version",
        ]
        read_only_fields = fields


class DeclineQuoteSerializer(CommandSerializer):
    """Who will not fly it, and why; by another operator the request stays open."""

    by = serializers.ChoiceField(DeclineBy.choices)
    reason = serializers.ChoiceField(DeclineReason.choices)
    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    operator_name = serializers.CharField(max_length=200, required=False, allow_blank=True)


class RecordDeclineSerializer(DeclineQuoteSerializer):
    """A refusal the desk hears of; place and patient are the quote's unless given."""

    quote = VisibleSlugField(
        "number", queryset=Quote.objects.all(), required=False, allow_null=True
    )
    patient = VisibleSlugField(
        "number", queryset=Patient.objects.all(), required=False, allow_null=True
    )
    point = PointField(required=False)
    declined_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("quote") is None and attrs.get("point") is None:
            raise serializers.ValidationError({"point": "Where it was, or the quote."})
        return attrs


class SpreadSerializer(serializers.Serializer):
    """Durations in minutes: the middle one, and what nine of ten stay within."""

    count = serializers.IntegerField()
    median_min = serializers.FloatField(allow_null=True)
    p90_min = serializers.FloatField(allow_null=True)


class ResponseTimesSerializer(serializers.Serializer):
    """One month (UTC) of requests: how fast they were answered and flown, how they were lost."""

    month = serializers.CharField(help_text="Such as 2026-11.")
    requests = serializers.IntegerField()
    accepted = serializers.IntegerField()
    declined = serializers.IntegerField()
    expired = serializers.IntegerField(help_text="Their last offer ran out unanswered.")
    withdrawn = serializers.IntegerField(help_text="Taken back, before or after an answer.")
    request_to_accept = SpreadSerializer()
    accept_to_lift_off = SpreadSerializer()


class ReportPeriodSerializer(CommandSerializer):
    """The days (UTC) of the report; the last one is not in it."""

    start = serializers.DateField()
    end = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not 0 < (attrs["end"] - attrs["start"]).days <= 1100:
            raise serializers.ValidationError({"end": "After the start, by three years at most."})
        return attrs
