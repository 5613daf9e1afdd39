from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from aircraft.models import Aircraft
from airports.models import Airport
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from finance.models import RateCard
from finance.serializers.fields import MoneySerializer
from operations.itinerary import PlannedLeg
from operations.models import CrewRole, DeclineReason, QuoteLine, QuoteVersion
from operations.pricing.facts import AmbulanceEvidence
from operations.queries.offers import state_of
from operations.serializers.planning import WindAloftSerializer
from users.models import User

MOST_HOURS = 24 * 60
MOST_DECLINES = 5000
HASH = r"^[0-9a-f]{64}$"
OPTIONAL_TEXT: dict[str, Any] = {"required": False, "allow_blank": True}
VERSION_FIELDS = [
    "id",
    "quote",
    "sequence",
    "aircraft",
    "rate_card",
    "priced_on",
    "priced_at",
    "valid_until",
    "subtotal",
    "tax_total",
    "total",
    "content_hash",
    "lines",
    "itinerary",
    "proposed_crew",
    "tax_evidence",
    "findings",
    "unserved",
    "unserved_reason",
    "verdict",
    "terms",
    "acknowledged_declines",
    "sent_at",
    "sent_to",
    "viewed_at",
    "answered_at",
    "answered_by",
    "answer_note",
    "version",
]


class QuoteLineSerializer(serializers.ModelSerializer):
    """One line with the formula, its figures and the dated row that the price comes from."""

    rate = serializers.IntegerField(source="rate_id", allow_null=True)
    tax_rule = serializers.IntegerField(source="tax_rule_id", allow_null=True)
    computed = MoneySerializer(read=lambda x: (x.computed, x.quote_version.currency))
    amount = MoneySerializer(read=lambda x: (x.amount, x.quote_version.currency))
    overridden_by = serializers.CharField(
        source="overridden_by.email", allow_null=True, default=None
    )

    class Meta:
        model = QuoteLine
        fields = [
            "sequence",
            "kind",
            "code",
            "description",
            "leg",
            "formula",
            "inputs",
            "rate",
            "tax_rule",
            "effective_from",
            "quantity",
            "unit",
            "unit_price",
            "computed",
            "amount",
            "is_taxable",
            "override_reason",
            "overridden_by",
            "overridden_at",
        ]
        read_only_fields = fields


class QuoteVersionSerializer(serializers.ModelSerializer):
    """One offer with its plan, its lines, and what was decided about taxes."""

    quote = serializers.CharField(source="quote.number")
    aircraft = serializers.CharField(source="aircraft.tail_number")
    rate_card = serializers.CharField(source="rate_card.code")
    sent_to = serializers.CharField()
    subtotal = MoneySerializer(read=lambda v: (v.subtotal, v.currency))
    tax_total = MoneySerializer(read=lambda v: (v.tax_total, v.currency))
    total = MoneySerializer(read=lambda v: (v.total, v.currency))
    lines = QuoteLineSerializer(many=True)
    verdict = serializers.IntegerField(source="verdict_id", allow_null=True)

    class Meta:
        model = QuoteVersion
        fields = VERSION_FIELDS
        read_only_fields = fields


class SentOfferSerializer(QuoteVersionSerializer):
    """An offer that was sent, with the link that opens it."""

    link = serializers.CharField(help_text="Kept nowhere; shown here alone.")

    class Meta(QuoteVersionSerializer.Meta):
        fields = [*VERSION_FIELDS, "link"]
        read_only_fields = fields


class AmbulanceEvidenceSerializer(CommandSerializer):
    """What is on record about a leg flown as an air ambulance; leave out what nobody has said."""

    leg = serializers.IntegerField(min_value=1, max_value=40)
    is_equipped = serializers.BooleanField(required=False, allow_null=True)
    is_exclusive = serializers.BooleanField(required=False, allow_null=True)
    reference = serializers.CharField(max_length=200, help_text="Where it is written down.")

    def validate(self, attrs: dict[str, Any]) -> Any:
        return AmbulanceEvidence(**attrs)


class ProposedCrewSerializer(CommandSerializer):
    """Who is to fly, in which role, on which legs; on all of them when none is named."""

    person = VisibleSlugField("id", queryset=User.objects.all())
    role = serializers.ChoiceField(CrewRole.choices)
    legs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=40), required=False, max_length=40
    )

    def validate(self, attrs: dict[str, Any]) -> Any:
        proposed = {"person": attrs["person"].pk, "role": attrs["role"]}
        return {**proposed, "legs": attrs["legs"]} if attrs.get("legs") else proposed


class QuoteOptionsSerializer(CommandSerializer):
    """Whose prices apply, and what the plan assumes."""

    rate_card = VisibleSlugField("code", queryset=RateCard.objects.all())
    wind = WindAloftSerializer(required=False, allow_null=True)
    team_rides = serializers.BooleanField(
        default=False, help_text="The aircraft's team goes to the bedside and back."
    )


