"""What every service about rights checks: nobody gives or takes more than they hold."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from common.scopes import scopes_of
from users.exceptions import BeyondOwnAuthority, LastAdministrator
from users.models import Role, RoleAssignment, User
from users.models.reach import lasting_grants
from users.models.user import ADMIN


def require_within_authority(actor: User, permissions: Iterable[str]) -> None:
    """Raise BeyondOwnAuthority unless the actor holds every one of these permissions."""
    if actor.is_superuser and actor.is_active:
        return
    missing = sorted(set(permissions) - actor.authority.permissions)
    if missing:
        raise BeyondOwnAuthority(missing=", ".join(missing[:5]))


def require_authority_over(actor: User, user: User, *, at: datetime) -> None:
    """
    Raise BeyondOwnAuthority when a person is allowed more than the one acting on them.

    Roles still to begin count, and a closed account counts as if it were open: a password set
    today opens what the account may do tomorrow.
    """
    if user.is_superuser and not actor.is_superuser:
        raise BeyondOwnAuthority(missing="superuser")
    grants = lasting_grants(user, at=at)
    require_within_authority(actor, grants.values_list("full_name", flat=True))


def require_may_act_as(actor: User, owner: User, *, at: datetime) -> None:
    """
    Raise BeyondOwnAuthority when acting as this person would reach further than one's own rights.

    Deeds of a machine count as its owner's, and it sees the rows its owner sees: who issues a key
    in another's name must be allowed all that they are, for all the operators they work for. Who
    administers tokens may for any operator.
    """
    if actor.pk == owner.pk:
        return
    require_authority_over(actor, owner, at=at)
    if actor.has_perm("users.change_apitoken"):
        return
    if scopes_of(owner) - scopes_of(actor):
        raise BeyondOwnAuthority(missing="an operator of theirs")


def require_own_or_granted(actor: User, user: User, permission: str) -> None:
    """Raise BeyondOwnAuthority when somebody without this permission acts for another person."""
    if actor.pk != user.pk:
        require_within_authority(actor, [permission])


def lock_administrators() -> None:
    """
    Hold the lock that every change of who administers takes first.

    Two administrators who remove each other at once therefore wait, and the second is refused.
    """
    list(Role.objects.select_for_update(no_key=True).filter(code=ADMIN).values_list("pk"))


def require_another_administrator(user: User, *, at: datetime) -> None:
    """
    Raise LastAdministrator when nobody but this person administers without an end date.

    Call it while holding `lock_administrators`.
    """
    lasting = RoleAssignment.objects.live(at).filter(
        user=OuterRef("pk"), role__code=ADMIN, valid_until__isnull=True
    )
    administers = Q(is_superuser=True) | Exists(lasting)
    others = User.objects.active().filter(administers).exclude(pk=user.pk)
    if not others.exists():
        raise LastAdministrator(email=user.email)


def administers(user: User, *, at: datetime) -> bool:
    """Whether this person is one of the administrators there must always be one of."""
    if not user.is_active:
        return False
    held = RoleAssignment.objects.live(at).filter(
        user=user, role__code=ADMIN, valid_until__isnull=True
    )
    return user.is_superuser or held.exists()
