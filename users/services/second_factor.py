import hashlib
import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from common import audit
from common.lifecycle import locked
from users.exceptions import AlreadyEnrolled, NotEnrolling, OtpInvalid, WrongPassword
from users.models import RecoveryCode, SignInSession, User
from users.services.guards import require_authority_over
from users.services.sessions import end_all_sessions, end_other_sessions

ISSUER = "Windsock"
RECOVERY_CODES = 10


def is_enrolled(user: User) -> bool:
    """Whether the account has a confirmed second factor."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def enroll(user: User, *, at: datetime) -> TOTPDevice:
    """
    Make a new secret, to be confirmed with a code before it counts.

    Enrolling again before that makes another secret. Raises AlreadyEnrolled.
    """
    user = locked(user)
    if is_enrolled(user):
        raise AlreadyEnrolled
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)
    audit.record("totp.enroll", user, actor=user, at=at)
    return device


def provisioning_uri(device: TOTPDevice) -> str:
    """The otpauth address an authenticator app reads from the QR code."""
    label = quote(f"{ISSUER}:{device.user.email}")
    parameters = {"secret": secret_text(device), "issuer": ISSUER, "digits": 6, "period": 30}
    return f"otpauth://totp/{label}?{urlencode(parameters)}"


def secret_text(device: TOTPDevice) -> str:
    """The secret in base 32, for typing it in."""
    return b32encode(device.bin_key).decode().rstrip("=")


def confirm(
    user: User, *, code: str, session: SignInSession | None, at: datetime
) -> tuple[str, ...]:
    """
    Prove that the authenticator works, and get the recovery codes, shown only now.

    The session that confirms is from now on one with a second factor; all others end. Raises
    NotEnrolling, OtpInvalid.
    """
    with transaction.atomic():
        codes = _confirm(user, code=code, session=session, at=at)
    if codes is None:
        raise OtpInvalid
    return codes


def verify(user: User, *, code: str, at: datetime) -> TOTPDevice | None:
    """
    Check a code of the authenticator, or a recovery code; each works once.

    The device row is locked, so one code cannot pass twice at once. A wrong code makes the next
    try wait longer, and that is kept whatever the caller raises afterwards.
    """
    with transaction.atomic():
        device = _device(user, confirmed=True)
        if device is None:
            return None
        if _looks_like_totp(code):
            return device if device.verify_token(code) else None
        return device if _use_recovery_code(user, code, at=at) else None


@transaction.atomic
def disable(user: User, *, password: str, at: datetime) -> None:
    """Remove one's own second factor; all sessions end. Raises WrongPassword, NotEnrolling."""
    user = locked(user)
    if not user.check_password(password):
        raise WrongPassword
    _remove(user, actor=user, reason="", at=at)


@transaction.atomic
def reset(user: User, *, reason: str, actor: User, at: datetime) -> None:
    """Remove the second factor of somebody who lost it; all their sessions end."""
    user = locked(user)
    require_authority_over(actor, user, at=at)
    _remove(user, actor=actor, reason=reason, at=at)


@transaction.atomic
def renew_recovery_codes(user: User, *, password: str, at: datetime) -> tuple[str, ...]:
    """Replace the recovery codes; the old ones stop working. Raises as `disable`."""
    user = locked(user)
    if not user.check_password(password):
        raise WrongPassword
    if not is_enrolled(user):
        raise NotEnrolling
    audit.record("totp.renew_recovery_codes", user, actor=user, at=at)
    return _make_recovery_codes(user, at=at)


def _confirm(
    user: User, *, code: str, session: SignInSession | None, at: datetime
) -> tuple[str, ...] | None:
    # As `enroll` does: a new secret begun at the same moment would remove the confirmed one.
    locked(user)
    device = _device(user, confirmed=False)
    if device is None:
        raise NotEnrolling
    if not (_looks_like_totp(code) and device.verify_token(code)):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    if session is None:
        end_all_sessions(user, reason="totp", actor=user, at=at)
    else:
        SignInSession.objects.filter(pk=session.pk).update(second_factor_at=at)
        end_other_sessions(session, reason="totp", at=at)
    audit.record("totp.confirm", user, actor=user, at=at)
    return _make_recovery_codes(user, at=at)


def _device(user: User, *, confirmed: bool) -> TOTPDevice | None:
    rows = TOTPDevice.objects.select_for_update(no_key=True)
    return rows.filter(user=user, confirmed=confirmed).order_by("pk").first()


def _remove(user: User, *, actor: User, reason: str, at: datetime) -> None:
    removed, _ = TOTPDevice.objects.filter(user=user).delete()
    if not removed:
        raise NotEnrolling
    RecoveryCode.objects.filter(user=user).delete()
    audit.record("totp.remove", user, actor=actor, at=at, reason=reason)
    end_all_sessions(user, reason="totp", actor=actor, at=at)


def _make_recovery_codes(user: User, *, at: datetime) -> tuple[str, ...]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = tuple(_fresh_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_digest(code), created_at=at) for code in codes
    )
    return codes


def _use_recovery_code(user: User, code: str, *, at: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, code_hash=_digest(code), used_at__isnull=True)
    is_used = unused.update(used_at=at) == 1
    if is_used:
        audit.record("totp.recovery_code", user, actor=user, at=at)
    return is_used


def _fresh_code() -> str:
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()


def _looks_like_totp(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()
