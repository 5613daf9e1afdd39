from django.contrib.gis.db import models
from django.db.models import Q

from client_management.models.job import JobOrder
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import within
from flight_operations.models import FlightOperation
from users.models import User


class CoverageReport(models.Model):
    """
    How much of a job's area the flights so far have photographed, and what is missing.

    Worked out once from the area, the tracks and the camera as they were, which it keeps; a later
    flight makes another report. `refly_operations` are those that were ordered for its gaps.
    """

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="+")
    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="coverage_reports")
    operations = models.ManyToManyField(FlightOperation, related_name="+")
    refly_operations = models.ManyToManyField(FlightOperation, related_name="+")
    area = models.MultiPolygonField(srid=4326)
    covered = models.MultiPolygonField(srid=4326, null=True)
    missing = models.MultiPolygonField(srid=4326, null=True)
    camera = models.JSONField(help_text="Sensor, focal length and trigger that were assumed.")
    area_m2 = models.FloatField()
    covered_m2 = models.FloatField()
    covered_percent = models.FloatField()
    overlap_percent = models.JSONField(help_text="Share of the area seen exactly n times.")
    picture_count = models.PositiveIntegerField()
    gap_count = models.PositiveIntegerField()
    map_file = models.FileField(upload_to="coverage/%Y/%m/", max_length=200)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    measured_at = models.DateTimeField()
    refly_ordered_at = models.DateTimeField(null=True)
    refly_ordered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ClientQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "view")
        permissions = [("refly_coveragereport", "Can order flights for what is missing")]
        constraints = [
            within("coverage_is_a_share", "covered_percent", 0, 100),
            models.CheckConstraint(name="coverage_area_is_real", condition=Q(area_m2__gt=0)),
        ]
        indexes = [models.Index(fields=["job", "-id"], name="coverage_of_job")]

    def __str__(self) -> str:
        return self.number
