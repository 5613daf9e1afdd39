"""What the caller of a stream may follow, asked again while it is open."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django_otp.middleware import OTPMiddleware
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from common.exceptions import DomainError

Rights = Callable[[], frozenset[str]]
NONE: frozenset[str] = frozenset()


def rights_of(view: APIView, channels: Callable[[Any, Request], Sequence[str]]) -> Rights:
    """
    The question what the caller of a view may follow now: nothing once they may not call it.

    Asked as a new request would be: session, account, token, second factor and grants are read
    anew, on a thread of its own and with a connection that is given back.
    """
    first: HttpRequest = view.request._request  # noqa: SLF001 - what DRF wraps has no other name

    def ask() -> frozenset[str]:
        again = copy(view)
        again.request = again.initialize_request(_anew(first))
        try:
            again.perform_authentication(again.request)
            again.check_permissions(again.request)
            return frozenset(channels(again, again.request))
        except (APIException, DomainError, Http404, PermissionDenied):
            return NONE
        finally:
            connections.close_all()

    return ask


def _anew(first: HttpRequest) -> HttpRequest:
    """The same request with nothing that was read of its session or user before."""
    request = copy(first)
    for name in ("user", "auser", "_cached_user", "_acached_user", "_user", "_auth"):
        vars(request).pop(name, None)
    if hasattr(first, "session"):
        request.session = type(first.session)(first.session.session_key)
        AuthenticationMiddleware(_nothing).process_request(request)
        OTPMiddleware(_nothing)(request)
    return request


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
