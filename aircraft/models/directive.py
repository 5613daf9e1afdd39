from typing import Self

from django.db import models

from aircraft.models.scoping import FleetQuerySet
from airports.models.reference import tracked_in_sets
from common.constraints import one_of
from common.models import BaseModel


class DirectiveStatus(models.TextChoices):
    """As CASA's list says it, or unknown where it says it in a word that nobody knows."""

    ACTIVE = "active"
    URGENT = "urgent"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown", "Unknown, taken to be in force"


class AirworthinessDirectiveQuerySet(FleetQuerySet):
    def in_force(self) -> Self:
        """Those on the list that were not cancelled."""
        return self.filter(is_listed=True).exclude(status=DirectiveStatus.CANCELLED)


@tracked_in_sets
class AirworthinessDirective(BaseModel):
    """
    One airworthiness directive of the list that CASA publishes, kept as the list has it.

    `series` is the folder of the list, such as GEN for all aircraft: types name those that concern
    them. What leaves the list stays on file, not listed.
    """

    source_id = models.PositiveIntegerField(unique=True, help_text="ID of the list.")
    number = models.CharField(max_length=80, help_text="Within its series; whole where foreign.")
    name = models.CharField(max_length=400, blank=True)
    issue = models.CharField(max_length=40, blank=True)
    file = models.CharField(max_length=120, blank=True)
    series = models.CharField(max_length=40)
    series_name = models.CharField(max_length=120, blank=True)
    series_number = models.CharField(
        max_length=60, blank=True, help_text="What citations begin with, such as AD/GENERAL/."
    )
    group = models.CharField(max_length=20, blank=True)
    authority = models.CharField(
        max_length=40, blank=True, help_text="Who issued it: CASA, or abroad."
    )
    status = models.CharField(max_length=12, choices=DirectiveStatus)
    effective_on = models.DateField(null=True, blank=True)
    published_on = models.DateField(null=True, blank=True)
    is_listed = models.BooleanField(default=True)

    objects = AirworthinessDirectiveQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [one_of("directive_status_is_known", "status", DirectiveStatus)]
        indexes = [models.Index(fields=["series", "status"], name="directives_of_series")]

    def __str__(self) -> str:
        return self.citation

    @property
    def citation(self) -> str:
        """How it is cited: CASA's own within their series, foreign ones by their number."""
        return self.citations[0]

    @property
    def citations(self) -> list[str]:
        """All ways of citing it that an entry of an aircraft may use."""
        if self.authority != "CASA":
            return [self.number]
        own = f"AD/{self.series}/{self.number}"
        return [f"{self.series_number}{self.number}", own] if self.series_number else [own]
