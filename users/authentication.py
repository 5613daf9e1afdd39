from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from common.middleware import note_user
from users.models import ApiToken, SignInSession, User
from users.services import api_tokens
from users.tokens import read_access

BEARER = "Bearer"
MACHINE = "ApiToken"


class SessionTokenAuthentication(BaseAuthentication):
    """
    `Authorization: Bearer <access token>` of a session that is still alive.

    One query checks the session, the account and its epoch, so logout, a new password, a changed
    role and deactivation all count at the very next request.
    """

    def authenticate(self, request: Request) -> tuple[User, SignInSession] | None:
        text = _credentials(request, BEARER)
        if text is None:
            return None
        claims = read_access(text)
        session = (
            SignInSession.objects.select_related("user")
            .filter(pk=claims.session_id, user_id=claims.user_id, revoked_at__isnull=True)
            .first()
            if claims
            else None
        )
        if session is None or claims is None or not _is_current(session, claims.epoch):
            raise AuthenticationFailed("The access token is not valid.", code="token_not_valid")
        note_user(session.user_id)
        _require_second_factor(request, session.user, session.second_factor_at is not None)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return f'{BEARER} realm="windsock"'


@dataclass(frozen=True)
class TokenGrant:
    """What a machine's request is allowed: the token and its scopes."""

    token: ApiToken
    scopes: frozenset[str]


class ApiTokenAuthentication(BaseAuthentication):
    """`X-Api-Token: <key>` or `Authorization: ApiToken <key>`: a machine acting for its owner."""

    def authenticate(self, request: Request) -> tuple[User, TokenGrant] | None:
        key = request.headers.get("X-Api-Token") or _credentials(request, MACHINE)
        if key is None:
            return None
        now = timezone.now()
        token = api_tokens.find_live(key, at=now)
        address = request.META.get("REMOTE_ADDR") or None
        if token is None or not _is_allowed_from(token, address):
            raise AuthenticationFailed("The API token is not valid.", code="token_not_valid")
        note_user(token.owner_id, through=f"token {token.prefix}")
        api_tokens.note_use(token, at=now, address=address)
        return token.owner, TokenGrant(token, frozenset(token.scopes))

    def authenticate_header(self, request: Request) -> str:
        return MACHINE


class BrowserSessionAuthentication(SessionAuthentication):
    """The admin's cookie, with CSRF checked on every write."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        note_user(user.pk)
        _require_second_factor(request, user, user.is_verified())
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return BEARER


def _credentials(request: Request, scheme: str) -> str | None:
    word, _, text = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != scheme.lower():
        return None
    return text.strip()


def _is_current(session: SignInSession, epoch: int) -> bool:
    user = session.user
    return user.is_active and session.epoch == epoch == user.token_epoch


def _require_second_factor(request: Request, user: User, is_given: bool) -> None:
    """Let a person whose role asks for a second factor do nothing but enroll one."""
    if is_given or not user.authority.requires_totp:
        return
    view = (request.parser_context or {}).get("view")
    if getattr(view, "open_before_enrollment", False):
        return
    raise PermissionDenied(
        "Your role needs a second factor. Enroll one, then sign in with it.",
        code="totp_enrollment_required",
    )


def _is_allowed_from(token: ApiToken, address: str | None) -> bool:
    if not token.allowed_networks:
        return True
    if address is None:
        return False
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    return any(caller in ip_network(network) for network in token.allowed_networks)
