from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from common.money import EXPONENTS
from finance.models.rates import DateRange
from finance.models.scoping import MoneyQuerySet


class TaxBasis(models.TextChoices):
    PERCENT = "percent", "Percentage of taxable lines"
    PER_PERSON_SEGMENT = "person_segment", "Per person and segment"
    PER_PERSON = "person", "Per person and trip"


class TaxRuleQuerySet(MoneyQuerySet):
    def in_force(self, on: date) -> Self:
        """Taxes that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on), effective_from__lte=on
        )


@tracked
class TaxRule(BaseModel):
    """
    One dated rate of one tax, e.g. FET-SEG for 2026.

    `rate` is a percentage for the basis percent and an amount of `currency` otherwise.
    `effective_until` is the first day on which it no longer stands.
    """

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=2, help_text="ISO 3166 code.")
    basis = models.CharField(max_length=16, choices=TaxBasis)
    rate = models.DecimalField(max_digits=10, decimal_places=4)
    currency = models.CharField(max_length=3)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)
    citation = models.CharField(max_length=200)
    confidence = models.CharField(max_length=12, default="known-medium")

    objects = TaxRuleQuerySet.as_manager()

    class Meta:
        permissions = [("end_taxrule", "Can end a tax rate")]
        constraints = [
            models.CheckConstraint(
                name="tax_basis_is_known", condition=Q(basis__in=TaxBasis.values)
            ),
            models.CheckConstraint(name="tax_is_not_negative", condition=Q(rate__gte=0)),
            models.CheckConstraint(
                name="tax_currency_is_known", condition=Q(currency__in=sorted(EXPONENTS))
            ),
            models.CheckConstraint(
                name="tax_ends_after_it_starts",
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
            ),
            ExclusionConstraint(
                name="tax_double_rated",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    ("jurisdiction", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.effective_from}"
