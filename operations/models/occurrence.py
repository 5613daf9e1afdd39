from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from aircraft.models import FLEET_SCOPE, Aircraft
from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg
from users.models import User


class OccurrenceStatus(models.TextChoices):
    REPORTED = "reported"
    UNDER_INVESTIGATION = "under_investigation"
    CLOSED = "closed"


class OccurrenceClass(models.TextChoices):
    ACCIDENT = "accident"
    SERIOUS_INCIDENT = "serious_incident"
    OVERDUE = "overdue", "Overdue aircraft"


class OccurrenceKind(models.TextChoices):
    """What happened, by the list of 49 CFR 830.5; large is above 12,500 lb with several engines."""

    ACCIDENT = "accident", "Accident, 830.5(a)"
    FLIGHT_CONTROL = "flight_control", "Flight control malfunction or failure, (a)(1)"
    CREW_UNABLE = "crew_unable", "Required crew member injured or ill, (a)(2)"
    TURBINE_DEBRIS = "turbine_debris", "Turbine debris not out of the exhaust, (a)(3)"
    FIRE = "fire", "In-flight fire, (a)(4)"
    COLLISION = "collision", "Collision in flight, (a)(5)"
    PROPERTY = "property", "Property damage above USD 25,000, (a)(6)"
    LARGE_ELECTRICAL = "large_electrical", "Large: emergency electrical bus, (a)(7)(i)"
    LARGE_HYDRAULIC = "large_hydraulic", "Large: last system moves the controls, (a)(7)(ii)"
    LARGE_POWER = "large_power", "Large: two or more engines without power, (a)(7)(iii)"
    LARGE_EVACUATION = "large_evacuation", "Large: evacuation, (a)(7)(iv)"
    PROPELLER = "propeller", "Propeller blade released, (a)(8)"
    DISPLAYS = "displays", "More than half of the displays lost, (a)(9)"
    ACAS = "acas", "ACAS advisory that averted a collision, (a)(10)"
    ROTOR_BLADES = "rotor_blades", "Helicopter blade damaged, (a)(11)"
    RUNWAY = "runway", "Wrong runway, or runway incursion, (a)(12)"
    OVERDUE = "overdue", "Overdue and believed in an accident, 830.5(b)"


class OccurrenceInjuries(models.TextChoices):
    """The worst injury, in the words of 49 CFR 830.2."""

    NONE = "none"
    MINOR = "minor"
    SERIOUS = "serious"
    FATAL = "fatal"


class OccurrenceDamage(models.TextChoices):
    """What happened to the aircraft, in the words of 49 CFR 830.2."""

    NONE = "none"
    MINOR = "minor"
    SUBSTANTIAL = "substantial"
    DESTROYED = "destroyed"


class OccurrenceQuerySet(TripDeskQuerySet):
    def open(self) -> Self:
        """Those still to be dealt with."""
        return self.exclude(status=OccurrenceStatus.CLOSED)


