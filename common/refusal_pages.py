"""What nothing else answers: a page for who sits at the desk, a problem document for others."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from common.api.problems import CONTENT_TYPE, TITLES, problem_page
from common.context import current
from common.screens.frame import framed, in_frame

DESK = "/admin/"
GONE = "There is nothing at this address."
NOT_YOURS = "There is nothing at this address: it may be gone, or it is none of yours."
EXPIRED = "The form has expired or came from another site."
ANEW = f"{EXPIRED} Nothing was changed: go back, load the page anew and send it again."
BROKEN = "Something went wrong on our side."


def refused(
    request: HttpRequest, status: int, code: str, detail: str, *, on_page: str = ""
) -> HttpResponse:
    """
    A refusal as its reader takes it: in the frame of the desk, or as a problem document.

    `on_page` is what the page says in place of `detail`.
    """
    # The frame asks who reads; what is refused at the gate (a wrong Host) is refused before that.
    if not wants_page(request) or not hasattr(request, "user"):
        return problem_page(status, code, detail)
    return _page(request, status, on_page or detail)


def wants_page(request: HttpRequest) -> bool:
    """Whether somebody at the desk reads the answer; a script that takes anything does not."""
    wanted = request.get_preferred_type([CONTENT_TYPE, "application/json", "text/html"])
    return request.path.startswith(DESK) and wanted == "text/html"


@framed
def _page(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    page = {"title": TITLES[status], "detail": detail, "reference": current().request_id}
    return in_frame(request, "common/refused.html", page, status=status).render()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(
        request, HTTPStatus.BAD_REQUEST, "bad_request", "The request could not be understood."
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(request, HTTPStatus.FORBIDDEN, "permission_denied", "You may not do this.")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(request, HTTPStatus.NOT_FOUND, "not_found", GONE, on_page=NOT_YOURS)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refused(request, HTTPStatus.FORBIDDEN, "csrf_failed", EXPIRED, on_page=ANEW)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the frame: what broke this answer may break that one."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if not wants_page(request):
        return problem_page(status, "internal_error", BROKEN)
    words = {"detail": BROKEN, "reference": current().request_id}
    return HttpResponse(render_to_string("common/broken.html", words), status=status)
