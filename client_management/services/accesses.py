"""Keys to the portal: given, changed, taken away. One order of locks: the client, then the key."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from client_management.events import AccessChanged
from client_management.exceptions import (
    AccessRevoked,
    AlreadyHasAccess,
    StaffHaveNoPortalAccess,
)
from client_management.models import (
    FLAGS,
    LEVELS,
    ClientOrganization,
    ClientStatus,
    CustomerPortalAccess,
)
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from users.models import User

PREFERENCES = (
    "notify_quotes",
    "notify_schedule",
    "notify_flights",
    "notify_deliverables",
    "notify_invoices",
    "notify_messages",
    "digest",
)


@transaction.atomic
def grant_access(
    organization: ClientOrganization,
    *,
    user: User,
    level: str,
    valid_from: date | None = None,
    actor: Any,
    at: datetime,
    **values: Any,
) -> CustomerPortalAccess:
    """
    Give a person the key to a client's portal: the flags of a level, each one changed as named.

    A key that was taken away is given again. Raises StaffHaveNoPortalAccess, AlreadyHasAccess,
    InvalidInput for a client that is closed or an account that is.
    """
    organization = locked(organization)
    _check_person(organization, user)
    # A key counts by the day at the client's place.
    today = organization.local_day(at)
    known = CustomerPortalAccess.objects.filter(organization=organization, user=user).first()
    access = locked(known) if known else CustomerPortalAccess(organization=organization, user=user)
    if known and access.revoked_at is None and not _is_over(access, today):
        raise AlreadyHasAccess
    access.level, access.granted_by = level, actor
    access.valid_from, access.valid_until = valid_from or today, None
    access.revoked_at = access.revoked_by = None
    for name, value in {**_flags(level), **values}.items():
        setattr(access, name, value)
    _check_days(access)
    access.save()
    record("portal_access.granted", access, actor=actor, at=at, **_told(access))
    return _changed(access)


@transaction.atomic
def amend_access(
    access: CustomerPortalAccess,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> CustomerPortalAccess:
    """
    Change what a key opens; another level brings its flags, but for those that are named.

    Raises AccessRevoked, StaleVersion, InvalidInput.
    """
    access = locked(access, version=version)
    if access.revoked_at is not None:
        raise AccessRevoked
    starting = _flags(changes["level"]) if "level" in changes else {}
    for name, value in {**starting, **changes}.items():
        setattr(access, name, value)
    _check_days(access)
    access.save()
    record("portal_access.amended", access, actor=actor, at=at, **_told(access))
    return _changed(access)


@transaction.atomic
def set_preferences(
    access: CustomerPortalAccess, *, changes: Mapping[str, Any], version: int | None, at: datetime
) -> CustomerPortalAccess:
    """Let a person say what they want to hear of. Raises AccessRevoked, StaleVersion."""
    access = locked(access, version=version)
    if access.revoked_at is not None:
        raise AccessRevoked
    for name in PREFERENCES:
        if name in changes:
            setattr(access, name, changes[name])
    access.save()
    record("portal_access.preferences", access, actor=access.user, at=at, fields=sorted(changes))
    return access


def note_use(access: CustomerPortalAccess, *, at: datetime) -> None:
    """Keep the day on which a key was last used: one statement a day, none on all other calls."""
    if access.last_used_at is not None and access.last_used_at.date() >= at.date():
        return
    # Not the row's version: nobody else's change is in the way of this.
    CustomerPortalAccess.objects.filter(pk=access.pk).update(last_used_at=at)


@transaction.atomic
def revoke_access(
    access: CustomerPortalAccess, *, reason: str, actor: Any, at: datetime
) -> CustomerPortalAccess:
    """Take a key away; it opens nothing from the next request on. Raises AccessRevoked."""
    access = locked(access)
    if access.revoked_at is not None:
        raise AccessRevoked
    access.revoked_at, access.revoked_by = at, actor
    access.save()
    record("portal_access.revoked", access, actor=actor, at=at, reason=reason)
    return _changed(access)


def _check_person(organization: ClientOrganization, user: User) -> None:
    if user.is_staff or user.is_superuser:
        raise StaffHaveNoPortalAccess
    if not user.is_active:
        raise InvalidInput("/user", "The account is closed.")
    if organization.status == ClientStatus.CLOSED:
        raise InvalidInput("/organization", "The client is closed.")


def _check_days(access: CustomerPortalAccess) -> None:
    if access.valid_until is not None and access.valid_until <= access.valid_from:
        raise InvalidInput("/valid_until", "Not after valid_from.")


def _is_over(access: CustomerPortalAccess, today: date) -> bool:
    return access.valid_until is not None and access.valid_until <= today


def _flags(level: str) -> dict[str, bool]:
    return {flag: flag in LEVELS[level] for flag in FLAGS}


def _told(access: CustomerPortalAccess) -> dict[str, Any]:
    held = [flag for flag in FLAGS if getattr(access, flag)]
    return {"user": access.user_id, "level": str(access.level), "flags": held}


def _changed(access: CustomerPortalAccess) -> CustomerPortalAccess:
    announce(AccessChanged(access_id=access.pk, organization_id=access.organization_id))
    return access
