from datetime import UTC, datetime, time

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.views.questions import asked
from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet, ServiceViewSet
from operations.models import Decline, DeclineBy, DeclineReason, Quote
from operations.queries.response_times import response_times
from operations.serializers import declines as shapes
from operations.services import requests
from users.requests import UserRequest


class DeclineFilter(StrictFilterSet):
    """Filters of refusals."""

    by = filters.MultipleChoiceFilter(choices=DeclineBy.choices)
    reason = filters.MultipleChoiceFilter(choices=DeclineReason.choices)
    quote = filters.CharFilter(field_name="quote__number")
    declined_from = MomentFilter(field_name="declined_at", lookup_expr="gte")
    declined_until = MomentFilter(field_name="declined_at", lookup_expr="lt")

    class Meta:
        model = Decline
        fields: list[str] = []


class DeclineViewSet(ReadViewSet):
    """Requests that were not flown, and why; ours, customers' and other operators'."""

    tag = "operations"
    queryset = Decline.objects.select_related("quote", "patient").order_by("-declined_at", "-pk")
    serializer_class = shapes.EarlierDeclineSerializer
    filterset_class = DeclineFilter
    search_fields = ["operator_name", "remarks", "quote__number"]
    ordering_fields = ["declined_at"]
    input_serializers = {"create": shapes.RecordDeclineSerializer}

    @documented(
        summary="Record a refusal",
        request=shapes.RecordDeclineSerializer,
        responses={201: shapes.EarlierDeclineSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Keep a refusal the desk hears of; it closes no quote.

        Example: `{"by": "other_operator", "operator_name": "Sky Care", "reason": "weather",
        "point": {"type": "Point", "coordinates": [149.19, -35.31]}}`.
        """
        decline = requests.record_decline(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(decline, status.HTTP_201_CREATED)


class ResponseTimesViewSet(ServiceViewSet):
    """How fast requests are answered and flown, and how many are lost."""

    tag = "operations"
    queryset = Quote.objects.all()
    serializer_class = shapes.ResponseTimesSerializer
    filter_backends = []
    pagination_class = None
    extra_query = ("start", "end", "fields")

    @documented(
        summary="Report response times",
        responses={200: shapes.ResponseTimesSerializer(many=True)},
        parameters={
            "start": ("string", "First day (UTC), such as 2026-01-01."),
            "end": ("string", "Day after the last one; three years at most."),
        },
        required=("start", "end"),
    )
    def list(self, request: Request) -> Response:
        """
        By month: from the request to the acceptance, and from there to the first take-off; how
        many requests were declined, ran out or were withdrawn.

        Example: `?start=2026-01-01&end=2027-01-01`.
        """
        period = asked(request, shapes.ReportPeriodSerializer)
        found = response_times(start=_midnight(period["start"]), end=_midnight(period["end"]))
        return Response(shapes.ResponseTimesSerializer(found, many=True).data)


def _midnight(day: object) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)  # type: ignore[arg-type]
