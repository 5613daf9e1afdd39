"""The roster of operations control: how it looks and what is sent."""

from datetime import UTC, datetime

from django.core.validators import MinValueValidator
from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import ControlDuty
from operations.serializers.trip_commands import FORESEEABLE
from users.models import User

# Sums with another moment would leave the calendar.
REAL = (MinValueValidator(datetime(1990, 1, 1, tzinfo=UTC)), FORESEEABLE)


class ControlDutySerializer(serializers.ModelSerializer):
    """One shift of a control specialist."""

    person = serializers.CharField(source="person.email")
    person_name = serializers.CharField(source="person.full_name")

    class Meta:
        model = ControlDuty
        fields = ["id", "person", "person_name", "start_at", "end_at", "status", "version"]
        read_only_fields = fields


class RosterControlDutySerializer(CommandSerializer):
    """Put a person on control duty."""

    person = VisibleSlugField("email", queryset=User.objects.all())
    start_at = serializers.DateTimeField(validators=REAL)
    end_at = serializers.DateTimeField(validators=REAL)


class AmendControlDutySerializer(SomeChangeSerializer):
    """Move a planned control duty."""

    start_at = serializers.DateTimeField(required=False, validators=REAL)
    end_at = serializers.DateTimeField(required=False, validators=REAL)


class EndControlDutySerializer(CommandSerializer):
    """When it ended; now unless said."""

    ended_at = serializers.DateTimeField(required=False, validators=REAL)
