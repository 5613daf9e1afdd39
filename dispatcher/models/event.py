from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from common.constraints import all_or_none, one_of
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.center import DispatchCenter
from dispatcher.models.scoping import (
    CREWED_APPS,
    CenterScopedQuerySet,
    EventNoteQuerySet,
    about_crewed,
    sees_trips,
)
from flight_operations.models import FlightOperation
from users.models import User


class EventKind(models.TextChoices):
    """What sort of thing happened that a dispatcher has to know."""

    CONFORMANCE = "conformance"
    WEATHER = "weather"
    DEFECT = "defect"
    DELAY = "delay"
    PEOPLE = "people"
    COMPLIANCE = "compliance"
    MAINTENANCE = "maintenance"
    PLAN = "plan", "Change of the plan"
    OTHER = "other"


class EventSeverity(models.TextChoices):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class EventStatus(models.TextChoices):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class DispatchEventQuerySet(CenterScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Events of the caller's operators; those of crewed flying for who sees trips only."""
        rows = super().visible_to(user)
        # A superuser, or nobody.
        if not user.is_authenticated or sees_trips(user):
            return rows
        return rows.without_crewed()

    def without_crewed(self) -> Self:
        """Leave out what is about crewed flying."""
        return self.exclude(about_crewed())

    def unresolved(self) -> Self:
        return self.exclude(status=EventStatus.RESOLVED)

    def open(self) -> Self:
        return self.filter(status=EventStatus.OPEN)


@tracked
class DispatchEvent(BaseModel):
    """
    Something that happened and that the desk answers for until it is resolved.

    `source_key` names what it came from: while one is unresolved, the same source raises no other.
    The clock runs from `occurred_at`, or from when it grew worse: to be acknowledged and resolved
    by the two due times, and `escalated_at` says when that was missed and told. One that was
    acknowledged and becomes critical is open again.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        EventStatus.OPEN: {EventStatus.ACKNOWLEDGED, EventStatus.RESOLVED},
        EventStatus.ACKNOWLEDGED: {EventStatus.OPEN, EventStatus.RESOLVED},
    }

    center = models.ForeignKey(DispatchCenter, models.PROTECT, related_name="dispatch_events")
    number = models.CharField(max_length=20, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=EventKind)
    severity = models.CharField(max_length=8, choices=EventSeverity)
    status = models.CharField(
        max_length=12, choices=EventStatus, default=EventStatus.OPEN, editable=False
    )
    title = models.CharField(max_length=200)
    details = models.JSONField(default=dict, blank=True)
    operation = models.ForeignKey(
        FlightOperation, models.PROTECT, null=True, blank=True, related_name="dispatch_events"
    )
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.PositiveBigIntegerField(null=True, blank=True)
    subject_label = models.CharField(max_length=64, blank=True)
    source_key = models.CharField(max_length=120, blank=True, editable=False)
    occurred_at = models.DateTimeField()
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="dispatch_events"
    )
    needs_acknowledgement = models.BooleanField(default=False)
    acknowledge_by_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolve_by_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField(null=True, blank=True, editable=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True, editable=False)
    acknowledged_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    resolution = models.CharField(max_length=2000, blank=True, editable=False)

    objects = DispatchEventQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "change", "view")
        permissions = [
            ("acknowledge_dispatchevent", "Can acknowledge a dispatch event"),
            ("assign_dispatchevent", "Can give a dispatch event to somebody"),
            ("resolve_dispatchevent", "Can resolve a dispatch event"),
            ("note_dispatchevent", "Can add a note to a dispatch event"),
        ]
        constraints = [
            one_of("dispatch_event_kind_is_known", "kind", EventKind),
            one_of("dispatch_event_severity_is_known", "severity", EventSeverity),
            one_of("dispatch_event_status_is_known", "status", EventStatus),
            models.UniqueConstraint(
                fields=["center", "source_key"],
                condition=~Q(source_key="") & ~Q(status="resolved"),
                name="one_unresolved_event_per_source",
            ),
            models.CheckConstraint(
                name="acknowledged_event_says_when",
                condition=~Q(status="acknowledged") | Q(acknowledged_at__isnull=False),
            ),
            # Nobody is named where the cause went away by itself.
            models.CheckConstraint(
                name="resolved_event_says_when_and_how",
                condition=~Q(status="resolved")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
            ),
            all_or_none("event_subject_is_whole", ["subject_id"], ["subject_type"]),
        ]
        indexes = [
            models.Index(fields=["center", "status", "-id"]),
            models.Index(fields=["operation", "-id"]),
            models.Index(
                fields=["acknowledge_by_at"],
                condition=Q(status="open"),
                name="dispatch_event_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return self.center.scope

    @property
    def is_crewed(self) -> bool:
        """Whether it is about crewed flying: a trip, a leg, an aircraft with people on board."""
        return self.subject_type.startswith(CREWED_APPS)


class DispatchEventNote(models.Model):
    """What somebody at the desk wrote down about an event. Append-only."""

    IS_APPEND_ONLY = True

    event = models.ForeignKey(DispatchEvent, models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(max_length=2000)
    written_at = models.DateTimeField()

    objects = EventNoteQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="dispatch_note_says_something", condition=~Q(text="")),
        ]
        indexes = [models.Index(fields=["event", "id"])]

    def __str__(self) -> str:
        return f"note on {self.event_id}"
