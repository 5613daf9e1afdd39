"""The first factor over HTTP: password and lockout, with one answer for every way to fail."""

from axes.utils import reset
from django.contrib.auth import authenticate
from django.http import HttpRequest
from rest_framework.request import Request

from users.exceptions import InvalidCredentials
from users.models import User
from users.services.sessions import Origin


def check_password(request: Request, *, email: str, password: str) -> User:
    """
    The account these credentials open.

    Raises InvalidCredentials alike for a wrong password, an unknown, closed or locked account.
    """
    # The DRF request on purpose: axes notes a lockout on it, out of its own middleware's sight,
    # which would answer 429 and so tell that the account exists.
    user = authenticate(request=request, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    return user


def forget_failures(request: Request, user: User) -> None:
    """Start the count towards a lockout anew, after a sign-in with every factor."""
    reset(ip=address_of(request), username=user.email)


def address_of(request: HttpRequest | Request) -> str | None:
    """The caller's address: the connection's, or what a trusted proxy told the server."""
    return request.META.get("REMOTE_ADDR") or None


def origin_of(request: Request) -> Origin:
    """Where a request came from."""
    return Origin(
        address=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
