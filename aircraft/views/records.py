from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from aircraft.models import Defect, DefectStatus, FlightHours, HoursKind, RepairCategory
from aircraft.serializers import records as shapes
from aircraft.serializers.fields import SignedWorkSerializer
from aircraft.services import defects, hours
from aircraft.views.maintenance import OfTailFilter
from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.requests import UserRequest

Shape = shapes.CrewedDefectSerializer


class CrewedDefectFilter(OfTailFilter):
    """Filters of defects."""

    status = filters.MultipleChoiceFilter(choices=DefectStatus.choices)
    category = filters.MultipleChoiceFilter(choices=RepairCategory.choices)
    limit_until = filters.DateFilter(field_name="limit_on", lookup_expr="lte")

    class Meta:
        model = Defect
        fields: list[str] = []


class DefectViewSet(HistoryMixin, ReadViewSet):
    """Defects from found to certified; an open one grounds its aircraft."""

    tag = "aircraft"
    queryset = Defect.objects.select_related("aircraft", "found_by").order_by("-pk")
    serializer_class = Shape
    lookup_field = "number"
    lookup_value_regex = "DF-[0-9]{4}-[0-9]{4,8}"
    filterset_class = CrewedDefectFilter
    search_fields = ["number", "description", "mel_item", "aircraft__tail_number"]
    ordering_fields = ["found_at", "limit_on", "number"]
    input_serializers = {
        "create": shapes.RaiseCrewedDefectSerializer,
        "defer": shapes.DeferCrewedDefectSerializer,
        "extend": shapes.ExtendDeferralSerializer,
        "rectify": shapes.RectifyCrewedDefectSerializer,
        "certify": SignedWorkSerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Raise a defect",
        request=shapes.RaiseCrewedDefectSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write a defect down; until deferred or put right the aircraft may not fly.

        Example: `{"aircraft": "N350WS", "description": "Weather radar inoperative", "ata_chapter":
        "34-41"}`.
        """
        defect = defects.raise_defect(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(defect, status.HTTP_201_CREATED)

    @documented(
        summary="Defer a defect",
        request=shapes.DeferCrewedDefectSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def defer(self, request: UserRequest, number: str) -> Response:
        """
        Let a defect wait under the minimum equipment list: A as stated, B 3, C 10, D 120 days.

        Example: `{"mel_item": "34-41-01", "category": "C", "conditions": "Day VMC only"}`.
        """
        return self._run(defects.defer_defect)

    @documented(
        summary="Extend a deferral",
        request=shapes.ExtendDeferralSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def extend(self, request: UserRequest, number: str) -> Response:
        """
        Give a deferred defect of category B or C more time, once.

        Example: `{"limit_on": "2026-12-12", "reason": "Part on order, due 10 December"}`.
        """
        return self._run(defects.extend_deferral)

    @documented(
        summary="Rectify a defect",
        request=shapes.RectifyCrewedDefectSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def rectify(self, request: UserRequest, number: str) -> Response:
        """Record how it was put right. Example: `{"action": "Antenna drive replaced",
        "license_number": "3541208"}`."""
        return self._run(defects.rectify_defect)

    @documented(
        summary="Certify after a rectification",
        request=SignedWorkSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def certify(self, request: UserRequest, number: str) -> Response:
        """Release the aircraft to service. Example: `{"license_number": "3541208"}`."""
        return self._run(defects.certify_defect)

    def _run(self, service: Callable[..., Any]) -> Response:
        defect = service(
            self.get_object(), **self.validated(), actor=self.request.user, at=timezone.now()
        )
        return self.respond(defect)


class FlightHoursFilter(OfTailFilter):
    """Filters of flight hours."""

    kind = filters.ChoiceFilter(choices=HoursKind.choices)
    source = filters.CharFilter()
    flown_from = filters.DateFilter(field_name="flown_on", lookup_expr="gte")
    flown_until = filters.DateFilter(field_name="flown_on", lookup_expr="lt")

    class Meta:
        model = FlightHours
        fields: list[str] = []


class FlightHoursViewSet(ReadViewSet):
    """What aircraft have flown, with progressive totals; never changed, only corrected."""

    tag = "aircraft"
    queryset = FlightHours.objects.select_related("aircraft").order_by("-pk")
    serializer_class = shapes.FlightHoursSerializer
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = NewestFirstCursorPagination
    filterset_class = FlightHoursFilter
    search_fields = ["source", "aircraft__tail_number"]
    input_serializers = {
        "create": shapes.RecordHoursSerializer,
        "correct": shapes.CorrectHoursSerializer,
    }

    @documented(
        summary="Record flight hours",
        request=shapes.RecordHoursSerializer,
        responses={201: shapes.FlightHoursSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Copy a page of the paper log; flights of trips are recorded when their legs close.

        The same page again answers with the entry that is there, other figures with 409.
        Example: `{"aircraft": "N350WS", "log_page": "00417", "flown_on": "2026-11-21", "minutes":
        94, "cycles": 1, "landings": 1}`.
        """
        given = self.validated()
        # A tail number may change and go to another aircraft.
        page = f"page:{given['aircraft'].pk}/{given.pop('log_page')}"
        entry = hours.record_hours(**given, source=page, actor=request.user, at=timezone.now())
        return self.respond(entry, status.HTTP_201_CREATED)

    @documented(
        summary="Correct flight hours",
        request=shapes.CorrectHoursSerializer,
        responses={201: shapes.FlightHoursSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: UserRequest, pk: str) -> Response:
        """Add a correction. Example: `{"minutes_delta": -6, "reason": "Page 417 misread"}`."""
        entry = hours.correct_hours(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)
