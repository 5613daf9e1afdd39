import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack

import pghistory
import structlog
from django.http import HttpRequest, HttpResponse

from common.context import RequestContext, request_context, set_user
from common.redaction import withholding

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give each request an id (the caller's own if well formed) for logs, records and answers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        address = request.META.get("REMOTE_ADDR") or None
        context = RequestContext(request_id=request_id, address=address)
        with request_context(context), withholding():
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=request_id)
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class CurrentUserMiddleware:
    """
    Note the signed-in browser user, and tie the row history of writes to user and request.

    API callers are noted by their authentication class, which knows them only later.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        with ExitStack() as stack:
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                stack.enter_context(
                    pghistory.context(request_id=getattr(request, "request_id", ""))
                )
            if user is not None and user.is_authenticated:
                note_user(user.pk)
            return self.get_response(request)


def note_user(user_id: int) -> None:
    """Tell logs, audit and row history who is asking."""
    set_user(user_id)
    structlog.contextvars.bind_contextvars(user_id=user_id)
    # Without entering it: adds to the context that this request's middleware has entered.
    pghistory.context(user=user_id)
