from typing import ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import Q

from client_management.models.access import CustomerPortalAccess
from client_management.models.constraints import currency, not_negative, ordered
from client_management.models.contract import Contract
from client_management.models.kinds import Priority, ServiceType
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from users.models import User


class RequestStatus(models.TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASSESSING = "assessing"
    QUOTED = "quoted"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Somebody still has to do something about these.
OPEN = (
    RequestStatus.DRAFT,
    RequestStatus.SUBMITTED,
    RequestStatus.ASSESSING,
    RequestStatus.QUOTED,
)


class ServiceRequestQuerySet(ClientQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def handed_in(self) -> Self:
        """What the desk sees of clients: not what they are still writing."""
        return self.exclude(status=RequestStatus.DRAFT)


@tracked
class ServiceRequest(BaseModel):
    """
    What a client wants flown: what kind of work, where, until when, how good.

    `specifications` hold what the kind of service asks for (client_management.specifications).
    `wanted_from` and `wanted_until` are local days at the site, the last one excluded. `access` is
    the key of the client's person who asked; without one somebody at the desk wrote it down.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        RequestStatus.DRAFT: {RequestStatus.SUBMITTED, RequestStatus.CANCELLED},
        RequestStatus.SUBMITTED: {
            RequestStatus.DRAFT,
            RequestStatus.ASSESSING,
            RequestStatus.DECLINED,
            RequestStatus.CANCELLED,
        },
        RequestStatus.ASSESSING: {
            RequestStatus.QUOTED,
            RequestStatus.APPROVED,
            RequestStatus.DECLINED,
            RequestStatus.CANCELLED,
        },
        RequestStatus.QUOTED: {
            RequestStatus.ASSESSING,
            RequestStatus.APPROVED,
            RequestStatus.DECLINED,
            RequestStatus.EXPIRED,
            RequestStatus.CANCELLED,
        },
        RequestStatus.EXPIRED: {RequestStatus.ASSESSING, RequestStatus.CANCELLED},
        RequestStatus.DECLINED: {RequestStatus.ASSESSING},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(
        ClientOrganization, models.PROTECT, related_name="service_requests"
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="service_requests"
    )
    access = models.ForeignKey(
        CustomerPortalAccess, models.PROTECT, null=True, blank=True, related_name="requests"
    )
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    description = models.TextField(max_length=10_000, blank=True)
    service_type = models.CharField(max_length=12, choices=ServiceType)
    specifications = models.JSONField(default=dict)
    area = models.MultiPolygonField(srid=4326)
    area_m2 = models.FloatField(editable=False, help_text="On the ellipsoid, overlaps once.")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    wanted_from = models.DateField()
    wanted_until = models.DateField(help_text="First day that is too late.")
    timezone = models.CharField(max_length=64, help_text="Zone of the site.")
    is_at_night = models.BooleanField(default=False)
    max_height_agl_m = models.FloatField(default=120)
    site_contact_name = models.CharField(max_length=200, blank=True)
    site_contact_phone = models.CharField(max_length=32, blank=True)
    site_notes = models.TextField(max_length=5_000, blank=True)
    purchase_order = models.CharField(max_length=60, blank=True)
    budget = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    approved_budget = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, editable=False
    )
    currency = models.CharField(max_length=3, default="AUD")
    submitted_at = models.DateTimeField(null=True, editable=False)
    handled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    status = models.CharField(max_length=12, choices=RequestStatus, default=RequestStatus.DRAFT)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        permissions = [
            ("submit_servicerequest", "Can hand a service request in"),
            ("assess_servicerequest", "Can assess a service request"),
            ("approve_servicerequest", "Can approve a request without an accepted quote"),
            ("decline_servicerequest", "Can decline a service request"),
            ("cancel_servicerequest", "Can cancel a service request"),
        ]
        constraints = [
            one_of("request_status_is_known", "status", RequestStatus),
            one_of("request_service_is_known", "service_type", ServiceType),
            within("request_priority_is_known", "priority", 1, 5),
            within("request_height_is_real", "max_height_agl_m", 1, 20_000),
            within("request_area_is_real", "area_m2", 1, 1e11),
            currency("request_currency_is_known"),
            not_negative("request_budget_is_not_negative", "budget", "approved_budget"),
            ordered("request_window_in_order", "wanted_from", "wanted_until"),
            models.CheckConstraint(
                name="request_approved_with_a_budget",
                condition=Q(status="approved", approved_budget__isnull=False)
                | (~Q(status="approved") & Q(approved_budget=None)),
            ),
            models.CheckConstraint(
                name="request_handed_in_at_a_time",
                condition=Q(status__in=["draft", "cancelled"]) | Q(submitted_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["id", "organization"], name="request_belongs_to_its_client"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="request_of_client"),
            models.Index(fields=["status", "wanted_until", "id"], name="request_by_status"),
            models.Index(fields=["wanted_until", "id"], name="request_by_wanted"),
        ]

    def __str__(self) -> str:
        return self.number


class RequestPartQuerySet(ClientQuerySet):
    client_path = "request__organization"


class RequestAssessment(models.Model):
    """
    What the desk found out about a request at one moment. Append-only: a new look is a new row.

    `findings` are what stands in the way and what needs a permit, `survey` the flight lines and how
    they become operations, `outlook` daylight and weather, `price` the range from the contract.
    """

    IS_APPEND_ONLY = True

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="assessments")
    sequence = models.PositiveSmallIntegerField()
    area_m2 = models.FloatField()
    flight_min = models.FloatField()
    batteries = models.PositiveIntegerField()
    operations = models.PositiveIntegerField()
    is_feasible = models.BooleanField(help_text="Nothing that was found forbids it.")
    earliest_on = models.DateField(help_text="First day by which every permit can be there.")
    findings = models.JSONField(default=list)
    authorities = models.JSONField(default=list)
    survey = models.JSONField(default=dict)
    outlook = models.JSONField(default=dict)
    price = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    assessed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    assessed_at = models.DateTimeField()

    objects = RequestPartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "sequence"], name="one_assessment_per_place"
            ),
            not_negative("assessment_is_not_negative", "area_m2", "flight_min"),
        ]

    def __str__(self) -> str:
        return f"{self.request} assessment {self.sequence}"
