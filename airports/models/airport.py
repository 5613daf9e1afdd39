from collections.abc import Sequence
from typing import Any, Self

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point, Polygon
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q
from django.db.models.functions import Cast, Upper

from airports.models.reference import ReferenceQuerySet, tracked_in_sets
from common.models import BaseModel

LOWEST_FT, HIGHEST_FT = -1500, 30000
FLAT_POINT = Cast("point", models.PointField(srid=4326))


class AirportKind(models.TextChoices):
    LARGE_AIRPORT = "large_airport"
    MEDIUM_AIRPORT = "medium_airport"
    SMALL_AIRPORT = "small_airport"
    HELIPORT = "heliport"
    SEAPLANE_BASE = "seaplane_base"
    BALLOONPORT = "balloonport"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class ControlSource(models.TextChoices):
    FREQUENCY = "frequency", "A tower frequency is published"
    INFERRED = "inferred", "No tower frequency where one would be published"
    MANUAL = "manual", "Set by hand"


class AirportQuerySet(ReferenceQuerySet):
    def in_use(self) -> Self:
        """Aerodromes that exist today: not closed, not dropped by their source."""
        return self.filter(is_active=True).exclude(kind=AirportKind.CLOSED)

    def named(self, code: str) -> Self:
        """The aerodrome with this identifier, ICAO, IATA or GPS code."""
        wanted = code.strip().upper()
        return self.filter(Q(ident=wanted) | Q(icao=wanted) | Q(iata=wanted) | Q(gps_code=wanted))

    def within_km(self, position: Point, distance_km: float) -> Self:
        """Aerodromes no farther from a position than this, by the ellipsoid."""
        # The lookup itself, on the geography column, so that the spatial index serves.
        return self.filter(point__dwithin=(position, distance_km * 1000))

    def inside(self, boxes: Sequence[Polygon]) -> Self:
        """Aerodromes in boxes whose edges are parallels and meridians, as on a map."""
        condition = Q()
        for box in boxes:
            condition |= Q(flat_point__intersects=box)
        # On the geography itself the edges of a box would be great circles.
        return self.annotate(flat_point=FLAT_POINT).filter(condition)


@tracked_in_sets
class Airport(BaseModel):
    """
    An aerodrome: where aircraft take off and land, from an international airport to a helipad.

    `ident` is the source's own stable code; `icao` the location indicator where one is assigned.
    `is_controlled` unknown is not "uncontrolled". Without `tower_hours` the tower counts as always
    active.
    """

    ident = models.CharField(max_length=16, unique=True)
    icao = models.CharField("ICAO code", max_length=4, unique=True, null=True, blank=True)
    iata = models.CharField("IATA code", max_length=3, blank=True)
    gps_code = models.CharField("GPS code", max_length=8, blank=True)
    local_code = models.CharField(max_length=16, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=AirportKind, default=AirportKind.UNKNOWN)
    point = models.PointField(geography=True)
    elevation_ft = models.IntegerField(null=True, blank=True)
    timezone = models.CharField(max_length=64, blank=True, help_text="IANA zone name.")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code.")
    region = models.CharField(max_length=10, blank=True)
    municipality = models.CharField(max_length=200, blank=True)
    is_controlled = models.BooleanField(null=True, blank=True)
    control_source = models.CharField(max_length=12, choices=ControlSource, blank=True)
    tower_hours = models.JSONField(
        null=True,
        blank=True,
        help_text='Local hours by weekday, 0 is Monday: {"0": [["06:00", "22:00"]], ...}.',
    )
    source = models.CharField(max_length=40)
    source_cycle = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True, help_text="No when the source dropped it.")

    objects = AirportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="airport_icao_is_four_letters",
                condition=Q(icao=None) | Q(icao__regex=r"^[A-Z]{4}$"),
            ),
            models.CheckConstraint(
                name="airport_iata_is_three_letters",
                condition=Q(iata="") | Q(iata__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="airport_elevation_is_on_earth",
                condition=Q(elevation_ft=None)
                | Q(elevation_ft__gte=LOWEST_FT, elevation_ft__lte=HIGHEST_FT),
            ),
            models.CheckConstraint(
                name="airport_kind_is_known", condition=Q(kind__in=AirportKind.values)
            ),
        ]
        indexes = [
            models.Index(fields=["iata"], condition=~Q(iata=""), name="airport_iata"),
            models.Index(fields=["gps_code"], condition=~Q(gps_code=""), name="airport_gps_code"),
            models.Index(fields=["country", "kind"], name="airport_country_kind"),
            GistIndex(FLAT_POINT, name="airport_flat_point"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="airport_name_words"),
            GinIndex(
                OpClass(Upper("municipality"), name="gin_trgm_ops"), name="airport_town_words"
            ),
        ]

    def __str__(self) -> str:
        return self.icao or self.ident


class PartQuerySet(ReferenceQuerySet):
    def of(self, airport: Any) -> Self:
        return self.filter(airport=airport)


@tracked_in_sets
class Runway(BaseModel):
    """
    A runway or helipad of an aerodrome, with both ends where they are known.

    `centerline` joins the two ends: distances to the movement area are measured to it.
    """

    airport = models.ForeignKey(Airport, models.CASCADE, related_name="runways")
    source_id = models.CharField(max_length=20)
    le_ident = models.CharField("lower end", max_length=8, blank=True)
    he_ident = models.CharField("higher end", max_length=8, blank=True)
    length_ft = models.PositiveIntegerField(null=True, blank=True)
    width_ft = models.PositiveIntegerField(null=True, blank=True)
    surface = models.CharField(max_length=60, blank=True)
    is_lighted = models.BooleanField(null=True, blank=True)
    is_closed = models.BooleanField(default=False)
    le_point = models.PointField(geography=True, spatial_index=False, null=True, blank=True)
    he_point = models.PointField(geography=True, spatial_index=False, null=True, blank=True)
    le_elevation_ft = models.IntegerField(null=True, blank=True)
    he_elevation_ft = models.IntegerField(null=True, blank=True)
    le_heading_deg = models.FloatField("lower end true heading", null=True, blank=True)
    he_heading_deg = models.FloatField("higher end true heading", null=True, blank=True)
    le_displaced_ft = models.PositiveIntegerField(null=True, blank=True)
    he_displaced_ft = models.PositiveIntegerField(null=True, blank=True)
    centerline = models.LineStringField(geography=True, null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["airport", "source_id"], name="one_runway_per_source_id"
            ),
            models.CheckConstraint(
                name="runway_headings_are_directions",
                condition=(
                    Q(le_heading_deg=None) | Q(le_heading_deg__gte=0, le_heading_deg__lte=360)
                )
                & (Q(he_heading_deg=None) | Q(he_heading_deg__gte=0, he_heading_deg__lte=360)),
            ),
        ]

    def __str__(self) -> str:
        return "/".join(end for end in (self.le_ident, self.he_ident) if end) or self.source_id


@tracked_in_sets
class Frequency(BaseModel):
    """A radio frequency of an aerodrome and what it is for, e.g. TWR 118.7 MHz."""

    airport = models.ForeignKey(Airport, models.CASCADE, related_name="frequencies")
    source_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    description = models.CharField(max_length=200, blank=True)
    mhz = models.DecimalField(max_digits=9, decimal_places=4)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "frequencies"
        constraints = [
            models.UniqueConstraint(
                fields=["airport", "source_id"], name="one_frequency_per_source_id"
            ),
            models.CheckConstraint(name="frequency_is_positive", condition=Q(mhz__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.mhz}"
