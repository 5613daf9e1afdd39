"""What the desk sends: commands on trips, legs, roads and services."""

from datetime import UTC, datetime
from typing import Any

from django.core.validators import MaxValueValidator
from rest_framework import serializers

from aircraft.models import Aircraft
from airports.models import Airport, Runway
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from contacts.models import FBO, Contact, GroundProvider
from operations.models import (
    CrewRole,
    DelayCode,
    LegKind,
    MedicalRequirement,
    Quote,
    QuoteVersion,
    ServiceKind,
    Trip,
    TripKind,
)
from operations.serializers.gate import FlightAcknowledgementSerializer
from operations.serializers.offers import AcknowledgedDeclinesField
from operations.services.movements import ORDER
from operations.services.trip_ends import Remaining
from users.models import User

MINUTES = {"min_value": 1, "max_value": 2880}
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}
KG: dict[str, Any] = {"min_value": 0, "max_value": 300_000, "required": False}
# Sums with a later moment would leave the calendar.
FORESEEABLE = MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC))


class HandLegSerializer(CommandSerializer):
    """One flight of a trip made by hand."""

    kind = serializers.ChoiceField(LegKind.choices, default=LegKind.POSITIONING)
    origin = VisibleSlugField("ident", queryset=Airport.objects.all())
    destination = VisibleSlugField("ident", queryset=Airport.objects.all())
    out_at = serializers.DateTimeField(validators=[FORESEEABLE])
    block_min = serializers.IntegerField(**MINUTES)
    fuel_kg = serializers.IntegerField(**KG)
    has_patient = serializers.BooleanField(default=False)
    is_acute_care = serializers.BooleanField(default=False)
    passengers = serializers.IntegerField(default=0, min_value=0, max_value=900)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["has_patient"] and attrs["kind"] != LegKind.LIVE:
            raise serializers.ValidationError({"kind": "A flight with a patient is live."})
        return attrs


