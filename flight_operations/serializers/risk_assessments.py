from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from flight_operations.models import (
    AssessmentKind,
    FlightOperation,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from flight_operations.models.risk_assessment import LIKELIHOODS, SEVERITIES
from flight_operations.queries.acceptance import level_needed, worst_index
from flight_operations.serializers.examples import with_example
from flight_operations.services.risk_assessments import RiskLine
from rpas.models import RPASOperator

TEXT: dict[str, Any] = {"max_length": 4000, "required": False, "allow_blank": True}
FIELDS = [
    "number",
    "operator",
    "operation",
    "kind",
    "title",
    "context",
    "status",
    "assessed_by",
    "submitted_at",
    "replaces",
    "worst_residual_index",
    "level_needed",
    "items",
    "approvals",
    "created_at",
    "updated_at",
    "version",
]


class RiskItemSerializer(serializers.ModelSerializer):
    """One way to come to harm, before and after what is done about it."""

    class Meta:
        model = RiskItem
        fields = [
            "sequence",
            "hazard",
            "cause",
            "consequence",
            "likelihood",
            "severity",
            "index",
            "controls",
            "residual_likelihood",
            "residual_severity",
            "residual_index",
        ]
        read_only_fields = fields


class RiskApprovalSerializer(serializers.ModelSerializer):
    """Who accepted the residual risk, at which level of management."""

    user = serializers.CharField(source="user.email")

    class Meta:
        model = RiskApproval
        fields = ["level", "user", "approved_at", "comment"]
        read_only_fields = fields


class RiskAssessmentSerializer(serializers.ModelSerializer):
    """A risk assessment with its items on the 5x5 matrix and its approvals."""

    operator = serializers.CharField(source="operator.name")
    operation = serializers.CharField(source="operation.number", allow_null=True)
    assessed_by = serializers.CharField(source="assessed_by.email")
    replaces = serializers.CharField(source="replaces.number", allow_null=True)
    items = RiskItemSerializer(many=True)
    approvals = RiskApprovalSerializer(many=True)
    worst_residual_index = serializers.SerializerMethodField()
    level_needed = serializers.SerializerMethodField(
        help_text="The lowest level of management that may accept the residual risk."
    )

    class Meta:
        model = SMSRiskAssessment
        fields = FIELDS
        read_only_fields = FIELDS

    def get_worst_residual_index(self, assessment: SMSRiskAssessment) -> str | None:
        return worst_index(item.residual_index for item in assessment.items.all())

    def get_level_needed(self, assessment: SMSRiskAssessment) -> str:
        return level_needed([item.residual_index for item in assessment.items.all()])


class RiskLineSerializer(CommandSerializer):
    """Likelihood A (certain) to E (exceptional), severity 1 to 5, before and after controls."""

    hazard = serializers.CharField(max_length=4000)
    cause = serializers.CharField(**TEXT)
    consequence = serializers.CharField(**TEXT)
    likelihood = serializers.ChoiceField(LIKELIHOODS)
    severity = serializers.ChoiceField(SEVERITIES)
    controls = serializers.CharField(**TEXT)
    residual_likelihood = serializers.ChoiceField(LIKELIHOODS)
    residual_severity = serializers.ChoiceField(SEVERITIES)

    def to_internal_value(self, data: Any) -> Any:
        return RiskLine(**super().to_internal_value(data))


@with_example({"title": "Roof survey, north wing", "context": "Two floors, footpath closed."})
class AmendRiskAssessmentSerializer(CommandSerializer):
    """Change a draft; `items` replaces all items."""

    title = serializers.CharField(max_length=200, required=False)
    context = serializers.CharField(max_length=10_000, required=False)
    kind = serializers.ChoiceField(AssessmentKind.choices, required=False)
    operation = VisibleSlugField(
        "number", queryset=FlightOperation.objects.all(), required=False, allow_null=True
    )
    items = RiskLineSerializer(many=True, required=False, max_length=100)


@with_example(
    {
        "operator": "Coastline Aerial",
        "title": "Roof survey",
        "context": "Hospital roof in daylight, footpath closed.",
        "kind": "normal",
        "operation": "FO-2026-0042",
        "items": [
            {
                "hazard": "Loss of GNSS near the plant room",
                "cause": "Multipath",
                "consequence": "Drift into the mast",
                "likelihood": "C",
                "severity": 4,
                "controls": "Attitude mode practised; 15 m from the mast",
                "residual_likelihood": "D",
                "residual_severity": 3,
            }
        ],
    }
)
class CreateRiskAssessmentSerializer(AmendRiskAssessmentSerializer):
    """Begin a risk assessment, for one operation or for a kind of job."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    title = serializers.CharField(max_length=200)
    context = serializers.CharField(max_length=10_000)
    kind = serializers.ChoiceField(AssessmentKind.choices, default=AssessmentKind.NORMAL)


@with_example({"comment": "Accepted with a spotter on the roof."})
class ApproveRiskAssessmentSerializer(CommandSerializer):
    """Accept the residual risk."""

    comment = serializers.CharField(max_length=4000, required=False, allow_blank=True)
