from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import (
    ClientOrganization,
    ClientStatus,
    Industry,
    OnboardingCheck,
)
from client_management.queries.dashboards import get_active_client_dashboard
from client_management.serializers import organizations as shapes
from client_management.services import organizations
from client_management.views.base import ClientDeskViewSet
from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from users.requests import UserRequest

Detail = shapes.ClientDetailSerializer
CHECKS = Prefetch("checks", OnboardingCheck.objects.select_related("checked_by").order_by("kind"))


class ClientOrganizationFilter(StrictFilterSet):
    """Filters of clients."""

    status = filters.MultipleChoiceFilter(choices=ClientStatus.choices)
    industry = filters.MultipleChoiceFilter(choices=Industry.choices)
    contact = filters.NumberFilter(max_value=2**62)

    class Meta:
        model = ClientOrganization
        fields: list[str] = []


class ClientOrganizationViewSet(HistoryMixin, ClientDeskViewSet):
    """Clients as they are taken on when we know them, suspended and closed."""

    queryset = ClientOrganization.objects.order_by("name", "pk")
    serializer_class = shapes.ClientOrganizationSerializer
    lookup_field = "number"
    lookup_value_regex = "CLI-[0-9]{4}-[0-9]{4,8}"
    filterset_class = ClientOrganizationFilter
    search_fields = ["number", "name"]
    ordering_fields = ["name", "number", "status"]
    input_serializers = {
        "create": shapes.CreateClientSerializer,
        "partial_update": shapes.AmendClientSerializer,
        "check": shapes.RecordOnboardingSerializer,
        "suspend": ReasonSerializer,
        "close": ReasonSerializer,
    }
    action_permissions = {"history": "view", "dashboard": "view"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if self.action in ("list", "dashboard") else rows.prefetch_related(CHECKS)

    def get_serializer_class(self) -> Any:
        return shapes.ClientOrganizationSerializer if self.action == "list" else Detail

    @documented(
        summary="Take down a client",
        request=shapes.CreateClientSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Make a contact a client; a prospect until it was onboarded.

        Example: `{"contact": 12, "industry": "mining", "timezone": "Australia/Perth",
        "tax_code": "GST", "payment_days": 30}`.
        """
        return self.add(organizations.create_organization)

    @documented(
        summary="Amend a client", request=shapes.AmendClientSerializer, responses={200: Detail}
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change a client's terms. Needs If-Match. Example: `{"payment_days": 14}`."""
        return self.run(organizations.amend_organization, is_edit=True)

    @documented(
        summary="Record a check",
        request=shapes.RecordOnboardingSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def check(self, request: UserRequest, number: str) -> Response:
        """
        Write down that something about a client was checked; it takes an earlier one's place.

        Example: `{"kind": "identity", "reference": "ABN 51 824 753 556"}`.
        """
        return self.run(organizations.record_check)

    @documented_action(summary="Take a client on", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def activate(self, request: UserRequest, number: str) -> Response:
        """Make a client active; 409 with what its onboarding lacks."""
        return self.run(organizations.activate_organization)

    @documented(summary="Suspend a client", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def suspend(self, request: UserRequest, number: str) -> Response:
        """Take on no more work for a client. Example: `{"reason": "Two bills overdue"}`."""
        return self.run(organizations.suspend_organization)

    @documented(summary="Close a client", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: UserRequest, number: str) -> Response:
        """Close a client for good, when no job is open. Example: `{"reason": "Merged"}`."""
        return self.run(organizations.close_organization)

    @documented(
        summary="See active clients at a glance",
        responses={200: shapes.ClientGlanceSerializer(many=True)},
    )
    @action(detail=False, methods=["get"], filter_backends=[])
    def dashboard(self, request: Request) -> Response:
        """Active clients by name: requests, quotes, jobs, operations, what is owed."""
        page = self.paginate_queryset(self.get_queryset().active())
        found = get_active_client_dashboard(page or [], at=timezone.now())
        return self.get_paginated_response(shapes.ClientGlanceSerializer(found, many=True).data)
