from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from dispatcher.models import Assignment, AssignmentStatus
from dispatcher.serializers.schedules import (
    AssignmentCheckSerializer,
    AssignmentDetailSerializer,
    AssignmentSerializer,
    AssignSerializer,
    CheckAssignmentSerializer,
    MoveAssignmentSerializer,
)
from dispatcher.services import assignments
from dispatcher.services.assignments import Wish
from dispatcher.views.deeds import DispatchDeedViewSet

Detail = AssignmentDetailSerializer


class AssignmentFilter(StrictFilterSet):
    """Filters of the assignments."""

    schedule = filters.NumberFilter(min_value=1, max_value=2**62)
    center = filters.CharFilter(field_name="schedule__center__code")
    day = filters.DateFilter(field_name="schedule__day")
    status = filters.MultipleChoiceFilter(choices=AssignmentStatus.choices)
    operation = filters.CharFilter(field_name="operation__number")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    pilot = filters.NumberFilter(min_value=1, max_value=2**62)
    occupied_after = MomentFilter(field_name="occupied_until", lookup_expr="gt")
    occupied_before = MomentFilter(field_name="occupied_from", lookup_expr="lt")

    class Meta:
        model = Assignment
        fields: list[str] = []


class AssignmentViewSet(DispatchDeedViewSet):
    """Who flies which operation with what and when."""

    queryset = Assignment.objects.select_related(
        "schedule__center", "operation__plan", "aircraft", "pilot"
    ).order_by("-start_at", "pk")
    serializer_class = AssignmentDetailSerializer
    filterset_class = AssignmentFilter
    ordering_fields = ["start_at", "end_at", "status"]
    input_serializers = {
        "create": AssignSerializer,
        "check": CheckAssignmentSerializer,
        "move": MoveAssignmentSerializer,
        "withdraw": ReasonSerializer,
        "pin": ReasonSerializer,
    }
    action_permissions = {
        "history": "view",
        "check": "add",
        "move": "change",
        "unpin": "pin",
    }

    def get_serializer_class(self) -> type:
        if self.action == "list":
            return AssignmentSerializer
        return AssignmentDetailSerializer

    @documented(summary="Assign by hand", request=AssignSerializer, responses={201: Detail})
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Assign one operation, or move it.

        Proposed while the day is planned, in force at once when it is published. What the ledger
        holds for others is a 409 with the rows; a red finding needs a reason to take it on. With
        `If-None-Match: *` an operation that somebody assigned meanwhile is a 412.
        """
        given = self.validated()
        schedule, because = given.pop("schedule"), given.pop("accepted_because", "")
        row = assignments.assign(
            schedule,
            Wish(**given),
            accepted_because=because,
            is_new=request.headers.get("If-None-Match", "").strip() == "*",
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Look at an assignment before it is saved",
        request=CheckAssignmentSerializer,
        responses={200: AssignmentCheckSerializer},
    )
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What the rules, the ledger and the plan say of it; nothing is written."""
        given = self.validated()
        schedule = given.pop("schedule")
        found = assignments.check_assignment(schedule, Wish(**given), at=timezone.now())
        return Response(AssignmentCheckSerializer(found).data)

    @documented(
        summary="Move an assignment", request=MoveAssignmentSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def move(self, request: Request, pk: str) -> Response:
        """Another aircraft, pilot or time. Needs If-Match: the row that was looked at."""
        row, given = self.get_object(), self.validated()
        because = given.pop("accepted_because", "")
        moved = assignments.move_assignment(
            row,
            Wish(operation=row.operation, **given),
            accepted_because=because,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(moved)

    @documented(
        summary="Take an operation off the plan", request=ReasonSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, pk: str) -> Response:
        """Withdraw an assignment; one in force gives back all it held."""
        return self._reasoned(assignments.withdraw_assignment)

    @documented(summary="Pin an assignment", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def pin(self, request: Request, pk: str) -> Response:
        """Keep an assignment as it is, whatever is planned anew."""
        return self._reasoned(assignments.pin_assignment)

    @documented_action(summary="Let a pinned assignment go", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def unpin(self, request: Request, pk: str) -> Response:
        """The next plan may move it."""
        return self.run(
            assignments.unpin_assignment, version=self.expected_version(is_required=False)
        )

    def _reasoned(self, service: assignments.Reasoned) -> Response:
        row = self.get_object()
        done = service(
            row,
            because=self.validated()["reason"][:500],
            version=self.expected_version(is_required=False),
            actor=self.request.user,
            at=timezone.now(),
        )
        return self.respond(done)
