from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from common.compliance.states import with_state
from rpas.models import (
    ChangeKind,
    GroundStation,
    KeyPersonnel,
    KeyPost,
    OperatorChange,
    OperatorMember,
    RPASOperator,
)
from rpas.queries.maintenance import maintenance_due
from rpas.queries.people import local_day
from rpas.serializers import operators as shapes
from rpas.serializers.maintenance import DueItemSerializer
from rpas.services import ground_stations, operators
from users.requests import UserRequest

MAX_HORIZON_DAYS = 366


class OfOperatorFilter(StrictFilterSet):
    """Filters of what belongs to an operator."""

    operator = filters.CharFilter(field_name="operator__name")


class OperatorViewSet(ReadViewSet):
    """Operators that the caller works for."""

    tag = "rpas"
    queryset = RPASOperator.objects.order_by("name", "pk")
    serializer_class = shapes.OperatorSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_fields = ["is_active", "timezone"]
    search_fields = ["name", "legal_name", "arn", "reoc_number"]
    ordering_fields = ["name", "reoc_expires_on"]
    input_serializers = {
        "create": shapes.CreateOperatorSerializer,
        "partial_update": shapes.UpdateOperatorSerializer,
    }
    action_permissions = {"maintenance_due": "rpas.view_f2maintenanceschedule"}

    def get_queryset(self) -> Any:
        return with_state(super().get_queryset(), "rpas.rpasoperator", now=timezone.now())

    @documented(
        summary="Set up an operator",
        request=shapes.CreateOperatorSerializer,
        responses={201: shapes.OperatorSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Set up an operator; the caller becomes its first member.

        Example: `{"name": "Harbour Drones", "legal_name": "Harbour Drones Pty Ltd", "arn":
        "812345", "reoc_number": "ReOC.1234", "reoc_expires_on": "2027-06-30",
        "scope_max_mass_kg": 25, "scope_types": ["multirotor"], "timezone": "Australia/Sydney"}`.
        """
        operator = operators.create_operator(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(operator, status.HTTP_201_CREATED)

    @documented(
        summary="Change an operator",
        request=shapes.UpdateOperatorSerializer,
        responses={200: shapes.OperatorSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what is written of an operator. Needs If-Match."""
        operator = operators.update_operator(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(operator)

    @documented(
        summary="List maintenance due",
        responses={200: DueItemSerializer(many=True)},
        parameters={"horizon_days": ("integer", "Days to look ahead, 30 unless given, up to 366.")},
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="maintenance-due",
        pagination_class=None,
        filter_backends=[],
        extra_query=("horizon_days",),
    )
    def maintenance_due(self, request: Request, pk: str) -> Response:
        """What of the fleet is due, near or within the horizon, worst first (500 at most)."""
        operator = self.get_object()
        text = request.query_params.get("horizon_days", "30")
        days = shapes.horizon(text, most=MAX_HORIZON_DAYS)
        due = maintenance_due(operator, on=local_day(operator, timezone.now()), horizon_days=days)
        return Response(DueItemSerializer(due[:500], many=True).data)


class MemberFilter(OfOperatorFilter):
    """Filters of memberships."""

    user = filters.CharFilter(field_name="user__email")
    is_remote_pilot = YesNoFilter()

    class Meta:
        model = OperatorMember
        fields: list[str] = []


class MemberViewSet(ReadViewSet):
    """Who works for the caller's operators, and what they may fly."""

    tag = "rpas"
    queryset = OperatorMember.objects.select_related(
        "operator", "user", "pilot_authorized_by"
    ).order_by("-valid_from", "-pk")
    serializer_class = shapes.MemberSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = MemberFilter
    search_fields = ["user__email", "user__last_name", "position"]
    ordering_fields = ["valid_from", "valid_until"]
    input_serializers = {
        "create": shapes.AddMemberSerializer,
        "partial_update": shapes.UpdateMemberSerializer,
        "authorize": shapes.AuthorizePilotSerializer,
    }

    @documented(
        summary="Add a member",
        request=shapes.AddMemberSerializer,
        responses={201: shapes.MemberSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Let a person work for an operator; they see its rows from that day.

        Example: `{"operator": "Harbour Drones", "user": "pat@example.com", "position": "Remote
        pilot"}`.
        """
        member = operators.add_member(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(member, status.HTTP_201_CREATED)

    @documented(
        summary="Change or end a membership",
        request=shapes.UpdateMemberSerializer,
        responses={200: shapes.MemberSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change a membership, or end it with `valid_until`. Needs If-Match."""
        member = operators.update_member(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(member)

    @documented(
        summary="Authorize a remote pilot",
        request=shapes.AuthorizePilotSerializer,
        responses={200: shapes.MemberSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def authorize(self, request: UserRequest, pk: str) -> Response:
        """
        Let a member fly the named models as remote pilot (CASR 101.252).

        Example: `{"models": ["DJI Matrice 350 RTK"], "is_night_authorized": false}`.
        """
        member = operators.authorize_pilot(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(member)


class KeyPersonnelFilter(OfOperatorFilter):
    """Filters of key posts."""

    post = filters.ChoiceFilter(choices=KeyPost.choices)

    class Meta:
        model = KeyPersonnel
        fields: list[str] = []


class KeyPersonnelViewSet(ReadViewSet):
    """Who holds the posts that a ReOC rests on; one holder per post at a time."""

    tag = "rpas"
    queryset = KeyPersonnel.objects.select_related("operator", "user").order_by(
        "-valid_from", "-pk"
    )
    serializer_class = shapes.KeyPersonnelSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = KeyPersonnelFilter
    search_fields = ["user__email", "user__last_name", "arn"]
    ordering_fields = ["valid_from", "post"]
    input_serializers = {"create": shapes.AppointSerializer, "end": shapes.EndPostSerializer}

    @documented(
        summary="Appoint to a key post",
        request=shapes.AppointSerializer,
        responses={201: shapes.KeyPersonnelSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Appoint a holder; 409 when the post is taken in that period.

        Example: `{"operator": "Harbour Drones", "user": "pat@example.com", "post":
        "maintenance_controller", "arn": "712345", "approved_on": "2026-02-01", "valid_from":
        "2026-03-01"}`.
        """
        held = operators.appoint(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(held, status.HTTP_201_CREATED)

    @documented(
        summary="End a key post",
        request=shapes.EndPostSerializer,
        responses={200: shapes.KeyPersonnelSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """End a post; `ends_on` is the first day without. Example: `{"ends_on": "2026-04-01"}`."""
        held = operators.end_post(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(held)


class OperatorChangeFilter(OfOperatorFilter):
    """Filters of changes."""

    kind = filters.ChoiceFilter(choices=ChangeKind.choices)

    class Meta:
        model = OperatorChange
        fields: list[str] = []


class OperatorChangeViewSet(ReadViewSet):
    """Changes of an operator that CASA must approve or hear of within 21 days."""

    tag = "rpas"
    queryset = OperatorChange.objects.select_related("operator").order_by("-made_on", "-pk")
    serializer_class = shapes.OperatorChangeSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = OperatorChangeFilter
    search_fields = ["description", "approval_ref"]
    ordering_fields = ["made_on", "kind"]
    input_serializers = {
        "create": shapes.RecordChangeSerializer,
        "notify": shapes.NotifyChangeSerializer,
        "approve": shapes.ApproveChangeSerializer,
    }

    @documented(
        summary="Record a change",
        request=shapes.RecordChangeSerializer,
        responses={201: shapes.OperatorChangeSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write a change down.

        Example: `{"operator": "Harbour Drones", "kind": "aircraft_serial", "description": "RPA-0042
        added", "made_on": "2026-03-10"}`.
        """
        change = operators.record_change(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(change, status.HTTP_201_CREATED)

    @documented(
        summary="Record the notice",
        request=shapes.NotifyChangeSerializer,
        responses={200: shapes.OperatorChangeSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def notify(self, request: UserRequest, pk: str) -> Response:
        """Record when CASA was told, once. Example: `{"notified_on": "2026-03-12"}`."""
        change = operators.notify_change(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(change)

    @documented(
        summary="Record the approval",
        request=shapes.ApproveChangeSerializer,
        responses={200: shapes.OperatorChangeSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: UserRequest, pk: str) -> Response:
        """
        Record CASA's approval, once.

        Example: `{"approved_on": "2026-03-12", "approval_ref": "CASA-2026-77"}`.
        """
        change = operators.approve_change(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(change)


class GroundStationFilter(OfOperatorFilter):
    """Filters of ground stations."""

    aircraft = filters.CharFilter(field_name="aircraft__registration")
    is_active = YesNoFilter()

    class Meta:
        model = GroundStation
        fields: list[str] = []


class GroundStationViewSet(ReadViewSet):
    """Remote pilot stations that send telemetry under a machine token."""

    tag = "rpas"
    queryset = GroundStation.objects.select_related("operator", "aircraft", "api_token").order_by(
        "device_id", "pk"
    )
    serializer_class = shapes.GroundStationSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = GroundStationFilter
    search_fields = ["name", "device_id"]
    ordering_fields = ["name", "device_id"]
    input_serializers = {
        "create": shapes.RegisterGroundStationSerializer,
        "partial_update": shapes.UpdateGroundStationSerializer,
    }

    @documented(
        summary="Register a ground station",
        request=shapes.RegisterGroundStationSerializer,
        responses={201: shapes.GroundStationSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Register a station, with the token it will send under if it has one.

        Example: `{"operator": "Harbour Drones", "name": "Field tablet 1", "device_id": "gcs-01"}`.
        """
        station = ground_stations.register_ground_station(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(station, status.HTTP_201_CREATED)

    @documented(
        summary="Change a ground station",
        request=shapes.UpdateGroundStationSerializer,
        responses={200: shapes.GroundStationSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change a station, its aircraft or its token. Needs If-Match."""
        station = ground_stations.update_ground_station(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(station)
