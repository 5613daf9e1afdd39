from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from operations.models.constraints import after
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg
from users.models import User


class CrewRole(models.TextChoices):
    PIC = "pic", "Pilot in command"
    SIC = "sic", "Second in command"
    RELIEF = "relief", "Relief pilot"
    PHYSICIAN = "physician"
    FLIGHT_NURSE = "flight_nurse"
    PARAMEDIC = "paramedic"
    RESPIRATORY = "respiratory", "Respiratory therapist"
    ATTENDANT = "attendant", "Cabin attendant"
    POSITIONING = "positioning", "Travels along on duty"


PILOTS = (CrewRole.PIC, CrewRole.SIC, CrewRole.RELIEF)
# How many of a kind a flight deck has: with two who relieve the others it is a crew of four.
PLACES = {CrewRole.PIC: 1, CrewRole.SIC: 1, CrewRole.RELIEF: 2}
MEDICAL = (
    CrewRole.PHYSICIAN,
    CrewRole.FLIGHT_NURSE,
    CrewRole.PARAMEDIC,
    CrewRole.RESPIRATORY,
)


class CrewStatus(models.TextChoices):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RELEASED = "released"


class DutyStatus(models.TextChoices):
    PLANNED = "planned"
    REPORTED = "reported"
    EXTENDED = "extended"
    ENDED = "ended"
    CANCELLED = "cancelled"


class DutyQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        return self.exclude(status=DutyStatus.CANCELLED)


@tracked
class DutyPeriod(BaseModel):
    """
    One person's duty on one trip, from reporting to being released to rest.

    It holds the person in the ledger from `report_at` to `end_at`, the planned times until the
    actual ones are known. `positioning_min` is travel to the aircraft before it: duty, not flight.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        DutyStatus.PLANNED: {DutyStatus.REPORTED, DutyStatus.CANCELLED},
        DutyStatus.REPORTED: {DutyStatus.EXTENDED, DutyStatus.ENDED},
        DutyStatus.EXTENDED: {DutyStatus.EXTENDED, DutyStatus.ENDED},
    }

    person = models.ForeignKey(User, models.PROTECT, related_name="duty_periods")
    trip = models.ForeignKey(Trip, models.PROTECT, related_name="duty_periods")
    planned_report_at = models.DateTimeField()
    planned_end_at = models.DateTimeField()
    report_at = models.DateTimeField()
    end_at = models.DateTimeField()
    positioning_min = models.PositiveSmallIntegerField(default=0)
    extension_reason = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=12, choices=DutyStatus, default=DutyStatus.PLANNED)

    objects = DutyQuerySet.as_manager()

    class Meta:
        permissions = [
            ("report_dutyperiod", "Can report for duty"),
            ("extend_dutyperiod", "Can extend a duty period"),
            ("end_dutyperiod", "Can end a duty period"),
        ]
        constraints = [
            one_of("duty_status_is_known", "status", DutyStatus),
            after("planned_duty_takes_time", "planned_report_at", "planned_end_at"),
            after("duty_takes_time", "report_at", "end_at"),
            within("duty_positioning_is_real", "positioning_min", 0, 1440),
            models.CheckConstraint(
                name="extended_duty_says_why",
                condition=~Q(status="extended") | ~Q(extension_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["person", "report_at"], name="duty_person_report")]

    def __str__(self) -> str:
        return f"{self.person} on {self.trip}"


class CrewLineQuerySet(TripDeskQuerySet):
    def assigned(self) -> Self:
        """Lines that stand: offered or accepted."""
        return self.filter(status__in=[CrewStatus.OFFERED, CrewStatus.ACCEPTED])

    def mine(self, user: Any) -> Self:
        return self.filter(person=user)


@tracked
class CrewLine(BaseModel):
    """One person's place on one leg. `duty` holds the person for it."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        CrewStatus.OFFERED: {CrewStatus.ACCEPTED, CrewStatus.DECLINED, CrewStatus.RELEASED},
        CrewStatus.ACCEPTED: {CrewStatus.RELEASED},
    }

    leg = models.ForeignKey(TripLeg, models.PROTECT, related_name="crew")
    person = models.ForeignKey(User, models.PROTECT, related_name="crew_lines")
    role = models.CharField(max_length=12, choices=CrewRole)
    duty = models.ForeignKey(DutyPeriod, models.PROTECT, related_name="lines")
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, editable=False)
    remarks = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=12, choices=CrewStatus, default=CrewStatus.OFFERED)

    objects = CrewLineQuerySet.as_manager()

    class Meta:
        permissions = [
            ("answer_crewline", "Can accept or decline a place on a leg"),
            ("release_crewline", "Can take a person off a leg"),
        ]
        constraints = [
            one_of("crew_role_is_known", "role", CrewRole),
            one_of("crew_status_is_known", "status", CrewStatus),
            models.UniqueConstraint(
                fields=["leg", "person"],
                condition=Q(status__in=["offered", "accepted"]),
                name="one_place_per_person_and_leg",
            ),
            models.UniqueConstraint(
                fields=["leg"],
                condition=Q(role="pic", status__in=["offered", "accepted"]),
                name="one_pic_per_leg",
            ),
            models.UniqueConstraint(
                fields=["leg"],
                condition=Q(role="sic", status__in=["offered", "accepted"]),
                name="one_sic_per_leg",
            ),
        ]
        indexes = [models.Index(fields=["person", "status"], name="crew_person_status")]

    def __str__(self) -> str:
        return f"{self.role} of {self.leg}"


