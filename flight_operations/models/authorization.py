from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from rpas.models import RPASAircraft, RPASOperator
from users.models import User


class AuthorizationKind(models.TextChoices):
    """What CASA, an aerodrome or an airspace authority may allow (REGULATION AUTH-TYPES)."""

    HEIGHT = "height", "Above 120 m"
    CONTROLLED_3NM = "controlled_3nm", "Within 3 NM of a controlled aerodrome"
    CONTROLLED_3NM_HEIGHT = "controlled_3nm_height", "Above 120 m within 3 NM, controlled"
    CONTROLLED_MOVEMENT = "controlled_movement", "Over a controlled movement area"
    CONTROLLED_PATH = "controlled_path", "In a controlled approach or departure path"
    NONCONTROLLED_MOVEMENT = "noncontrolled_movement", "Over a non-controlled movement area"
    NONCONTROLLED_HEIGHT = "noncontrolled_height", "Above 120 m within 3 NM, non-controlled"
    NIGHT = "night", "Night"
    EVLOS = "evlos", "Extended visual line of sight"
    BVLOS = "bvlos", "Beyond visual line of sight"
    PEOPLE = "people", "Closer to people than 30 m"
    POPULOUS = "populous", "Over a populous area"
    RESTRICTED = "restricted", "In a restricted area"
    MILITARY = "military", "In a military operating area"
    EMERGENCY = "emergency", "Over an emergency operation"
    MULTIPLE = "multiple", "Several aircraft per pilot"
    DROPPING = "dropping", "Dropping or discharging"
    APPROVED_AREA = "approved_area", "Approved area (CASR 101.030)"
    SORA = "sora", "SORA-based approval"
    APP = "app", "Automated permission by a drone safety app"
    LARGE = "large", "Large RPA"
    AIRSPACE_ZONE = "airspace_zone", "UAS geographical zone"


class AuthorizationStatus(models.TextChoices):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"


class AuthorizationQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Authorizations of the operators that the user is a live member of."""
        if user.is_superuser:
            return self
        return self.filter(operator__in=RPASOperator.objects.visible_to(user))

    def granted(self) -> Self:
        return self.filter(status=AuthorizationStatus.GRANTED)


@tracked
class OperationalAuthorization(BaseModel):
    """
    A written permission to leave the standard operating conditions in one way.

    It counts for an operation only when kind, operator, aircraft, area, height and the whole time
    match (C-APPROVAL); one authorization may serve many operations.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AuthorizationStatus.REQUESTED: {AuthorizationStatus.GRANTED, AuthorizationStatus.REFUSED},
        AuthorizationStatus.GRANTED: {AuthorizationStatus.REVOKED},
    }

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="authorizations")
    aircraft = models.ForeignKey(
        RPASAircraft, models.PROTECT, null=True, blank=True, related_name="authorizations"
    )
    kind = models.CharField(max_length=24, choices=AuthorizationKind)
    number = models.CharField(max_length=64)
    authority = models.CharField(max_length=100, default="CASA")
    area = models.MultiPolygonField(srid=4326, null=True, blank=True)
    max_height_agl_m = models.FloatField(null=True, blank=True)
    place = models.CharField(max_length=100, blank=True, help_text="Aerodrome or area named in it.")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    conditions = models.TextField(blank=True)
    applied_on = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=12,
        choices=AuthorizationStatus,
        default=AuthorizationStatus.REQUESTED,
        editable=False,
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = AuthorizationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("grant_operationalauthorization", "Can record that an authorization was granted"),
            ("refuse_operationalauthorization", "Can record that an authorization was refused"),
            ("revoke_operationalauthorization", "Can record that an authorization was revoked"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "kind", "number"], name="one_authorization_per_number"
            ),
            models.CheckConstraint(
                name="authorization_ends_after_it_starts",
                condition=Q(valid_until__gt=F("valid_from")),
            ),
        ]
        indexes = [models.Index(fields=["operator", "status", "valid_from", "valid_until"])]

    def __str__(self) -> str:
        return self.number

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance and audit store it."""
        return f"rpas_operator:{self.operator_id}"
