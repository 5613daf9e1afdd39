"""Privacy breaches: how they look and what is sent."""

from datetime import datetime

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import PrivacyBreach, Trip
from operations.queries.breaches import breach_color, remaining_s
from operations.serializers.control import REAL

MOST_PERSONS = 100_000_000
FIELDS = [
    "number",
    "trip",
    "status",
    "occurred_at",
    "discovered_at",
    "narrative",
    "persons_affected",
    "due_at",
    "color",
    "remaining_s",
    "notified_at",
    "notice",
    "reported_by",
    "created_at",
    "updated_at",
    "version",
]


class PrivacyBreachSerializer(serializers.ModelSerializer):
    """A breach and how the clock of the notice to its persons stands now."""

    trip = serializers.CharField(source="trip.number", allow_null=True)
    reported_by = serializers.CharField(source="reported_by.email")
    due_at = serializers.DateTimeField(help_text="60 days after the discovery.")
    color = serializers.SerializerMethodField(
        help_text="green; amber when half of the time is gone; red when it is late."
    )
    remaining_s = serializers.SerializerMethodField(
        help_text="Negative when late; null when no clock runs."
    )

    class Meta:
        model = PrivacyBreach
        fields = FIELDS
        read_only_fields = FIELDS

    def get_color(self, breach: PrivacyBreach) -> str:
        return str(breach_color(breach, now=self._now()))

    def get_remaining_s(self, breach: PrivacyBreach) -> int | None:
        return remaining_s(breach, now=self._now())

    def _now(self) -> datetime:
        now: datetime = self.context["now"]
        return now


class ReportBreachSerializer(CommandSerializer):
    """Report a breach of health information."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all(), required=False, allow_null=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, validators=REAL)
    discovered_at = serializers.DateTimeField(
        required=False, validators=REAL, help_text="When the company knew; now when left out."
    )
    narrative = serializers.CharField(max_length=20_000, help_text="Never a patient's name.")
    persons_affected = serializers.IntegerField(min_value=1, max_value=MOST_PERSONS)


class AmendBreachSerializer(SomeChangeSerializer):
    """Correct the particulars; another day of discovery moves the clock."""

    occurred_at = serializers.DateTimeField(required=False, allow_null=True, validators=REAL)
    discovered_at = serializers.DateTimeField(required=False, validators=REAL)
    narrative = serializers.CharField(max_length=20_000, required=False)
    persons_affected = serializers.IntegerField(min_value=1, max_value=MOST_PERSONS, required=False)


class PersonsToldSerializer(CommandSerializer):
    """The persons of a breach were told."""

    notified_at = serializers.DateTimeField(validators=REAL)
    notice = serializers.CharField(
        max_length=200, help_text="How they were told, such as by first-class mail."
    )
