from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer


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
