from typing import Any, Self

from django.contrib.gis.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from rpas.models import GroundStation
from users.models import User


class TelemetrySource(models.Model):
    """
    Where positions came from: a ground station or an imported log file, never both.

    A small number of its own, because it stands beside every position.
    """

    id = models.AutoField(primary_key=True)
    station = models.OneToOneField(
        GroundStation, models.PROTECT, null=True, related_name="telemetry_source"
    )
    log_import = models.OneToOneField(
        "flight_operations.LogImport", models.PROTECT, null=True, related_name="telemetry_source"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="telemetry_source_is_one_thing",
                condition=Q(station__isnull=True) ^ Q(log_import__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"station {self.station_id}" if self.station_id else f"log {self.log_import_id}"


class FlightExecutionLogQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Positions of the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))


class FlightExecutionLog(models.Model):
    """
    One position of one flight, as its device recorded it.

    The table is made by hand (migration 0002): partitioned by day of `recorded_at`, keyed so that
    a position sent twice is stored once, append-only, without foreign keys. `LastPosition` holds
    the keys that keep an operation with positions from being deleted. `flags`, `breaches`,
    `datum` and `height_basis` are the numbers of flight_operations.telemetry.
    """

    IS_APPEND_ONLY = True

    pk = models.CompositePrimaryKey("operation_id", "source_id", "sequence", "recorded_at")
    operation = models.ForeignKey(
        FlightOperation, models.DO_NOTHING, db_constraint=False, related_name="execution_logs"
    )
    source = models.ForeignKey(
        TelemetrySource, models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    sequence = models.IntegerField()
    recorded_at = models.DateTimeField(help_text="The device's clock.")
    received_at = models.DateTimeField(help_text="The server's clock.")
    lat = models.FloatField()
    lon = models.FloatField()
    altitude_m = models.FloatField(null=True)
    ground_elevation_m = models.FloatField(null=True)
    height_takeoff_m = models.FloatField(null=True)
    height_m = models.FloatField(null=True, help_text="What the height limit was held against.")
    speed_ms = models.FloatField(null=True)
    heading_deg = models.FloatField(null=True)
    battery_percent = models.FloatField(null=True)
    flags = models.SmallIntegerField(default=0)
    breaches = models.SmallIntegerField(default=0)
    datum = models.SmallIntegerField(default=0)
    height_basis = models.SmallIntegerField(default=0)
    conformant = models.BooleanField()

    objects = FlightExecutionLogQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "flight_operations_flightexecutionlog"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.operation_id} {self.recorded_at:%H:%M:%S}"


class LastPosition(models.Model):
    """
    Where the aircraft of an operation was last believed to be; one row per operation.

    The row is also the lock under which positions of an operation are taken in, one batch at a
    time. `sequences` is the highest sequence of each source, by its id. Before the first believed
    position `recorded_at` is null; `received_at` is when the position came, or the first batch.
    """

    operation = models.OneToOneField(
        FlightOperation, models.PROTECT, primary_key=True, related_name="last_position"
    )
    source = models.ForeignKey(TelemetrySource, models.PROTECT, null=True, related_name="+")
    sequences = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    position = models.PointField(geography=True, null=True)
    altitude_m = models.FloatField(null=True)
    datum = models.SmallIntegerField(default=0)
    height_m = models.FloatField(null=True)
    height_basis = models.SmallIntegerField(default=0)
    speed_ms = models.FloatField(null=True)
    heading_deg = models.FloatField(null=True)
    battery_percent = models.FloatField(null=True)
    conformant = models.BooleanField(default=True)
    has_open_alerts = models.BooleanField(default=False)
    height_unknown_since = models.DateTimeField(
        null=True, help_text="Since when no position has had a height that can be judged."
    )

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"last position of {self.operation_id}"


class LogImportQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Imports into the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))


@tracked
class LogImport(BaseModel):
    """A flight log file brought in afterwards, and what became of its rows."""

    class State(models.TextChoices):
        QUEUED = "queued"
        READING = "reading"
        DONE = "done"
        REFUSED = "refused"

    operation = models.ForeignKey(FlightOperation, models.PROTECT, related_name="log_imports")
    file = models.FileField(upload_to="flight-logs/%Y/%m/", max_length=200)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    format = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    progress_percent = models.PositiveSmallIntegerField(default=0)
    accepted_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    flagged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    rejected_by_reason = models.JSONField(default=dict)
    rejected_rows = models.JSONField(
        default=list, help_text="The first 200 rejected rows: where, reason, detail."
    )
    where_unit = models.CharField(max_length=16, blank=True)
    notes = models.JSONField(default=list)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal = models.TextField(blank=True)
    alert_count = models.PositiveIntegerField(default=0)
    recorded_from = models.DateTimeField(null=True)
    recorded_until = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = LogImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "sha256"], name="one_import_per_log"),
            models.CheckConstraint(
                name="log_import_progress_in_percent", condition=Q(progress_percent__lte=100)
            ),
        ]
        indexes = [models.Index(fields=["operation", "-id"])]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return self.operation.scope
