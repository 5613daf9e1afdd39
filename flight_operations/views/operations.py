from datetime import date
from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet, ServiceViewSet
from common.compliance.findings import Stage
from common.compliance.service import findings_of
from common.models import ComplianceState
from flight_operations.models import FlightOperation, OperationStatus, PilotLogEntry
from flight_operations.queries.operations import SUBJECT, board_of, with_compliance
from flight_operations.serializers.flight_records import (
    AssessmentSerializer,
    OperationalLogSerializer,
    PilotLogEntrySerializer,
    ReleaseSerializer,
)
from flight_operations.serializers.operations import (
    AbortOperationSerializer,
    AmendOperationSerializer,
    CompleteLogSerializer,
    FlightOperationDetailSerializer,
    FlightOperationSerializer,
    LandOperationSerializer,
    ObservationSerializer,
    PlanOperationSerializer,
    ReleaseOperationSerializer,
)
from flight_operations.services import flights, observations, operations, releases
from flight_operations.services.assessment import assess_operation

Detail = FlightOperationDetailSerializer


class FlightOperationFilter(StrictFilterSet):
    """Filters of the operations list."""

    status = filters.MultipleChoiceFilter(choices=OperationStatus.choices)
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    pilot_in_command = filters.CharFilter(field_name="pilot_in_command__email")
    operator = filters.CharFilter(field_name="operator__name")
    planned_from = MomentFilter(field_name="planned_start_at", lookup_expr="gte")
    planned_until = MomentFilter(field_name="planned_start_at", lookup_expr="lt")
    compliance = filters.ChoiceFilter(choices=[(c, c) for c in ("green", "amber", "red")])

    class Meta:
        model = FlightOperation
        fields: list[str] = []


