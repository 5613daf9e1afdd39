from datetime import datetime

from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from common import audit
from users.exceptions import OtpInvalid, OtpRequired
from users.models import RefreshToken, User
from users.services import second_factor
from users.services.sessions import Origin, start_session


def sign_in(user: User, *, code: str, origin: Origin, at: datetime) -> RefreshToken:
    """
    Begin a session for somebody whose password was right.

    Who has a second factor gives its code. Who must have one and has none gets a session that is
    good for enrolling only. Raises OtpRequired, OtpInvalid.
    """
    device = check_second_factor(user, code=code, at=at)
    return start_session(user, has_second_factor=device is not None, origin=origin, at=at)


def check_second_factor(user: User, *, code: str, at: datetime) -> TOTPDevice | None:
    """The device whose code was right; None for an account without. Raises as `sign_in`."""
    if not second_factor.is_enrolled(user):
        return None
    if not code:
        raise OtpRequired
    device = second_factor.verify(user, code=code, at=at)
    if device is None:
        raise OtpInvalid
    return device


@transaction.atomic
def note_browser_sign_in(user: User, *, has_second_factor: bool, at: datetime) -> None:
    """Write down that somebody came into the admin, as `sign_in` does for the API."""
    audit.record(
        "session.start",
        user,
        actor=user,
        at=at,
        second_factor=has_second_factor,
        browser=True,
    )
