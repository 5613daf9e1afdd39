from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from psycopg.errors import ExclusionViolation

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from users.events import RolesChanged
from users.exceptions import AdministratorRoleFixed, AssignmentEnded, NotActive, RoleAlreadyHeld
from users.models import Role, RoleAssignment, RoleGrant, User
from users.models.user import ADMIN
from users.services.guards import (
    lock_administrators,
    require_another_administrator,
    require_within_authority,
)
from users.services.sessions import end_all_sessions


@transaction.atomic
def create_role(*, permissions: Iterable[str], actor: User, at: datetime, **fields: Any) -> Role:
    """Make a role with its permissions. Raises InvalidInput, BeyondOwnAuthority."""
    wanted = set(permissions)
    require_within_authority(actor, wanted)
    role = Role.objects.create(is_customized=True, **fields)
    _set_grants(role, wanted)
    audit.record("role.create", role, actor=actor, at=at, permissions=sorted(wanted))
    return role


@transaction.atomic
def change_role(
    role: Role,
    *,
    version: int | None,
    actor: User,
    at: datetime,
    permissions: Iterable[str] | None = None,
    **changes: Any,
) -> Role:
    """
    Change what a role is called, asks for and allows; counts at its holders' next request.

    Raises AdministratorRoleFixed, BeyondOwnAuthority, InvalidInput, StaleVersion.
    """
    role = locked(role, version=version)
    before = set(permission_names(role))
    wanted = before if permissions is None else set(permissions)
    if role.code == ADMIN and (before - wanted or changes.get("is_staff_role") is False):
        raise AdministratorRoleFixed
    require_within_authority(actor, before | wanted)
    for name, value in changes.items():
        setattr(role, name, value)
    role.is_customized = True
    role.save(update_fields=[*changes, "is_customized", "updated_at"])
    _set_grants(role, wanted)
    audit.record(
        "role.change",
        role,
        actor=actor,
        at=at,
        fields=sorted(changes),
        added=sorted(wanted - before),
        removed=sorted(before - wanted),
    )
    return role


@transaction.atomic
def assign_role(
    user: User,
    role: Role,
    *,
    actor: User,
    at: datetime,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    reason: str = "",
) -> RoleAssignment:
    """
    Give a person a role over a period; their sessions end, so that they sign in as what they are.

    Raises RoleAlreadyHeld, BeyondOwnAuthority, NotActive, InvalidInput for a period that is over.
    """
    start = valid_from or at
    if valid_until is not None and valid_until <= max(start, at):
        raise InvalidInput("/valid_until", "After the start, and in the future.")
    user = locked(user)
    if not user.is_active:
        raise NotActive(email=user.email)
    require_within_authority(actor, permission_names(role))
    assignment = RoleAssignment(
        user=user,
        role=role,
        valid_from=start,
        valid_until=valid_until,
        granted_by=actor,
        reason=reason,
    )
    _insert(assignment)
    _settle("role.assign", assignment, actor=actor, at=at, reason=reason)
    return assignment


@transaction.atomic
def withdraw_role(
    assignment: RoleAssignment, *, reason: str, actor: User, at: datetime
) -> RoleAssignment:
    """
    End an assignment now; one that has not begun never will.

    Raises AssignmentEnded, LastAdministrator, BeyondOwnAuthority.
    """
    lock_administrators()
    locked(assignment.user)
    assignment = locked(assignment)
    if assignment.valid_until is not None and assignment.valid_until <= at:
        raise AssignmentEnded
    role = assignment.role
    require_within_authority(actor, permission_names(role))
    if role.code == ADMIN and not assignment.user.is_superuser:
        require_another_administrator(assignment.user, at=at)
    assignment.valid_until = max(at, assignment.valid_from)
    assignment.withdrawn_by = actor
    assignment.save(update_fields=["valid_until", "withdrawn_by", "updated_at"])
    _settle("role.withdraw", assignment, actor=actor, at=at, reason=reason)
    return assignment


def permission_names(role: Role) -> list[str]:
    """The permissions of a role, as `app.codename`."""
    return list(_named(role.permissions.all()).values_list("full_name", flat=True))


def _insert(assignment: RoleAssignment) -> None:
    try:
        with transaction.atomic():
            assignment.save(force_insert=True)
    except IntegrityError as error:
        if not isinstance(error.__cause__, ExclusionViolation):
            raise
        held = {"email": assignment.user.email, "role": assignment.role.code}
        raise RoleAlreadyHeld(**held) from error


def _settle(
    action: str, assignment: RoleAssignment, *, actor: User, at: datetime, reason: str
) -> None:
    user, role = assignment.user, assignment.role
    audit.record(action, user, actor=actor, at=at, reason=reason, role=role.code)
    end_all_sessions(user, reason="roles", actor=actor, at=at)
    user.forget_authority()
    announce(RolesChanged(user_id=user.pk))
    touch(f"user:{user.pk}")


def _set_grants(role: Role, wanted: set[str]) -> None:
    found = dict(
        _named(Permission.objects.all()).filter(full_name__in=wanted).values_list("full_name", "pk")
    )
    unknown = sorted(wanted - set(found))
    if unknown:
        raise InvalidInput("/permissions", f"Unknown: {', '.join(unknown)[:200]}.")
    held = set(role.grants.values_list("permission_id", flat=True))
    role.grants.exclude(permission_id__in=found.values()).delete()
    RoleGrant.objects.bulk_create(
        RoleGrant(role=role, permission_id=pk) for pk in found.values() if pk not in held
    )


def _named(rows: Any) -> Any:
    name = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return rows.annotate(full_name=name).order_by("full_name")
