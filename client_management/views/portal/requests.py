from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import ServiceQuote, ServiceRequest
from client_management.queries.portal import quotes_of, requests_of
from client_management.serializers import portal as shapes
from client_management.services import offers, requests
from client_management.views.portal.door import PortalViewSet
from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.context import current
from users.requests import UserRequest

Shape = shapes.PortalRequestSerializer


class PortalRequestViewSet(PortalViewSet):
    """What a client asks for: written as a draft, handed in, called off."""

    queryset = ServiceRequest.objects.order_by("-pk")
    serializer_class = Shape
    flags = dict.fromkeys(("create", "partial_update", "submit", "cancel"), "can_request_services")
    input_serializers = {
        "create": shapes.WritePortalRequestSerializer,
        "partial_update": shapes.AmendPortalRequestSerializer,
        "cancel": shapes.CancelRequestSerializer,
    }

    @documented(summary="List requests", responses={200: Shape(many=True)})
    def list(self, request: Request, organization: str) -> Response:
        """Newest first, drafts too."""
        return self.page_of(requests_of(self.organization), Shape)

    @documented(summary="Read a request", responses={200: Shape})
    def retrieve(self, request: Request, organization: str, number: str) -> Response:
        """One request with its area."""
        return self.respond(self._row(number))

    @documented(
        summary="Write a request",
        request=shapes.WritePortalRequestSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest, organization: str) -> Response:
        """
        Begin a request as a draft.

        Example: `{"title": "Quarry survey", "service_type": "mapping", "specifications":
        {"gsd_cm": 2.5}, "area": {"type": "Polygon", "coordinates": [[[149.190, -35.310],
        [149.200, -35.310], [149.200, -35.304], [149.190, -35.310]]]}, "wanted_from": "2026-04-01",
        "wanted_until": "2026-05-01"}`.
        """
        made = requests.create_request(
            self.organization,
            access=self.access,
            **self.validated(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(made, status.HTTP_201_CREATED)

    @documented(
        summary="Change a request",
        request=shapes.AmendPortalRequestSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, organization: str, number: str) -> Response:
        """While no offer is out. Needs If-Match."""
        changed = requests.amend_request(
            self._row(number),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(changed)

    @documented_action(summary="Hand a request in", responses={200: Shape})
    @idempotent
    def submit(self, request: UserRequest, organization: str, number: str) -> Response:
        """The desk looks at it from now on."""
        return self.respond(
            requests.submit_request(self._row(number), actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Call a request off",
        request=shapes.CancelRequestSerializer,
        responses={200: Shape},
    )
    @idempotent
    def cancel(self, request: UserRequest, organization: str, number: str) -> Response:
        """Before there is a job of it."""
        given = {"reason": "Called off in the portal", **self.validated()}
        return self.respond(
            requests.cancel_request(
                self._row(number), **given, actor=request.user, at=timezone.now()
            )
        )

    def _row(self, number: str) -> ServiceRequest:
        row: ServiceRequest = self.one_of(requests_of(self.organization), number=number)
        return row


class PortalQuoteViewSet(PortalViewSet):
    """Offers to a client, and its answers."""

    queryset = ServiceQuote.objects.order_by("-pk")
    serializer_class = shapes.PortalQuoteSerializer
    flags = dict.fromkeys(("accept", "decline"), "can_approve_quotes")
    input_serializers = {
        "accept": shapes.AcceptServiceQuoteSerializer,
        "decline": shapes.DeclineServiceQuoteSerializer,
    }

    @documented(summary="List offers", responses={200: shapes.PortalQuoteSerializer(many=True)})
    def list(self, request: Request, organization: str) -> Response:
        """What was sent to the client, newest first."""
        return self.page_of(quotes_of(self.organization), shapes.PortalQuoteSerializer)

    @documented(summary="Read an offer", responses={200: shapes.PortalQuoteSerializer})
    def retrieve(self, request: Request, organization: str, number: str) -> Response:
        """Lines, taxes, total, terms, and until when it stands."""
        return self.respond(self._row(number))

    @documented_action(summary="Open an offer", responses={200: shapes.PortalQuoteSerializer})
    def view(self, request: UserRequest, organization: str, number: str) -> Response:
        """Note that a person opened it; the first time counts."""
        offers.record_view(self._row(number), actor=request.user, at=timezone.now())
        return self.respond(self._row(number))

    @documented(
        summary="Accept an offer of work",
        request=shapes.AcceptServiceQuoteSerializer,
        responses={200: shapes.PortalQuoteSerializer},
    )
    @idempotent
    def accept(self, request: UserRequest, organization: str, number: str) -> Response:
        """
        Accept exactly what was read, once; a job comes of it.

        Example: `{"content_hash": "9f...", "purchase_order": "4500012"}`.
        """
        offers.accept_quote(
            self._row(number),
            **self.validated(),
            access=self.access,
            address=current().address,
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(self._row(number))

    @documented(
        summary="Decline an offer of work",
        request=shapes.DeclineServiceQuoteSerializer,
        responses={200: shapes.PortalQuoteSerializer},
    )
    @idempotent
    def decline(self, request: UserRequest, organization: str, number: str) -> Response:
        """Say no, and why. Example: `{"reason": "Above our budget"}`."""
        offers.decline_quote(
            self._row(number),
            **self.validated(),
            access=self.access,
            address=current().address,
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(self._row(number))

    def _row(self, number: str) -> ServiceQuote:
        row: ServiceQuote = self.one_of(quotes_of(self.organization), number=number)
        return row
