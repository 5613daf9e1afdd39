from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from contacts.models import Contact
from finance.models import (
    Allocation,
    CustomerCredit,
    Invoice,
    InvoiceKind,
    LineItem,
    PaymentChannel,
)
from finance.serializers.fields import MoneySerializer

SUBJECT = r"^[a-z_]{1,29}\.[a-z0-9_]{1,30}$"
BASES = ("quote", "actuals", "expenses")
SOME_AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal("0.01"),
    "max_value": Decimal("9999999999.99"),
}
ANY_AMOUNT: dict[str, Any] = {**SOME_AMOUNT, "min_value": Decimal("-9999999999.99")}
PRICE: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 4,
    "min_value": Decimal("-99999999.9999"),
    "max_value": Decimal("99999999.9999"),
}
QUANTITY: dict[str, Any] = {**PRICE, "min_value": Decimal("0.0001")}
# What a list shows of an invoice.
LISTED = [
    "id",
    "number",
    "kind",
    "basis",
    "status",
    "subject",
    "subject_id",
    "subject_number",
    "customer",
    "customer_name",
    "payer",
    "payer_name",
    "authorization",
    "reference",
    "aircraft",
    "service",
    "subtotal",
    "tax_total",
    "total",
    "paid",
    "credited",
    "written_off",
    "balance",
    "due_on",
    "issued_on",
    "version",
]


