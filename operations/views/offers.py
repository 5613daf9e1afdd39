"""An offer as its link shows it: no account, no cookie, nothing but the offer."""

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.throttling import AccountThrottle
from common.api.viewsets import ServiceViewSet
from common.context import current
from operations.models import DeclineReason, QuoteVersion
from operations.queries.offers import offer_by_token, shown_to_customer, standing
from operations.serializers import offers as shapes
from operations.services import offers

Shape = shapes.OfferSerializer


class OfferThrottle(AccountThrottle):
    """The limit of requests per address for who comes without an account."""

    scope = "offer"


class OfferViewSet(ServiceViewSet):
    """
    What a customer may do with the link they were sent. A wrong link finds nothing; one of an
    offer that another took the place of answers 410 and says so.
    """

    tag = "operations"
    queryset = QuoteVersion.objects.order_by("-pk")
    serializer_class = Shape
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [OfferThrottle]
    filter_backends = []
    further_errors = (410,)
    lookup_field = "token"
    lookup_value_regex = "[^/]+"
    input_serializers = {
        "accept": shapes.AcceptOfferSerializer,
        "decline": shapes.DeclineOfferSerializer,
    }

    def get_object(self) -> Any:
        version = offer_by_token(str(self.kwargs["token"]))
        if version is None:
            raise NotFound
        return standing(version, at=timezone.now())

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        # The address is the key: it must stay out of caches and of other sites' logs.
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    @documented(summary="Read an offer", responses={200: Shape})
    def retrieve(self, request: Request, token: str) -> Response:
        """Show an offer; that a program fetched it does not count as read."""
        return self._shown()

    @documented_action(summary="Open an offer", responses={200: Shape})
    def view(self, request: Request, token: str) -> Response:
        """Show an offer and note that it was read; for the page, when a person opens it."""
        offers.record_view(self.get_object(), at=timezone.now())
        return self._shown()

    @documented(
        summary="Accept an offer", request=shapes.AcceptOfferSerializer, responses={200: Shape}
    )
    def accept(self, request: Request, token: str) -> Response:
        """
        Accept exactly what was read, once.

        Example: `{"content_hash": "9f...", "name": "J. García"}`.
        """
        version = self.get_object()
        offers.accept_version(
            version,
            **self.validated(),
            address=current().address,
            actor=None,
            at=timezone.now(),
        )
        return self._shown()

    @documented(
        summary="Decline an offer", request=shapes.DeclineOfferSerializer, responses={200: Shape}
    )
    def decline(self, request: Request, token: str) -> Response:
        """Say no. Example: `{"reason": "price", "note": "Above our budget"}`."""
        version = self.get_object()
        given = {"reason": DeclineReason.OTHER, **self.validated()}
        offers.decline_offer(version, **given, address=current().address, at=timezone.now())
        return self._shown()

    def _shown(self) -> Response:
        at = timezone.now()
        version = shown_to_customer(self.get_object(), at=at)
        return Response(Shape(version, context={"now": at}).data)
