import hashlib
import math
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

PERIODS = {"s": 1, "sec": 1, "min": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86400}


class AccountThrottle(BaseThrottle):
    """
    Count requests per account (or address) in fixed windows, by one atomic increment.

    With the cache unreachable ordinary requests pass: a counter must not take the desk down.
    """

    scope = "account"
    is_open_without_cache = True

    def allow_request(self, request: Request, view: Any) -> bool:
        limit, period = _rate(str(api_settings.DEFAULT_THROTTLE_RATES[self.scope]))
        now = time.time()
        self.remaining_s = period - now % period
        key = f"throttle:{self.scope}:{self._who(request)}:{int(now // period)}"
        try:
            count = self.count(key, period * 2)
        except Exception:  # noqa: BLE001 - whatever the cache client raises, the choice is ours
            return self.is_open_without_cache
        told = (self.scope, limit, period, max(0, limit - count), math.ceil(self.remaining_s))
        # What a view is handed may wrap the request that is answered.
        answered: Any = getattr(request, "_request", request)
        answered.rate_limits = [*getattr(answered, "rate_limits", ()), told]
        return count <= limit

    def count(self, key: str, lasts_s: int) -> int:
        """Add one to a counter that is forgotten after `lasts_s` seconds; returns its value."""
        cache.add(key, 0, timeout=lasts_s)
        return int(cache.incr(key))

    def wait(self) -> float:
        return self.remaining_s

    def _who(self, request: Request) -> str:
        user = request.user
        who = f"u{user.pk}" if user and user.is_authenticated else self.get_ident(request)
        return hashlib.sha256(str(who).encode()).hexdigest()[:32]


class LoginThrottle(AccountThrottle):
    """The sign-in limit per address; closed while the cache cannot count."""

    scope = "login"
    is_open_without_cache = False

    def _who(self, request: Request) -> str:
        return hashlib.sha256(str(self.get_ident(request)).encode()).hexdigest()[:32]


class RateLimitMiddleware:
    """
    Say in every answer to a counted request what may be asked and what is left of it.

    As `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers; a request that
    nothing counted, or while the cache is away, has neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        counted = getattr(request, "rate_limits", ())
        if counted:
            policies = (f'"{scope}";q={limit};w={period}' for scope, limit, period, *_ in counted)
            response["RateLimit-Policy"] = ", ".join(policies)
            left = (f'"{scope}";r={rest};t={reset}' for scope, _, _, rest, reset in counted)
            response["RateLimit"] = ", ".join(left)
        return response


def _rate(text: str) -> tuple[int, int]:
    count, _, period = text.partition("/")
    return int(count), PERIODS[period]
