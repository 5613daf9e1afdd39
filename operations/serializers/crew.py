"""Crew, duty, logs and calendars: what is sent and how they look."""

from typing import Any

from rest_framework import serializers

from aircraft.models import Aircraft
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from operations.models import CalendarFeed, CrewLogEntry, CrewRole, Trip
from users.models import User

COUNT: dict[str, Any] = {"required": False, "min_value": 0, "max_value": 100}
LOGGED_MIN: dict[str, Any] = {"required": False, "min_value": 0, "max_value": 2880}


class PlaceOverrideSerializer(CommandSerializer):
    """A red rule that the place may pass all the same, and why."""

    rule = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=2000)


class OfferPlacesSerializer(CommandSerializer):
    """Offer a person a role on some legs, all of them unless said."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all())
    person = VisibleSlugField("email", queryset=User.objects.all())
    role = serializers.ChoiceField(CrewRole.choices)
    legs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=1000), required=False, max_length=100
    )
    positioning_min = serializers.IntegerField(default=0, min_value=0, max_value=1440)
    remarks = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    overrides = PlaceOverrideSerializer(many=True, required=False, max_length=10)


class DeclinePlaceSerializer(CommandSerializer):
    """Why not, if one likes to say."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ReportForDutySerializer(CommandSerializer):
    """When; now unless said."""

    reported_at = serializers.DateTimeField(required=False)


class ExtendDutySerializer(CommandSerializer):
    """Until when, and why."""

    end_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=1000)


class EndDutySerializer(CommandSerializer):
    """When; now unless said."""

    ended_at = serializers.DateTimeField(required=False)


class CrewLogEntrySerializer(serializers.ModelSerializer):
    """What a pilot flew on one leg. `is_corrected`: a later entry stands in its place."""

    person = serializers.CharField(source="person.email")
    trip = serializers.CharField(source="leg.trip.number")
    leg_sequence = serializers.IntegerField(source="leg.sequence")
    is_corrected = serializers.BooleanField()

    class Meta:
        model = CrewLogEntry
        fields = [
            "id",
            "person",
            "trip",
            "leg",
            "leg_sequence",
            "role",
            "aircraft_type",
            "tail_number",
            "category",
            "off_at",
            "on_at",
            "flight_min",
            "block_min",
            "night_min",
            "is_sole_manipulator",
            "day_takeoffs",
            "day_landings",
            "night_takeoffs",
            "night_landings",
            "approaches",
            "corrects",
            "correction_reason",
            "is_corrected",
            "recorded_at",
        ]
        read_only_fields = fields


class CorrectCrewLogSerializer(CommandSerializer):
    """What the entry should have said, and why it did not."""

    off_at = serializers.DateTimeField(required=False)
    on_at = serializers.DateTimeField(required=False)
    flight_min = serializers.IntegerField(**LOGGED_MIN)
    block_min = serializers.IntegerField(required=False, min_value=1, max_value=2880)
    night_min = serializers.IntegerField(**LOGGED_MIN)
    is_sole_manipulator = serializers.BooleanField(required=False)
    day_takeoffs = serializers.IntegerField(**COUNT)
    day_landings = serializers.IntegerField(**COUNT)
    night_takeoffs = serializers.IntegerField(**COUNT)
    night_landings = serializers.IntegerField(**COUNT)
    approaches = serializers.IntegerField(**COUNT)
    reason = serializers.CharField(max_length=2000)


class CalendarFeedSerializer(serializers.ModelSerializer):
    """An address for calendar programs; its secret is shown once, when it is made."""

    owner = serializers.CharField(source="owner.email")
    aircraft = serializers.CharField(source="aircraft.tail_number", allow_null=True, default=None)

    class Meta:
        model = CalendarFeed
        fields = ["id", "owner", "aircraft", "issued_at", "revoked_at", "version"]
        read_only_fields = fields


class IssuedCalendarFeedSerializer(CalendarFeedSerializer):
    """A new address, with its secret: keep it."""

    url = serializers.CharField(help_text="Give it to the calendar program; it is a secret.")

    class Meta(CalendarFeedSerializer.Meta):
        fields = [*CalendarFeedSerializer.Meta.fields, "url"]
        read_only_fields = fields


class IssueCalendarFeedSerializer(CommandSerializer):
    """An aircraft's legs, or one's own duties when no aircraft is named."""

    aircraft = VisibleSlugField(
        "tail_number", queryset=Aircraft.objects.all(), required=False, allow_null=True
    )
