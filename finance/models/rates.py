from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce

from airports.models import Airport
from common.history import tracked
from common.models import BaseModel
from common.money import EXPONENTS
from contacts.models import Contact
from finance.models.scoping import MoneyQuerySet


class RateKind(models.TextChoices):
    """What a price is for."""

    LIVE_HOUR = "live_hour", "Flight hour with patient or passengers"
    POSITIONING_HOUR = "positioning_hour", "Positioning flight hour"
    FUEL_SURCHARGE = "fuel_surcharge"
    LANDING = "landing"
    HANDLING = "handling"
    OVERNIGHT = "overnight", "Aircraft overnight"
    CREW_OVERNIGHT = "crew_overnight", "Crew overnight, per person"
    CREW_DUTY = "crew_duty", "Crew duty day, per person"
    MEDICAL_TEAM = "medical_team", "Medical team, per person"
    OXYGEN = "oxygen"
    GROUND_AMBULANCE = "ground_ambulance"
    PERMIT = "permit", "Overflight or landing permit"
    WAITING = "waiting", "Waiting on the ground"


class RateUnit(models.TextChoices):
    HOUR = "hour", "per hour"
    LEG = "leg", "per leg"
    NIGHT = "night", "per night"
    DAY = "day", "per day"
    LITER = "liter", "per liter"
    KILOGRAM = "kg", "per kilogram"
    EACH = "each"
    NAUTICAL_MILE = "nm", "per nautical mile"


# In which units each kind of price can be counted from an itinerary.
UNITS: dict[str, frozenset[str]] = {
    RateKind.LIVE_HOUR: frozenset({"hour", "nm", "leg"}),
    RateKind.POSITIONING_HOUR: frozenset({"hour", "nm", "leg"}),
    RateKind.FUEL_SURCHARGE: frozenset({"hour", "nm", "leg", "kg"}),
    RateKind.LANDING: frozenset({"leg", "each"}),
    RateKind.HANDLING: frozenset({"leg", "each"}),
    RateKind.OVERNIGHT: frozenset({"night"}),
    RateKind.CREW_OVERNIGHT: frozenset({"night"}),
    RateKind.CREW_DUTY: frozenset({"day", "each"}),
    RateKind.MEDICAL_TEAM: frozenset({"day", "each", "leg", "hour"}),
    RateKind.OXYGEN: frozenset({"liter"}),
    RateKind.GROUND_AMBULANCE: frozenset({"each", "hour"}),
    RateKind.PERMIT: frozenset({"each"}),
    RateKind.WAITING: frozenset({"hour"}),
}


class DateRange(Func):
    """A half-open range of two dates; an unknown upper bound is open."""

    function = "DATERANGE"
    output_field = DateRangeField()


@tracked
class RateCard(BaseModel):
    """A list of prices in one currency, for everybody or for one customer."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    customer = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="rate_cards"
    )
    is_active = models.BooleanField(default=True)

    objects = MoneyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rate_card_currency_is_known", condition=Q(currency__in=sorted(EXPONENTS))
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RateQuerySet(MoneyQuerySet):
    def in_force(self, on: date) -> Self:
        """Prices that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on), effective_from__lte=on
        )


@tracked
class Rate(BaseModel):
    """
    One dated price of a card; the narrowest that fits applies (airport, then aircraft type).

    `effective_until` is the first day on which it no longer stands. A price that was used is
    ended and replaced, never changed: quotes copy it and name this row.
    """

    card = models.ForeignKey(RateCard, models.PROTECT, related_name="rates")
    kind = models.CharField(max_length=20, choices=RateKind)
    unit = models.CharField(max_length=8, choices=RateUnit)
    aircraft_type = models.CharField(
        max_length=4, blank=True, help_text="ICAO type designator; empty for every type."
    )
    airport = models.ForeignKey(Airport, models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    minimum_quantity = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    objects = RateQuerySet.as_manager()

    class Meta:
        permissions = [("end_rate", "Can end a price")]
        constraints = [
            models.CheckConstraint(
                name="rate_kind_is_known", condition=Q(kind__in=RateKind.values)
            ),
            models.CheckConstraint(
                name="rate_unit_is_known", condition=Q(unit__in=RateUnit.values)
            ),
            models.CheckConstraint(
                name="rate_is_not_negative", condition=Q(amount__gte=0, minimum_quantity__gte=0)
            ),
            models.CheckConstraint(
                name="rate_ends_after_it_starts",
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
            ),
            ExclusionConstraint(
                name="rate_double_priced",
                expressions=[
                    ("card", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("aircraft_type", RangeOperators.EQUAL),
                    (Coalesce("airport", 0), RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.effective_from}"
