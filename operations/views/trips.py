from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from operations.models import Trip, TripKind, TripLeg, TripStatus
from operations.privacy import VIEW_REQUIREMENT
from operations.queries.trips import trips_in_full, trips_in_short
from operations.serializers import trip_commands as commands
from operations.serializers.trips import TripDetailSerializer, TripSerializer
from operations.services import amendments, closing, delays, trip_ends, trips
from operations.services.access import look_at_requirements
from operations.services.trip_legs import plan_by_hand
from operations.views.release import TripReleaseMixin
from users.requests import UserRequest

Detail = TripDetailSerializer


class TripFilter(StrictFilterSet):
    """Filters of trips."""

    status = filters.MultipleChoiceFilter(choices=TripStatus.choices)
    kind = filters.MultipleChoiceFilter(choices=TripKind.choices)
    aircraft = filters.CharFilter(field_name="aircraft__tail_number")
    quote = filters.CharFilter(field_name="quote__number")
    starts_before = MomentFilter(field_name="start_at", lookup_expr="lt")
    ends_after = MomentFilter(field_name="end_at", lookup_expr="gt")

    class Meta:
        model = Trip
        fields: list[str] = []


class TripViewSet(TripReleaseMixin, HistoryMixin, ReadViewSet):
    """Trips from the hold to the closed log."""

    tag = "operations"
    queryset = trips_in_short().order_by("-start_at", "-pk")
    serializer_class = Detail
    lookup_field = "number"
    lookup_value_regex = "TR-[0-9]{4}-[0-9]{4,8}"
    filterset_class = TripFilter
    search_fields = ["number", "title", "aircraft__tail_number", "customer__name"]
    ordering_fields = ["start_at", "end_at", "number"]
    input_serializers = {
        "create": commands.CreateTripSerializer,
        "book": commands.BookTripSerializer,
        "hold": commands.HoldAircraftSerializer,
        "confirm": commands.ConfirmTripSerializer,
        "partial_update": commands.AmendTripSerializer,
        "delay_preview": commands.DelayPreviewCommandSerializer,
        "delay": commands.DelayLegSerializer,
        "divert": commands.DivertLegSerializer,
        "cancel": ReasonSerializer,
        "abort": ReasonSerializer,
        "close": commands.CloseTripSerializer,
        **TripReleaseMixin.release_inputs,
    }
    action_permissions = {
        "history": "view",
        "book": "operations.book_quote",
        "hold": "operations.book_quote",
        "partial_update": "operations.plan_trip",
        "delay_preview": "operations.delay_trip",
        **TripReleaseMixin.release_permissions,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "list" or getattr(self, "swagger_fake_view", False):
            return rows
        return trips_in_full().filter(pk__in=rows.values("pk"))

    def get_serializer_class(self) -> Any:
        return TripSerializer if self.action == "list" else Detail

    @documented(summary="Read a trip", responses={200: Detail})
    @transaction.atomic
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        One trip with its legs, crew, duties, roads and services.

        That the caller looks at what the patient needs is written down in the same transaction.
        """
        trip = self.get_object()
        if trip.requirement is not None and holds(request, VIEW_REQUIREMENT):
            look_at_requirements([trip.requirement], actor=request.user, at=timezone.now())
        return with_etag(Response(self.get_serializer(trip).data), trip)

    @documented(
        summary="Make a trip by hand",
        request=commands.CreateTripSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        A ferry or training flight, or a charter that was never quoted; 409 when the aircraft is
        taken, or earlier refusals of the like are not among `acknowledged_declines`.

        Example: `{"aircraft": "N350WS", "customer": 4, "kind": "ferry", "title": "To the paint
        shop", "legs": [{"origin": "KBOI", "destination": "KTWF", "out_at":
        "2026-12-01T15:00:00Z", "block_min": 45}]}`.
        """
        given = self.validated()
        given["legs"] = plan_by_hand(given["aircraft"], given["legs"])
        trip = trips.create_trip(**given, actor=request.user, at=timezone.now())
        return self.respond(trip, status.HTTP_201_CREATED)

    @documented(
        summary="Book an accepted quote",
        request=commands.BookTripSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def book(self, request: UserRequest) -> Response:
        """
        Make the trip of the version that the customer accepted, in one step: legs, aircraft,
        services. 409 when the aircraft is taken, or earlier refusals that came up since the offer
        was sent are not named as acknowledged.

        Example: `{"quote": "QT-2026-0042", "acknowledged_declines": [31]}`.
        """
        given = self.validated()
        quote = given.pop("quote")
        trip = trips.create_from_quote(quote, **given, actor=request.user, at=timezone.now())
        return self.respond(trip, status.HTTP_201_CREATED)

    @documented(
        summary="Hold an aircraft for an offer",
        request=commands.HoldAircraftSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def hold(self, request: UserRequest) -> Response:
        """Keep the aircraft of a sent version until the offer ends or sooner: a tentative trip."""
        given = self.validated()
        trip = trips.hold_aircraft(
            given["version"], until=given.get("until"), actor=request.user, at=timezone.now()
        )
        return self.respond(trip, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a trip", request=commands.AmendTripSerializer, responses={200: Detail}
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """
        Change a trip that is not over. Needs If-Match; revokes a release.

        Example: `{"legs": [{"sequence": 2, "planned_out_at": "2026-12-01T18:30:00Z"}], "reason":
        "Bed free later"}`.
        """
        trip = self.get_object()
        changes = self.validated()
        reason = changes.pop("reason", "")
        trip = amendments.amend_trip(
            trip,
            changes=changes,
            version=self.expected_version(),
            reason=reason,
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(trip)

    @documented(
        summary="Confirm a held trip",
        request=commands.ConfirmTripSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: UserRequest, number: str) -> Response:
        """
        Turn a hold into a booking; its version must be the accepted one. Refusals that came up
        since it was sent must be named. Example: `{"acknowledged_declines": [31]}`.
        """
        return self._moved(trips.confirm_trip)

    @documented_action(summary="Begin to plan a trip", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def plan(self, request: UserRequest, number: str) -> Response:
        """From confirmed to planning; the first offer to crew does so too."""
        return self._moved(trips.begin_planning)

    @documented(
        summary="Preview a delay",
        request=commands.DelayPreviewCommandSerializer,
        responses={200: commands.DelayPreviewSerializer},
    )
    @action(detail=True, methods=["post"], url_path="delay-preview")
    def delay_preview(self, request: UserRequest, number: str) -> Response:
        """
        What a delay would move and which limits it would newly break; nothing is saved.

        Example: `{"leg": 1, "minutes": 90}`.
        """
        leg, given = self._leg()
        preview = delays.preview_delay(leg, **given, actor=request.user, at=timezone.now())
        return Response(commands.DelayPreviewSerializer(preview).data)

    @documented(summary="Delay a leg", request=commands.DelayLegSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def delay(self, request: UserRequest, number: str) -> Response:
        """
        Put a leg back, with the cause; all that hangs on it follows. 409 when aircraft or crew are
        wanted elsewhere.

        Example: `{"leg": 1, "minutes": 90, "code": "patient", "remarks": "Scan not done"}`.
        """
        return self._of_leg(delays.delay_leg)

    @documented(
        summary="Divert a leg", request=commands.DivertLegSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def divert(self, request: UserRequest, number: str) -> Response:
        """
        Send a leg in the air elsewhere; the rest begins there (`replan`) or is cancelled.

        Example: `{"leg": 2, "airport": "KTWF", "remaining": "replan", "reason": "Fog"}`.
        """
        return self._of_leg(trip_ends.divert_leg)

    @documented(summary="Cancel a trip", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, number: str) -> Response:
        """Cancel a trip that has not begun: aircraft and crew are free."""
        return self._moved(trip_ends.cancel_trip)

    @documented(summary="Abort a trip", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def abort(self, request: UserRequest, number: str) -> Response:
        """Break off a trip under way, between flights."""
        return self._moved(trip_ends.abort_trip)

    @documented(
        summary="Close a trip", request=commands.CloseTripSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: UserRequest, number: str) -> Response:
        """
        Write hours and cycles to the aircraft and the pilots' logs, once.

        Example: `{"legs": [{"sequence": 1, "landings": 1, "manipulator": "sic"}]}`.
        """
        trip = self.get_object()
        rows = [dict(row) for row in self.validated().get("legs", ())]
        flown = {row.pop("sequence"): closing.Flown(**row) for row in rows}
        done = closing.close_trip(trip, flown=flown, actor=request.user, at=timezone.now())
        return self.respond(done)

    def _moved(self, service: Callable[..., Trip]) -> Response:
        trip = self.get_object()
        arguments = self.validated() if self.action in self.input_serializers else {}
        return self.respond(service(trip, **arguments, actor=self.request.user, at=timezone.now()))

    def _leg(self) -> tuple[TripLeg, dict[str, Any]]:
        """The leg that the body names, and the rest of it."""
        trip = self.get_object()
        given = self.validated()
        leg = TripLeg.objects.filter(trip=trip, sequence=given.pop("leg")).first()
        if leg is None:
            raise NotFound
        return leg, given

    def _of_leg(self, service: Callable[..., TripLeg]) -> Response:
        leg, given = self._leg()
        service(leg, **given, actor=self.request.user, at=timezone.now())
        return self.respond(self.get_object())