class BillToSerializer(CommandSerializer):
    """Whom an invoice is addressed to."""

    name = serializers.CharField(max_length=200, required=False)
    attention = serializers.CharField(max_length=200, required=False, allow_blank=True)
    address = serializers.CharField(max_length=500, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    tax_number = serializers.CharField(max_length=60, required=False, allow_blank=True)


class AddresseeSerializer(serializers.Serializer):
    """Whom an invoice is addressed to, as it was when it was drawn up."""

    name = serializers.CharField(default="")
    attention = serializers.CharField(default="")
    address = serializers.CharField(default="")
    email = serializers.CharField(default="")
    tax_number = serializers.CharField(default="")


class InvoiceLineSerializer(serializers.ModelSerializer):
    """One line; `variance` is what it has more than the accepted offer, taxes included."""

    price = MoneySerializer(source="amount", read=lambda row: (row.amount, row.currency))
    tax = MoneySerializer(read=lambda row: (row.tax_amount, row.currency))
    quoted_amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    variance = serializers.SerializerMethodField()

    class Meta:
        model = LineItem
        fields = [
            "sequence",
            "key",
            "description",
            "quantity",
            "unit",
            "unit_price",
            "price",
            "tax_code",
            "tax_rate",
            "tax",
            "formula",
            "service",
            "basis",
            "work",
            "quoted_amount",
            "variance",
        ]
        read_only_fields = fields

    def get_variance(self, line: LineItem) -> str | None:
        if line.quoted_amount is None:
            return None
        return str(line.amount + line.tax_amount - line.quoted_amount)


class AllocationSerializer(serializers.ModelSerializer):
    """What settled a part of an invoice; below zero where it was taken back."""

    payment = serializers.CharField(source="payment.number", default=None, allow_null=True)
    document = serializers.CharField(source="document.number", default=None, allow_null=True)
    settled = MoneySerializer(read=lambda row: (row.amount, row.currency))

    class Meta:
        model = Allocation
        fields = ["id", "kind", "settled", "payment", "credit", "document", "allocated_at"]
        read_only_fields = fields
        extra_kwargs = {"credit": {"allow_null": True}}


class InvoiceSerializer(serializers.ModelSerializer):
    """A bill, a deposit bill or a credit note; `balance` is what is still to be paid."""

    number = serializers.CharField(allow_null=True)
    customer = serializers.IntegerField(source="customer_id")
    customer_name = serializers.CharField(source="customer.name")
    payer = serializers.IntegerField(source="payer_id")
    payer_name = serializers.CharField(source="payer.name")
    subtotal = MoneySerializer(read=lambda row: (row.subtotal, row.currency))
    tax_total = MoneySerializer(read=lambda row: (row.tax_total, row.currency))
    total = MoneySerializer(read=lambda row: (row.total, row.currency))
    paid = MoneySerializer(read=lambda row: (row.paid, row.currency))
    credited = MoneySerializer(read=lambda row: (row.credited, row.currency))
    written_off = MoneySerializer(read=lambda row: (row.written_off, row.currency))
    balance = MoneySerializer(
        read=lambda row: (
            Decimal(0) if row.kind == InvoiceKind.CREDIT_NOTE else row.balance,
            row.currency,
        )
    )

    class Meta:
        model = Invoice
        fields = LISTED
        read_only_fields = fields


class InvoiceDetailSerializer(InvoiceSerializer):
    """An invoice with its lines, what settled it, and by which rate it was converted."""

    bill_to = AddresseeSerializer()
    lines = InvoiceLineSerializer(many=True)
    allocations = AllocationSerializer(many=True)
    corrects = serializers.CharField(source="corrects.number", default=None, allow_null=True)
    exchange_rate = serializers.CharField(allow_null=True)
    issued_by = serializers.CharField(source="issued_by.email", default=None, allow_null=True)

    class Meta(InvoiceSerializer.Meta):
        fields = [
            *LISTED,
            "bill_to",
            "lines",
            "allocations",
            "corrects",
            "quoted_in",
            "exchange_rate",
            "payment_days",
            "terms",
            "notes",
            "issued_at",
            "issued_by",
            "snapshot_hash",
        ]
        read_only_fields = fields


class PayerSerializer(CommandSerializer):
    """Who pays where it is not the customer: an insurer needs its number of authorization."""

    payer = VisibleSlugField("id", queryset=Contact.objects.all(), required=False)
    authorization = serializers.CharField(max_length=60, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=60, required=False, allow_blank=True)


class BilledWorkSerializer(CommandSerializer):
    """The work a bill is for: its model, and its number or its id."""

    subject = serializers.RegexField(SUBJECT)
    subject_number = serializers.CharField(max_length=40, required=False)
    subject_id = serializers.IntegerField(min_value=1, max_value=2**62, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("subject_number" in attrs) == ("subject_id" in attrs):
            raise serializers.ValidationError("Name subject_number or subject_id, and one alone.")
        return attrs


class DraftInvoiceSerializer(BilledWorkSerializer, PayerSerializer):
    """A bill for work, on one basis; `currency` where it is not the prices' own."""

    basis = serializers.ChoiceField(BASES)
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class OwnLineSerializer(CommandSerializer):
    """A line by hand; a price below zero is a discount."""

    description = serializers.CharField(max_length=200)
    quantity = serializers.DecimalField(**QUANTITY)
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    unit_price = serializers.DecimalField(**PRICE)
    service = serializers.RegexField(r"^[a-z_]{1,40}$", required=False)
    tax_code = serializers.RegexField(r"^[A-Z][A-Z0-9-]{1,19}$", required=False)


class DraftByHandSerializer(PayerSerializer):
    """A bill that no work stands behind."""

    customer = VisibleSlugField("id", queryset=Contact.objects.all())
    currency = serializers.ChoiceField(sorted(EXPONENTS))
    lines = OwnLineSerializer(many=True, allow_empty=False, max_length=200)


class DraftDepositSerializer(BilledWorkSerializer):
    """A part of the accepted offer before the work: a percentage of its total, or an amount."""

    percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        required=False,
    )
    amount = serializers.DecimalField(**SOME_AMOUNT, required=False)
    payer = VisibleSlugField("id", queryset=Contact.objects.all(), required=False)


class DraftCancellationFeeSerializer(BilledWorkSerializer):
    """The fee for work that was called off; `tax_code` where a tax is charged on it."""

    tax_code = serializers.RegexField(r"^[A-Z][A-Z0-9-]{1,19}$", required=False)
    payer = VisibleSlugField("id", queryset=Contact.objects.all(), required=False)


class EditInvoiceSerializer(SomeChangeSerializer):
    """What may be changed of a draft beside its lines."""

    payer = VisibleSlugField("id", queryset=Contact.objects.all())
    authorization = serializers.CharField(max_length=60, allow_blank=True)
    bill_to = BillToSerializer()
    reference = serializers.CharField(max_length=60, allow_blank=True)
    payment_days = serializers.IntegerField(min_value=0, max_value=365)
    due_on = serializers.DateField(allow_null=True)
    terms = serializers.CharField(max_length=10_000, allow_blank=True)
    notes = serializers.CharField(max_length=2000, allow_blank=True)


class RemoveLineSerializer(CommandSerializer):
    """Which line goes."""

    sequence = serializers.IntegerField(min_value=1, max_value=32_767)


class CreditedLineSerializer(CommandSerializer):
    """How much of a line is taken back before tax; of a tax alone its `tax_amount`."""

    sequence = serializers.IntegerField(min_value=1, max_value=32_767)
    amount = serializers.DecimalField(**ANY_AMOUNT)
    tax_amount = serializers.DecimalField(**ANY_AMOUNT, required=False)


class CreditInvoiceSerializer(CommandSerializer):
    """Parts of lines, or all that is left where no line is named."""

    reason = serializers.CharField(max_length=2000)
    lines = CreditedLineSerializer(many=True, required=False, allow_empty=False, max_length=200)


class RecordPaymentSerializer(CommandSerializer):
    """Money that came beside the payment providers."""

    amount = serializers.DecimalField(**SOME_AMOUNT)
    channel = serializers.ChoiceField(PaymentChannel.choices)
    received_at = serializers.DateTimeField(required=False)
    reference = serializers.RegexField(
        r"^[^\x00-\x1f]*$", max_length=120, required=False, allow_blank=True
    )


class ApplyCreditSerializer(CommandSerializer):
    """How much of the payer's credit is used; all that is owed unless given."""

    amount = serializers.DecimalField(**SOME_AMOUNT, required=False)


class ApplyDepositSerializer(ApplyCreditSerializer):
    """Which deposit is used, and how much of it."""

    deposit = VisibleSlugField("number", queryset=Invoice.objects.filter(kind=InvoiceKind.DEPOSIT))


class CustomerCreditSerializer(serializers.ModelSerializer):
    """Money of a customer that no invoice holds."""

    customer = serializers.IntegerField(source="customer_id")
    customer_name = serializers.CharField(source="customer.name")
    given = MoneySerializer(read=lambda row: (row.amount, row.currency))
    left = MoneySerializer(read=lambda row: (row.remaining, row.currency))
    payment = serializers.CharField(source="payment.number", default=None, allow_null=True)
    credit_note = serializers.CharField(source="credit_note.number", default=None, allow_null=True)

    class Meta:
        model = CustomerCredit
        fields = [
            "id",
            "customer",
            "customer_name",
            "given",
            "left",
            "payment",
            "credit_note",
            "given_at",
        ]
        read_only_fields = fields
