from typing import Any

from rest_framework import serializers

from common.api.fields import FiniteFloatField, PointField, VisibleSlugField
from common.api.serializers import CommandSerializer
from flight_operations.models import (
    Classification,
    Damage,
    FlightOperation,
    HazardCategory,
    Injuries,
    OperatingCategory,
    SMSHazardRegister,
    SMSIncidentReport,
    ThirdPartyDamage,
)
from flight_operations.models.risk_assessment import LIKELIHOODS, SEVERITIES
from flight_operations.serializers.examples import with_example
from rpas.models import RPASAircraft, RPASOperator
from rpas.models.operator import validate_timezone
from users.models import User

TEXT: dict[str, Any] = {"max_length": 10_000, "required": False, "allow_blank": True}
SEE_REPORTER = "flight_operations.see_reporter_smshazardregister"
HAZARD_FIELDS = [
    "number",
    "operator",
    "aircraft",
    "reporter",
    "is_confidential",
    "reported_at",
    "description",
    "category",
    "location",
    "likelihood",
    "severity",
    "index",
    "controls",
    "owner",
    "action_due_on",
    "residual_likelihood",
    "residual_severity",
    "residual_index",
    "review_on",
    "status",
    "incidents",
    "updated_at",
    "version",
]


class HazardSerializer(serializers.ModelSerializer):
    """A hazard; who reported it in confidence is shown to the safety manager only."""

    operator = serializers.CharField(source="operator.name")
    aircraft = serializers.CharField(source="aircraft.registration", allow_null=True)
    owner = serializers.CharField(source="owner.email", allow_null=True)
    reporter = serializers.SerializerMethodField()
    incidents: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "number", many=True, read_only=True
    )

    class Meta:
        model = SMSHazardRegister
        fields = HAZARD_FIELDS
        read_only_fields = HAZARD_FIELDS

    def get_reporter(self, hazard: SMSHazardRegister) -> str | None:
        if hazard.reporter is None:
            return None
        is_open = not hazard.is_confidential
        return (
            hazard.reporter.email
            if is_open or self.context["request"].user.has_perm(SEE_REPORTER)
            else None
        )


