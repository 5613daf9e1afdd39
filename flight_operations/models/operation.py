from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import F, Q
from django.db.models.functions import Upper

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from rpas.models import RPASAircraft, RPASOperator
from users.models import User


class OperationStatus(models.TextChoices):
    DRAFT = "draft"
    PLANNED = "planned"
    IN_REVIEW = "in_review"
    AUTHORISED = "authorised"
    READY = "ready"
    ACTIVE = "active"
    LANDED = "landed"
    LOGGED = "logged"
    FINALISED = "finalised"
    CANCELLED = "cancelled"
    ABORTED = "aborted"
    REJECTED = "rejected"


class Conformance(models.TextChoices):
    """How a flight keeps to its plan while it is in the air."""

    CONFORMING = "conforming"
    NONCONFORMING = "nonconforming"
    CONTINGENT = "contingent"


class SightMode(models.TextChoices):
    """Who keeps the aircraft in sight: the pilot, an observer, or nobody."""

    VLOS = "vlos", "VLOS"
    EVLOS = "evlos", "EVLOS"
    BVLOS = "bvlos", "BVLOS"


class OperatingCategory(models.TextChoices):
    """Under which part of CASR 101 the operation is flown; named by people, never inferred."""

    MICRO = "micro", "Micro, 250 g or less"
    SUB2 = "sub2", "Excluded, up to 2 kg"
    LAND25 = "land25", "Own land, up to 25 kg"
    LAND150 = "land150", "Own land, up to 150 kg"
    REOC = "reoc", "Under a ReOC"


UPCOMING = (
    OperationStatus.DRAFT,
    OperationStatus.PLANNED,
    OperationStatus.IN_REVIEW,
    OperationStatus.AUTHORISED,
    OperationStatus.READY,
)
FLOWN = (OperationStatus.LANDED, OperationStatus.LOGGED, OperationStatus.FINALISED)


class FlightOperationQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Operations of the operators that the user is a live member of."""
        if user.is_superuser:
            return self
        return self.filter(operator__in=RPASOperator.objects.visible_to(user))

    def on_aircraft(self, aircraft_id: int) -> Self:
        return self.filter(aircraft=aircraft_id)

    def upcoming(self) -> Self:
        return self.filter(status__in=UPCOMING)

    def active(self) -> Self:
        return self.filter(status=OperationStatus.ACTIVE)

    def planned_between(self, start: datetime, end: datetime) -> Self:
        """Operations that start in the half-open period."""
        return self.filter(planned_start_at__gte=start, planned_start_at__lt=end)


@tracked
class FlightOperation(BaseModel):
    """
    One uncrewed mission, from plan to technical log: the record all others in this app hang off.

    The compliance color shown in lists is a cache (common ComplianceState); release and start
    assess afresh.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        OperationStatus.DRAFT: {OperationStatus.PLANNED, OperationStatus.CANCELLED},
        OperationStatus.PLANNED: {
            OperationStatus.DRAFT,
            OperationStatus.IN_REVIEW,
            OperationStatus.AUTHORISED,
            OperationStatus.CANCELLED,
        },
        OperationStatus.IN_REVIEW: {
            OperationStatus.DRAFT,
            OperationStatus.PLANNED,
            OperationStatus.AUTHORISED,
            OperationStatus.REJECTED,
            OperationStatus.CANCELLED,
        },
        OperationStatus.REJECTED: {OperationStatus.PLANNED, OperationStatus.CANCELLED},
        OperationStatus.AUTHORISED: {
            OperationStatus.DRAFT,
            OperationStatus.PLANNED,
            OperationStatus.READY,
            OperationStatus.CANCELLED,
        },
        OperationStatus.READY: {
            OperationStatus.DRAFT,
            OperationStatus.PLANNED,
            OperationStatus.AUTHORISED,
            OperationStatus.ACTIVE,
            OperationStatus.CANCELLED,
        },
        OperationStatus.ACTIVE: {OperationStatus.LANDED, OperationStatus.ABORTED},
        OperationStatus.LANDED: {OperationStatus.LOGGED},
        OperationStatus.ABORTED: {OperationStatus.LOGGED},
        OperationStatus.LOGGED: {OperationStatus.FINALISED},
    }

    number = models.CharField(max_length=20, unique=True, editable=False)
    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="operations")
    aircraft = models.ForeignKey(RPASAircraft, models.PROTECT, related_name="operations")
    pilot_in_command = models.ForeignKey(User, models.PROTECT, related_name="operations_as_pilot")
    title = models.CharField(max_length=200)
    purpose = models.TextField(help_text="Nature and purpose of the operation.")
    category = models.CharField(max_length=8, choices=OperatingCategory)
    sight_mode = models.CharField(max_length=8, choices=SightMode, default=SightMode.VLOS)
    is_paid = models.BooleanField(default=True)
    is_over_own_land = models.BooleanField(default=False)
    status = models.CharField(
        max_length=16, choices=OperationStatus, default=OperationStatus.DRAFT, editable=False
    )
    conformance = models.CharField(
        max_length=16, choices=Conformance, default=Conformance.CONFORMING, editable=False
    )
    planned_start_at = models.DateTimeField()
    planned_end_at = models.DateTimeField()
    actual_start_at = models.DateTimeField(null=True, blank=True, editable=False)
    actual_end_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = FlightOperationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("plan_flightoperation", "Can amend the plan of a flight operation"),
            ("submit_flightoperation", "Can submit a flight operation for review"),
            ("review_flightoperation", "Can authorise or reject a flight operation"),
            ("release_flightoperation", "Can release a flight operation"),
            ("start_flightoperation", "Can start a flight operation"),
            ("land_flightoperation", "Can record a landing"),
            ("log_flightoperation", "Can complete the operational log"),
            ("finalise_flightoperation", "Can close a flight operation"),
            ("cancel_flightoperation", "Can cancel a flight operation"),
            ("ingest_flightoperation", "Can send telemetry of a flight operation"),
        ]
        constraints = [
            models.CheckConstraint(
                name="operation_planned_end_after_start",
                condition=Q(planned_end_at__gt=F("planned_start_at")),
            ),
            models.CheckConstraint(
                name="operation_ends_after_it_starts",
                condition=Q(actual_end_at=None) | Q(actual_end_at__gte=F("actual_start_at")),
            ),
            models.CheckConstraint(
                name="operation_in_the_air_has_a_start",
                condition=Q(actual_start_at__isnull=False)
                | ~Q(status__in=["active", "landed", "logged", "finalised", "aborted"]),
            ),
            models.CheckConstraint(
                name="operation_before_take_off_has_no_start",
                condition=Q(actual_start_at=None)
                | Q(status__in=["active", "landed", "logged", "finalised", "aborted"]),
            ),
            models.UniqueConstraint(
                name="one_active_operation_per_aircraft",
                fields=["aircraft"],
                condition=Q(status="active"),
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "-planned_start_at", "id"]),
            models.Index(fields=["aircraft", "planned_start_at"]),
            models.Index(fields=["pilot_in_command", "planned_start_at"]),
            models.Index(fields=["planned_start_at", "id"]),
            # Thousands are counted by state and day for one page of clients: from the index alone.
            models.Index(
                name="operation_state",
                fields=["id"],
                include=["status", "planned_start_at", "actual_end_at"],
            ),
            *(
                GinIndex(
                    OpClass(Upper(field), name="gin_trgm_ops"), name=f"operation_{field}_words"
                )
                for field in ("number", "title")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"


@tracked
class CrewMember(BaseModel):
    """Somebody other than the pilot in command with a part in one operation."""

    class Role(models.TextChoices):
        OBSERVER = "observer"
        SECOND_PILOT = "second_pilot"
        GROUND_CREW = "ground_crew"
        SUPERVISOR = "supervisor"

    operation = models.ForeignKey(FlightOperation, models.CASCADE, related_name="crew")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role)
    trained_on = models.DateField(
        null=True, blank=True, help_text="When trained for this part; recorded by the operator."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "user", "role"], name="one_part_per_crew_member"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"
