from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from flight_operations.models import ChecklistItem, PreFlightChecklist
from flight_operations.serializers.checklists import (
    AnswerItemSerializer,
    ChecklistSerializer,
    OpenChecklistSerializer,
)
from flight_operations.services import checklists

Detail = ChecklistSerializer
ITEMS = ChecklistItem.objects.select_related("answered_by").order_by("sequence", "pk")


class ChecklistFilter(StrictFilterSet):
    """Filters of the checklists list."""

    operation = filters.CharFilter(field_name="operation__number")
    operator = filters.CharFilter(field_name="operation__operator__name")
    is_frozen = YesNoFilter(field_name="frozen_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = PreFlightChecklist
        fields: list[str] = []


class ChecklistViewSet(ReadViewSet):
    """Pre-flight checklists, each named by its operation."""

    tag = "flight-operations"
    queryset = PreFlightChecklist.objects.select_related("operation").order_by("-pk")
    serializer_class = ChecklistSerializer
    lookup_field = "operation__number"
    lookup_url_kwarg = "number"
    lookup_value_regex = "[A-Z]{2}-[0-9]{4}-[0-9]{4,9}"
    filterset_class = ChecklistFilter
    search_fields = ["operation__number", "operation__title"]
    ordering_fields = ["created_at"]
    input_serializers = {"create": OpenChecklistSerializer, "answer": AnswerItemSerializer}
    action_permissions = {"answer": "tick", "refresh": "tick"}

    def get_queryset(self) -> Any:
        return super().get_queryset().prefetch_related(Prefetch("items", queryset=ITEMS))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @documented(
        summary="Open a checklist", request=OpenChecklistSerializer, responses={201: Detail}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Lay out an operation's checklist; inspection and weather fill themselves where known."""
        operation = self.validated()["operation"]
        checklist = checklists.open_checklist(operation, actor=request.user, at=timezone.now())
        return self.respond(checklist, status.HTTP_201_CREATED)

    @documented(summary="Answer an item", request=AnswerItemSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def answer(self, request: Request, number: str) -> Response:
        """
        Write down what was found, with the evidence.

        An item that a person already answered is refused (409) unless `is_correction` is set; a
        frozen checklist takes no answers (409). An If-Match with the checklist's ETag is honored.
        """
        checklist = self.get_object()
        given = self.validated()
        item = get_object_or_404(checklist.items, code=given.pop("item"))
        checklists.answer_item(
            item,
            **given,
            actor=request.user,
            at=timezone.now(),
            version=self.expected_version(is_required=False),
        )
        return self.respond(checklist)

    @documented_action(summary="Refresh what the system knows", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def refresh(self, request: Request, number: str) -> Response:
        """Fill in the aircraft inspection and the weather from today's records."""
        checklist = self.get_object()
        checklists.refresh_system_items(checklist.operation, at=timezone.now())
        return self.respond(checklist)
