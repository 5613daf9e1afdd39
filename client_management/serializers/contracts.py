from rest_framework import serializers

from client_management.models import (
    COUNTED,
    BillingTrigger,
    ClientOrganization,
    Contract,
    ContractRate,
    CostKind,
    CostRate,
    PriceKind,
    PriceUnit,
    ServiceType,
)
from client_management.serializers.fields import AMOUNT, NULLABLE, TEXT
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from documents.models import Document
from finance.serializers.fields import MoneySerializer
from rpas.models import RPASOperator


class ContractSerializer(serializers.ModelSerializer):
    """The terms we work on; without an organization the house's standard terms."""

    organization = serializers.CharField(source="organization.number", allow_null=True)

    class Meta:
        model = Contract
        fields = [
            "number",
            "organization",
            "title",
            "currency",
            "effective_from",
            "effective_until",
            "billing_trigger",
            "billing_months",
            "payment_days",
            "quote_valid_days",
            "rush_days",
            "purchase_order",
            "status",
            "version",
        ]
        read_only_fields = fields


class ContractRateSerializer(serializers.ModelSerializer):
    """One dated price; `effective_until` is the first day on which it no longer stands."""

    contract = serializers.CharField(source="contract.number")
    price = MoneySerializer(read=lambda rate: (rate.amount, rate.contract.currency))

    class Meta:
        model = ContractRate
        fields = [
            "id",
            "contract",
            "kind",
            "unit",
            "service_type",
            "amount",
            "price",
            "minimum_quantity",
            "effective_from",
            "effective_until",
            "version",
        ]
        read_only_fields = fields


class ContractDetailSerializer(ContractSerializer):
    """A contract with its terms and all its prices."""

    rates = ContractRateSerializer(many=True)
    document = serializers.IntegerField(source="document_id", allow_null=True)

    class Meta(ContractSerializer.Meta):
        fields = [*ContractSerializer.Meta.fields, "terms", "document", "rates"]
        read_only_fields = fields


class _ContractTermsSerializer(CommandSerializer):
    title = serializers.CharField(max_length=200)
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(**NULLABLE)
    billing_trigger = serializers.ChoiceField(BillingTrigger.choices, required=False)
    billing_months = serializers.IntegerField(min_value=1, max_value=12, required=False)
    payment_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    quote_valid_days = serializers.IntegerField(min_value=1, max_value=365, required=False)
    rush_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    purchase_order = serializers.CharField(max_length=60, **TEXT)
    terms = serializers.CharField(max_length=10_000, **TEXT)
    document = VisibleSlugField("id", queryset=Document.objects.all(), **NULLABLE)


class OpenContractSerializer(_ContractTermsSerializer):
    """A contract to be; without an organization the house's standard terms in a currency."""

    organization = VisibleSlugField("number", queryset=ClientOrganization.objects.all(), **NULLABLE)
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class AmendContractSerializer(SomeChangeSerializer, _ContractTermsSerializer):
    """Any terms of a draft; of a contract in force its order number and its paper."""


class EndContractSerializer(CommandSerializer):
    """The first day on which it no longer stands, and why."""

    until = serializers.DateField()
    reason = serializers.CharField(max_length=2000)


class AddContractRateSerializer(CommandSerializer):
    """A price in the contract's currency, or a surcharge in percent of the work."""

    contract = VisibleSlugField("number", queryset=Contract.objects.all())
    kind = serializers.ChoiceField(PriceKind.choices)
    unit = serializers.ChoiceField(PriceUnit.choices)
    service_type = serializers.ChoiceField(ServiceType.choices, **TEXT)
    amount = serializers.DecimalField(**AMOUNT)
    minimum_quantity = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=0, required=False
    )
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(**NULLABLE)


class EndContractRateSerializer(CommandSerializer):
    """The first day on which a price no longer stands."""

    until = serializers.DateField()


class CostRateSerializer(serializers.ModelSerializer):
    """What flying costs an operator; never shown to clients."""

    operator = serializers.CharField(source="operator.name")
    cost = MoneySerializer(read=lambda rate: (rate.amount, rate.currency))

    class Meta:
        model = CostRate
        fields = [
            "id",
            "operator",
            "kind",
            "cost",
            "effective_from",
            "effective_until",
            "version",
        ]
        read_only_fields = fields


class AddCostRateSerializer(CommandSerializer):
    """What an hour of flying, or going out once, costs an operator."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    kind = serializers.ChoiceField([(str(kind), CostKind(kind).label) for kind in COUNTED])
    amount = serializers.DecimalField(**AMOUNT)
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(**NULLABLE)
