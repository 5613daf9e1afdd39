"""Shapes of the portal: what a client is told, field by field, and nothing else."""

from typing import Any

from rest_framework import serializers

from client_management.models import (
    CustomerPortalAccess,
    Digest,
    JobOrder,
    Milestone,
    Priority,
    ServiceQuote,
    ServiceQuoteLine,
    ServiceRequest,
    ServiceType,
)
from client_management.serializers.deliverables import (
    LISTED,
    DeliverableIssueSerializer,
    NewestIssueSerializer,
)
from client_management.serializers.portal_money import OwedSerializer, PortalInvoiceSerializer
from common.api.fields import FiniteFloatField, GeoJSONField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from finance.serializers.fields import MoneySerializer
from flight_operations.models import FlightOperation

PREFERENCES = (
    "notify_quotes",
    "notify_schedule",
    "notify_flights",
    "notify_deliverables",
    "notify_invoices",
    "notify_messages",
    "digest",
)
FLAG_FIELDS = [
    "can_view_jobs",
    "can_request_services",
    "can_approve_quotes",
    "can_download_deliverables",
    "can_view_invoices",
    "can_track_live",
]
REQUEST_FIELDS = [
    "number",
    "title",
    "description",
    "service_type",
    "specifications",
    "area",
    "area_m2",
    "priority",
    "wanted_from",
    "wanted_until",
    "timezone",
    "is_at_night",
    "max_height_agl_m",
    "site_contact_name",
    "site_contact_phone",
    "site_notes",
    "purchase_order",
    "budget",
    "currency",
    "status",
    "job",
    "submitted_at",
    "version",
]


class PortalKeySerializer(serializers.ModelSerializer):
    """One's key to a client's portal: what it opens, and what one wants to hear of by mail."""

    organization = serializers.CharField(source="organization.number")
    name = serializers.CharField(source="organization.name")
    timezone = serializers.CharField(source="organization.timezone")
    currency = serializers.CharField(source="organization.currency")

    class Meta:
        model = CustomerPortalAccess
        fields = [
            "organization",
            "name",
            "timezone",
            "currency",
            "level",
            *FLAG_FIELDS,
            *PREFERENCES,
            "version",
        ]
        read_only_fields = fields


class PortalMeSerializer(serializers.Serializer):
    """Who is signed in, and whose portals are open to them."""

    email = serializers.EmailField()
    name = serializers.CharField()
    organizations = PortalKeySerializer(many=True)


class PortalWishesSerializer(SomeChangeSerializer):
    """What one wants to hear of by mail, and how often."""

    notify_quotes = serializers.BooleanField()
    notify_schedule = serializers.BooleanField()
    notify_flights = serializers.BooleanField()
    notify_deliverables = serializers.BooleanField()
    notify_invoices = serializers.BooleanField()
    notify_messages = serializers.BooleanField()
    digest = serializers.ChoiceField(Digest.choices)


class PortalRequestSerializer(serializers.ModelSerializer):
    """What the client wants flown."""

    area = GeoJSONField(read_only=True)
    job = serializers.CharField(source="job.number", default=None, allow_null=True)

    class Meta:
        model = ServiceRequest
        fields = REQUEST_FIELDS
        read_only_fields = fields
        extra_kwargs = {"submitted_at": {"allow_null": True}, "budget": {"allow_null": True}}


class WritePortalRequestSerializer(CommandSerializer):
    """A request as a client's person writes it; `specifications` depend on the kind of service."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    service_type = serializers.ChoiceField(ServiceType.choices)
    specifications = serializers.DictField()
    area = GeoJSONField()
    priority = serializers.ChoiceField(Priority.choices, required=False)
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField()
    timezone = serializers.CharField(max_length=64, required=False)
    is_at_night = serializers.BooleanField(required=False)
    max_height_agl_m = FiniteFloatField(min_value=1, max_value=20_000, required=False)
    site_contact_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    site_contact_phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    site_notes = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    purchase_order = serializers.CharField(max_length=60, required=False, allow_blank=True)
    budget = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False, allow_null=True
    )


class AmendPortalRequestSerializer(SomeChangeSerializer, WritePortalRequestSerializer):
    """What changes of a request that nobody has offered for yet."""


class CancelRequestSerializer(CommandSerializer):
    """Why a request is called off."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class PortalQuoteLineSerializer(serializers.ModelSerializer):
    """One line of an offer."""

    price = MoneySerializer(read=lambda row: (row.amount, row.quote.currency))

    class Meta:
        model = ServiceQuoteLine
        fields = ["sequence", "kind", "description", "quantity", "unit", "unit_price", "price"]
        read_only_fields = fields