class CrewLogQuerySet(TripDeskQuerySet):
    def of(self, person: Any) -> Self:
        return self.filter(person=person)

    def standing(self) -> Self:
        """Entries that no later one corrects: the ones that count."""
        return self.filter(correction=None)


class CrewLogEntry(models.Model):
    """
    What one pilot flew on one leg: the log that limits and recency are counted from.

    Append-only; written when the trip is closed. What was wrong stays and is corrected by a whole
    new entry that names it; only `standing` entries count. Night landings are those between one
    hour after sunset and one hour before sunrise (14 CFR 61.57(b), 135.247(a)(2)).
    """

    IS_APPEND_ONLY = True

    person = models.ForeignKey(User, models.PROTECT, related_name="crew_log")
    leg = models.ForeignKey(TripLeg, models.PROTECT, related_name="crew_log")
    role = models.CharField(max_length=12, choices=CrewRole)
    aircraft_type = models.CharField(max_length=4)
    tail_number = models.CharField(max_length=10)
    category = models.CharField(max_length=12, default="aeroplane")
    off_at = models.DateTimeField()
    on_at = models.DateTimeField()
    flight_min = models.PositiveIntegerField()
    block_min = models.PositiveIntegerField()
    night_min = models.PositiveIntegerField(default=0)
    is_sole_manipulator = models.BooleanField(default=False)
    day_takeoffs = models.PositiveSmallIntegerField(default=0)
    day_landings = models.PositiveSmallIntegerField(default=0)
    night_takeoffs = models.PositiveSmallIntegerField(default=0)
    night_landings = models.PositiveSmallIntegerField(default=0)
    approaches = models.PositiveSmallIntegerField(default=0)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="correction"
    )
    correction_reason = models.CharField(max_length=2000, blank=True)

    objects = CrewLogQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("correct_crewlogentry", "Can correct a pilot's log")]
        verbose_name_plural = "crew log entries"
        constraints = [
            models.UniqueConstraint(
                fields=["leg", "person"],
                condition=Q(corrects=None),
                name="one_log_entry_per_leg",
            ),
            models.CheckConstraint(
                name="corrected_crew_log_says_why",
                condition=Q(corrects=None) | ~Q(correction_reason=""),
            ),
            models.CheckConstraint(name="crew_log_takes_time", condition=Q(on_at__gt=F("off_at"))),
            models.CheckConstraint(
                name="crew_log_in_order",
                condition=Q(night_min__lte=F("block_min"), flight_min__lte=F("block_min")),
            ),
            within("crew_log_block_is_real", "block_min", 1, 2880),
        ]
        indexes = [models.Index(fields=["person", "off_at"], name="crew_log_person_off")]

    def __str__(self) -> str:
        return f"{self.person}: {self.leg}"
