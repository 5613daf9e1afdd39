from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.serializers import EmptyCommandSerializer, ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from rpas.models import (
    DefectSeverity,
    DefectStatus,
    EntryKind,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2TechnicalLogPartA,
    PartAStatus,
)
from rpas.serializers import technical_log as shapes
from rpas.services import defects, flights, technical_logs
from users.requests import UserRequest


class OfAircraftFilter(StrictFilterSet):
    """Filters of what belongs to an aircraft."""

    aircraft = filters.CharFilter(field_name="aircraft__registration")
    operator = filters.CharFilter(field_name="aircraft__operator__name")


class PartAFilter(OfAircraftFilter):
    """Filters of Part A."""

    status = filters.MultipleChoiceFilter(choices=PartAStatus.choices)

    class Meta:
        model = F2TechnicalLogPartA
        fields: list[str] = []


class TechnicalLogViewSet(HistoryMixin, ReadViewSet):
    """Part A of the F2 technical log: the certification that an aircraft is serviceable."""

    tag = "rpas"
    queryset = F2TechnicalLogPartA.objects.select_related("aircraft", "issued_by").order_by("-pk")
    serializer_class = shapes.PartASerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9][A-Z0-9-]{1,31}"
    filterset_class = PartAFilter
    search_fields = ["number", "aircraft__registration"]
    ordering_fields = ["number", "issued_at"]
    input_serializers = {
        "create": shapes.DraftPartASerializer,
        "issue": shapes.IssuePartASerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Draft Part A",
        request=shapes.DraftPartASerializer,
        responses={201: shapes.PartASerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Begin a new Part A with the aircraft's header, numbered like `RPA-0042-2026-001`.

        Example: `{"aircraft": "RPA-0042", "schedule_reference": "Maker's manual rev. 4"}`.
        """
        part_a = technical_logs.draft_part_a(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(part_a, status.HTTP_201_CREATED)

    @documented(
        summary="Issue Part A",
        request=shapes.IssuePartASerializer,
        responses={200: shapes.PartASerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def issue(self, request: UserRequest, number: str) -> Response:
        """
        Certify that the aircraft is serviceable; the header freezes, the former is superseded.

        Refused (409) while a major defect is open or maintenance is due, and without an ARN.
        Example: `{}`.
        """
        part_a = technical_logs.issue_part_a(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(part_a)


class PartBFilter(OfAircraftFilter):
    """Filters of Part B."""

    kind = filters.MultipleChoiceFilter(choices=EntryKind.choices)
    entry_from = filters.DateFilter(field_name="entry_on", lookup_expr="gte")
    entry_until = filters.DateFilter(field_name="entry_on", lookup_expr="lt")
    operation_number = filters.CharFilter()

    class Meta:
        model = F2FlightHoursEntry
        fields: list[str] = []


class FlightHoursViewSet(ReadViewSet):
    """Part B of the F2 technical log, newest first; entries are only ever added."""

    tag = "rpas"
    queryset = F2FlightHoursEntry.objects.select_related("aircraft", "part_a").order_by("-pk")
    serializer_class = shapes.PartBEntrySerializer
    pagination_class = NewestFirstCursorPagination
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = PartBFilter
    input_serializers = {
        "daily_inspection": shapes.DailyInspectionSerializer,
        "correct": shapes.CorrectEntrySerializer,
    }

    @documented(
        summary="Certify a daily inspection",
        request=shapes.DailyInspectionSerializer,
        responses={201: shapes.PartBEntrySerializer},
    )
    @action(detail=False, methods=["post"], url_path="daily-inspection")
    @idempotent
    def daily_inspection(self, request: UserRequest) -> Response:
        """
        Write the daily inspection of the operator's local day; open minor defects are all listed.

        Example: `{"aircraft": "RPA-0042", "is_satisfactory": true, "defects_checked": [17]}`.
        """
        entry = flights.record_daily_inspection(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)

    @documented(
        summary="Correct an entry",
        request=shapes.CorrectEntrySerializer,
        responses={201: shapes.PartBEntrySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: UserRequest, pk: str) -> Response:
        """
        Add the signed difference to an entry as a new entry; totals follow, the old one stays.

        Example: `{"minutes_delta": -5, "reason": "Landing time was misread"}`.
        """
        entry = flights.correct_entry(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)


class DefectFilter(OfAircraftFilter):
    """Filters of defects."""

    severity = filters.ChoiceFilter(choices=DefectSeverity.choices)
    status = filters.MultipleChoiceFilter(choices=DefectStatus.choices)

    class Meta:
        model = F2DefectEntry
        fields: list[str] = []


class DefectViewSet(HistoryMixin, ReadViewSet):
    """Defects; a major one grounds the aircraft, a minor one is looked at every day."""

    tag = "rpas"
    queryset = F2DefectEntry.objects.select_related("aircraft", "part_a").order_by("-pk")
    serializer_class = shapes.DefectSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = DefectFilter
    search_fields = ["description", "aircraft__registration"]
    ordering_fields = ["found_at", "severity", "status"]
    input_serializers = {
        "create": shapes.RaiseDefectSerializer,
        "defer": ReasonSerializer,
        "rectify": shapes.RectifyDefectSerializer,
        "certify": EmptyCommandSerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Raise a defect",
        request=shapes.RaiseDefectSerializer,
        responses={201: shapes.DefectSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write a defect into the log; a major one grounds the aircraft at once.

        Example: `{"aircraft": "RPA-0042", "severity": "major", "description": "Cracked arm"}`.
        """
        defect = defects.raise_defect(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(defect, status.HTTP_201_CREATED)

    @documented(
        summary="Defer a minor defect",
        request=ReasonSerializer,
        responses={200: shapes.DefectSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def defer(self, request: UserRequest, pk: str) -> Response:
        """Leave a minor defect for later. Example: `{"reason": "Part ordered"}`."""
        defect = defects.defer_defect(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(defect)

    @documented(
        summary="Rectify a defect",
        request=shapes.RectifyDefectSerializer,
        responses={200: shapes.DefectSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def rectify(self, request: UserRequest, pk: str) -> Response:
        """
        Record how a defect was put right, by the caller or by the person named.

        Example: `{"action": "Arm replaced", "name": "Kim Fitter", "arn": "712345"}`.
        """
        defect = defects.rectify_defect(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(defect)

    @documented_action(summary="Certify a rectification", responses={200: shapes.DefectSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def certify(self, request: UserRequest, pk: str) -> Response:
        """Certify a rectification, once, by a person with an ARN."""
        defect = defects.certify_defect(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(defect)
