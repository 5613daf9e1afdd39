from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from common.constraints import within
from common.history import tracked
from common.models import BaseModel
from dispatcher.models.center import DispatchCenter
from flight_operations.models import FlightOperation
from rpas.models import AircraftKind
from rpas.models.scoping import OperatorScopedQuerySet
from users.models import QualificationKind


class DemandQuerySet(OperatorScopedQuerySet):
    operator_path = "operation__operator"


@tracked
class OperationDemand(BaseModel):
    """
    What one operation asks of the plan: how urgent it is, when it may be flown and with what.

    `windows` are the client's own slots, half-open; none means any time between `earliest_at` and
    `deadline_at`, or around the planned time where those are empty, too. Daylight, weather and
    authorizations narrow them further and are not written here.
    """

    operation = models.OneToOneField(
        FlightOperation, models.CASCADE, related_name="dispatch_demand"
    )
    center = models.ForeignKey(
        DispatchCenter, models.PROTECT, null=True, blank=True, related_name="demands"
    )
    priority = models.PositiveSmallIntegerField(
        default=3, help_text="From 1, routine, to 5, urgent."
    )
    value = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="AUD")
    earliest_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    windows = ArrayField(DateTimeRangeField(), default=list, blank=True)
    required_kinds = ArrayField(
        models.CharField(max_length=16, choices=AircraftKind), default=list, blank=True
    )
    required_models = ArrayField(
        models.CharField(max_length=141),
        default=list,
        blank=True,
        help_text="Make and model; any of them will do. Empty: any.",
    )
    required_qualifications = ArrayField(
        models.CharField(max_length=24, choices=QualificationKind),
        default=list,
        blank=True,
        help_text="What the pilot must hold besides what the rules ask; all of them.",
    )
    promised_at = models.DateTimeField(
        null=True, blank=True, help_text="The time the client was told."
    )

    objects = DemandQuerySet.as_manager()

    class Meta:
        constraints = [
            within("demand_priority_is_known", "priority", 1, 5),
            models.CheckConstraint(name="demand_value_is_not_negative", condition=Q(value__gte=0)),
            models.CheckConstraint(
                name="demand_deadline_after_earliest",
                condition=Q(earliest_at=None)
                | Q(deadline_at=None)
                | Q(deadline_at__gt=F("earliest_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"demand of {self.operation}"
