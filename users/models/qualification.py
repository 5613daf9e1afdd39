from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from users.models.profile import PersonalQuerySet
from users.models.user import User


class QualificationKind(models.TextChoices):
    LICENSE = "license", "Flight crew license"
    RATING = "rating", "Rating"
    MEDICAL = "medical", "Medical certificate"
    REPL = "repl", "Remote pilot license (RePL)"
    AROC = "aroc", "Aeronautical radio operator certificate"
    ACCREDITATION = "accreditation", "Operator accreditation"
    BVLOS_EXAM = "bvlos_exam", "BVLOS examination (IREX or BVLOS OCTA)"
    EVLOS_TRAINING = "evlos_training", "EVLOS or observer training"
    NIGHT_TRAINING = "night_training", "Night training and test"
    TYPE_TRAINING = "type_training", "Type training"
    OPERATOR_AUTHORIZATION = "operator_authorization", "Authorized by the operator"
    TRAINING = "training", "Other training"
    FIRST_AID = "first_aid", "First aid"
    DANGEROUS_GOODS = "dangerous_goods", "Dangerous goods"
    MEDICAL_REGISTRATION = "medical_registration", "Registration of a health professional"


class QualificationStatus(models.TextChoices):
    UNVERIFIED = "unverified", "Unverified"
    VERIFIED = "verified", "Verified"
    REVOKED = "revoked", "Revoked"


class WeightBand(models.TextChoices):
    """The weight bands a RePL is issued for (CASR 101.300); above 25 kg it also names the type."""

    UP_TO_7_KG = "up_to_7kg", "Up to 7 kg"
    UP_TO_25_KG = "up_to_25kg", "Up to 25 kg"
    UP_TO_150_KG = "up_to_150kg", "Up to 150 kg, by type"
    OVER_150_KG = "over_150kg", "Over 150 kg, by type"


class QualificationQuerySet(PersonalQuerySet):
    def in_force(self, day: date) -> Self:
        """Verified papers that are valid on a day; the day of expiry is the last valid one."""
        return self.filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=day),
            status=QualificationStatus.VERIFIED,
            issued_on__lte=day,
        )


@tracked
class Qualification(BaseModel):
    """
    A license, rating, medical, RePL or training a person holds, as the paper says.

    It counts for nothing until somebody who saw the paper verified it.
    """

    TRANSITIONS = {
        QualificationStatus.UNVERIFIED: {
            QualificationStatus.VERIFIED,
            QualificationStatus.REVOKED,
        },
        QualificationStatus.VERIFIED: {
            QualificationStatus.UNVERIFIED,
            QualificationStatus.REVOKED,
        },
    }

    user = models.ForeignKey(User, models.PROTECT, related_name="qualifications")
    kind = models.CharField(max_length=24, choices=QualificationKind)
    authority = models.CharField(max_length=100, help_text="Who issued it, e.g. CASA.")
    number = models.CharField(max_length=64, blank=True)
    classification = models.CharField(
        max_length=64, blank=True, help_text="Class or grade, e.g. Class 1, CPL(A), multirotor."
    )
    weight_band = models.CharField(max_length=16, choices=WeightBand, blank=True)
    aircraft_type = models.CharField(max_length=100, blank=True)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True, help_text="The last valid day.")
    status = models.CharField(
        max_length=12, choices=QualificationStatus, default=QualificationStatus.UNVERIFIED
    )
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    remarks = models.TextField(blank=True)

    objects = QualificationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("verify_qualification", "Can verify a qualification against the paper"),
            ("revoke_qualification", "Can revoke a qualification"),
        ]
        indexes = [models.Index(fields=["user", "kind"]), models.Index(fields=["expires_on"])]
        constraints = [
            models.CheckConstraint(
                name="qualification_expires_after_issue",
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("issued_on")),
            ),
            models.CheckConstraint(
                name="qualification_weight_band_is_of_a_repl",
                condition=Q(kind="repl", weight_band__in=WeightBand.values)
                | (~Q(kind="repl") & Q(weight_band="")),
            ),
            models.CheckConstraint(
                name="qualification_type_band_names_the_type",
                condition=~Q(weight_band__in=["up_to_150kg", "over_150kg"]) | ~Q(aircraft_type=""),
            ),
            models.CheckConstraint(
                name="qualification_verified_by_somebody",
                condition=Q(status="verified", verified_by__isnull=False, verified_at__isnull=False)
                | (~Q(status="verified") & Q(verified_by__isnull=True, verified_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="qualification_kind_is_known",
                condition=Q(kind__in=QualificationKind.values),
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "authority", "number", "weight_band", "aircraft_type"],
                condition=~Q(status="revoked") & ~Q(number=""),
                name="one_live_record_per_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}".strip()
