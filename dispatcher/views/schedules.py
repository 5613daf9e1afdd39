from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from dispatcher.exceptions import RunNotRunning
from dispatcher.models import DispatchSchedule, OptimizationRun, ScheduleStatus
from dispatcher.queries.diffs import plan_diff
from dispatcher.queries.proposals import proposal_of
from dispatcher.serializers.schedules import (
    DispatchScheduleSerializer,
    OpenScheduleSerializer,
    OptimiseSerializer,
    OptimizationRunSerializer,
    PlanDiffSerializer,
    ProposalSerializer,
    PublishedSerializer,
    PublishSerializer,
)
from dispatcher.services import publishing, runs, schedules
from dispatcher.views.deeds import DispatchDeedViewSet

Detail = DispatchScheduleSerializer


class ScheduleFilter(StrictFilterSet):
    """Filters of the schedules."""

    center = filters.CharFilter(field_name="center__code")
    status = filters.MultipleChoiceFilter(choices=ScheduleStatus.choices)
    day = filters.DateFilter()
    day_from = filters.DateFilter(field_name="day", lookup_expr="gte")
    day_until = filters.DateFilter(field_name="day", lookup_expr="lt")

    class Meta:
        model = DispatchSchedule
        fields: list[str] = []


class DispatchScheduleViewSet(DispatchDeedViewSet):
    """Plans of centers' days."""

    queryset = DispatchSchedule.objects.select_related(
        "center", "center__operator", "proposal", "published_by"
    ).order_by("-day", "pk")
    serializer_class = DispatchScheduleSerializer
    filterset_class = ScheduleFilter
    ordering_fields = ["day", "status"]
    input_serializers = {
        "create": OpenScheduleSerializer,
        "optimise": OptimiseSerializer,
        "publish": PublishSerializer,
    }
    action_permissions = {
        "history": "view",
        "proposal": "view",
        "diff": "view",
        "runs": "view",
        "drop": "optimise",
        "cancel": "dispatcher.cancel_optimizationrun",
    }

    @documented(
        summary="Open a day",
        request=OpenScheduleSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Open the plan of one local day of a center."""
        given = self.validated()
        opened = schedules.open_schedule(
            given["center"], given["day"], actor=request.user, at=timezone.now()
        )
        return self.respond(opened, status.HTTP_201_CREATED)

    @documented(
        summary="Have a day planned",
        request=OptimiseSerializer,
        responses={202: OptimizationRunSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def optimise(self, request: Request, pk: str) -> Response:
        """Plan in the background; `proposal` tells how far it is. The same seed, the same plan."""
        schedule = self.get_object()
        run = runs.request_run(schedule, **self.validated(), actor=request.user, at=timezone.now())
        return Response(OptimizationRunSerializer(run).data, status.HTTP_202_ACCEPTED)

    @documented_action(summary="Stop the planning", responses={200: OptimizationRunSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop the planning of a day; what was proposed and published before stays."""
        run = _latest(self.get_object())
        done = runs.cancel_run(run, actor=request.user, at=timezone.now())
        return Response(OptimizationRunSerializer(done).data)

    @documented(summary="Read the proposal", responses={200: ProposalSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def proposal(self, request: Request, pk: str) -> Response:
        """How far the planning is, who would get what and why, and what is left behind."""
        return Response(ProposalSerializer(proposal_of(self.get_object())).data)

    @documented(summary="Read the difference", responses={200: PlanDiffSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def diff(self, request: Request, pk: str) -> Response:
        """What publishing would change, and what changed since the proposal was made."""
        schedule = self.get_object()
        found = plan_diff(schedule).as_dict() | {"changes": publishing.changes_since(schedule)}
        return Response(PlanDiffSerializer(found).data)

    @documented(summary="Read the runs", responses={200: OptimizationRunSerializer(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def runs(self, request: Request, pk: str) -> Response:
        """The attempts to plan this day, newest first (the last 50)."""
        rows = self.get_object().runs.select_related("requested_by").order_by("-pk")[:50]
        return Response(OptimizationRunSerializer(rows, many=True).data)

    @documented(
        summary="Publish the proposal",
        request=PublishSerializer,
        responses={200: PublishedSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def publish(self, request: Request, pk: str) -> Response:
        """
        Put the proposal in force: all of it or nothing.

        Name the revision you looked at: who is late sees what was published since.
        """
        schedule = self.get_object()
        outcome = publishing.publish_schedule(
            schedule,
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return Response(PublishedSerializer(_shown(outcome)).data)

    @documented_action(summary="Drop the proposal", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def drop(self, request: Request, pk: str) -> Response:
        """Throw away what is proposed; what is published stays in force."""
        return self.run(schedules.drop_proposal, version=self.expected_version(is_required=False))

    @documented_action(summary="Close a day", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Make the plan of a day a record."""
        return self.run(schedules.close_schedule, version=self.expected_version(is_required=False))


def _latest(schedule: DispatchSchedule) -> OptimizationRun:
    run = schedule.runs.order_by("-pk").first()
    if run is None:
        raise RunNotRunning(run="none", status="absent")
    return run


def _shown(outcome: publishing.Published) -> dict[str, Any]:
    return {
        "schedule": outcome.schedule,
        "assignments": outcome.assignments,
        "withdrawn": [row.pk for row in outcome.withdrawn],
        "stood_down": outcome.stood_down,
        "kept": outcome.kept,
        "changes": outcome.changes,
    }
