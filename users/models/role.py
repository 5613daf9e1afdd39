from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import Permission as AuthPermission
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from users.models.user import User


class SignedInQuerySet(ScopedQuerySet):
    """Reference rows: whoever holds the view permission may see all of them."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated else self.none()


class Permission(AuthPermission):
    """One thing that may be done to one kind of record; made by the models, granted by roles."""

    objects = SignedInQuerySet.as_manager()  # type: ignore[misc, assignment]

    class Meta:
        proxy = True
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The name checks use, e.g. `flight_operations.start_flightoperation`."""
        return f"{self.content_type.app_label}.{self.codename}"

    @property
    def resource(self) -> str:
        """The kind of record, e.g. `flight_operations.flightoperation`."""
        return f"{self.content_type.app_label}.{self.content_type.model}"

    @property
    def action(self) -> str:
        """What may be done, e.g. `start`."""
        return self.codename.removesuffix(f"_{self.content_type.model}")


@tracked
class Role(BaseModel):
    """A job in the organization, such as dispatcher, and what whoever holds it may do."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    is_staff_role = models.BooleanField(default=False)
    requires_totp = models.BooleanField(default=False)
    # Set by the first change of grants by a person: seeding then leaves the role alone.
    is_customized = models.BooleanField(default=False, editable=False)
    permissions = models.ManyToManyField(AuthPermission, through="RoleGrant", related_name="+")

    objects = SignedInQuerySet.as_manager()

    def __str__(self) -> str:
        return self.code


@tracked
class RoleGrant(BaseModel):
    """One permission that one role carries."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    permission = models.ForeignKey(AuthPermission, models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["role", "permission"], name="one_grant_per_permission")
        ]

    def __str__(self) -> str:
        return f"{self.role_id}: {self.permission_id}"


class RoleAssignmentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Assignments of the people the caller may see."""
        return self.filter(user__in=User.objects.visible_to(user))

    def live(self, at: datetime) -> Self:
        """Assignments valid at a moment."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at), valid_from__lte=at)


@tracked
class RoleAssignment(BaseModel):
    """A role held by a person over a period, and who gave it. Withdrawn by ending the period."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments")
    role = models.ForeignKey(Role, models.PROTECT, related_name="assignments")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        permissions = [("withdraw_roleassignment", "Can withdraw a role from a person")]
        constraints = [
            models.CheckConstraint(
                name="role_assignment_ends_after_it_starts",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
            ExclusionConstraint(
                name="role_assignment_double_booked",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (
                        Func(
                            "valid_from",
                            "valid_until",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} for {self.user_id}"
