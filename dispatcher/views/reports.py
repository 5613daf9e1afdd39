"""Charts of the fleets: hours by aircraft, and departures on time, each with its table."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from common.shown import reader_zone
from common.tables import Table
from dispatcher.queries import reports as sums
from dispatcher.queries.reports import MONTH, WEEK, Flown, Punctual, Span
from dispatcher.views.frame import Asked, as_file, desk_page, shown
from finance.charts import Point, columns, rows

HOURS = ("aircraft.view_flighthours", "rpas.view_f2flighthoursentry")
ON_TIME = ("dispatcher.view_operationalmetrics", "operations.view_tripleg")
REVENUE = "finance.view_journalentry"
MOST_BARS = 12


@desk_page(any_of=HOURS)
def hours_page(request: HttpRequest) -> HttpResponse:
    """Hours by aircraft over twelve weeks or months, both fleets; CSV of every figure."""
    asked = Asked(request)
    span = _span(request, asked)
    fleets = [
        ("Crewed fleet", _held(request, HOURS[0], sums.crewed_hours, span)),
        ("Drones", _held(request, HOURS[1], sums.drone_hours, span)),
    ]
    if request.GET.get("format") == "csv":
        return as_file(request, _hours_table(fleets, span))
    parts = [
        {
            "name": name,
            "charts": _hours_charts(name, flown, span),
            "rows": [_hours_row(row, span) for row in flown[: sums.MOST_ROWS]],
            "sums": [minutes for _, minutes in sums.by_period(flown, span)],
            "total": sum(row.total for row in flown),
            "count": len(flown),
        }
        for name, flown in fleets
        if flown is not None
    ]
    return shown(request, "report_hours", {**_common(request, asked, span), "parts": parts})


@desk_page(any_of=ON_TIME)
def on_time_page(request: HttpRequest) -> HttpResponse:
    """How much of what left did so on time, by desk, and what held crewed legs up."""
    asked = Asked(request)
    span, user = _span(request, asked), request.user
    grace = timedelta(minutes=settings.DISPATCH_ON_TIME_MIN)
    found: list[Punctual] = []
    if user.has_perm(ON_TIME[0]):
        found += sums.punctual_drones(user, span)
    if user.has_perm(ON_TIME[1]):
        found += sums.punctual_legs(user, span, grace=grace)
    causes = sums.delay_causes(user, span) if user.has_perm("operations.view_legdelay") else []
    if request.GET.get("format") == "csv":
        return as_file(request, _on_time_table(found))
    context = {
        **_common(request, asked, span),
        "title": "Departures on time",
        "tab": "on_time",
        "grace": settings.DISPATCH_ON_TIME_MIN,
        "parts": [
            {
                "name": name,
                "chart": _on_time_chart(name, [r for r in found if r.name == name], span),
                "rows": [row for row in found if row.name == name],
            }
            for name in sums.names_of(found)
        ],
        "causes": causes,
        "causes_chart": _causes_chart(causes),
    }
    return shown(request, "report_on_time", context)


def _span(request: HttpRequest, asked: Asked) -> Span:
    today = timezone.now().astimezone(reader_zone(request.user)).date()
    return sums.span_of(asked.choice("by", (WEEK, MONTH)) or WEEK, today)


def _held(
    request: HttpRequest, grant: str, read: Callable[[Any, Span], list[Flown]], span: Span
) -> list[Flown] | None:
    return read(request.user, span) if request.user.has_perm(grant) else None


def _common(request: HttpRequest, asked: Asked, span: Span) -> dict[str, Any]:
    may = request.user.has_perm
    return {
        "title": "Hours flown",
        "tab": "hours",
        "asked": asked,
        "span": span,
        "labels": [_label(span, day) for day in span.periods],
        "may_hours": any(may(each) for each in HOURS),
        "may_on_time": any(may(each) for each in ON_TIME),
        "may_revenue": may(REVENUE),
    }


def _hours_row(row: Flown, span: Span) -> dict[str, Any]:
    cells = [row.minutes.get(day, 0) for day in span.periods]
    return {"aircraft": row.aircraft, "cells": cells, "total": row.total}


def _hours_charts(name: str, flown: Sequence[Flown], span: Span) -> list[tuple[str, SafeString]]:
    if not flown:
        return []
    periods = [(_label(span, day), _hours(n)) for day, n in sums.by_period(flown, span)]
    most: list[Point] = [(row.aircraft, _hours(row.total)) for row in flown[:MOST_BARS]]
    return [
        (f"Hours by {span.by}", _safe(columns(f"{name}: hours by {span.by}", periods, "hours"))),
        ("Hours by aircraft", _safe(rows(f"{name}: hours by aircraft", most, "hours"))),
    ]


def _on_time_chart(name: str, found: Sequence[Punctual], span: Span) -> SafeString:
    points = [(_label(span, row.period), Decimal(round(row.percent, 1))) for row in found]
    return _safe(columns(f"{name}: departures on time by {span.by}", points, "percent"))


def _causes_chart(causes: Sequence[dict[str, Any]]) -> SafeString:
    points = [(str(row["cause"]), Decimal(row["total"])) for row in causes[:MOST_BARS]]
    return _safe(rows("What held crewed legs up", points, "minutes"))


def _hours_table(fleets: Sequence[tuple[str, list[Flown] | None]], span: Span) -> Table:
    lines = [
        {"fleet": name, "aircraft": row.aircraft, "period": day, "minutes": minutes}
        for name, flown in fleets
        for row in flown or ()
        for day, minutes in sorted(row.minutes.items())
    ]
    heads = [
        ("fleet", "Fleet"), ("aircraft", "Aircraft"), ("period", f"First day of the {span.by}"),
        ("minutes", "Minutes in service"),
    ]  # fmt: skip
    return Table("hours", heads, lines)


def _on_time_table(found: Sequence[Punctual]) -> Table:
    heads = [
        ("name", "Desk"), ("period", "First day"), ("departures", "Departures"),
        ("on_time", "On time"),
    ]  # fmt: skip
    lines = [
        {"name": r.name, "period": r.period, "departures": r.departures, "on_time": r.on_time}
        for r in found
    ]
    return Table("on-time", heads, lines)


def _label(span: Span, day: date) -> str:
    return f"{day:%b %y}" if span.by == MONTH else f"{day.day} {day:%b}"


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def _safe(svg: str) -> SafeString:
    # Every label was escaped where the chart was drawn.
    return mark_safe(svg)  # noqa: S308
