from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from flight_operations.models import (
    AssessmentKind,
    AssessmentStatus,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from flight_operations.serializers.risk_assessments import (
    AmendRiskAssessmentSerializer,
    ApproveRiskAssessmentSerializer,
    CreateRiskAssessmentSerializer,
    RiskAssessmentSerializer,
)
from flight_operations.services import risk_assessments
from flight_operations.views.deeds import DeedViewSet

Detail = RiskAssessmentSerializer


class RiskAssessmentFilter(StrictFilterSet):
    """Filters of the risk assessments list."""

    status = filters.MultipleChoiceFilter(choices=AssessmentStatus.choices)
    kind = filters.ChoiceFilter(choices=AssessmentKind.choices)
    operator = filters.CharFilter(field_name="operator__name")
    operation = filters.CharFilter(field_name="operation__number")

    class Meta:
        model = SMSRiskAssessment
        fields: list[str] = []


class RiskAssessmentViewSet(DeedViewSet):
    """Risk assessments on the 5x5 matrix, with controls and approvals by level."""

    queryset = (
        SMSRiskAssessment.objects.select_related("operator", "operation", "assessed_by", "replaces")
        .prefetch_related(
            Prefetch("items", RiskItem.objects.order_by("sequence")),
            Prefetch("approvals", RiskApproval.objects.select_related("user").order_by("pk")),
        )
        .order_by("-pk")
    )
    serializer_class = RiskAssessmentSerializer
    lookup_field = "number"
    lookup_value_regex = "RA-[0-9]{4}-[0-9]{4,9}"
    filterset_class = RiskAssessmentFilter
    search_fields = ["number", "title"]
    ordering_fields = ["number", "submitted_at", "status"]
    input_serializers = {
        "create": CreateRiskAssessmentSerializer,
        "partial_update": AmendRiskAssessmentSerializer,
        "approve": ApproveRiskAssessmentSerializer,
        "reject": ReasonSerializer,
        "supersede": ReasonSerializer,
    }
    action_permissions = {"history": "view", "replace": "supersede"}

    @documented(
        summary="Begin a risk assessment",
        request=CreateRiskAssessmentSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Begin a draft, for one operation or for a kind of job. Indices come from the matrix."""
        given = self.validated()
        lines = given.pop("items", [])
        assessment = risk_assessments.create_assessment(
            **given, lines=lines, actor=request.user, at=timezone.now()
        )
        return self.respond(assessment, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a draft", request=AmendRiskAssessmentSerializer, responses={200: Detail}
    )
    def partial_update(self, request: Request, number: str) -> Response:
        """Change a draft; `items` replaces all items. Needs If-Match."""
        return self.edit(risk_assessments.amend_assessment)

    @documented_action(summary="Submit for acceptance", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: Request, number: str) -> Response:
        """Put a draft up for acceptance; low and negligible residual risk is approved at once."""
        return self.run(risk_assessments.submit_assessment)

    @documented(
        summary="Accept the residual risk",
        request=ApproveRiskAssessmentSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, number: str) -> Response:
        """
        Accept the residual risk at the level that the caller's post gives.

        Extreme: the CEO, and only with controls; high: the chief remote pilot or the CEO;
        moderate: any key post. 403 `approval_level_too_low` otherwise.
        """
        return self.run(risk_assessments.approve_assessment)

    @documented(summary="Reject an assessment", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, number: str) -> Response:
        """Refuse the residual risk, with the reason."""
        return self.run(risk_assessments.reject_assessment)

    @documented_action(summary="Take a rejected assessment up again", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def revise(self, request: Request, number: str) -> Response:
        """Make a rejected assessment a draft again."""
        return self.run(risk_assessments.revise_assessment)

    @documented(summary="Withdraw an assessment", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def supersede(self, request: Request, number: str) -> Response:
        """Withdraw an assessment, with the reason; it counts for nothing any more."""
        return self.run(risk_assessments.supersede_assessment)

    @documented_action(summary="Begin the next edition", responses={201: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def replace(self, request: Request, number: str) -> Response:
        """Copy an approved assessment to a new draft; the old counts until the new is approved."""
        answer = self.run(risk_assessments.replace_assessment)
        answer.status_code = status.HTTP_201_CREATED
        return answer
