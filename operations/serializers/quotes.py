from typing import Any

from rest_framework import serializers

from airports.models import Airport
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from contacts.models import Contact
from finance.serializers.fields import MoneySerializer
from operations.models import MedicalRequirement, Quote, RequestedLeg, TripKind
from operations.queries.offers import state_of
from operations.serializers.declines import EarlierDeclineSerializer
from operations.services.requests import WantedLeg

MOST_LEGS = 20
OPTIONAL_TEXT: dict[str, Any] = {"required": False, "allow_blank": True}


class RequestedLegSerializer(serializers.ModelSerializer):
    """One journey as the customer asked for it."""

    origin = serializers.CharField(source="origin.ident")
    destination = serializers.CharField(source="destination.ident")
    pickup = serializers.IntegerField(source="pickup_id", allow_null=True)
    dropoff = serializers.IntegerField(source="dropoff_id", allow_null=True)

    class Meta:
        model = RequestedLeg
        fields = [
            "sequence",
            "origin",
            "destination",
            "earliest_departure_at",
            "latest_arrival_at",
            "has_patient",
            "passengers",
            "baggage_kg",
            "pickup",
            "dropoff",
        ]
        read_only_fields = fields


class QuoteSerializer(serializers.ModelSerializer):
    """A request and how far its answer has come; `total` is the last version's."""

    customer = serializers.IntegerField(source="customer_id")
    customer_name = serializers.CharField(source="customer.name")
    version_count = serializers.IntegerField(help_text="How many offers were priced.")
    latest_sequence = serializers.IntegerField(allow_null=True)
    total = MoneySerializer(
        read=lambda q: (q.latest_total, q.latest_currency or q.currency), allow_null=True
    )

    class Meta:
        model = Quote
        fields = [
            "number",
            "kind",
            "status",
            "customer",
            "customer_name",
            "title",
            "requested_at",
            "currency",
            "version_count",
            "latest_sequence",
            "total",
            "version",
        ]
        read_only_fields = fields

    def to_representation(self, instance: Any) -> Any:
        shown = super().to_representation(instance)
        if "total" in shown and instance.latest_total is None:
            shown["total"] = None
        return shown


class OfferSummarySerializer(serializers.Serializer):
    """One version of an offer, in short."""

    id = serializers.IntegerField()
    sequence = serializers.IntegerField()
    aircraft = serializers.CharField(source="aircraft.tail_number")
    total = MoneySerializer(read=lambda v: (v.total, v.currency))
    state = serializers.SerializerMethodField(
        help_text="draft, open, accepted, declined, expired, superseded or withdrawn."
    )
    priced_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    viewed_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, version: Any) -> str:
        if version.sent_at is None:
            return "draft"
        return state_of(version, self.context["quote"], at=self.context["now"])


class QuoteDetailSerializer(QuoteSerializer):
    """A request with its legs, its offers, and refusals nearby that must be known."""

    requester_email = serializers.CharField()
    requested_legs = RequestedLegSerializer(many=True)
    requirement = serializers.IntegerField(source="requirement_id", allow_null=True)
    accepted_version = serializers.IntegerField(source="accepted_version_id", allow_null=True)
    earlier_declines = EarlierDeclineSerializer(many=True)

    class Meta(QuoteSerializer.Meta):
        fields = [
            *QuoteSerializer.Meta.fields,
            "requester_name",
            "requester_email",
            "requester_phone",
            "notes",
            "requirement",
            "is_hospital_based",
            "request_changed_at",
            "accepted_version",
            "requested_legs",
            "earlier_declines",
        ]
        read_only_fields = fields


class WantedLegSerializer(CommandSerializer):
    """One journey: from where, to where, when, with whom."""

    origin = VisibleSlugField("ident", queryset=Airport.objects.all())
    destination = VisibleSlugField("ident", queryset=Airport.objects.all())
    earliest_departure_at = serializers.DateTimeField()
    latest_arrival_at = serializers.DateTimeField(required=False, allow_null=True)
    has_patient = serializers.BooleanField(required=False)
    passengers = serializers.IntegerField(min_value=0, max_value=900, required=False)
    baggage_kg = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    pickup = VisibleSlugField("id", queryset=Contact.objects.all(), required=False, allow_null=True)
    dropoff = VisibleSlugField(
        "id", queryset=Contact.objects.all(), required=False, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> Any:
        return WantedLeg(**attrs)


class RequestQuoteSerializer(CommandSerializer):
    """A request as it is taken down on the telephone. The title never names the patient."""

    kind = serializers.ChoiceField(TripKind.choices, required=False)
    customer = VisibleSlugField("id", queryset=Contact.objects.all())
    requester_name = serializers.CharField(max_length=200, **OPTIONAL_TEXT)
    requester_email = serializers.EmailField(**OPTIONAL_TEXT)
    requester_phone = serializers.CharField(max_length=32, **OPTIONAL_TEXT)
    title = serializers.CharField(max_length=200)
    notes = serializers.CharField(max_length=10_000, **OPTIONAL_TEXT)
    requirement = VisibleSlugField(
        "id", queryset=MedicalRequirement.objects.all(), required=False, allow_null=True
    )
    is_hospital_based = serializers.BooleanField(
        required=False, help_text="By a helicopter crew assigned to a hospital."
    )
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)
    legs = WantedLegSerializer(many=True, min_length=1, max_length=MOST_LEGS)


class SupersedeQuoteSerializer(CommandSerializer):
    """The request of the same customer that takes the place of this one."""

    by = VisibleSlugField("number", queryset=Quote.objects.all())


class ChangeRequestSerializer(SomeChangeSerializer, RequestQuoteSerializer):
    """Any of what was asked for; a list of legs replaces theirs."""
