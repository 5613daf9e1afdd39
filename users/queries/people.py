from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from users.exceptions import RoleNotHeld
from users.models import Role, RoleAssignment, User


def with_roles(people: QuerySet, *, at: datetime) -> QuerySet:
    """Add `role_codes`: the roles each person holds at a moment."""
    held = RoleAssignment.objects.live(at).filter(user=OuterRef("pk"))
    return people.annotate(
        role_codes=ArraySubquery(held.order_by("role__code").values("role__code"))
    )


def held_assignment(user: User, role: Role, *, at: datetime) -> RoleAssignment:
    """The assignment by which a person holds a role now. Raises RoleNotHeld."""
    held = RoleAssignment.objects.live(at).filter(user=user, role=role).first()
    if held is None:
        raise RoleNotHeld(email=user.email, role=role.code)
    return held


def holders_of(permission: str, *, at: datetime) -> QuerySet[User]:
    """
    Active people whose roles give a permission, such as `operations.close_occurrence`, at a moment.

    Superusers hold everything and answer for nothing: they are not among them.
    """
    app, codename = permission.split(".")
    roles = RoleAssignment.objects.live(at).filter(
        role__grants__permission__codename=codename,
        role__grants__permission__content_type__app_label=app,
    )
    return User.objects.filter(is_active=True, role_assignments__in=roles).distinct()
