from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from airports.heights import HeightBand
from airports.models import AirspaceKind, AirspaceRestriction
from airports.queries.airspace import Volume, in_window, intersecting
from airports.serializers import airspace as shapes
from airports.services import airspace
from airports.views import parameters
from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from users.requests import UserRequest

Shape = shapes.AirspaceSerializer


class AirspaceFilter(StrictFilterSet):
    """Filters of airspace."""

    kind = filters.MultipleChoiceFilter(choices=AirspaceKind.choices)
    source = filters.CharFilter(max_length=60)
    is_active = YesNoFilter()
    bbox = filters.CharFilter(method="inside", help_text="west,south,east,north")
    start_at = MomentFilter(method="from_time", help_text="In force after this.")
    end_at = MomentFilter(method="until_time", help_text="In force before this.")

    class Meta:
        model = AirspaceRestriction
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        start, end = (self.form.cleaned_data.get(name) for name in ("start_at", "end_at"))
        if start and end and start >= end:
            raise ValidationError({"end_at": "Not after start_at."})
        return super().filter_queryset(queryset)

    def inside(self, rows: Any, name: str, value: str) -> QuerySet:
        """Touching a box of longitudes and latitudes."""
        found: QuerySet = rows.touching(parameters.bbox(value))
        return found

    def from_time(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(in_window(value, None))

    def until_time(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(in_window(None, value))


class AirspaceViewSet(ReadViewSet):
    """Airspace in a box or window, against a volume to be flown, and by hand."""

    tag = "airports"
    queryset = AirspaceRestriction.objects.order_by("name", "pk")
    serializer_class = Shape
    filterset_class = AirspaceFilter
    search_fields = ["name", "published_kind"]
    ordering_fields = ["name", "kind", "created_at"]
    extra_query = ("format",)
    input_serializers = {
        "create": shapes.CreateAirspaceSerializer,
        "search": shapes.SearchAirspaceSerializer,
        "retire": ReasonSerializer,
    }
    action_permissions = {"search": "view"}

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows: Any = super().filter_queryset(queryset)
        # A list is of what is in force unless asked; a single row may be looked at for ever.
        if self.action == "list" and "is_active" not in self.request.query_params:
            rows = rows.in_force()
        return cast(QuerySet, rows)

    @documented(summary="List airspace", responses={200: Shape(many=True)})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        Airspace in force, in a box and a window of time; `format=geojson` for a map.

        Example: `?bbox=150.5,-34.2,151.5,-33.5&kind=R&kind=P&format=geojson`.
        """
        if not parameters.is_geojson(request.query_params):
            return super().list(request, *args, **kwargs)
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        features = shapes.AirspaceFeatureSerializer(rows, many=True).data
        return Response(parameters.collection(features), content_type="application/geo+json")

    @documented(
        summary="Put airspace in force by hand",
        request=shapes.CreateAirspaceSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Add an emergency operation, a NOTAM area, a geofence.

        Example: `{"name": "Fire at Kurnell", "kind": "EMERG", "floor": "SFC", "ceiling": "3000 ft
        AMSL", "area": {"type": "Polygon", "coordinates": [[[151.2, -34.0], [151.23, -34.0],
        [151.23, -34.03], [151.2, -34.0]]]}, "valid_until": "2026-03-15T08:00:00Z"}`.
        """
        row = airspace.create_airspace(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Find airspace that a flight would meet",
        request=shapes.SearchAirspaceSerializer,
        responses={200: shapes.AirspaceFactsSerializer(many=True)},
    )
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def search(self, request: Request) -> Response:
        """
        All airspace over an area in a window, with how its heights stand to those flown.

        Without terrain, heights above sea level are `unknown`, which counts as met. Example:
        `{"area": {"type": "Polygon", "coordinates": [[[149.1, -35.2], [149.2, -35.2], [149.2,
        -35.3], [149.1, -35.2]]]}, "ceiling_agl_m": 120, "terrain_min_m": 560, "terrain_max_m": 640,
        "start_at": "2026-03-15T00:00:00Z", "end_at": "2026-03-15T01:00:00Z"}`.
        """
        wanted = self.validated()
        window = {name: wanted.pop(name) for name in ("area", "start_at", "end_at")}
        (facts,) = intersecting([Volume(**window, band=HeightBand(**wanted))])
        return Response(shapes.AirspaceFactsSerializer(facts, many=True).data)

    @documented(summary="Retire airspace", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: UserRequest, pk: str) -> Response:
        """Take a piece of airspace out of force. Example: `{"reason": "Fire is out"}`."""
        row = airspace.retire_airspace(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(row)
