from typing import Any

from rest_framework import serializers

from common.api.fields import PointField
from common.api.serializers import CommandSerializer
from flight_operations.models import ConformanceAlert, LastPosition, LogImport
from flight_operations.telemetry.flags import Flag
from flight_operations.telemetry.heights import HeightBasis
from flight_operations.telemetry.limits import Breach
from flight_operations.telemetry.samples import Datum
from flight_operations.telemetry.wire import MAX_SEQUENCE

ALTITUDE: dict[str, Any] = {
    "required": False, "allow_null": True, "min_value": -500.0, "max_value": 60_000.0
}  # fmt: skip
DATUMS = ["AMSL", "AGL", "TAKEOFF", "WGS84"]


class _NamedField(serializers.ChoiceField):
    """A number of an enumeration by its name."""

    def __init__(self, kind: Any, **options: Any) -> None:
        self.kind = kind
        super().__init__(choices=[item.name.lower() for item in kind], **options)

    def to_representation(self, value: Any) -> str:
        # The documents ask how the names themselves are shown.
        return value if isinstance(value, str) else str(self.kind(value).name.lower())


class _BitsField(serializers.ListField):
    """The set bits of a number by their names."""

    child = serializers.CharField()

    def __init__(self, kind: Any, **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)

    def to_representation(self, value: Any) -> list[str]:
        return [bit.name.lower() for bit in self.kind if bit & value]


class TelemetryPointSerializer(serializers.Serializer):
    """One position. Documents the request; msgspec reads it (flight_operations.telemetry.wire)."""

    sequence = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQUENCE, help_text="Grows by device; the key against repeats."
    )
    recorded_at = serializers.DateTimeField(help_text="The device's clock, with offset.")
    lat = serializers.FloatField(min_value=-90, max_value=90, help_text="Degrees north.")
    lon = serializers.FloatField(min_value=-180, max_value=180, help_text="Degrees east.")
    altitude_m = serializers.FloatField(**ALTITUDE, help_text="Meters above `datum`.")
    datum = serializers.ChoiceField(choices=DATUMS, required=False, allow_null=True)
    ground_elevation_m = serializers.FloatField(
        **ALTITUDE, help_text="Ground below the aircraft, meters above mean sea level."
    )
    height_above_takeoff_m = serializers.FloatField(**ALTITUDE)
    height_above_ground_m = serializers.FloatField(**ALTITUDE)
    speed_ms = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=1000, help_text="Over the ground."
    )
    heading_deg = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=360
    )
    battery_percent = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=100
    )


class TelemetryBatchSerializer(serializers.Serializer):
    """The positions of one device; at most 1,000."""

    device = serializers.CharField(max_length=64, help_text="Device id of the ground station.")
    points = TelemetryPointSerializer(many=True, min_length=1, max_length=1000)


class FlaggedSerializer(serializers.Serializer):
    """A position that was stored but is not believed, or came late."""

    index = serializers.IntegerField()
    flags = serializers.ListField(child=serializers.CharField())


class RejectedSerializer(serializers.Serializer):
    """A position that was not stored."""

    index = serializers.IntegerField()
    reason = serializers.CharField()


class IntakeSerializer(serializers.Serializer):
    """What became of a batch; indexes count from 0 in the order sent."""

    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicates = serializers.ListField(child=serializers.IntegerField())
    flagged = FlaggedSerializer(many=True)
    rejected = RejectedSerializer(many=True)
    nonconforming = serializers.IntegerField()
    alerts = serializers.ListField(child=serializers.IntegerField(), help_text="Alerts raised.")


class PositionSerializer(serializers.Serializer):
    """One stored position."""

    source = serializers.IntegerField(source="source_id")
    sequence = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    lat = serializers.FloatField()
    lon = serializers.FloatField()
    altitude_m = serializers.FloatField(allow_null=True)
    datum = _NamedField(Datum)
    ground_elevation_m = serializers.FloatField(allow_null=True)
    height_m = serializers.FloatField(allow_null=True)
    height_basis = _NamedField(HeightBasis)
    speed_ms = serializers.FloatField(allow_null=True)
    heading_deg = serializers.FloatField(allow_null=True)
    battery_percent = serializers.FloatField(allow_null=True)
    flags = _BitsField(Flag)
    breaches = _BitsField(Breach)
    conformant = serializers.BooleanField()


class PositionPageSerializer(serializers.Serializer):
    """A page of positions; `next` is the address of the following one."""

    next = serializers.CharField(allow_null=True)
    results = PositionSerializer(many=True)


class LastPositionSerializer(serializers.ModelSerializer):
    """Where the aircraft was last believed to be."""

    position = PointField(allow_null=True)
    datum = _NamedField(Datum)
    height_basis = _NamedField(HeightBasis)

    class Meta:
        model = LastPosition
        fields = [
            "recorded_at", "received_at", "position", "altitude_m", "datum", "height_m",
            "height_basis", "speed_ms", "heading_deg", "battery_percent", "conformant",
        ]  # fmt: skip
        read_only_fields = fields


class TrackSerializer(serializers.Serializer):
    """A GeoJSON feature: the thinned track, with times and heights beside its coordinates."""

    type = serializers.CharField()
    geometry = serializers.DictField(allow_null=True)
    properties = serializers.DictField()


class ConformanceAlertSerializer(serializers.ModelSerializer):
    """One limit that a flight broke, from the first position outside it to the return."""

    operation = serializers.CharField(source="operation.number")
    position = PointField(allow_null=True)
    acknowledged_by = serializers.CharField(source="acknowledged_by.email", allow_null=True)

    class Meta:
        model = ConformanceAlert
        fields = [
            "id", "operation", "kind", "reference", "severity", "limit_value", "worst_value",
            "worst_at", "position", "started_at", "last_at", "ended_at", "sample_count",
            "raised_at", "acknowledged_by", "acknowledged_at", "acknowledgement",
        ]  # fmt: skip
        read_only_fields = fields


class AcknowledgeAlertSerializer(CommandSerializer):
    """The input of acknowledging an alert."""

    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ImportLogSerializer(CommandSerializer):
    """A flight log file: AirData CSV, ArduPilot .bin or .tlog, PX4 .ulg, GPX or KML, also gzip."""

    file = serializers.FileField(max_length=200)


class LogImportSerializer(serializers.ModelSerializer):
    """A flight log file brought in afterwards, and what became of its rows."""

    operation = serializers.CharField(source="operation.number")
    requested_by = serializers.CharField(source="requested_by.email")

    class Meta:
        model = LogImport
        fields = [
            "id", "operation", "name", "sha256", "size_bytes", "format", "state",
            "progress_percent", "accepted_count", "duplicate_count", "flagged_count",
            "rejected_count", "rejected_by_reason", "rejected_rows", "where_unit", "notes",
            "refusal_code", "refusal", "alert_count", "recorded_from", "recorded_until",
            "requested_by", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
