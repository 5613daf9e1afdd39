from datetime import datetime
from typing import ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import F, Q

from common.constraints import all_or_none, one_of
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.schedule import DispatchSchedule
from dispatcher.models.scoping import ScheduleScopedQuerySet
from flight_operations.models import FlightOperation
from rpas.models import RPASAircraft
from users.models import User


class AssignmentStatus(models.TextChoices):
    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class AssignmentQuerySet(ScheduleScopedQuerySet):
    def live(self) -> Self:
        """Those that are worked on or hold."""
        return self.exclude(status=AssignmentStatus.WITHDRAWN)

    def proposed(self) -> Self:
        return self.filter(status=AssignmentStatus.PROPOSED)

    def published(self) -> Self:
        return self.filter(status=AssignmentStatus.PUBLISHED)

    def on_operation(self, operation_id: int) -> Self:
        return self.filter(operation=operation_id)

    def between(self, start: datetime, end: datetime) -> Self:
        """Assignments with any part, travel included, in the half-open period."""
        return self.filter(occupied_from__lt=end, occupied_until__gt=start)


@tracked
class Assignment(BaseModel):
    """
    Who flies one operation with what and when, and how they get there.

    The operation is flown from `start_at` to `end_at`; from `occupied_from` to `occupied_until`
    pilot and aircraft are also under way. Published, the flight is held in the ledger by the
    operation and the travel by this row. `why` explains the choice; `pinned` ones never move.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AssignmentStatus.PROPOSED: {AssignmentStatus.PUBLISHED, AssignmentStatus.WITHDRAWN},
        AssignmentStatus.PUBLISHED: {AssignmentStatus.WITHDRAWN},
    }

    schedule = models.ForeignKey(DispatchSchedule, models.PROTECT, related_name="assignments")
    operation = models.ForeignKey(FlightOperation, models.PROTECT, related_name="assignments")
    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="assignments")
    pilot = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    occupied_from = models.DateTimeField(help_text="When pilot and aircraft leave for the site.")
    occupied_until = models.DateTimeField(help_text="When they are back, or free to go on.")
    travel_from = models.PointField(geography=True, null=True, blank=True)
    travel_to = models.PointField(geography=True, null=True, blank=True)
    travel_km = models.FloatField(default=0)
    status = models.CharField(
        max_length=12, choices=AssignmentStatus, default=AssignmentStatus.PROPOSED, editable=False
    )
    is_by_hand = models.BooleanField(default=False, editable=False)
    why = models.JSONField(default=dict, editable=False)
    pinned_at = models.DateTimeField(null=True, blank=True, editable=False)
    pinned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    pinned_because = models.CharField(max_length=500, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_because = models.CharField(max_length=500, blank=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "change", "view")
        permissions = [
            ("withdraw_assignment", "Can take an operation off the plan"),
            ("pin_assignment", "Can pin an assignment, or let it go"),
        ]
        constraints = [
            one_of("assignment_status_is_known", "status", AssignmentStatus),
            models.UniqueConstraint(
                fields=["operation"],
                condition=Q(status="published"),
                name="one_published_assignment_per_operation",
            ),
            models.UniqueConstraint(
                fields=["operation"],
                condition=Q(status="proposed"),
                name="one_proposed_assignment_per_operation",
            ),
            models.CheckConstraint(
                name="assignment_times_in_order",
                condition=Q(
                    occupied_from__lte=F("start_at"),
                    start_at__lt=F("end_at"),
                    end_at__lte=F("occupied_until"),
                ),
            ),
            models.CheckConstraint(
                name="assignment_travel_is_not_negative", condition=Q(travel_km__gte=0)
            ),
            all_or_none("assignment_pin_is_whole", ["pinned_at", "pinned_by"]),
            models.CheckConstraint(
                name="published_assignment_says_when",
                condition=~Q(status="published") | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="withdrawn_assignment_says_when_and_why",
                condition=~Q(status="withdrawn")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_because="")),
            ),
        ]
        indexes = [
            models.Index(fields=["schedule", "status", "start_at"]),
            models.Index(fields=["aircraft", "occupied_from"]),
            models.Index(fields=["pilot", "occupied_from"]),
            models.Index(fields=["occupied_from", "occupied_until"]),
        ]

    def __str__(self) -> str:
        return f"assignment of {self.operation_id}"

    @property
    def is_pinned(self) -> bool:
        """Whether no plan may move it."""
        return self.pinned_at is not None
