from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from flight_operations.models import (
    AuthorizationKind,
    AuthorizationStatus,
    OperationalAuthorization,
)
from flight_operations.serializers.authorizations import (
    AmendAuthorizationSerializer,
    AuthorizationSerializer,
    GrantAuthorizationSerializer,
    RequestAuthorizationSerializer,
)
from flight_operations.services import authorizations
from flight_operations.services.authorizations import Terms
from flight_operations.views.deeds import DeedViewSet

Detail = AuthorizationSerializer


class AuthorizationFilter(StrictFilterSet):
    """Filters of the authorizations list."""

    status = filters.MultipleChoiceFilter(choices=AuthorizationStatus.choices)
    kind = filters.MultipleChoiceFilter(choices=AuthorizationKind.choices)
    operator = filters.CharFilter(field_name="operator__name")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    number = filters.CharFilter()
    valid_at = MomentFilter(method="covering", help_text="In force at this moment, if granted.")

    class Meta:
        model = OperationalAuthorization
        fields: list[str] = []

    def covering(self, rows: QuerySet, name: str, moment: datetime) -> QuerySet:
        return rows.filter(valid_from__lte=moment, valid_until__gt=moment)


class AuthorizationViewSet(DeedViewSet):
    """Written permissions to leave the standard operating conditions."""

    queryset = OperationalAuthorization.objects.select_related(
        "operator", "aircraft", "recorded_by"
    ).order_by("-valid_from", "pk")
    serializer_class = AuthorizationSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = AuthorizationFilter
    search_fields = ["number", "place", "authority"]
    ordering_fields = ["valid_from", "valid_until", "number", "status", "kind"]
    input_serializers = {
        "create": RequestAuthorizationSerializer,
        "record_granted": RequestAuthorizationSerializer,
        "partial_update": AmendAuthorizationSerializer,
        "grant": GrantAuthorizationSerializer,
        "refuse": ReasonSerializer,
        "revoke": ReasonSerializer,
    }
    action_permissions = {"history": "view", "record_granted": "grant"}

    @documented(
        summary="Apply for an authorization",
        request=RequestAuthorizationSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Record an application to the authority.

        `lead_time` in the answer says whether the authority has the days it asks for: approvals
        60, permissions 28. Too few days is a warning, not a refusal.
        """
        return self._entered(authorizations.request_authorization)

    @documented(
        summary="Record an authorization in hand",
        request=RequestAuthorizationSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"], url_path="record-granted")
    @idempotent
    def record_granted(self, request: Request) -> Response:
        """Record an authorization that the operator already holds."""
        return self._entered(authorizations.create_granted)

    @documented(
        summary="Amend an application",
        request=AmendAuthorizationSerializer,
        responses={200: Detail},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Correct an application that is not decided yet. Needs If-Match."""
        return self.edit(authorizations.amend_request)

    @documented(
        summary="Record a grant", request=GrantAuthorizationSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def grant(self, request: Request, pk: str) -> Response:
        """The authority said yes; name only what it decided otherwise than asked."""
        return self.run(_grant)

    @documented(summary="Record a refusal", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Request, pk: str) -> Response:
        """The authority said no, with its reason."""
        return self.run(authorizations.record_refused)

    @documented(summary="Record a revocation", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: Request, pk: str) -> Response:
        """A granted authorization holds no longer; releases that rest on it fall with it."""
        return self.run(authorizations.revoke_authorization)

    def _entered(self, service: Any) -> Response:
        given = self.validated()
        operator = given.pop("operator")
        entered = service(
            operator=operator, terms=Terms(**given), actor=self.request.user, at=timezone.now()
        )
        return self.respond(entered, status.HTTP_201_CREATED)


def _grant(
    authorization: OperationalAuthorization, *, actor: Any, at: datetime, **changes: Any
) -> OperationalAuthorization:
    return authorizations.record_granted(authorization, changes=changes, actor=actor, at=at)