class PortalQuoteSerializer(serializers.ModelSerializer):
    """An offer as it was sent; answering it names its `content_hash`."""

    request = serializers.CharField(source="request.number")
    subtotal = MoneySerializer(read=lambda row: (row.subtotal, row.currency))
    tax = MoneySerializer(read=lambda row: (row.tax_total, row.currency))
    total = MoneySerializer(read=lambda row: (row.total, row.currency))
    lines = PortalQuoteLineSerializer(many=True)

    class Meta:
        model = ServiceQuote
        fields = [
            "number",
            "request",
            "status",
            "subtotal",
            "tax",
            "total",
            "terms",
            "lines",
            "sent_at",
            "valid_until",
            "content_hash",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {"sent_at": {"allow_null": True}}


class AcceptServiceQuoteSerializer(CommandSerializer):
    """The answer to exactly what was read; a purchase order where the client works with them."""

    content_hash = serializers.CharField(max_length=64)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    purchase_order = serializers.CharField(max_length=60, required=False, allow_blank=True)


class DeclineServiceQuoteSerializer(CommandSerializer):
    """Why not."""

    reason = serializers.CharField(max_length=2000)


class AcceptJobSerializer(CommandSerializer):
    """A remark that goes with the acceptance."""

    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class PortalMilestoneSerializer(serializers.ModelSerializer):
    """A part of a job that is agreed on by itself."""

    class Meta:
        model = Milestone
        fields = ["sequence", "title", "due_on", "reached_at"]
        read_only_fields = fields
        extra_kwargs = {"reached_at": {"allow_null": True}}


class PortalFlightSerializer(serializers.ModelSerializer):
    """One flight of a job; no crews, no machines, no papers."""

    class Meta:
        model = FlightOperation
        fields = [
            "number",
            "status",
            "planned_start_at",
            "planned_end_at",
            "actual_start_at",
            "actual_end_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "actual_start_at": {"allow_null": True},
            "actual_end_at": {"allow_null": True},
        }


class PortalJobSerializer(serializers.ModelSerializer):
    """Work that was agreed on; how far it is is counted from its flights."""

    request = serializers.CharField(source="request.number")
    agreed = MoneySerializer(read=lambda row: (row.agreed_amount, row.currency))
    operation_count = serializers.IntegerField(source="progress.operations")
    flown_count = serializers.IntegerField(source="progress.flown")
    progress_percent = serializers.FloatField(source="progress.percent")
    next_flight_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = JobOrder
        fields = [
            "number",
            "request",
            "title",
            "status",
            "wanted_from",
            "wanted_until",
            "purchase_order",
            "agreed",
            "operation_count",
            "flown_count",
            "progress_percent",
            "next_flight_at",
            "delivered_at",
            "accepted_at",
            "version",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "delivered_at": {"allow_null": True},
            "accepted_at": {"allow_null": True},
        }


class PortalJobDetailSerializer(PortalJobSerializer):
    """A job with its area, milestones and flights."""

    area = GeoJSONField(read_only=True, source="request.area")
    milestones = PortalMilestoneSerializer(many=True)
    flights = PortalFlightSerializer(many=True)

    class Meta(PortalJobSerializer.Meta):
        fields = [*PortalJobSerializer.Meta.fields, "area", "milestones", "flights"]
        read_only_fields = fields


class PortalPositionSerializer(serializers.Serializer):
    """Where an aircraft that flies for the client is believed to be."""

    operation = serializers.CharField(source="operation.number")
    recorded_at = serializers.DateTimeField()
    lon = serializers.FloatField(source="position.x")
    lat = serializers.FloatField(source="position.y")
    height_m = serializers.FloatField(allow_null=True)
    speed_ms = serializers.FloatField(allow_null=True)
    heading_deg = serializers.FloatField(allow_null=True)


class PortalDeliverableSerializer(NewestIssueSerializer):
    """A product of a job as its client sees it: the newest issue that was released."""

    issue = serializers.IntegerField(source="given_issue")

    class Meta(NewestIssueSerializer.Meta):
        fields = [name for name in LISTED if name != "retention"]
        read_only_fields = fields


class PortalIssueSerializer(DeliverableIssueSerializer):
    """One file of a deliverable that its client was given."""

    class Meta(DeliverableIssueSerializer.Meta):
        fields = [
            name
            for name in DeliverableIssueSerializer.Meta.fields
            if name not in ("uploaded_by", "dropped_because")
        ]
        read_only_fields = fields


class ReviewSerializer(CommandSerializer):
    """The issue that was looked at, and a remark."""

    issue = serializers.IntegerField(min_value=1, max_value=32_767)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ReworkSerializer(ReviewSerializer):
    """The issue that was looked at, and what is to be done again."""

    note = serializers.CharField(max_length=2000)


class PortalDashboardSerializer(serializers.Serializer):
    """What waits for one, what is under way, what is new."""

    to_answer = PortalQuoteSerializer(many=True)
    to_review = serializers.SerializerMethodField()
    to_pay = PortalInvoiceSerializer(many=True)
    jobs = PortalJobSerializer(many=True)
    requests = PortalRequestSerializer(many=True)
    flying = PortalFlightSerializer(many=True)
    unread = serializers.SerializerMethodField()
    owed = serializers.SerializerMethodField()

    def get_to_review(self, found: Any) -> list[dict[str, Any]]:
        """Deliverables that wait for a review: number and title."""
        return [{"number": row.number, "title": row.title} for row in found.to_review]

    def get_unread(self, found: Any) -> list[dict[str, Any]]:
        """Threads with something new: what about and how many."""
        return [{"subject": row.subject, "count": row.unread_count} for row in found.unread]

    def get_owed(self, found: Any) -> list[dict[str, Any]]:
        """What is still to be paid, by currency."""
        return OwedSerializer(
            [{"currency": name, "amount": amount} for name, amount in found.owed], many=True
        ).data  # type: ignore[return-value]
