from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from rpas.models import (
    F2MaintenanceSchedule,
    MaintenancePriority,
    MaintenanceRecord,
    TriggerKind,
)
from rpas.serializers import maintenance as shapes
from rpas.services import maintenance
from rpas.views.technical_log import OfAircraftFilter
from users.requests import UserRequest

Shape = shapes.MaintenanceScheduleSerializer


class ScheduleFilter(OfAircraftFilter):
    """Filters of maintenance items."""

    kind = filters.ChoiceFilter(choices=TriggerKind.choices)
    priority = filters.ChoiceFilter(choices=MaintenancePriority.choices)
    is_active = YesNoFilter()
    is_triggered = YesNoFilter()
    due_until = filters.DateFilter(field_name="next_due_on", lookup_expr="lte")

    class Meta:
        model = F2MaintenanceSchedule
        fields: list[str] = []


class MaintenanceScheduleViewSet(ReadViewSet):
    """Maintenance items and when they are next due; of several intervals the first counts."""

    tag = "rpas"
    queryset = F2MaintenanceSchedule.objects.select_related("aircraft").order_by("-pk")
    serializer_class = shapes.MaintenanceScheduleSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = ScheduleFilter
    search_fields = ["title", "reference", "aircraft__registration"]
    ordering_fields = ["next_due_on", "next_due_min", "priority"]
    input_serializers = {
        "create": shapes.AddScheduleSerializer,
        "partial_update": shapes.UpdateScheduleSerializer,
        "complete": shapes.CompleteMaintenanceSerializer,
        "trigger": ReasonSerializer,
    }
    action_permissions = {"records": "view"}

    @documented(
        summary="Add a maintenance item",
        request=shapes.AddScheduleSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Add an item.

        Examples: `{"aircraft": "RPA-0042", "title": "50 h inspection", "kind": "flight_hours",
        "interval_min": 3000, "reference": "Maker's manual 4.2"}`, `{"aircraft": "RPA-0042",
        "title": "Hard landing check", "kind": "conditional", "condition": "Hard landing"}`.
        """
        schedule = maintenance.add_schedule(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(schedule, status.HTTP_201_CREATED)

    @documented(
        summary="Change a maintenance item",
        request=shapes.UpdateScheduleSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change an item; when it is next due follows. Needs If-Match."""
        schedule = maintenance.update_schedule(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(schedule)

    @documented(
        summary="Complete maintenance",
        request=shapes.CompleteMaintenanceSerializer,
        responses={201: shapes.MaintenanceRecordSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def complete(self, request: UserRequest, pk: str) -> Response:
        """
        Record what was done; date, name and ARN together, or none of them.

        Example: `{"work_done": "50 h inspection, motors 1-4 replaced", "parts": "4 x M-6215"}`.
        """
        record = maintenance.complete_maintenance(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        data = shapes.MaintenanceRecordSerializer(record).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented(summary="Report the condition", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def trigger(self, request: UserRequest, pk: str) -> Response:
        """Make a conditional item due. Example: `{"reason": "Hard landing at 10:42"}`."""
        schedule = maintenance.trigger_conditional(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(schedule)

    @documented(
        summary="List what was done",
        responses={200: shapes.MaintenanceRecordSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def records(self, request: Request, pk: str) -> Response:
        """Completions of the item, latest first (the last 200)."""
        rows = MaintenanceRecord.objects.filter(schedule=self.get_object())
        rows = rows.select_related("aircraft").order_by("-pk")[:200]
        return Response(shapes.MaintenanceRecordSerializer(rows, many=True).data)
