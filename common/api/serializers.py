from collections.abc import Sequence
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.fields import empty

NO_OFFSET = "The offset from UTC is missing; end with Z or with one such as +10:00."


class CommandSerializer(serializers.Serializer):
    """
    The input of one service: parses, refuses fields it does not know, never saves.

    A moment needs its offset from UTC: 09:00 alone is another moment in every office.
    """

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {
                        name[:100]: serializers.ErrorDetail("Unknown field.", code="unknown_field")
                        for name in unknown[:20]
                    }
                )
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        moments = (n for n, f in self.fields.items() if isinstance(f, serializers.DateTimeField))
        given = data if isinstance(data, dict) else {}
        local = [name for name in moments if is_without_offset(given.get(name))]
        if local:
            error = serializers.ErrorDetail(NO_OFFSET, code="no_offset")
            raise serializers.ValidationError({name: [error] for name in local})
        return super().to_internal_value(data)


def keep_fields(serializer: Any, wanted: Sequence[str]) -> None:
    """Drop the fields that are not asked for; raises ValidationError for unknown ones."""
    unknown = sorted(set(wanted) - set(serializer.fields))
    if unknown:
        raise serializers.ValidationError(
            {
                "fields": f"Not a field: {', '.join(unknown)[:200]}. There are: "
                f"{', '.join(serializer.fields)}."
            }
        )
    for name in set(serializer.fields) - set(wanted):
        serializer.fields.pop(name)


def is_without_offset(value: Any) -> bool:
    """Whether a text is a moment that does not say how far from UTC it is."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is None


class SomeChangeSerializer(CommandSerializer):
    """The input of an edit: any of its fields, at least one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Name at least one field to change.")
        return attrs


class EmptyCommandSerializer(CommandSerializer):
    """The input of an action that takes nothing: an empty object or no body."""


class ReasonSerializer(CommandSerializer):
    """The input of an action that must say why."""

    reason = serializers.CharField(max_length=2000, help_text="Why; kept with the record.")


class ProblemErrorSerializer(serializers.Serializer):
    """One field that is not valid."""

    pointer = serializers.CharField(help_text="JSON pointer into the request body.")
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457 problem document: how every refusal looks."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    errors = ProblemErrorSerializer(many=True, required=False)
    details = serializers.DictField(required=False)


class StatusChangeSerializer(serializers.Serializer):
    """One step of a record's life cycle."""

    from_status = serializers.CharField()
    to_status = serializers.CharField()
    actor = serializers.CharField(source="actor.email", allow_null=True, default=None)
    reason = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField()
