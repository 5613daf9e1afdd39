from typing import Any

from rest_framework import serializers

from common.api.serializers import SomeChangeSerializer
from common.preferences import CHOICES, NAMES, is_known, merged
from users.models import UserPreferences

_ZONE = "An IANA zone, or `place`: the zone of the place where something happens."
_NO_ZONE = "Neither a time zone of the IANA database nor `place`."
_LANGUAGE = "Of the portal and of mails; null: as the browser asks for it."


def _shown(name: str, **more: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(CHOICES[name], **more)


def _wanted(name: str) -> serializers.ChoiceField:
    known = ", ".join(dict(CHOICES[name]))
    told = {"invalid_choice": f"There is no {{input}} here, but {known}."}
    return serializers.ChoiceField(CHOICES[name], allow_null=True, error_messages=told)


class DisplayPreferencesSerializer(serializers.Serializer):
    """What one sees; answers of the API are never converted."""

    timezone = serializers.CharField(help_text=_ZONE)
    date_format = _shown("date_format")
    clock = _shown("clock")
    height = _shown("height")
    distance = _shown("distance")
    speed = _shown("speed")
    mass = _shown("mass")
    temperature = _shown("temperature")
    pressure = _shown("pressure")
    language = _shown("language", allow_null=True, help_text=_LANGUAGE)
    chosen = serializers.ListField(
        child=serializers.CharField(),
        help_text="What one chose oneself; the rest is as the installation shows it.",
    )
    version = serializers.IntegerField()

    def to_representation(self, instance: UserPreferences) -> dict[str, Any]:
        chosen = instance.chosen()
        shown = merged(chosen, self.context["defaults"])
        values: dict[str, Any] = {name: getattr(shown, name) for name in NAMES}
        values["language"] = values["language"] or None
        return {**values, "chosen": sorted(chosen), "version": instance.version}


class ChangeDisplayPreferencesSerializer(SomeChangeSerializer):
    """How one wants things shown; what is left out stays, null goes back to the installation's."""

    timezone = serializers.CharField(max_length=64, allow_null=True, help_text=_ZONE)
    date_format = _wanted("date_format")
    clock = _wanted("clock")
    height = _wanted("height")
    distance = _wanted("distance")
    speed = _wanted("speed")
    mass = _wanted("mass")
    temperature = _wanted("temperature")
    pressure = _wanted("pressure")
    language = _wanted("language")

    def validate_timezone(self, value: str | None) -> str | None:
        if value is not None and not is_known("timezone", value):
            raise serializers.ValidationError(_NO_ZONE)
        return value
