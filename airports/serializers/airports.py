from typing import Any

from rest_framework import serializers

from airports.models import Airport, Frequency, Runway
from airports.opening_hours import fault_in
from common.api.fields import GeoJSONField, PointField
from common.api.serializers import CommandSerializer


class RunwaySerializer(serializers.ModelSerializer):
    """A runway. Lengths in feet, headings true."""

    class Meta:
        model = Runway
        fields = [
            "le_ident",
            "he_ident",
            "length_ft",
            "width_ft",
            "surface",
            "is_lighted",
            "is_closed",
            "le_heading_deg",
            "he_heading_deg",
            "le_displaced_ft",
            "he_displaced_ft",
            "le_elevation_ft",
            "he_elevation_ft",
        ]
        read_only_fields = fields


class FrequencySerializer(serializers.ModelSerializer):
    """A radio frequency in MHz."""

    mhz = serializers.FloatField()

    class Meta:
        model = Frequency
        fields = ["kind", "description", "mhz"]
        read_only_fields = fields


class AirportSerializer(serializers.ModelSerializer):
    """An aerodrome. `is_controlled` null means that nobody knows."""

    point = PointField(read_only=True)

    class Meta:
        model = Airport
        fields = [
            "ident",
            "icao",
            "iata",
            "gps_code",
            "local_code",
            "name",
            "kind",
            "point",
            "elevation_ft",
            "timezone",
            "country",
            "region",
            "municipality",
            "is_controlled",
            "control_source",
            "tower_hours",
            "source",
            "source_cycle",
            "is_active",
            "version",
        ]
        read_only_fields = fields


class AirportDetailSerializer(AirportSerializer):
    """An aerodrome with its runways and frequencies."""

    runways = RunwaySerializer(many=True, read_only=True)
    frequencies = FrequencySerializer(many=True, read_only=True)

    class Meta(AirportSerializer.Meta):
        fields = [*AirportSerializer.Meta.fields, "runways", "frequencies"]
        read_only_fields = fields


class AirportFeatureSerializer(serializers.Serializer):
    """An aerodrome as a GeoJSON feature."""

    def to_representation(self, instance: Airport) -> dict[str, Any]:
        return {
            "type": "Feature",
            "id": instance.ident,
            "geometry": GeoJSONField().to_representation(instance.point),
            "properties": {
                "ident": instance.ident,
                "icao": instance.icao,
                "iata": instance.iata,
                "name": instance.name,
                "kind": instance.kind,
                "elevation_ft": instance.elevation_ft,
                "is_controlled": instance.is_controlled,
            },
        }


class SetTowerSerializer(CommandSerializer):
    """What is known of an aerodrome's tower, by hand."""

    is_controlled = serializers.BooleanField(allow_null=True)
    tower_hours = serializers.JSONField(
        allow_null=True,
        required=False,
        default=None,
        help_text='Local hours by weekday, 0 is Monday: {"0": [["06:00", "22:00"]]}.',
    )
    reason = serializers.CharField(max_length=2000)

    def validate_tower_hours(self, value: Any) -> Any:
        fault = "" if value is None else fault_in(value)
        if fault:
            raise serializers.ValidationError(fault)
        return value
