from typing import ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import Q

from client_management.models.constraints import currency, not_negative
from client_management.models.contract import BillingTrigger, Contract, CostKind
from client_management.models.kinds import Priority
from client_management.models.organization import ClientOrganization
from client_management.models.quote import ServiceQuote
from client_management.models.request import ServiceRequest
from client_management.models.scoping import ClientQuerySet
from common.constraints import all_or_none, one_of, within
from common.history import tracked
from common.models import BaseModel
from documents.models import Document
from flight_operations.models import FlightOperation
from rpas.models import RPASOperator
from users.models import User


class JobStatus(models.TextChoices):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    INVOICED = "invoiced"
    COMPLETED = "completed"
    ON_HOLD = "on_hold"
    CANCELLED = "cancelled"


ACTIVE_JOBS = (
    JobStatus.CONFIRMED,
    JobStatus.SCHEDULED,
    JobStatus.IN_PROGRESS,
    JobStatus.DELIVERED,
)
PLANNABLE_JOBS = (JobStatus.CONFIRMED, JobStatus.SCHEDULED, JobStatus.IN_PROGRESS)
_STOPS: set[str] = {JobStatus.ON_HOLD, JobStatus.CANCELLED}


class JobOrderQuerySet(ClientQuerySet):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE_JOBS)


