from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from common import audit
from users.exceptions import SessionNotValid
from users.models import RefreshToken, SignInSession, User
from users.tokens import refresh_expiry

# However often it is refreshed, a session ends here; then the password is asked again.
LONGEST_SESSION = timedelta(days=7)


@dataclass(frozen=True)
class Origin:
    """Where a request came from, as the sign-in remembers it."""

    address: str | None = None
    user_agent: str = ""


@transaction.atomic
def start_session(
    user: User, *, has_second_factor: bool, origin: Origin, at: datetime
) -> RefreshToken:
    """Begin a session and make its first refresh token."""
    session = SignInSession.objects.create(
        user=user,
        epoch=user.token_epoch,
        started_at=at,
        ends_at=at + LONGEST_SESSION,
        second_factor_at=at if has_second_factor else None,
        address=origin.address,
        user_agent=origin.user_agent[:200],
    )
    audit.record("session.start", user, actor=user, at=at, second_factor=has_second_factor)
    return _link(session, parent=None, at=at)


def rotate(jti: UUID, *, at: datetime) -> RefreshToken:
    """
    Trade a refresh token for the next one of its session.

    A token that was traded before is stolen or copied: the whole session is revoked, and that
    outlives the refusal. Raises SessionNotValid.
    """
    with transaction.atomic():
        link = _next_link(jti, at=at)
    if link is None:
        raise SessionNotValid
    return link


@transaction.atomic
def end_session(session: SignInSession, *, actor: User, at: datetime) -> None:
    """Sign out: this session's access and refresh tokens stop working at once."""
    _revoke(session, reason="logout", at=at)
    audit.record("session.end", session.user, actor=actor, at=at)


@transaction.atomic
def end_all_sessions(user: User, *, reason: str, actor: User | None, at: datetime) -> None:
    """
    End every session of a person, in browsers too, by raising the epoch.

    The caller holds the row lock when it writes other fields of the user as well.
    """
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
    user.token_epoch = User.objects.values_list("token_epoch", flat=True).get(pk=user.pk)
    live = SignInSession.objects.filter(user=user, revoked_at__isnull=True)
    live.update(revoked_at=at, revoked_reason=reason)
    audit.record("session.end_all", user, actor=actor, at=at, reason=reason)


@transaction.atomic
def end_other_sessions(session: SignInSession, *, reason: str, at: datetime) -> None:
    """End a person's sessions but this one."""
    others = SignInSession.objects.filter(user_id=session.user_id, revoked_at__isnull=True)
    others.exclude(pk=session.pk).update(revoked_at=at, revoked_reason=reason)


def is_session_current(session_id: UUID, *, epoch: int, at: datetime) -> bool:
    """Whether an access token of this session and epoch is good."""
    session = SignInSession.objects.select_related("user").filter(pk=session_id).first()
    return session is not None and session.epoch == epoch and _is_alive(session, at=at)


def is_refreshable(jti: UUID, *, at: datetime) -> bool:
    """Whether a refresh token could be traded now."""
    link = (
        RefreshToken.objects.select_related("session__user")
        .filter(jti=jti, used_at__isnull=True, expires_at__gt=at)
        .first()
    )
    return link is not None and _is_alive(link.session, at=at)


def forget_sessions(*, ended_before: datetime) -> int:
    """Delete sign-ins that can no longer be refreshed, with their tokens. Returns how many."""
    old = SignInSession.objects.filter(ends_at__lt=ended_before)
    count = old.count()
    old.delete()
    return count


def session_of(jti: UUID) -> SignInSession | None:
    """The session a refresh token belongs to, when it is still alive."""
    return (
        SignInSession.objects.select_related("user")
        .filter(tokens__jti=jti, revoked_at__isnull=True)
        .first()
    )


def lock_session(jti: UUID) -> SignInSession | None:
    """Lock the session of a refresh token; parallel refreshes wait here, one after another."""
    return (
        SignInSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user")
        .filter(tokens__jti=jti)
        .first()
    )


def _next_link(jti: UUID, *, at: datetime) -> RefreshToken | None:
    session = lock_session(jti)
    if session is None or not _is_alive(session, at=at):
        return None
    link = RefreshToken.objects.get(jti=jti)
    if link.used_at is not None:
        _revoke(session, reason="replay", at=at)
        audit.record("session.replayed", session.user, actor=None, at=at, session=str(session.pk))
        return None
    if link.expires_at <= at:
        return None
    link.used_at = at
    link.save(update_fields=["used_at"])
    return _link(session, parent=link, at=at)


def _is_alive(session: SignInSession, *, at: datetime) -> bool:
    user = session.user
    is_current = user.is_active and session.epoch == user.token_epoch
    return is_current and session.revoked_at is None and session.ends_at > at


def _link(session: SignInSession, *, parent: RefreshToken | None, at: datetime) -> RefreshToken:
    expires_at = min(refresh_expiry(at), session.ends_at)
    return RefreshToken.objects.create(
        session=session, parent=parent, issued_at=at, expires_at=expires_at
    )


def _revoke(session: SignInSession, *, reason: str, at: datetime) -> None:
    SignInSession.objects.filter(pk=session.pk, revoked_at__isnull=True).update(
        revoked_at=at, revoked_reason=reason
    )