class PriceQuoteSerializer(QuoteOptionsSerializer):
    """
    The aircraft, the prices to apply, and facts that taxes turn on.

    The request is planned afresh with the aircraft, unless a plan made by hand is given.
    """

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    itinerary = serializers.JSONField(required=False, allow_null=True)
    rate_card = VisibleSlugField("code", queryset=RateCard.objects.all())
    valid_hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS, required=False)
    terms = serializers.CharField(max_length=10_000, **OPTIONAL_TEXT)
    evidence = AmbulanceEvidenceSerializer(many=True, required=False, max_length=40)
    rural_airports = serializers.ListField(
        child=VisibleSlugField("ident", queryset=Airport.objects.all()),
        required=False,
        max_length=20,
    )
    is_cargo = serializers.BooleanField(required=False)
    is_established_line = serializers.BooleanField(required=False)
    permits = serializers.IntegerField(min_value=0, max_value=40, required=False, allow_null=True)
    proposed_crew = ProposedCrewSerializer(many=True, required=False, max_length=40)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("itinerary") is None:
            return attrs
        if attrs.get("wind") is not None or attrs.get("team_rides"):
            field = "wind" if attrs.get("wind") is not None else "team_rides"
            text = "The plan made by hand names its own, in winds and team_rides."
            raise serializers.ValidationError({field: text})
        return attrs

    def validate_valid_hours(self, value: int) -> timedelta:
        return timedelta(hours=value)


class OverrideLineSerializer(CommandSerializer):
    """The line, the amount to charge for it, and why."""

    sequence = serializers.IntegerField(min_value=1, max_value=10_000)
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), max_value=Decimal("9999999999.99")
    )
    reason = serializers.CharField(max_length=500)


class AcknowledgedDeclinesField(serializers.ListField):
    """Refusals that were looked at: as many as six hours can bring, in one go."""

    child = serializers.IntegerField(min_value=1, max_value=2**62)

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"required": False, "max_length": MOST_DECLINES, **more})


class SendQuoteSerializer(CommandSerializer):
    """Which version goes out, to whom, and the earlier refusals that were looked at."""

    sequence = serializers.IntegerField(min_value=1, max_value=10_000)
    to = serializers.EmailField(required=False)
    acknowledged_declines = AcknowledgedDeclinesField()
    unserved_reason = serializers.CharField(
        max_length=500,
        required=False,
        help_text="Why it is sent though it does not fly what was asked for.",
    )


class AcceptOfferSerializer(CommandSerializer):
    """The hash of what was read, and who accepts it."""

    content_hash = serializers.RegexField(HASH)
    name = serializers.CharField(max_length=200)
    note = serializers.CharField(max_length=2000, **OPTIONAL_TEXT)


class RecordAcceptanceSerializer(AcceptOfferSerializer):
    """A customer's yes, heard by the desk."""

    sequence = serializers.IntegerField(min_value=1, max_value=10_000)
    acknowledged_declines = AcknowledgedDeclinesField()


class DeclineOfferSerializer(CommandSerializer):
    """A customer's no."""

    reason = serializers.ChoiceField(DeclineReason.choices, required=False)
    name = serializers.CharField(max_length=200, **OPTIONAL_TEXT)
    note = serializers.CharField(max_length=2000, **OPTIONAL_TEXT)


class OfferLegSerializer(serializers.Serializer):
    """One flight as the customer sees it, with local times."""

    origin = serializers.CharField(source="origin.ident")
    origin_name = serializers.CharField(source="origin.name")
    destination = serializers.CharField(source="destination.ident")
    destination_name = serializers.CharField(source="destination.name")
    departs_at = serializers.DateTimeField(source="out_at")
    departs_local = serializers.SerializerMethodField()
    arrives_at = serializers.DateTimeField(source="in_at")
    arrives_local = serializers.SerializerMethodField()
    is_positioning = serializers.SerializerMethodField()
    is_technical_stop = serializers.BooleanField()

    def get_departs_local(self, leg: PlannedLeg) -> str:
        return _local(leg.out_at, leg.origin.timezone)

    def get_arrives_local(self, leg: PlannedLeg) -> str:
        return _local(leg.in_at, leg.destination.timezone)

    def get_is_positioning(self, leg: PlannedLeg) -> bool:
        return leg.kind == "positioning"


class OfferLineSerializer(serializers.Serializer):
    """One line as the customer sees it."""

    description = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=12, decimal_places=4)
    unit = serializers.CharField()
    amount = MoneySerializer(read=lambda x: (x.amount, x.quote_version.currency))
    is_tax = serializers.SerializerMethodField()

    def get_is_tax(self, line: QuoteLine) -> bool:
        return line.kind == "tax"


class OfferDepositSerializer(serializers.Serializer):
    """The deposit of an accepted offer, and the page where it is paid."""

    invoice = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    owed = MoneySerializer()
    address = serializers.CharField()


class OfferSerializer(serializers.Serializer):
    """An offer as its link shows it: what is flown, what it costs, and whether it still stands."""

    number = serializers.CharField(source="quote.number")
    sequence = serializers.IntegerField()
    state = serializers.SerializerMethodField(
        help_text="open, accepted, declined, expired or withdrawn."
    )
    title = serializers.CharField(source="quote.title")
    aircraft_type = serializers.CharField(source="aircraft.aircraft_type.name")
    legs = OfferLegSerializer(many=True, source="itinerary_legs")
    lines = OfferLineSerializer(many=True)
    subtotal = MoneySerializer(read=lambda v: (v.subtotal, v.currency))
    tax_total = MoneySerializer(read=lambda v: (v.tax_total, v.currency))
    total = MoneySerializer(read=lambda v: (v.total, v.currency))
    valid_until = serializers.DateTimeField()
    terms = serializers.CharField(allow_blank=True)
    content_hash = serializers.CharField()
    deposit = OfferDepositSerializer(allow_null=True)

    def get_state(self, version: QuoteVersion) -> str:
        return state_of(version, version.quote, at=self.context["now"])


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone or "UTC")).isoformat(timespec="minutes")
