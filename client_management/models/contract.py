from datetime import date
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from client_management.models.constraints import currency, not_negative, ordered
from client_management.models.kinds import ServiceType
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import DateRange, one_of, within
from common.history import tracked
from common.models import BaseModel
from common.querysets import StaffQuerySet
from documents.models import Document
from rpas.models import RPASOperator


class BillingTrigger(models.TextChoices):
    """What makes a job ready for its invoice."""

    ACCEPTANCE = "acceptance", "When the client accepts the work"
    MILESTONES = "milestones", "As each milestone is reached"
    SCHEDULE = "schedule", "At fixed intervals, for what was flown"


class ContractStatus(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


class ContractQuerySet(ClientQuerySet):
    def in_force(self, on: date) -> Self:
        """Contracts that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on),
            effective_from__lte=on,
            status=ContractStatus.ACTIVE,
        )


@tracked
class Contract(BaseModel):
    """
    The terms we work on: prices, when to bill, how long an offer stands.

    Without an organization it is the house's standard terms, for clients who have none of their
    own. `effective_until` is the first day on which it no longer stands.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ContractStatus.DRAFT: {ContractStatus.ACTIVE, ContractStatus.ENDED},
        ContractStatus.ACTIVE: {ContractStatus.ENDED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(
        ClientOrganization, models.PROTECT, null=True, blank=True, related_name="contracts"
    )
    title = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="AUD")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)
    billing_trigger = models.CharField(
        max_length=12, choices=BillingTrigger, default=BillingTrigger.ACCEPTANCE
    )
    billing_months = models.PositiveSmallIntegerField(
        default=1, help_text="Months between bills, where they follow a schedule."
    )
    payment_days = models.PositiveSmallIntegerField(default=30)
    quote_valid_days = models.PositiveSmallIntegerField(default=30)
    rush_days = models.PositiveSmallIntegerField(
        default=3, help_text="Work wanted in fewer days than these pays the rush surcharge."
    )
    purchase_order = models.CharField(max_length=60, blank=True)
    terms = models.TextField(max_length=10_000, blank=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=8, choices=ContractStatus, default=ContractStatus.DRAFT)

    objects = ContractQuerySet.as_manager()

    class Meta:
        permissions = [
            ("activate_contract", "Can put a contract in force"),
            ("end_contract", "Can end a contract"),
        ]
        constraints = [
            one_of("contract_status_is_known", "status", ContractStatus),
            one_of("contract_trigger_is_known", "billing_trigger", BillingTrigger),
            currency("contract_currency_is_known"),
            ordered("contract_ends_after_it_starts", "effective_from", "effective_until"),
            within("contract_billing_months_are_real", "billing_months", 1, 12),
            within("contract_payment_days_are_real", "payment_days", 0, 365),
            within("contract_quote_days_are_real", "quote_valid_days", 1, 365),
            ExclusionConstraint(
                name="contract_double_agreed",
                expressions=[
                    (Coalesce("organization", 0), RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status="active"),
            ),
        ]
        indexes = [models.Index(fields=["organization", "-effective_from"], name="contract_of")]

    def __str__(self) -> str:
        return self.number


class PriceKind(models.TextChoices):
    """What a price of a contract is for; the last ones are percentages of what was done."""

    MOBILISATION = "mobilisation", "Getting there and setting up"
    TRAVEL = "travel", "Travel to the site"
    FLIGHT = "flight", "Flying, with crew"
    AREA = "area", "Area surveyed"
    FIELD_DAY = "field_day", "Crew in the field"
    PROCESSING = "processing", "Making the products"
    DELIVERY = "delivery", "One product delivered"
    AUTHORITY = "authority", "Application to an authority"
    CONTROL = "control", "Control point on the ground"
    DRIVE = "drive", "Drive with the files"
    MINIMUM = "minimum", "Least charge for a job"
    CONTROLLED_AIRSPACE = "controlled", "Surcharge in controlled airspace"
    NIGHT = "night", "Surcharge at night"
    RUSH = "rush", "Surcharge for short notice"
    WEATHER = "weather", "Weather contingency"


class PriceUnit(models.TextChoices):
    EACH = "each"
    KILOMETRE = "km", "per kilometre"
    HOUR = "hour", "per hour"
    HECTARE = "hectare", "per hectare"
    DAY = "day", "per day"
    PERCENT = "percent", "percent of the work"


SURCHARGES = frozenset(
    {PriceKind.CONTROLLED_AIRSPACE, PriceKind.NIGHT, PriceKind.RUSH, PriceKind.WEATHER}
)
# In which units each kind of price can be counted from an assessment.
UNITS: dict[str, frozenset[str]] = {
    PriceKind.MOBILISATION: frozenset({"each", "day"}),
    PriceKind.TRAVEL: frozenset({"km"}),
    PriceKind.FLIGHT: frozenset({"hour"}),
    PriceKind.AREA: frozenset({"hectare"}),
    PriceKind.FIELD_DAY: frozenset({"day"}),
    PriceKind.PROCESSING: frozenset({"hectare", "each", "hour"}),
    PriceKind.DELIVERY: frozenset({"each"}),
    PriceKind.AUTHORITY: frozenset({"each"}),
    PriceKind.CONTROL: frozenset({"each"}),
    PriceKind.DRIVE: frozenset({"each"}),
    PriceKind.MINIMUM: frozenset({"each"}),
    **{kind: frozenset({"percent"}) for kind in SURCHARGES},
}


class DatedQuerySet(ClientQuerySet):
    client_path = "contract__organization"

    def in_force(self, on: date) -> Self:
        """Prices that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on), effective_from__lte=on
        )


@tracked
class ContractRate(BaseModel):
    """
    One dated price of a contract, for one kind of work or (without a service type) for all.

    A price that was used is ended and replaced, never changed: quotes copy it and name this row.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="rates")
    kind = models.CharField(max_length=12, choices=PriceKind)
    unit = models.CharField(max_length=8, choices=PriceUnit)
    service_type = models.CharField(max_length=12, choices=ServiceType.choices, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    minimum_quantity = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        permissions = [("end_contractrate", "Can end a price of a contract")]
        constraints = [
            one_of("contract_rate_kind_is_known", "kind", PriceKind),
            one_of("contract_rate_unit_is_known", "unit", PriceUnit),
            not_negative("contract_rate_is_not_negative", "amount", "minimum_quantity"),
            models.CheckConstraint(
                name="contract_surcharge_is_a_share",
                condition=Q(kind__in=sorted(SURCHARGES), unit="percent", amount__lte=500)
                | (~Q(kind__in=sorted(SURCHARGES)) & ~Q(unit="percent")),
            ),
            ordered("contract_rate_ends_after_it_starts", "effective_from", "effective_until"),
            ExclusionConstraint(
                name="contract_rate_double_priced",
                expressions=[
                    ("contract", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("service_type", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.effective_from}"


class CostKind(models.TextChoices):
    """What work costs us."""

    FLIGHT_HOUR = "flight_hour", "Aircraft, per flight hour"
    PILOT_HOUR = "pilot_hour", "Pilot, per flight hour"
    OPERATION = "operation", "Going out once"
    TRAVEL = "travel"
    AUTHORITY = "authority", "Fee of an authority"
    PROCESSING = "processing"
    SUBCONTRACTOR = "subcontractor"
    OTHER = "other"


# What is counted from flights; the others are entered as they are paid.
COUNTED = (CostKind.FLIGHT_HOUR, CostKind.PILOT_HOUR, CostKind.OPERATION)


class CostRateQuerySet(StaffQuerySet):
    def in_force(self, on: date) -> Self:
        """Rates that stand on a day."""
        return self.filter(
            Q(effective_until=None) | Q(effective_until__gt=on), effective_from__lte=on
        )


@tracked
class CostRate(BaseModel):
    """What an hour of flying or an outing costs an operator, dated; never shown to clients."""

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="cost_rates")
    kind = models.CharField(max_length=14, choices=CostKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="AUD")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    objects = CostRateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cost_rate_is_counted", condition=Q(kind__in=[str(kind) for kind in COUNTED])
            ),
            currency("cost_rate_currency_is_known"),
            not_negative("cost_rate_is_not_negative", "amount"),
            ordered("cost_rate_ends_after_it_starts", "effective_from", "effective_until"),
            ExclusionConstraint(
                name="cost_rate_double_rated",
                expressions=[
                    ("operator", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (DateRange("effective_from", "effective_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.effective_from}"
