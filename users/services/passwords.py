from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from users.exceptions import WrongPassword
from users.models import User
from users.services.guards import require_authority_over
from users.services.sessions import end_all_sessions


@transaction.atomic
def change_password(user: User, *, current: str, new: str, at: datetime) -> None:
    """Change one's own password; every session ends. Raises WrongPassword, InvalidInput."""
    user = locked(user)
    if not user.check_password(current):
        raise WrongPassword
    _set(user, new, actor=user, at=at)


@transaction.atomic
def set_password(user: User, *, new: str, actor: User, at: datetime) -> None:
    """
    Give another person a new password; every session of theirs ends.

    Raises InvalidInput for a weak one, BeyondOwnAuthority for somebody who may do more.
    """
    user = locked(user)
    require_authority_over(actor, user, at=at)
    _set(user, new, actor=actor, at=at)


def require_good(password: str, user: User, *, pointer: str) -> None:
    """Raise InvalidInput when a password is too short, too common or too like the person."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(pointer, " ".join(error.messages)) from error


def _set(user: User, new: str, *, actor: User, at: datetime) -> None:
    require_good(new, user, pointer="/new_password")
    user.set_password(new)
    user.save(update_fields=["password", "updated_at"])
    audit.record("user.set_password", user, actor=actor, at=at)
    end_all_sessions(user, reason="password", actor=actor, at=at)
