"""Paying an invoice over its link: no account, no cookie, nothing but the bill."""

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.throttling import AccountThrottle
from common.api.viewsets import ReadViewSet, ServiceViewSet
from finance.models import PaymentLink
from finance.pay_tokens import address_of
from finance.queries.pay_links import last_attempt, link_by_token, page_of
from finance.serializers import pay_links as shapes
from finance.services import payment_links, payments, reconciliation
from users.requests import UserRequest


class PayLinkThrottle(AccountThrottle):
    """The limit of requests per address for who comes without an account."""

    scope = "pay_link"


class PayViewSet(ServiceViewSet):
    """A bill and the way to pay it, for whoever has its link. A wrong link finds nothing."""

    tag = "finance"
    queryset = PaymentLink.objects.order_by("-pk")
    serializer_class = shapes.PayPageSerializer
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [PayLinkThrottle]
    filter_backends = []
    further_errors = (410,)
    lookup_field = "token"
    lookup_value_regex = "[^/]+"
    input_serializers = {"checkout": shapes.OpenCheckoutSerializer}

    def get_object(self) -> Any:
        link = link_by_token(str(self.kwargs["token"]))
        if link is None:
            raise NotFound
        return link

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        # The address is the key: it must stay out of caches and of other sites' logs.
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    @documented(summary="Read a bill", responses={200: shapes.PayPageSerializer})
    def retrieve(self, request: Request, token: str) -> Response:
        """
        Number, amounts and where it can be paid; payers come back here, too.

        410 without a figure once the link was withdrawn or has expired.
        """
        return self._shown()

    @documented(
        summary="Pay a bill",
        request=shapes.OpenCheckoutSerializer,
        responses={200: shapes.CheckoutSerializer},
    )
    def checkout(self, request: Request, token: str) -> Response:
        """
        The provider's page to pay on; the same page in every tab while it is open.

        Example: `{"provider": "stripe"}`.
        """
        at = timezone.now()
        intent = payments.record_checkout(self.get_object(), **self.validated(), at=at)
        intent = payments.carry_out(intent, actor=None, at=at)
        shown = {
            "provider": intent.provider,
            "status": intent.status,
            "url": intent.checkout_url,
        }
        return Response(shapes.CheckoutSerializer(shown).data)

    @documented_action(summary="Come back from paying", responses={200: shapes.PayPageSerializer})
    def back(self, request: Request, token: str) -> Response:
        """Ask the provider how the last attempt stands, and show the bill."""
        link = self.get_object()
        last = last_attempt(link)
        if last is not None:
            reconciliation.ask_for_payer(last, at=timezone.now())
        return self._shown()

    def _shown(self) -> Response:
        page = page_of(self.get_object(), at=timezone.now())
        return Response(shapes.PayPageSerializer(page).data)


class PaymentLinkFilter(StrictFilterSet):
    """Filters of links."""

    invoice = filters.CharFilter(field_name="invoice__number")

    class Meta:
        model = PaymentLink
        fields: list[str] = []


class PaymentLinkViewSet(ReadViewSet):
    """Links at which invoices are paid without an account."""

    tag = "finance"
    queryset = PaymentLink.objects.select_related("invoice").order_by("-pk")
    serializer_class = shapes.PaymentLinkSerializer
    filterset_class = PaymentLinkFilter
    ordering_fields = ["expires_at"]
    input_serializers = {"create": shapes.MakePaymentLinkSerializer}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "address_of": address_of}

    @documented(
        summary="Make a link to pay",
        request=shapes.MakePaymentLinkSerializer,
        responses={201: shapes.PaymentLinkSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """The link that stands, or a new one. Example: `{"invoice": "INV-2026-00042"}`."""
        link = payment_links.link_to_pay(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(link, status.HTTP_201_CREATED)

    @documented_action(
        summary="Revoke a link to pay", responses={200: shapes.PaymentLinkSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """Make a link useless; a page of a provider that is open stays so."""
        link = payment_links.revoke_link(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(link)
