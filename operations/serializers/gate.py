from typing import Any

from rest_framework import serializers

from airports.models import Airport, Runway
from common.api.fields import FiniteFloatField, VisibleSlugField
from common.api.serializers import CommandSerializer
from common.compliance.withheld import shown_findings
from common.serializers import FindingSerializer
from operations.models import (
    EvidenceKind,
    FlightRelease,
    OpsSpec,
    RiskWorksheet,
    Trip,
    TripEvidence,
    TripLeg,
)
from operations.serializers.personal import may_in

NOTES = {"required": False, "allow_blank": True, "max_length": 5000}
FIGURE: dict[str, Any] = {"required": False, "allow_null": True, "min_value": 0}


class TripAssessmentSerializer(serializers.Serializer):
    """A fresh assessment of one trip or offer."""

    subject = serializers.CharField()
    color = serializers.ChoiceField(["green", "amber", "red"])
    stage = serializers.CharField()
    assessed_at = serializers.DateTimeField()
    next_change_at = serializers.DateTimeField(allow_null=True)
    findings = FindingSerializer(many=True)


class FlightReleaseSerializer(serializers.ModelSerializer):
    """A release with what was released, as it was."""

    trip = serializers.CharField(source="trip.number")
    released_by = serializers.CharField(source="released_by.email")

    class Meta:
        model = FlightRelease
        fields = [
            "id",
            "trip",
            "plan_hash",
            "verdict",
            "acknowledgements",
            "document",
            "released_by",
            "released_at",
            "revoked_at",
            "revoked_because",
            "version",
        ]
        read_only_fields = fields

    def to_representation(self, instance: FlightRelease) -> dict[str, Any]:
        data = dict(super().to_representation(instance))
        said = data["document"].get("findings", [])
        told = shown_findings(Trip._meta.label_lower, said, may_in(self.context))
        return {**data, "document": {**data["document"], "findings": told}}


class FlightAcknowledgementSerializer(CommandSerializer):
    """A named person's note to the amber findings of one rule."""

    rule = serializers.CharField(max_length=40)
    note = serializers.CharField(max_length=2000)


class ReleaseTripSerializer(CommandSerializer):
    """Release one trip; every rule with an amber finding needs an acknowledgement."""

    acknowledgements = FlightAcknowledgementSerializer(many=True, required=False, max_length=200)


class CreateFlightReleaseSerializer(ReleaseTripSerializer):
    """The same, naming the trip."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all())


class AnswersField(serializers.DictField):
    """Answers of the worksheet by factor."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > 60:
            raise serializers.ValidationError("At most 60 answers.")
        return super().to_internal_value(data)


class RiskWorksheetSerializer(serializers.ModelSerializer):
    """The flight risk analysis of one trip and who signed it."""

    trip = serializers.CharField(source="trip.number")
    signed_by = serializers.CharField(source="signed_by.email", allow_null=True, default=None)
    approved_by = serializers.CharField(source="approved_by.email", allow_null=True, default=None)

    class Meta:
        model = RiskWorksheet
        fields = [
            "id",
            "trip",
            "answers",
            "mitigation",
            "score",
            "threshold",
            "template_version",
            "plan_hash",
            "signed_by",
            "signed_at",
            "approved_by",
            "approved_at",
            "version",
        ]
        read_only_fields = fields


class AmendRiskWorksheetSerializer(CommandSerializer):
    """Change the worksheet; `answers` replaces all. Signature and approval fall."""

    answers = AnswersField(required=False)
    mitigation = serializers.CharField(**NOTES)


