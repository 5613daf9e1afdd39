from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from dispatcher.models import (
    DispatchCenter,
    DispatchEvent,
    DispatchEventNote,
    DispatchNotice,
    EventKind,
    EventSeverity,
)
from flight_operations.models import FlightOperation
from users.models import User


class DispatchEventNoteSerializer(serializers.ModelSerializer):
    """What somebody wrote down about an event."""

    author = serializers.CharField(source="author.email")

    class Meta:
        model = DispatchEventNote
        fields = ["author", "text", "written_at"]
        read_only_fields = fields


class DispatchEventSerializer(serializers.ModelSerializer):
    """One event, as lists show it."""

    center = serializers.CharField(source="center.code")
    operation = serializers.CharField(source="operation.number", allow_null=True, default=None)
    assignee = serializers.CharField(source="assignee.email", allow_null=True, default=None)
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.email", allow_null=True, default=None
    )
    resolved_by = serializers.CharField(source="resolved_by.email", allow_null=True, default=None)

    class Meta:
        model = DispatchEvent
        fields = [
            "number",
            "center",
            "kind",
            "severity",
            "status",
            "title",
            "details",
            "operation",
            "subject_type",
            "subject_label",
            "occurred_at",
            "assignee",
            "needs_acknowledgement",
            "acknowledge_by_at",
            "resolve_by_at",
            "escalated_at",
            "acknowledged_at",
            "acknowledged_by",
            "resolved_at",
            "resolved_by",
            "resolution",
            "version",
        ]
        read_only_fields = fields


class DispatchEventDetailSerializer(DispatchEventSerializer):
    """One event with its notes, oldest first."""

    notes = serializers.SerializerMethodField()

    class Meta(DispatchEventSerializer.Meta):
        fields = [*DispatchEventSerializer.Meta.fields, "notes"]
        read_only_fields = fields

    def get_notes(self, event: Any) -> list[dict[str, Any]]:
        return list(DispatchEventNoteSerializer(event.notes.all(), many=True).data)


class RaiseDispatchEventSerializer(CommandSerializer):
    """Put something before a desk by hand."""

    center = VisibleSlugField("code", queryset=DispatchCenter.objects.filter(is_active=True))
    kind = serializers.ChoiceField(EventKind.choices)
    severity = serializers.ChoiceField(EventSeverity.choices)
    title = serializers.CharField(max_length=200)
    operation = VisibleSlugField(
        "number", queryset=FlightOperation.objects.all(), required=False, allow_null=True
    )
    occurred_at = serializers.DateTimeField(
        required=False, help_text="When it happened; now when left out."
    )


class AssignDispatchEventSerializer(CommandSerializer):
    """Give an event to somebody who works for the center's operator."""

    assignee = VisibleSlugField("email", queryset=User.objects.filter(is_active=True))


class ReclassifyDispatchEventSerializer(CommandSerializer):
    """Say that an event is worse or less bad than thought."""

    severity = serializers.ChoiceField(EventSeverity.choices)


class NoteDispatchEventSerializer(CommandSerializer):
    """Write something down about an event."""

    text = serializers.CharField(max_length=2000)


class ResolveDispatchEventSerializer(CommandSerializer):
    """Close an event and say how it ended."""

    resolution = serializers.CharField(max_length=2000)


class DispatchNoticeSerializer(serializers.ModelSerializer):
    """One message to one person about a change or an event."""

    center = serializers.CharField(source="center.code")
    recipient = serializers.CharField(source="recipient.email")
    operation = serializers.CharField(source="operation.number", allow_null=True, default=None)
    event = serializers.CharField(source="event.number", allow_null=True, default=None)

    class Meta:
        model = DispatchNotice
        fields = [
            "id",
            "center",
            "recipient",
            "kind",
            "operation",
            "event",
            "text",
            "issued_at",
            "needs_acknowledgement",
            "acknowledge_by_at",
            "acknowledged_at",
            "reminded_at",
        ]
        read_only_fields = fields
