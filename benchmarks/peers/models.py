from django.contrib.gis.db import models

from flight_operations.models import FlightOperation


class BaselineLog(models.Model):
    """A flight log as one writes it first: own id, foreign key, indexed point, receive time."""

    operation = models.ForeignKey(FlightOperation, models.CASCADE, related_name="+")
    sequence = models.IntegerField()
    recorded_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    lat = models.FloatField()
    lon = models.FloatField()
    location = models.PointField(srid=4326)
    altitude_m = models.FloatField(null=True)
    speed_ms = models.FloatField(null=True)
    heading_deg = models.FloatField(null=True)
    battery_percent = models.FloatField(null=True)

    class Meta:
        app_label = "peers"
        db_table = "benchmark_baseline_log"

    def __str__(self) -> str:
        return f"{self.operation_id} {self.sequence}"
