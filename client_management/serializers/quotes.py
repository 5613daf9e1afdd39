from decimal import Decimal
from typing import Any

from rest_framework import serializers

from client_management.models import ServiceQuote, ServiceQuoteLine, ServiceRequest
from client_management.pricing import Discount
from client_management.serializers.fields import AMOUNT, TEXT
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from finance.serializers.fields import MoneySerializer


class ServiceQuoteLineSerializer(serializers.ModelSerializer):
    """One line: what, by which formula, from which figures and which row."""

    rate = serializers.IntegerField(source="rate_id", allow_null=True)
    tax_rule = serializers.IntegerField(source="tax_rule_id", allow_null=True)
    inputs = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = ServiceQuoteLine
        fields = [
            "sequence",
            "kind",
            "code",
            "description",
            "formula",
            "inputs",
            "rate",
            "tax_rule",
            "quantity",
            "unit",
            "unit_price",
            "computed",
            "amount",
            "override_reason",
        ]
        read_only_fields = fields


class ServiceQuoteSerializer(serializers.ModelSerializer):
    """One offer, in short."""

    request = serializers.CharField(source="request.number")
    organization = serializers.CharField(source="request.organization.number")
    contract = serializers.CharField(source="contract.number")
    subtotal = MoneySerializer(read=lambda quote: (quote.subtotal, quote.currency))
    tax_total = MoneySerializer(read=lambda quote: (quote.tax_total, quote.currency))
    total = MoneySerializer(read=lambda quote: (quote.total, quote.currency))

    class Meta:
        model = ServiceQuote
        fields = [
            "number",
            "request",
            "organization",
            "contract",
            "sequence",
            "status",
            "subtotal",
            "tax_total",
            "total",
            "priced_on",
            "priced_at",
            "valid_until",
            "sent_at",
            "viewed_at",
            "answered_at",
            "version",
        ]
        read_only_fields = fields


class ServiceQuoteDetailSerializer(ServiceQuoteSerializer):
    """An offer with its lines and terms; `content_hash` is what a client accepts."""

    lines = ServiceQuoteLineSerializer(many=True)
    unpriced = serializers.ListField(
        child=serializers.CharField(),
        source="price_inputs.unpriced",
        help_text="What makes the work dearer and has no price in the contract.",
    )

    class Meta(ServiceQuoteSerializer.Meta):
        fields = [
            *ServiceQuoteSerializer.Meta.fields,
            "terms",
            "content_hash",
            "answer_note",
            "unpriced",
            "lines",
        ]
        read_only_fields = fields


class DiscountSerializer(CommandSerializer):
    """A part of the price that is given up, and why."""

    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=Decimal(100)
    )
    reason = serializers.CharField(max_length=120)

    def validate(self, attrs: dict[str, Any]) -> Any:
        return Discount(**attrs)


class AdjustmentsSerializer(CommandSerializer):
    """Figures of the assessment that the desk knows better."""

    travel_km = serializers.DecimalField(
        max_digits=9, decimal_places=2, min_value=Decimal(0), required=False
    )
    field_days = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=Decimal(0), required=False
    )
    products = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=Decimal(0), required=False
    )
    processing_hours = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=Decimal(0), required=False
    )
    applications = serializers.DecimalField(
        max_digits=4, decimal_places=0, min_value=Decimal(0), required=False
    )
    control_points = serializers.DecimalField(
        max_digits=4, decimal_places=0, min_value=Decimal(0), required=False
    )
    is_rush = serializers.BooleanField(required=False)
    has_weather_contingency = serializers.BooleanField(required=False)


class PriceRequestSerializer(CommandSerializer):
    """How to price a request: corrections, a discount, terms, days it stands."""

    request = VisibleSlugField("number", queryset=ServiceRequest.objects.all())
    adjustments = AdjustmentsSerializer(required=False)
    discount = DiscountSerializer(required=False, allow_null=True)
    terms = serializers.CharField(max_length=10_000, **TEXT)
    valid_days = serializers.IntegerField(min_value=1, max_value=365, required=False)


class OverrideServiceLineSerializer(CommandSerializer):
    """Another amount for a line, and why."""

    sequence = serializers.IntegerField(min_value=1, max_value=32_000)
    amount = serializers.DecimalField(**{**AMOUNT, "min_value": Decimal("-9999999999.99")})
    reason = serializers.CharField(max_length=500)


class RecordYesSerializer(CommandSerializer):
    """A client's yes as the desk records it: to exactly the offer with this hash."""

    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
    purchase_order = serializers.CharField(max_length=60, **TEXT)
    note = serializers.CharField(max_length=2000, **TEXT)


class SentServiceQuoteSerializer(ServiceQuoteDetailSerializer):
    """An offer that was just sent, with the link that the client opens it by."""

    link = serializers.CharField()

    class Meta(ServiceQuoteDetailSerializer.Meta):
        fields = [*ServiceQuoteDetailSerializer.Meta.fields, "link"]
        read_only_fields = fields
