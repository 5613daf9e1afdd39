from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q


class ResourceBooking(models.Model):
    """
    The one time ledger: who or what is taken, when, and by which record.

    Trips, drone operations, maintenance and leave all book here, so a pilot or a machine cannot be
    promised twice by two apps that do not know each other.
    """

    resource_kind = models.CharField(max_length=32)
    resource_id = models.PositiveBigIntegerField()
    period = DateTimeRangeField()
    is_live = models.BooleanField(default=True)
    source_type = models.CharField(max_length=64)
    source_id = models.PositiveBigIntegerField()
    purpose = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="resource_double_booked",
                expressions=[
                    ("resource_kind", RangeOperators.EQUAL),
                    ("resource_id", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_live=True),
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                name="booking_period_is_bounded",
                condition=Q(period__isempty=False)
                & Q(period__startswith__isnull=False)
                & Q(period__endswith__isnull=False)
                & Q(period__lower_inc=True)
                & Q(period__upper_inc=False),
            ),
        ]
        indexes = [models.Index(fields=["source_type", "source_id"])]

    def __str__(self) -> str:
        return f"{self.resource_kind} {self.resource_id}"
