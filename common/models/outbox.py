from django.db import models


class OutboxEvent(models.Model):
    """A fact announced by an app, stored in the transaction that made it true."""

    name = models.CharField(max_length=100)
    payload = models.JSONField()
    # Also in the database: the version before this one writes events during an update.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["occurred_at"])]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Delivery(models.Model):
    """The hand-over of one event to one handler; the unit of retry."""

    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="one_delivery_per_handler")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(delivered_at=None),
                name="delivery_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.handler} #{self.pk}"


class NumberSeries(models.Model):
    """Last number handed out in one yearly series, e.g. the FO series of 2026."""

    prefix = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField()
    last_value = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year"], name="one_series_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class Heartbeat(models.Model):
    """When a kind of background process last showed that it works, e.g. the worker."""

    name = models.CharField(max_length=32, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
