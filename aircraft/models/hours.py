from django.db import models
from django.db.models import Q

from aircraft.models.aircraft import Aircraft
from aircraft.models.scoping import PartOfAircraftQuerySet
from common.constraints import one_of, within
from users.models import User

# Which record a flight comes from: `operations.tripleg:17`, or a page of the paper log.
SOURCE = r"^[a-z][a-z0-9_.]{0,39}:[A-Za-z0-9._/-]{1,60}$"


class HoursKind(models.TextChoices):
    FLIGHT = "flight"
    CORRECTION = "correction"


class FlightHours(models.Model):
    """
    One flight's time in service, cycles and landings, with the totals it brought the aircraft to.

    Time in service is from wheels off to wheels on (14 CFR 1.1), in minutes. Append-only: a mistake
    is put right by a correction with the signed difference. Triggers number the entries and add up.
    """

    IS_APPEND_ONLY = True

    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="flight_hours")
    sequence = models.PositiveIntegerField(editable=False, default=0)
    kind = models.CharField(max_length=12, choices=HoursKind, default=HoursKind.FLIGHT)
    source = models.CharField(max_length=101, blank=True)
    flown_on = models.DateField()
    time_in_service_min = models.IntegerField()
    cycles = models.IntegerField(default=1)
    landings = models.IntegerField(default=1)
    progressive_min = models.PositiveIntegerField(editable=False, default=0)
    progressive_cycles = models.PositiveIntegerField(editable=False, default=0)
    progressive_landings = models.PositiveIntegerField(editable=False, default=0)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    reason = models.CharField(max_length=2000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PartOfAircraftQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "flight hours"
        permissions = [("correct_flighthours", "Can correct flight hours")]
        constraints = [
            models.UniqueConstraint(
                fields=["aircraft", "sequence"], name="one_crewed_hours_entry_per_place"
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(kind=HoursKind.FLIGHT),
                name="one_crewed_hours_entry_per_source",
            ),
            one_of("crewed_hours_kind_is_known", "kind", HoursKind),
            models.CheckConstraint(
                name="crewed_hours_name_their_source",
                condition=Q(kind=HoursKind.FLIGHT, source__regex=SOURCE, corrects__isnull=True)
                | (Q(kind=HoursKind.CORRECTION, source="", corrects__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="only_crewed_corrections_subtract",
                condition=Q(kind=HoursKind.CORRECTION)
                | Q(time_in_service_min__gte=0, cycles__gte=0, landings__gte=0),
            ),
            within("crewed_flight_time_is_real", "time_in_service_min", -100_000, 100_000),
            within("crewed_cycles_are_real", "cycles", -1000, 1000),
            within("crewed_landings_are_real", "landings", -1000, 1000),
        ]

    def __str__(self) -> str:
        return f"Entry {self.sequence}"
