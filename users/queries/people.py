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
