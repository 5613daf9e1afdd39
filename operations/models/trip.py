from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Deferrable, F, Q

from aircraft.models import Aircraft
from airports.models import Airport, Runway
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from contacts.models import Contact, GroundProvider
from operations.models.constraints import after
from operations.models.quote import Quote, QuoteVersion, TripKind
from operations.models.requirement import MedicalRequirement
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class TripStatus(models.TextChoices):
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    PLANNING = "planning"
    RELEASED = "released"
    ACTIVE = "active"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


class LegStatus(models.TextChoices):
    SCHEDULED = "scheduled"
    RELEASED = "released"
    OUT = "out", "Off blocks"
    OFF = "off", "Airborne"
    ON = "on", "Landed"
    IN = "in", "On blocks"
    DIVERTED = "diverted"
    CANCELLED = "cancelled"


UNDER_WAY = (LegStatus.OUT, LegStatus.OFF, LegStatus.DIVERTED, LegStatus.ON)


class LegKind(models.TextChoices):
    POSITIONING = "positioning"
    LIVE = "live", "With patient or passengers"


BEFORE_FLIGHT = (
    TripStatus.TENTATIVE,
    TripStatus.CONFIRMED,
    TripStatus.PLANNING,
    TripStatus.RELEASED,
)


class TripQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        """Trips that hold an aircraft: not called off and not over."""
        return self.filter(status__in=(*BEFORE_FLIGHT, TripStatus.ACTIVE))


