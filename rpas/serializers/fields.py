import math
from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer


class FiniteFloatField(serializers.FloatField):
    """A number; the words NaN and Infinity, which Python would take, are refused."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return float(value)


class ChangeSerializer(CommandSerializer):
    """The input of an edit: any of its fields, at least one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Name at least one field to change.")
        return attrs
