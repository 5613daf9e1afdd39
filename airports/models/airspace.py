from collections.abc import Sequence
from typing import Self

from django.contrib.gis.db import models
from django.contrib.gis.geos import Polygon
from django.db.models import F, Q

from airports.models.reference import ReferenceQuerySet, tracked_in_sets
from common.models import BaseModel


class AirspaceKind(models.TextChoices):
    A = "A", "Class A"
    B = "B", "Class B"
    C = "C", "Class C"
    D = "D", "Class D"
    E = "E", "Class E"
    F = "F", "Class F"
    G = "G", "Class G"
    PROHIBITED = "P", "Prohibited area"
    RESTRICTED = "R", "Restricted area"
    DANGER = "Q", "Danger area"
    MILITARY = "M", "Military operating area"
    CTR = "CTR", "Control zone"
    TMA = "TMA", "Terminal area"
    RMZ = "RMZ", "Radio mandatory zone"
    TMZ = "TMZ", "Transponder mandatory zone"
    UAS = "UAS", "UAS geographical zone"
    PATH = "PATH", "Approach or departure path"
    AERODROME = "AD", "Aerodrome boundary"
    EMERGENCY = "EMERG", "Emergency operation"
    POPULOUS = "POP", "Populous area"
    FENCE = "FENCE", "Geofence of an operator"
    OTHER = "OTHER", "Other"


class Datum(models.TextChoices):
    SFC = "SFC", "Surface"
    AGL = "AGL", "Above ground"
    AMSL = "AMSL", "Above mean sea level"
    FL = "FL", "Flight level (standard pressure)"
    UNL = "UNL", "Unlimited"


class RestrictedStatus(models.TextChoices):
    RA1 = "RA1", "Approval normally available"
    RA2 = "RA2", "Approval not to be assumed"
    RA3 = "RA3", "Never plan on entry"


class ZoneRestriction(models.TextChoices):
    PROHIBITED = "PROHIBITED"
    REQ_AUTHORISATION = "REQ_AUTHORISATION"
    CONDITIONAL = "CONDITIONAL"
    NO_RESTRICTION = "NO_RESTRICTION"


class Activity(models.TextChoices):
    ALWAYS = "always", "Always active"
    WINDOWS = "windows", "Active in the stated windows"
    NOTAM = "notam", "By NOTAM: treated as active"


class AirspaceQuerySet(ReferenceQuerySet):
    def in_force(self) -> Self:
        return self.filter(is_active=True)

    def touching(self, boxes: Sequence[Polygon]) -> Self:
        """Airspace that touches one of the boxes."""
        condition = Q()
        for box in boxes:
            condition |= Q(area__intersects=box)
        return self.filter(condition)


@tracked_in_sets
class AirspaceRestriction(BaseModel):
    """
    A volume of air with a rule to it: a control zone, a restricted area, a UAS zone, a geofence.

    Heights are in metres with the datum they were published in; nothing is converted between data.
    SFC and UNL carry no number. What is active by NOTAM, or by hours we cannot read, counts as
    active. The area is split at the antimeridian.
    """

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=AirspaceKind)
    published_kind = models.CharField(max_length=40, blank=True, help_text="As the source says it.")
    restricted_status = models.CharField(max_length=3, choices=RestrictedStatus, blank=True)
    area = models.MultiPolygonField(srid=4326)
    floor_m = models.FloatField(null=True, blank=True)
    floor_datum = models.CharField(max_length=4, choices=Datum)
    floor_text = models.CharField(max_length=80, blank=True)
    ceiling_m = models.FloatField(null=True, blank=True)
    ceiling_datum = models.CharField(max_length=4, choices=Datum)
    ceiling_text = models.CharField(max_length=80, blank=True)
    activity = models.CharField(max_length=8, choices=Activity, default=Activity.ALWAYS)
    activity_windows = models.JSONField(
        default=list, blank=True, help_text='UTC windows: [["2026-03-01T00:00Z", "..."], ...].'
    )
    activity_text = models.TextField(blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    zone_restriction = models.CharField(max_length=20, choices=ZoneRestriction, blank=True)
    zone_reasons = models.JSONField(default=list, blank=True)
    conditions = models.TextField(blank=True, help_text="What must be met to enter.")
    contact = models.JSONField(default=dict, blank=True, help_text="Who gives the permission.")
    source = models.CharField(max_length=60)
    source_cycle = models.CharField(max_length=40, blank=True)
    source_ref = models.CharField(max_length=120, help_text="Line or feature in the source.")
    content_hash = models.CharField(max_length=64, editable=False)
    is_active = models.BooleanField(default=True)
    retired_reason = models.CharField(max_length=200, blank=True)

    objects = AirspaceQuerySet.as_manager()

    class Meta:
        permissions = [("retire_airspacerestriction", "Can retire an airspace restriction")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "content_hash"], name="one_airspace_per_content"
            ),
            models.CheckConstraint(
                name="airspace_validity_runs_forward",
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
            ),
            models.CheckConstraint(
                name="airspace_floor_has_its_height",
                condition=Q(floor_datum__in=["SFC", "UNL"], floor_m=None)
                | Q(floor_datum__in=["AGL", "AMSL", "FL"], floor_m__isnull=False),
            ),
            models.CheckConstraint(
                name="airspace_ceiling_has_its_height",
                condition=Q(ceiling_datum__in=["SFC", "UNL"], ceiling_m=None)
                | Q(ceiling_datum__in=["AGL", "AMSL", "FL"], ceiling_m__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["source", "is_active"], name="airspace_source"),
            models.Index(fields=["kind"], name="airspace_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
