from collections.abc import Callable
from typing import Any

from rest_framework import serializers


class MoneySerializer(serializers.Serializer):
    """Money: an amount in one currency, as `{"amount": "12.50", "currency": "AUD"}`."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()

    def __init__(
        self, *args: Any, read: Callable[[Any], tuple[Any, str]] | None = None, **kwargs: Any
    ) -> None:
        self.read = read
        super().__init__(*args, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        if self.read is None:
            return super().get_attribute(instance)
        value, currency = self.read(instance)
        return {"amount": value, "currency": currency}
