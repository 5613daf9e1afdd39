from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from contacts.models import Channel, Communication, Contact, Direction

OPTIONAL_TEXT = {"required": False, "allow_blank": True}


class CommunicationSerializer(serializers.ModelSerializer):
    """An entry of the history; `corrected_by` names the entry that stands in its place."""

    contact = serializers.IntegerField(source="contact_id")
    contact_name = serializers.CharField(source="contact.name")
    author = serializers.CharField(source="author.email")
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True)
    corrected_by = serializers.IntegerField(source="correction.pk", default=None, allow_null=True)

    class Meta:
        model = Communication
        fields = [
            "id",
            "contact",
            "contact_name",
            "channel",
            "direction",
            "subject",
            "body",
            "occurred_at",
            "author",
            "recorded_at",
            "corrects",
            "correction_reason",
            "corrected_by",
        ]
        read_only_fields = fields


class LogCommunicationSerializer(CommandSerializer):
    """A call, mail, message or note; now unless `occurred_at` says otherwise."""

    contact = VisibleSlugField("id", queryset=Contact.objects.all())
    channel = serializers.ChoiceField(Channel.choices)
    direction = serializers.ChoiceField(Direction.choices)
    subject = serializers.CharField(max_length=200, **OPTIONAL_TEXT)
    body = serializers.CharField(max_length=20_000, **OPTIONAL_TEXT)
    occurred_at = serializers.DateTimeField(required=False)


class CorrectCommunicationSerializer(CommandSerializer):
    """What is put right, and why; what is not given is as it was."""

    reason = serializers.CharField(max_length=500)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    direction = serializers.ChoiceField(Direction.choices, required=False)
    subject = serializers.CharField(max_length=200, **OPTIONAL_TEXT)
    body = serializers.CharField(max_length=20_000, **OPTIONAL_TEXT)
    occurred_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) == {"reason"}:
            raise serializers.ValidationError("Name at least one field to correct.")
        return attrs
