from typing import Any

from django.contrib.gis.db.models.functions import GeometryDistance
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from airports.models import Airport, AirportKind, WeatherData
from airports.serializers import airports as shapes
from airports.serializers.weather import WeatherDataSerializer
from airports.services import aerodromes
from airports.views import parameters
from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from users.requests import UserRequest


class AirportFilter(StrictFilterSet):
    """Filters of the aerodromes; `near` orders by distance, nearest first."""

    country = filters.CharFilter(max_length=2)
    region = filters.CharFilter(max_length=10)
    kind = filters.MultipleChoiceFilter(choices=AirportKind.choices)
    is_controlled = YesNoFilter()
    is_active = YesNoFilter()
    code = filters.CharFilter(
        method="with_code", max_length=16, help_text="ICAO, IATA, GPS, ident."
    )
    near = filters.CharFilter(method="near_to", help_text="lat,lon,km")
    bbox = filters.CharFilter(method="inside", help_text="west,south,east,north")

    class Meta:
        model = Airport
        fields: list[str] = []

    def with_code(self, rows: Any, name: str, value: str) -> QuerySet:
        found: QuerySet = rows.named(value)
        return found

    def near_to(self, rows: Any, name: str, value: str) -> QuerySet:
        """Within a distance of a position."""
        position, km = parameters.near(value)
        found: QuerySet = rows.within_km(position, km).order_by(
            GeometryDistance("point", position), "pk"
        )
        return found

    def inside(self, rows: Any, name: str, value: str) -> QuerySet:
        """Inside a box of longitudes and latitudes."""
        found: QuerySet = rows.inside(parameters.bbox(value))
        return found


class AirportViewSet(ReadViewSet):
    """Aerodromes by words, near a place, in a box, as GeoJSON."""

    tag = "airports"
    queryset = Airport.objects.order_by("ident", "pk")
    serializer_class = shapes.AirportSerializer
    lookup_field = "ident"
    lookup_value_regex = "[A-Za-z0-9_-]{2,16}"
    filterset_class = AirportFilter
    search_fields = ["name", "municipality", "^ident", "^icao", "^iata"]
    ordering_fields = ["ident", "name", "elevation_ft", "country"]
    extra_query = ("format",)
    input_serializers = {"set_tower": shapes.SetTowerSerializer}
    action_permissions = {"set_tower": "change", "weather": "airports.view_weatherdata"}

    def get_serializer_class(self) -> Any:
        if self.action in ("retrieve", "set_tower"):
            return shapes.AirportDetailSerializer
        return super().get_serializer_class()

    def get_object(self) -> Airport:
        """By ident, else by ICAO, IATA or GPS code; the stronger code wins."""
        code = self.kwargs["ident"].upper()
        strength = Case(
            When(ident=code, then=Value(0)),
            When(icao=code, then=Value(1)),
            When(iata=code, then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )
        rows = self.get_queryset().named(code).prefetch_related("runways", "frequencies")
        airport = rows.order_by(strength, "-is_active", "pk").first()
        if airport is None:
            raise Http404
        return airport

    @documented(summary="List aerodromes", responses={200: shapes.AirportSerializer(many=True)})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        Search by code or name, near a place or in a box; `format=geojson` for a map.

        Example: `?near=-33.95,151.18,50&kind=heliport`.
        """
        if not parameters.is_geojson(request.query_params):
            return super().list(request, *args, **kwargs)
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        features = shapes.AirportFeatureSerializer(rows, many=True).data
        return Response(parameters.collection(features), content_type="application/geo+json")

    @documented(
        summary="Say what is known of the tower",
        request=shapes.SetTowerSerializer,
        responses={200: shapes.AirportDetailSerializer},
    )
    @action(detail=True, methods=["post"], url_path="set-tower")
    @idempotent
    def set_tower(self, request: UserRequest, ident: str) -> Response:
        """
        Set by hand whether the aerodrome is controlled and when the tower works.

        Example: `{"is_controlled": true, "tower_hours": {"0": [["06:00", "22:00"]]}, "reason":
        "ERSA 2026-03"}`.
        """
        airport = aerodromes.set_tower(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(airport)

    @documented(
        summary="Latest weather of the aerodrome",
        responses={200: WeatherDataSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def weather(self, request: Request, ident: str) -> Response:
        """The latest observation and the latest forecast of the aerodrome's own station."""
        rows = WeatherData.objects.visible_to(request.user).filter(airport=self.get_object())
        rows = rows.issued_by(timezone.now()).select_related("airport")
        latest = [
            part.order_by("-issued_at", "-pk").first()
            for part in (rows.observations(), rows.forecasts())
        ]
        return Response(WeatherDataSerializer([row for row in latest if row], many=True).data)
