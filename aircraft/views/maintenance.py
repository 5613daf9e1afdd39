from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.models import (
    Aircraft,
    MaintenanceLog,
    MaintenanceTask,
    MaintenanceVisit,
    TaskKind,
    VisitStatus,
)
from aircraft.queries.maintenance import maintenance_due
from aircraft.serializers import maintenance as shapes
from aircraft.serializers.questions import DueQuerySerializer, TaskDueSerializer
from aircraft.services import maintenance, visits
from aircraft.views.questions import asked
from common.api.docs import documented, documented_action
from common.api.filters import MomentFilter, StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.serializers import EmptyCommandSerializer, ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.requests import UserRequest

MOST_DUE = 500


class OfTailFilter(StrictFilterSet):
    """Filters of what belongs to one aircraft."""

    aircraft = filters.CharFilter(field_name="aircraft__tail_number")


class TaskFilter(OfTailFilter):
    """Filters of maintenance tasks."""

    kind = filters.MultipleChoiceFilter(choices=TaskKind.choices)
    is_active = YesNoFilter()
    due_until = filters.DateFilter(field_name="next_due_on", lookup_expr="lte")

    class Meta:
        model = MaintenanceTask
        fields: list[str] = []


class TaskViewSet(ReadViewSet):
    """Maintenance tasks and when they are next due; of several limits the first counts."""

    tag = "aircraft"
    queryset = MaintenanceTask.objects.select_related("aircraft").order_by("-pk")
    serializer_class = shapes.MaintenanceTaskSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = TaskFilter
    search_fields = ["title", "reference", "aircraft__tail_number"]
    ordering_fields = ["next_due_on", "next_due_min", "title"]
    input_serializers = {
        "create": shapes.AddTaskSerializer,
        "partial_update": shapes.UpdateTaskSerializer,
        "complete": shapes.CompleteTaskSerializer,
    }
    action_permissions = {"due": "view"}

    @documented(
        summary="Add a maintenance task",
        request=shapes.AddTaskSerializer,
        responses={201: shapes.MaintenanceTaskSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put a task on file; last done today unless said otherwise, at what was flown by that day.

        Kinds that the law names (annual, hundred_hour, altimeter_static, transponder, elt, vor) may
        not be planned more rarely than it allows.

        Example: `{"aircraft": "N350WS", "title": "Phase 1", "kind": "program", "interval_min":
        12000, "interval_months": 24, "tolerance_min": 600, "last_done_on": "2026-05-04",
        "last_done_min": 312000}`.
        """
        task = maintenance.add_task(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(task, status.HTTP_201_CREATED)

    @documented(
        summary="Change a maintenance task",
        request=shapes.UpdateTaskSerializer,
        responses={200: shapes.MaintenanceTaskSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change a task; when it is next due follows. Needs If-Match."""
        task = maintenance.update_task(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(task)

    @documented(
        summary="Complete a maintenance task",
        request=shapes.CompleteTaskSerializer,
        responses={201: shapes.MaintenanceLogSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def complete(self, request: UserRequest, pk: str) -> Response:
        """
        Record the work, the release to service, and when the task is next due.

        Example: `{"work_done": "Phase 1 done per manual 5-20", "license_number": "3541208",
        "name": "R. Okafor"}`.
        """
        log = maintenance.complete_task(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        data = shapes.MaintenanceLogSerializer(log).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented(
        summary="List maintenance due",
        responses={200: TaskDueSerializer(many=True)},
        parameters={"within_days": ("integer", "Days ahead by date, 30 unless given, up to 730.")},
    )
    @action(
        detail=False,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("within_days",),
    )
    def due(self, request: Request) -> Response:
        """What of the fleet is passed, near, or due within the days, worst first (500 at most)."""
        within = asked(request, DueQuerySerializer)["within_days"]
        rows = Aircraft.objects.visible_to(request.user)
        found = maintenance_due(rows, now=timezone.now(), within_days=within)
        return Response(TaskDueSerializer(found[:MOST_DUE], many=True).data)


class LogFilter(OfTailFilter):
    """Filters of the maintenance log."""

    task = filters.NumberFilter(field_name="task_id")
    defect = filters.CharFilter(field_name="defect__number")
    visit = filters.CharFilter(field_name="visit__number")
    completed_from = filters.DateFilter(field_name="completed_on", lookup_expr="gte")
    completed_until = filters.DateFilter(field_name="completed_on", lookup_expr="lt")

    class Meta:
        model = MaintenanceLog
        fields: list[str] = []


class MaintenanceLogViewSet(ReadViewSet):
    """Work that was done on aircraft, with its release to service; never changed."""

    tag = "aircraft"
    queryset = MaintenanceLog.objects.select_related(
        "aircraft", "task", "defect", "visit"
    ).order_by("-pk")
    serializer_class = shapes.MaintenanceLogSerializer
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = NewestFirstCursorPagination
    filterset_class = LogFilter
    search_fields = ["work_done", "released_name", "released_license"]
    input_serializers = {"create": shapes.RecordWorkSerializer}

    @documented(
        summary="Record work",
        request=shapes.RecordWorkSerializer,
        responses={201: shapes.MaintenanceLogSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Record work that belongs to no task, with its release to service.

        Example: `{"aircraft": "N350WS", "work_done": "Left main tire replaced", "parts": "TSO-C62,
        S/N 88121", "license_number": "3541208"}`.
        """
        log = maintenance.record_work(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(log, status.HTTP_201_CREATED)


class VisitFilter(OfTailFilter):
    """Filters of stays in maintenance."""

    status = filters.MultipleChoiceFilter(choices=VisitStatus.choices)
    ends_after = MomentFilter(field_name="end_at", lookup_expr="gt")
    starts_before = MomentFilter(field_name="start_at", lookup_expr="lt")

    class Meta:
        model = MaintenanceVisit
        fields: list[str] = []


class VisitViewSet(HistoryMixin, ReadViewSet):
    """Stays in maintenance, booked in the same ledger as trips."""

    tag = "aircraft"
    queryset = MaintenanceVisit.objects.select_related("aircraft").order_by("-start_at", "-pk")
    serializer_class = shapes.MaintenanceVisitSerializer
    lookup_field = "number"
    lookup_value_regex = "MV-[0-9]{4}-[0-9]{4,8}"
    filterset_class = VisitFilter
    search_fields = ["number", "purpose", "provider", "aircraft__tail_number"]
    ordering_fields = ["start_at", "end_at", "number"]
    input_serializers = {
        "create": shapes.BookVisitSerializer,
        "partial_update": shapes.VisitPeriodSerializer,
        "complete": EmptyCommandSerializer,
        "cancel": ReasonSerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Book maintenance",
        request=shapes.BookVisitSerializer,
        responses={201: shapes.MaintenanceVisitSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Take an aircraft out for maintenance; 409 when it is taken.

        Example: `{"aircraft": "N350WS", "purpose": "Phase 1", "provider": "Treasure Valley Air
        Works", "start_at": "2026-12-01T15:00:00Z", "end_at": "2026-12-04T01:00:00Z"}`.
        """
        visit = visits.book_maintenance(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(visit, status.HTTP_201_CREATED)

    @documented(
        summary="Move a stay in maintenance",
        request=shapes.VisitPeriodSerializer,
        responses={200: shapes.MaintenanceVisitSerializer},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Move a booked stay to another period. Needs If-Match."""
        visit = visits.rebook_maintenance(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(visit)

    @documented_action(
        summary="End a stay in maintenance", responses={200: shapes.MaintenanceVisitSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def complete(self, request: UserRequest, number: str) -> Response:
        """The aircraft is back; what is left of the time is free again."""
        visit = visits.complete_visit(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(visit)

    @documented(
        summary="Cancel a stay in maintenance",
        request=ReasonSerializer,
        responses={200: shapes.MaintenanceVisitSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, number: str) -> Response:
        """Give the time back. Example: `{"reason": "Parts late"}`."""
        visit = visits.cancel_visit(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(visit)
