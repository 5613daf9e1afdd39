"""What is asked of the fleet and what it answers: performance, availability, forecast, fitness."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from aircraft.models import RunwaySurface
from aircraft.serializers.fields import MomentField
from aircraft.suitability import Need, NeededLeg, NeededRunway
from common.api.fields import FiniteFloatField
from common.api.serializers import CommandSerializer

LONGEST_NM = 12_000
STRONGEST_KT = 300
LONGEST = timedelta(days=366)
MOST_LEGS = 20
WIND = {"min_value": -STRONGEST_KT, "max_value": STRONGEST_KT, "required": False, "default": 0.0}


class PeriodQuerySerializer(CommandSerializer):
    """A half-open period of at most 366 days."""

    start = MomentField()
    end = MomentField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta() < attrs["end"] - attrs["start"] <= LONGEST:
            raise serializers.ValidationError({"end": "After the start, by 366 days at most."})
        return attrs


class BusyPeriodSerializer(serializers.Serializer):
    """A time in which the aircraft is taken."""

    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    purpose = serializers.CharField(allow_blank=True)
    source = serializers.CharField(help_text="The record that booked it.")


class FreePeriodSerializer(serializers.Serializer):
    """A gap between bookings."""

    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class CrewedAvailabilitySerializer(serializers.Serializer):
    """When an aircraft is taken and when it is free."""

    tail_number = serializers.CharField(source="aircraft.tail_number")
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    is_free = serializers.BooleanField()
    busy = BusyPeriodSerializer(many=True)
    free = FreePeriodSerializer(many=True)


class LegQuerySerializer(CommandSerializer):
    """One leg to be timed."""

    distance_nm = FiniteFloatField(min_value=0, max_value=LONGEST_NM)
    wind_kt = FiniteFloatField(**WIND)
    altitude_ft = FiniteFloatField(min_value=0, max_value=60_000, required=False)
    payload_kg = FiniteFloatField(min_value=0, max_value=650_000, required=False, default=0.0)
    prefer = serializers.ChoiceField(["fastest", "least_fuel"], required=False, default="fastest")


class LegTimedSerializer(serializers.Serializer):
    """A leg at the altitude chosen: times in minutes, fuel in kilograms."""

    distance_nm = serializers.FloatField()
    floor_ft = serializers.IntegerField()
    ceiling_ft = serializers.IntegerField()
    ground_speed_kt = serializers.FloatField()
    block_min = serializers.FloatField(help_text="Off blocks to on blocks.")
    flight_min = serializers.FloatField(help_text="Wheels off to wheels on.")
    trip_fuel_kg = serializers.FloatField()
    reserve_fuel_kg = serializers.FloatField()
    required_fuel_kg = serializers.FloatField()
    still_air_nm = serializers.FloatField(help_text="Distance through the air.")


class LegPerformanceSerializer(serializers.Serializer):
    """A leg of one aircraft, and whether payload, range, tanks and weight allow it."""

    tail_number = serializers.CharField()
    payload_kg = serializers.FloatField()
    leg = LegTimedSerializer()
    range_nm = serializers.FloatField(allow_null=True, help_text="Still air, with that payload.")
    take_off_kg = serializers.FloatField()
    mtow_kg = serializers.IntegerField()
    usable_fuel_kg = serializers.IntegerField()
    max_payload_kg = serializers.IntegerField()
    is_possible = serializers.BooleanField()


class HorizonQuerySerializer(CommandSerializer):
    """How many days ahead."""

    days = serializers.IntegerField(min_value=1, max_value=730, required=False, default=90)


class LimitForecastSerializer(serializers.Serializer):
    """One limit of a task and when it is reached; `remaining` in `unit`."""

    unit = serializers.ChoiceField(["days", "minutes", "cycles"])
    due = serializers.CharField()
    remaining = serializers.IntegerField(help_text="Today; negative once passed.")
    remaining_after = serializers.IntegerField(help_text="After all that is booked.")
    at = serializers.DateTimeField(
        allow_null=True,
        help_text="Start of the flight that would pass it, or the end of the last day.",
    )
    by = serializers.CharField(allow_blank=True, help_text="calendar, passed, or the booking.")


class TaskForecastSerializer(serializers.Serializer):
    """One task; the first of its limits makes it due."""

    task = serializers.IntegerField(source="task_id")
    title = serializers.CharField()
    kind = serializers.CharField()
    first = LimitForecastSerializer(allow_null=True)
    limits = LimitForecastSerializer(many=True)


class MaintenanceForecastSerializer(serializers.Serializer):
    """What becomes due, given what is booked to be flown."""

    tail_number = serializers.CharField(source="aircraft.tail_number")
    now = serializers.DateTimeField()
    until = serializers.DateTimeField()
    booked_min = serializers.IntegerField()
    booked_cycles = serializers.IntegerField()
    tasks = TaskForecastSerializer(many=True)


class DueQuerySerializer(CommandSerializer):
    """How many days ahead by date; time and cycles are shown when near or passed."""

    within_days = serializers.IntegerField(min_value=0, max_value=730, required=False, default=30)


class TaskDueSerializer(serializers.Serializer):
    """One limit that is passed, near or due within the days asked for."""

    tail_number = serializers.CharField()
    task = serializers.IntegerField(source="item.task_id")
    title = serializers.CharField(source="item.title")
    kind = serializers.CharField(source="item.kind")
    unit = serializers.CharField(source="item.unit", help_text="days, minutes or cycles.")
    due = serializers.CharField(source="item.due")
    remaining = serializers.IntegerField(source="item.remaining")
    interval = serializers.IntegerField(source="item.interval", allow_null=True)
    is_exceeded = serializers.BooleanField(source="item.is_exceeded")
    is_within_tolerance = serializers.BooleanField(source="item.is_within_tolerance")
    is_near = serializers.BooleanField(source="item.is_near")


class NeededRunwaySerializer(CommandSerializer):
    """A runway that a leg begins or ends on; leave out what is not known."""

    length_m = FiniteFloatField(min_value=0, max_value=10_000, required=False)
    surface = serializers.ChoiceField(RunwaySurface.choices, required=False)

    def to_internal_value(self, data: Any) -> NeededRunway:
        return NeededRunway(**super().to_internal_value(data))


class NeededLegSerializer(CommandSerializer):
    """One leg; the wind component is positive from behind."""

    distance_nm = FiniteFloatField(min_value=0, max_value=LONGEST_NM)
    wind_kt = FiniteFloatField(**WIND)
    departure = NeededRunwaySerializer(required=False)
    arrival = NeededRunwaySerializer(required=False)

    def to_internal_value(self, data: Any) -> NeededLeg:
        return NeededLeg(**super().to_internal_value(data))


class NeedSerializer(CommandSerializer):
    """What is to be carried and flown, and when."""

    start_at = MomentField()
    end_at = MomentField()
    legs = NeededLegSerializer(many=True, allow_empty=False, max_length=MOST_LEGS)
    payload_kg = FiniteFloatField(min_value=0, max_value=650_000, required=False)
    seats = serializers.IntegerField(min_value=0, max_value=900, required=False)
    stretchers = serializers.IntegerField(min_value=0, max_value=100, required=False)
    oxygen_l = FiniteFloatField(min_value=0, max_value=1_000_000, required=False)
    is_pressurized = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta() < attrs["end_at"] - attrs["start_at"] <= LONGEST:
            raise serializers.ValidationError({"end_at": "After the start, by 366 days at most."})
        return attrs


def need_of(values: dict[str, Any]) -> Need:
    """A validated question as a value."""
    return Need(**{**values, "legs": tuple(values["legs"])})


class UnfitReasonSerializer(serializers.Serializer):
    """Why an aircraft cannot: what is needed or happens (`value`) against its `limit`."""

    code = serializers.CharField()
    message = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)
    leg = serializers.IntegerField(allow_null=True, help_text="Counted from 0.")


class SuitabilitySerializer(serializers.Serializer):
    """The answer for one aircraft."""

    tail_number = serializers.CharField()
    aircraft_type = serializers.CharField(source="designator")
    base = serializers.CharField()
    is_suitable = serializers.BooleanField()
    reasons = UnfitReasonSerializer(many=True)
    legs = serializers.ListField(
        child=LegTimedSerializer(allow_null=True), help_text="Null for one that cannot be timed."
    )
    block_min = serializers.FloatField(allow_null=True)
    fuel_kg = serializers.FloatField(allow_null=True)
