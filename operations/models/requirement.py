from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from operations.models.patient import Patient
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class Acuity(models.TextChoices):
    """How much care is needed in flight."""

    STABLE = "stable", "Stable, no care in flight"
    BASIC = "basic", "Basic life support"
    ADVANCED = "advanced", "Advanced life support"
    CRITICAL = "critical", "Critical care"


class MedicalDecision(models.TextChoices):
    PENDING = "pending", "Not reviewed"
    FIT = "fit", "Fit to fly"
    CONDITIONS = "conditions", "Fit with conditions"
    NOT_FIT = "not_fit", "Not fit to fly"


class MedicalRole(models.TextChoices):
    PHYSICIAN = "physician"
    FLIGHT_NURSE = "flight_nurse"
    PARAMEDIC = "paramedic"
    RESPIRATORY = "respiratory", "Respiratory therapist"


class RequirementQuerySet(TripDeskQuerySet):
    def not_flown(self) -> Self:
        """Those of no flight that is over."""
        return self.exclude(trips__status__in=["completed", "closed", "aborted"])


@tracked
class MedicalRequirement(BaseModel):
    """
    What a patient needs on a flight, as the medical reviewer decided: no diagnosis, no name.

    Oxygen is in liters of free gas. `oxygen_flow_lpm` is per minute; the reserve is a fraction of
    what the planned time takes. Any later change takes the decision back.

    A decision with conditions, and one that lets somebody fly who was found not fit before
    (`is_reversal`), stands once the medical director approves it, who did not make it.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="requirements")
    acuity = models.CharField(max_length=10, choices=Acuity, default=Acuity.BASIC)
    team = ArrayField(models.CharField(max_length=12, choices=MedicalRole), default=list)
    equipment = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    equipment_mass_kg = models.PositiveSmallIntegerField(default=0)
    oxygen_flow_lpm = models.DecimalField(max_digits=5, decimal_places=1, default=0)
    oxygen_reserve = models.DecimalField(max_digits=4, decimal_places=2, default="0.50")
    is_stretcher = models.BooleanField(default=True)
    escorts = models.PositiveSmallIntegerField(default=0)
    max_cabin_altitude_ft = models.PositiveIntegerField(null=True, blank=True)
    is_acute_care = models.BooleanField(
        default=False, help_text="Emergency medical services by acute-care equipped aircraft."
    )
    decision = models.CharField(
        max_length=12, choices=MedicalDecision, default=MedicalDecision.PENDING
    )
    conditions = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_reversal = models.BooleanField(default=False, editable=False)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField(null=True, editable=False)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        permissions = [
            ("review_medicalrequirement", "Can decide whether a patient may fly"),
            ("approve_medicalrequirement", "Can approve a decision with conditions or reversed"),
        ]
        constraints = [
            one_of("requirement_acuity_is_known", "acuity", Acuity),
            one_of("requirement_decision_is_known", "decision", MedicalDecision),
            within("requirement_flow_is_real", "oxygen_flow_lpm", 0, 100),
            within("requirement_reserve_is_real", "oxygen_reserve", 0, 5),
            models.CheckConstraint(
                name="requirement_decided_by_somebody",
                condition=Q(decision="pending", decided_by=None, decided_at=None)
                | (~Q(decision="pending") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="requirement_conditions_are_said",
                condition=~Q(decision="conditions") | Q(conditions__len__gt=0),
            ),
            models.CheckConstraint(
                name="requirement_approved_by_another",
                condition=Q(approved_by=None, approved_at=None)
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by=F("decided_by"))
                    & (Q(decision="conditions") | Q(decision="fit", is_reversal=True))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient}: {self.get_acuity_display()}"

    @property
    def needs_approval(self) -> bool:
        """Whether the decision, as it stands, is one that somebody else approves."""
        is_conditional = self.decision == MedicalDecision.CONDITIONS
        return is_conditional or (self.decision == MedicalDecision.FIT and self.is_reversal)
