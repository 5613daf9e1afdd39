"""Papers and money in the portal."""

from rest_framework import serializers

from documents.models import Document
from finance.models import Invoice, ProviderName
from finance.serializers.fields import MoneySerializer


class PortalDocumentSerializer(serializers.ModelSerializer):
    """A paper for the client."""

    class Meta:
        model = Document
        fields = [
            "number",
            "kind",
            "title",
            "subject_title",
            "media_type",
            "size_bytes",
            "sha256",
            "generated_at",
        ]
        read_only_fields = fields


class PortalInvoiceSerializer(serializers.ModelSerializer):
    """A bill the client has to pay, or had to."""

    total = MoneySerializer(read=lambda row: (row.total, row.currency))
    tax = MoneySerializer(read=lambda row: (row.tax_total, row.currency))
    owed = MoneySerializer(read=lambda row: (row.balance, row.currency))

    class Meta:
        model = Invoice
        fields = [
            "number",
            "kind",
            "status",
            "subject_number",
            "reference",
            "total",
            "tax",
            "owed",
            "issued_on",
            "due_on",
        ]
        read_only_fields = fields
        extra_kwargs = {"due_on": {"allow_null": True}, "issued_on": {"allow_null": True}}


class PortalPayLinkSerializer(serializers.Serializer):
    """Where a bill is paid, and with whom it can be."""

    address = serializers.CharField()
    expires_at = serializers.DateTimeField()
    providers = serializers.ListField(child=serializers.ChoiceField(ProviderName.choices))


class PortalStatementLineSerializer(serializers.Serializer):
    """One event of the client's account."""

    posted_on = serializers.DateField()
    kind = serializers.CharField()
    description = serializers.CharField()
    invoice = serializers.CharField(allow_blank=True)
    debit = serializers.DecimalField(max_digits=14, decimal_places=2)
    credit = serializers.DecimalField(max_digits=14, decimal_places=2)
    balance = serializers.DecimalField(max_digits=14, decimal_places=2)


class PortalStatementSerializer(serializers.Serializer):
    """The client's account over some days."""

    currency = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    opening = serializers.DecimalField(max_digits=14, decimal_places=2)
    lines = PortalStatementLineSerializer(many=True)
    closing = serializers.DecimalField(max_digits=14, decimal_places=2)
    is_cut = serializers.BooleanField(help_text="There was more than is listed.")


class OwedSerializer(serializers.Serializer):
    """What is still to be paid in one currency."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
