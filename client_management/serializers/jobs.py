from typing import Any

from rest_framework import serializers

from client_management.models import (
    COUNTED,
    CostKind,
    JobCost,
    JobOperation,
    JobOrder,
    Milestone,
    Priority,
)
from client_management.serializers.fields import AMOUNT, NULLABLE, TEXT
from client_management.services.jobs import PlannedMilestone
from common.api.fields import FiniteFloatField, GeoJSONField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from documents.models import Document
from finance.serializers.fields import MoneySerializer
from flight_operations.models import OperatingCategory
from flight_operations.serializers.operations import PlanChangesSerializer
from rpas.models import RPASAircraft, RPASOperator
from users.models import User

OF_PARTS = frozenset(
    {
        "launch_site",
        "recovery_site",
        "control_station",
        "max_height_agl_m",
        "take_off_mass_kg",
        "max_distance_pilot_m",
    }
)


class JobOrderSerializer(serializers.ModelSerializer):
    """Work that was agreed on, in short."""

    organization = serializers.CharField(source="organization.number")
    organization_name = serializers.CharField(source="organization.name")
    request = serializers.CharField(source="request.number")
    agreed = MoneySerializer(read=lambda job: (job.agreed_amount, job.currency))

    class Meta:
        model = JobOrder
        fields = [
            "number",
            "organization",
            "organization_name",
            "request",
            "title",
            "status",
            "priority",
            "wanted_from",
            "wanted_until",
            "agreed",
            "billing_trigger",
            "handed_over_at",
            "delivered_at",
            "accepted_at",
            "version",
        ]
        read_only_fields = fields


class JobProgressSerializer(serializers.Serializer):
    """How far a job got: the area of the parts that were flown, of all there is to fly."""

    percent = serializers.FloatField()
    flown_min = serializers.FloatField()
    planned_min = serializers.FloatField()
    operations = serializers.IntegerField()
    flown = serializers.IntegerField()
    upcoming = serializers.IntegerField()
    in_the_air = serializers.IntegerField()


class MilestoneSerializer(serializers.ModelSerializer):
    """A part of a job that is agreed on by itself."""

    price = MoneySerializer(read=lambda row: (row.amount, row.job.currency))

    class Meta:
        model = Milestone
        fields = ["sequence", "title", "price", "due_on", "reached_at", "evidence"]
        read_only_fields = fields


class JobDetailSerializer(JobOrderSerializer):
    """A job with its milestones and how far its flights got."""

    contract = serializers.CharField(source="contract.number")
    quote = serializers.CharField(source="quote.number", allow_null=True)
    operator = serializers.CharField(source="operator.name", allow_null=True)
    manager = serializers.CharField(source="manager.email", allow_null=True)
    milestones = MilestoneSerializer(many=True)
    progress = JobProgressSerializer()

    class Meta(JobOrderSerializer.Meta):
        fields = [
            *JobOrderSerializer.Meta.fields,
            "contract",
            "quote",
            "operator",
            "manager",
            "purchase_order",
            "billed_early_because",
            "milestones",
            "progress",
        ]
        read_only_fields = fields


class JobOperationSerializer(serializers.ModelSerializer):
    """One operation of a job, and which part of the area it covers."""

    operation = serializers.CharField(source="operation.number")
    status = serializers.CharField(source="operation.status")
    aircraft = serializers.CharField(source="operation.aircraft.registration")
    planned_start_at = serializers.DateTimeField(source="operation.planned_start_at")
    planned_end_at = serializers.DateTimeField(source="operation.planned_end_at")
    part = GeoJSONField(read_only=True, geometry_types=("Polygon",))

    class Meta:
        model = JobOperation
        fields = [
            "sequence",
            "operation",
            "status",
            "aircraft",
            "planned_start_at",
            "planned_end_at",
            "purpose",
            "part_m2",
            "planned_min",
            "flight_lines",
            "batteries",
            "height_agl_m",
            "part",
        ]
        read_only_fields = fields


class CostLineSerializer(serializers.Serializer):
    """One cost of a job; without `id` it is counted from the flights."""

    kind = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=12, decimal_places=4)
    unit_cost = serializers.DecimalField(max_digits=12, decimal_places=2)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class MarginSerializer(serializers.Serializer):
    """What a job was agreed for, what it cost so far, and what is left."""

    currency = serializers.CharField()
    agreed = serializers.DecimalField(max_digits=12, decimal_places=2)
    cost = serializers.DecimalField(max_digits=14, decimal_places=2)
    margin = serializers.DecimalField(max_digits=14, decimal_places=2)
    margin_percent = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    flown_hours = serializers.DecimalField(max_digits=12, decimal_places=4)
    lines = CostLineSerializer(many=True)
    unpriced = serializers.ListField(
        child=serializers.CharField(), help_text="Happened on a day without a rate."
    )


