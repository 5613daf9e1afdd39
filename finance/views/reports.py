from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.viewsets import ServiceViewSet
from common.tables import CSV_TYPE, XLSX_TYPE, Table, as_csv, as_xlsx
from finance.days import local_day
from finance.exceptions import ReportTooLong
from finance.models import Invoice
from finance.queries import receivables, reports
from finance.queries.billing import unbilled
from finance.queries.excise import excise_by_quarter
from finance.serializers import reports as shapes
from finance.views.queries import asked
from users.requests import UserRequest

FORMAT = {"format": ("string", "json (unless given), csv or xlsx.")}
PERIOD = {
    "since": ("string", "First day, YYYY-MM-DD."),
    "until": ("string", "Last day, included."),
    **FORMAT,
}
AS_OF = {"as_of": ("string", "At the end of which day; today unless given."), **FORMAT}
CURRENCY = {"currency": ("string", "ISO 4217 code; all unless given.")}
BOOKS = "finance.view_journalentry"


def _question(parameters: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "detail": False,
        "methods": ["get"],
        "pagination_class": None,
        "filter_backends": [],
        "extra_query": tuple(parameters),
    }


class ReportViewSet(ServiceViewSet):
    """Reports over invoices and the books, as JSON, CSV or XLSX."""

    tag = "finance"
    queryset = Invoice.objects.order_by("pk")
    action_permissions = {
        "revenue": BOOKS,
        "ageing": BOOKS,
        "unbilled": BOOKS,
        "taxes": BOOKS,
        "excise": BOOKS,
        "trial_balance": BOOKS,
    }

    @documented(
        summary="Report revenue",
        responses={200: shapes.RevenueRowSerializer(many=True)},
        parameters={
            "by": ("string", "month (unless given), customer, aircraft or service."),
            **PERIOD,
            **CURRENCY,
        },
    )
    @action(**_question({"by": ("", ""), **PERIOD, **CURRENCY}))
    def revenue(self, request: UserRequest) -> Any:
        """
        What was billed before tax, less credit notes, by month of issue, customer, aircraft or
        service; deposits are no revenue. Example: `?by=month&since=2026-01-01&until=2026-12-31`.
        """
        given = asked(request, shapes.RevenueQuerySerializer)
        form = given.pop("format")
        rows = reports.revenue(**given)
        for row in rows:
            is_month = given["by"] == "month"
            row["group"] = f"{row['group']:%Y-%m}" if is_month else row["group"]
        return _given("revenue", rows, shapes.RevenueRowSerializer, form)

    @documented(
        summary="Report ageing",
        responses={200: shapes.AgeingRowSerializer(many=True)},
        parameters={**AS_OF, **CURRENCY},
    )
    @action(**_question({**AS_OF, **CURRENCY}))
    def ageing(self, request: UserRequest) -> Any:
        """What each payer owed at the end of a day, by how long. Example: `?as_of=2026-03-31`."""
        given = asked(request, shapes.AgeingQuerySerializer)
        rows = receivables.ageing(as_of=_day(given), currency=given.get("currency", ""))
        return _given("ageing", rows, shapes.AgeingRowSerializer, given["format"])

    @documented(
        summary="Report what is not billed",
        responses={200: shapes.UnbilledRowSerializer(many=True)},
        parameters=FORMAT,
    )
    @action(**_question(FORMAT))
    def unbilled(self, request: UserRequest) -> Any:
        """Work that is done and has no bill, the longest waiting first."""
        form = asked(request, shapes.FormatQuerySerializer)["format"]
        rows = [{**asdict(row), "customer": row.customer_id} for row in unbilled(timezone.now())]
        return _given("unbilled", rows, shapes.UnbilledRowSerializer, form)

    @documented(
        summary="Report taxes",
        responses={200: shapes.TaxRowSerializer(many=True)},
        parameters=PERIOD,
    )
    @action(**_question(PERIOD))
    def taxes(self, request: UserRequest) -> Any:
        """
        What is owed of each tax for documents of some days.

        Example: `?since=2026-01-01&until=2026-03-31`.
        """
        given = asked(request, shapes.PeriodReportQuerySerializer)
        rows = reports.tax_summary(since=given["since"], until=given["until"])
        return _given("taxes", rows, shapes.TaxRowSerializer, given["format"])

    @documented(
        summary="Report federal excise tax",
        responses={200: shapes.ExciseRowSerializer(many=True)},
        parameters={"year": ("integer", "Calendar year."), **FORMAT},
    )
    @action(**_question({"year": ("", ""), **FORMAT}))
    def excise(self, request: UserRequest) -> Any:
        """
        The federal excise tax on air transportation of a year by calendar quarter, for Form 720:
        each kind as billed less credit notes, beside what the ledger has. Example: `?year=2026`.
        """
        given = asked(request, shapes.ExciseQuerySerializer)
        rows = excise_by_quarter(given["year"])
        return _given("excise", rows, shapes.ExciseRowSerializer, given["format"])

    @documented(
        summary="Report the trial balance",
        responses={200: shapes.TrialBalanceRowSerializer(many=True)},
        parameters=AS_OF,
    )
    @action(**_question(AS_OF), url_path="trial-balance")
    def trial_balance(self, request: UserRequest) -> Any:
        """Debits and credits of each account up to the end of a day; they are equal by currency."""
        given = asked(request, shapes.AsOfQuerySerializer)
        rows = reports.trial_balance(as_of=_day(given))
        return _given("trial-balance", rows, shapes.TrialBalanceRowSerializer, given["format"])


def _day(given: dict[str, Any]) -> Any:
    return given.get("as_of") or local_day(timezone.now())


def _given(
    title: str,
    rows: Sequence[dict[str, Any]],
    shape: type[serializers.Serializer],
    form: str,
) -> Any:
    if len(rows) > reports.MOST and shape is not shapes.UnbilledRowSerializer:
        # A report of money that lacks rows adds up to something wrong.
        raise ReportTooLong(most=reports.MOST)
    if form == "json":
        return Response(shape(rows, many=True).data)
    names: list[str] = list(shape().fields.keys())
    columns = [(name, name.replace("_", " ").capitalize()) for name in names]
    table = Table(title, columns, rows)
    content, kind = (as_csv(table), CSV_TYPE) if form == "csv" else (as_xlsx(table), XLSX_TYPE)
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{title}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
