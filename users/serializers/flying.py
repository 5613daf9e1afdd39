from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from users.models import CheckKind, CheckRecord, DeclaredFlight, FlyingDeclaration, User

# ICAO Doc 8643: a letter, then up to three letters and digits.
TYPE = r"^[A-Z][A-Z0-9]{1,3}$"
MOST_LANDINGS = 300


class CheckRecordSerializer(serializers.ModelSerializer):
    """A check or training event of a crewed pilot; `base_month` is the month it counts for."""

    email = serializers.CharField(source="user.email")
    recorded_by = serializers.CharField(source="recorded_by.email")

    class Meta:
        model = CheckRecord
        fields = [
            "id",
            "user",
            "email",
            "kind",
            "aircraft_type",
            "done_on",
            "base_month",
            "is_passed",
            "examiner",
            "remarks",
            "recorded_by",
            "recorded_at",
            "withdrawn_at",
            "withdrawn_reason",
            "version",
        ]
        read_only_fields = fields


class ChangeCheckSerializer(CommandSerializer):
    """Correct the record of a check; what is left out stays."""

    done_on = serializers.DateField(required=False)
    base_month = serializers.DateField(
        required=False, help_text="First day of the month it counts for; else worked out."
    )
    is_passed = serializers.BooleanField(required=False)
    examiner = serializers.CharField(max_length=200, required=False)
    remarks = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RecordCheckSerializer(ChangeCheckSerializer):
    """Write down a check somebody passed or failed."""

    user = VisibleSlugField("id", queryset=User.objects.all())
    kind = serializers.ChoiceField(CheckKind.choices)
    aircraft_type = serializers.RegexField(
        TYPE, max_length=4, allow_blank=True, default="", help_text="ICAO designator, e.g. B350."
    )
    done_on = serializers.DateField()
    is_passed = serializers.BooleanField(default=True)
    examiner = serializers.CharField(max_length=200)


class DeclaredFlightSerializer(serializers.ModelSerializer):
    """A flight made elsewhere, as declared."""

    email = serializers.CharField(source="user.email")
    declared_by = serializers.CharField(source="declared_by.email")

    class Meta:
        model = DeclaredFlight
        fields = [
            "id",
            "user",
            "email",
            "operator_name",
            "is_commercial",
            "aircraft_type",
            "off_at",
            "on_at",
            "flight_min",
            "is_sole_manipulator",
            "day_takeoffs",
            "day_landings",
            "night_takeoffs",
            "night_landings",
            "approaches",
            "remarks",
            "declared_by",
            "declared_at",
            "withdrawn_at",
            "withdrawn_reason",
            "version",
        ]
        read_only_fields = fields


def _count(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=MOST_LANDINGS, required=False, help_text=what
    )


class ChangeDeclaredFlightSerializer(CommandSerializer):
    """Correct a declared flight; what is left out stays."""

    operator_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    is_commercial = serializers.BooleanField(required=False)
    aircraft_type = serializers.RegexField(TYPE, max_length=4, required=False, allow_blank=True)
    off_at = serializers.DateTimeField(required=False, help_text="Off blocks.")
    on_at = serializers.DateTimeField(required=False, help_text="On blocks.")
    flight_min = serializers.IntegerField(min_value=1, max_value=44_640, required=False)
    is_sole_manipulator = serializers.BooleanField(required=False)
    day_takeoffs = _count("By day.")
    day_landings = _count("By day.")
    night_takeoffs = _count("From one hour after sunset to one hour before sunrise.")
    night_landings = _count("The same, to a full stop.")
    approaches = _count("Instrument approaches, not visual ones.")
    remarks = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class DeclareFlightSerializer(ChangeDeclaredFlightSerializer):
    """Declare a flight made elsewhere."""

    user = VisibleSlugField("id", queryset=User.objects.all())
    off_at = serializers.DateTimeField(help_text="Off blocks.")
    on_at = serializers.DateTimeField(help_text="On blocks.")
    flight_min = serializers.IntegerField(min_value=1, max_value=44_640)


class FlyingDeclarationSerializer(serializers.ModelSerializer):
    """A person's word that everything flown elsewhere in a period is declared."""

    email = serializers.CharField(source="user.email")
    declared_by = serializers.CharField(source="declared_by.email")

    class Meta:
        model = FlyingDeclaration
        fields = [
            "id",
            "user",
            "email",
            "from_on",
            "until_on",
            "declared_by",
            "declared_at",
            "withdrawn_at",
            "withdrawn_reason",
            "version",
        ]
        read_only_fields = fields


class DeclareFlyingSerializer(CommandSerializer):
    """State that everything flown elsewhere from the first to the last day is declared."""

    user = VisibleSlugField("id", queryset=User.objects.all())
    from_on = serializers.DateField()
    until_on = serializers.DateField(help_text="The last day it covers, at most a year ahead.")
