from typing import Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel, Verdict
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import TripLeg
from users.models import User


class LegDepartureQuerySet(TripDeskQuerySet):
    def permitted(self) -> Self:
        """Those that nothing stood in the way of, or nothing that was not acknowledged."""
        return self.filter(findings=[])


@tracked
class LegDeparture(BaseModel):
    """
    On what one leg went off blocks: the verdict of that moment, and what was acknowledged of it.

    A flight that had left before anybody wrote it down is recorded whatever the rules find, as a
    fact cannot be refused. Then `reason` says how that came, and `findings` are what would have
    refused it.
    """

    leg = models.ForeignKey(TripLeg, models.PROTECT, related_name="departures")
    out_at = models.DateTimeField()
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+")
    acknowledgements = models.JSONField(default=list)
    findings = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=2000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = LegDepartureQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="departure_against_findings_says_why",
                condition=Q(findings=[]) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"departure of {self.leg}"
