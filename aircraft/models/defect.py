from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from aircraft.models.aircraft import Aircraft
from aircraft.models.scoping import PartOfAircraftQuerySet
from common.constraints import all_or_none, no_deed, one_of, whole_deed
from common.history import tracked
from common.models import BaseModel
from users.models import User


class DefectStatus(models.TextChoices):
    OPEN = "open"
    DEFERRED = "deferred"
    RECTIFIED = "rectified"
    CERTIFIED = "certified"


class RepairCategory(models.TextChoices):
    """Repair interval of an item of the minimum equipment list (MEL)."""

    A = "A", "A: as the list states"
    B = "B", "B: 3 days"
    C = "C", "C: 10 days"
    D = "D", "D: 120 days"


UNRECTIFIED = (DefectStatus.OPEN, DefectStatus.DEFERRED)
DEFERRAL = (["deferred_at", "deferred_by", "limit_on"], ["mel_item", "category"])
EXTENSION = (["extended_at", "extended_by", "first_limit_on"], ["extension_reason"])
RECTIFICATION = (
    ["rectified_at", "rectified_by"],
    ["rectified_name", "rectified_license", "rectified_action"],
)
CERTIFICATION = (["certified_at", "certified_by"], ["certified_name", "certified_license"])


class CrewedDefectQuerySet(PartOfAircraftQuerySet):
    def open(self) -> Self:
        """Defects that nobody has rectified yet, deferred ones among them."""
        return self.filter(status__in=UNRECTIFIED)

    def unreleased(self) -> Self:
        """Defects after which nobody has certified the aircraft yet."""
        return self.exclude(status=DefectStatus.CERTIFIED)

    def deferred(self) -> Self:
        return self.filter(status=DefectStatus.DEFERRED)


@tracked
class Defect(BaseModel):
    """
    Something that does not work, from found to certified.

    An open defect grounds the aircraft until it is deferred under the minimum equipment list or
    put right. `limit_on` is the last day, at the base, on which a deferred one may stay;
    `first_limit_on` what it was before its one extension.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        DefectStatus.OPEN: {DefectStatus.DEFERRED, DefectStatus.RECTIFIED},
        DefectStatus.DEFERRED: {DefectStatus.RECTIFIED},
        DefectStatus.RECTIFIED: {DefectStatus.CERTIFIED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="defects")
    description = models.TextField(max_length=4000)
    ata_chapter = models.CharField("ATA chapter", max_length=8, blank=True)
    status = models.CharField(max_length=12, choices=DefectStatus, default=DefectStatus.OPEN)
    found_at = models.DateTimeField()
    found_on = models.DateField(editable=False, help_text="Local day at the base.")
    found_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    mel_item = models.CharField("MEL item", max_length=20, blank=True)
    category = models.CharField(max_length=1, choices=RepairCategory, blank=True)
    conditions = models.TextField("operating conditions", max_length=2000, blank=True)
    limit_on = models.DateField(null=True, blank=True)
    deferred_at = models.DateTimeField(null=True, blank=True)
    deferred_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    first_limit_on = models.DateField(null=True, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    extension_reason = models.CharField(max_length=2000, blank=True)
    rectified_at = models.DateTimeField(null=True, blank=True)
    rectified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    rectified_name = models.CharField(max_length=200, blank=True)
    rectified_license = models.CharField(max_length=40, blank=True)
    rectified_action = models.TextField(max_length=4000, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    certified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    certified_name = models.CharField(max_length=200, blank=True)
    certified_license = models.CharField(max_length=40, blank=True)

    objects = CrewedDefectQuerySet.as_manager()

    class Meta:
        permissions = [
            ("defer_defect", "Can defer a defect under the minimum equipment list"),
            ("extend_defect", "Can extend the deferral of a defect, once"),
            ("rectify_defect", "Can record the rectification of a defect"),
            ("certify_defect", "Can certify an aircraft after a rectification"),
        ]
        constraints = [
            one_of("crewed_defect_status_is_known", "status", DefectStatus),
            models.CheckConstraint(
                name="crewed_defect_category_is_known",
                condition=Q(category__in=[*RepairCategory.values, ""]),
            ),
            models.CheckConstraint(name="crewed_defect_is_described", condition=~Q(description="")),
            all_or_none("crewed_deferral_is_whole", *DEFERRAL),
            all_or_none("crewed_extension_is_whole", *EXTENSION),
            all_or_none("crewed_rectification_is_whole", *RECTIFICATION),
            all_or_none("crewed_certification_is_whole", *CERTIFICATION),
            models.CheckConstraint(
                name="crewed_extension_extends",
                condition=Q(first_limit_on__isnull=True)
                | Q(limit_on__gt=F("first_limit_on"), category__in=["B", "C"]),
            ),
            models.CheckConstraint(
                name="crewed_deferral_ends_after_the_find",
                condition=Q(limit_on__isnull=True) | Q(limit_on__gte=F("found_on")),
            ),
            models.CheckConstraint(
                name="crewed_defect_times_in_order",
                condition=(Q(deferred_at__isnull=True) | Q(deferred_at__gte=F("found_at")))
                & (Q(rectified_at__isnull=True) | Q(rectified_at__gte=F("found_at")))
                & (Q(certified_at__isnull=True) | Q(certified_at__gte=F("rectified_at"))),
            ),
            models.CheckConstraint(
                name="crewed_defect_status_agrees_with_its_deeds",
                condition=(
                    Q(status=DefectStatus.OPEN) & no_deed(*DEFERRAL) & no_deed(*RECTIFICATION)
                    | Q(status=DefectStatus.DEFERRED)
                    & whole_deed(*DEFERRAL)
                    & no_deed(*RECTIFICATION)
                    | Q(status=DefectStatus.RECTIFIED)
                    & whole_deed(*RECTIFICATION)
                    & no_deed(*CERTIFICATION)
                    | Q(status=DefectStatus.CERTIFIED) & whole_deed(*CERTIFICATION)
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["aircraft"],
                condition=~Q(status=DefectStatus.CERTIFIED),
                name="crewed_unreleased_defects",
            )
        ]

    def __str__(self) -> str:
        return self.number
