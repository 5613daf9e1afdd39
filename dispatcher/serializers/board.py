"""What the board is answered; the shapes that the documents show."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer
from dispatcher.models import DispatchEvent, MetricsSpan, OperationalMetrics
from dispatcher.queries.overview import MOST_DAYS

COLORS = ["green", "amber", "red"]


class CenterQuerySerializer(CommandSerializer):
    """Which center."""

    center = serializers.CharField(max_length=16)


class RangeQuerySerializer(CenterQuerySerializer):
    """Which center and which half-open range, of at most 62 days."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        since, until = attrs.get("since"), attrs.get("until")
        if (since is None) != (until is None):
            raise serializers.ValidationError({"until": "Give both ends of the range, or none."})
        if since is not None:
            check_range(since, until, days=MOST_DAYS)
        return attrs


class ForecastQuerySerializer(CenterQuerySerializer):
    """Which center, and how many days ahead."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=14)


class MetricsQuerySerializer(CenterQuerySerializer):
    """Which center, buckets or days, which half-open range, and in which form."""

    span = serializers.ChoiceField(MetricsSpan.choices, default=MetricsSpan.BUCKET)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    format = serializers.ChoiceField(["json", "csv"], default="json")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_day = attrs["span"] == MetricsSpan.DAY
        check_range(attrs["since"], attrs["until"], days=3660 if is_day else 31)
        return attrs


def check_range(since: datetime, until: Any, *, days: int) -> None:
    """Raise ValidationError for a range that is empty, reversed or too long."""
    if until <= since:
        raise serializers.ValidationError({"until": "Not after the beginning."})
    if (until - since).total_seconds() > days * 86_400:
        raise serializers.ValidationError({"until": f"At most {days} days at once."})


class LimitAheadSerializer(serializers.Serializer):
    """A limit of maintenance, duty or flying that the plan comes near or passes."""

    type = serializers.ChoiceField(["operation", "trip"])
    id = serializers.IntegerField()
    number = serializers.CharField()
    color = serializers.ChoiceField(["amber", "red"])
    text = serializers.CharField()
    starts_at = serializers.DateTimeField(allow_null=True)
    rule = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)
    remaining = serializers.IntegerField(allow_null=True)
    is_by_earlier = serializers.BooleanField(
        help_text="Only the work planned before it takes it beyond the limit."
    )
    is_stale = serializers.BooleanField()


class BoardCenterSerializer(serializers.Serializer):
    """The center whose board it is."""

    code = serializers.CharField()
    name = serializers.CharField()
    timezone = serializers.CharField()
    operator = serializers.CharField()
    position = serializers.ListField(child=serializers.FloatField(), help_text="lon, lat")


class BoardScheduleSerializer(serializers.Serializer):
    """The plan of one day."""

    id = serializers.IntegerField()
    day = serializers.DateField()
    status = serializers.CharField()
    revision = serializers.IntegerField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()


class BoardAssignmentSerializer(serializers.Serializer):
    """One operation given to one pilot and aircraft, as proposed or published."""

    id = serializers.IntegerField()
    schedule_id = serializers.IntegerField()
    operation_id = serializers.IntegerField()
    aircraft_id = serializers.IntegerField()
    pilot_id = serializers.IntegerField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    occupied_from = serializers.DateTimeField()
    occupied_until = serializers.DateTimeField()
    travel_km = serializers.FloatField()
    status = serializers.CharField()
    is_by_hand = serializers.BooleanField()
    pinned_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="For `If-Match` when it is moved.")


class BoardPositionSerializer(serializers.Serializer):
    """Where an aircraft was last believed to be."""

    lon = serializers.FloatField()
    lat = serializers.FloatField()
    recorded_at = serializers.DateTimeField(allow_null=True)
    altitude_m = serializers.FloatField(allow_null=True)
    height_m = serializers.FloatField(allow_null=True)
    speed_ms = serializers.FloatField(allow_null=True)
    heading_deg = serializers.FloatField(allow_null=True)
    battery_percent = serializers.FloatField(allow_null=True)
    conformant = serializers.BooleanField()


class BoardForecastSerializer(serializers.Serializer):
    """The worst limit that a record comes near or passes."""

    color = serializers.ChoiceField(["amber", "red"])
    text = serializers.CharField()


class BoardOperationSerializer(serializers.Serializer):
    """A drone operation with position, color and mark: a stale color says nothing."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()
    conformance = serializers.CharField()
    category = serializers.CharField()
    aircraft_id = serializers.IntegerField()
    pilot_id = serializers.IntegerField()
    planned_start_at = serializers.DateTimeField()
    planned_end_at = serializers.DateTimeField()
    actual_start_at = serializers.DateTimeField(allow_null=True)
    actual_end_at = serializers.DateTimeField(allow_null=True)
    is_of_center = serializers.BooleanField()
    compliance = serializers.ChoiceField(COLORS, allow_null=True)
    is_stale = serializers.BooleanField()
    position = BoardPositionSerializer(allow_null=True)
    forecast = BoardForecastSerializer(allow_null=True)


