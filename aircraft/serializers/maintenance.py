from rest_framework import serializers

from aircraft.models import (
    Aircraft,
    MaintenanceLog,
    MaintenanceTask,
    MaintenanceVisit,
    TaskKind,
)
from aircraft.serializers.fields import MomentField, SignedWorkSerializer
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer

INTERVAL = {"min_value": 1, "max_value": 100_000_000, "required": False, "allow_null": True}
TOLERANCE = {"min_value": 0, "max_value": 1_000_000, "required": False}
DONE = {"min_value": 0, "max_value": 100_000_000, "required": False}


class MaintenanceTaskSerializer(serializers.ModelSerializer):
    """A maintenance task and when it is next due; flight time is in minutes."""

    aircraft = serializers.CharField(source="aircraft.tail_number")

    class Meta:
        model = MaintenanceTask
        fields = [
            "id",
            "aircraft",
            "title",
            "kind",
            "reference",
            "interval_months",
            "interval_days",
            "interval_min",
            "interval_cycles",
            "tolerance_days",
            "tolerance_min",
            "tolerance_cycles",
            "notice_days",
            "last_done_on",
            "last_done_min",
            "last_done_cycles",
            "next_due_on",
            "next_due_min",
            "next_due_cycles",
            "is_active",
            "version",
        ]
        read_only_fields = fields


class TaskFieldsSerializer(CommandSerializer):
    """What a maintenance task is made of; of several intervals the first to run out counts."""

    title = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(TaskKind.choices, required=False)
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True)
    interval_months = serializers.IntegerField(
        **{**INTERVAL, "max_value": 600}, help_text="Through the last day of the last month."
    )
    interval_days = serializers.IntegerField(**{**INTERVAL, "max_value": 36_500})
    interval_min = serializers.IntegerField(**INTERVAL, help_text="Time in service, minutes.")
    interval_cycles = serializers.IntegerField(**INTERVAL)
    tolerance_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    tolerance_min = serializers.IntegerField(**TOLERANCE)
    tolerance_cycles = serializers.IntegerField(**TOLERANCE)
    notice_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)


class AddTaskSerializer(TaskFieldsSerializer):
    """A new task; last done today unless said otherwise, at what was flown by that day."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    last_done_on = serializers.DateField(required=False)
    last_done_min = serializers.IntegerField(**DONE)
    last_done_cycles = serializers.IntegerField(**DONE)


class UpdateTaskSerializer(SomeChangeSerializer, TaskFieldsSerializer):
    """What may be changed of a task; what was last done changes by completing it."""

    is_active = serializers.BooleanField()


class MaintenanceLogSerializer(serializers.ModelSerializer):
    """Work that was done and the release to service after it."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    task = serializers.IntegerField(source="task_id", allow_null=True)
    defect = serializers.CharField(source="defect.number", default=None, allow_null=True)
    visit = serializers.CharField(source="visit.number", default=None, allow_null=True)

    class Meta:
        model = MaintenanceLog
        fields = [
            "id",
            "aircraft",
            "task",
            "defect",
            "visit",
            "completed_on",
            "time_in_service_min",
            "cycles",
            "landings",
            "work_done",
            "parts",
            "released_name",
            "released_license",
            "recorded_at",
        ]
        read_only_fields = fields


class CompleteTaskSerializer(SignedWorkSerializer):
    """What was done, and who released the aircraft to service."""

    work_done = serializers.CharField(max_length=4000)
    parts = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    completed_on = serializers.DateField(
        required=False, help_text="Local day at the base; today unless given."
    )
    visit = VisibleSlugField(
        "number", queryset=MaintenanceVisit.objects.all(), required=False, allow_null=True
    )


class RecordWorkSerializer(CompleteTaskSerializer):
    """Work that belongs to no task."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())


class MaintenanceVisitSerializer(serializers.ModelSerializer):
    """A stay of an aircraft in maintenance."""

    aircraft = serializers.CharField(source="aircraft.tail_number")

    class Meta:
        model = MaintenanceVisit
        fields = [
            "number",
            "aircraft",
            "purpose",
            "provider",
            "start_at",
            "end_at",
            "status",
            "version",
        ]
        read_only_fields = fields


class VisitPeriodSerializer(CommandSerializer):
    """The half-open period of a stay."""

    start_at = MomentField()
    end_at = MomentField()


class BookVisitSerializer(VisitPeriodSerializer):
    """A stay to be booked."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    purpose = serializers.CharField(max_length=150)
    provider = serializers.CharField(max_length=120, required=False, allow_blank=True)
