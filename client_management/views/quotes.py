from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from client_management import links
from client_management.models import ServiceQuote, ServiceQuoteLine, ServiceQuoteStatus
from client_management.serializers import quotes as shapes
from client_management.serializers.jobs import JobDetailSerializer
from client_management.services import offers, quotes
from client_management.views.base import ClientDeskViewSet
from client_management.views.jobs import job_with_progress
from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from users.requests import UserRequest

Detail = shapes.ServiceQuoteDetailSerializer
LINES = Prefetch("lines", ServiceQuoteLine.objects.order_by("sequence"))


class ServiceQuoteFilter(StrictFilterSet):
    """Filters of quotes."""

    organization = filters.CharFilter(field_name="request__organization__number")
    request = filters.CharFilter(field_name="request__number")
    status = filters.MultipleChoiceFilter(choices=ServiceQuoteStatus.choices)

    class Meta:
        model = ServiceQuote
        fields: list[str] = []


class ServiceQuoteViewSet(HistoryMixin, ClientDeskViewSet):
    """Offers to clients: priced from an assessment, sent, answered."""

    queryset = ServiceQuote.objects.select_related("request__organization", "contract").order_by(
        "-pk"
    )
    serializer_class = shapes.ServiceQuoteSerializer
    lookup_field = "number"
    lookup_value_regex = "SQ-[0-9]{4}-[0-9]{4,8}"
    filterset_class = ServiceQuoteFilter
    search_fields = ["number", "request__number", "request__title"]
    ordering_fields = ["number", "valid_until", "status"]
    input_serializers = {
        "create": shapes.PriceRequestSerializer,
        "override": shapes.OverrideServiceLineSerializer,
        "accept": shapes.RecordYesSerializer,
        "decline": ReasonSerializer,
        "withdraw": ReasonSerializer,
    }
    action_permissions = {"history": "view", "accept": "answer", "decline": "answer"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset().defer("request__area")
        return rows if self.action == "list" else rows.prefetch_related(LINES)

    def get_serializer_class(self) -> Any:
        return shapes.ServiceQuoteSerializer if self.action == "list" else Detail

    @documented(
        summary="Price a request",
        request=shapes.PriceRequestSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Price a request by its last assessment and its contract; an older draft is superseded.

        Example: `{"request": "SR-2026-0007", "adjustments": {"travel_km": "120"}, "discount":
        {"percent": "5", "reason": "Second site"}}`.
        """
        return self.add(quotes.price_request)

    @documented(
        summary="Agree on another amount",
        request=shapes.OverrideServiceLineSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def override(self, request: UserRequest, number: str) -> Response:
        """
        Charge another amount for a line of a draft; what was computed stays beside it.

        Example: `{"sequence": 3, "amount": "1500.00", "reason": "Agreed by telephone"}`.
        """
        return self.run(quotes.override_line)

    @documented_action(summary="Send a quote", responses={200: shapes.SentServiceQuoteSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: UserRequest, number: str) -> Response:
        """Give an offer to the client: it never changes again. The answer alone shows its link."""
        response = self._send(request)
        salt = ServiceQuote.objects.values_list("link_salt", flat=True).get(number=number)
        response.data = {**response.data, "link": links.quote_address(salt)}
        response["Cache-Control"] = "no-store"
        return response

    @idempotent
    def _send(self, request: UserRequest) -> Response:
        return self.run(offers.send_quote)

    @documented(
        summary="Record a client's yes",
        request=shapes.RecordYesSerializer,
        responses={201: JobDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: UserRequest, number: str) -> Response:
        """
        Record that the client accepted exactly the offer with this hash; answers with the job.

        Example: `{"content_hash": "9f...", "purchase_order": "PO 4711"}`.
        """
        job = offers.accept_quote(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        shape = JobDetailSerializer(job_with_progress(job.pk))
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(summary="Record a client's no", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: UserRequest, number: str) -> Response:
        """Record that the client declined. Example: `{"reason": "Too late"}`."""
        return self.run(offers.decline_quote)

    @documented(summary="Withdraw an offer", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: UserRequest, number: str) -> Response:
        """Take an offer back. Example: `{"reason": "Aircraft out of service"}`."""
        return self.run(offers.withdraw_quote)
