from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty


class CommandSerializer(serializers.Serializer):
    """The input of one service: parses, refuses fields it does not know, never saves."""

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
    actor = serializers.CharField(source="actor.email", default=None)
    reason = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField()
