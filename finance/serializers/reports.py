from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer
from common.money import EXPONENTS

FORMATS = ("json", "csv", "xlsx")
GROUPS = ("month", "customer", "aircraft", "service")
# No books are older; columns of ageing reach back from it.
EARLIEST = date(1970, 1, 1)
LONGEST = timedelta(days=5 * 366)
AMOUNT: dict[str, Any] = {"max_digits": 16, "decimal_places": 2}


class FormatQuerySerializer(CommandSerializer):
    """In which form a report is given."""

    format = serializers.ChoiceField(FORMATS, default="json")


class PeriodReportQuerySerializer(FormatQuerySerializer):
    """From which day to which, both included; five years at most."""

    since = serializers.DateField()
    until = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) <= attrs["until"] - attrs["since"] <= LONGEST:
            raise serializers.ValidationError({"until": "Up to five years after `since`."})
        return attrs


class RevenueQuerySerializer(PeriodReportQuerySerializer):
    """How revenue is grouped."""

    by = serializers.ChoiceField(GROUPS, default="month")
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class AsOfQuerySerializer(FormatQuerySerializer):
    """At the end of which day; today unless given."""

    as_of = serializers.DateField(required=False)

    def validate_as_of(self, day: date) -> date:
        if day < EARLIEST:
            raise serializers.ValidationError(f"Not before {EARLIEST}.")
        return day


class AgeingQuerySerializer(AsOfQuerySerializer):
    """Of which currency; all unless given."""

    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class RevenueRowSerializer(serializers.Serializer):
    """What was billed of one group in one currency, less credit notes."""

    group = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    net = serializers.DecimalField(**AMOUNT)
    tax = serializers.DecimalField(**AMOUNT)


class AgeingRowSerializer(serializers.Serializer):
    """What a payer owes in one currency, by days overdue; `customer_credit` is what we owe."""

    party = serializers.IntegerField()
    name = serializers.CharField()
    currency = serializers.CharField()
    current = serializers.DecimalField(**AMOUNT)
    days_1_30 = serializers.DecimalField(**AMOUNT)
    days_31_60 = serializers.DecimalField(**AMOUNT)
    days_61_90 = serializers.DecimalField(**AMOUNT)
    days_over_90 = serializers.DecimalField(**AMOUNT)
    total = serializers.DecimalField(**AMOUNT)
    customer_credit = serializers.DecimalField(**AMOUNT)


class UnbilledRowSerializer(serializers.Serializer):
    """Work that waits for its bill."""

    subject = serializers.CharField()
    subject_id = serializers.IntegerField()
    number = serializers.CharField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    ready_since = serializers.DateTimeField()
    days = serializers.IntegerField()


class TaxRowSerializer(serializers.Serializer):
    """What is owed of one tax in one currency."""

    tax_code = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    charged = serializers.DecimalField(**AMOUNT)
    taken_back = serializers.DecimalField(**AMOUNT)
    owed = serializers.DecimalField(**AMOUNT)


class ExciseQuerySerializer(FormatQuerySerializer):
    """Of which calendar year."""

    year = serializers.IntegerField(min_value=EARLIEST.year, max_value=9998)


class ExciseRowSerializer(serializers.Serializer):
    """One kind of the federal excise tax in one calendar quarter and currency."""

    quarter = serializers.CharField(help_text="Such as 2026-Q1, by the day of issue.")
    kind = serializers.CharField(
        help_text="percentage, property, segment, alaska_hawaii, international_facilities, other,"
        " or untaxed: billed for transport without any tax."
    )
    tax_code = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    documents = serializers.IntegerField()
    charged = serializers.DecimalField(**AMOUNT)
    taken_back = serializers.DecimalField(help_text="By credit notes.", **AMOUNT)
    collected = serializers.DecimalField(help_text="Charged less taken back.", **AMOUNT)
    booked = serializers.DecimalField(help_text="The same by the ledger.", **AMOUNT)
    difference = serializers.DecimalField(
        help_text="What the ledger has more; zero while the books hold.", **AMOUNT
    )
    billed = serializers.DecimalField(
        help_text="Of `untaxed` only: the amount of those documents.", **AMOUNT
    )


class TrialBalanceRowSerializer(serializers.Serializer):
    """Debits and credits of one account in one currency."""

    currency = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    debits = serializers.DecimalField(**AMOUNT)
    credits = serializers.DecimalField(**AMOUNT)
    net = serializers.DecimalField(**AMOUNT)
