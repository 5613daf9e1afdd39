from datetime import timedelta
from zoneinfo import ZoneInfo

import tzfpy
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from airports.models import Airport
from airports.queries.routes import route
from airports.queries.sun import day_of_light
from airports.serializers import routes as shapes
from airports.views import parameters
from common.api.docs import documented
from common.api.viewsets import ServiceViewSet


class DistanceViewSet(ServiceViewSet):
    """Distance, bearings and flight time leg by leg."""

    tag = "airports"
    queryset = Airport.objects.order_by("ident", "pk")
    serializer_class = shapes.RouteResultSerializer
    input_serializers = {"create": shapes.RouteSerializer}
    action_permissions = {"create": "view"}

    @documented(
        summary="Measure a route",
        request=shapes.RouteSerializer,
        responses={200: shapes.RouteResultSerializer},
    )
    def create(self, request: Request) -> Response:
        """
        Measure legs on the WGS 84 ellipsoid; with a cruising speed, time them in the wind.

        Example: `{"waypoints": [{"code": "YSSY"}, {"code": "YSCB"}, {"lat": -36.1, "lon": 146.9}],
        "cruise_kt": 280, "wind": {"direction_deg": 270, "speed_kt": 35}}`.
        """
        wanted = self.validated()
        legs = route(wanted["waypoints"], cruise_kt=wanted["cruise_kt"], winds=wanted["winds"])
        times = [leg.duration for leg in legs if leg.duration is not None]
        result = {
            "legs": legs,
            "distance_nm": sum(leg.distance_nm for leg in legs),
            "duration": sum(times, timedelta()) if times else None,
        }
        return Response(shapes.RouteResultSerializer(result).data)


class SunViewSet(ServiceViewSet):
    """Sunrise, sunset and civil twilight."""

    tag = "airports"
    queryset = Airport.objects.order_by("ident", "pk")
    serializer_class = shapes.SunSerializer
    pagination_class = None
    filter_backends: list = []
    extra_query = ("at", "date")

    @documented(
        summary="The sun over a day",
        responses={200: shapes.SunSerializer},
        parameters={
            "at": ("string", "lat,lon in degrees, e.g. -33.87,151.21."),
            "date": ("string", "Local day of the place, e.g. 2026-03-15; today when left out."),
        },
        required=("at",),
    )
    def list(self, request: Request) -> Response:
        """Dawn, sunrise, sunset and dusk of a local day, in UTC: `?at=-33.87,151.21`."""
        lat, lon = parameters.numbers(request.query_params.get("at", ""), "at", 2, "-33.87,151.21")
        parameters.position(lat, lon, "at")
        zone = ZoneInfo(tzfpy.get_tz(lon, lat) or "UTC")
        text = request.query_params.get("date")
        day = parameters.day(text, "date") if text else timezone.now().astimezone(zone).date()
        light = day_of_light(lat=lat, lon=lon, day=day, zone=zone)
        place = {"lat": lat, "lon": lon, "date": day, "timezone": zone.key}
        return Response(shapes.SunSerializer({**place, **light}).data)
