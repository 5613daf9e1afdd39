from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LICENSE = r"^[A-Za-z0-9][A-Za-z0-9 ./-]{1,39}$"


class SignedWorkSerializer(CommandSerializer):
    """Who signs: a license number always; a name when it is not the caller's own."""

    license_number = serializers.RegexField(LICENSE, help_text="Under which the work is signed.")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)


class MomentField(serializers.DateTimeField):
    """A moment that local days can be told of: from 1990 until 2200."""

    def to_internal_value(self, value: Any) -> Any:
        moment = super().to_internal_value(value)
        if not EARLIEST <= moment < LATEST:
            raise serializers.ValidationError("From 1990 until 2200.")
        return moment


class SomeReasonSerializer(CommandSerializer):
    """The input of an action that may say why."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)
