from rest_framework import serializers

from airports.models import WeatherData
from common.api.fields import PointField
from common.api.serializers import CommandSerializer

LONGEST_BULLETIN = 20_000
WIND = [
    "wind_direction_deg",
    "is_wind_variable",
    "wind_from_deg",
    "wind_to_deg",
    "wind_speed_kt",
    "wind_gust_kt",
]
VISIBILITY_AND_CLOUD = [
    "visibility_m",
    "visibility_is_at_least",
    "ceiling_ft",
    "is_ceiling_known",
    "clouds",
    "weather",
]
FLAGS = ["is_auto", "is_corrected", "is_void", "needs_service"]


class WeatherDataSerializer(serializers.ModelSerializer):
    """
    A report: raw text and what was read from it.

    `flight_category` is ours, `service_category` the source's own. A null ceiling is no ceiling
    only when `is_ceiling_known`. `undecoded` lists the groups nobody could read.
    """

    airport = serializers.CharField(source="airport.ident", allow_null=True)
    point = PointField(read_only=True, allow_null=True)

    class Meta:
        model = WeatherData
        fields = [
            "id",
            "station",
            "airport",
            "kind",
            "raw",
            "issued_at",
            "received_at",
            "valid_from",
            "valid_until",
            "point",
            *WIND,
            *VISIBILITY_AND_CLOUD,
            "temperature_c",
            "dewpoint_c",
            "qnh_hpa",
            "flight_category",
            "service_category",
            "groups",
            *FLAGS,
            "undecoded",
            "source",
        ]
        read_only_fields = fields


class EnterReportsSerializer(CommandSerializer):
    """METARs, SPECIs or TAFs as text: one report or a whole bulletin."""

    raw = serializers.CharField(max_length=LONGEST_BULLETIN, trim_whitespace=False)
