from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from common.constraints import all_or_none, one_of
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.center import DispatchCenter
from dispatcher.models.scoping import CenterScopedQuerySet
from users.models import User


class ScheduleStatus(models.TextChoices):
    DRAFT = "draft"
    OPTIMISING = "optimising"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    CLOSED = "closed"


OPEN_SCHEDULES = tuple(status for status in ScheduleStatus if status != ScheduleStatus.CLOSED)


class ScheduleQuerySet(CenterScopedQuerySet):
    def running(self) -> Self:
        """Those that are not closed."""
        return self.exclude(status=ScheduleStatus.CLOSED)

    def between(self, first: date, last: date) -> Self:
        """Schedules of the local days from `first` to `last`, both included."""
        return self.filter(day__gte=first, day__lte=last)

    def overlapping(self, start: datetime, end: datetime) -> Self:
        return self.filter(opens_at__lt=end, closes_at__gt=start)


@tracked
class DispatchSchedule(BaseModel):
    """
    The plan of one center for one local day.

    What is being worked on are its proposed assignments; what holds are the published ones. A
    published schedule that is planned anew goes through optimising and proposed again while its
    published assignments stay in force. `revision` counts the publications.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ScheduleStatus.DRAFT: {
            ScheduleStatus.OPTIMISING,
            ScheduleStatus.PROPOSED,
            ScheduleStatus.CLOSED,
        },
        ScheduleStatus.OPTIMISING: {
            ScheduleStatus.DRAFT,
            ScheduleStatus.PROPOSED,
            ScheduleStatus.PUBLISHED,
        },
        ScheduleStatus.PROPOSED: {
            ScheduleStatus.DRAFT,
            ScheduleStatus.OPTIMISING,
            ScheduleStatus.PUBLISHED,
            ScheduleStatus.CLOSED,
        },
        ScheduleStatus.PUBLISHED: {
            ScheduleStatus.OPTIMISING,
            ScheduleStatus.PROPOSED,
            ScheduleStatus.CLOSED,
        },
    }

    center = models.ForeignKey(DispatchCenter, models.PROTECT, related_name="schedules")
    day = models.DateField(help_text="The center's local day.")
    opens_at = models.DateTimeField(editable=False)
    closes_at = models.DateTimeField(editable=False)
    status = models.CharField(
        max_length=12, choices=ScheduleStatus, default=ScheduleStatus.DRAFT, editable=False
    )
    proposal = models.ForeignKey(
        "dispatcher.OptimizationRun",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        help_text="The run that the proposed assignments came from.",
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        permissions = [
            ("optimise_dispatchschedule", "Can have a day planned"),
            ("publish_dispatchschedule", "Can publish the plan of a day"),
            ("close_dispatchschedule", "Can close the plan of a day"),
            ("overview_dispatchschedule", "Can watch the live board"),
        ]
        constraints = [
            one_of("schedule_status_is_known", "status", ScheduleStatus),
            models.UniqueConstraint(fields=["center", "day"], name="one_schedule_per_center_day"),
            models.CheckConstraint(
                name="schedule_closes_after_it_opens", condition=Q(closes_at__gt=F("opens_at"))
            ),
            all_or_none("schedule_publication_is_whole", ["published_at", "published_by"]),
            models.CheckConstraint(
                name="published_schedule_says_when",
                condition=~Q(status="published") | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="closed_schedule_says_when",
                condition=~Q(status="closed") | Q(closed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["day", "center"])]

    def __str__(self) -> str:
        return f"{self.center_id} {self.day}"

    @property
    def resting_status(self) -> str:
        """Where it returns to when a proposal is dropped."""
        return ScheduleStatus.PUBLISHED if self.published_at else ScheduleStatus.DRAFT
