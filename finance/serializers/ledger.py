from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from contacts.models import Contact
from finance.models import (
    Account,
    AccountKind,
    CancellationTerm,
    CurrencyRate,
    JournalEntry,
    Transaction,
)

SIDE: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal(0),
    "max_value": Decimal("9999999999.99"),
}
SERVICES: dict[str, Any] = {"max_length": 40, "allow_empty": True}


class AccountSerializer(serializers.ModelSerializer):
    """One account of the chart; one with a role is needed by the books."""

    services = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Account
        fields = ["id", "code", "name", "kind", "role", "services", "is_active", "version"]
        read_only_fields = fields


class OpenAccountSerializer(CommandSerializer):
    """A new account; `services` of bill lines whose revenue goes to it."""

    code = serializers.RegexField(r"^[0-9]{3,10}$")
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(AccountKind.choices)
    services = serializers.ListField(
        child=serializers.RegexField(r"^[a-z_]{1,40}$"), required=False, **SERVICES
    )


class AmendAccountSerializer(SomeChangeSerializer):
    """What may be changed of an account; its code and kind stay."""

    name = serializers.CharField(max_length=100)
    services = serializers.ListField(child=serializers.RegexField(r"^[a-z_]{1,40}$"), **SERVICES)
    is_active = serializers.BooleanField()


class TransactionSerializer(serializers.ModelSerializer):
    """One line of the books: an account debited or credited."""

    entry = serializers.CharField(source="entry.key")
    kind = serializers.CharField(source="entry.kind")
    description = serializers.CharField(source="entry.description")
    posted_on = serializers.DateField(source="entry.posted_on")
    posted_at = serializers.DateTimeField(source="entry.posted_at")
    account = serializers.CharField(source="account.code")
    account_name = serializers.CharField(source="account.name")
    party = serializers.IntegerField(source="party_id", allow_null=True)
    invoice = serializers.CharField(source="invoice.number", default=None, allow_null=True)

    class Meta:
        model = Transaction
        fields = [
            "id",
            "entry",
            "kind",
            "description",
            "posted_on",
            "posted_at",
            "account",
            "account_name",
            "currency",
            "debit",
            "credit",
            "party",
            "invoice",
            "tax_code",
        ]
        read_only_fields = fields


class EntryLineSerializer(serializers.ModelSerializer):
    """A debit or a credit of an entry."""

    account = serializers.CharField(source="account.code")

    class Meta:
        model = Transaction
        fields = ["sequence", "account", "currency", "debit", "credit", "tax_code"]
        read_only_fields = fields


class JournalEntrySerializer(serializers.ModelSerializer):
    """One event of the books with its debits and credits."""

    posted_by = serializers.CharField(source="posted_by.email", default=None, allow_null=True)
    lines = EntryLineSerializer(many=True)

    class Meta:
        model = JournalEntry
        fields = [
            "id",
            "key",
            "kind",
            "description",
            "posted_on",
            "posted_at",
            "posted_by",
            "lines",
        ]
        read_only_fields = fields


class PostLineSerializer(CommandSerializer):
    """A debit or a credit, the other one left out or 0."""

    account = VisibleSlugField("code", queryset=Account.objects.in_use())
    debit = serializers.DecimalField(**SIDE, required=False)
    credit = serializers.DecimalField(**SIDE, required=False)


class PostEntrySerializer(CommandSerializer):
    """An entry by hand, such as a payout of a provider to the bank."""

    description = serializers.CharField(max_length=200)
    currency = serializers.ChoiceField(sorted(EXPONENTS))
    lines = PostLineSerializer(many=True, allow_empty=False, max_length=100)


class CurrencyRateSerializer(serializers.ModelSerializer):
    """What one unit of `base` cost in `quote` on a day, and who published it."""

    class Meta:
        model = CurrencyRate
        fields = ["id", "base", "quote", "rate", "rate_on", "source", "recorded_at"]
        read_only_fields = fields


class RecordRateSerializer(CommandSerializer):
    """A published rate."""

    base = serializers.ChoiceField(sorted(EXPONENTS))
    quote = serializers.ChoiceField(sorted(EXPONENTS))
    rate = serializers.DecimalField(
        max_digits=18,
        decimal_places=8,
        min_value=Decimal("0.00000001"),
        max_value=Decimal("999999999"),
    )
    rate_on = serializers.DateField()
    source = serializers.CharField(max_length=100)


class CancellationTermSerializer(serializers.ModelSerializer):
    """One dated step of a cancellation ladder."""

    class Meta:
        model = CancellationTerm
        fields = [
            "id",
            "ladder",
            "hours_before",
            "percent",
            "effective_from",
            "effective_until",
            "version",
        ]
        read_only_fields = fields


class AddCancellationTermSerializer(CommandSerializer):
    """A step: so many percent when fewer hours than this are left until departure."""

    ladder = serializers.RegexField(r"^[a-z0-9][a-z0-9-]{0,39}$", required=False)
    hours_before = serializers.IntegerField(min_value=1, max_value=8760)
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100)
    )
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(required=False, allow_null=True)


class StatementQuerySerializer(CommandSerializer):
    """Whose account, in which currency, from which day to which, both included."""

    payer = VisibleSlugField("id", queryset=Contact.objects.all())
    currency = serializers.ChoiceField(sorted(EXPONENTS))
    since = serializers.DateField()
    until = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["until"] < attrs["since"]:
            raise serializers.ValidationError({"until": "Before `since`."})
        return attrs


class StatementLineSerializer(serializers.Serializer):
    """One event; `balance` is what was owed after it."""

    posted_on = serializers.DateField()
    kind = serializers.CharField()
    description = serializers.CharField()
    invoice = serializers.CharField(allow_blank=True)
    debit = serializers.DecimalField(max_digits=14, decimal_places=2)
    credit = serializers.DecimalField(max_digits=14, decimal_places=2)
    balance = serializers.DecimalField(max_digits=14, decimal_places=2)


class StatementSerializer(serializers.Serializer):
    """A payer's account; `is_cut` when there are more lines than are shown."""

    payer = serializers.IntegerField(source="payer.pk")
    payer_name = serializers.CharField(source="payer.name")
    currency = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    opening = serializers.DecimalField(max_digits=14, decimal_places=2)
    lines = StatementLineSerializer(many=True)
    closing = serializers.DecimalField(max_digits=14, decimal_places=2)
    is_cut = serializers.BooleanField()
