"""What the board's map is asked and answered; the shapes that the documents show."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer
from dispatcher.queries.overview import MOST_DAYS
from dispatcher.serializers.board import check_range


class SurroundingsQuerySerializer(CommandSerializer):
    """Which part of a map, and for which half-open range; the next hour unless given."""

    bbox = serializers.CharField(max_length=120)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("since" in attrs) != ("until" in attrs):
            raise serializers.ValidationError({"until": "Give both ends of the range, or none."})
        if "since" in attrs:
            check_range(attrs["since"], attrs["until"], days=MOST_DAYS)
        return attrs


class BoardVolumeSerializer(serializers.Serializer):
    """A part of the sky that an operation keeps to."""

    sequence = serializers.IntegerField()
    floor_m = serializers.FloatField()
    ceiling_m = serializers.FloatField()
    datum = serializers.CharField()
    area = serializers.DictField(help_text="GeoJSON")


class BoardFenceSerializer(serializers.Serializer):
    """A polygon that the aircraft stays in, or out of."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["keep_in", "keep_out"])
    area = serializers.DictField(help_text="GeoJSON")


class BoardAreaSerializer(serializers.Serializer):
    """Where one operation is flown."""

    operation_id = serializers.IntegerField()
    launch_site = serializers.ListField(child=serializers.FloatField(), help_text="lon, lat")
    volumes = BoardVolumeSerializer(many=True)
    fences = BoardFenceSerializer(many=True)


class BoardAreasSerializer(serializers.Serializer):
    """Where the operations of a range are flown."""

    areas = BoardAreaSerializer(many=True)
    is_cut_off = serializers.BooleanField(help_text="There is more than a board shows.")


class BoardAerodromeSerializer(serializers.Serializer):
    """An aerodrome; `ring` is 3 NM about its movement area, null where there is no tower."""

    ident = serializers.CharField()
    icao = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    kind = serializers.CharField()
    is_controlled = serializers.BooleanField(allow_null=True)
    is_tower_active = serializers.BooleanField(allow_null=True)
    lon = serializers.FloatField()
    lat = serializers.FloatField()
    ring = serializers.DictField(allow_null=True, help_text="GeoJSON")


class BoardAirspaceSerializer(serializers.Serializer):
    """A piece of airspace in force."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    floor = serializers.CharField(allow_blank=True)
    ceiling = serializers.CharField(allow_blank=True)
    activity = serializers.CharField()
    area = serializers.DictField(help_text="GeoJSON")


class BoardSurroundingsSerializer(serializers.Serializer):
    """Airspace and aerodromes in a part of a map."""

    airspace = BoardAirspaceSerializer(many=True)
    aerodromes = BoardAerodromeSerializer(many=True)
    is_cut_off = serializers.BooleanField(help_text="There is more than the 300 of a sort shown.")