@tracked
class JobOrder(BaseModel):
    """
    Work that was agreed on: one for each approved request, from the first plan to the payment.

    How far it got is counted from the flights of its operations and stored nowhere. What is agreed
    is copied from the quote: `agreed_amount` is before tax.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        JobStatus.DRAFT: {JobStatus.CONFIRMED, *_STOPS},
        JobStatus.CONFIRMED: {JobStatus.SCHEDULED, JobStatus.IN_PROGRESS, *_STOPS},
        JobStatus.SCHEDULED: {JobStatus.CONFIRMED, JobStatus.IN_PROGRESS, *_STOPS},
        JobStatus.IN_PROGRESS: {JobStatus.DELIVERED, *_STOPS},
        JobStatus.DELIVERED: {JobStatus.IN_PROGRESS, JobStatus.ACCEPTED, JobStatus.CANCELLED},
        JobStatus.ACCEPTED: {JobStatus.INVOICED},
        JobStatus.INVOICED: {JobStatus.ACCEPTED, JobStatus.COMPLETED},
        JobStatus.COMPLETED: {JobStatus.INVOICED},
        JobStatus.ON_HOLD: {
            JobStatus.DRAFT,
            JobStatus.CONFIRMED,
            JobStatus.IN_PROGRESS,
            JobStatus.CANCELLED,
        },
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="jobs")
    request = models.OneToOneField(ServiceRequest, models.PROTECT, related_name="job")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="jobs")
    quote = models.OneToOneField(ServiceQuote, models.PROTECT, null=True, related_name="job")
    operator = models.ForeignKey(
        RPASOperator, models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    manager = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Who runs it."
    )
    title = models.CharField(max_length=200)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    wanted_from = models.DateField()
    wanted_until = models.DateField(help_text="First day that is too late.")
    currency = models.CharField(max_length=3)
    agreed_amount = models.DecimalField(max_digits=12, decimal_places=2)
    billing_trigger = models.CharField(max_length=12, choices=BillingTrigger)
    purchase_order = models.CharField(max_length=60, blank=True)
    handed_over_at = models.DateTimeField(null=True, editable=False)
    handed_over_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    delivered_at = models.DateTimeField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    billed_early_because = models.CharField(max_length=500, blank=True, editable=False)
    billed_early_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    billed_early_at = models.DateTimeField(null=True, editable=False)
    status = models.CharField(max_length=12, choices=JobStatus, default=JobStatus.DRAFT)

    objects = JobOrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("confirm_joborder", "Can confirm a job"),
            ("plan_joborder", "Can plan the operations of a job"),
            ("hand_over_joborder", "Can hand a job over to dispatch"),
            ("deliver_joborder", "Can say that a job is delivered"),
            ("accept_joborder", "Can record a client's acceptance"),
            ("hold_joborder", "Can put a job on hold and resume it"),
            ("cancel_joborder", "Can cancel a job"),
            ("bill_joborder", "Can draw up the bill of a job"),
            ("bill_early_joborder", "Can have a job billed before it was accepted"),
            ("cost_joborder", "Can see and enter what a job costs"),
        ]
        constraints = [
            one_of("job_status_is_known", "status", JobStatus),
            one_of("job_trigger_is_known", "billing_trigger", BillingTrigger),
            within("job_priority_is_known", "priority", 1, 5),
            currency("job_currency_is_known"),
            not_negative("job_amount_is_not_negative", "agreed_amount"),
            all_or_none("job_handed_over_by_somebody", ("handed_over_at", "handed_over_by")),
            all_or_none("job_accepted_by_somebody", ("accepted_at", "accepted_by")),
            all_or_none(
                "job_billed_early_for_a_reason",
                ("billed_early_at", "billed_early_by"),
                ("billed_early_because",),
            ),
            models.CheckConstraint(
                name="accepted_job_was_accepted",
                condition=Q(status__in=["accepted", "invoiced", "completed"])
                & Q(accepted_at__isnull=False)
                | ~Q(status__in=["accepted", "invoiced", "completed"]) & Q(accepted_at=None),
            ),
            models.UniqueConstraint(
                fields=["id", "organization"], name="job_belongs_to_its_client"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="job_of_client"),
            models.Index(fields=["status", "wanted_until", "id"], name="job_by_status"),
        ]

    def __str__(self) -> str:
        return self.number


class JobPartQuerySet(ClientQuerySet):
    client_path = "job__organization"


@tracked
class Milestone(BaseModel):
    """A part of a job that is agreed on by itself: what is done by when, and for how much."""

    job = models.ForeignKey(JobOrder, models.CASCADE, related_name="milestones")
    sequence = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    due_on = models.DateField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, editable=False)
    reached_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    evidence = models.CharField(max_length=500, blank=True)

    objects = JobPartQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "sequence"], name="one_milestone_per_place"),
            not_negative("milestone_is_not_negative", "amount"),
            all_or_none("milestone_reached_by_somebody", ("reached_at", "reached_by")),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.title}"


class OperationPurpose(models.TextChoices):
    """Why an operation was added to a job."""

    SURVEY = "survey", "Part of what was ordered"
    REFLIGHT = "reflight", "Flying again what was missed"


@tracked
class JobOperation(BaseModel):
    """
    Which job an operation is flown for, and which part of it.

    The only place where this is written down: operation, job, request follow from it. `planned_min`
    is the share of the work that this operation is, for the job's progress.
    """

    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="operations", db_index=False)
    operation = models.OneToOneField(FlightOperation, models.PROTECT, related_name="job_operation")
    sequence = models.PositiveSmallIntegerField()
    purpose = models.CharField(
        max_length=8, choices=OperationPurpose, default=OperationPurpose.SURVEY
    )
    part = models.PolygonField(srid=4326, help_text="What of the requested area it covers.")
    part_m2 = models.FloatField()
    planned_min = models.FloatField(help_text="Minutes in the air that its part takes.")
    flight_lines = models.PositiveIntegerField(default=0)
    batteries = models.PositiveSmallIntegerField(default=1)
    height_agl_m = models.FloatField()
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = JobPartQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(name="operations_of_job", fields=["job"], include=["id", "operation"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "sequence"], name="one_operation_per_place"),
            one_of("job_operation_purpose_is_known", "purpose", OperationPurpose),
            within("job_operation_takes_time", "planned_min", 0.01, 1440),
            within("job_operation_covers_ground", "part_m2", 0.01, 1e11),
        ]

    def __str__(self) -> str:
        return f"{self.job} operation {self.sequence}"


class JobCostQuerySet(ClientQuerySet):
    client_path = "job__organization"

    def standing(self) -> Self:
        """Costs that were not taken back."""
        return self.filter(voided_at=None)


@tracked
class JobCost(BaseModel):
    """Something that was paid for a job beside flying: a fee, a journey, a subcontractor."""

    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="costs")
    kind = models.CharField(max_length=14, choices=CostKind)
    description = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    incurred_on = models.DateField()
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    voided_because = models.CharField(max_length=500, blank=True, editable=False)

    objects = JobCostQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            one_of("job_cost_kind_is_known", "kind", CostKind),
            currency("job_cost_currency_is_known"),
            not_negative("job_cost_is_not_negative", "amount"),
            all_or_none(
                "job_cost_voided_for_a_reason", ("voided_at", "voided_by"), ("voided_because",)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.description}"
