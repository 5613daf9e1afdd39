from typing import Self

from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from users.models.profile import PersonalQuerySet
from users.models.user import User


class CheckKind(models.TextChoices):
    """Checks and training that crewed pilots repeat (14 CFR parts 61 and 135)."""

    KNOWLEDGE = "135.293a", "Knowledge test (135.293(a))"
    COMPETENCY = "135.293b", "Competency check (135.293(b))"
    INSTRUMENT = "135.297", "Instrument proficiency check (135.297)"
    LINE = "135.299", "Line check (135.299)"
    RECURRENT = "135.343", "Recurrent training (135.343)"
    FLIGHT_REVIEW = "61.56", "Flight review (61.56)"
    INSTRUMENT_61 = "61.57d", "Instrument proficiency check (61.57(d))"
    AMBULANCE = "135.621", "Air ambulance briefing or training (135.621)"
    NIGHT_COURSE = "61.57e4", "Night landings in a simulator course (61.57(e)(4))"
    DIFFERENCES = "type", "Type or differences training"


class StandingQuerySet(PersonalQuerySet):
    def standing(self) -> Self:
        """Rows that nobody withdrew."""
        return self.filter(withdrawn_at__isnull=True)


class Withdrawable(BaseModel):
    """What somebody stated and may have to take back: it stays on file and counts no more."""

    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_reason = models.CharField(max_length=2000, blank=True, editable=False)

    class Meta:
        abstract = True


@tracked
class CheckRecord(Withdrawable):
    """
    One check or training event a pilot passed.

    `base_month` is the first day of the month it counts for (14 CFR 135.301(a)): a check flown a
    month early or late counts for the month it was due.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=12, choices=CheckKind)
    aircraft_type = models.CharField(max_length=4, blank=True, help_text="ICAO designator.")
    done_on = models.DateField()
    base_month = models.DateField()
    is_passed = models.BooleanField(default=True)
    examiner = models.CharField(max_length=200)
    remarks = models.CharField(max_length=2000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="check_kind_is_known", condition=Q(kind__in=CheckKind.values)
            ),
            models.CheckConstraint(
                name="check_base_month_is_a_month", condition=Q(base_month__day=1)
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "aircraft_type", "done_on"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_check_per_day",
            ),
        ]
        permissions = [("withdraw_checkrecord", "Can withdraw a check that was never flown")]
        indexes = [models.Index(fields=["user", "kind", "done_on"], name="check_user_kind")]

    def __str__(self) -> str:
        return f"{self.kind} on {self.done_on}"


@tracked
class DeclaredFlight(Withdrawable):
    """
    A flight a pilot made elsewhere: for another operator, privately or in a simulator.

    Limits count all commercial flying whoever it was for (14 CFR 135.267(a)); recency counts
    take-offs and landings as sole manipulator. `off_at` and `on_at` are off and on blocks, and
    `flight_min` the time between them that was flown (14 CFR 1.1). Night is from one hour after
    sunset to one hour before sunrise, and a night landing one to a full stop (61.57(b)).
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="declared_flights")
    operator_name = models.CharField(max_length=200, blank=True)
    is_commercial = models.BooleanField(default=True)
    aircraft_type = models.CharField(max_length=4, blank=True)
    off_at = models.DateTimeField()
    on_at = models.DateTimeField()
    flight_min = models.PositiveIntegerField()
    is_sole_manipulator = models.BooleanField(default=True)
    day_takeoffs = models.PositiveSmallIntegerField(default=0)
    day_landings = models.PositiveSmallIntegerField(default=0)
    night_takeoffs = models.PositiveSmallIntegerField(default=0)
    night_landings = models.PositiveSmallIntegerField(default=0)
    approaches = models.PositiveSmallIntegerField(default=0)
    remarks = models.CharField(max_length=1000, blank=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="declared_flight_takes_time", condition=Q(on_at__gt=F("off_at"))
            ),
            models.CheckConstraint(
                name="declared_minutes_fit", condition=Q(flight_min__gt=0, flight_min__lte=44_640)
            ),
            models.UniqueConstraint(
                fields=["user", "off_at"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_declared_flight_per_time",
            ),
        ]
        permissions = [("withdraw_declaredflight", "Can withdraw a declared flight")]
        indexes = [models.Index(fields=["user", "on_at"], name="declared_user_on")]

    def __str__(self) -> str:
        return f"{self.flight_min} min from {self.off_at:%Y-%m-%d}"


@tracked
class FlyingDeclaration(Withdrawable):
    """
    A pilot's word that everything flown elsewhere in a period is declared, and it is nothing
    where nothing is.

    It may reach ahead: who flies for nobody else says so for the year and withdraws it when that
    changes.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="flying_declarations")
    from_on = models.DateField()
    until_on = models.DateField(help_text="The last day it covers.")
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="declaration_covers_days", condition=Q(until_on__gte=F("from_on"))
            ),
        ]
        permissions = [("withdraw_flyingdeclaration", "Can withdraw a declaration of flying")]
        indexes = [models.Index(fields=["user", "until_on"], name="declaration_user_until")]

    def __str__(self) -> str:
        return f"{self.from_on} to {self.until_on}"
