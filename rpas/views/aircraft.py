from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import EmptyCommandSerializer, ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from common.compliance.states import with_state
from rpas.airworthiness import Category
from rpas.models import (
    AircraftKind,
    AircraftStatus,
    Battery,
    BatteryStatus,
    ConfigurationChange,
    RPASAircraft,
)
from rpas.serializers import aircraft as shapes
from rpas.services import aircraft as services
from rpas.services import batteries
from users.requests import UserRequest

Shape = shapes.AircraftSerializer


class AircraftFilter(StrictFilterSet):
    """Filters of the fleet."""

    operator = filters.CharFilter(field_name="operator__name")
    status = filters.MultipleChoiceFilter(choices=AircraftStatus.choices)
    kind = filters.ChoiceFilter(choices=AircraftKind.choices)
    category = filters.ChoiceFilter(
        choices=[(entry.value, entry.value) for entry in Category], method="in_category"
    )
    registration_expires_until = filters.DateFilter(
        field_name="registration_expires_on", lookup_expr="lte"
    )
    compliance = filters.ChoiceFilter(choices=[(c, c) for c in ("green", "amber", "red")])

    class Meta:
        model = RPASAircraft
        fields: list[str] = []

    def in_category(self, rows: Any, name: str, value: str) -> QuerySet:
        """Aircraft of one weight category."""
        found: QuerySet = rows.of_category(value)
        return found