class CreateTripSerializer(CommandSerializer):
    """A ferry or training flight, or a charter without a quote."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    customer = VisibleSlugField("id", queryset=Contact.objects.all())
    kind = serializers.ChoiceField(TripKind.choices, default=TripKind.FERRY)
    title = serializers.CharField(max_length=200, help_text="Never the patient's name.")
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    requirement = VisibleSlugField(
        "id", queryset=MedicalRequirement.objects.all(), required=False, allow_null=True
    )
    is_hospital_based = serializers.BooleanField(required=False)
    legs = HandLegSerializer(many=True, min_length=1, max_length=30)
    acknowledged_declines = AcknowledgedDeclinesField()


class BookTripSerializer(CommandSerializer):
    """Book what the customer accepted, with the earlier refusals that were looked at."""

    quote = VisibleSlugField("number", queryset=Quote.objects.all())
    acknowledged_declines = AcknowledgedDeclinesField()


class ConfirmTripSerializer(CommandSerializer):
    """The earlier refusals that were looked at before what is held is booked."""

    acknowledged_declines = AcknowledgedDeclinesField()


class HoldAircraftSerializer(CommandSerializer):
    """Keep the aircraft of an offer until a moment, else until the offer ends."""

    version = VisibleSlugField("id", queryset=QuoteVersion.objects.all())
    until = serializers.DateTimeField(required=False)


class AmendLegSerializer(CommandSerializer):
    """What changes of one leg; `planned_out_at` moves the whole of it."""

    sequence = serializers.IntegerField(min_value=1, max_value=1000)
    planned_out_at = serializers.DateTimeField(required=False, validators=[FORESEEABLE])
    origin = VisibleSlugField("ident", queryset=Airport.objects.all(), required=False)
    destination = VisibleSlugField("ident", queryset=Airport.objects.all(), required=False)
    alternate = VisibleSlugField("ident", queryset=Airport.objects.all(), **OPTIONAL)
    runway = VisibleSlugField("id", queryset=Runway.objects.all(), **OPTIONAL)
    is_ifr = serializers.BooleanField(required=False)
    has_patient = serializers.BooleanField(required=False)
    is_acute_care = serializers.BooleanField(required=False)
    passengers = serializers.IntegerField(required=False, min_value=0, max_value=900)
    fuel_kg = serializers.IntegerField(**KG)
    fuel_on_board_kg = serializers.IntegerField(**KG, allow_null=True)
    payload_kg = serializers.IntegerField(**KG)
    min_ceiling_ft = serializers.IntegerField(**OPTIONAL, min_value=0, max_value=60_000)
    min_visibility_m = serializers.IntegerField(**OPTIONAL, min_value=0, max_value=100_000)
    landing_distance_m = serializers.IntegerField(**OPTIONAL, min_value=1, max_value=10_000)


class AmendTripSerializer(CommandSerializer):
    """Change a trip that is not over; a release of it is revoked."""

    title = serializers.CharField(max_length=200, required=False)
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    coordinator = VisibleSlugField("email", queryset=User.objects.all(), required=False)
    control_specialist = VisibleSlugField("email", queryset=User.objects.all(), **OPTIONAL)
    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all(), required=False)
    requirement = VisibleSlugField("id", queryset=MedicalRequirement.objects.all(), **OPTIONAL)
    is_hospital_based = serializers.BooleanField(required=False)
    legs = AmendLegSerializer(many=True, required=False, max_length=30)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class DelayPreviewCommandSerializer(CommandSerializer):
    """A delay to try: which leg, by how many minutes."""

    leg = serializers.IntegerField(min_value=1, max_value=1000, help_text="Its sequence.")
    minutes = serializers.IntegerField(min_value=1, max_value=10_080)


class DelayLegSerializer(DelayPreviewCommandSerializer):
    """A delay, with its cause."""

    code = serializers.ChoiceField(DelayCode.choices)
    remarks = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class RecordDelaySerializer(CommandSerializer):
    """Why a leg that has left was late."""

    minutes = serializers.IntegerField(min_value=1, max_value=10_080)
    code = serializers.ChoiceField(DelayCode.choices)
    remarks = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class DivertLegSerializer(CommandSerializer):
    """Send a leg in the air elsewhere."""

    leg = serializers.IntegerField(min_value=1, max_value=1000, help_text="Its sequence.")
    airport = VisibleSlugField("ident", queryset=Airport.objects.all())
    remaining = serializers.ChoiceField([(one.value, one.name.title()) for one in Remaining])
    estimated_in_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=2000)


class FlownLegSerializer(CommandSerializer):
    """What the crew reports of one leg; the pilot in command flew it unless said."""

    sequence = serializers.IntegerField(min_value=1, max_value=1000)
    landings = serializers.IntegerField(default=1, min_value=0, max_value=100)
    cycles = serializers.IntegerField(default=1, min_value=0, max_value=100)
    approaches = serializers.IntegerField(default=0, min_value=0, max_value=100)
    manipulator = serializers.ChoiceField(
        [(CrewRole.PIC, "Pilot in command"), (CrewRole.SIC, "Second in command")],
        default=CrewRole.PIC,
    )


class CloseTripSerializer(CommandSerializer):
    """Close a trip; legs that are not named had one landing by the pilot in command."""

    legs = FlownLegSerializer(many=True, required=False, max_length=200)


class MovementSerializer(CommandSerializer):
    """
    Out, off, on or in; now unless said.

    Out alone takes acknowledgements of what is amber since the release.
    """

    movement = serializers.ChoiceField(ORDER)
    moved_at = serializers.DateTimeField(required=False)
    acknowledgements = FlightAcknowledgementSerializer(many=True, required=False, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["movement"] != "out" and "acknowledgements" in attrs:
            raise serializers.ValidationError({"acknowledgements": "Only for `out`."})
        return attrs


class HadLeftSerializer(CommandSerializer):
    """When a flight left that nobody wrote down at the time, and how that came."""

    moved_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000)
    acknowledgements = FlightAcknowledgementSerializer(many=True, required=False, max_length=200)


class CorrectMovementSerializer(CommandSerializer):
    """Another time for what is recorded, and why."""

    movement = serializers.ChoiceField(ORDER)
    moved_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000)


class GroundClockSerializer(CommandSerializer):
    """Bedside, departed or arrived; now unless said. A correction says why."""

    clock = serializers.ChoiceField(["bedside", "departed", "arrived"])
    moved_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ServiceFieldsSerializer(CommandSerializer):
    """Who provides a service, when and at what cost."""

    is_required = serializers.BooleanField(required=False)
    airport = VisibleSlugField("ident", queryset=Airport.objects.all(), **OPTIONAL)
    fbo = VisibleSlugField("id", queryset=FBO.objects.all(), **OPTIONAL)
    ground_provider = VisibleSlugField("id", queryset=GroundProvider.objects.all(), **OPTIONAL)
    contact = VisibleSlugField("id", queryset=Contact.objects.all(), **OPTIONAL)
    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    needed_at = serializers.DateTimeField(**OPTIONAL)
    cost = serializers.DecimalField(12, 2, **OPTIONAL, min_value=0)
    currency = serializers.RegexField("^[A-Z]{3}$", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("cost") is not None and not attrs.get("currency"):
            raise serializers.ValidationError({"currency": "A cost needs its currency."})
        return attrs


class AddServiceSerializer(ServiceFieldsSerializer):
    """Something more to arrange for a trip."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all())
    kind = serializers.ChoiceField(ServiceKind.choices)
    leg = serializers.IntegerField(required=False, min_value=1, max_value=1000)


class ConfirmServiceSerializer(CommandSerializer):
    """The provider's reference."""

    reference = serializers.CharField(max_length=100)


class RecheckServiceSerializer(CommandSerializer):
    """Somebody looked; what they found, if anything."""

    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class TripFindingSerializer(serializers.Serializer):
    """Something that is wrong with a trip."""

    code = serializers.CharField()
    message = serializers.CharField()
    leg = serializers.IntegerField(allow_null=True)
    is_blocking = serializers.BooleanField()


class ShiftSerializer(serializers.Serializer):
    """One thing that a delay moves."""

    what = serializers.CharField(help_text="leg, ground_leg, service, duty or trip.")
    label = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    new_start_at = serializers.DateTimeField()
    new_end_at = serializers.DateTimeField()


class DelayPreviewSerializer(serializers.Serializer):
    """What a delay would move and break; nothing of it is saved."""

    shifts = ShiftSerializer(many=True)
    findings = TripFindingSerializer(many=True)
    newly_broken = TripFindingSerializer(many=True)
