from decimal import Decimal
from typing import Any

from rest_framework import serializers

from airports.models import Airport
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from contacts.models import Contact
from finance.models import Rate, RateCard, RateKind, RateUnit, TaxBasis, TaxRule
from finance.serializers.fields import MoneySerializer

DESIGNATOR = r"^[A-Z][A-Z0-9]{1,3}$"
AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal(0),
    "max_value": Decimal("9999999999.99"),
}
QUANTITY: dict[str, Any] = {
    "max_digits": 8,
    "decimal_places": 2,
    "min_value": Decimal(0),
    "max_value": Decimal("999999.99"),
}


class RateCardSerializer(serializers.ModelSerializer):
    """A list of prices in one currency, for everybody or for one customer."""

    customer = serializers.IntegerField(source="customer_id", allow_null=True)

    class Meta:
        model = RateCard
        fields = ["id", "code", "name", "currency", "customer", "is_active", "version"]
        read_only_fields = fields


class CreateRateCardSerializer(CommandSerializer):
    """A new list of prices; its currency and code stay."""

    code = serializers.RegexField(r"^[a-z0-9][a-z0-9-]{0,39}$")
    name = serializers.CharField(max_length=200)
    currency = serializers.ChoiceField(sorted(EXPONENTS))
    customer = VisibleSlugField(
        "id", queryset=Contact.objects.all(), required=False, allow_null=True
    )


class AmendRateCardSerializer(SomeChangeSerializer):
    """What may be changed of a card."""

    name = serializers.CharField(max_length=200)
    is_active = serializers.BooleanField()


class RateSerializer(serializers.ModelSerializer):
    """One dated price; `effective_until` is the first day on which it no longer stands."""

    card = serializers.CharField(source="card.code")
    airport = serializers.CharField(source="airport.ident", allow_null=True, default=None)
    price = MoneySerializer(read=lambda rate: (rate.amount, rate.card.currency))

    class Meta:
        model = Rate
        fields = [
            "id",
            "card",
            "kind",
            "unit",
            "aircraft_type",
            "airport",
            "price",
            "minimum_quantity",
            "effective_from",
            "effective_until",
            "version",
        ]
        read_only_fields = fields


class AddRateSerializer(CommandSerializer):
    """A price in the card's currency; without type or airport it stands for all."""

    card = VisibleSlugField("code", queryset=RateCard.objects.all())
    kind = serializers.ChoiceField(RateKind.choices)
    unit = serializers.ChoiceField(RateUnit.choices)
    aircraft_type = serializers.RegexField(DESIGNATOR, required=False, allow_blank=True)
    airport = VisibleSlugField(
        "ident", queryset=Airport.objects.all(), required=False, allow_null=True
    )
    amount = serializers.DecimalField(**AMOUNT)
    minimum_quantity = serializers.DecimalField(**QUANTITY, required=False)
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(required=False, allow_null=True)


class EndDatedRowSerializer(CommandSerializer):
    """The first day on which it no longer stands."""

    until = serializers.DateField()


class ReplaceRateSerializer(CommandSerializer):
    """The price that follows, and its first day."""

    amount = serializers.DecimalField(**AMOUNT)
    effective_from = serializers.DateField()
    minimum_quantity = serializers.DecimalField(**QUANTITY, required=False)


class TaxRuleSerializer(serializers.ModelSerializer):
    """One dated tax rate with its source and how sure it is."""

    class Meta:
        model = TaxRule
        fields = [
            "id",
            "code",
            "name",
            "jurisdiction",
            "basis",
            "rate",
            "currency",
            "effective_from",
            "effective_until",
            "citation",
            "confidence",
            "version",
        ]
        read_only_fields = fields


class AddTaxRuleSerializer(CommandSerializer):
    """A tax rate: a percentage, or an amount per person."""

    code = serializers.RegexField(r"^[A-Z][A-Z0-9-]{1,19}$")
    name = serializers.CharField(max_length=200)
    jurisdiction = serializers.RegexField(r"^[A-Z]{2}$", help_text="ISO 3166 code.")
    basis = serializers.ChoiceField(TaxBasis.choices)
    rate = serializers.DecimalField(
        max_digits=10, decimal_places=4, min_value=Decimal(0), max_value=Decimal("999999.9999")
    )
    currency = serializers.ChoiceField(sorted(EXPONENTS))
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(required=False, allow_null=True)
    citation = serializers.CharField(max_length=200)
    confidence = serializers.ChoiceField(["found", "known-high", "known-medium", "known-low"])