class AircraftViewSet(HistoryMixin, ReadViewSet):
    """The fleet of the caller's operators."""

    tag = "rpas"
    queryset = RPASAircraft.objects.select_related("operator").order_by("registration", "pk")
    serializer_class = shapes.AircraftSerializer
    lookup_field = "registration"
    lookup_value_regex = "[A-Z0-9][A-Z0-9-]{1,15}"
    filterset_class = AircraftFilter
    search_fields = ["registration", "serial_number", "make", "model"]
    ordering_fields = ["registration", "mtow_kg", "time_in_service_min", "registration_expires_on"]
    input_serializers = {
        "create": shapes.RegisterAircraftSerializer,
        "partial_update": shapes.UpdateAircraftSerializer,
        "quarantine": ReasonSerializer,
        "send_to_maintenance": ReasonSerializer,
        "return_to_service": shapes.RemarkSerializer,
        "retire": ReasonSerializer,
        "change_configuration": shapes.ChangeConfigurationSerializer,
        "verify_log": EmptyCommandSerializer,
    }
    action_permissions = {"history": "view", "configuration": "view"}

    def get_queryset(self) -> Any:
        return with_state(super().get_queryset(), "rpas.rpasaircraft", now=timezone.now())

    @documented(
        summary="Register an aircraft",
        request=shapes.RegisterAircraftSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put an aircraft on the fleet; it cannot fly until Part A is issued and it is inspected.

        Example: `{"operator": "Harbour Drones", "registration": "RPA-0042", "serial_number":
        "1ZNBJ00042", "make": "DJI", "model": "Matrice 350 RTK", "kind": "multirotor",
        "empty_mass_kg": 6.47, "mtow_kg": 9.2, "registration_expires_on": "2027-01-31",
        "max_wind_ms": 12, "ip_rating": "IP55", "endurance": "00:45:00"}`.
        """
        aircraft = services.register_aircraft(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(aircraft, status.HTTP_201_CREATED)

    @documented(
        summary="Change an aircraft",
        request=shapes.UpdateAircraftSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, registration: str) -> Response:
        """
        Change what is written of an aircraft. Needs If-Match.

        Totals follow the technical log, status its own actions, firmware a configuration change.
        """
        aircraft = services.update_aircraft(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(aircraft)

    @documented(summary="Quarantine", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def quarantine(self, request: UserRequest, registration: str) -> Response:
        """Take an aircraft out of use. Example: `{"reason": "Hard landing"}`."""
        return self._run(services.quarantine)

    @documented(summary="Send to maintenance", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"], url_path="send-to-maintenance")
    @idempotent
    def send_to_maintenance(self, request: UserRequest, registration: str) -> Response:
        """Hand an aircraft to maintenance. Example: `{"reason": "50 h inspection"}`."""
        return self._run(services.send_to_maintenance)

    @documented(
        summary="Return to service", request=shapes.RemarkSerializer, responses={200: Shape}
    )
    @action(detail=True, methods=["post"], url_path="return-to-service")
    @idempotent
    def return_to_service(self, request: UserRequest, registration: str) -> Response:
        """Bring an aircraft back into use; 409 while a major defect is open. Example: `{}`."""
        return self._run(services.return_to_service)

    @documented(summary="Retire", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: UserRequest, registration: str) -> Response:
        """Take an aircraft off the fleet for good. Example: `{"reason": "Sold"}`."""
        return self._run(services.retire)

    @documented(
        summary="Record a configuration change",
        request=shapes.ChangeConfigurationSerializer,
        responses={201: shapes.ConfigurationChangeSerializer},
    )
    @action(detail=True, methods=["post"], url_path="change-configuration")
    @idempotent
    def change_configuration(self, request: UserRequest, registration: str) -> Response:
        """
        Write down what was fitted or loaded (MOS 10.01).

        Example: `{"component": "firmware", "to_value": "10.02.01", "reason": "Maker's bulletin"}`.
        """
        change = services.record_configuration_change(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        data = shapes.ConfigurationChangeSerializer(change).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented(
        summary="List configuration changes",
        responses={200: shapes.ConfigurationChangeSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def configuration(self, request: Request, registration: str) -> Response:
        """What was fitted or loaded, latest first (the last 200)."""
        rows = ConfigurationChange.objects.on_aircraft(self.get_object().pk)
        rows = rows.select_related("aircraft", "changed_by").order_by("-pk")[:200]
        return Response(shapes.ConfigurationChangeSerializer(rows, many=True).data)

    @documented_action(
        summary="Verify the technical log", responses={200: shapes.LogCheckSerializer}
    )
    @action(detail=True, methods=["post"], url_path="verify-log")
    def verify_log(self, request: UserRequest, registration: str) -> Response:
        """Read the whole log against its hash chain; a fault makes the aircraft red."""
        aircraft = self.get_object()
        self.validated()
        fault = services.check_technical_log(aircraft, at=timezone.now())
        outcome = {
            "registration": aircraft.registration,
            "is_whole": not fault,
            "fault": fault,
        }
        return Response(shapes.LogCheckSerializer(outcome).data)

    def _run(self, service: Callable[..., RPASAircraft]) -> Response:
        aircraft = service(
            self.get_object(), **self.validated(), actor=self.request.user, at=timezone.now()
        )
        return self.respond(aircraft)


class BatteryFilter(StrictFilterSet):
    """Filters of the batteries."""

    operator = filters.CharFilter(field_name="operator__name")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    status = filters.MultipleChoiceFilter(choices=BatteryStatus.choices)
    health_until = filters.NumberFilter(field_name="health_percent", lookup_expr="lte")

    class Meta:
        model = Battery
        fields: list[str] = []


class BatteryViewSet(HistoryMixin, ReadViewSet):
    """Flight batteries; cycles grow with each recorded flight of the aircraft they are on."""

    tag = "rpas"
    queryset = Battery.objects.select_related("operator", "aircraft").order_by(
        "serial_number", "pk"
    )
    serializer_class = shapes.BatterySerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = BatteryFilter
    search_fields = ["serial_number", "model"]
    ordering_fields = ["serial_number", "cycles", "health_percent"]
    input_serializers = {
        "create": shapes.RegisterBatterySerializer,
        "partial_update": shapes.UpdateBatterySerializer,
        "assign": shapes.AssignBatterySerializer,
        "quarantine": ReasonSerializer,
        "return_to_service": shapes.RemarkSerializer,
        "retire": ReasonSerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Register a battery",
        request=shapes.RegisterBatterySerializer,
        responses={201: shapes.BatterySerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Add a battery.

        Example: `{"operator": "Harbour Drones", "aircraft": "RPA-0042", "serial_number":
        "TB65-00017", "model": "TB65", "capacity_mah": 5880, "max_cycles": 400, "health_percent":
        98}`.
        """
        battery = batteries.register_battery(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(battery, status.HTTP_201_CREATED)

    @documented(
        summary="Change a battery",
        request=shapes.UpdateBatterySerializer,
        responses={200: shapes.BatterySerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what was measured of a battery. Needs If-Match."""
        battery = batteries.update_battery(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(battery)

    @documented(
        summary="Fit to an aircraft",
        request=shapes.AssignBatterySerializer,
        responses={200: shapes.BatterySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: UserRequest, pk: str) -> Response:
        """Fit a battery, or take it off with null. Example: `{"aircraft": "RPA-0042"}`."""
        return self._run(batteries.assign_battery)

    @documented(
        summary="Quarantine a battery",
        request=ReasonSerializer,
        responses={200: shapes.BatterySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def quarantine(self, request: UserRequest, pk: str) -> Response:
        """Take a battery out of use. Example: `{"reason": "Swollen"}`."""
        return self._run(batteries.quarantine_battery)

    @documented(
        summary="Return a battery to service",
        request=shapes.RemarkSerializer,
        responses={200: shapes.BatterySerializer},
    )
    @action(detail=True, methods=["post"], url_path="return-to-service")
    @idempotent
    def return_to_service(self, request: UserRequest, pk: str) -> Response:
        """Bring a quarantined battery back. Example: `{"reason": "Tested"}`."""
        return self._run(batteries.return_battery)

    @documented(
        summary="Retire a battery",
        request=ReasonSerializer,
        responses={200: shapes.BatterySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: UserRequest, pk: str) -> Response:
        """Take a battery out of use for good. Example: `{"reason": "Recycled"}`."""
        return self._run(batteries.retire_battery)

    def _run(self, service: Callable[..., Battery]) -> Response:
        battery = service(
            self.get_object(), **self.validated(), actor=self.request.user, at=timezone.now()
        )
        return self.respond(battery)
