"""Amounts as providers write them."""

from decimal import Decimal, InvalidOperation
from typing import Any

from common.money import EXPONENTS


class CurrencyUnknown(ValueError):
    """A currency that nothing is billed in here."""


def as_decimal_text(amount: int, currency: str) -> str:
    """Smallest units as a decimal text: 1005 of USD is 10.05, 1005 of JPY is 1005."""
    return str(Decimal(amount).scaleb(-EXPONENTS[currency]))


def from_decimal_text(value: Any, currency: str) -> int:
    """A decimal text in smallest units. Raises ValueError, CurrencyUnknown among them."""
    if currency not in EXPONENTS:
        raise CurrencyUnknown(currency)
    try:
        scaled = Decimal(str(value)).scaleb(EXPONENTS[currency])
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError("not an amount") from None
    if whole != scaled:
        raise ValueError("a fraction of the smallest unit")
    return whole
