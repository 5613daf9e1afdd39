from typing import ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import Q

from aircraft.models import Aircraft
from airports.models import Airport
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel, Verdict
from contacts.models import Contact
from finance.models import Rate, RateCard, TaxRule
from operations.models.constraints import currency
from operations.models.requirement import MedicalRequirement
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class TripKind(models.TextChoices):
    AIR_AMBULANCE = "air_ambulance", "Air ambulance"
    CHARTER = "charter"
    ORGAN = "organ", "Organ or team transport"
    FERRY = "ferry", "Ferry or training"


class QuoteStatus(models.TextChoices):
    REQUESTED = "requested"
    PRICED = "priced"
    SENT = "sent"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    BOOKED = "booked"


_OFFERED = {QuoteStatus.SENT, QuoteStatus.VIEWED}
_ENDS = {QuoteStatus.DECLINED, QuoteStatus.SUPERSEDED, QuoteStatus.WITHDRAWN}


class QuoteQuerySet(TripDeskQuerySet):
    def offered(self) -> Self:
        return self.filter(status__in=sorted(_OFFERED))


@tracked
class Quote(BaseModel):
    """
    What a customer asked for and what was offered: from the first call to the booking.

    A changed offer is a new version. `accepted_version` is the one the customer accepted.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        QuoteStatus.REQUESTED: {QuoteStatus.PRICED, *_ENDS},
        QuoteStatus.PRICED: {QuoteStatus.SENT, *_ENDS},
        QuoteStatus.SENT: {
            QuoteStatus.VIEWED,
            QuoteStatus.ACCEPTED,
            QuoteStatus.EXPIRED,
            QuoteStatus.PRICED,
            *_ENDS,
        },
        QuoteStatus.VIEWED: {
            QuoteStatus.ACCEPTED,
            QuoteStatus.EXPIRED,
            QuoteStatus.PRICED,
            *_ENDS,
        },
        QuoteStatus.ACCEPTED: {QuoteStatus.BOOKED, QuoteStatus.WITHDRAWN},
        QuoteStatus.EXPIRED: {QuoteStatus.PRICED},
        QuoteStatus.DECLINED: {QuoteStatus.PRICED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=TripKind, default=TripKind.AIR_AMBULANCE)
    customer = models.ForeignKey(Contact, models.PROTECT, related_name="quotes")
    requester_name = models.CharField(max_length=200, blank=True)
    requester_email = models.EmailField(blank=True)
    requester_phone = models.CharField(max_length=32, blank=True)
    requested_at = models.DateTimeField()
    request_changed_at = models.DateTimeField(
        null=True, editable=False, help_text="Offers priced before do not answer this request."
    )
    title = models.CharField(max_length=200, help_text="Never the patient's name.")
    notes = models.TextField(max_length=10_000, blank=True)
    requirement = models.OneToOneField(
        MedicalRequirement, models.PROTECT, null=True, blank=True, related_name="quote"
    )
    is_hospital_based = models.BooleanField(
        default=False,
        help_text="To be flown by a helicopter crew assigned to a hospital (14 CFR 135.271).",
    )
    currency = models.CharField(max_length=3, default="AUD")
    accepted_version = models.ForeignKey(
        "QuoteVersion", models.PROTECT, null=True, related_name="+", editable=False
    )
    status = models.CharField(max_length=12, choices=QuoteStatus, default=QuoteStatus.REQUESTED)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        permissions = [
            ("price_quote", "Can price a quote"),
            ("override_line_quote", "Can put another amount for a computed line"),
            ("send_quote", "Can send a quote"),
            ("accept_quote", "Can record a customer's answer"),
            ("withdraw_quote", "Can withdraw a quote"),
            ("book_quote", "Can book an accepted quote"),
        ]
        constraints = [
            one_of("quote_kind_is_known", "kind", TripKind),
            one_of("quote_status_is_known", "status", QuoteStatus),
            currency("quote_currency_is_known"),
            models.CheckConstraint(
                name="accepted_quote_names_its_version",
                condition=~Q(status__in=["accepted", "booked"]) | Q(accepted_version__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["status", "requested_at"], name="quote_status_requested")]

    def __str__(self) -> str:
        return self.number


@tracked
class RequestedLeg(BaseModel):
    """One journey the customer asked for: from where, to where, when, with whom."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="requested_legs")
    sequence = models.PositiveSmallIntegerField()
    origin = models.ForeignKey(Airport, models.PROTECT, related_name="+")
    destination = models.ForeignKey(Airport, models.PROTECT, related_name="+")
    earliest_departure_at = models.DateTimeField()
    latest_arrival_at = models.DateTimeField(null=True, blank=True)
    has_patient = models.BooleanField(default=False)
    passengers = models.PositiveSmallIntegerField(default=0, help_text="Without the patient.")
    baggage_kg = models.PositiveIntegerField(default=0)
    pickup = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", help_text="Hospital."
    )
    dropoff = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", help_text="Hospital."
    )

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["quote", "sequence"], name="one_requested_leg_per_place"
            ),
            models.CheckConstraint(
                name="requested_leg_arrives_after_departure",
                condition=Q(latest_arrival_at=None)
                | Q(latest_arrival_at__gt=models.F("earliest_departure_at")),
            ),
            models.CheckConstraint(
                name="requested_leg_goes_somewhere",
                condition=~Q(origin=models.F("destination")),
            ),
            within("requested_passengers_are_real", "passengers", 0, 900),
        ]

    def __str__(self) -> str:
        return f"{self.quote} leg {self.sequence}"


