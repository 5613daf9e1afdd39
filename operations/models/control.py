from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from operations.models.constraints import after
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class ControlDutyStatus(models.TextChoices):
    PLANNED = "planned"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ControlDutyQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        return self.exclude(status=ControlDutyStatus.CANCELLED)

    def at(self, moment: Any) -> Self:
        """Duties that a moment lies in; their end is excluded."""
        return self.live().filter(start_at__lte=moment, end_at__gt=moment)


@tracked
class ControlDuty(BaseModel):
    """
    One person's shift as operations control specialist (14 CFR 135.619), in the roster.

    It holds the person in the ledger: nobody flies and controls flights at once.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ControlDutyStatus.PLANNED: {ControlDutyStatus.ENDED, ControlDutyStatus.CANCELLED},
    }

    person = models.ForeignKey(User, models.PROTECT, related_name="control_duties")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(help_text="As planned until the duty is ended, then as it was.")
    status = models.CharField(
        max_length=12, choices=ControlDutyStatus, default=ControlDutyStatus.PLANNED, editable=False
    )

    objects = ControlDutyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "control duties"
        # The roster is a record: what nobody did is cancelled.
        default_permissions = ("add", "change", "view")
        permissions = [
            ("end_controlduty", "Can end a control duty"),
            ("cancel_controlduty", "Can cancel a control duty"),
        ]
        constraints = [
            one_of("control_duty_status_is_known", "status", ControlDutyStatus),
            after("control_duty_takes_time", "start_at", "end_at"),
            ExclusionConstraint(
                name="control_duty_double_booked",
                condition=~Q(status="cancelled"),
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        Func(
                            "start_at",
                            "end_at",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: control from {self.start_at:%Y-%m-%d %H:%M}Z"
