"""What is asked of the planner: a journey, its people and its care."""

from typing import Any

from rest_framework import serializers

from aircraft.models import Aircraft
from airports.routes import Wind
from common.api.fields import FiniteFloatField, VisibleSlugField
from common.api.serializers import CommandSerializer
from contacts.models import Contact
from operations.planning.journey import AskedLeg, Care, Journey, Road
from operations.planning.parameters import Parameters
from operations.queries.airfields import airports_named
from operations.queries.journeys import road_to

MOST_LEGS = 20
STRONGEST_KT = 300
CARE = (
    "patient_kg",
    "is_stretcher",
    "escorts",
    "team",
    "equipment_kg",
    "oxygen_lpm",
    "oxygen_reserve",
    "max_cabin_altitude_ft",
    "is_acute_care",
)
ASSUMED = ("turn_round_min", "fuel_stop_min", "most_stops", "road_kmh")
MAYBE = {"required": False, "allow_null": True}


class WindAloftSerializer(CommandSerializer):
    """The wind at cruising height: where it comes from, degrees true, and its speed."""

    direction_deg = FiniteFloatField(min_value=0, max_value=360)
    speed_kt = FiniteFloatField(min_value=0, max_value=STRONGEST_KT)

    def to_internal_value(self, data: Any) -> Wind:
        return Wind(**super().to_internal_value(data))


class RoadJourneySerializer(CommandSerializer):
    """
    A journey by road to or from the aircraft.

    Name a contact on file or the place; the distance by road, or where the place is. Without
    either no time is planned for it, and a finding says so.
    """

    contact = VisibleSlugField("id", queryset=Contact.objects.in_use(), **MAYBE)
    place_name = serializers.CharField(max_length=200, required=False)
    distance_km = FiniteFloatField(min_value=0, max_value=2000, **MAYBE)
    lat = FiniteFloatField(min_value=-90, max_value=90, **MAYBE)
    lon = FiniteFloatField(min_value=-180, max_value=180, **MAYBE)
    team_rides = serializers.BooleanField(
        required=False, help_text="The aircraft's team goes to the bedside and back."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("contact") and not attrs.get("place_name"):
            raise serializers.ValidationError({"place_name": "Name the place, or a contact."})
        if (attrs.get("lat") is None) != (attrs.get("lon") is None):
            raise serializers.ValidationError({"lon": "Give lat and lon, or neither."})
        return attrs

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        return {name: value for name, value in values.items() if value is not None}


class AskedLegSerializer(CommandSerializer):
    """One journey asked for. Airports by ICAO, IATA or GPS code or ident."""

    origin = serializers.CharField(max_length=16)
    destination = serializers.CharField(max_length=16)
    earliest_departure_at = serializers.DateTimeField(help_text="Off blocks.")
    latest_arrival_at = serializers.DateTimeField(help_text="On blocks.", **MAYBE)
    has_patient = serializers.BooleanField(required=False)
    passengers = serializers.IntegerField(
        min_value=0, max_value=900, required=False, help_text="Without patient, escorts and team."
    )
    baggage_kg = FiniteFloatField(min_value=0, max_value=100_000, required=False)
    pickup = RoadJourneySerializer(**MAYBE)
    dropoff = RoadJourneySerializer(**MAYBE)
    wind = WindAloftSerializer(**MAYBE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        latest_at = attrs.get("latest_arrival_at")
        if latest_at is not None and latest_at <= attrs["earliest_departure_at"]:
            raise serializers.ValidationError({"latest_arrival_at": "After the departure."})
        return attrs


class JourneySerializer(CommandSerializer):
    """A whole journey. `wind` is that of every leg that names no other."""

    legs = AskedLegSerializer(many=True, allow_empty=False, max_length=MOST_LEGS)
    wind = WindAloftSerializer(**MAYBE)
    patient_kg = FiniteFloatField(min_value=1, max_value=400, **MAYBE)
    is_stretcher = serializers.BooleanField(required=False, help_text="Yes unless given.")
    escorts = serializers.IntegerField(min_value=0, max_value=20, required=False)
    team = serializers.IntegerField(
        min_value=0, max_value=20, required=False, help_text="Medical team, flies all legs."
    )
    equipment_kg = FiniteFloatField(min_value=0, max_value=5000, required=False)
    oxygen_lpm = FiniteFloatField(min_value=0, max_value=100, required=False)
    oxygen_reserve = FiniteFloatField(
        min_value=0, max_value=5, required=False, help_text="Fraction on top; 0.5 unless given."
    )
    max_cabin_altitude_ft = FiniteFloatField(min_value=0, max_value=15_000, **MAYBE)
    is_acute_care = serializers.BooleanField(required=False)
    turn_round_min = FiniteFloatField(min_value=0, max_value=1440, required=False)
    fuel_stop_min = FiniteFloatField(min_value=0, max_value=1440, required=False)
    most_stops = serializers.IntegerField(min_value=0, max_value=6, required=False)
    road_kmh = FiniteFloatField(min_value=5, max_value=150, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        legs = attrs["legs"]
        for number in range(1, len(legs)):
            if legs[number]["earliest_departure_at"] < legs[number - 1]["earliest_departure_at"]:
                message = "Not before the leg before it."
                raise _in_leg(legs, number, {"earliest_departure_at": message})
        attrs["legs"] = _placed(legs)
        return attrs


class PlanItinerarySerializer(JourneySerializer):
    """A journey, and the aircraft to plan it with."""

    tail_number = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())


def journey_from(values: dict[str, Any]) -> Journey:
    """A validated journey as a value."""
    care = Care(**{name: values[name] for name in CARE if name in values})
    assumed = Parameters(**{name: values[name] for name in ASSUMED if name in values})
    legs = tuple(
        AskedLeg(
            sequence=number,
            **{
                **leg,
                "pickup": _road(leg.get("pickup")),
                "dropoff": _road(leg.get("dropoff")),
                "wind": leg.get("wind") or values.get("wind"),
            },
        )
        for number, leg in enumerate(values["legs"], start=1)
    )
    return Journey(legs=legs, care=care, parameters=assumed)


def _road(given: dict[str, Any] | None) -> Road | None:
    """What was said of a place goes before what is on file."""
    if given is None:
        return None
    said = {name: value for name, value in given.items() if name != "contact"}
    known = road_to(given.get("contact"))
    if known is None:
        return Road(**said)
    on_file = {name: getattr(known, name) for name in ("place_name", "contact_id", "lat", "lon")}
    return Road(**{**on_file, **said})


def _placed(legs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The legs with keys of airports for their codes. Raises ValidationError."""
    ends = ("origin", "destination")
    known = airports_named(leg[end] for leg in legs for end in ends)
    placed = []
    for number, leg in enumerate(legs):
        keys = {end: known.get(leg[end].strip().upper()) for end in ends}
        unknown = {end: "No airport has this code." for end, key in keys.items() if key is None}
        if unknown:
            raise _in_leg(legs, number, unknown)
        if keys["origin"] == keys["destination"]:
            raise _in_leg(legs, number, {"destination": "Another airport than the origin."})
        rest = {name: value for name, value in leg.items() if name not in ends}
        placed.append({**rest, **{f"{end}_id": key for end, key in keys.items()}})
    return placed


def _in_leg(
    legs: list[dict[str, Any]], number: int, faults: dict[str, str]
) -> serializers.ValidationError:
    return serializers.ValidationError(
        {"legs": [faults if place == number else {} for place in range(len(legs))]}
    )
