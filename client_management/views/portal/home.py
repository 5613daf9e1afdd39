from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.live import client_channel
from client_management.models import CustomerPortalAccess
from client_management.queries.portal import dashboard
from client_management.queries.portal_access import access_to, accesses_of
from client_management.serializers import portal as shapes
from client_management.services.accesses import set_preferences
from client_management.views.portal.door import PortalViewSet
from common.api.docs import documented
from common.api.etags import with_etag
from common.api.permissions import IsSignedIn
from common.api.viewsets import ServiceViewSet
from common.live.events import event_stream
from common.live.hub import Message
from common.live.publish import person_channel
from common.live.rights import rights_of
from users.requests import UserRequest

Key = shapes.PortalKeySerializer
# What a key must open to hear of it.
FLAGS_OF = {
    "invoice": "can_view_invoices",
    "job": "can_view_jobs",
    "deliverable": "can_view_jobs",
}


class PortalEntranceViewSet(ServiceViewSet):
    """Who is signed in, and whose portals are open to them."""

    tag = "portal"
    permission_classes = [IsSignedIn]
    queryset = CustomerPortalAccess.objects.order_by("pk")
    serializer_class = Key
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return CustomerPortalAccess.objects.none()
        return accesses_of(self.request.user, at=timezone.now())

    @documented(summary="Read who I am in the portal", responses={200: shapes.PortalMeSerializer})
    def me(self, request: UserRequest) -> Response:
        """Name, address, and whose portals are open; none for anybody who works here."""
        person = request.user
        shown = {
            "email": person.email,
            "name": person.full_name,
            "organizations": self.get_queryset()[:200],
        }
        return Response(shapes.PortalMeSerializer(shown).data)

    @documented(summary="List my clients", responses={200: Key(many=True)})
    def organizations(self, request: Request) -> Response:
        """The clients whose portals are open to one, with what each key opens."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(Key(page, many=True).data)


class PortalHomeViewSet(PortalViewSet):
    """One client's front page."""

    serializer_class = shapes.PortalDashboardSerializer
    file_actions = {"stream": "text/event-stream"}
    input_serializers = {"preferences": shapes.PortalWishesSerializer}

    @documented(summary="Read the dashboard", responses={200: shapes.PortalDashboardSerializer})
    def dashboard(self, request: Request, organization: str) -> Response:
        """What waits for one, what is under way, what is new."""
        return Response(shapes.PortalDashboardSerializer(dashboard(self.access)).data)

    @documented(summary="Read my key", responses={200: Key})
    def key(self, request: Request, organization: str) -> Response:
        """What one's key opens, and what one wants to hear of by mail."""
        return with_etag(Response(Key(self.access).data), self.access)

    @documented(
        summary="Choose what to hear of",
        request=shapes.PortalWishesSerializer,
        responses={200: Key},
    )
    def preferences(self, request: UserRequest, organization: str) -> Response:
        """Which mails one gets. Example: `{"notify_flights": true, "digest": "daily"}`."""
        access = set_preferences(
            self.access,
            changes=self.validated(),
            version=self.expected_version(),
            at=timezone.now(),
        )
        access.refresh_from_db()
        return with_etag(Response(Key(access).data), access)


class PortalStreamViewSet(ServiceViewSet):
    """One client's events as they happen."""

    tag = "portal"
    permission_classes = [IsSignedIn]
    queryset = CustomerPortalAccess.objects.order_by("pk")
    serializer_class = Key
    filter_backends: list[Any] = []

    @documented(summary="Follow a client", responses={200: "Server-Sent Events."})
    def stream(self, request: Request, organization: str) -> HttpResponseBase:
        """
        Follow a client live: `request`, `job`, `deliverable`, `message`, `invoice`, with numbers.

        A stream ends after 15 minutes: open it again with the `Last-Event-ID` that came last.
        """
        access = _key_of(request, organization)
        return event_stream(
            *_channels(access),
            last_event_id=request.headers.get("Last-Event-ID", ""),
            pick=heard_with(access),
            rights=rights_of(self, lambda _, again: _channels(_key_of(again, organization))),
        )


def _key_of(request: Request, organization: str) -> CustomerPortalAccess:
    """The caller's key to a client. Raises NotFound."""
    access = access_to(request.user, organization, at=timezone.now())
    if access is None:
        raise NotFound
    return access


def _channels(access: CustomerPortalAccess) -> list[str]:
    # What ends a stream is said to the person: rights that changed, a key that was taken away.
    return [client_channel(access.organization_id), person_channel(access.user_id)]


def heard_with(access: CustomerPortalAccess) -> Callable[[Message], Message | None]:
    """Passes on what a key opens, and nothing else."""

    def pick(message: Message) -> Message | None:
        flag = FLAGS_OF.get(message.event)
        return message if flag is None or getattr(access, flag) else None

    return pick
