from typing import Any, Self

from django.contrib.gis.db import models
from django.db.models import F, Q

from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from flight_operations.telemetry.limits import AlertKind, Severity
from users.models import User

KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in AlertKind]
SEVERITIES = [(severity.value, severity.value) for severity in Severity]


class ConformanceAlertQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Alerts of the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))

    def open(self) -> Self:
        return self.filter(ended_at=None)


class ConformanceAlert(models.Model):
    """
    One limit that a flight broke, from the first position outside it to the return.

    Kept by the telemetry service alone, batch by batch, so it has no row history; acknowledging is
    audited. `clear_since_at` is the first position since `last_at` that kept the limit again.
    `worst_value` and `limit_value` are meters, for times, silence and unknown heights seconds.
    """

    operation = models.ForeignKey(FlightOperation, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=16, choices=KINDS)
    reference = models.CharField(
        max_length=120, blank=True, help_text="The fence, zone or plan that was left or entered."
    )
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    limit_value = models.FloatField(null=True)
    worst_value = models.FloatField()
    worst_at = models.DateTimeField()
    position = models.PointField(
        geography=True, null=True, spatial_index=False, help_text="Where it was worst."
    )
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    clear_since_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    sample_count = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField(help_text="When the server noticed.")
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledgement = models.TextField(blank=True)

    objects = ConformanceAlertQuerySet.as_manager()

    class Meta:
        permissions = [("acknowledge_conformancealert", "Can acknowledge a conformance alert")]
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "kind", "reference"],
                condition=Q(ended_at=None),
                name="one_open_alert_per_limit",
            ),
            models.CheckConstraint(
                name="alert_ends_after_it_starts",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="alert_acknowledged_by_somebody_at_some_time",
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["operation", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}".strip()

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return self.operation.scope
