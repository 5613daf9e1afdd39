import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import parse_qsl

import pghistory
import structlog
from django.http import HttpRequest, HttpResponse

from common.api.problems import problem_page
from common.card_numbers import SHORTEST, holds_card_number
from common.context import RequestContext, request_context, set_user
from common.redaction import withholding
from common.refusal_pages import refused

CARD_IN_ADDRESS = (400, "card_number_refused", "The address holds a card number.")
CARD_IN_FORM = (
    400,
    "card_number_refused",
    "A field holds a card number. Cards are entered with the provider only.",
)
NUL = (400, "invalid_input", "The address or the form holds the NUL character.")
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


class CardNumberMiddleware:
    """
    Refuse card numbers in addresses and in the forms of the admin, before anything notes them.

    Bodies of the API are looked at by its parsers. Behind the check of forms' tokens, which has
    read the form already.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if len(query) >= SHORTEST and _in_query(query):
            return problem_page(*CARD_IN_ADDRESS)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        """Look at a form once its view is known."""
        if request.method != "POST" or not request.path.startswith("/admin/"):
            return None
        for name, values in request.POST.lists():
            if any(holds_card_number(str(value), key=name) for value in values):
                return refused(request, *CARD_IN_FORM)
        return None


class NulMiddleware:
    """
    Refuse NUL in what is asked of the admin's own pages.

    No text of the database can hold it, and Django hands filters and keys on as they come.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        """Look at address and form once it is known whose page is asked for."""
        if request.resolver_match is None or request.resolver_match.namespace != "admin":
            return None
        given = [request.GET, request.POST] if request.method == "POST" else [request.GET]
        pairs = (pair for each in given for pair in each.lists())
        if any("\0" in name or any("\0" in text for text in texts) for name, texts in pairs):
            return refused(request, *NUL)
        return None


def _in_query(query: str) -> bool:
    return any(
        holds_card_number(value, key=name)
        for name, value in parse_qsl(query, keep_blank_values=True)
    )


def note_user(user_id: int, *, through: str = "") -> None:
    """Tell logs, audit and row history who is asking, and what acts for them."""
    set_user(user_id, through=through)
    structlog.contextvars.bind_contextvars(user_id=user_id)
    # Without entering it: adds to the context that this request's middleware has entered.
    pghistory.context(user=user_id, **({"through": through} if through else {}))
