"""Shapes that several serializers of clients share."""

from decimal import Decimal
from typing import Any

AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal(0),
    "max_value": Decimal("9999999999.99"),
}
TEXT: dict[str, Any] = {"required": False, "allow_blank": True}
NULLABLE: dict[str, Any] = {"required": False, "allow_null": True}
