import zoneinfo
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from common.constraints import all_or_none, one_of, within
from common.history import tracked
from common.models import BaseModel
from rpas.models.constraints import dates_in_order, one_at_a_time
from rpas.models.scoping import LocalToday, OperatorScopedQuerySet
from users.models import User


def validate_timezone(value: str) -> None:
    """Refuse what is not a zone of the IANA database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError("%(value)s is not an IANA time zone.", params={"value": value[:64]})


class AircraftKind(models.TextChoices):
    """How an aircraft flies; a ReOC names the kinds it covers."""

    MULTIROTOR = "multirotor"
    FIXED_WING = "fixed_wing", "Fixed wing"
    HELICOPTER = "helicopter"
    POWERED_LIFT = "powered_lift", "Powered lift"
    AIRSHIP = "airship"


class RPASOperatorQuerySet(OperatorScopedQuerySet):
    operator_path: ClassVar[str] = "pk"

    def active(self) -> Self:
        return self.filter(is_active=True)


@tracked
class RPASOperator(BaseModel):
    """
    A business that flies drones: holder of an aviation reference number (ARN) and, for most work,
    of a remote operator certificate (ReOC) with its scope.

    An empty `scope_types` or `scope_models` covers nothing; `scope_max_mass_kg` is the take-off
    mass the certificate allows, and above 25 kg a model must be named (CASR 101.335-101.342).
    """

    name = models.CharField(max_length=120, unique=True)
    legal_name = models.CharField(max_length=200)
    arn = models.CharField("ARN", max_length=16, unique=True)
    reoc_number = models.CharField("ReOC number", max_length=32, null=True, blank=True, unique=True)
    reoc_issued_on = models.DateField("ReOC issued on", null=True, blank=True)
    reoc_expires_on = models.DateField("ReOC expires on", null=True, blank=True)
    scope_max_mass_kg = models.FloatField(null=True, blank=True)
    scope_types = ArrayField(
        models.CharField(max_length=16, choices=AircraftKind), default=list, blank=True
    )
    scope_models = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    timezone = models.CharField(
        max_length=64, default="Australia/Sydney", validators=[validate_timezone]
    )
    insurance_expires_on = models.DateField(null=True, blank=True)
    operations_manual_ref = models.CharField(max_length=120, blank=True)
    job_safety_assessment_ref = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)

    objects = RPASOperatorQuerySet.as_manager()

    class Meta:
        verbose_name = "RPAS operator"
        constraints = [
            models.CheckConstraint(name="operator_arn_is_named", condition=~Q(arn="")),
            models.CheckConstraint(
                name="reoc_has_a_number",
                condition=Q(reoc_number__isnull=False)
                | Q(reoc_issued_on__isnull=True, reoc_expires_on__isnull=True),
            ),
            models.CheckConstraint(name="reoc_number_is_not_blank", condition=~Q(reoc_number="")),
            models.CheckConstraint(
                name="reoc_dates_in_order",
                condition=Q(reoc_issued_on__isnull=True)
                | Q(reoc_expires_on__isnull=True)
                | Q(reoc_expires_on__gte=F("reoc_issued_on")),
            ),
            within("scope_mass_is_real", "scope_max_mass_kg", 0.001, 100_000),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The scope under which the records of this operator are stored."""
        return f"rpas_operator:{self.pk}"


