"""What the forms of the proposal page send."""

from rest_framework import serializers

from common.api.serializers import CommandSerializer
from dispatcher.serializers.schedules import PublishSerializer

VERSION = {"min_value": 0, "max_value": 2**31 - 1}


class PublishSeenSerializer(PublishSerializer):
    """Publish exactly what was looked at."""

    seen = serializers.RegexField(r"^[0-9a-f]{32}$")


class DropSeenSerializer(CommandSerializer):
    """Drop the proposal that was looked at."""

    version = serializers.IntegerField(**VERSION)


class CancelRunSerializer(CommandSerializer):
    """Stop the run that was looked at."""

    run = serializers.CharField(max_length=20)


class UnpinSeenSerializer(CommandSerializer):
    """Let an assignment go that was looked at."""

    version = serializers.IntegerField(**VERSION)


class PinSeenSerializer(UnpinSeenSerializer):
    """Keep an assignment that was looked at, and say why."""

    because = serializers.CharField(max_length=500)


class RelaxSerializer(CommandSerializer):
    """Which change of the facts to make true for which operation, and on which version."""

    operation = serializers.CharField(max_length=20)
    change = serializers.RegexField(r"^\d{1,2}(\.\d{1,2})?$")
    version = serializers.IntegerField(**VERSION)
