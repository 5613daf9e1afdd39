"""One page of the money: revenue by month and by what it came from, what is owed, what waits."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import mark_safe

from finance.charts import Point, columns, rows
from finance.days import local_day
from finance.queries.billing import unbilled
from finance.queries.excise import excise_by_quarter
from finance.queries.receivables import ageing
from finance.queries.reports import GROUPS, MOST, revenue, revenue_by_month

MONTHS, MOST_BARS, MOST_ROWS = 12, 10, 50
# Back from the last day of a year to its first: both are counted.
YEAR = timedelta(days=364)
COLUMNS = {
    "current": "Not due",
    "days_1_30": "1-30 days late",
    "days_31_60": "31-60 days late",
    "days_61_90": "61-90 days late",
    "days_over_90": "Over 90 days late",
}

ABOUT = (
    "What was earned by month, what customers owe by age, and work that is done and not "
    "billed. Figures come from the journal. Go to Invoices to issue or to chase one; the API "
    "gives each table as CSV and XLSX."
)

TAKE_FILES = mark_safe("<p>Take the files, narrowed by days or currency.</p>")


def reports_page(request: HttpRequest) -> HttpResponse:
    """Charts by currency over the last twelve months, ageing, excise, unbilled work; 14 queries."""
    if not request.user.has_perm("finance.view_journalentry"):
        raise PermissionDenied
    now = timezone.now()
    today = local_day(now)
    # The last quarter of a year is reported in the next one.
    years = (today.year - 1, today.year)
    owed = ageing(as_of=today)
    waiting = unbilled(now)
    context = {
        **admin.site.each_context(request),
        "title": "Revenue and receivables",
        "about": ABOUT,
        "charts": _charts(today, owed),
        "owed": owed[:MOST_ROWS],
        "owed_count": len(owed),
        "waiting": waiting[:MOST_ROWS],
        "waiting_count": len(waiting),
        "since": (today - YEAR).isoformat(),
        "until": today.isoformat(),
        "groups": list(GROUPS),
        "years": years,
        "excise": [row for year in years for row in excise_by_quarter(year)],
    }
    return TemplateResponse(request, "finance/reports.html", context)


def _charts(today: Any, owed: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """By currency: a heading and a chart."""
    found: list[tuple[str, str]] = []
    monthly = revenue_by_month(months=MONTHS, until=today)
    since = today - YEAR
    parts = {
        by: revenue(by=by, since=since, until=today) for by in ("customer", "aircraft", "service")
    }
    if any(len(read) > MOST for read in (owed, *parts.values())):
        # Sums of a part would be wrong.
        return [("More rows than a chart adds up", TAKE_FILES)]
    for currency in sorted({row["currency"] for row in (*monthly, *owed)}):
        by_month = [
            (f"{row['group']:%b %y}", row["net"]) for row in monthly if row["currency"] == currency
        ]
        title = f"Revenue by month, {currency}"
        found.append((title, columns(title, by_month, currency)))
        for by, grouped in parts.items():
            title = f"Revenue of a year by {by}, {currency}"
            found.append((title, rows(title, _largest(grouped, currency), currency)))
        title = f"Owed today, {currency}"
        sums = [
            (heading, sum((r[key] for r in owed if r["currency"] == currency), Decimal(0)))
            for key, heading in COLUMNS.items()
        ]
        found.append((title, rows(title, sums, currency)))
    # Every label was escaped where the chart was drawn.
    return [(title, mark_safe(svg)) for title, svg in found if svg]  # noqa: S308


def _largest(grouped: list[dict[str, Any]], currency: str) -> list[Point]:
    points = [(str(row["group"]), row["net"]) for row in grouped if row["currency"] == currency]
    return sorted(points, key=lambda point: -point[1])[:MOST_BARS]
