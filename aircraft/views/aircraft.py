from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from aircraft.models import (
    Aircraft,
    AircraftCategory,
    AircraftStatus,
    AircraftType,
    EngineKind,
    MaintenanceProgram,
)
from aircraft.queries.fleet import with_compliance
from aircraft.serializers import aircraft as shapes
from aircraft.serializers.fields import SomeReasonSerializer
from aircraft.serializers.questions import NeedSerializer
from aircraft.services import fleet
from aircraft.views.questions import QuestionsMixin
from common.api.docs import documented
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.requests import UserRequest

Shape = shapes.CrewedAircraftSerializer


class AircraftTypeFilter(StrictFilterSet):
    """Filters of types."""

    category = filters.ChoiceFilter(choices=AircraftCategory.choices)
    engine_kind = filters.ChoiceFilter(choices=EngineKind.choices)

    class Meta:
        model = AircraftType
        fields: list[str] = []


class AircraftTypeViewSet(ReadViewSet):
    """Types of crewed aircraft by their ICAO designator."""

    tag = "aircraft"
    queryset = AircraftType.objects.order_by("designator", "pk")
    serializer_class = shapes.AircraftTypeSerializer
    lookup_field = "designator"
    lookup_value_regex = "[A-Z][A-Z0-9]{1,3}"
    filterset_class = AircraftTypeFilter
    search_fields = ["designator", "name"]
    ordering_fields = ["designator", "name"]
    input_serializers = {
        "create": shapes.AddAircraftTypeSerializer,
        "partial_update": shapes.UpdateAircraftTypeSerializer,
    }

    @documented(
        summary="Add a type",
        request=shapes.AddAircraftTypeSerializer,
        responses={201: shapes.AircraftTypeSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put a type on file under its ICAO designator (Doc 8643).

        Example: `{"designator": "B350", "name": "Beechcraft King Air 350", "category": "L",
        "engine_count": 2, "engine_kind": "T", "wake": "L"}`.
        """
        row = fleet.add_type(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Change a type",
        request=shapes.UpdateAircraftTypeSerializer,
        responses={200: shapes.AircraftTypeSerializer},
    )
    def partial_update(self, request: UserRequest, designator: str) -> Response:
        """Change what is written of a type. Needs If-Match. Example: `{"wake": "M"}`."""
        row = fleet.update_type(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(row)


class AircraftFilter(StrictFilterSet):
    """Filters of the crewed fleet."""

    status = filters.MultipleChoiceFilter(choices=AircraftStatus.choices)
    aircraft_type = filters.CharFilter(field_name="aircraft_type__designator")
    category = filters.ChoiceFilter(
        field_name="aircraft_type__category", choices=AircraftCategory.choices
    )
    base = filters.CharFilter(field_name="base__ident")
    maintenance_program = filters.ChoiceFilter(choices=MaintenanceProgram.choices)
    is_pressurized = YesNoFilter()
    stretchers_from = filters.NumberFilter(field_name="stretchers", lookup_expr="gte")
    seats_from = filters.NumberFilter(field_name="seats", lookup_expr="gte")
    registration_expires_until = filters.DateFilter(
        field_name="registration_expires_on", lookup_expr="lte"
    )
    compliance = filters.ChoiceFilter(choices=[(c, c) for c in ("green", "amber", "red")])

    class Meta:
        model = Aircraft
        fields: list[str] = []


class AircraftViewSet(QuestionsMixin, HistoryMixin, ReadViewSet):
    """The crewed fleet: what each aircraft carries, needs and has flown."""

    tag = "aircraft"
    queryset = Aircraft.objects.select_related("aircraft_type", "base").order_by(
        "tail_number", "pk"
    )
    serializer_class = Shape
    lookup_field = "tail_number"
    lookup_value_regex = "[A-Z0-9][A-Z0-9-]{1,9}"
    filterset_class = AircraftFilter
    search_fields = ["tail_number", "serial_number", "aircraft_type__designator"]
    ordering_fields = ["tail_number", "mtow_kg", "max_range_nm", "time_in_service_min"]
    input_serializers = {
        "create": shapes.RegisterCrewedAircraftSerializer,
        "partial_update": shapes.AmendCrewedAircraftSerializer,
        "ground": ReasonSerializer,
        "return_to_service": SomeReasonSerializer,
        "retire": ReasonSerializer,
        "set_performance": shapes.SetPerformanceSerializer,
        "suitable": NeedSerializer,
    }
    action_permissions = {
        "history": "view",
        "performance_tables": "view",
        "performance": "view",
        "availability": "view",
        "forecast": "view",
        "suitable": "view",
    }

    def get_queryset(self) -> QuerySet[Aircraft]:
        return with_compliance(super().get_queryset(), now=timezone.now())

    @documented(
        summary="Register a crewed aircraft",
        request=shapes.RegisterCrewedAircraftSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put an aircraft on the fleet with its totals; set its performance next.

        Example: `{"tail_number": "N350WS", "serial_number": "FL-512", "aircraft_type": "B350",
        "base": "KBOI", "seats": 8, "stretchers": 2, "min_crew": 2, "mtow_kg": 6804,
        "empty_weight_kg": 4130, "basic_weight_kg": 4420, "max_payload_kg": 1050,
        "usable_fuel_kg": 1638, "oxygen_l": 6800, "is_pressurized": true, "min_runway_m": 1100,
        "surfaces": ["paved", "gravel"], "max_range_nm": 1550, "taxi_min": 10, "taxi_fuel_kg": 40,
        "maintenance_program": "selected", "airworthiness_certificate": "AW-4411",
        "registration_expires_on": "2029-03-31", "insurance_expires_on": "2027-06-30",
        "weighed_on": "2025-02-10", "time_in_service_min": 318240, "cycles": 4102,
        "landings": 4160}`.
        """
        aircraft = fleet.register_aircraft(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(aircraft, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a crewed aircraft",
        request=shapes.AmendCrewedAircraftSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, tail_number: str) -> Response:
        """
        Change what is written of an aircraft. Needs If-Match.

        Totals follow flight hours, status and performance their own actions.
        Example: `{"oxygen_l": 3400, "weighed_on": "2026-02-10"}`.
        """
        aircraft = fleet.amend_aircraft(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(aircraft)

    @documented(summary="Ground", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def ground(self, request: UserRequest, tail_number: str) -> Response:
        """Take an aircraft out of service. Example: `{"reason": "Bird strike, left wing"}`."""
        return self._run(fleet.ground)

    @documented(summary="Return to service", request=SomeReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"], url_path="return-to-service")
    @idempotent
    def return_to_service(self, request: UserRequest, tail_number: str) -> Response:
        """Bring an aircraft back; 409 while a defect is open or not certified. Example: `{}`."""
        return self._run(fleet.return_to_service)

    @documented(summary="Retire", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: UserRequest, tail_number: str) -> Response:
        """Take an aircraft off the fleet for good. Example: `{"reason": "Sold"}`."""
        return self._run(fleet.retire)

    @documented(
        summary="Set the performance",
        request=shapes.SetPerformanceSerializer,
        responses={200: shapes.PerformanceTablesSerializer},
    )
    @action(detail=True, methods=["post"], url_path="set-performance")
    @idempotent
    def set_performance(self, request: UserRequest, tail_number: str) -> Response:
        """
        Replace the altitude bands and the payload-range diagram as a whole. Needs If-Match.

        Example: `{"bands": [{"floor_ft": 5000, "ceiling_ft": 20000, "cruise_ktas": 270,
        "burn_kg_h": 360, "climb_allowance_min": 4, "climb_allowance_kg": 30}, {"floor_ft": 20000,
        "ceiling_ft": 35000, "cruise_ktas": 305, "burn_kg_h": 300, "climb_allowance_min": 9,
        "climb_allowance_kg": 60, "descent_allowance_min": 4}], "ranges": [{"payload_kg": 0,
        "range_nm": 1550}, {"payload_kg": 700, "range_nm": 1400}, {"payload_kg": 1050, "range_nm":
        950}]}`.
        """
        aircraft = fleet.set_performance(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self._tables(self.get_queryset().get(pk=aircraft.pk))

    @documented(
        summary="Read the performance tables",
        responses={200: shapes.PerformanceTablesSerializer},
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="performance-tables",
        pagination_class=None,
        filter_backends=[],
    )
    def performance_tables(self, request: UserRequest, tail_number: str) -> Response:
        """The altitude bands and the payload-range diagram."""
        return self._tables(self.get_object())

    def _tables(self, aircraft: Aircraft) -> Response:
        tables = {
            "tail_number": aircraft.tail_number,
            "bands": aircraft.bands.order_by("floor_ft", "pk"),
            "ranges": aircraft.payload_ranges.order_by("payload_kg", "pk"),
            "version": aircraft.version,
        }
        return with_etag(Response(shapes.PerformanceTablesSerializer(tables).data), aircraft)

    def _run(self, service: Callable[..., Any]) -> Response:
        aircraft = service(
            self.get_object(), **self.validated(), actor=self.request.user, at=timezone.now()
        )
        return self.respond(aircraft)
