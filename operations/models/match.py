from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from operations.models.patient import Patient
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class MatchStatus(models.TextChoices):
    OPEN = "open"
    SAME_PERSON = "same_person"
    ANOTHER_PERSON = "another_person"


@tracked
class PatientMatch(BaseModel):
    """
    Two patients on file that may be one person: record number, or name and birth date, are equal.

    Noted when somebody registers a patient who may not search for one, and so is not told. Holds
    numbers only; the medical coordinator finds out who they are, where that look is on record.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        MatchStatus.OPEN: {MatchStatus.SAME_PERSON, MatchStatus.ANOTHER_PERSON},
        MatchStatus.SAME_PERSON: {MatchStatus.ANOTHER_PERSON},
        MatchStatus.ANOTHER_PERSON: {MatchStatus.SAME_PERSON},
    }

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="matches")
    looks_like = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=MatchStatus, default=MatchStatus.OPEN, editable=False
    )
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "patient matches"
        default_permissions = ("view",)
        permissions = [("settle_patientmatch", "Can say whether two patients are one person")]
        constraints = [
            one_of("patient_match_status_is_known", "status", MatchStatus),
            models.UniqueConstraint(
                fields=["patient", "looks_like"], name="one_match_per_pair_of_patients"
            ),
            models.CheckConstraint(
                name="nobody_matches_themselves", condition=~Q(patient=F("looks_like"))
            ),
            models.CheckConstraint(
                name="settled_match_says_by_whom",
                condition=Q(status="open") | Q(settled_by__isnull=False, settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient} like {self.looks_like}"