class JobCostSerializer(serializers.ModelSerializer):
    """A cost that was entered; one that was taken back says why."""

    cost = MoneySerializer(read=lambda row: (row.amount, row.currency))
    document = serializers.IntegerField(source="document_id", allow_null=True)
    entered_by = serializers.CharField(source="entered_by.email")

    class Meta:
        model = JobCost
        fields = [
            "id",
            "kind",
            "description",
            "cost",
            "incurred_on",
            "document",
            "entered_by",
            "entered_at",
            "voided_at",
            "voided_because",
        ]
        read_only_fields = fields


class AmendJobSerializer(SomeChangeSerializer):
    """Who runs and who flies a job, when and how pressing."""

    title = serializers.CharField(max_length=200)
    manager = VisibleSlugField("email", queryset=User.objects.all(), allow_null=True)
    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all(), allow_null=True)
    priority = serializers.ChoiceField(Priority.choices)
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField()
    purchase_order = serializers.CharField(max_length=60, allow_blank=True)


class PlannedMilestoneSerializer(CommandSerializer):
    """A part of a job: what, for how much before tax, by when."""

    title = serializers.CharField(max_length=200)
    amount = serializers.DecimalField(**AMOUNT, required=False)
    due_on = serializers.DateField(**NULLABLE)

    def validate(self, attrs: dict[str, Any]) -> Any:
        return PlannedMilestone(**attrs)


class SetMilestonesSerializer(CommandSerializer):
    """All parts of a job; they replace others."""

    milestones = PlannedMilestoneSerializer(many=True, max_length=100)


class ReachMilestoneSerializer(CommandSerializer):
    """Which part is done, and what shows it."""

    sequence = serializers.IntegerField(min_value=1, max_value=32_000)
    evidence = serializers.CharField(max_length=500, **TEXT)


class SiteConditionsSerializer(PlanChangesSerializer):
    """What is stated of the site for every operation; what is left out counts as not known."""

    def get_fields(self) -> dict[str, Any]:
        # Where the pilot stands, how high and how far are each part's own.
        return {name: field for name, field in super().get_fields().items() if name not in OF_PARTS}


class PlanJobSerializer(CommandSerializer):
    """Who is to fly from when on; without an area what is not planned yet."""

    operator = VisibleSlugField("name", queryset=RPASOperator.objects.all())
    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    pilot = VisibleSlugField("email", queryset=User.objects.all())
    category = serializers.ChoiceField(OperatingCategory.choices, required=False)
    start_at = serializers.DateTimeField()
    area = GeoJSONField(required=False, help_text="Flown again instead, such as gaps.")
    sight_m = FiniteFloatField(min_value=10, max_value=5000, required=False)
    batteries_each = serializers.IntegerField(min_value=1, max_value=12, required=False)
    is_draft = serializers.BooleanField(required=False)
    conditions = SiteConditionsSerializer(required=False)


class OptionalReasonSerializer(CommandSerializer):
    """Why, where there is something to say."""

    reason = serializers.CharField(max_length=2000, **TEXT)


class EnterCostSerializer(CommandSerializer):
    """Something that was paid for a job, in its currency."""

    kind = serializers.ChoiceField(
        [choice for choice in CostKind.choices if choice[0] not in [str(k) for k in COUNTED]]
    )
    description = serializers.CharField(max_length=200)
    amount = serializers.DecimalField(**AMOUNT)
    incurred_on = serializers.DateField()
    document = VisibleSlugField("id", queryset=Document.objects.all(), **NULLABLE)


class VoidCostSerializer(CommandSerializer):
    """Which cost is taken back, and why."""

    cost = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(max_length=500)


class BillJobSerializer(CommandSerializer):
    """The client's order number on the bill, if it is another than the job's."""

    reference = serializers.CharField(max_length=60, **TEXT)


class DraftedBillSerializer(serializers.Serializer):
    """The bill that was drafted; it is found and issued among the invoices."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    total = MoneySerializer(read=lambda invoice: (invoice.total, invoice.currency))
