from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation, OperatingCategory
from flight_operations.models.risk_assessment import INDICES, LIKELIHOODS, SEVERITIES
from rpas.models import RPASAircraft, RPASOperator
from users.models import User


class SafetyQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Records of the operators that the user is a live member of."""
        if user.is_superuser:
            return self
        return self.filter(operator__in=RPASOperator.objects.visible_to(user))


class IncidentStatus(models.TextChoices):
    REPORTED = "reported"
    UNDER_INVESTIGATION = "under_investigation"
    ACTION = "action"
    CLOSED = "closed"


class Injuries(models.TextChoices):
    NONE = "none"
    MINOR = "minor"
    SERIOUS = "serious"
    FATAL = "fatal"


class Damage(models.TextChoices):
    """What happened to the aircraft itself."""

    NONE = "none"
    MINOR = "minor"
    SUBSTANTIAL = "substantial"
    DESTROYED = "destroyed"


class ThirdPartyDamage(models.TextChoices):
    NONE = "none"
    MINOR = "minor"
    SERIOUS = "serious"


class Classification(models.TextChoices):
    FLYAWAY = "flyaway", "Fly-away"
    LOSS_OF_CONTROL = "loss_of_control", "Loss of control"
    COLLISION = "collision", "Collision"
    NEAR_COLLISION = "near_collision", "Near collision"
    INJURY = "injury", "Injury"
    PROPERTY_DAMAGE = "property_damage", "Property damage"
    AIRSPACE_BREACH = "airspace_breach", "Airspace breach"
    OTHER = "other", "Other"


class ATSBCategory(models.TextChoices):
    """How the transport safety investigation rules class the aircraft (TSI-TYPE1, -TYPE2)."""

    TYPE1 = "type1", "Type 1"
    TYPE2 = "type2", "Type 2"
    NONE = "none", "Voluntary reports only"


@tracked
class SMSIncidentReport(BaseModel):
    """
    Something that went wrong with an uncrewed aircraft, from the first word to the lesson learned.

    `aware_at` starts the clocks of the report to the ATSB; `phoned_at` and `written_at` stop them.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        IncidentStatus.REPORTED: {IncidentStatus.UNDER_INVESTIGATION},
        IncidentStatus.UNDER_INVESTIGATION: {IncidentStatus.ACTION, IncidentStatus.CLOSED},
        IncidentStatus.ACTION: {IncidentStatus.UNDER_INVESTIGATION, IncidentStatus.CLOSED},
        IncidentStatus.CLOSED: {IncidentStatus.UNDER_INVESTIGATION},
    }

    number = models.CharField(max_length=20, unique=True, editable=False)
    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="incidents")
    operation = models.ForeignKey(
        FlightOperation, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    aircraft = models.ForeignKey(
        RPASAircraft, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    pilot = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    operating_category = models.CharField(
        max_length=8, choices=OperatingCategory, blank=True, help_text="Empty when not known."
    )
    mass_kg = models.FloatField(null=True, blank=True, help_text="Take-off mass, kilograms.")
    is_type_certified = models.BooleanField(default=False)
    status = models.CharField(
        max_length=20, choices=IncidentStatus, default=IncidentStatus.REPORTED, editable=False
    )
    classification = models.CharField(max_length=16, choices=Classification)
    occurred_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, help_text="IANA zone of the place.")
    aware_at = models.DateTimeField(help_text="When the responsible person came to know: T0.")
    place = models.CharField(max_length=200)
    position = models.PointField(geography=True, null=True, blank=True)
    phase = models.CharField(max_length=40, blank=True, help_text="Such as take-off or transit.")
    weather = models.TextField(blank=True)
    airspace = models.CharField(max_length=100, blank=True)
    narrative = models.TextField()
    injuries = models.CharField(max_length=8, choices=Injuries, default=Injuries.NONE)
    damage = models.CharField(max_length=12, choices=Damage, default=Damage.NONE)
    damage_description = models.TextField(blank=True)
    third_party_damage = models.CharField(
        max_length=8, choices=ThirdPartyDamage, default=ThirdPartyDamage.NONE
    )
    third_party = models.TextField(blank=True, help_text="Whose, and how to reach them.")
    immediate_action = models.TextField(blank=True)
    evidence = models.TextField(blank=True, help_text="What is kept, and where.")
    corrective_action = models.TextField(blank=True)
    atsb_category = models.CharField(max_length=8, choices=ATSBCategory, editable=False)
    is_immediately_reportable = models.BooleanField(editable=False)
    is_reportable = models.BooleanField(editable=False)
    phoned_at = models.DateTimeField(null=True, blank=True, editable=False)
    written_at = models.DateTimeField(null=True, blank=True, editable=False)
    atsb_reference = models.CharField(max_length=64, blank=True, editable=False)
    is_aircraft_quarantined = models.BooleanField(default=False, editable=False)
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    objects = SafetyQuerySet.as_manager()

    class Meta:
        verbose_name = "incident report"
        permissions = [
            (
                "investigate_smsincidentreport",
                "Can open or reopen the investigation of an incident",
            ),
            ("act_smsincidentreport", "Can record the corrective action after an incident"),
            ("notify_smsincidentreport", "Can record a report to the ATSB"),
            ("close_smsincidentreport", "Can close an incident"),
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_known_after_it_happened",
                condition=Q(aware_at__gte=F("occurred_at")),
            ),
            models.CheckConstraint(
                name="incident_reported_after_it_was_known",
                condition=(Q(phoned_at=None) | Q(phoned_at__gte=F("aware_at")))
                & (Q(written_at=None) | Q(written_at__gte=F("aware_at"))),
            ),
            models.CheckConstraint(
                name="immediate_incident_is_reportable",
                condition=Q(is_immediately_reportable=False) | Q(is_reportable=True),
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "-occurred_at"]),
            models.Index(
                fields=["aware_at"],
                condition=Q(is_reportable=True, written_at=None),
                name="incident_written_clock",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"


class HazardStatus(models.TextChoices):
    OPEN = "open"
    MITIGATING = "mitigating"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class HazardCategory(models.TextChoices):
    AIRSPACE = "airspace", "Airspace and other traffic"
    WEATHER = "weather", "Weather"
    TECHNICAL = "technical", "Aircraft and equipment"
    CONTROL_LINK = "control_link", "Control link and navigation"
    HUMAN = "human", "People and procedures"
    GROUND = "ground", "Ground, obstacles and public"
    SECURITY = "security", "Security"
    OTHER = "other", "Other"


@tracked
class SMSHazardRegister(BaseModel):
    """
    Something that could cause harm, watched until it is dealt with or knowingly lived with.

    A confidential report keeps its reporter, shown to the safety manager only; an anonymous one
    has none.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        HazardStatus.OPEN: {
            HazardStatus.MITIGATING,
            HazardStatus.ACCEPTED,
            HazardStatus.CLOSED,
        },
        HazardStatus.MITIGATING: {HazardStatus.ACCEPTED, HazardStatus.CLOSED},
        HazardStatus.ACCEPTED: {HazardStatus.MITIGATING, HazardStatus.CLOSED},
        HazardStatus.CLOSED: {HazardStatus.OPEN},
    }

    number = models.CharField(max_length=20, unique=True, editable=False)
    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="hazards")
    aircraft = models.ForeignKey(
        RPASAircraft, models.PROTECT, null=True, blank=True, related_name="hazards"
    )
    reporter = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    is_confidential = models.BooleanField(default=False)
    reported_at = models.DateTimeField(editable=False)
    description = models.TextField()
    category = models.CharField(max_length=16, choices=HazardCategory)
    location = models.CharField(max_length=200, blank=True)
    likelihood = models.CharField(max_length=1, choices=LIKELIHOODS)
    severity = models.PositiveSmallIntegerField(choices=SEVERITIES)
    index = models.CharField(max_length=12, choices=INDICES, editable=False)
    controls = models.TextField(blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    action_due_on = models.DateField(null=True, blank=True)
    residual_likelihood = models.CharField(max_length=1, choices=LIKELIHOODS, blank=True)
    residual_severity = models.PositiveSmallIntegerField(choices=SEVERITIES, null=True, blank=True)
    residual_index = models.CharField(max_length=12, choices=INDICES, blank=True, editable=False)
    review_on = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=HazardStatus, default=HazardStatus.OPEN, editable=False
    )
    incidents = models.ManyToManyField(
        SMSIncidentReport, through="HazardIncident", related_name="hazards"
    )

    objects = SafetyQuerySet.as_manager()

    class Meta:
        verbose_name = "hazard"
        permissions = [
            ("mitigate_smshazardregister", "Can start to mitigate a hazard"),
            ("accept_smshazardregister", "Can accept the residual risk of a hazard"),
            ("close_smshazardregister", "Can close a hazard"),
            ("reopen_smshazardregister", "Can reopen a hazard"),
            ("see_reporter_smshazardregister", "Can see who reported in confidence"),
        ]
        constraints = [
            models.CheckConstraint(
                name="open_report_names_its_reporter",
                condition=Q(is_confidential=True) | Q(reporter__isnull=False),
            ),
            models.CheckConstraint(
                name="hazard_is_on_the_matrix",
                condition=Q(likelihood__in=list("ABCDE")) & Q(severity__range=(1, 5)),
            ),
            models.CheckConstraint(
                name="hazard_residual_is_whole",
                condition=Q(residual_likelihood="", residual_severity=None, residual_index="")
                | (
                    Q(residual_likelihood__in=list("ABCDE"))
                    & Q(residual_severity__range=(1, 5))
                    & ~Q(residual_index="")
                ),
            ),
        ]
        indexes = [models.Index(fields=["operator", "status", "action_due_on"])]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"


@tracked
class HazardIncident(BaseModel):
    """An incident in which a known hazard showed itself."""

    hazard = models.ForeignKey(SMSHazardRegister, models.CASCADE, related_name="links")
    incident = models.ForeignKey(SMSIncidentReport, models.PROTECT, related_name="links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hazard", "incident"], name="one_link_per_hazard_and_incident"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hazard_id} {self.incident_id}"
