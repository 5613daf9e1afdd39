from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from finance.models import Invoice, PaymentLink, ProviderName
from finance.serializers.fields import MoneySerializer


class PaymentLinkSerializer(serializers.ModelSerializer):
    """A link at which an invoice is paid without an account. Who has the address can pay."""

    invoice = serializers.CharField(source="invoice.number", allow_null=True)
    address = serializers.SerializerMethodField()

    class Meta:
        model = PaymentLink
        fields = ["id", "invoice", "address", "expires_at", "revoked_at", "version"]
        read_only_fields = fields
        extra_kwargs = {"revoked_at": {"allow_null": True}}

    def get_address(self, link: PaymentLink) -> str:
        """The address itself; empty once it is useless."""
        make: Any = self.context["address_of"]
        return "" if link.revoked_at else str(make(link.salt))


class MakePaymentLinkSerializer(CommandSerializer):
    """The invoice to pay."""

    invoice = VisibleSlugField("number", queryset=Invoice.objects.all())


class PayPageSerializer(serializers.Serializer):
    """A bill as its link shows it: number, amounts, where it can be paid. No names, no lines."""

    invoice = serializers.CharField()
    status = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    total = MoneySerializer()
    owed = MoneySerializer()
    providers = serializers.ListField(child=serializers.CharField())
    attempt = serializers.CharField(
        allow_null=True, help_text="How the last attempt over this link stands."
    )


class OpenCheckoutSerializer(CommandSerializer):
    """With whom to pay."""

    provider = serializers.ChoiceField(ProviderName.choices)


class CheckoutSerializer(serializers.Serializer):
    """The provider's page to go on to. Empty while the provider has not answered: try again."""

    provider = serializers.CharField()
    status = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
