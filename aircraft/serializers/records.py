from rest_framework import serializers

from aircraft.models import Aircraft, Defect, FlightHours, RepairCategory
from aircraft.serializers.fields import MomentField, SignedWorkSerializer
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer

ADDED = {"min_value": 0, "max_value": 1000, "required": False}
DELTA = {"min_value": -100_000, "max_value": 100_000, "required": False}
PAGE = r"^[A-Za-z0-9._/-]{1,40}$"


class CrewedDefectSerializer(serializers.ModelSerializer):
    """A defect; days are local days of the aircraft's base."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    found_by = serializers.CharField(source="found_by.email")

    class Meta:
        model = Defect
        fields = [
            "number",
            "aircraft",
            "description",
            "ata_chapter",
            "status",
            "found_at",
            "found_on",
            "found_by",
            "mel_item",
            "category",
            "conditions",
            "limit_on",
            "deferred_at",
            "first_limit_on",
            "extended_at",
            "extension_reason",
            "rectified_at",
            "rectified_name",
            "rectified_license",
            "rectified_action",
            "certified_at",
            "certified_name",
            "certified_license",
            "version",
        ]
        read_only_fields = fields


class RaiseCrewedDefectSerializer(CommandSerializer):
    """What was found, and when; now unless given."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    description = serializers.CharField(max_length=4000)
    ata_chapter = serializers.RegexField(
        r"^[0-9]{2}(-[0-9]{2}){0,2}$", required=False, help_text="Such as 34-11."
    )
    found_at = MomentField(required=False)


class DeferCrewedDefectSerializer(CommandSerializer):
    """The item of the minimum equipment list; category A also needs the days it states."""

    mel_item = serializers.RegexField(r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$")
    category = serializers.ChoiceField(RepairCategory.choices)
    stated_days = serializers.IntegerField(min_value=1, max_value=366, required=False)
    conditions = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ExtendDeferralSerializer(CommandSerializer):
    """The new last day, and why."""

    limit_on = serializers.DateField()
    reason = serializers.CharField(max_length=2000)


class RectifyCrewedDefectSerializer(SignedWorkSerializer):
    """How the defect was put right."""

    action = serializers.CharField(max_length=4000)


class FlightHoursSerializer(serializers.ModelSerializer):
    """One entry of an aircraft's flight hours with the totals it brought."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True)

    class Meta:
        model = FlightHours
        fields = [
            "id",
            "aircraft",
            "sequence",
            "kind",
            "source",
            "flown_on",
            "time_in_service_min",
            "cycles",
            "landings",
            "progressive_min",
            "progressive_cycles",
            "progressive_landings",
            "corrects",
            "reason",
            "recorded_at",
        ]
        read_only_fields = fields


class RecordHoursSerializer(CommandSerializer):
    """A page of the paper log, for flights that no trip recorded."""

    aircraft = VisibleSlugField("tail_number", queryset=Aircraft.objects.all())
    log_page = serializers.RegexField(PAGE, help_text="One entry per aircraft and page.")
    flown_on = serializers.DateField(help_text="Local day at the base.")
    minutes = serializers.IntegerField(
        min_value=0, max_value=100_000, help_text="Wheels off to wheels on."
    )
    cycles = serializers.IntegerField(**ADDED)
    landings = serializers.IntegerField(**ADDED)


class CorrectHoursSerializer(CommandSerializer):
    """Signed differences, and why."""

    minutes_delta = serializers.IntegerField(**DELTA)
    cycles_delta = serializers.IntegerField(**{**DELTA, "min_value": -1000, "max_value": 1000})
    landings_delta = serializers.IntegerField(**{**DELTA, "min_value": -1000, "max_value": 1000})
    reason = serializers.CharField(max_length=2000)
