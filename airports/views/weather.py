from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from airports.models import FlightCategory, ReportKind, WeatherData
from airports.queries.reports import latest_reports, reports_at
from airports.serializers import weather as shapes
from airports.services import weather
from airports.views import parameters
from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import ReadViewSet
from users.requests import UserRequest

MOST_STATIONS = 100
Shape = shapes.WeatherDataSerializer
STATIONS = {"stations": ("string", "Stations parted by commas, at most 100, e.g. YSSY,YSCB.")}


class WeatherFilter(StrictFilterSet):
    """Filters of the history."""

    station = filters.CharFilter(method="of_station", max_length=4)
    airport = filters.CharFilter(field_name="airport__ident", max_length=16)
    kind = filters.MultipleChoiceFilter(choices=ReportKind.choices)
    flight_category = filters.MultipleChoiceFilter(choices=FlightCategory.choices)
    issued_from = MomentFilter(field_name="issued_at", lookup_expr="gte")
    issued_until = MomentFilter(field_name="issued_at", lookup_expr="lt")

    class Meta:
        model = WeatherData
        fields: list[str] = []

    def of_station(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(station=value.upper())


class WeatherViewSet(ReadViewSet):
    """METARs, SPECIs and TAFs: latest, at a time, history, and entry by hand."""

    tag = "airports"
    queryset = WeatherData.objects.select_related("airport").order_by("-id")
    serializer_class = Shape
    pagination_class = NewestFirstCursorPagination
    filterset_class = WeatherFilter
    input_serializers = {"create": shapes.EnterReportsSerializer}
    action_permissions = {"latest": "view", "at": "view"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        own = {"latest": ("stations",), "at": ("stations", "time")}
        self.extra_query = own.get(self.action, ())  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    @documented(
        summary="Enter reports by hand",
        request=shapes.EnterReportsSerializer,
        responses={201: Shape(many=True)},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Store METAR, SPECI or TAF text, one report or a bulletin; all or none.

        Example: `{"raw": "METAR YSCB 150030Z 29015G25KT CAVOK 26/00 Q1006"}`.
        """
        rows = weather.enter_reports(self.validated()["raw"], actor=request.user, at=timezone.now())
        return Response(Shape(rows, many=True).data, status=status.HTTP_201_CREATED)

    @documented(
        summary="Latest reports of stations", responses={200: Shape(many=True)}, parameters=STATIONS
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def latest(self, request: Request) -> Response:
        """The latest observation and forecast of each station. Example: `?stations=YSSY,YSCB`."""
        rows = latest_reports(self._stations(request), user=request.user)
        return Response(Shape(rows, many=True).data)

    @documented(
        summary="Reports that were known at a time",
        responses={200: Shape(many=True)},
        parameters={**STATIONS, "time": ("string", "ISO 8601, e.g. 2026-03-15T00:00:00Z.")},
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def at(self, request: Request) -> Response:
        """What each station had last said at a moment: `?stations=YSSY&time=2026-03-15T00:00Z`."""
        moment = parameters.moment(request.query_params.get("time", ""), "time")
        rows = reports_at(self._stations(request), moment=moment, user=request.user)
        return Response(Shape(rows, many=True).data)

    def _stations(self, request: Request) -> list[str]:
        text = request.query_params.get("stations", "")
        stations = sorted({part.strip().upper() for part in text.split(",") if part.strip()})
        is_sound = all(part.isascii() and part.isalnum() and len(part) <= 4 for part in stations)
        if not stations or not is_sound or len(stations) > MOST_STATIONS:
            raise ValidationError(
                {"stations": f"One to {MOST_STATIONS} stations parted by commas."}
            )
        return stations
