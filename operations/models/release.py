from typing import Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel, Verdict
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip
from users.models import User


class FlightReleaseQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        return self.filter(revoked_at=None)


@tracked
class FlightRelease(BaseModel):
    """
    The operator's word that one trip may go, as planned and as judged (14 CFR 135.77, 135.617).

    It binds the hash of the plan and one verdict; any later change of either revokes it.
    """

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="releases")
    plan_hash = models.CharField(max_length=64)
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+")
    acknowledgements = models.JSONField(default=list)
    document = models.JSONField(help_text="What was released, as it was.")
    released_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_because = models.TextField(blank=True, editable=False)

    objects = FlightReleaseQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["trip"], condition=Q(revoked_at=None), name="one_live_release_per_trip"
            ),
            models.CheckConstraint(
                name="revoked_flight_release_says_why",
                condition=Q(revoked_at=None) | ~Q(revoked_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.trip}"


@tracked
class RiskWorksheet(BaseModel):
    """
    The flight risk analysis of one trip (14 CFR 135.617): factors with scores, and who signed.

    Above the threshold a manager approves before the trip is released. A signature holds for the
    plan it was given for (`plan_hash`) and no other. Kept 90 days at least.
    """

    trip = models.OneToOneField(Trip, models.PROTECT, related_name="risk_worksheet")
    answers = models.JSONField(default=dict)
    mitigation = models.TextField(max_length=5000, blank=True)
    score = models.PositiveSmallIntegerField(default=0)
    threshold = models.PositiveSmallIntegerField()
    template_version = models.PositiveSmallIntegerField(default=1)
    plan_hash = models.CharField(max_length=64, blank=True, editable=False)
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    signed_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField(null=True, editable=False)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        permissions = [
            ("sign_riskworksheet", "Can sign a risk worksheet as pilot in command"),
            ("approve_riskworksheet", "Can approve a risk score above the threshold"),
        ]
        constraints = [
            models.CheckConstraint(
                name="worksheet_signed_by_somebody",
                condition=Q(signed_by=None, signed_at=None)
                | Q(signed_by__isnull=False, signed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="worksheet_approved_by_somebody",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="worksheet_approved_by_another",
                condition=Q(approved_by=None) | ~Q(approved_by=models.F("signed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"risk worksheet of {self.trip}"
