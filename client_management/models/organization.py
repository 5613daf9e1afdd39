from datetime import date, datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from client_management.models.constraints import currency, not_negative
from client_management.models.scoping import ClientQuerySet
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from contacts.models import City, Contact
from documents.models import Document
from users.models import User


class ClientStatus(models.TextChoices):
    PROSPECT = "prospect"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Industry(models.TextChoices):
    AGRICULTURE = "agriculture"
    CONSTRUCTION = "construction"
    ENERGY = "energy", "Energy and utilities"
    ENVIRONMENT = "environment"
    GOVERNMENT = "government"
    INSURANCE = "insurance"
    MEDIA = "media", "Media and events"
    MINING = "mining"
    PROPERTY = "property"
    TELECOMMUNICATIONS = "telecommunications"
    TRANSPORT = "transport"
    OTHER = "other"


class OrganizationQuerySet(ClientQuerySet):
    client_path = "pk"

    def active(self) -> Self:
        return self.filter(status=ClientStatus.ACTIVE)


@tracked
class ClientOrganization(BaseModel):
    """
    Somebody who orders drone work: whom we bill, on which terms, and whether we know them yet.

    Addresses, telephones and people are those of `contact`, kept once for the whole company. A
    client becomes active when every check that its onboarding asks for is on record.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ClientStatus.PROSPECT: {ClientStatus.ACTIVE, ClientStatus.CLOSED},
        ClientStatus.ACTIVE: {ClientStatus.SUSPENDED, ClientStatus.CLOSED},
        ClientStatus.SUSPENDED: {ClientStatus.ACTIVE, ClientStatus.CLOSED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    name = models.CharField(max_length=200)
    contact = models.OneToOneField(Contact, models.PROTECT, related_name="client_organization")
    person = models.ForeignKey(
        Contact,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whom the desk talks to.",
    )
    industry = models.CharField(max_length=20, choices=Industry, default=Industry.OTHER)
    city = models.ForeignKey(City, models.PROTECT, null=True, blank=True, related_name="+")
    timezone = models.CharField(max_length=64, default="Australia/Sydney")
    tax_number = models.CharField(max_length=20, blank=True, help_text="ABN, VAT number or alike.")
    tax_code = models.CharField(
        max_length=20, blank=True, help_text="Code of the dated tax on our work; empty for none."
    )
    currency = models.CharField(max_length=3, default="AUD")
    payment_days = models.PositiveSmallIntegerField(default=30)
    credit_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    is_purchase_order_required = models.BooleanField(default=False)
    insurer = models.CharField(max_length=200, blank=True)
    insurance_policy = models.CharField(max_length=60, blank=True)
    insurance_required = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="Cover the client asks us to carry."
    )
    insurance_amount = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="Cover on file for them."
    )
    insurance_expires_on = models.DateField(null=True, blank=True, help_text="Last valid day.")
    notes = models.TextField(max_length=10_000, blank=True)
    status = models.CharField(max_length=12, choices=ClientStatus, default=ClientStatus.PROSPECT)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("activate_clientorganization", "Can take a client on, and end a suspension"),
            ("suspend_clientorganization", "Can suspend a client"),
            ("close_clientorganization", "Can close a client"),
            ("check_clientorganization", "Can record a check of a client's onboarding"),
        ]
        constraints = [
            one_of("client_status_is_known", "status", ClientStatus),
            one_of("client_industry_is_known", "industry", Industry),
            currency("client_currency_is_known"),
            models.CheckConstraint(name="client_has_a_name", condition=~Q(name="")),
            not_negative(
                "client_amounts_are_not_negative",
                "credit_limit",
                "insurance_required",
                "insurance_amount",
            ),
            within("client_payment_days_are_real", "payment_days", 0, 365),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="client_by_name"),
            models.Index(fields=["status", "name", "id"], name="client_by_status"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="client_name_words"),
        ]

    def __str__(self) -> str:
        return self.number

    def local_day(self, at: datetime) -> date:
        """The day at the client's place."""
        return at.astimezone(ZoneInfo(self.timezone)).date()


class OnboardingKind(models.TextChoices):
    """What is found out about a client before the first job."""

    IDENTITY = "identity", "Registered business"
    CREDIT = "credit", "Credit"
    INSURANCE = "insurance", "Insurance asked for"
    TERMS = "terms", "Terms accepted"
    PRIVACY = "privacy", "Privacy and data handling"
    SITE_SAFETY = "site_safety", "Site safety rules"


class OrganizationPartQuerySet(ClientQuerySet):
    pass


@tracked
class OnboardingCheck(BaseModel):
    """One check of a client: done by whom, when, with which paper, until when it stands."""

    organization = models.ForeignKey(ClientOrganization, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=12, choices=OnboardingKind)
    reference = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    valid_until = models.DateField(null=True, blank=True, help_text="First day it is void.")
    checked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    objects = OrganizationPartQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            one_of("onboarding_kind_is_known", "kind", OnboardingKind),
            models.UniqueConstraint(
                fields=["organization", "kind"], name="one_onboarding_check_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.kind}"
