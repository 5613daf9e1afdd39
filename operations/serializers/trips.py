"""How trips, legs and what belongs to them look."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from airports.models import Airport
from common.compliance.withheld import shown_findings
from operations.models import (
    CrewLine,
    DutyPeriod,
    GroundLeg,
    LegDelay,
    LegDeparture,
    MedicalRequirement,
    ServiceItem,
    Trip,
    TripLeg,
)
from operations.privacy import VIEW_REQUIREMENT
from operations.serializers.personal import may_in

LEG_FIELDS = [
    "id",
    "trip",
    "sequence",
    "kind",
    "status",
    "origin",
    "destination",
    "alternate",
    "diverted_to",
    "runway",
    "is_technical_stop",
    "has_patient",
    "is_acute_care",
    "passengers",
    "is_ifr",
    "distance_nm",
    "wind_kt",
    "block_min",
    "flight_min",
    "fuel_kg",
    "fuel_on_board_kg",
    "payload_kg",
    "min_ceiling_ft",
    "min_visibility_m",
    "landing_distance_m",
    "planned_out_at",
    "planned_off_at",
    "planned_on_at",
    "planned_in_at",
    "estimated_out_at",
    "estimated_in_at",
    "latest_arrival_at",
    "actual_out_at",
    "actual_off_at",
    "actual_on_at",
    "actual_in_at",
    "departs_local",
    "arrives_local",
    "delay_min",
    "late_min",
    "crew",
    "ground_legs",
    "delays",
    "departures",
    "version",
]


def _local(moment: datetime, airport: Airport) -> str:
    return moment.astimezone(ZoneInfo(airport.timezone or "UTC")).isoformat()


class TripSerializer(serializers.ModelSerializer):
    """One trip, as lists show it."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    customer_name = serializers.CharField(source="customer.name")
    quote = serializers.CharField(source="quote.number", allow_null=True, default=None)
    coordinator = serializers.CharField(source="coordinator.email", allow_null=True, default=None)
    patient = serializers.CharField(
        source="requirement.patient.number",
        allow_null=True,
        default=None,
        help_text="The number, never the name.",
    )
    services_to_recheck = serializers.IntegerField()

    class Meta:
        model = Trip
        fields = [
            "number",
            "kind",
            "title",
            "status",
            "aircraft",
            "customer",
            "customer_name",
            "quote",
            "coordinator",
            "patient",
            "start_at",
            "end_at",
            "hold_expires_at",
            "services_to_recheck",
            "version",
        ]
        read_only_fields = fields


class CrewLineSerializer(serializers.ModelSerializer):
    """A person's place on a leg."""

    trip = serializers.CharField(source="leg.trip.number")
    leg_sequence = serializers.IntegerField(source="leg.sequence")
    person = serializers.CharField(source="person.email")
    person_name = serializers.CharField(source="person.full_name")
    origin = serializers.CharField(source="leg.origin.ident")
    destination = serializers.CharField(source="leg.destination.ident")
    estimated_out_at = serializers.DateTimeField(source="leg.estimated_out_at")
    estimated_in_at = serializers.DateTimeField(source="leg.estimated_in_at")

    class Meta:
        model = CrewLine
        fields = [
            "id",
            "trip",
            "leg",
            "leg_sequence",
            "origin",
            "destination",
            "estimated_out_at",
            "estimated_in_at",
            "person",
            "person_name",
            "role",
            "duty",
            "remarks",
            "offered_at",
            "answered_at",
            "status",
            "version",
        ]
        read_only_fields = fields


class GroundLegSerializer(serializers.ModelSerializer):
    """A journey by road to or from the aircraft, with the clocks at the bedside."""

    trip = serializers.CharField(source="trip.number")
    leg_sequence = serializers.IntegerField(source="leg.sequence")
    provider_name = serializers.CharField(source="provider.name", allow_null=True, default=None)
    expected_start_at = serializers.DateTimeField()
    expected_end_at = serializers.DateTimeField()

    class Meta:
        model = GroundLeg
        fields = [
            "id",
            "trip",
            "leg",
            "leg_sequence",
            "is_pickup",
            "place",
            "place_name",
            "provider",
            "provider_name",
            "distance_km",
            "planned_start_at",
            "planned_end_at",
            "expected_start_at",
            "expected_end_at",
            "bedside_at",
            "departed_at",
            "arrived_at",
            "version",
        ]
        read_only_fields = fields


class LegDelaySerializer(serializers.ModelSerializer):
    """One cause of a delay."""

    class Meta:
        model = LegDelay
        fields = ["code", "minutes", "remarks", "recorded_at"]
        read_only_fields = fields


class LegDepartureSerializer(serializers.ModelSerializer):
    """On what a leg left its blocks; `findings` are what it left against."""

    recorded_by = serializers.CharField(source="recorded_by.email")

    class Meta:
        model = LegDeparture
        fields = [
            "out_at",
            "verdict",
            "acknowledgements",
            "findings",
            "reason",
            "recorded_by",
            "recorded_at",
        ]
        read_only_fields = fields

    def to_representation(self, instance: LegDeparture) -> dict[str, Any]:
        data = dict(super().to_representation(instance))
        may = may_in(self.context)
        told = shown_findings(Trip._meta.label_lower, data["findings"] or [], may)
        return {**data, "findings": told}


