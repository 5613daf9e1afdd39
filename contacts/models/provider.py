from typing import Self

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import MaxValueValidator
from django.db.models import F, Q
from django.db.models.functions import Lower

from airports.models import Airport
from common.constraints import DateRange, one_of
from common.history import tracked
from common.models import BaseModel
from common.money import EXPONENTS
from contacts.models.constraints import NumberRange, said, some_of
from contacts.models.contact import Contact
from contacts.models.scoping import DeskQuerySet

MOST_NOTICE_MIN = 7 * 24 * 60
MOST_MTOW_KG = 1_000_000


class HoursKind(models.TextChoices):
    WEEKLY = "weekly", "Weekly hours"
    H24 = "h24", "Day and night"
    BY_ARRANGEMENT = "by_arrangement"
    UNKNOWN = "unknown"


class FBOService(models.TextChoices):
    HANDLING = "handling"
    JET_A1 = "jet_a1", "Jet A-1"
    AVGAS = "avgas"
    PARKING = "parking"
    HANGAR = "hangar"
    GROUND_POWER = "ground_power"
    TOWING = "towing"
    DEICING = "deicing"
    STRETCHER_LIFT = "stretcher_lift"
    AMBULANCE_ON_APRON = "ambulance_on_apron"
    OXYGEN = "oxygen"
    CUSTOMS = "customs"
    LOUNGE = "lounge"
    CREW_REST = "crew_rest"
    CATERING = "catering"
    LAVATORY = "lavatory"
    MAINTENANCE = "maintenance"


class GroundKind(models.TextChoices):
    AMBULANCE = "ambulance"
    HANDLING = "handling", "Ground handling"
    CAR = "car", "Car and driver"


class CareLevel(models.TextChoices):
    TRANSPORT = "transport", "Patient transport"
    BASIC = "basic", "Basic life support"
    ADVANCED = "advanced", "Advanced life support"
    INTENSIVE = "intensive", "Intensive care"


class GroundService(models.TextChoices):
    STRETCHER = "stretcher"
    WHEELCHAIR = "wheelchair"
    VENTILATOR = "ventilator"
    INCUBATOR = "incubator"
    BARIATRIC = "bariatric"
    APRON_ACCESS = "apron_access"
    BAGGAGE = "baggage"
    CREW_TRANSFER = "crew_transfer"


class FeeKind(models.TextChoices):
    HANDLING = "handling"
    LANDING = "landing"
    PARKING = "parking"
    HANGAR = "hangar"
    RAMP = "ramp"
    CALL_OUT = "call_out"
    JET_A1 = "jet_a1", "Jet A-1"
    AVGAS = "avgas"
    DEICING = "deicing"
    GROUND_POWER = "ground_power"
    AMBULANCE = "ambulance"
    TRANSFER = "transfer"
    WAITING = "waiting"


class FeeUnit(models.TextChoices):
    VISIT = "visit", "per visit"
    HOUR = "hour", "per hour begun"
    NIGHT = "night", "per night"
    KM = "km", "per kilometer"
    LITER = "liter", "per liter"
    TONNE = "tonne", "per tonne of MTOW"


class ProviderQuerySet(DeskQuerySet):
    def in_use(self) -> Self:
        return self.filter(is_active=True)

    def within_km(self, position: Point, distance_km: float) -> Self:
        # On the airport's own column, so that its spatial index serves.
        return self.filter(airport__point__dwithin=(position, distance_km * 1000))


class AirportProvider(BaseModel):
    """
    Somebody who serves aircraft or their people at an airport.

    `hours` are in the airport's local time: weekday ("0" is Monday) to opening and closing, a
    closing not after its opening on the next day. `notice_min` is how long before they must be
    called by arrangement or outside of their hours; null means that they do not come then.
    """

    airport = models.ForeignKey(Airport, models.PROTECT, related_name="%(class)ss")
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    name = models.CharField(max_length=200)
    hours_kind = models.CharField(
        "hours", max_length=16, choices=HoursKind, default=HoursKind.UNKNOWN
    )
    hours = models.JSONField(
        "weekly hours",
        null=True,
        blank=True,
        help_text='Local hours by weekday, 0 is Monday: {"0": [["06:00", "22:00"]]}.',
    )
    notice_min = models.PositiveIntegerField(
        "notice in minutes", null=True, blank=True, validators=[MaxValueValidator(MOST_NOTICE_MIN)]
    )
    phone = models.CharField(max_length=40, blank=True)
    phone_e164 = models.CharField(max_length=16, blank=True, editable=False)
    after_hours_phone = models.CharField(max_length=40, blank=True)
    after_hours_phone_e164 = models.CharField(max_length=16, blank=True, editable=False)
    email = models.EmailField(max_length=254, blank=True)
    website = models.URLField(max_length=300, blank=True)
    notes = models.TextField(max_length=10_000, blank=True)
    is_active = models.BooleanField(default=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            said("%(class)s_has_a_name", "name"),
            one_of("%(class)s_hours_are_of_a_kind", "hours_kind", HoursKind),
            models.CheckConstraint(
                name="%(class)s_weekly_hours_are_given",
                condition=Q(hours_kind="weekly", hours__isnull=False)
                | (~Q(hours_kind="weekly") & Q(hours__isnull=True)),
            ),
            models.CheckConstraint(
                name="%(class)s_notice_is_a_week_at_most",
                condition=Q(notice_min=None) | Q(notice_min__lte=MOST_NOTICE_MIN),
            ),
            models.UniqueConstraint(
                "airport", Lower("name"), name="one_%(class)s_per_name_and_airport"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.airport})"


