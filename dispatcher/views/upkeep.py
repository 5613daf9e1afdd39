"""The maintenance calendar of both fleets: a month or a list, overdue first."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from common.shown import reader_zone
from dispatcher.queries.upkeep import CREWED, DRONES, Upkeep, Wanted, upkeep
from dispatcher.upkeep import DEFECT, OVERDUE, TASK, VISIT, Entry, grid, in_order, month_end
from dispatcher.views.frame import Asked, desk_page, page_of, record_link, shown

GRANTS = ("aircraft.view_maintenancetask", "rpas.view_f2maintenanceschedule")
FLEETS = {CREWED: "Crewed", DRONES: "Drones"}
KINDS = {TASK: "Work due", VISIT: "Stays in maintenance", DEFECT: "Open defects"}
FEEDS = "operations.view_calendarfeed"
# Flying is asked for so far ahead, and months are shown so far off.
AHEAD, FARTHEST = timedelta(days=62), timedelta(days=732)
PER_PAGE = 50


@desk_page(any_of=GRANTS)
def maintenance_page(request: HttpRequest) -> HttpResponse:
    """What is due when, as a month or as a list; filters are in the address."""
    asked, now = Asked(request), timezone.now()
    month = _month(asked, now.astimezone(reader_zone(request.user)).date())
    wanted = Wanted(
        fleet=asked.choice("fleet", FLEETS),
        operator=asked.key("operator"),
        words=asked.words("aircraft"),
        kind=asked.choice("kind", KINDS),
    )
    found = upkeep(request.user, wanted, now=now, until=_until(month, now))
    if wanted.operator is not None and str(wanted.operator) not in found.operators:
        asked.notes.append("That operator is none of yours, so nothing is shown of it.")
    elif wanted.operator is not None and wanted.fleet == CREWED:
        asked.notes.append("No operator of drones has crewed aircraft, so nothing is shown.")
    if found.is_cut:
        asked.notes.append("There is more than this page reads: choose aircraft by name.")
    is_list = asked.choice("view", ("month", "list")) == "list"
    context = {
        "title": "Maintenance calendar",
        "asked": asked,
        "kept": asked.kept("page"),
        "wanted": wanted,
        "fleets": FLEETS.items(),
        "kinds": KINDS.items(),
        "operators": found.operators.items(),
        "is_list": is_list,
        "month": month,
        "todays": found.todays,
        "feeds": _feeds(request),
        **_shown(request, found, month, is_list=is_list),
        **_months(asked, month),
    }
    return shown(request, "maintenance", context)


def _shown(request: HttpRequest, found: Upkeep, month: date, *, is_list: bool) -> dict[str, Any]:
    entries = [_linked(request.user, each) for each in in_order(found.entries)]
    overdue = [each for each in entries if each.state == OVERDUE]
    counts = {"overdue": len(overdue), "total": len(entries)}
    if is_list:
        return {**counts, "page": page_of(request, entries, PER_PAGE)}
    end = month_end(month)
    own = [
        each
        for each in entries
        if each.on and each.on < end and (each.until or each.on) >= month and each.state != OVERDUE
    ]
    dateless = [each for each in entries if each.on is None]
    return {
        **counts,
        "weeks": grid(month, entries),
        "lists": [
            ("Overdue", overdue[:PER_PAGE], len(overdue)),
            (f"In {month:%B %Y}", own[:PER_PAGE], len(own)),
            ("Reached by nothing that is booked", dateless[:PER_PAGE], len(dateless)),
        ],
    }


def _linked(user: Any, entry: Entry) -> Entry:
    return replace(entry, link=record_link(user, entry.model, entry.pk))


def _month(asked: Asked, today: date) -> date:
    month = asked.month("month", today)
    if abs(month - today) > FARTHEST:
        asked.notes.append("Months are shown up to two years off, so this is the present one.")
        return today.replace(day=1)
    return month


def _until(month: date, now: datetime) -> datetime:
    """The end of the month wherever it is, or of the time that is always asked about."""
    end = datetime.combine(month_end(month), time(14), tzinfo=UTC)
    return max(end, now + AHEAD)


def _months(asked: Asked, month: date) -> dict[str, str]:
    before = (month - timedelta(days=1)).replace(day=1)
    kept = asked.kept("month", "page", "view")
    lead = f"?{kept}&" if kept else "?"
    return {
        "earlier": f"{lead}month={before:%Y-%m}",
        "later": f"{lead}month={month_end(month):%Y-%m}",
        "as_list": f"{lead}month={month:%Y-%m}&view=list",
        "as_month": f"{lead}month={month:%Y-%m}",
    }


def _feeds(request: HttpRequest) -> str:
    """Where the secret addresses are that calendar programs read."""
    may = request.user.has_perm(FEEDS)
    return reverse("admin:operations_calendarfeed_changelist") if may else ""