@tracked
class Occurrence(BaseModel):
    """
    An accident, a serious incident or an overdue aircraft in crewed flying (49 CFR part 830).

    `aware_at` starts the clock of the notice, `occurred_at` that of the report: for an overdue
    aircraft the moment it should have arrived. `event`, `is_notifiable` and `report_due_at` are
    judged from the particulars. Texts never name a patient.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        OccurrenceStatus.REPORTED: {OccurrenceStatus.UNDER_INVESTIGATION},
        OccurrenceStatus.UNDER_INVESTIGATION: {OccurrenceStatus.CLOSED},
        OccurrenceStatus.CLOSED: {OccurrenceStatus.UNDER_INVESTIGATION},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="occurrences")
    trip = models.ForeignKey(
        Trip, models.PROTECT, null=True, blank=True, related_name="occurrences"
    )
    leg = models.ForeignKey(
        TripLeg, models.PROTECT, null=True, blank=True, related_name="occurrences"
    )
    kind = models.CharField(max_length=20, choices=OccurrenceKind)
    event = models.CharField(max_length=16, choices=OccurrenceClass, editable=False)
    status = models.CharField(
        max_length=20, choices=OccurrenceStatus, default=OccurrenceStatus.REPORTED, editable=False
    )
    occurred_at = models.DateTimeField(
        help_text="For an overdue aircraft, when it should have arrived."
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA zone of the place; of the origin or base if not."
    )
    aware_at = models.DateTimeField(help_text="When the operator came to know.")
    place = models.CharField(max_length=200)
    narrative = models.TextField(max_length=20_000, help_text="Never a patient's name.")
    injuries = models.CharField(
        max_length=8, choices=OccurrenceInjuries, default=OccurrenceInjuries.NONE
    )
    damage = models.CharField(
        max_length=12, choices=OccurrenceDamage, default=OccurrenceDamage.NONE
    )
    weather = models.TextField(max_length=10_000, blank=True)
    evidence = models.TextField(
        max_length=10_000, blank=True, help_text="Wreckage and records kept (49 CFR 830.10)."
    )
    found_at = models.DateTimeField(
        null=True, blank=True, help_text="When an overdue aircraft turned up."
    )
    asked_for_on = models.DateField(
        null=True, blank=True, help_text="Last day for a report on an incident that the Board asks."
    )
    is_notifiable = models.BooleanField(editable=False)
    report_due_at = models.DateTimeField(null=True, editable=False)
    notified_at = models.DateTimeField(null=True, blank=True, editable=False)
    notice_reference = models.CharField(max_length=100, blank=True, editable=False)
    filed_at = models.DateTimeField(null=True, blank=True, editable=False)
    report_reference = models.CharField(max_length=100, blank=True, editable=False)
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        # A record that somebody else asks for: nothing of it is ever removed.
        default_permissions = ("add", "change", "view")
        permissions = [
            ("notify_occurrence", "Can record the notice to the NTSB"),
            ("file_occurrence", "Can record the report to the NTSB"),
            ("investigate_occurrence", "Can open or reopen the investigation of an occurrence"),
            ("close_occurrence", "Can close an occurrence"),
        ]
        constraints = [
            one_of("occurrence_kind_is_known", "kind", OccurrenceKind),
            one_of("occurrence_event_is_known", "event", OccurrenceClass),
            one_of("occurrence_status_is_known", "status", OccurrenceStatus),
            models.CheckConstraint(
                name="occurrence_known_after_it_happened",
                condition=Q(aware_at__gte=F("occurred_at")),
            ),
            models.CheckConstraint(
                name="occurrence_told_after_it_was_known",
                condition=(Q(notified_at=None) | Q(notified_at__gte=F("aware_at")))
                & (Q(filed_at=None) | Q(filed_at__gte=F("aware_at"))),
            ),
            models.CheckConstraint(
                name="notice_of_an_occurrence_has_a_reference",
                condition=Q(notified_at=None) | ~Q(notice_reference=""),
            ),
            models.CheckConstraint(
                name="occurrence_on_a_leg_is_on_its_trip",
                condition=Q(leg=None) | Q(trip__isnull=False),
            ),
            models.CheckConstraint(
                name="accident_report_is_due",
                condition=~Q(event="accident") | Q(report_due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-occurred_at"], name="occurrence_newest"),
            models.Index(
                fields=["aircraft"], condition=~Q(status="closed"), name="occurrence_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return FLEET_SCOPE


class OccurrenceReminder(models.Model):
    """One reminder that a notice or a report is due or late; sent once. Append-only."""

    IS_APPEND_ONLY = True

    occurrence = models.ForeignKey(Occurrence, models.PROTECT, related_name="reminders")
    clock = models.CharField(max_length=8, help_text="notice or report")
    color = models.CharField(max_length=8, help_text="amber: due; red: late")
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField()

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "clock", "color", "due_at"],
                name="one_reminder_per_step_of_a_clock",
            )
        ]

    def __str__(self) -> str:
        return f"{self.occurrence}: {self.clock} {self.color}"