class QuoteVersionQuerySet(TripDeskQuerySet):
    def sent(self) -> Self:
        return self.exclude(sent_at=None)


@tracked
class QuoteVersion(BaseModel):
    """
    One offer: an aircraft, an itinerary and a price. From the moment it is sent it never changes.

    `itinerary` is the plan the price was made from (operations.itinerary.Itinerary as JSON),
    `price_inputs` the facts and the rows it was made with, so that it can be made again,
    `proposed_crew` who it was judged with. `content_hash` covers plan, lines, totals and terms.
    `unserved` is what the plan leaves open of the request, for which it is sent with a reason only.
    """

    quote = models.ForeignKey(Quote, models.PROTECT, related_name="versions")
    sequence = models.PositiveSmallIntegerField()
    aircraft = models.ForeignKey(Aircraft, models.PROTECT, related_name="+")
    itinerary = models.JSONField()
    price_inputs = models.JSONField(default=dict)
    proposed_crew = models.JSONField(default=list)
    rate_card = models.ForeignKey(RateCard, models.PROTECT, related_name="+")
    priced_on = models.DateField(help_text="The day whose rates apply.")
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    tax_total = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    tax_evidence = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    unserved = models.JSONField(
        default=list, blank=True, help_text="What the plan leaves open of the request."
    )
    unserved_reason = models.CharField(max_length=500, blank=True, editable=False)
    acknowledged_declines = models.JSONField(default=list)
    verdict = models.ForeignKey(Verdict, models.PROTECT, null=True, related_name="+")
    priced_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    priced_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    terms = models.TextField(max_length=10_000, blank=True)
    content_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField(null=True, editable=False)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    sent_to = models.EmailField(blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False)
    link_salt = models.CharField(max_length=32, blank=True, editable=False)
    viewed_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.CharField(max_length=200, blank=True, editable=False)
    answered_from = models.GenericIPAddressField(null=True, editable=False)
    answer_note = models.CharField(max_length=2000, blank=True, editable=False)

    objects = QuoteVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "sequence"], name="one_version_per_place"),
            models.UniqueConstraint(
                fields=["link_digest"], condition=~Q(link_digest=""), name="one_version_per_link"
            ),
            models.CheckConstraint(
                name="version_adds_up",
                condition=Q(total=models.F("subtotal") + models.F("tax_total")),
            ),
            models.CheckConstraint(
                name="version_is_valid_for_a_time",
                condition=Q(valid_until__gt=models.F("priced_at")),
            ),
            currency("version_currency_is_known"),
            models.CheckConstraint(
                name="sent_version_serves_the_request",
                condition=Q(sent_at=None) | Q(unserved=[]) | ~Q(unserved_reason=""),
            ),
            models.CheckConstraint(
                name="sent_version_names_its_link",
                condition=Q(sent_at=None, link_digest="")
                | (Q(sent_at__isnull=False, sent_by__isnull=False) & ~Q(link_digest="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote} v{self.sequence}"


class LineKind(models.TextChoices):
    LIVE_FLIGHT = "live_flight", "Flight with patient or passengers"
    POSITIONING = "positioning"
    FUEL = "fuel"
    LANDING = "landing"
    HANDLING = "handling"
    OVERNIGHT = "overnight"
    CREW = "crew"
    MEDICAL = "medical"
    OXYGEN = "oxygen"
    GROUND = "ground"
    PERMIT = "permit"
    WAITING = "waiting"
    OTHER = "other"
    TAX = "tax"


@tracked
class QuoteLine(BaseModel):
    """
    One line of an offer: what, by which formula, from which figures and which dated row.

    `computed` is always what the formula gave; `amount` is what is charged, another one only with
    a reason and a name.
    """

    quote_version = models.ForeignKey(QuoteVersion, models.CASCADE, related_name="lines")
    sequence = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=LineKind)
    code = models.CharField(max_length=20, blank=True, help_text="Kind of price, or tax.")
    description = models.CharField(max_length=200)
    leg = models.PositiveSmallIntegerField(null=True, help_text="Leg of the itinerary, from 1.")
    formula = models.CharField(max_length=200)
    inputs = models.JSONField()
    rate = models.ForeignKey(Rate, models.PROTECT, null=True, related_name="+")
    tax_rule = models.ForeignKey(TaxRule, models.PROTECT, null=True, related_name="+")
    effective_from = models.DateField(null=True, help_text="Of the rate or tax row.")
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20)
    unit_price = models.DecimalField(max_digits=12, decimal_places=4)
    computed = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    is_taxable = models.BooleanField(default=False)
    override_reason = models.CharField(max_length=500, blank=True)
    overridden_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    overridden_at = models.DateTimeField(null=True)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["quote_version", "sequence"], name="one_line_per_place"
            ),
            one_of("line_kind_is_known", "kind", LineKind),
            models.CheckConstraint(
                name="other_amount_says_why",
                condition=Q(amount=models.F("computed"))
                | (
                    ~Q(override_reason="")
                    & Q(overridden_by__isnull=False, overridden_at__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.description


class DeclineReason(models.TextChoices):
    WEATHER = "weather"
    NO_AIRCRAFT = "no_aircraft", "No suitable aircraft"
    NO_CREW = "no_crew", "No legal crew"
    MEDICAL = "medical", "Beyond our care or not fit to fly"
    PRICE = "price"
    TIME = "time", "Too late or too slow"
    OTHER_OPERATOR = "other_operator", "Another operator was chosen"
    OUT_OF_AREA = "out_of_area"
    OTHER = "other"


class DeclineBy(models.TextChoices):
    US = "us", "Declined by us"
    CUSTOMER = "customer", "Declined by the customer"
    OTHER_OPERATOR = "other_operator", "Declined by another operator"


@tracked
class Decline(BaseModel):
    """
    A request that was not flown and why (14 CFR 135.617 asks for earlier refusals by others).

    The place is where the patient or passengers were to be picked up.
    """

    quote = models.ForeignKey(Quote, models.PROTECT, related_name="declines", null=True)
    patient = models.ForeignKey(
        "Patient", models.PROTECT, related_name="declines", null=True, blank=True
    )
    by = models.CharField(max_length=16, choices=DeclineBy)
    operator_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=16, choices=DeclineReason)
    remarks = models.CharField(max_length=2000, blank=True)
    point = models.PointField(geography=True)
    declined_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("decline_by_is_known", "by", DeclineBy),
            one_of("decline_reason_is_known", "reason", DeclineReason),
        ]
        indexes = [models.Index(fields=["declined_at"], name="decline_at")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} at {self.declined_at:%Y-%m-%d %H:%MZ}"
