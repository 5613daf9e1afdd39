from decimal import Decimal

from rest_framework import serializers

from client_management.models import (
    ClientOrganization,
    Contract,
    Priority,
    RequestAssessment,
    ServiceRequest,
    ServiceType,
)
from client_management.serializers.fields import AMOUNT, NULLABLE, TEXT
from common.api.fields import FiniteFloatField, GeoJSONField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from rpas.models import RPASAircraft, RPASOperator


class ServiceRequestSerializer(serializers.ModelSerializer):
    """What a client wants flown, in short."""

    organization = serializers.CharField(source="organization.number")
    organization_name = serializers.CharField(source="organization.name")

    class Meta:
        model = ServiceRequest
        fields = [
            "number",
            "organization",
            "organization_name",
            "title",
            "service_type",
            "status",
            "priority",
            "wanted_from",
            "wanted_until",
            "timezone",
            "area_m2",
            "submitted_at",
            "version",
        ]
        read_only_fields = fields


class ServiceRequestDetailSerializer(ServiceRequestSerializer):
    """A request with its area and everything that is asked."""

    contract = serializers.CharField(source="contract.number", allow_null=True)
    requested_by = serializers.CharField(source="requested_by.email")
    area = GeoJSONField(read_only=True, geometry_types=("MultiPolygon",))
    specifications = serializers.JSONField(help_text="As the kind of service asks for.")
    job = serializers.CharField(source="job.number", allow_null=True)

    class Meta(ServiceRequestSerializer.Meta):
        fields = [
            *ServiceRequestSerializer.Meta.fields,
            "contract",
            "requested_by",
            "description",
            "specifications",
            "area",
            "is_at_night",
            "max_height_agl_m",
            "site_contact_name",
            "site_contact_phone",
            "site_notes",
            "purchase_order",
            "budget",
            "approved_budget",
            "currency",
            "job",
        ]
        read_only_fields = fields


class _AskedSerializer(CommandSerializer):
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, **TEXT)
    service_type = serializers.ChoiceField(ServiceType.choices)
    specifications = serializers.DictField(
        help_text="Mapping: gsd_cm, overlaps, products; inspection: structures; and so on."
    )
    area = GeoJSONField()
    priority = serializers.ChoiceField(Priority.choices, required=False)
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField(help_text="First day that is too late.")
    timezone = serializers.CharField(max_length=64, required=False)
    is_at_night = serializers.BooleanField(required=False)
    max_height_agl_m = FiniteFloatField(min_value=1, max_value=5000, required=False)
    site_contact_name = serializers.CharField(max_length=200, **TEXT)
    site_contact_phone = serializers.CharField(max_length=32, **TEXT)
    site_notes = serializers.CharField(max_length=5000, **TEXT)
    purchase_order = serializers.CharField(max_length=60, **TEXT)
    budget = serializers.DecimalField(**AMOUNT, **NULLABLE)


class CreateServiceRequestSerializer(_AskedSerializer):
    """A request as the desk takes it down for a client."""

    organization = VisibleSlugField("number", queryset=ClientOrganization.objects.all())
    contract = VisibleSlugField("number", queryset=Contract.objects.all(), **NULLABLE)
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class AmendServiceRequestSerializer(SomeChangeSerializer, _AskedSerializer):
    """Any of what is asked."""

    contract = VisibleSlugField("number", queryset=Contract.objects.all(), **NULLABLE)


class AssessRequestSerializer(CommandSerializer):
    """How the desk means to do it; what is left open is taken from the house's defaults."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all(), **NULLABLE)
    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all(), **NULLABLE)
    sight_m = FiniteFloatField(min_value=10, max_value=5000, required=False)
    batteries_each = serializers.IntegerField(min_value=1, max_value=12, required=False)
    travel_km = FiniteFloatField(min_value=0, max_value=20_000, required=False)
    processing_hours = FiniteFloatField(min_value=0, max_value=10_000, required=False)
    has_weather_contingency = serializers.BooleanField(required=False)
    has_rtk = serializers.BooleanField(
        required=False, help_text="The aircraft knows its place to 5 cm, by RTK or PPK."
    )


class CallOffSerializer(CommandSerializer):
    """What a contract's call-off is agreed for, before tax, and why there is no quote."""

    amount = serializers.DecimalField(**{**AMOUNT, "min_value": Decimal("0.01")})
    reason = serializers.CharField(max_length=2000)
    purchase_order = serializers.CharField(max_length=60, **TEXT)


class RequestFindingSerializer(serializers.Serializer):
    """Something found: `red` forbids the flight, `amber` is to be dealt with, `note` is to know."""

    color = serializers.CharField()
    code = serializers.CharField()
    text = serializers.CharField()
    citation = serializers.CharField()


class RequestAuthoritySerializer(serializers.Serializer):
    """Somebody's yes that is needed, and how many days it takes; `held` names one on file."""

    kind = serializers.CharField()
    authority = serializers.CharField()
    place = serializers.CharField()
    citation = serializers.CharField()
    lead_days = serializers.IntegerField()
    held = serializers.CharField()


class RequestAssessmentSerializer(serializers.ModelSerializer):
    """What the desk found out about a request."""

    findings = RequestFindingSerializer(many=True)
    authorities = RequestAuthoritySerializer(many=True)
    survey = serializers.JSONField()
    outlook = serializers.JSONField()
    price = serializers.JSONField()
    assessed_by = serializers.CharField(source="assessed_by.email", allow_null=True)

    class Meta:
        model = RequestAssessment
        fields = [
            "sequence",
            "area_m2",
            "flight_min",
            "batteries",
            "operations",
            "is_feasible",
            "earliest_on",
            "findings",
            "authorities",
            "survey",
            "outlook",
            "price",
            "assessed_by",
            "assessed_at",
        ]
        read_only_fields = fields


class PipelineRequestSerializer(serializers.Serializer):
    """A request and what became of it so far."""

    number = serializers.CharField()
    organization = serializers.CharField(source="organization_number")
    organization_name = serializers.CharField()
    title = serializers.CharField()
    service_type = serializers.CharField()
    status = serializers.CharField()
    priority = serializers.IntegerField()
    area_m2 = serializers.FloatField()
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    budget = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    approved_budget = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    quote = serializers.CharField(source="quote_number", allow_null=True)
    quote_status = serializers.CharField(allow_null=True)
    quote_total = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    quote_valid_until = serializers.DateTimeField(allow_null=True)
    job = serializers.CharField(source="job_number", allow_null=True)
    job_status = serializers.CharField(allow_null=True)


class PipelineStageSerializer(serializers.Serializer):
    """How many requests stand at one point, and what clients mean to spend on them."""

    status = serializers.CharField()
    currency = serializers.CharField()
    count = serializers.IntegerField()
    budget = serializers.DecimalField(max_digits=18, decimal_places=2)
    approved = serializers.DecimalField(max_digits=18, decimal_places=2)
    first_wanted = serializers.DateField(allow_null=True)
