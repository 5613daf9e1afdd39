from typing import Any

from rest_framework import serializers

from client_management.models import (
    ClientOrganization,
    Industry,
    OnboardingCheck,
    OnboardingKind,
)
from client_management.serializers.fields import AMOUNT, NULLABLE, TEXT
from client_management.services.organizations import missing_checks
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.money import EXPONENTS
from contacts.models import City, Contact
from documents.models import Document
from finance.serializers.fields import MoneySerializer


class ClientOrganizationSerializer(serializers.ModelSerializer):
    """A client: whom we bill and on which terms."""

    contact = serializers.IntegerField(source="contact_id")
    city = serializers.IntegerField(source="city_id", allow_null=True)
    person = serializers.IntegerField(source="person_id", allow_null=True)

    class Meta:
        model = ClientOrganization
        fields = [
            "number",
            "name",
            "contact",
            "person",
            "industry",
            "city",
            "timezone",
            "status",
            "currency",
            "payment_days",
            "is_purchase_order_required",
            "version",
        ]
        read_only_fields = fields


class OnboardingCheckSerializer(serializers.ModelSerializer):
    """One check of a client, who made it and until when it stands."""

    document = serializers.IntegerField(source="document_id", allow_null=True)
    checked_by = serializers.CharField(source="checked_by.email")

    class Meta:
        model = OnboardingCheck
        fields = ["kind", "reference", "document", "valid_until", "checked_by", "checked_at"]
        read_only_fields = fields


class ClientDetailSerializer(ClientOrganizationSerializer):
    """A client with its terms, its insurance, and what its onboarding still lacks."""

    checks = OnboardingCheckSerializer(many=True)
    missing_checks = serializers.SerializerMethodField(
        help_text="What is still to be checked today."
    )

    class Meta(ClientOrganizationSerializer.Meta):
        fields = [
            *ClientOrganizationSerializer.Meta.fields,
            "tax_number",
            "tax_code",
            "credit_limit",
            "insurer",
            "insurance_policy",
            "insurance_required",
            "insurance_amount",
            "insurance_expires_on",
            "notes",
            "checks",
            "missing_checks",
        ]
        read_only_fields = fields

    def get_missing_checks(self, organization: ClientOrganization) -> list[str]:
        # The checks are there; the view reads the clock.
        today = organization.local_day(self.context["now"])
        return missing_checks(organization, on=today)


class _ClientTermsSerializer(CommandSerializer):
    name = serializers.CharField(max_length=200, **TEXT)
    person = VisibleSlugField("id", queryset=Contact.objects.all(), **NULLABLE)
    industry = serializers.ChoiceField(Industry.choices, required=False)
    city = VisibleSlugField("id", queryset=City.objects.all(), **NULLABLE)
    timezone = serializers.CharField(max_length=64, required=False)
    tax_number = serializers.CharField(max_length=20, **TEXT)
    tax_code = serializers.RegexField(r"^[A-Z][A-Z0-9-]{1,19}$", **TEXT)
    payment_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    credit_limit = serializers.DecimalField(**AMOUNT, **NULLABLE)
    is_purchase_order_required = serializers.BooleanField(required=False)
    insurer = serializers.CharField(max_length=200, **TEXT)
    insurance_policy = serializers.CharField(max_length=60, **TEXT)
    insurance_required = serializers.DecimalField(**AMOUNT, required=False)
    insurance_amount = serializers.DecimalField(**AMOUNT, **NULLABLE)
    insurance_expires_on = serializers.DateField(**NULLABLE)
    notes = serializers.CharField(max_length=10_000, **TEXT)


class CreateClientSerializer(_ClientTermsSerializer):
    """A contact that becomes a client; its name is the contact's unless another is given."""

    contact = VisibleSlugField("id", queryset=Contact.objects.all())
    currency = serializers.ChoiceField(sorted(EXPONENTS), required=False)


class AmendClientSerializer(SomeChangeSerializer, _ClientTermsSerializer):
    """Any of a client's terms; the contact and the currency stay."""

    name = serializers.CharField(max_length=200)


class RecordOnboardingSerializer(CommandSerializer):
    """What was checked, by which paper, and the first day on which it is void."""

    kind = serializers.ChoiceField(OnboardingKind.choices)
    reference = serializers.CharField(max_length=200, **TEXT)
    document = VisibleSlugField("id", queryset=Document.objects.all(), **NULLABLE)
    valid_until = serializers.DateField(**NULLABLE)


def _money(name: str) -> Any:
    return MoneySerializer(read=lambda row: (getattr(row, name), row.organization.currency))


class ClientGlanceSerializer(serializers.Serializer):
    """One client's work at a glance. Amounts are in the client's currency."""

    number = serializers.CharField(source="organization.number")
    name = serializers.CharField(source="organization.name")
    industry = serializers.CharField(source="organization.industry")
    open_requests = serializers.IntegerField()
    waiting_requests = serializers.IntegerField(help_text="Handed in and not yet quoted.")
    quotes_out = serializers.IntegerField()
    offered = _money("offered")
    active_jobs = serializers.IntegerField()
    held_jobs = serializers.IntegerField()
    to_accept = serializers.IntegerField(help_text="Jobs that wait for the client's acceptance.")
    to_bill = serializers.IntegerField(help_text="Accepted jobs without all their bills.")
    agreed = _money("agreed")
    upcoming_operations = serializers.IntegerField()
    flying_operations = serializers.IntegerField()
    flown_recently = serializers.IntegerField(help_text="Landed in the last 30 days.")
    next_operation_at = serializers.DateTimeField(allow_null=True)
    last_flown_at = serializers.DateTimeField(allow_null=True)
    owed = _money("owed")
    overdue = _money("overdue")
