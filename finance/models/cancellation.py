from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from finance.models.rates import DateRange
from finance.models.scoping import MoneyQuerySet


class CancellationTermQuerySet(MoneyQuerySet):
    def in_force(self, on: date) -> Self:
        """Steps that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on), effective_from__lte=on
        )


@tracked
class CancellationTerm(BaseModel):
    """
    One dated step of a cancellation ladder: below so many hours before departure, so many percent.

    The step with the fewest hours that still covers the moment applies; above all of them nothing
    is owed. `effective_until` is the first day on which it no longer stands.
    """

    ladder = models.SlugField(max_length=40, default="standard")
    hours_before = models.PositiveSmallIntegerField(
        help_text="Applies when fewer hours than this are left until departure."
    )
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    objects = CancellationTermQuerySet.as_manager()

    class Meta:
        permissions = [("end_cancellationterm", "Can end a step of a cancellation ladder")]
        constraints = [
            models.CheckConstraint(
                name="cancellation_percent_is_real", condition=Q(percent__gte=0, percent__lte=100)
            ),
            models.CheckConstraint(
                name="cancellation_hours_are_real",
                condition=Q(hours_before__gt=0, hours_before__lte=8760),
            ),
            models.CheckConstraint(
                name="cancellation_ends_after_it_starts",
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
            ),
            ExclusionConstraint(
                name="cancellation_step_twice",
                expressions=[
                    ("ladder", RangeOperators.EQUAL),
                    ("hours_before", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ladder}: {self.percent} % below {self.hours_before} h"
