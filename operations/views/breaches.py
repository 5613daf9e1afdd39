from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from operations.models import BreachStatus, PrivacyBreach
from operations.queries.breaches import with_breach_color
from operations.serializers import breaches as shapes
from operations.services import breaches
from operations.views.deeds import TripPartViewSet, trip_filter
from users.requests import UserRequest


class PrivacyBreachFilter(StrictFilterSet):
    """Filters of privacy breaches."""

    status = filters.MultipleChoiceFilter(choices=BreachStatus.choices)
    trip = trip_filter()
    discovered_from = MomentFilter(field_name="discovered_at", lookup_expr="gte")
    discovered_until = MomentFilter(field_name="discovered_at", lookup_expr="lt")
    clock = filters.ChoiceFilter(
        method="by_clock",
        choices=[("green", "green"), ("amber", "amber"), ("red", "red")],
        help_text="How the clock of the notice stands now: green, amber or red.",
    )

    class Meta:
        model = PrivacyBreach
        fields: list[str] = []

    def by_clock(self, rows: QuerySet, name: str, color: str) -> QuerySet:
        return with_breach_color(rows, color, now=timezone.now())


class PrivacyBreachViewSet(HistoryMixin, TripPartViewSet):
    """Breaches of health information, and when their persons are told (45 CFR 164.404)."""

    queryset = PrivacyBreach.objects.select_related("trip", "reported_by").order_by(
        "-discovered_at", "-pk"
    )
    serializer_class = shapes.PrivacyBreachSerializer
    lookup_field = "number"
    lookup_value_regex = "PB-[0-9]{4}-[0-9]{4,9}"
    filterset_class = PrivacyBreachFilter
    search_fields = ["number"]
    ordering_fields = ["number", "discovered_at", "status"]
    input_serializers = {
        "create": shapes.ReportBreachSerializer,
        "partial_update": shapes.AmendBreachSerializer,
        "notify": shapes.PersonsToldSerializer,
        "rule_out": ReasonSerializer,
        "reopen": ReasonSerializer,
        "close": ReasonSerializer,
    }
    action_permissions = {"history": "view", "reopen": "rule_out"}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @documented(
        summary="Report a privacy breach",
        request=shapes.ReportBreachSerializer,
        responses={201: shapes.PrivacyBreachSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Report a breach of health information; the answer says until when its persons are told.

        Example: `{"discovered_at": "2026-12-01T06:10:00Z", "persons_affected": 3,
        "narrative": "A folder with three summaries was left in a taxi."}`.
        """
        breach = breaches.report_breach(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(breach, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a privacy breach",
        request=shapes.AmendBreachSerializer,
        responses={200: shapes.PrivacyBreachSerializer},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Until its persons are told. Needs If-Match. Example: `{"persons_affected": 5}`."""
        breach, changes = self.get_object(), self.validated()
        amended = breaches.amend_breach(
            breach,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(amended)

    @documented(
        summary="Record the notice to the persons of a breach",
        request=shapes.PersonsToldSerializer,
        responses={200: shapes.PrivacyBreachSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def notify(self, request: UserRequest, number: str) -> Response:
        """
        The persons were told, when and how; the clock stops.

        Example: `{"notified_at": "2026-12-09T01:00:00Z", "notice": "First-class mail"}`.
        """
        return self.run(breaches.record_persons_told)

    @documented(
        summary="Rule a privacy breach out",
        request=ReasonSerializer,
        responses={200: shapes.PrivacyBreachSerializer},
    )
    @action(detail=True, methods=["post"], url_path="rule-out")
    @idempotent
    def rule_out(self, request: UserRequest, number: str) -> Response:
        """
        By a risk assessment the data were hardly compromised; the clock stops.

        Example: `{"reason": "Returned sealed and unopened within the hour."}`.
        """
        return self.run(breaches.rule_out_breach)

    @documented(
        summary="Reopen a privacy breach",
        request=ReasonSerializer,
        responses={200: shapes.PrivacyBreachSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: UserRequest, number: str) -> Response:
        """Presume a breach again; the clock runs from the same day as before."""
        return self.run(breaches.reopen_breach)

    @documented(
        summary="Close a privacy breach",
        request=ReasonSerializer,
        responses={200: shapes.PrivacyBreachSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: UserRequest, number: str) -> Response:
        """Close a breach; refused (409) while its persons were not told."""
        return self.run(breaches.close_breach)
