from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.response import Response

from client_management.models import AccessLevel, CustomerPortalAccess, Invitation
from client_management.serializers import accesses as shapes
from client_management.services import accesses, invitations
from client_management.views.base import ClientDeskViewSet
from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from users.requests import UserRequest


class PortalAccessFilter(StrictFilterSet):
    """Filters of keys to the portal."""

    organization = filters.CharFilter(field_name="organization__number")
    user = filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    level = filters.MultipleChoiceFilter(choices=AccessLevel.choices)
    is_revoked = YesNoFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = CustomerPortalAccess
        fields: list[str] = []


class PortalAccessViewSet(ClientDeskViewSet):
    """Keys to clients' portals: who may see and do what, for which client, until when."""

    queryset = CustomerPortalAccess.objects.select_related("organization", "user").order_by("-pk")
    serializer_class = shapes.PortalAccessSerializer
    filterset_class = PortalAccessFilter
    search_fields = ["user__email", "organization__name", "organization__number"]
    ordering_fields = ["level", "valid_from"]
    input_serializers = {
        "create": shapes.GrantAccessSerializer,
        "partial_update": shapes.AmendAccessSerializer,
        "revoke": ReasonSerializer,
    }

    @documented(
        summary="Give portal access",
        request=shapes.GrantAccessSerializer,
        responses={201: shapes.PortalAccessSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Give an account the key to a client's portal; a person may hold one for each client.

        Example: `{"organization": "CLI-2026-0001", "user": "j.hall@mine.example", "level":
        "approver", "approval_limit": "20000.00"}`.
        """
        return self.add(accesses.grant_access)

    @documented(
        summary="Amend portal access",
        request=shapes.AmendAccessSerializer,
        responses={200: shapes.PortalAccessSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what a key opens. Needs If-Match. Example: `{"can_view_invoices": true}`."""
        return self.run(accesses.amend_access, is_edit=True)

    @documented(
        summary="Take portal access away",
        request=ReasonSerializer,
        responses={200: shapes.PortalAccessSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """It opens nothing from the next request on. Example: `{"reason": "Left the client"}`."""
        return self.run(accesses.revoke_access)


class InvitationFilter(StrictFilterSet):
    """Filters of invitations."""

    organization = filters.CharFilter(field_name="organization__number")
    is_accepted = YesNoFilter(field_name="accepted_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Invitation
        fields: list[str] = []


class InvitationViewSet(ClientDeskViewSet):
    """Invitations to clients' portals, by e-mail."""

    queryset = Invitation.objects.select_related("organization", "invited_by").order_by("-pk")
    serializer_class = shapes.InvitationSerializer
    filterset_class = InvitationFilter
    search_fields = ["email", "organization__name", "organization__number"]
    ordering_fields = ["sent_at", "expires_at"]
    input_serializers = {"create": shapes.InviteSerializer, "revoke": ReasonSerializer}

    @documented(
        summary="Invite somebody to the portal",
        request=shapes.InviteSerializer,
        responses={201: shapes.InvitationSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Mail somebody a link that opens a client's portal, good for 14 days and once.

        Example: `{"organization": "CLI-2026-0001", "email": "j.hall@mine.example", "level":
        "requester"}`.
        """
        return self.add(invitations.invite)

    @documented_action(
        summary="Send an invitation again", responses={200: shapes.InvitationSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resend(self, request: UserRequest, pk: str) -> Response:
        """Mail the same link again, good for 14 more days."""
        return self.run(invitations.resend_invitation)

    @documented(
        summary="Take an invitation back",
        request=ReasonSerializer,
        responses={200: shapes.InvitationSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """Its link opens nothing any more. Example: `{"reason": "Wrong address"}`."""
        return self.run(invitations.revoke_invitation)