@with_example(
    {
        "operator": "Coastline Aerial",
        "description": "Control link drops behind the water tower.",
        "category": "control_link",
        "location": "Depot, north field",
        "likelihood": "B",
        "severity": 3,
        "is_confidential": False,
    }
)
class ReportHazardSerializer(CommandSerializer):
    """Report a hazard, openly, in confidence or without a name."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    description = serializers.CharField(max_length=10_000)
    category = serializers.ChoiceField(HazardCategory.choices)
    location = serializers.CharField(max_length=200, required=False, allow_blank=True)
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    likelihood = serializers.ChoiceField(LIKELIHOODS)
    severity = serializers.ChoiceField(SEVERITIES)
    controls = serializers.CharField(**TEXT)
    is_confidential = serializers.BooleanField(default=False)
    is_anonymous = serializers.BooleanField(default=False)


@with_example(
    {
        "controls": "Antenna raised; no flights behind the tower.",
        "owner": "maintenance@coastline.example",
        "action_due_on": "2026-04-01",
        "residual_likelihood": "D",
        "residual_severity": 3,
        "review_on": "2026-09-01",
    }
)
class AmendHazardSerializer(CommandSerializer):
    """What is done about a hazard, by whom and until when, and what is left of it."""

    description = serializers.CharField(max_length=10_000, required=False)
    category = serializers.ChoiceField(HazardCategory.choices, required=False)
    location = serializers.CharField(max_length=200, required=False, allow_blank=True)
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    likelihood = serializers.ChoiceField(LIKELIHOODS, required=False)
    severity = serializers.ChoiceField(SEVERITIES, required=False)
    controls = serializers.CharField(**TEXT)
    owner = VisibleSlugField("email", queryset=User.objects.all(), required=False, allow_null=True)
    action_due_on = serializers.DateField(required=False, allow_null=True)
    residual_likelihood = serializers.ChoiceField(LIKELIHOODS, required=False, allow_blank=True)
    residual_severity = serializers.ChoiceField(SEVERITIES, required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)


@with_example({"incident": "IN-2026-0007"})
class LinkIncidentSerializer(CommandSerializer):
    """An incident in which the hazard showed itself."""

    incident = VisibleSlugField("number", queryset=SMSIncidentReport.objects.all())


class ParticularsSerializer(CommandSerializer):
    """The particulars of an incident; what is not known yet is left out."""

    pilot = VisibleSlugField("email", queryset=User.objects.all(), required=False, allow_null=True)
    operating_category = serializers.ChoiceField(
        OperatingCategory.choices, required=False, allow_blank=True
    )
    mass_kg = FiniteFloatField(required=False, allow_null=True, min_value=0.001, max_value=100_000)
    is_type_certified = serializers.BooleanField(required=False)
    classification = serializers.ChoiceField(Classification.choices, required=False)
    occurred_at = serializers.DateTimeField(required=False)
    time_zone = serializers.CharField(
        max_length=64, required=False, validators=[validate_timezone], help_text="IANA zone."
    )
    place = serializers.CharField(max_length=200, required=False)
    position = PointField(required=False, allow_null=True)
    phase = serializers.CharField(max_length=40, required=False, allow_blank=True)
    weather = serializers.CharField(**TEXT)
    airspace = serializers.CharField(max_length=100, required=False, allow_blank=True)
    narrative = serializers.CharField(max_length=20_000, required=False)
    injuries = serializers.ChoiceField(Injuries.choices, required=False)
    damage = serializers.ChoiceField(Damage.choices, required=False)
    damage_description = serializers.CharField(**TEXT)
    third_party_damage = serializers.ChoiceField(ThirdPartyDamage.choices, required=False)
    third_party = serializers.CharField(**TEXT)
    immediate_action = serializers.CharField(**TEXT)
    evidence = serializers.CharField(**TEXT)


@with_example({"damage": "substantial", "evidence": "Flight log and two photographs kept."})
class AmendIncidentSerializer(ParticularsSerializer):
    """Correct or complete the particulars; how it must be reported is judged again."""

    corrective_action = serializers.CharField(**TEXT)


@with_example(
    {
        "operator": "Coastline Aerial",
        "operation": "FO-2026-0042",
        "classification": "loss_of_control",
        "occurred_at": "2026-03-14T22:10:00Z",
        "aware_at": "2026-03-14T22:12:00Z",
        "place": "North field, Braidwood",
        "narrative": "Yawed, ignored the sticks and came down in the trees.",
        "damage": "substantial",
    }
)
class ReportIncidentSerializer(ParticularsSerializer):
    """Report an incident. Of an operation, aircraft, pilot, category and mass are taken over."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    operation = VisibleSlugField(
        "number", queryset=FlightOperation.objects.all(), required=False, allow_null=True
    )
    aircraft = VisibleSlugField(
        "registration", queryset=RPASAircraft.objects.all(), required=False, allow_null=True
    )
    classification = serializers.ChoiceField(Classification.choices)
    occurred_at = serializers.DateTimeField()
    aware_at = serializers.DateTimeField(
        required=False, help_text="When the responsible person came to know; now when left out."
    )
    place = serializers.CharField(max_length=200)
    narrative = serializers.CharField(max_length=20_000)


@with_example({"corrective_action": "Compass recalibrated after each change of site."})
class CorrectiveActionSerializer(CommandSerializer):
    """What is done so that it does not happen again."""

    corrective_action = serializers.CharField(max_length=10_000)


@with_example(
    {"channel": "phone", "notified_at": "2026-03-14T22:40:00Z", "reference": "ON2026-0113"}
)
class NotifySerializer(CommandSerializer):
    """The ATSB was told: by telephone (1800 011 034) or by written report."""

    channel = serializers.ChoiceField([("phone", "Telephone"), ("written", "Written report")])
    notified_at = serializers.DateTimeField()
    reference = serializers.CharField(max_length=64, required=False, allow_blank=True)
