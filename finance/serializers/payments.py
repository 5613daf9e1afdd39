from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from contacts.models import Contact
from finance.models import (
    Dispute,
    Invoice,
    Payment,
    PaymentIntent,
    PaymentMethod,
    ProviderEvent,
    ProviderName,
    Refund,
)
from finance.serializers.fields import MoneySerializer

AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal("0.01"),
    "max_value": Decimal("9999999999.99"),
}


class PaymentMethodSerializer(serializers.ModelSerializer):
    """A card that a customer left with a provider: what a person knows it by."""

    customer = serializers.IntegerField(source="customer_id")

    class Meta:
        model = PaymentMethod
        fields = [
            "id",
            "customer",
            "provider",
            "kind",
            "brand",
            "last_four",
            "expires_on",
            "is_live",
            "is_default",
            "detached_at",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "expires_on": {"allow_null": True},
            "detached_at": {"allow_null": True},
        }


class SaveTokenSerializer(CommandSerializer):
    """A one-time token of the provider's own form. Never a card number."""

    customer = VisibleSlugField("id", queryset=Contact.objects.all())
    provider = serializers.ChoiceField(ProviderName.choices)
    token = serializers.RegexField(r"^[A-Za-z0-9:_-]{4,120}$")


class BeginSavingSerializer(CommandSerializer):
    """Whose card it will be, and with which provider."""

    customer = VisibleSlugField("id", queryset=Contact.objects.all())
    provider = serializers.ChoiceField(ProviderName.choices)


class SavingBegunSerializer(serializers.Serializer):
    """What the provider's own form is opened with."""

    provider = serializers.CharField()
    client_secret = serializers.CharField()


class PaymentIntentSerializer(serializers.ModelSerializer):
    """One attempt to take money through a provider, and what became of it."""

    invoice = serializers.CharField(source="invoice.number", allow_null=True, default=None)
    customer = serializers.IntegerField(source="customer_id")
    payment_method = serializers.IntegerField(source="payment_method_id", allow_null=True)
    total = MoneySerializer(read=lambda row: (row.amount, row.currency))
    payment = serializers.CharField(source="payment.number", allow_null=True, default=None)
    # Empty where nobody was led to a page.
    checkout_url = serializers.CharField(allow_blank=True)

    class Meta:
        model = PaymentIntent
        fields = [
            "id",
            "invoice",
            "customer",
            "provider",
            "is_live",
            "payment_method",
            "total",
            "status",
            "failure_code",
            "checkout_url",
            "is_captured",
            "payment",
            "settled_at",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {"settled_at": {"allow_null": True}}


class ChargeSerializer(CommandSerializer):
    """A saved card to charge for an invoice; without an amount all that is owed."""

    invoice = VisibleSlugField("number", queryset=Invoice.objects.all())
    payment_method = VisibleSlugField("id", queryset=PaymentMethod.objects.all())
    amount = serializers.DecimalField(**AMOUNT, required=False)
    is_captured = serializers.BooleanField(
        default=True, help_text="False: only authorize, to be captured later."
    )


class PaymentSerializer(serializers.ModelSerializer):
    """Money that came in."""

    customer = serializers.IntegerField(source="customer_id")
    total = MoneySerializer(read=lambda row: (row.amount, row.currency))

    class Meta:
        model = Payment
        fields = [
            "id",
            "number",
            "customer",
            "provider",
            "channel",
            "reference",
            "total",
            "refunded",
            "charged_back",
            "status",
            "received_at",
            "version",
        ]
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer):
    """Money of a payment that goes back."""

    payment = serializers.CharField(source="payment.number")
    total = MoneySerializer(read=lambda row: (row.amount, row.currency))

    class Meta:
        model = Refund
        fields = [
            "id",
            "payment",
            "total",
            "reason",
            "status",
            "failure_code",
            "settled_at",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {"settled_at": {"allow_null": True}}


class RequestRefundSerializer(CommandSerializer):
    """A payment to give back, all that is left of it or a part."""

    payment = VisibleSlugField("number", queryset=Payment.objects.all())
    amount = serializers.DecimalField(**AMOUNT, required=False)
    reason = serializers.CharField(max_length=500)


class DisputeSerializer(serializers.ModelSerializer):
    """A payment that a customer's bank has taken back until somebody decides."""

    payment = serializers.CharField(source="payment.number")
    total = MoneySerializer(read=lambda row: (row.amount, row.currency))

    class Meta:
        model = Dispute
        fields = [
            "id",
            "payment",
            "provider_id",
            "total",
            "reason",
            "status",
            "opened_at",
            "answer_due_at",
            "decided_at",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "answer_due_at": {"allow_null": True},
            "decided_at": {"allow_null": True},
        }


class ProviderEventSerializer(serializers.ModelSerializer):
    """One notification of a provider, and what became of it."""

    class Meta:
        model = ProviderEvent
        fields = [
            "id",
            "provider",
            "event_id",
            "kind",
            "object_id",
            "is_live",
            "occurred_at",
            "received_at",
            "status",
            "attempts",
            "next_try_at",
            "applied_at",
            "note",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "next_try_at": {"allow_null": True},
            "applied_at": {"allow_null": True},
        }