@tracked
class FBO(AirportProvider):
    """A fixed-base operator: handling, fuel and parking for visiting aircraft at an airport."""

    services = ArrayField(
        models.CharField(max_length=20, choices=FBOService), default=list, blank=True
    )
    # VHF air band, 118 to 137 MHz: checked by the database (migration 0002).
    frequencies_mhz = ArrayField(
        models.DecimalField(max_digits=6, decimal_places=3), default=list, blank=True, size=6
    )

    class Meta(AirportProvider.Meta):
        abstract = False
        verbose_name = "FBO"
        constraints = [
            *AirportProvider.Meta.constraints,
            some_of("fbo_services_are_known", "services", FBOService),
        ]


@tracked
class GroundProvider(AirportProvider):
    """Ground ambulance, ground handling or cars that come to an airport."""

    kind = models.CharField(max_length=12, choices=GroundKind)
    care_level = models.CharField(max_length=12, choices=CareLevel, blank=True)
    stretchers = models.PositiveSmallIntegerField(default=0)
    seats = models.PositiveSmallIntegerField(default=0)
    services = ArrayField(
        models.CharField(max_length=20, choices=GroundService), default=list, blank=True
    )

    class Meta(AirportProvider.Meta):
        abstract = False
        constraints = [
            *AirportProvider.Meta.constraints,
            one_of("ground_kind_is_known", "kind", GroundKind),
            some_of("ground_services_are_known", "services", GroundService),
            models.CheckConstraint(
                name="only_ambulances_give_care",
                condition=Q(care_level="") | Q(kind="ambulance", care_level__in=CareLevel.values),
            ),
        ]


class FeeQuerySet(DeskQuerySet):
    def on(self, day: object) -> Self:
        """Fees in force on a day; the last day is the one before `valid_until`."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)


class ProviderFee(BaseModel):
    """
    A price of a provider for a kind of service and a range of take-off mass, over a period.

    A new price ends the one before on the day it begins: what was charged can always be explained.
    """

    kind = models.CharField(max_length=16, choices=FeeKind)
    unit = models.CharField(max_length=8, choices=FeeUnit)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")
    mtow_from_kg = models.PositiveIntegerField(default=0)
    mtow_until_kg = models.PositiveIntegerField(
        null=True, blank=True, help_text="The first mass that is not in the range."
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The first day without.")
    note = models.CharField(max_length=200, blank=True)

    objects = FeeQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            one_of("%(class)s_kind_is_known", "kind", FeeKind),
            one_of("%(class)s_unit_is_known", "unit", FeeUnit),
            models.CheckConstraint(
                name="%(class)s_is_an_amount",
                condition=Q(amount__gte=0, currency__in=sorted(EXPONENTS)),
            ),
            models.CheckConstraint(
                name="%(class)s_dates_in_order",
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="%(class)s_masses_in_order",
                condition=Q(mtow_from_kg__lte=MOST_MTOW_KG)
                & (
                    Q(mtow_until_kg=None)
                    | Q(mtow_until_kg__gt=F("mtow_from_kg"), mtow_until_kg__lte=MOST_MTOW_KG)
                ),
            ),
            ExclusionConstraint(
                name="%(class)s_one_at_a_time",
                expressions=[
                    ("provider", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (NumberRange("mtow_from_kg", "mtow_until_kg"), RangeOperators.OVERLAPS),
                    (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.get_unit_display()}"


@tracked
class FBOFee(ProviderFee):
    """A price of an FBO."""

    provider = models.ForeignKey(FBO, models.CASCADE, related_name="fees")

    class Meta(ProviderFee.Meta):
        abstract = False
        verbose_name = "FBO fee"


@tracked
class GroundFee(ProviderFee):
    """A price of a ground provider."""

    provider = models.ForeignKey(GroundProvider, models.CASCADE, related_name="fees")

    class Meta(ProviderFee.Meta):
        abstract = False
