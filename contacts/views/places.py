from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from airports.views import parameters
from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from contacts.hours import attendance
from contacts.models import FBO, City, GroundProvider
from contacts.serializers import places as shapes
from contacts.services import cities, providers
from contacts.views.filters import CityFilter, FBOFilter, GroundFilter, PlainSearch
from users.requests import UserRequest

MOST_FEES = 500
FEES_ON = {"on": ("string", "The day the prices are of, e.g. 2026-03-15; all of them without.")}
AT = {"at": ("string", "The moment asked for, e.g. 2026-03-15T02:30:00Z; now when left out.")}


class CityViewSet(ReadViewSet):
    """Cities with their time zones."""

    tag = "contacts"
    queryset = City.objects.order_by("name", "pk")
    serializer_class = shapes.CitySerializer
    filterset_class = CityFilter
    search_filter = PlainSearch
    search_fields = ["search_words"]
    ordering_fields = ["name", "country"]
    input_serializers = {
        "create": shapes.CreateCitySerializer,
        "partial_update": shapes.AmendCitySerializer,
    }

    @documented(
        summary="Enter a city",
        request=shapes.CreateCitySerializer,
        responses={201: shapes.CitySerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter a city; one of each name in a region.

        Example: `{"name": "Orange", "region": "New South Wales", "country": "AU", "point": {"type":
        "Point", "coordinates": [149.1, -33.28]}, "timezone": "Australia/Sydney"}`.
        """
        city = cities.create_city(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(city, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a city",
        request=shapes.AmendCitySerializer,
        responses={200: shapes.CitySerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what is known of a city. Needs If-Match."""
        city = cities.amend_city(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(city)


class ProviderViewSet(ReadViewSet):
    """What FBOs and ground providers have in common."""

    tag = "contacts"
    search_fields = ["name", "airport__name", "airport__municipality", "^airport__icao"]
    ordering_fields = ["name"]
    action_permissions: ClassVar[dict[str, str]] = {
        "attendance": "view",
        "fees": "view",
        "set_fee": "change",
    }

    def _create(self, request: UserRequest) -> Response:
        made = providers.create_provider(
            self.get_queryset().model, **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(made, status.HTTP_201_CREATED)

    def _amend(self, request: UserRequest) -> Response:
        amended = providers.amend_provider(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(amended)

    @documented(
        summary="Ask whether somebody is there",
        responses={200: shapes.AttendanceSerializer},
        parameters=AT,
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("at",),
    )
    def attendance(self, request: Request, pk: str) -> Response:
        """Open, on request, closed or unknown, by local hours: `?at=2026-03-15T02:30:00Z`."""
        row = self.get_object()
        text, zone = request.query_params.get("at"), row.airport.timezone
        at = parameters.moment(text, "at") if text else timezone.now()
        found = attendance(row.hours_kind, row.hours, zone, notice_min=row.notice_min, at=at)
        context = {"timezone": zone}
        return Response(shapes.AttendanceSerializer(found, context=context).data)

    @documented(
        summary="List prices",
        responses={200: shapes.FeeSerializer(many=True)},
        parameters=FEES_ON,
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("on",),
    )
    def fees(self, request: Request, pk: str) -> Response:
        """The prices in force on a day, or every one there ever was (500 at most)."""
        rows: Any = self.get_object().fees.visible_to(request.user)
        if text := request.query_params.get("on"):
            rows = rows.on(parameters.day(text, "on"))
        rows = rows.order_by("kind", "unit", "mtow_from_kg", "-valid_from", "pk")[:MOST_FEES]
        return Response(shapes.FeeSerializer(rows, many=True).data)

    @documented(
        summary="Set a price",
        request=shapes.SetFeeSerializer,
        responses={201: shapes.FeeSerializer},
    )
    @action(detail=True, methods=["post"], url_path="set-fee")
    @idempotent
    def set_fee(self, request: UserRequest, pk: str) -> Response:
        """
        Put a price in force from a day on; the one before ends that day and is kept.

        Example: `{"kind": "handling", "unit": "visit", "price": {"amount": "385.00", "currency":
        "AUD"}, "mtow_until_kg": 5700, "valid_from": "2026-07-01"}`.
        """
        fee = providers.set_fee(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return Response(shapes.FeeSerializer(fee).data, status=status.HTTP_201_CREATED)


class FBOViewSet(ProviderViewSet):
    """Fixed-base operators at airports."""

    queryset = FBO.objects.select_related("airport").order_by("name", "pk")
    serializer_class = shapes.FBOSerializer
    filterset_class = FBOFilter
    input_serializers = {
        "create": shapes.CreateFBOSerializer,
        "partial_update": shapes.AmendFBOSerializer,
        "set_fee": shapes.SetFeeSerializer,
    }

    @documented(
        summary="Enter an FBO",
        request=shapes.CreateFBOSerializer,
        responses={201: shapes.FBOSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter an FBO; hours are in the airport's local time, `22:00` to `02:00` ends the next day.

        Example: `{"airport": "YSSY", "name": "Harbour Jet Base", "hours_kind": "weekly", "hours":
        {"0": [["06:00", "22:00"]], "4": [["06:00", "02:00"]]}, "notice_min": 120, "phone":
        "02 9999 1234", "services": ["handling", "jet_a1"], "frequencies_mhz": ["131.750"]}`.
        """
        return self._create(request)

    @documented(
        summary="Amend an FBO",
        request=shapes.AmendFBOSerializer,
        responses={200: shapes.FBOSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what is known of an FBO, or take it out of use. Needs If-Match."""
        return self._amend(request)


class GroundProviderViewSet(ProviderViewSet):
    """Ground ambulances, ground handling and cars at airports."""

    queryset = GroundProvider.objects.select_related("airport").order_by("name", "pk")
    serializer_class = shapes.GroundProviderSerializer
    filterset_class = GroundFilter
    input_serializers = {
        "create": shapes.CreateGroundProviderSerializer,
        "partial_update": shapes.AmendGroundProviderSerializer,
        "set_fee": shapes.SetFeeSerializer,
    }

    @documented(
        summary="Enter a ground provider",
        request=shapes.CreateGroundProviderSerializer,
        responses={201: shapes.GroundProviderSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter a ground ambulance, a handler or a car service at an airport.

        Example: `{"airport": "YSSY", "name": "Harbour Ambulance", "kind": "ambulance",
        "care_level": "intensive", "stretchers": 1, "hours_kind": "h24", "phone": "1300 555 123",
        "services": ["ventilator", "apron_access"]}`.
        """
        return self._create(request)

    @documented(
        summary="Amend a ground provider",
        request=shapes.AmendGroundProviderSerializer,
        responses={200: shapes.GroundProviderSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what is known of a ground provider, or take it out of use. Needs If-Match."""
        return self._amend(request)
