from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.center import DispatchCenter
from dispatcher.models.event import DispatchEvent
from dispatcher.models.scoping import NoticeQuerySet
from flight_operations.models import FlightOperation
from users.models import User


class NoticeKind(models.TextChoices):
    """What a person is told."""

    ASSIGNED = "assigned", "An operation was given to you"
    CHANGED = "changed", "An operation of yours changed"
    WITHDRAWN = "withdrawn", "An operation was taken from you"
    EVENT = "event", "Something happened"


@tracked
class DispatchNotice(BaseModel):
    """
    One message to one pilot or dispatcher about a change of the plan or an event.

    It goes out by mail and webhook; what changes within two hours of the flight must be
    acknowledged by `acknowledge_by_at`.
    """

    center = models.ForeignKey(DispatchCenter, models.PROTECT, related_name="notices")
    recipient = models.ForeignKey(User, models.PROTECT, related_name="dispatch_notices")
    kind = models.CharField(max_length=12, choices=NoticeKind)
    operation = models.ForeignKey(
        FlightOperation, models.PROTECT, null=True, blank=True, related_name="dispatch_notices"
    )
    event = models.ForeignKey(
        DispatchEvent, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    # What caused it: one notice per person and cause, however often the cause is delivered.
    source_key = models.CharField(max_length=120, editable=False)
    text = models.CharField(max_length=1000)
    details = models.JSONField(default=dict, blank=True)
    issued_at = models.DateTimeField()
    needs_acknowledgement = models.BooleanField(default=False)
    acknowledge_by_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("acknowledge_dispatchnotice", "Can acknowledge a notice of one's own")]
        constraints = [
            one_of("notice_kind_is_known", "kind", NoticeKind),
            models.UniqueConstraint(
                fields=["recipient", "source_key"], name="one_notice_per_person_and_cause"
            ),
            models.CheckConstraint(
                name="notice_to_acknowledge_says_by_when",
                condition=Q(needs_acknowledgement=False) | Q(acknowledge_by_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"]),
            models.Index(fields=["center", "-id"]),
            models.Index(
                fields=["acknowledge_by_at"],
                condition=Q(needs_acknowledgement=True, acknowledged_at=None),
                name="dispatch_notice_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
