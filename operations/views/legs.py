from functools import partial

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import MomentFilter, StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from operations.models import GroundLeg, LegStatus, ServiceItem, ServiceKind, ServiceStatus, TripLeg
from operations.queries.trips import ground_legs_in_full, legs_in_full, services_in_full
from operations.serializers import trip_commands as commands
from operations.serializers.trips import (
    GroundLegSerializer,
    ServiceItemSerializer,
    TripLegSerializer,
)
from operations.services import delays, movements, service_items
from operations.views.deeds import TripPartViewSet, trip_filter
from users.requests import UserRequest


class TripLegFilter(StrictFilterSet):
    """Filters of legs."""

    trip = trip_filter()
    status = filters.MultipleChoiceFilter(choices=LegStatus.choices)
    aircraft = filters.CharFilter(field_name="trip__aircraft__tail_number")
    leaves_before = MomentFilter(field_name="estimated_out_at", lookup_expr="lt")
    arrives_after = MomentFilter(field_name="estimated_in_at", lookup_expr="gt")

    class Meta:
        model = TripLeg
        fields: list[str] = []


class TripLegViewSet(HistoryMixin, TripPartViewSet):
    """Flights of trips and what really happened on them."""

    queryset = legs_in_full().order_by("-planned_out_at", "-pk")
    serializer_class = TripLegSerializer
    filterset_class = TripLegFilter
    ordering_fields = ["planned_out_at", "estimated_out_at"]
    input_serializers = {
        "move": commands.MovementSerializer,
        "had_left": commands.HadLeftSerializer,
        "correct": commands.CorrectMovementSerializer,
        "return_to_stand": ReasonSerializer,
        "record_delay": commands.RecordDelaySerializer,
    }
    action_permissions = {
        "history": "view",
        "move": "operations.move_trip",
        "had_left": "operations.state_departure_trip",
        "correct": "operations.move_trip",
        "return_to_stand": "operations.move_trip",
        "record_delay": "operations.delay_trip",
    }

    @documented(
        summary="Record a movement",
        request=commands.MovementSerializer,
        responses={200: TripLegSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def move(self, request: UserRequest, pk: str) -> Response:
        """
        Out, off, on or in; what comes later is expected accordingly.

        Out is refused (409) with the red findings, or with the amber ones that are new since the
        release and lack an acknowledgement. Example:
        `{"movement": "out", "acknowledgements": [{"rule": "WX-AGE", "note": "Seen from here"}]}`.
        """
        return self.run(movements.record_movement)

    @documented(
        summary="Record that a flight had left",
        request=commands.HadLeftSerializer,
        responses={200: TripLegSerializer},
    )
    @action(detail=True, methods=["post"], url_path="had-left")
    @idempotent
    def had_left(self, request: UserRequest, pk: str) -> Response:
        """
        Out a minute ago or more, whatever would have refused it: kept with that, and announced.

        Example: `{"moved_at": "2026-12-01T06:02:00Z", "reason": "Told by radio"}`.
        """
        return self.run(partial(movements.record_movement, movement="out"))

    @documented(
        summary="Correct a movement",
        request=commands.CorrectMovementSerializer,
        responses={200: TripLegSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: UserRequest, pk: str) -> Response:
        """Put a recorded time right until the trip is closed, saying why."""
        return self.run(movements.correct_movement)

    @documented(
        summary="Return to stand", request=ReasonSerializer, responses={200: TripLegSerializer}
    )
    @action(detail=True, methods=["post"], url_path="return-to-stand")
    @idempotent
    def return_to_stand(self, request: UserRequest, pk: str) -> Response:
        """The aircraft went off blocks and came back without flying."""
        return self.run(movements.return_to_stand)

    @documented(
        summary="Record the cause of a delay",
        request=commands.RecordDelaySerializer,
        responses={200: TripLegSerializer},
    )
    @action(detail=True, methods=["post"], url_path="record-delay")
    @idempotent
    def record_delay(self, request: UserRequest, pk: str) -> Response:
        """Why a leg that has left was late. Example: `{"minutes": 12, "code": "air_traffic"}`."""
        leg = self.get_object()
        delays.record_delay(leg, **self.validated(), actor=request.user, at=timezone.now())
        return self.respond(leg)


class GroundLegFilter(StrictFilterSet):
    """Filters of journeys by road."""

    trip = trip_filter()
    is_pickup = YesNoFilter()

    class Meta:
        model = GroundLeg
        fields: list[str] = []


class GroundLegViewSet(TripPartViewSet):
    """Journeys by road between bed and aircraft."""

    queryset = ground_legs_in_full().order_by("-planned_start_at", "-pk")
    serializer_class = GroundLegSerializer
    filterset_class = GroundLegFilter
    ordering_fields = ["planned_start_at"]
    input_serializers = {"clock": commands.GroundClockSerializer}
    action_permissions = {"clock": "operations.move_trip"}

    @documented(
        summary="Record a bedside clock",
        request=commands.GroundClockSerializer,
        responses={200: GroundLegSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def clock(self, request: UserRequest, pk: str) -> Response:
        """Bedside, departed or arrived. Example: `{"clock": "bedside"}`."""
        return self.run(movements.record_ground_clock)


class ServiceFilter(StrictFilterSet):
    """Filters of services."""

    trip = trip_filter()
    airport = filters.CharFilter(field_name="airport__ident")
    kind = filters.MultipleChoiceFilter(choices=ServiceKind.choices)
    status = filters.MultipleChoiceFilter(choices=ServiceStatus.choices)
    needs_recheck = YesNoFilter()
    is_required = YesNoFilter()

    class Meta:
        model = ServiceItem
        fields: list[str] = []


class ServiceItemViewSet(HistoryMixin, TripPartViewSet):
    """What is arranged on the ground for trips."""

    queryset = services_in_full().order_by("-needed_at", "-pk")
    serializer_class = ServiceItemSerializer
    filterset_class = ServiceFilter
    ordering_fields = ["needed_at"]
    input_serializers = {
        "create": commands.AddServiceSerializer,
        "partial_update": commands.ServiceFieldsSerializer,
        "hold": ReasonSerializer,
        "confirm": commands.ConfirmServiceSerializer,
        "cancel": ReasonSerializer,
        "not_needed": ReasonSerializer,
        "reopen": ReasonSerializer,
        "recheck": commands.RecheckServiceSerializer,
    }
    action_permissions = {
        "history": "view",
        **dict.fromkeys(
            ("request_it", "hold", "confirm", "cancel", "not_needed", "reopen"), "move"
        ),
    }

    @documented(
        summary="Add a service",
        request=commands.AddServiceSerializer,
        responses={201: ServiceItemSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Something more to arrange.

        Example: `{"trip": "TR-2026-0007", "leg": 2, "kind": "catering", "is_required": false}`.
        """
        item = service_items.add_service(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(item, status.HTTP_201_CREATED)

    @documented(
        summary="Change a service",
        request=commands.ServiceFieldsSerializer,
        responses={200: ServiceItemSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Who provides it, when and at what cost. Needs If-Match."""
        item = service_items.update_service(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(item)

    @documented_action(summary="Request a service", responses={200: ServiceItemSerializer})
    @action(detail=True, methods=["post"], url_path="request")
    @idempotent
    def request_it(self, request: UserRequest, pk: str) -> Response:
        """Somebody was asked."""
        return self.run(service_items.request_service)

    @documented(
        summary="Put a service on hold",
        request=ReasonSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def hold(self, request: UserRequest, pk: str) -> Response:
        """The provider cannot say yet."""
        return self.run(service_items.put_service_on_hold)

    @documented(
        summary="Confirm a service",
        request=commands.ConfirmServiceSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: UserRequest, pk: str) -> Response:
        """The provider confirmed. Example: `{"reference": "JB-20417"}`."""
        return self.run(service_items.confirm_service)

    @documented(
        summary="Cancel a service",
        request=ReasonSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, pk: str) -> Response:
        """It was called off."""
        return self.run(service_items.cancel_service)

    @documented(
        summary="Mark a service as not needed",
        request=ReasonSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"], url_path="not-needed")
    @idempotent
    def not_needed(self, request: UserRequest, pk: str) -> Response:
        """The trip does without it."""
        return self.run(service_items.mark_service_not_needed)

    @documented(
        summary="Reopen a service",
        request=ReasonSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: UserRequest, pk: str) -> Response:
        """It is to be done after all."""
        return self.run(service_items.reopen_service)

    @documented(
        summary="Recheck a service",
        request=commands.RecheckServiceSerializer,
        responses={200: ServiceItemSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def recheck(self, request: UserRequest, pk: str) -> Response:
        """It still fits the changed trip."""
        return self.run(service_items.recheck_service)
