from typing import Any

from rest_framework import serializers

from airports.routes import Wind
from common.api.fields import FiniteFloatField
from common.api.serializers import CommandSerializer

MOST_WAYPOINTS = 50
FASTEST_KT, STRONGEST_KT = 1000, 300


class WaypointSerializer(CommandSerializer):
    """An aerodrome by code (ICAO, IATA, GPS or ident), or a position."""

    code = serializers.CharField(max_length=16, required=False)
    lat = FiniteFloatField(min_value=-90, max_value=90, required=False)
    lon = FiniteFloatField(min_value=-180, max_value=180, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) not in ({"code"}, {"lat", "lon"}):
            raise serializers.ValidationError("Give either a code, or lat and lon.")
        return attrs


class WindSerializer(CommandSerializer):
    """Where the wind comes from, degrees true, and its speed."""

    direction_deg = FiniteFloatField(min_value=0, max_value=360)
    speed_kt = FiniteFloatField(min_value=0, max_value=STRONGEST_KT)

    def to_internal_value(self, data: Any) -> Wind:
        return Wind(**super().to_internal_value(data))


class RouteSerializer(CommandSerializer):
    """A route of two to fifty waypoints; times need a cruising speed."""

    waypoints = WaypointSerializer(many=True)
    cruise_kt = FiniteFloatField(
        min_value=1, max_value=FASTEST_KT, required=False, allow_null=True, default=None
    )
    wind = WindSerializer(required=False, allow_null=True, default=None)
    leg_winds = serializers.ListField(
        child=WindSerializer(allow_null=True), required=False, max_length=MOST_WAYPOINTS - 1
    )

    def validate_waypoints(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not 2 <= len(value) <= MOST_WAYPOINTS:
            raise serializers.ValidationError(f"From 2 to {MOST_WAYPOINTS} waypoints.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        legs = len(attrs["waypoints"]) - 1
        winds = attrs.pop("leg_winds", None)
        wind = attrs.pop("wind")
        if winds is not None and len(winds) != legs:
            raise serializers.ValidationError({"leg_winds": f"Give {legs}, one for each leg."})
        if (wind or winds) and attrs["cruise_kt"] is None:
            raise serializers.ValidationError({"cruise_kt": "Wind needs a cruising speed."})
        attrs["winds"] = winds if winds is not None else [wind] * legs
        return attrs


class LegSerializer(serializers.Serializer):
    """One leg: distance, true bearings and, with a cruising speed, heading and time."""

    start = serializers.CharField()
    end = serializers.CharField()
    distance_nm = serializers.FloatField()
    initial_bearing_deg = serializers.FloatField()
    final_bearing_deg = serializers.FloatField()
    heading_deg = serializers.FloatField(allow_null=True)
    ground_speed_kt = serializers.FloatField(allow_null=True)
    duration = serializers.DurationField(allow_null=True)


class RouteResultSerializer(serializers.Serializer):
    """A route leg by leg, and its sums."""

    legs = LegSerializer(many=True)
    distance_nm = serializers.FloatField()
    duration = serializers.DurationField(allow_null=True)


class SolarEventSerializer(serializers.Serializer):
    """One passage of the sun, UTC."""

    name = serializers.CharField()
    at = serializers.DateTimeField()


class SunSerializer(serializers.Serializer):
    """The sun over one day of a place. `polar` says why an event does not happen."""

    lat = serializers.FloatField()
    lon = serializers.FloatField()
    date = serializers.DateField()
    timezone = serializers.CharField()
    civil_dawn_at = serializers.DateTimeField(allow_null=True)
    sunrise_at = serializers.DateTimeField(allow_null=True)
    sunset_at = serializers.DateTimeField(allow_null=True)
    civil_dusk_at = serializers.DateTimeField(allow_null=True)
    polar = serializers.CharField(allow_blank=True)
    events = SolarEventSerializer(many=True)