@tracked
class Trip(BaseModel):
    """
    One journey of one aircraft for one customer, from leaving its base until it is back.

    `start_at` and `end_at` hold the aircraft in the ledger; they follow the legs. `plan_hash`
    covers all that a release binds. A tentative trip holds its aircraft until `hold_expires_at`.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        TripStatus.TENTATIVE: {TripStatus.CONFIRMED, TripStatus.CANCELLED},
        # A flight that had left without a release is written down all the same.
        TripStatus.CONFIRMED: {TripStatus.PLANNING, TripStatus.ACTIVE, TripStatus.CANCELLED},
        TripStatus.PLANNING: {TripStatus.RELEASED, TripStatus.ACTIVE, TripStatus.CANCELLED},
        TripStatus.RELEASED: {TripStatus.PLANNING, TripStatus.ACTIVE, TripStatus.CANCELLED},
        TripStatus.ACTIVE: {TripStatus.COMPLETED, TripStatus.ABORTED},
        TripStatus.COMPLETED: {TripStatus.CLOSED},
        TripStatus.ABORTED: {TripStatus.CLOSED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=TripKind, default=TripKind.AIR_AMBULANCE)
    quote = models.OneToOneField(Quote, models.PROTECT, null=True, blank=True, related_name="trip")
    quote_version = models.ForeignKey(
        QuoteVersion, models.PROTECT, null=True, blank=True, related_name="trips"
    )
    customer = models.ForeignKey(Contact, models.PROTECT, related_name="trips")
    title = models.CharField(max_length=200, help_text="Never the patient's name.")
    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="trips")
    requirement = models.ForeignKey(
        MedicalRequirement, models.PROTECT, null=True, blank=True, related_name="trips"
    )
    is_hospital_based = models.BooleanField(
        default=False,
        help_text="Flown by a helicopter crew assigned to a hospital (14 CFR 135.271).",
    )
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    coordinator = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    control_specialist = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Operations control specialist who watches the next flight (14 CFR 135.619).",
    )
    notes = models.TextField(max_length=10_000, blank=True)
    plan_hash = models.CharField(max_length=64, blank=True, editable=False)
    hold_expires_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    status = models.CharField(max_length=12, choices=TripStatus, default=TripStatus.TENTATIVE)

    objects = TripQuerySet.as_manager()

    class Meta:
        permissions = [
            ("confirm_trip", "Can confirm a trip held for a customer"),
            ("plan_trip", "Can plan a trip: crew, times, services"),
            ("release_trip", "Can release a trip for flight"),
            ("move_trip", "Can record movements: out, off, on, in, bedside"),
            (
                "state_departure_trip",
                "Can record that a flight had left, whatever stood in its way",
            ),
            ("delay_trip", "Can delay a trip"),
            ("divert_trip", "Can divert a leg"),
            ("cancel_trip", "Can cancel a trip"),
            ("abort_trip", "Can abort a trip under way"),
            ("close_trip", "Can close a trip and book its hours"),
        ]
        constraints = [
            one_of("trip_kind_is_known", "kind", TripKind),
            one_of("trip_status_is_known", "status", TripStatus),
            models.CheckConstraint(name="trip_takes_time", condition=Q(end_at__gt=F("start_at"))),
            models.CheckConstraint(
                name="trip_version_belongs_to_a_quote",
                condition=Q(quote_version=None) | Q(quote__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "start_at"], name="trip_status_start"),
            models.Index(fields=["aircraft", "start_at"], name="trip_aircraft_start"),
        ]

    def __str__(self) -> str:
        return self.number


class TripLegQuerySet(TripDeskQuerySet):
    def flying(self) -> Self:
        """Legs that count: not cancelled."""
        return self.exclude(status=LegStatus.CANCELLED)


@tracked
class TripLeg(BaseModel):
    """
    One flight of a trip, from blocks to blocks.

    `planned_*` is what was agreed, `estimated_*` what is expected now, `actual_*` what happened.
    `held_until_at` is the earliest departure that somebody decided on when delaying the leg. A
    minimum is what the approach at the destination needs. Distances in NM, fuel in kg.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        LegStatus.SCHEDULED: {LegStatus.RELEASED, LegStatus.OUT, LegStatus.CANCELLED},
        LegStatus.RELEASED: {LegStatus.OUT, LegStatus.SCHEDULED, LegStatus.CANCELLED},
        LegStatus.OUT: {LegStatus.OFF, LegStatus.RELEASED},
        LegStatus.OFF: {LegStatus.ON, LegStatus.DIVERTED},
        LegStatus.DIVERTED: {LegStatus.ON},
        LegStatus.ON: {LegStatus.IN},
    }

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="legs")
    sequence = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=LegKind)
    origin = models.ForeignKey(Airport, models.PROTECT, related_name="+")
    destination = models.ForeignKey(Airport, models.PROTECT, related_name="+")
    alternate = models.ForeignKey(Airport, models.PROTECT, null=True, blank=True, related_name="+")
    is_technical_stop = models.BooleanField(
        default=False, help_text="Lands only for fuel: patient and passengers stay."
    )
    has_patient = models.BooleanField(default=False)
    is_acute_care = models.BooleanField(default=False)
    passengers = models.PositiveSmallIntegerField(default=0, help_text="Without the patient.")
    is_ifr = models.BooleanField(default=True)
    distance_nm = models.DecimalField(max_digits=8, decimal_places=2)
    wind_kt = models.SmallIntegerField(default=0, help_text="Positive from behind.")
    block_min = models.PositiveIntegerField()
    flight_min = models.PositiveIntegerField()
    fuel_kg = models.PositiveIntegerField(default=0)
    payload_kg = models.PositiveIntegerField(default=0)
    planned_out_at = models.DateTimeField()
    planned_off_at = models.DateTimeField()
    planned_on_at = models.DateTimeField()
    planned_in_at = models.DateTimeField()
    estimated_out_at = models.DateTimeField()
    estimated_in_at = models.DateTimeField()
    held_until_at = models.DateTimeField(null=True, blank=True, editable=False)
    latest_arrival_at = models.DateTimeField(
        null=True, blank=True, help_text="What the customer asked for."
    )
    actual_out_at = models.DateTimeField(null=True, blank=True)
    actual_off_at = models.DateTimeField(null=True, blank=True)
    actual_on_at = models.DateTimeField(null=True, blank=True)
    actual_in_at = models.DateTimeField(null=True, blank=True)
    diverted_to = models.ForeignKey(
        Airport, models.PROTECT, null=True, blank=True, related_name="+"
    )
    runway = models.ForeignKey(Runway, models.SET_NULL, null=True, blank=True, related_name="+")
    min_ceiling_ft = models.PositiveIntegerField(null=True, blank=True)
    min_visibility_m = models.PositiveIntegerField(null=True, blank=True)
    circling_ceiling_ft = models.PositiveIntegerField(
        null=True, blank=True, help_text="Lowest circling minimum; blank: no circling published."
    )
    alternate_ceiling_ft = models.PositiveIntegerField(
        null=True, blank=True, help_text="Approach minimum at the alternate, before OpSpec C055."
    )
    alternate_visibility_m = models.PositiveIntegerField(null=True, blank=True)
    alternate_navaids = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Approaches on separate aids or runways there: 1 or 2."
    )
    takeoff_alternate = models.ForeignKey(
        Airport, models.PROTECT, null=True, blank=True, related_name="+"
    )
    landing_distance_m = models.PositiveIntegerField(null=True, blank=True)
    fuel_on_board_kg = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=LegStatus, default=LegStatus.SCHEDULED)

    objects = TripLegQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["trip", "sequence"],
                name="one_leg_per_place",
                deferrable=Deferrable.IMMEDIATE,
            ),
            one_of("leg_kind_is_known", "kind", LegKind),
            one_of("leg_status_is_known", "status", LegStatus),
            models.CheckConstraint(
                name="leg_plan_in_order",
                condition=Q(planned_off_at__gte=F("planned_out_at"))
                & Q(planned_on_at__gt=F("planned_off_at"))
                & Q(planned_in_at__gte=F("planned_on_at")),
            ),
            models.CheckConstraint(
                name="leg_estimate_in_order",
                condition=Q(estimated_in_at__gt=F("estimated_out_at")),
            ),
            models.CheckConstraint(
                name="leg_movements_in_order",
                condition=(
                    Q(actual_off_at=None)
                    | Q(actual_out_at__isnull=False, actual_off_at__gte=F("actual_out_at"))
                )
                & (
                    Q(actual_on_at=None)
                    | Q(actual_off_at__isnull=False, actual_on_at__gt=F("actual_off_at"))
                )
                & (
                    Q(actual_in_at=None)
                    | Q(actual_on_at__isnull=False, actual_in_at__gte=F("actual_on_at"))
                ),
            ),
            models.CheckConstraint(
                name="diverted_leg_says_where",
                condition=~Q(status="diverted") | Q(diverted_to__isnull=False),
            ),
            models.CheckConstraint(
                name="only_live_legs_carry", condition=Q(kind="live") | Q(has_patient=False)
            ),
            within("leg_distance_is_real", "distance_nm", 0, 10_900),
            within("leg_block_is_real", "block_min", 1, 2880),
            within("leg_navaids_are_real", "alternate_navaids", 0, 2),
        ]
        indexes = [models.Index(fields=["planned_out_at"], name="leg_planned_out")]

    def __str__(self) -> str:
        return f"{self.trip} leg {self.sequence}"


