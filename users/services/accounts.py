from datetime import date, datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.lifecycle import locked
from common.outbox import announce
from users.events import UserDeactivated, UserReactivated
from users.exceptions import AccountExists, AlreadyActive, NotActive
from users.models import ApiToken, User, UserProfile
from users.services.guards import (
    administers,
    lock_administrators,
    require_another_administrator,
    require_authority_over,
)
from users.services.passwords import require_good
from users.services.sessions import end_all_sessions


@transaction.atomic
def create_account(
    *,
    email: str,
    first_name: str,
    last_name: str,
    actor: User,
    at: datetime,
    password: str = "",
    date_of_birth: date | None = None,
) -> User:
    """
    Open an account with an empty profile and no role.

    Without a password nobody can sign in until one is set. Raises AccountExists, InvalidInput.
    """
    wanted = User.objects.normalize_email(email).lower()
    if User.objects.filter(email=wanted).exists():
        raise AccountExists
    names = {"first_name": first_name, "last_name": last_name, "date_of_birth": date_of_birth}
    if password:
        require_good(password, User(email=wanted, **names), pointer="/password")
    user = User.objects.create_user(wanted, password or None, **names)
    UserProfile.objects.create(user=user)
    audit.record("user.create", user, actor=actor, at=at)
    return user


@transaction.atomic
def change_account(
    user: User, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> User:
    """
    Change name, e-mail address or date of birth.

    Raises StaleVersion, AccountExists, BeyondOwnAuthority.
    """
    user = locked(user, version=version)
    require_authority_over(actor, user, at=at)
    if "email" in changes:
        changes["email"] = User.objects.normalize_email(changes["email"]).lower()
        if User.objects.filter(email=changes["email"]).exclude(pk=user.pk).exists():
            raise AccountExists
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=[*changes, "updated_at"])
    audit.record("user.change", user, actor=actor, at=at, fields=sorted(changes))
    touch(f"user:{user.pk}")
    return user


@transaction.atomic
def deactivate(user: User, *, reason: str, actor: User, at: datetime) -> User:
    """
    Close the account of somebody who left: sessions and machine tokens end at once.

    Raises NotActive, LastAdministrator, BeyondOwnAuthority.
    """
    lock_administrators()
    user = locked(user)
    if not user.is_active:
        raise NotActive(email=user.email)
    require_authority_over(actor, user, at=at)
    if administers(user, at=at):
        require_another_administrator(user, at=at)
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    audit.record("user.deactivate", user, actor=actor, at=at, reason=reason)
    end_all_sessions(user, reason="deactivated", actor=actor, at=at)
    ApiToken.objects.filter(owner=user, revoked_at__isnull=True).update(
        revoked_at=at, revoked_by=actor, revoked_reason=reason
    )
    announce(UserDeactivated(user_id=user.pk))
    touch(f"user:{user.pk}")
    return user


@transaction.atomic
def reactivate(user: User, *, reason: str, actor: User, at: datetime) -> User:
    """
    Open a closed account again, with the roles that are still valid.

    Sessions and machine tokens stay ended. Raises AlreadyActive, BeyondOwnAuthority.
    """
    user = locked(user)
    if user.is_active:
        raise AlreadyActive(email=user.email)
    # Whose roles come back with the account must not exceed the actor's.
    require_authority_over(actor, user, at=at)
    user.is_active = True
    user.save(update_fields=["is_active", "updated_at"])
    audit.record("user.reactivate", user, actor=actor, at=at, reason=reason)
    announce(UserReactivated(user_id=user.pk))
    touch(f"user:{user.pk}")
    return user