class OperatorMemberQuerySet(OperatorScopedQuerySet):
    def live(self) -> Self:
        """Memberships valid now, by each operator's own calendar."""
        rows = self.annotate(operator_today=LocalToday(F("operator__timezone")))
        return rows.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=F("operator_today")),
            valid_from__lte=F("operator_today"),
        )

    def live_on(self, day: date) -> Self:
        """Memberships valid on a day; the last day is the one before `valid_until`."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=day), valid_from__lte=day
        )

    def of_user(self, user: Any) -> Self:
        return self.filter(user=user)

    def remote_pilots(self) -> Self:
        return self.filter(is_remote_pilot=True)


@tracked
class OperatorMember(BaseModel):
    """
    A person at work for an operator, and what the operator authorized them to fly.

    Membership decides which rows a person sees; `authorized_models` names aircraft models as
    `make model`. CASR 101.252: a remote pilot must be authorized by the operator.
    """

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="operator_memberships")
    position = models.CharField(max_length=80, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    is_remote_pilot = models.BooleanField(default=False)
    pilot_authorized_on = models.DateField(null=True, blank=True)
    pilot_authorized_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    authorized_models = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    is_night_authorized = models.BooleanField(default=False)

    objects = OperatorMemberQuerySet.as_manager()

    class Meta:
        permissions = [("authorize_operatormember", "Can authorize a remote pilot")]
        constraints = [
            dates_in_order("membership_dates_in_order"),
            one_at_a_time("membership_double_booked", "operator", "user"),
            all_or_none(
                "pilot_authorization_is_whole", ["pilot_authorized_on", "pilot_authorized_by"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.operator}"


class KeyPost(models.TextChoices):
    """The posts that a ReOC rests on (CASR 101.335, 101.342)."""

    CEO = "ceo", "Chief executive officer"
    CHIEF_REMOTE_PILOT = "chief_remote_pilot", "Chief remote pilot"
    MAINTENANCE_CONTROLLER = "maintenance_controller", "Maintenance controller"
    CHIEF_INSTRUCTOR = "chief_instructor", "Chief RePL instructor"


class KeyPersonnelQuerySet(OperatorScopedQuerySet):
    def live_on(self, day: date) -> Self:
        """Holders on a day; the last day is the one before `valid_until`."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=day), valid_from__lte=day
        )

    def in_post(self, post: str) -> Self:
        return self.filter(post=post)


@tracked
class KeyPersonnel(BaseModel):
    """A person who holds one of the posts of a ReOC for a time; one holder per post at a time."""

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="key_personnel")
    user = models.ForeignKey(User, models.PROTECT, related_name="key_posts")
    post = models.CharField(max_length=24, choices=KeyPost)
    arn = models.CharField("ARN", max_length=16, blank=True)
    approved_on = models.DateField(null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    objects = KeyPersonnelQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "key personnel"
        permissions = [("end_keypersonnel", "Can end a key post")]
        constraints = [
            one_of("key_post_is_known", "post", KeyPost),
            dates_in_order("key_post_dates_in_order"),
            one_at_a_time("key_post_double_booked", "operator", "post"),
            models.CheckConstraint(
                name="chief_remote_pilot_has_arn",
                condition=~Q(post=KeyPost.CHIEF_REMOTE_PILOT) | ~Q(arn=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} of {self.operator}"


class ChangeKind(models.TextChoices):
    """What an operator may change about itself (REGULATION REOC-CHANGE)."""

    KEY_STAFF = "key_staff", "Key staff"
    STRUCTURE = "structure", "Structure"
    PROCEDURE = "procedure", "New complex procedure"
    AIRCRAFT_TYPE = "aircraft_type", "New aircraft type"
    AIRCRAFT_SERIAL = "aircraft_serial", "Aircraft added or removed within the scope"
    WORDING = "wording", "Wording"
    STRICTER_LIMIT = "stricter_limit", "More conservative limit"


SIGNIFICANT = (
    ChangeKind.KEY_STAFF,
    ChangeKind.STRUCTURE,
    ChangeKind.PROCEDURE,
    ChangeKind.AIRCRAFT_TYPE,
)


class OperatorChangeQuerySet(OperatorScopedQuerySet):
    def pending(self) -> Self:
        """Significant changes not yet approved, others not yet notified."""
        return self.filter(
            Q(kind__in=SIGNIFICANT, approved_on__isnull=True)
            | (~Q(kind__in=SIGNIFICANT) & Q(notified_on__isnull=True))
        )


@tracked
class OperatorChange(BaseModel):
    """
    A change to the operator that CASA must approve first or hear of within 21 days.

    Significant kinds need approval; the rest need a notice.
    """

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16, choices=ChangeKind)
    description = models.CharField(max_length=500)
    made_on = models.DateField()
    notified_on = models.DateField(null=True, blank=True)
    approved_on = models.DateField(null=True, blank=True)
    approval_ref = models.CharField(max_length=80, blank=True)

    objects = OperatorChangeQuerySet.as_manager()

    class Meta:
        permissions = [
            ("notify_operatorchange", "Can record the notice of a change"),
            ("approve_operatorchange", "Can record the approval of a change"),
        ]
        constraints = [one_of("operator_change_kind_is_known", "kind", ChangeKind)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.made_on}"

    @property
    def is_significant(self) -> bool:
        """Whether CASA must approve the change before it is made."""
        return self.kind in SIGNIFICANT


def normalized(text: str) -> str:
    """A registration or serial number as it is stored: upper case, no blanks."""
    return "".join(text.split()).upper()
