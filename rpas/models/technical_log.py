from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.constraints import all_or_none, one_of
from common.history import tracked
from common.models import BaseModel
from rpas.models.aircraft import RPASAircraft
from rpas.models.scoping import AircraftScopedQuerySet
from users.models import User


class PartAStatus(models.TextChoices):
    DRAFT = "draft"
    ISSUED = "issued"
    SUPERSEDED = "superseded"


class PartAQuerySet(AircraftScopedQuerySet):
    def issued(self) -> Self:
        return self.filter(status=PartAStatus.ISSUED)


@tracked
class F2TechnicalLogPartA(BaseModel):
    """
    Part A of the F2 technical log: the aircraft's header and the certification that it is
    serviceable and that all maintenance due at that time is done.

    The header is copied from the aircraft when Part A is issued, and never changes afterwards (a
    trigger refuses); a new issue supersedes it. `content_hash` seals header and certification.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        PartAStatus.DRAFT: {PartAStatus.ISSUED},
        PartAStatus.ISSUED: {PartAStatus.SUPERSEDED},
    }

    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="technical_logs")
    number = models.CharField(max_length=32, unique=True, editable=False)
    identification = models.CharField(max_length=16)
    category = models.CharField(max_length=16)
    model = models.CharField(max_length=141)
    min_gross_mass_kg = models.FloatField()
    max_gross_mass_kg = models.FloatField()
    registration_expires_on = models.DateField(null=True, blank=True)
    schedule_reference = models.CharField(max_length=200)
    status = models.CharField(max_length=12, choices=PartAStatus, default=PartAStatus.DRAFT)
    statement = models.TextField(max_length=2000, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    issued_name = models.CharField(max_length=200, blank=True)
    issued_arn = models.CharField("issuer's ARN", max_length=16, blank=True)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = PartAQuerySet.as_manager()

    class Meta:
        verbose_name = "F2 technical log Part A"
        verbose_name_plural = "F2 technical logs Part A"
        permissions = [("issue_f2technicallogparta", "Can issue Part A of a technical log")]
        constraints = [
            one_of("part_a_status_is_known", "status", PartAStatus),
            all_or_none(
                "part_a_issue_is_whole",
                ["issued_at", "issued_by"],
                ["issued_name", "issued_arn", "statement", "content_hash"],
            ),
            models.CheckConstraint(
                name="part_a_is_issued_by_somebody",
                condition=Q(status=PartAStatus.DRAFT, issued_at__isnull=True)
                | Q(
                    status__in=[PartAStatus.ISSUED, PartAStatus.SUPERSEDED],
                    issued_at__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                fields=["aircraft"],
                condition=Q(status=PartAStatus.ISSUED),
                name="one_issued_part_a_per_aircraft",
            ),
            models.UniqueConstraint(
                fields=["aircraft"],
                condition=Q(status=PartAStatus.DRAFT),
                name="one_draft_part_a_per_aircraft",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class EntryKind(models.TextChoices):
    """What a line of Part B says."""

    DAILY_INSPECTION = "daily_inspection", "Daily inspection"
    FLIGHT = "flight"
    CORRECTION = "correction"


class FlightHoursQuerySet(AircraftScopedQuerySet):
    def daily_inspections(self) -> Self:
        return self.filter(kind=EntryKind.DAILY_INSPECTION)

    def of_flights(self) -> Self:
        return self.filter(kind=EntryKind.FLIGHT)

    def of_operation(self, number: str) -> Self:
        return self.filter(operation_number=number)


class F2FlightHoursEntry(models.Model):
    """
    One line of Part B of the F2 technical log: a daily inspection, the time of a flight, or the
    correction of an earlier line by a signed difference.

    Append-only. Times are whole minutes. Triggers number the chain: `previous_hash` and `hash`
    (SHA-256 of the row's canonical JSON with the previous hash) and the progressive totals are set
    by the database, so that every way of writing keeps them right.
    """

    IS_APPEND_ONLY = True

    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="flight_hours")
    part_a = models.ForeignKey(
        F2TechnicalLogPartA, models.PROTECT, null=True, related_name="entries"
    )
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=EntryKind)
    entry_on = models.DateField(help_text="The operator's local date.")
    inspection_satisfactory = models.BooleanField(null=True)
    defects_checked = ArrayField(models.BigIntegerField(), default=list, blank=True)
    findings = models.TextField(max_length=4000, blank=True)
    time_in_service_min = models.IntegerField(default=0)
    cycles = models.IntegerField(default=0)
    flights = models.IntegerField(default=0)
    progressive_total_min = models.PositiveIntegerField(default=0)
    progressive_cycles = models.PositiveIntegerField(default=0)
    progressive_flights = models.PositiveIntegerField(default=0)
    operation_number = models.CharField(max_length=20, blank=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    reason = models.CharField(max_length=500, blank=True)
    certified_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    certified_name = models.CharField(max_length=200)
    certified_arn = models.CharField("ARN or licence", max_length=32)
    recorded_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False)

    objects = FlightHoursQuerySet.as_manager()

    class Meta:
        verbose_name = "F2 Part B entry"
        verbose_name_plural = "F2 Part B entries"
        permissions = [
            ("daily_inspection_f2flighthoursentry", "Can certify a daily inspection"),
            ("correct_f2flighthoursentry", "Can correct an entry of Part B"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["aircraft", "sequence"], name="one_part_b_entry_per_sequence"
            ),
            models.UniqueConstraint(
                fields=["operation_number"],
                condition=Q(kind=EntryKind.FLIGHT) & ~Q(operation_number=""),
                name="one_part_b_entry_per_operation",
            ),
            one_of("part_b_kind_is_known", "kind", EntryKind),
            models.CheckConstraint(
                name="part_b_inspection_has_a_result",
                condition=Q(kind=EntryKind.DAILY_INSPECTION, inspection_satisfactory__isnull=False)
                | (~Q(kind=EntryKind.DAILY_INSPECTION) & Q(inspection_satisfactory__isnull=True)),
            ),
            models.CheckConstraint(
                name="part_b_correction_names_its_entry",
                condition=Q(kind=EntryKind.CORRECTION, corrects__isnull=False) & ~Q(reason="")
                | (~Q(kind=EntryKind.CORRECTION) & Q(corrects__isnull=True)),
            ),
            models.CheckConstraint(
                name="part_b_only_corrections_subtract",
                condition=Q(kind=EntryKind.CORRECTION)
                | Q(time_in_service_min__gte=0, cycles__gte=0, flights__gte=0),
            ),
            models.CheckConstraint(
                name="part_b_inspection_adds_no_time",
                condition=~Q(kind=EntryKind.DAILY_INSPECTION)
                | Q(time_in_service_min=0, cycles=0, flights=0),
            ),
            models.CheckConstraint(
                name="part_b_unsatisfactory_says_why",
                condition=Q(inspection_satisfactory__isnull=True)
                | Q(inspection_satisfactory=True)
                | ~Q(findings=""),
            ),
            models.CheckConstraint(
                name="part_b_is_certified",
                condition=~Q(certified_name="") & ~Q(certified_arn=""),
            ),
            models.CheckConstraint(
                name="part_b_flight_time_is_real",
                condition=Q(time_in_service_min__gte=-100_000, time_in_service_min__lte=100_000),
            ),
        ]
        indexes = [models.Index(fields=["aircraft", "kind", "-entry_on"])]

    def __str__(self) -> str:
        return f"Part B entry {self.sequence}"


class DefectSeverity(models.TextChoices):
    """A major defect grounds the aircraft; a minor one must be looked at every day."""

    MAJOR = "major"
    MINOR = "minor"


class DefectStatus(models.TextChoices):
    OPEN = "open"
    DEFERRED = "deferred"
    RECTIFIED = "rectified"
    CERTIFIED = "certified"


UNRECTIFIED = (DefectStatus.OPEN, DefectStatus.DEFERRED)


class DefectQuerySet(AircraftScopedQuerySet):
    def open(self) -> Self:
        """Defects that nobody has rectified yet."""
        return self.filter(status__in=UNRECTIFIED)

    def grounding(self) -> Self:
        """Unrectified major defects: the aircraft must not fly."""
        return self.open().filter(severity=DefectSeverity.MAJOR)

    def minor(self) -> Self:
        return self.filter(severity=DefectSeverity.MINOR)


@tracked
class F2DefectEntry(BaseModel):
    """
    A defect of an aircraft, from found to certified.

    Major bars flight until rectified; minor must be looked at on each daily inspection until then.
    What was written stays: a trigger refuses another finding, a second rectification or removal,
    and `content_hash` seals what the row says now.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        DefectStatus.OPEN: {DefectStatus.DEFERRED, DefectStatus.RECTIFIED},
        DefectStatus.DEFERRED: {DefectStatus.RECTIFIED},
        DefectStatus.RECTIFIED: {DefectStatus.CERTIFIED},
    }

    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="defects")
    part_a = models.ForeignKey(
        F2TechnicalLogPartA, models.PROTECT, null=True, blank=True, related_name="defects"
    )
    severity = models.CharField(max_length=8, choices=DefectSeverity)
    description = models.TextField(max_length=4000)
    status = models.CharField(max_length=12, choices=DefectStatus, default=DefectStatus.OPEN)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    found_name = models.CharField(max_length=200)
    found_arn = models.CharField("finder's ARN", max_length=32, blank=True)
    last_checked_on = models.DateField(null=True, blank=True)
    deferred_reason = models.CharField(max_length=500, blank=True)
    rectified_at = models.DateTimeField(null=True, blank=True)
    rectified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    rectified_name = models.CharField(max_length=200, blank=True)
    rectified_arn = models.CharField("rectifier's ARN", max_length=32, blank=True)
    rectified_action = models.TextField(max_length=4000, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    certified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    certified_name = models.CharField(max_length=200, blank=True)
    certified_arn = models.CharField("certifier's ARN", max_length=32, blank=True)
    content_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = DefectQuerySet.as_manager()

    class Meta:
        verbose_name = "F2 defect"
        permissions = [
            ("defer_f2defectentry", "Can defer a minor defect"),
            ("rectify_f2defectentry", "Can record the rectification of a defect"),
            ("certify_f2defectentry", "Can certify the rectification of a defect"),
        ]
        constraints = [
            one_of("defect_severity_is_known", "severity", DefectSeverity),
            one_of("defect_status_is_known", "status", DefectStatus),
            models.CheckConstraint(name="defect_is_described", condition=~Q(description="")),
            all_or_none(
                "defect_rectification_is_whole",
                ["rectified_at", "rectified_by"],
                ["rectified_name", "rectified_arn", "rectified_action"],
            ),
            all_or_none(
                "defect_certification_is_whole",
                ["certified_at", "certified_by"],
                ["certified_name", "certified_arn"],
            ),
            models.CheckConstraint(
                name="defect_times_in_order",
                condition=(Q(rectified_at__isnull=True) | Q(rectified_at__gte=F("found_at")))
                & (Q(certified_at__isnull=True) | Q(certified_at__gte=F("rectified_at"))),
            ),
            models.CheckConstraint(
                name="defect_status_agrees_with_its_deeds",
                condition=Q(
                    status__in=UNRECTIFIED, rectified_at__isnull=True, certified_at__isnull=True
                )
                | Q(
                    status=DefectStatus.RECTIFIED,
                    rectified_at__isnull=False,
                    certified_at__isnull=True,
                )
                | Q(
                    status=DefectStatus.CERTIFIED,
                    rectified_at__isnull=False,
                    certified_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="only_minor_defects_are_deferred",
                condition=~Q(status=DefectStatus.DEFERRED) | Q(severity=DefectSeverity.MINOR),
            ),
        ]
        indexes = [
            models.Index(
                fields=["aircraft", "severity"],
                condition=Q(status__in=UNRECTIFIED),
                name="unrectified_defects",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_severity_display()} defect {self.pk}"
