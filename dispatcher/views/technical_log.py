"""The F2 technical log of a drone on screen: as it is printed, with its chain to be verified."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dispatcher.queries.log_pages import defects, headers, log_page, papers
from dispatcher.views.frame import Asked, desk_page, page_of, record_link, shown
from rpas.models import RPASAircraft
from rpas.services.aircraft import check_technical_log

GRANTS = ("rpas.view_f2technicallogparta", "rpas.view_f2flighthoursentry")
DEFECTS, VERIFY = "rpas.view_f2defectentry", "rpas.verify_log_rpasaircraft"
PER_PAGE = 50


@desk_page(*GRANTS)
def logs_page(request: HttpRequest) -> HttpResponse:
    """The drones whose logs the caller may read, by registration, 50 a page."""
    asked = Asked(request)
    rows = _fleet(request.user).filter(registration__icontains=asked.words())
    page = page_of(request, rows.order_by("registration", "pk"), PER_PAGE)
    context = {
        "title": "Technical logs",
        "asked": asked,
        "q": asked.words(),
        "kept": asked.kept("page"),
        "page": page,
    }
    return shown(request, "technical_logs", context)


@desk_page(*GRANTS)
def log_of_aircraft_page(request: HttpRequest, registration: str) -> HttpResponse:
    """One drone's log: Part A, forty lines of Part B, defects, papers; `from` is a line."""
    asked = Asked(request)
    aircraft = get_object_or_404(_fleet(request.user), registration=registration)
    log = headers(aircraft)
    still_open, closed = defects(aircraft) if request.user.has_perm(DEFECTS) else ([], [])
    context = {
        "title": f"Technical log of {aircraft}",
        "asked": asked,
        "aircraft": aircraft,
        "link": record_link(request.user, "rpas.rpasaircraft", aircraft.pk),
        "zone": aircraft.operator.timezone,
        "headers": [
            (row, record_link(request.user, "rpas.f2technicallogparta", row.pk)) for row in log
        ],
        "part_b": log_page(aircraft, first=asked.key("from")),
        "sees_defects": request.user.has_perm(DEFECTS),
        "open": still_open,
        "closed": closed,
        "papers": papers(request.user, log),
        "may_verify": request.user.has_perm(VERIFY),
    }
    return shown(request, "technical_log", context)


@require_POST
def _verify(request: HttpRequest, registration: str) -> HttpResponse:
    """Read the whole log against its hash chain, and say what was found."""
    user: Any = request.user
    if not all(user.has_perm(each) for each in (*GRANTS, VERIFY)):
        raise PermissionDenied
    aircraft = get_object_or_404(_fleet(user), registration=registration)
    fault = check_technical_log(aircraft, at=timezone.now())
    if fault:
        messages.error(request, f"The log of {aircraft} is not whole. {fault}.")
    else:
        lines = aircraft.part_b_sequence
        messages.success(request, f"The log of {aircraft} is whole: {lines} lines were read.")
    return redirect("desk:technical_log", registration=registration)


verify_log = admin.site.admin_view(_verify)


def _fleet(user: Any) -> Any:
    return RPASAircraft.objects.visible_to(user).select_related("operator")
