from typing import Any

from rest_framework import serializers

from airports.models import AirspaceKind, AirspaceRestriction, RestrictedStatus
from common.api.fields import FiniteFloatField, GeoJSONField
from common.api.serializers import CommandSerializer

HIGHEST_M = 50_000


LIMITS = ["floor_m", "floor_datum", "floor_text", "ceiling_m", "ceiling_datum", "ceiling_text"]
ORIGIN = ["source", "source_cycle", "source_ref", "is_active", "retired_reason", "version"]
ACTIVITY = ["activity", "activity_windows", "activity_text", "valid_from", "valid_until"]
ZONE = ["zone_restriction", "zone_reasons", "conditions", "contact"]


class AirspaceSerializer(serializers.ModelSerializer):
    """
    A piece of airspace. Heights in metres with the datum they were published in.

    SFC and UNL carry no number; `floor_text` and `ceiling_text` are the published words.
    """

    area = GeoJSONField(read_only=True)

    class Meta:
        model = AirspaceRestriction
        fields = [
            "id",
            "name",
            "kind",
            "published_kind",
            "restricted_status",
            "area",
            *LIMITS,
            *ACTIVITY,
            *ZONE,
            *ORIGIN,
        ]
        read_only_fields = fields


class AirspaceFeatureSerializer(serializers.Serializer):
    """A piece of airspace as a GeoJSON feature."""

    def to_representation(self, instance: AirspaceRestriction) -> dict[str, Any]:
        return {
            "type": "Feature",
            "id": instance.pk,
            "geometry": GeoJSONField().to_representation(instance.area),
            "properties": {
                "name": instance.name,
                "kind": instance.kind,
                "restricted_status": instance.restricted_status,
                "zone_restriction": instance.zone_restriction,
                "floor": instance.floor_text,
                "floor_m": instance.floor_m,
                "floor_datum": instance.floor_datum,
                "ceiling": instance.ceiling_text,
                "ceiling_m": instance.ceiling_m,
                "ceiling_datum": instance.ceiling_datum,
                "activity": instance.activity,
            },
        }


class CreateAirspaceSerializer(CommandSerializer):
    """A piece of airspace put in force by hand."""

    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=AirspaceKind.choices)
    area = GeoJSONField()
    floor = serializers.CharField(max_length=80, help_text="E.g. SFC, 400 ft AGL, FL125.")
    ceiling = serializers.CharField(max_length=80, help_text="E.g. 1500 ft AMSL, UNL.")
    restricted_status = serializers.ChoiceField(
        choices=RestrictedStatus.choices, required=False, default=""
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    conditions = serializers.CharField(max_length=5000, required=False, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return checked_period(attrs, "valid_from", "valid_until")


class SearchAirspaceSerializer(CommandSerializer):
    """An area, the heights flown above ground, the ground's height where known, and a window."""

    area = GeoJSONField()
    floor_agl_m = FiniteFloatField(min_value=-500, max_value=HIGHEST_M, default=0.0)
    ceiling_agl_m = FiniteFloatField(min_value=0, max_value=HIGHEST_M, default=120.0)
    terrain_min_m = FiniteFloatField(
        min_value=-500, max_value=9000, required=False, allow_null=True, default=None
    )
    terrain_max_m = FiniteFloatField(
        min_value=-500, max_value=9000, required=False, allow_null=True, default=None
    )
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for low, high in (("floor_agl_m", "ceiling_agl_m"), ("terrain_min_m", "terrain_max_m")):
            bounds = attrs[low], attrs[high]
            if None in bounds:
                if bounds != (None, None):
                    raise serializers.ValidationError({low: f"Give {low} and {high}, or neither."})
            elif bounds[0] > bounds[1]:
                raise serializers.ValidationError({low: f"Above {high}."})
        return checked_period(attrs, "start_at", "end_at")


class LimitSerializer(serializers.Serializer):
    """A vertical limit: metres with their datum."""

    datum = serializers.CharField()
    height_m = serializers.FloatField(allow_null=True)


class AirspaceFactsSerializer(serializers.Serializer):
    """How one piece of airspace stands to the volume searched for."""

    restriction_id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    restricted_status = serializers.CharField()
    zone_restriction = serializers.CharField()
    zone_reasons = serializers.ListField(child=serializers.CharField())
    floor = LimitSerializer()
    ceiling = LimitSerializer()
    floor_text = serializers.CharField()
    ceiling_text = serializers.CharField()
    heights = serializers.ChoiceField(choices=["overlap", "clear", "unknown"])
    base_above_top_m = serializers.FloatField(allow_null=True)
    is_active = serializers.BooleanField()
    is_activity_certain = serializers.BooleanField()
    is_met = serializers.BooleanField()
    conditions = serializers.CharField()
    source = serializers.CharField()


def checked_period(attrs: dict[str, Any], start: str, end: str) -> dict[str, Any]:
    """Refuse a period that runs backwards."""
    if attrs[start] is not None and attrs[end] is not None and attrs[start] >= attrs[end]:
        raise serializers.ValidationError({end: f"Not after {start}."})
    return attrs
