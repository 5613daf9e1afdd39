from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from common.constraints import one_of, within
from dispatcher.models.center import DispatchCenter
from dispatcher.models.scoping import CenterScopedQuerySet


class MetricsSpan(models.TextChoices):
    BUCKET = "bucket", "Five minutes"
    DAY = "day", "Local day"


class MetricsQuerySet(CenterScopedQuerySet):
    def buckets(self) -> Self:
        return self.filter(span=MetricsSpan.BUCKET)

    def days(self) -> Self:
        return self.filter(span=MetricsSpan.DAY)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__gte=start, starts_at__lt=end)


class OperationalMetrics(models.Model):
    """
    How a center's day went, in five-minute buckets and rolled up by local day.

    Counted from operations, ledger and technical logs, and counted again at will: sums are stored
    beside each ratio, so that a day is never an average of averages. A ratio of nothing is empty.
    """

    center = models.ForeignKey(DispatchCenter, models.PROTECT, related_name="metrics")
    span = models.CharField(max_length=8, choices=MetricsSpan)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    active_operations = models.PositiveIntegerField(
        default=0, help_text="In the air at any time of the span."
    )
    planned_operations = models.PositiveIntegerField(default=0)
    completed_operations = models.PositiveIntegerField(default=0)
    cancelled_operations = models.PositiveIntegerField(default=0)
    aircraft_min = models.FloatField(default=0, help_text="Of all aircraft that are not retired.")
    available_min = models.FloatField(default=0, help_text="Of these, fit to fly.")
    availability_percent = models.FloatField(null=True)
    duty_min = models.FloatField(default=0, help_text="Minutes that pilots were on duty.")
    flying_min = models.FloatField(default=0, help_text="Of these, in command of a flight.")
    pilot_utilization_percent = models.FloatField(null=True)
    turnrounds = models.PositiveIntegerField(default=0)
    turnround_total_min = models.FloatField(default=0)
    turnround_min = models.FloatField(null=True)
    departures = models.PositiveIntegerField(default=0)
    on_time_departures = models.PositiveIntegerField(default=0)
    on_time_percent = models.FloatField(null=True)
    flight_min = models.FloatField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="AUD")
    cost_per_flight_hour = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    computed_at = models.DateTimeField()

    objects = MetricsQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "operational metrics"
        constraints = [
            one_of("metrics_span_is_known", "span", MetricsSpan),
            models.UniqueConstraint(
                fields=["center", "span", "starts_at"], name="one_metrics_row_per_span"
            ),
            models.CheckConstraint(
                name="metrics_end_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            within("metrics_availability_is_percent", "availability_percent", 0, 100),
            within("metrics_on_time_is_percent", "on_time_percent", 0, 100),
            within("metrics_utilization_is_percent", "pilot_utilization_percent", 0, 100),
        ]
        indexes = [models.Index(fields=["starts_at", "center"])]

    def __str__(self) -> str:
        return f"{self.center_id} {self.span} {self.starts_at:%Y-%m-%d %H:%M}Z"
