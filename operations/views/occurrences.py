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
from operations.models import Occurrence, OccurrenceClass, OccurrenceKind, OccurrenceStatus
from operations.queries.occurrences import with_clock
from operations.serializers import occurrences as shapes
from operations.services import occurrences
from operations.views.deeds import TripPartViewSet, trip_filter
from users.requests import UserRequest


class OccurrenceFilter(StrictFilterSet):
    """Filters of occurrences."""

    status = filters.MultipleChoiceFilter(choices=OccurrenceStatus.choices)
    event = filters.MultipleChoiceFilter(choices=OccurrenceClass.choices)
    kind = filters.ChoiceFilter(choices=OccurrenceKind.choices)
    aircraft = filters.CharFilter(field_name="aircraft__tail_number")
    trip = trip_filter()
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")
    clock = filters.ChoiceFilter(
        method="by_clock",
        choices=[("green", "green"), ("amber", "amber"), ("red", "red")],
        help_text="How the clocks of notice and report stand now: green, amber or red.",
    )

    class Meta:
        model = Occurrence
        fields: list[str] = []

    def by_clock(self, rows: QuerySet, name: str, color: str) -> QuerySet:
        return with_clock(rows, color, now=timezone.now())


class OccurrenceViewSet(HistoryMixin, TripPartViewSet):
    """Accidents, serious incidents and overdue aircraft, and what the NTSB is told (49 CFR 830)."""

    queryset = Occurrence.objects.select_related("aircraft", "trip", "leg", "reported_by").order_by(
        "-occurred_at", "-pk"
    )
    serializer_class = shapes.OccurrenceSerializer
    lookup_field = "number"
    lookup_value_regex = "OC-[0-9]{4}-[0-9]{4,9}"
    filterset_class = OccurrenceFilter
    search_fields = ["number", "place", "notice_reference", "report_reference"]
    ordering_fields = ["number", "occurred_at", "report_due_at", "status"]
    input_serializers = {
        "create": shapes.ReportOccurrenceSerializer,
        "partial_update": shapes.AmendOccurrenceSerializer,
        "notify": shapes.NoticeSerializer,
        "file": shapes.FiledReportSerializer,
        "investigate": ReasonSerializer,
        "close": ReasonSerializer,
    }
    action_permissions = {"history": "view"}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @documented(
        summary="Report an occurrence",
        request=shapes.ReportOccurrenceSerializer,
        responses={201: shapes.OccurrenceSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Report an accident, a listed serious incident or an overdue aircraft; the answer says what
        the NTSB is told, and until when.

        Example: `{"leg": 41, "kind": "fire", "occurred_at": "2026-12-01T06:10:00Z",
        "place": "20 NM east of YSCB", "narrative": "Smoke, then fire in the left nacelle.",
        "damage": "substantial"}`.
        """
        occurrence = occurrences.report_occurrence(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(occurrence, status.HTTP_201_CREATED)

    @documented(
        summary="Amend an occurrence",
        request=shapes.AmendOccurrenceSerializer,
        responses={200: shapes.OccurrenceSerializer},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Until it is closed. Needs If-Match. Example: `{"injuries": "serious"}`."""
        occurrence, changes = self.get_object(), self.validated()
        amended = occurrences.amend_occurrence(
            occurrence,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(amended)

    @documented(
        summary="Record the notice to the NTSB",
        request=shapes.NoticeSerializer,
        responses={200: shapes.OccurrenceSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def notify(self, request: UserRequest, number: str) -> Response:
        """The NTSB was told, with time and reference; that clock stops."""
        return self.run(occurrences.record_notice)

    @documented(
        summary="Record the report to the NTSB",
        request=shapes.FiledReportSerializer,
        responses={200: shapes.OccurrenceSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def file(self, request: UserRequest, number: str) -> Response:
        """Form 6120.1 was filed; that clock stops."""
        return self.run(occurrences.record_report)

    @documented(
        summary="Investigate an occurrence",
        request=ReasonSerializer,
        responses={200: shapes.OccurrenceSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def investigate(self, request: UserRequest, number: str) -> Response:
        """Open the investigation, or open it again."""
        return self.run(occurrences.investigate_occurrence)

    @documented(
        summary="Close an occurrence",
        request=ReasonSerializer,
        responses={200: shapes.OccurrenceSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: UserRequest, number: str) -> Response:
        """Close an occurrence; refused (409) while the notice or the report is missing."""
        return self.run(occurrences.close_occurrence)
