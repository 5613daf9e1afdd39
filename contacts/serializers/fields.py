from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from common.api.serializers import CommandSerializer
from common.money import EXPONENTS, Money
from contacts.models.constraints import COUNTRY, validate_zone

MOST_AMOUNT = Decimal("9999999999.99")


def check_zone(value: Any) -> None:
    """Refuse what is not an IANA zone, as a field error."""
    try:
        validate_zone(value)
    except ValidationError as error:
        raise serializers.ValidationError(error.messages, code="timezone") from error


def country_field(**more: Any) -> serializers.RegexField:
    """An ISO 3166 country code of two letters."""
    return serializers.RegexField(COUNTRY, help_text="ISO 3166 code such as `AU`.", **more)


def zone_field(**more: Any) -> serializers.CharField:
    """An IANA time zone."""
    return serializers.CharField(
        max_length=64, validators=[check_zone], help_text="Such as `Australia/Sydney`.", **more
    )


class FeeAmountSerializer(CommandSerializer):
    """Money: an amount in one currency."""

    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), max_value=MOST_AMOUNT
    )
    currency = serializers.ChoiceField(sorted(EXPONENTS))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if Money(attrs["amount"], attrs["currency"]).amount != attrs["amount"]:
            raise serializers.ValidationError(
                {"amount": f"{attrs['currency']} has no such fraction."}
            )
        return attrs