class BoardCrewSerializer(serializers.Serializer):
    """Somebody's place on a leg."""

    person_id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.CharField()
    status = serializers.CharField()


class BoardLegSerializer(serializers.Serializer):
    """A leg of a crewed trip, read-only here; nothing of patients or passengers."""

    id = serializers.IntegerField()
    trip_id = serializers.IntegerField()
    trip_number = serializers.CharField()
    trip_status = serializers.CharField()
    sequence = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    aircraft_id = serializers.IntegerField(help_text="Of the crewed aircraft.")
    origin_ident = serializers.CharField()
    destination_ident = serializers.CharField()
    diverted_ident = serializers.CharField(allow_null=True)
    planned_out_at = serializers.DateTimeField()
    planned_in_at = serializers.DateTimeField()
    estimated_out_at = serializers.DateTimeField()
    estimated_in_at = serializers.DateTimeField()
    actual_off_at = serializers.DateTimeField(allow_null=True)
    actual_on_at = serializers.DateTimeField(allow_null=True)
    crew_lines = BoardCrewSerializer(many=True)
    compliance = serializers.ChoiceField(COLORS, allow_null=True, help_text="Of the trip.")
    is_stale = serializers.BooleanField()
    forecast = BoardForecastSerializer(allow_null=True)


class BoardDroneSerializer(serializers.Serializer):
    """A drone of the operator."""

    id = serializers.IntegerField()
    registration = serializers.CharField()
    make = serializers.CharField()
    model = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.CharField()
    max_wind_ms = serializers.FloatField(allow_null=True)
    is_grounded = serializers.BooleanField(help_text="It has an open major defect.")


class BoardTailSerializer(serializers.Serializer):
    """A crewed aircraft."""

    id = serializers.IntegerField()
    tail_number = serializers.CharField()
    status = serializers.CharField()
    designator = serializers.CharField()
    base_ident = serializers.CharField()


class BoardPilotSerializer(serializers.Serializer):
    """A remote pilot of the operator."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class BoardEventSerializer(serializers.ModelSerializer):
    """An event that nobody has resolved."""

    operation_id = serializers.IntegerField(allow_null=True)
    assignee_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = DispatchEvent
        fields = [
            "number",
            "kind",
            "severity",
            "status",
            "title",
            "operation_id",
            "subject_type",
            "subject_label",
            "assignee_id",
            "occurred_at",
            "acknowledge_by_at",
            "resolve_by_at",
            "escalated_at",
        ]
        read_only_fields = fields


class BoardOverviewSerializer(serializers.Serializer):
    """
    Everything a board shows of a range. `cursor` is where the stream goes on from: open it with
    `after` set to it, and nothing is missed in between.
    """

    cursor = serializers.CharField(allow_blank=True)
    center = BoardCenterSerializer()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    now = serializers.DateTimeField()
    schedules = BoardScheduleSerializer(many=True)
    assignments = BoardAssignmentSerializer(many=True)
    operations = BoardOperationSerializer(many=True)
    legs = BoardLegSerializer(many=True)
    aircraft = BoardDroneSerializer(many=True)
    crewed_aircraft = BoardTailSerializer(many=True)
    pilots = BoardPilotSerializer(many=True)
    events = BoardEventSerializer(many=True)
    forecast = LimitAheadSerializer(many=True)
    is_cut_off = serializers.BooleanField(help_text="There is more than the board shows.")


class OperationalMetricsSerializer(serializers.ModelSerializer):
    """The figures of one span. A ratio of nothing is null."""

    class Meta:
        model = OperationalMetrics
        fields = [
            "starts_at",
            "ends_at",
            "active_operations",
            "planned_operations",
            "completed_operations",
            "cancelled_operations",
            "aircraft_min",
            "available_min",
            "availability_percent",
            "duty_min",
            "flying_min",
            "pilot_utilization_percent",
            "turnrounds",
            "turnround_total_min",
            "turnround_min",
            "departures",
            "on_time_departures",
            "on_time_percent",
            "flight_min",
            "cost",
            "cost_per_flight_hour",
            "currency",
            "computed_at",
        ]
        read_only_fields = fields
