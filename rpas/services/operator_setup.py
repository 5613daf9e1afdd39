"""Setting up a new operator with whoever is to manage it: all of it or nothing."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from common.exceptions import DomainError
from rpas.models import OperatorMember, RPASOperator
from rpas.services.operators import add_member, create_operator, update_member
from users.models import Role, RoleAssignment, User
from users.services.accounts import create_account
from users.services.guards import require_within_authority
from users.services.roles import assign_role

# 18 bytes: nobody guesses it, and somebody can type it.
PASSWORD_BYTES = 18


class AccountIsClosed(DomainError):
    code = "account_is_closed"
    message = "The account {email} is closed. Open it again first, or name another person."


@dataclass(frozen=True)
class Manager:
    """Who is to manage the operator; an account of this address is used where there is one."""

    email: str
    first_name: str
    last_name: str
    position: str
    role: str


@dataclass(frozen=True)
class SetUp:
    """What was made. `password` is empty for an account that was there; it is kept nowhere."""

    operator: RPASOperator
    manager: User
    role: Role
    password: str


@transaction.atomic
def set_up_operator(
    *, particulars: Mapping[str, Any], manager: Manager, actor: User, at: datetime
) -> SetUp:
    """
    Make the operator, the manager's account where there is none, role and membership.

    Raises InvalidInput, AccountIsClosed, BeyondOwnAuthority, and DomainErrors of the services that
    it calls.
    """
    require_within_authority(
        actor, ["rpas.add_rpasoperator", "users.add_user", "users.add_roleassignment"]
    )
    role = Role.objects.get(code=manager.role)
    operator = create_operator(actor=actor, at=at, **particulars)
    person, password = _account(manager, actor=actor, at=at)
    if not RoleAssignment.objects.live(at).filter(user=person, role=role).exists():
        reason = f"Manages {operator.name}"
        assign_role(person, role, actor=actor, at=at, reason=reason)
    if person == actor:
        member = OperatorMember.objects.get(operator=operator, user=person)
        changes = {"position": manager.position}
        update_member(member, changes=changes, version=None, actor=actor, at=at)
    else:
        add_member(operator, user=person, position=manager.position, actor=actor, at=at)
    return SetUp(operator, person, role, password)


def _account(manager: Manager, *, actor: User, at: datetime) -> tuple[User, str]:
    known = User.objects.filter(email=User.objects.normalize_email(manager.email).lower()).first()
    if known is not None:
        if not known.is_active:
            raise AccountIsClosed(email=known.email)
        return known, ""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    person = create_account(
        email=manager.email,
        first_name=manager.first_name,
        last_name=manager.last_name,
        actor=actor,
        at=at,
        password=password,
    )
    return person, password
