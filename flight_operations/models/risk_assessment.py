from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from flight_operations.risk_matrix import AcceptanceLevel, Likelihood, RiskIndex, Severity
from rpas.models import RPASOperator
from users.models import User

LIKELIHOODS = [(entry.value, f"{entry.value} {entry.name.lower()}") for entry in Likelihood]
SEVERITIES = [(entry.value, f"{entry.value} {entry.name.lower()}") for entry in Severity]
INDICES = [(entry.value, entry.value) for entry in RiskIndex]


class AssessmentStatus(models.TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class AssessmentKind(models.TextChoices):
    """What the assessment is for; night and danger areas ask for one of their own."""

    NORMAL = "normal"
    NIGHT = "night", "Night"
    DANGER_AREA = "danger_area", "Danger area"


class ApprovalLevel(models.TextChoices):
    """Levels of management that accept a residual risk, lowest first."""

    DEPARTMENT = AcceptanceLevel.DEPARTMENT.value, "Department"
    SENIOR_MANAGEMENT = AcceptanceLevel.SENIOR_MANAGEMENT.value, "Senior management"
    TOP_MANAGEMENT = AcceptanceLevel.TOP_MANAGEMENT.value, "Top management"


class RiskAssessmentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Assessments of the operators that the user is a live member of."""
        if user.is_superuser:
            return self
        return self.filter(operator__in=RPASOperator.objects.visible_to(user))

    def approved(self) -> Self:
        return self.filter(status=AssessmentStatus.APPROVED)


@tracked
class SMSRiskAssessment(BaseModel):
    """
    What could go wrong on a job or a kind of job, what is done about it, and who accepted the rest.

    Frozen once submitted: a change is a new assessment that supersedes this one.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AssessmentStatus.DRAFT: {AssessmentStatus.SUBMITTED, AssessmentStatus.SUPERSEDED},
        AssessmentStatus.SUBMITTED: {AssessmentStatus.APPROVED, AssessmentStatus.REJECTED},
        AssessmentStatus.REJECTED: {AssessmentStatus.DRAFT, AssessmentStatus.SUPERSEDED},
        AssessmentStatus.APPROVED: {AssessmentStatus.SUPERSEDED},
    }

    number = models.CharField(max_length=20, unique=True, editable=False)
    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="risk_assessments")
    operation = models.ForeignKey(
        FlightOperation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="risk_assessments",
        help_text="The one operation it is for; empty for a generic assessment.",
    )
    kind = models.CharField(max_length=12, choices=AssessmentKind, default=AssessmentKind.NORMAL)
    title = models.CharField(max_length=200)
    context = models.TextField(help_text="What is done, where, with what, near whom.")
    status = models.CharField(
        max_length=12,
        choices=AssessmentStatus,
        default=AssessmentStatus.DRAFT,
        editable=False,
    )
    assessed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="replaced_by"
    )

    objects = RiskAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "risk assessment"
        permissions = [
            ("submit_smsriskassessment", "Can submit a risk assessment"),
            ("approve_smsriskassessment", "Can accept the residual risk of an assessment"),
            ("reject_smsriskassessment", "Can reject a risk assessment"),
            ("revise_smsriskassessment", "Can take a rejected risk assessment up again"),
            ("supersede_smsriskassessment", "Can replace or withdraw a risk assessment"),
        ]
        constraints = [
            models.CheckConstraint(
                name="submitted_assessment_says_when",
                condition=Q(submitted_at__isnull=False)
                | ~Q(status__in=["submitted", "approved", "rejected"]),
            )
        ]
        indexes = [models.Index(fields=["operator", "status", "kind"])]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"


@tracked
class RiskItem(BaseModel):
    """One way to come to harm, before and after what is done about it."""

    assessment = models.ForeignKey(SMSRiskAssessment, models.CASCADE, related_name="items")
    sequence = models.PositiveSmallIntegerField()
    hazard = models.TextField()
    cause = models.TextField(blank=True)
    consequence = models.TextField(blank=True)
    likelihood = models.CharField(max_length=1, choices=LIKELIHOODS)
    severity = models.PositiveSmallIntegerField(choices=SEVERITIES)
    index = models.CharField(max_length=12, choices=INDICES, editable=False)
    controls = models.TextField(blank=True)
    residual_likelihood = models.CharField(max_length=1, choices=LIKELIHOODS)
    residual_severity = models.PositiveSmallIntegerField(choices=SEVERITIES)
    residual_index = models.CharField(max_length=12, choices=INDICES, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "sequence"], name="one_risk_item_per_sequence"
            ),
            models.CheckConstraint(
                name="risk_item_is_on_the_matrix",
                condition=Q(likelihood__in=list("ABCDE"))
                & Q(residual_likelihood__in=list("ABCDE"))
                & Q(severity__range=(1, 5))
                & Q(residual_severity__range=(1, 5)),
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.sequence}"


@tracked
class RiskApproval(BaseModel):
    """One manager's word that the residual risk is acceptable, at the level the manager holds."""

    assessment = models.ForeignKey(SMSRiskAssessment, models.PROTECT, related_name="approvals")
    level = models.CharField(max_length=20, choices=ApprovalLevel)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "level"], name="one_risk_approval_per_level"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level} approval"
