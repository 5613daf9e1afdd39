from datetime import datetime, timedelta
from typing import Self

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q

from airports.models.airport import Airport
from airports.models.reference import ReferenceQuerySet

# A report may be dated a little ahead of our clock; more than this is a wrong clock or a wrong day.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Among the undecoded groups of a report of which nobody knows when it was issued.
TIME_UNKNOWN = "time"
FULL_CIRCLE_DEG = 360


class ReportKind(models.TextChoices):
    METAR = "METAR"
    SPECI = "SPECI"
    TAF = "TAF"


OBSERVATIONS = (ReportKind.METAR, ReportKind.SPECI)


class FlightCategory(models.TextChoices):
    VFR = "VFR"
    MVFR = "MVFR"
    IFR = "IFR"
    LIFR = "LIFR"


class WeatherQuerySet(ReferenceQuerySet):
    def dated(self) -> Self:
        """Reports of which it is known when they were issued."""
        return self.exclude(undecoded__contains=[TIME_UNKNOWN])

    def observations(self) -> Self:
        return self.filter(kind__in=OBSERVATIONS)

    def forecasts(self) -> Self:
        return self.filter(kind=ReportKind.TAF)

    def issued_by(self, moment: datetime) -> Self:
        """What could be known at a moment."""
        return self.filter(issued_at__lte=moment)


class WeatherData(models.Model):
    """
    One METAR, SPECI or TAF as it was sent, and what we read from it.

    Append-only: a correction is a new report. The raw text is always kept; groups that could not be
    decoded are listed. Directions are true. A null ceiling means no ceiling only when
    `is_ceiling_known`.
    """

    station = models.CharField(max_length=4)
    airport = models.ForeignKey(Airport, models.PROTECT, null=True, related_name="weather")
    kind = models.CharField(max_length=5, choices=ReportKind)
    raw = models.TextField()
    raw_hash = models.CharField(max_length=64, editable=False)
    issued_at = models.DateTimeField()
    received_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    point = models.PointField(geography=True, spatial_index=False, null=True)
    wind_direction_deg = models.PositiveSmallIntegerField(null=True)
    is_wind_variable = models.BooleanField(default=False)
    wind_from_deg = models.PositiveSmallIntegerField(null=True)
    wind_to_deg = models.PositiveSmallIntegerField(null=True)
    wind_speed_kt = models.FloatField(null=True)
    wind_gust_kt = models.FloatField(null=True)
    visibility_m = models.PositiveIntegerField(null=True)
    visibility_is_at_least = models.BooleanField(default=False)
    visibility_sm = models.FloatField(null=True)
    ceiling_ft = models.PositiveIntegerField(null=True)
    is_ceiling_known = models.BooleanField(default=False)
    is_cavok = models.BooleanField(default=False)
    clouds = models.JSONField(default=list)
    weather = ArrayField(models.CharField(max_length=16), default=list)
    temperature_c = models.FloatField(null=True)
    dewpoint_c = models.FloatField(null=True)
    qnh_hpa = models.FloatField(null=True)
    flight_category = models.CharField(max_length=4, choices=FlightCategory, blank=True)
    service_category = models.CharField(
        max_length=4, choices=FlightCategory, blank=True, help_text="As the source itself names it."
    )
    groups = models.JSONField(default=list, help_text="The parts of a TAF, with absolute times.")
    is_auto = models.BooleanField(default=False)
    is_corrected = models.BooleanField(default=False)
    is_void = models.BooleanField(default=False, help_text="NIL, or a cancelled forecast.")
    needs_service = models.BooleanField(
        default=False, help_text="The station's sensors, by itself."
    )
    undecoded = ArrayField(models.CharField(max_length=120), default=list)
    source = models.CharField(max_length=40)

    objects = WeatherQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "weather data"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "kind", "issued_at", "raw_hash"], name="one_row_per_report"
            ),
            models.CheckConstraint(
                name="report_is_not_from_the_future",
                condition=Q(issued_at__lte=F("received_at") + CLOCK_TOLERANCE),
            ),
            models.CheckConstraint(
                name="forecast_period_runs_forward",
                condition=Q(valid_from=None, valid_until=None) | Q(valid_from__lt=F("valid_until")),
            ),
            models.CheckConstraint(
                name="wind_direction_is_a_direction",
                condition=Q(wind_direction_deg=None) | Q(wind_direction_deg__lte=FULL_CIRCLE_DEG),
            ),
        ]
        indexes = [
            models.Index(fields=["station", "kind", "-issued_at"], name="report_latest"),
            models.Index(fields=["-issued_at", "id"], name="report_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.station} {self.issued_at:%d%H%MZ}"


class WeatherStation(models.Model):
    """
    A place that reports weather, with its latest observation and forecast at hand.

    A cache of `WeatherData` for the one question asked a thousand times: which station is nearest,
    and what does it say now.
    """

    station = models.CharField(max_length=4, primary_key=True)
    airport = models.ForeignKey(Airport, models.SET_NULL, null=True, related_name="stations")
    name = models.CharField(max_length=200, blank=True)
    point = models.PointField(geography=True, null=True)
    elevation_ft = models.IntegerField(null=True)
    observation = models.ForeignKey(WeatherData, models.PROTECT, null=True, related_name="+")
    observed_at = models.DateTimeField(null=True)
    forecast = models.ForeignKey(WeatherData, models.PROTECT, null=True, related_name="+")
    forecast_at = models.DateTimeField(null=True)

    objects = ReferenceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.station