class FlightOperationViewSet(HistoryMixin, ReadViewSet):
    """Drone operations, from plan to technical log."""

    tag = "flight-operations"
    queryset = FlightOperation.objects.select_related(
        "operator", "aircraft", "pilot_in_command"
    ).order_by("-planned_start_at", "pk")
    serializer_class = FlightOperationSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z]{2}-[0-9]{4}-[0-9]{4,9}"
    filterset_class = FlightOperationFilter
    search_fields = ["number", "title", "aircraft__registration"]
    ordering_fields = ["planned_start_at", "number", "status"]
    input_serializers = {
        "create": PlanOperationSerializer,
        "partial_update": AmendOperationSerializer,
        "observe": ObservationSerializer,
        "reject": ReasonSerializer,
        "cancel": ReasonSerializer,
        "release": ReleaseOperationSerializer,
        "revoke": ReasonSerializer,
        "land": LandOperationSerializer,
        "abort": AbortOperationSerializer,
        "complete_log": CompleteLogSerializer,
    }
    action_permissions = {
        "history": "view",
        "assessment": "view",
        "releases": "view",
        "log": "view",
        "partial_update": "plan",
        "observe": "flight_operations.tick_preflightchecklist",
        "authorise": "review",
        "reject": "review",
        "revoke": "release",
        "abort": "land",
        "complete_log": "log",
    }

    def get_queryset(self) -> Any:
        rows = with_compliance(super().get_queryset(), now=timezone.now())
        if self.action == "list":
            return rows
        return rows.select_related("plan").prefetch_related(
            "plan__volumes", "plan__fences", "crew__user"
        )

    def get_serializer_class(self) -> Any:
        return FlightOperationSerializer if self.action == "list" else Detail

    @documented(
        summary="Plan an operation", request=PlanOperationSerializer, responses={201: Detail}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Plan an operation.

        Aircraft and pilot are taken for the planned time (409 when one is already taken), and the
        plan is assessed. A red verdict does not refuse the plan: read it at `assessment/`.
        """
        operation = operations.plan_operation(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(operation, status.HTTP_201_CREATED)

    @documented(summary="Amend a plan", request=AmendOperationSerializer, responses={200: Detail})
    def partial_update(self, request: Request, number: str) -> Response:
        """Change an operation that has not flown. Needs If-Match; voids review and release."""
        operation = self.get_object()
        changes = self.validated()
        reason = changes.pop("reason", "")
        operation = operations.amend_operation(
            operation,
            changes=changes,
            actor=request.user,
            at=timezone.now(),
            version=self.expected_version(),
            reason=reason,
        )
        return self.respond(operation)

    @documented_action(summary="Schedule a draft", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def plan(self, request: Request, number: str) -> Response:
        """Turn a draft into a planned operation; takes aircraft and pilot."""
        return self._moved(operations.schedule_operation)

    @documented(
        summary="Enter the weather at the site",
        request=ObservationSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def observe(self, request: Request, number: str) -> Response:
        """Enter the pilot's own look at the weather, where no station is near."""
        return self.respond(
            observations.enter_observation(
                self.get_object(),
                observation=self.validated(),
                actor=request.user,
                at=timezone.now(),
            )
        )

    @documented_action(summary="Submit for review", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Request, number: str) -> Response:
        """Hand the plan to the chief remote pilot."""
        return self._moved(operations.submit_operation)

    @documented_action(summary="Authorise a plan", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def authorise(self, request: Request, number: str) -> Response:
        """Approve the plan; refused with the findings while one is red."""
        return self._moved(operations.authorise_operation)

    @documented(summary="Reject a plan", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, number: str) -> Response:
        """Turn the plan down, with the reason."""
        return self._moved(operations.reject_operation)

    @documented(summary="Cancel an operation", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, number: str) -> Response:
        """Cancel an operation that has not flown; frees aircraft and crew."""
        return self._moved(operations.cancel_operation)

    @documented(
        summary="Release an operation",
        request=ReleaseOperationSerializer,
        responses={201: ReleaseSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, number: str) -> Response:
        """
        Release for flight on a fresh assessment, binding the plan's hash and the verdict.

        Refused (409) with the red findings, or with the amber ones that lack an acknowledgement.
        """
        operation = self.get_object()
        notes = self.validated().get("acknowledgements", [])
        release = releases.release_operation(
            operation, acknowledgements=notes, actor=request.user, at=timezone.now()
        )
        return Response(ReleaseSerializer(release).data, status=status.HTTP_201_CREATED)

    @documented(summary="Revoke the release", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: Request, number: str) -> Response:
        """Take the live release back, with the reason."""
        return self.respond(
            releases.revoke_release(
                self.get_object(),
                because=self.validated()["reason"],
                actor=request.user,
                at=timezone.now(),
            )
        )

    @documented_action(summary="Record take-off", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def start(self, request: Request, number: str) -> Response:
        """Start the flight; assessed afresh under lock, refused (409) with the findings."""
        return self._moved(flights.start_operation)

    @documented(
        summary="Record the landing", request=LandOperationSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def land(self, request: Request, number: str) -> Response:
        """Land: writes time in service, cycles, the F2 entry and the pilots' logs."""
        return self._moved(flights.land_operation)

    @documented(summary="Abort a flight", request=AbortOperationSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def abort(self, request: Request, number: str) -> Response:
        """Record that the flight was broken off; its time in service counts all the same."""
        return self._moved(flights.land_operation, is_aborted=True)

    @documented(
        summary="Complete the operational log",
        request=CompleteLogSerializer,
        responses={201: OperationalLogSerializer},
    )
    @action(detail=True, methods=["post"], url_path="complete-log")
    @idempotent
    def complete_log(self, request: Request, number: str) -> Response:
        """Write down what really happened (MOS 10.05)."""
        log = flights.complete_log(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return Response(OperationalLogSerializer(log).data, status=status.HTTP_201_CREATED)

    @documented_action(summary="Close an operation", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def finalise(self, request: Request, number: str) -> Response:
        """Close a logged operation."""
        return self._moved(flights.finalise_operation)

    @documented(
        summary="Assess an operation",
        responses={200: AssessmentSerializer},
        parameters={
            "stage": (
                "string",
                "planning, release, or post: the records of a flight that is over.",
            ),
            "cached": ("string", "true for the stored verdict instead of a fresh one."),
        },
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def assessment(self, request: Request, number: str) -> Response:
        """Can it fly, why not, and what to do: every finding with citation, value and limit."""
        operation = self.get_object()
        cached = request.query_params.get("cached", "false")
        if cached not in ("true", "false"):
            raise ValidationError({"cached": "true or false."})
        if cached == "true":
            return Response(AssessmentSerializer(_stored(operation)).data)
        usual = Stage.POST if operation.actual_end_at else Stage.PLANNING
        wanted = request.query_params.get("stage", usual)
        if wanted not in (Stage.PLANNING, Stage.RELEASE, Stage.POST):
            raise ValidationError({"stage": "planning, release or post."})
        judged = assess_operation(operation, stage=Stage(wanted), at=timezone.now())
        answer = {
            "color": judged.assessment.color,
            "stage": judged.stage,
            "assessed_at": judged.at,
            "verdict": None,
            "is_stale": False,
            "next_change_at": judged.collected.next_change_at,
            "findings": judged.assessment.findings,
        }
        return Response(AssessmentSerializer(answer).data)

    @documented(summary="List the releases", responses={200: ReleaseSerializer(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def releases(self, request: Request, number: str) -> Response:
        """Every release of the operation, live or revoked, newest first (the first 100)."""
        rows = self.get_object().releases.select_related("operation", "released_by")
        return Response(ReleaseSerializer(rows.order_by("-pk")[:100], many=True).data)

    @documented(summary="Read the operational log", responses={200: OperationalLogSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def log(self, request: Request, number: str) -> Response:
        """The operational log; 404 until it is completed."""
        log = getattr(self.get_object(), "log", None)
        if log is None:
            raise NotFound
        return Response(OperationalLogSerializer(log).data)

    @property
    def extra_query(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("stage", "cached") if self.action == "assessment" else ()

    def _moved(self, service: Any, **arguments: Any) -> Response:
        # The row first: whether it is there does not hang on the body.
        operation = self.get_object()
        if self.action in self.input_serializers:
            arguments |= self.validated()
        moved = service(operation, **arguments, actor=self.request.user, at=timezone.now())
        return self.respond(moved)


class PilotLogViewSet(ReadViewSet):
    """Remote pilots' logs."""

    tag = "flight-operations"
    queryset = PilotLogEntry.objects.select_related("pilot", "operation").order_by(
        "-started_at", "pk"
    )
    serializer_class = PilotLogEntrySerializer
    filterset_fields = {"pilot__email": ["exact"], "flown_on": ["gte", "lte"]}


class DashboardViewSet(ServiceViewSet):
    """The day at a glance."""

    tag = "flight-operations"
    queryset = FlightOperation.objects.all()
    serializer_class = FlightOperationSerializer
    filter_backends = []
    extra_query = ("day",)

    @documented(
        summary="The day's operations",
        responses={200: FlightOperationSerializer(many=True)},
        parameters={"day": ("string", "Local day, YYYY-MM-DD; today in UTC when left out.")},
    )
    def list(self, request: Request) -> Response:
        """Operations of one local day of each operator, in order of departure, with colors."""
        now = timezone.now()
        given = request.query_params.get("day", now.date().isoformat())
        try:
            day = date.fromisoformat(given)
        except ValueError as error:
            raise ValidationError({"day": "A date such as 2026-03-15."}) from error
        if not 2000 <= day.year <= 2100:
            raise ValidationError({"day": "Between 2000 and 2100."})
        page = self.paginate_queryset(board_of(request.user, day=day, now=now))
        return self.get_paginated_response(FlightOperationSerializer(page, many=True).data)


def _stored(operation: FlightOperation) -> dict[str, Any]:
    state = (
        ComplianceState.objects.filter(subject_type=SUBJECT, subject_id=operation.pk)
        .select_related("verdict")
        .first()
    )
    if state is None:
        raise NotFound
    return {
        "color": state.color,
        "stage": state.verdict.stage,
        "assessed_at": state.assessed_at,
        "verdict": state.verdict_id,
        "is_stale": operation.is_compliance_stale,  # type: ignore[attr-defined]
        "next_change_at": state.next_change_at,
        "findings": findings_of(state.verdict),
    }
