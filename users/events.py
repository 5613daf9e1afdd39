from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class UserDeactivated(Event):
    """Somebody left: they can no longer sign in and should be taken off what they were to do."""

    name: ClassVar[str] = "users.user_deactivated"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class UserReactivated(Event):
    """Somebody who had left is back."""

    name: ClassVar[str] = "users.user_reactivated"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class RolesChanged(Event):
    """A person was given a role or lost one."""

    name: ClassVar[str] = "users.roles_changed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Event):
    """What is kept about a person changed; `fields` names what, never the values."""

    name: ClassVar[str] = "users.profile_changed"
    user_id: int
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class QualificationChanged(Event):
    """A paper of a person was recorded, changed, verified or revoked."""

    name: ClassVar[str] = "users.qualification_changed"
    user_id: int
    qualification_id: int


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(Event):
    """A machine's key no longer opens anything."""

    name: ClassVar[str] = "users.api_token_revoked"
    token_id: int