class FillInRiskWorksheetSerializer(CommandSerializer):
    """Begin the worksheet of a trip; what is left open can be answered later."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all())
    answers = AnswersField()
    mitigation = serializers.CharField(**NOTES)


class RiskAnswerSerializer(serializers.Serializer):
    """One answer and its score."""

    code = serializers.CharField()
    words = serializers.CharField()
    score = serializers.IntegerField()


class RiskFactorSerializer(serializers.Serializer):
    """One question of the worksheet."""

    code = serializers.CharField()
    group = serializers.CharField()
    title = serializers.CharField()
    answers = RiskAnswerSerializer(many=True)


class RiskTemplateSerializer(serializers.Serializer):
    """The worksheet as it is filled in today."""

    template_version = serializers.IntegerField(source="version")
    threshold = serializers.IntegerField()
    factors = RiskFactorSerializer(many=True)


class TripEvidenceSerializer(serializers.ModelSerializer):
    """What a named person recorded for a trip or one leg of it."""

    trip = serializers.CharField(source="trip.number")
    leg = serializers.IntegerField(source="leg.sequence", allow_null=True, default=None)
    recorded_by = serializers.CharField(source="recorded_by.email")

    class Meta:
        model = TripEvidence
        fields = [
            "id",
            "trip",
            "leg",
            "kind",
            "reference",
            "details",
            "recorded_by",
            "recorded_at",
            "withdrawn_at",
            "withdrawn_because",
            "version",
        ]
        read_only_fields = fields


class CargoItemSerializer(CommandSerializer):
    """One consignment on a cargo manifest."""

    air_waybill = serializers.CharField(max_length=40, required=False, allow_blank=True)
    packages = serializers.IntegerField(min_value=1, max_value=100_000)
    nature = serializers.CharField(max_length=200)
    mass_kg = FiniteFloatField(min_value=0, max_value=650_000, required=False)


class EvidenceDetailsSerializer(CommandSerializer):
    """Figures and answers that rules and papers show; which ones depends on the kind."""

    passengers = serializers.IntegerField(min_value=0, max_value=900, required=False)
    take_off_weight_kg = FiniteFloatField(min_value=1, max_value=650_000, required=False)
    max_take_off_weight_kg = FiniteFloatField(min_value=1, max_value=650_000, required=False)
    cg = FiniteFloatField(min_value=-1000, max_value=100_000, required=False)
    cg_forward = FiniteFloatField(min_value=-1000, max_value=100_000, required=False)
    cg_aft = FiniteFloatField(min_value=-1000, max_value=100_000, required=False)
    health = serializers.CharField(max_length=200, required=False)
    communicable = serializers.CharField(
        max_length=200,
        required=False,
        help_text="Seat or function of whoever may have a communicable disease; no names.",
    )
    other_conditions = serializers.CharField(max_length=200, required=False)
    disinsection = serializers.CharField(
        max_length=200, required=False, help_text="Place, date, time and method of the last one."
    )
    signatory = serializers.CharField(max_length=100, required=False)
    export_declarations = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    air_waybills = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    items = CargoItemSerializer(many=True, required=False, max_length=100)
    clearance_ft = serializers.IntegerField(min_value=0, max_value=60_000, required=False)
    highest_obstacle_ft = serializers.IntegerField(
        min_value=-1500, max_value=30_000, required=False
    )
    altitude_ft = serializers.IntegerField(min_value=0, max_value=60_000, required=False)
    distance_nm = FiniteFloatField(min_value=0, max_value=100, required=False)


class RecordEvidenceSerializer(CommandSerializer):
    """Record that something is there, for a trip or one leg by its sequence. No patient's name."""

    trip = VisibleSlugField("number", queryset=Trip.objects.all())
    leg = serializers.IntegerField(min_value=1, max_value=200, required=False, allow_null=True)
    kind = serializers.ChoiceField(EvidenceKind.choices)
    reference = serializers.CharField(max_length=200)
    details = EvidenceDetailsSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        sequence = attrs.get("leg")
        if sequence is not None:
            attrs["leg"] = TripLeg.objects.filter(trip=attrs["trip"], sequence=sequence).first()
            if attrs["leg"] is None:
                raise serializers.ValidationError({"leg": "The trip has no such leg."})
        return attrs


class OpsSpecSerializer(serializers.ModelSerializer):
    """One paragraph of the operations specifications."""

    class Meta:
        model = OpsSpec
        fields = ["id", "code", "title", "reference", "issued_on", "expires_on", "version"]
        read_only_fields = fields


class RecordOpsSpecSerializer(CommandSerializer):
    """Put a paragraph on file."""

    code = serializers.RegexField(r"^[A-Z][A-Z0-9-]{1,7}$")
    title = serializers.CharField(max_length=200)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True)
    issued_on = serializers.DateField()
    expires_on = serializers.DateField(required=False, allow_null=True)


class EndOpsSpecSerializer(CommandSerializer):
    """Set or clear the last valid day."""

    expires_on = serializers.DateField(allow_null=True)


class LegBriefSerializer(serializers.ModelSerializer):
    """What dispatch knows of one leg: minima, alternates, runway, landing distance, fuel."""

    trip = serializers.CharField(source="trip.number")
    origin = serializers.CharField(source="origin.ident")
    destination = serializers.CharField(source="destination.ident")
    alternate = serializers.CharField(source="alternate.ident", allow_null=True, default=None)
    takeoff_alternate = serializers.CharField(
        source="takeoff_alternate.ident", allow_null=True, default=None
    )
    runway = serializers.IntegerField(source="runway_id", allow_null=True)

    class Meta:
        model = TripLeg
        fields = [
            "id",
            "trip",
            "sequence",
            "origin",
            "destination",
            "is_ifr",
            "alternate",
            "takeoff_alternate",
            "runway",
            "min_ceiling_ft",
            "min_visibility_m",
            "circling_ceiling_ft",
            "alternate_ceiling_ft",
            "alternate_visibility_m",
            "alternate_navaids",
            "landing_distance_m",
            "fuel_on_board_kg",
            "payload_kg",
            "status",
            "version",
        ]
        read_only_fields = fields


class BriefLegSerializer(CommandSerializer):
    """Change what dispatch knows of one leg; null takes a value away."""

    is_ifr = serializers.BooleanField(required=False)
    alternate = VisibleSlugField(
        "ident", queryset=Airport.objects.all(), required=False, allow_null=True
    )
    takeoff_alternate = VisibleSlugField(
        "ident", queryset=Airport.objects.all(), required=False, allow_null=True
    )
    runway = VisibleSlugField("id", queryset=Runway.objects.all(), required=False, allow_null=True)
    min_ceiling_ft = serializers.IntegerField(max_value=20_000, **FIGURE)
    min_visibility_m = serializers.IntegerField(max_value=20_000, **FIGURE)
    circling_ceiling_ft = serializers.IntegerField(max_value=20_000, **FIGURE)
    alternate_ceiling_ft = serializers.IntegerField(max_value=20_000, **FIGURE)
    alternate_visibility_m = serializers.IntegerField(max_value=20_000, **FIGURE)
    alternate_navaids = serializers.IntegerField(max_value=2, **FIGURE)
    landing_distance_m = serializers.IntegerField(max_value=10_000, **FIGURE)
    fuel_on_board_kg = serializers.IntegerField(max_value=650_000, **FIGURE)
    payload_kg = serializers.IntegerField(min_value=0, max_value=650_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Nothing to change.")
        return attrs
