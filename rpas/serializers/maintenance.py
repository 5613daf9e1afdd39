from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from rpas.models import (
    F2MaintenanceSchedule,
    MaintenancePriority,
    MaintenanceRecord,
    RPASAircraft,
    ScheduleSource,
    TriggerKind,
)

INTERVAL = {"min_value": 1, "max_value": 10_000_000, "required": False, "allow_null": True}
COUNT = {"min_value": 0, "max_value": 100_000_000, "required": False}


class MaintenanceScheduleSerializer(serializers.ModelSerializer):
    """A maintenance item and when it is next due; flight time is in minutes."""

    aircraft = serializers.CharField(source="aircraft.registration")

    class Meta:
        model = F2MaintenanceSchedule
        fields = [
            "id",
            "aircraft",
            "title",
            "kind",
            "interval_days",
            "interval_min",
            "interval_cycles",
            "interval_flights",
            "condition",
            "notice_days",
            "priority",
            "source",
            "reference",
            "last_done_on",
            "last_done_min",
            "last_done_cycles",
            "last_done_flights",
            "next_due_on",
            "next_due_min",
            "next_due_cycles",
            "next_due_flights",
            "is_triggered",
            "is_active",
            "version",
        ]
        read_only_fields = fields


class ScheduleFieldsSerializer(CommandSerializer):
    """What a maintenance item is made of."""

    title = serializers.CharField(max_length=160)
    interval_days = serializers.IntegerField(**{**INTERVAL, "max_value": 36_500})
    interval_min = serializers.IntegerField(**INTERVAL, help_text="Flight time, minutes.")
    interval_cycles = serializers.IntegerField(**INTERVAL)
    interval_flights = serializers.IntegerField(**INTERVAL)
    condition = serializers.CharField(max_length=300, required=False, allow_blank=True)
    notice_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    priority = serializers.ChoiceField(MaintenancePriority.choices, required=False)
    source = serializers.ChoiceField(ScheduleSource.choices, required=False)
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AddScheduleSerializer(ScheduleFieldsSerializer):
    """A new item; last done today at the present totals unless said otherwise."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    kind = serializers.ChoiceField(TriggerKind.choices)
    last_done_on = serializers.DateField(required=False)
    last_done_min = serializers.IntegerField(**COUNT)
    last_done_cycles = serializers.IntegerField(**COUNT)
    last_done_flights = serializers.IntegerField(**COUNT)


class UpdateScheduleSerializer(SomeChangeSerializer, ScheduleFieldsSerializer):
    """What may be changed of an item; what was last done changes by completing it."""

    is_active = serializers.BooleanField()


class MaintenanceRecordSerializer(serializers.ModelSerializer):
    """Maintenance that was done."""

    aircraft = serializers.CharField(source="aircraft.registration")
    schedule = serializers.IntegerField(source="schedule_id", allow_null=True)

    class Meta:
        model = MaintenanceRecord
        fields = [
            "id",
            "aircraft",
            "schedule",
            "completed_on",
            "time_in_service_min",
            "cycles",
            "flights",
            "name",
            "arn",
            "work_done",
            "parts",
            "recorded_at",
        ]
        read_only_fields = fields


class CompleteMaintenanceSerializer(CommandSerializer):
    """What was done. Date, name and ARN together, or none: then the caller did it today."""

    work_done = serializers.CharField(max_length=4000)
    parts = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    completed_on = serializers.DateField(required=False)
    name = serializers.CharField(max_length=200, required=False)
    arn = serializers.RegexField(r"^[0-9]{4,9}$", required=False)


class DueItemSerializer(serializers.Serializer):
    """One item that is near, exceeded or within the horizon."""

    registration = serializers.CharField()
    schedule = serializers.IntegerField(source="item.schedule_id")
    title = serializers.CharField(source="item.title")
    unit = serializers.CharField(
        source="item.unit", help_text="days, minutes, cycles, flights or condition."
    )
    due = serializers.CharField(source="item.due")
    remaining = serializers.IntegerField(source="item.remaining")
    interval = serializers.IntegerField(source="item.interval", allow_null=True)
    is_exceeded = serializers.BooleanField(source="item.is_exceeded")
    is_near = serializers.BooleanField(source="item.is_near")