@tracked
class GroundLeg(BaseModel):
    """
    A journey by road before or after a flight: the ambulance between bed and aircraft.

    `bedside_at` is when the team reached the patient; for a delivery, when care was handed over.
    Without an estimate it is expected as planned.
    """

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="ground_legs")
    leg = models.ForeignKey(TripLeg, models.PROTECT, related_name="ground_legs")
    is_pickup = models.BooleanField(help_text="Before the flight; no after it.")
    place = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", help_text="Hospital."
    )
    place_name = models.CharField(max_length=200, blank=True)
    provider = models.ForeignKey(
        GroundProvider, models.PROTECT, null=True, blank=True, related_name="+"
    )
    distance_km = models.DecimalField(max_digits=7, decimal_places=1)
    planned_start_at = models.DateTimeField()
    planned_end_at = models.DateTimeField()
    estimated_start_at = models.DateTimeField(null=True, blank=True, editable=False)
    estimated_end_at = models.DateTimeField(null=True, blank=True, editable=False)
    bedside_at = models.DateTimeField(null=True, blank=True)
    departed_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            after("ground_leg_takes_time", "planned_start_at", "planned_end_at"),
            after("ground_leg_estimate_takes_time", "estimated_start_at", "estimated_end_at"),
            after("ground_leg_arrives_after_departure", "departed_at", "arrived_at"),
            models.UniqueConstraint(fields=["leg", "is_pickup"], name="one_ground_leg_per_end"),
        ]

    def __str__(self) -> str:
        return f"ground {'to' if self.is_pickup else 'from'} {self.leg}"

    @property
    def expected_start_at(self) -> datetime:
        """When it is expected to begin, or began."""
        return self.departed_at or self.estimated_start_at or self.planned_start_at

    @property
    def expected_end_at(self) -> datetime:
        """When it is expected to end, or ended."""
        return self.arrived_at or self.estimated_end_at or self.planned_end_at


class DelayCode(models.TextChoices):
    """Why a leg was late: groups of the delay codes airlines exchange (IATA AHM 730)."""

    PATIENT = "patient", "Patient or hospital"
    PASSENGER = "passenger", "Passengers or baggage"
    GROUND = "ground", "Ground transport"
    HANDLING = "handling", "Handling or fueling"
    TECHNICAL = "technical", "Aircraft"
    CREW = "crew"
    MEDICAL_TEAM = "medical_team"
    WEATHER = "weather"
    AIR_TRAFFIC = "air_traffic", "Air traffic control"
    AIRPORT = "airport", "Airport or authorities"
    PERMIT = "permit"
    REACTIONARY = "reactionary", "Late arrival of the aircraft"
    CUSTOMER = "customer", "Customer's wish"
    OTHER = "other"


@tracked
class LegDelay(BaseModel):
    """One cause of a delay of one leg, in minutes."""

    leg = models.ForeignKey(TripLeg, models.PROTECT, related_name="delays")
    code = models.CharField(max_length=12, choices=DelayCode)
    minutes = models.PositiveIntegerField()
    remarks = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            one_of("delay_code_is_known", "code", DelayCode),
            within("delay_is_real", "minutes", 1, 10_080),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min {self.code}"
