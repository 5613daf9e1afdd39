"""The signed texts a browser or app carries: what is in them, and how they are read."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework_simplejwt import tokens as jwt
from rest_framework_simplejwt.exceptions import TokenError

from users.models import RefreshToken, SignInSession


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says. Rights are never among it."""

    session_id: uuid.UUID
    user_id: int
    epoch: int


def access_text(session: SignInSession) -> str:
    """Sign a short-lived access token for a session."""
    token = jwt.AccessToken()
    _describe(token, session)
    return str(token)


def refresh_text(link: RefreshToken) -> str:
    """Sign the refresh token whose row this is."""
    token = jwt.RefreshToken()
    _describe(token, link.session)
    token["jti"] = link.jti.hex
    token.set_exp(from_time=link.expires_at, lifetime=link.expires_at - link.expires_at)
    return str(token)


def read_access(text: str) -> AccessClaims | None:
    """Read an access token; None when it is forged, expired, malformed or of another kind."""
    claims = _read(jwt.AccessToken, text)
    try:
        return claims and AccessClaims(
            session_id=uuid.UUID(claims["sid"]),
            user_id=int(claims["user_id"]),
            epoch=int(claims["epoch"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def read_refresh(text: str) -> uuid.UUID | None:
    """Read the jti of a refresh token; None when it is forged, malformed or of another kind."""
    claims = _read(jwt.RefreshToken, text)
    try:
        return claims and uuid.UUID(claims["jti"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def refresh_expiry(at: datetime) -> datetime:
    """When a refresh token made at this moment ends."""
    return at + jwt.RefreshToken.lifetime


def _describe(token: jwt.Token, session: SignInSession) -> None:
    token["user_id"] = str(session.user_id)
    token["sid"] = session.pk.hex
    token["epoch"] = session.epoch


def _read(kind: type[jwt.Token], text: str) -> Any:
    try:
        return kind(text).payload  # type: ignore[arg-type]
    except TokenError:
        return None
