"""What the planner answers: itineraries in UTC and local time, findings, reasons, prices."""

from datetime import datetime

from rest_framework import serializers

from operations.itinerary import Place, PlannedLeg
from operations.planning.duties import local

LOCAL = "Local time of the airport with its offset; null where its zone is not on file."


class PlanPlaceSerializer(serializers.Serializer):
    """An airport of a plan."""

    ident = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    region = serializers.CharField()
    timezone = serializers.CharField(allow_blank=True)


class PlanLegSerializer(serializers.Serializer):
    """One flight. A technical stop ends it where the patient stays on board."""

    sequence = serializers.IntegerField()
    requested_leg = serializers.IntegerField(allow_null=True, help_text="Null for positioning.")
    kind = serializers.ChoiceField(["positioning", "live"])
    origin = PlanPlaceSerializer()
    destination = PlanPlaceSerializer()
    out_at = serializers.DateTimeField(help_text="Off blocks, UTC.")
    off_at = serializers.DateTimeField(help_text="Wheels off, UTC.")
    on_at = serializers.DateTimeField(help_text="Wheels on, UTC.")
    in_at = serializers.DateTimeField(help_text="On blocks, UTC.")
    out_local = serializers.SerializerMethodField(allow_null=True, help_text=LOCAL)
    in_local = serializers.SerializerMethodField(allow_null=True, help_text=LOCAL)
    distance_nm = serializers.FloatField()
    wind_kt = serializers.FloatField(help_text="Along the track, positive from behind.")
    altitude_ft = serializers.IntegerField()
    block_min = serializers.FloatField()
    flight_min = serializers.FloatField()
    fuel_kg = serializers.FloatField(help_text="Burned, taxi included.")
    required_fuel_kg = serializers.FloatField(help_text="On board at departure, with reserve.")
    payload_kg = serializers.FloatField()
    is_technical_stop = serializers.BooleanField()
    has_patient = serializers.BooleanField()
    passengers = serializers.IntegerField(help_text="Escorts included, without the patient.")
    is_acute_care = serializers.BooleanField()

    def get_out_local(self, leg: PlannedLeg) -> str | None:
        return _local(leg.out_at, leg.origin)

    def get_in_local(self, leg: PlannedLeg) -> str | None:
        return _local(leg.in_at, leg.destination)


class PlanGroundSerializer(serializers.Serializer):
    """A journey by road to or from the aircraft of one flight."""

    leg = serializers.IntegerField(help_text="Sequence of the flight.")
    is_pickup = serializers.BooleanField()
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    place_name = serializers.CharField()
    distance_km = serializers.FloatField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class PlanFindingSerializer(serializers.Serializer):
    """Something that somebody must know; a blocking one stands in the way of the flight."""

    code = serializers.CharField()
    message = serializers.CharField()
    leg = serializers.IntegerField(allow_null=True, help_text="Sequence of the flight.")
    is_blocking = serializers.BooleanField()
    value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)


class PlanDutySerializer(serializers.Serializer):
    """One duty of the crew as estimated, from report to release."""

    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    minutes = serializers.FloatField()
    first_leg = serializers.IntegerField()
    last_leg = serializers.IntegerField()


class PlanWindSerializer(serializers.Serializer):
    """The wind aloft that a journey asked for, and the flights to it, were planned with."""

    leg = serializers.IntegerField(help_text="Sequence of the journey asked for.")
    direction_deg = serializers.FloatField(help_text="Where it comes from, true.")
    speed_kt = serializers.FloatField()


class PlanSerializer(serializers.Serializer):
    """A whole journey of one aircraft from its base and back."""

    base = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    legs = PlanLegSerializer(many=True)
    ground = PlanGroundSerializer(many=True)
    findings = PlanFindingSerializer(many=True)
    duties = PlanDutySerializer(many=True)
    nights = serializers.IntegerField(help_text="Away from the base.")
    crew_count = serializers.IntegerField()
    medical_count = serializers.IntegerField()
    oxygen_l = serializers.FloatField(help_text="Needed, with reserve; liters of free gas.")
    winds = PlanWindSerializer(
        many=True, help_text="A journey that is not named was planned in still air."
    )
    team_rides = serializers.BooleanField(
        help_text="Planned with the team riding along to the bedside and back."
    )


class OptionReasonSerializer(serializers.Serializer):
    """Why an aircraft cannot: what is needed or happens (`value`) against its `limit`."""

    code = serializers.CharField()
    message = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)
    leg = serializers.IntegerField(
        allow_null=True, help_text="Sequence of the journey asked for, counted from 1."
    )


class OptionPriceSerializer(serializers.Serializer):
    """What the journey costs with this aircraft."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()


class FlightOptionSerializer(serializers.Serializer):
    """The answer for one aircraft."""

    tail_number = serializers.CharField()
    aircraft_type = serializers.CharField()
    base = serializers.CharField()
    is_able = serializers.BooleanField()
    reasons = OptionReasonSerializer(many=True)
    price = OptionPriceSerializer(allow_null=True)
    block_min = serializers.FloatField(allow_null=True, help_text="Positioning included.")
    live_block_min = serializers.FloatField(allow_null=True)
    arrives_at = serializers.DateTimeField(allow_null=True)
    itinerary = PlanSerializer(
        allow_null=True, help_text="Null where the aircraft cannot fly it at all."
    )


def _local(at: datetime, place: Place) -> str | None:
    return local(at, place.timezone).isoformat() if place.timezone else None