class TripLegSerializer(serializers.ModelSerializer):
    """One leg: planned, expected and actual times, with local ones beside, crew and roads."""

    trip = serializers.CharField(source="trip.number")
    origin = serializers.CharField(source="origin.ident")
    destination = serializers.CharField(source="destination.ident")
    alternate = serializers.CharField(source="alternate.ident", allow_null=True, default=None)
    diverted_to = serializers.CharField(source="diverted_to.ident", allow_null=True, default=None)
    runway: Any = serializers.StringRelatedField(allow_null=True)
    departs_local = serializers.SerializerMethodField()
    arrives_local = serializers.SerializerMethodField()
    delay_min = serializers.IntegerField(help_text="Sum of the causes given.")
    late_min = serializers.SerializerMethodField(help_text="Expected or actual arrival over plan.")
    crew = CrewLineSerializer(many=True)
    ground_legs = GroundLegSerializer(many=True)
    delays = LegDelaySerializer(many=True)
    departures = LegDepartureSerializer(many=True)

    class Meta:
        model = TripLeg
        fields = LEG_FIELDS
        read_only_fields = fields

    def get_departs_local(self, leg: TripLeg) -> str:
        return _local(leg.actual_out_at or leg.estimated_out_at, leg.origin)

    def get_arrives_local(self, leg: TripLeg) -> str:
        return _local(leg.actual_in_at or leg.estimated_in_at, leg.diverted_to or leg.destination)

    def get_late_min(self, leg: TripLeg) -> int:
        late = (leg.actual_in_at or leg.estimated_in_at) - leg.planned_in_at
        return round(late.total_seconds() / 60)


class DutyPeriodSerializer(serializers.ModelSerializer):
    """One person's duty on a trip."""

    trip = serializers.CharField(source="trip.number")
    person = serializers.CharField(source="person.email")
    person_name = serializers.CharField(source="person.full_name")

    class Meta:
        model = DutyPeriod
        fields = [
            "id",
            "trip",
            "person",
            "person_name",
            "planned_report_at",
            "planned_end_at",
            "report_at",
            "end_at",
            "positioning_min",
            "extension_reason",
            "status",
            "version",
        ]
        read_only_fields = fields


class ServiceItemSerializer(serializers.ModelSerializer):
    """One thing arranged on the ground."""

    trip = serializers.CharField(source="trip.number")
    leg_sequence = serializers.IntegerField(source="leg.sequence", allow_null=True, default=None)
    airport = serializers.CharField(source="airport.ident", allow_null=True, default=None)

    class Meta:
        model = ServiceItem
        fields = [
            "id",
            "trip",
            "leg",
            "leg_sequence",
            "airport",
            "kind",
            "is_required",
            "fbo",
            "ground_provider",
            "contact",
            "reference",
            "remarks",
            "needed_at",
            "requested_at",
            "confirmed_at",
            "needs_recheck",
            "recheck_because",
            "cost",
            "currency",
            "status",
            "version",
        ]
        read_only_fields = fields


class TripRequirementSerializer(serializers.ModelSerializer):
    """What the patient needs, without saying who it is; null for who may not see that."""

    patient = serializers.CharField(source="patient.number")

    class Meta:
        model = MedicalRequirement
        fields = ["id", "patient", "acuity", "is_stretcher", "team", "equipment", "decision"]
        read_only_fields = fields

    def to_representation(self, instance: MedicalRequirement) -> Any:
        may_see = may_in(self.context)(VIEW_REQUIREMENT)
        return super().to_representation(instance) if may_see else None


class TripDetailSerializer(serializers.ModelSerializer):
    """One trip with its legs, crew, duties, roads and services."""

    aircraft = serializers.CharField(source="aircraft.tail_number")
    customer_name = serializers.CharField(source="customer.name")
    quote = serializers.CharField(source="quote.number", allow_null=True, default=None)
    coordinator = serializers.CharField(source="coordinator.email", allow_null=True, default=None)
    control_specialist = serializers.CharField(
        source="control_specialist.email", allow_null=True, default=None
    )
    patient = serializers.CharField(
        source="requirement.patient.number", allow_null=True, default=None
    )
    services_to_recheck = serializers.IntegerField()
    requirement = TripRequirementSerializer(allow_null=True)
    legs = TripLegSerializer(many=True)
    services = ServiceItemSerializer(many=True, source="service_items")
    duty_periods = DutyPeriodSerializer(many=True)

    class Meta:
        model = Trip
        fields: Any = [
            *TripSerializer.Meta.fields,
            "quote_version",
            "requirement",
            "is_hospital_based",
            "control_specialist",
            "notes",
            "plan_hash",
            "closed_at",
            "legs",
            "services",
            "duty_periods",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields
