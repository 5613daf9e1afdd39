"""Reports over issued invoices and the books: revenue, taxes, the trial balance."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from finance.models import AccountRole, InvoiceKind, LineItem, Transaction

# No report is longer; whoever asks for one narrows the days. One row more tells that it would be.
MOST = 10_000
Rows = list[dict[str, Any]]
TAXES, OTHER = "taxes", "other"
_MONEY: DecimalField = DecimalField(max_digits=14, decimal_places=2)
_ZERO = Value(Decimal(0), output_field=_MONEY)


def _signed(field: str) -> Case:
    """A credit note takes back."""
    return Case(
        When(invoice__kind=InvoiceKind.CREDIT_NOTE, then=-F(field)),
        default=F(field),
        output_field=_MONEY,
    )


GROUPS: dict[str, Callable[[], Any]] = {
    "month": lambda: TruncMonth("invoice__issued_on"),
    "customer": lambda: F("invoice__customer__name"),
    "aircraft": lambda: F("invoice__aircraft"),
    # A line that is all tax, and one nobody said it of, have a name too.
    "service": lambda: Case(
        When(~Q(service=""), then=F("service")),
        When(amount=0, then=Value(TAXES)),
        default=Value(OTHER),
    ),
}


def revenue(*, by: str, since: date, until: date, currency: str = "") -> Rows:
    """
    What was billed before tax, less credit notes, from one day to another, both included.

    Grouped by month of issue, customer, aircraft or service, and always by currency. Deposits are
    no revenue. Lines of no service are `taxes` where they are tax alone, else `other`. 1 query.
    """
    rows = LineItem.objects.filter(
        Q(invoice__corrects=None) | ~Q(invoice__corrects__kind=InvoiceKind.DEPOSIT),
        invoice__number__isnull=False,
        invoice__issued_on__gte=since,
        invoice__issued_on__lte=until,
    ).exclude(invoice__kind=InvoiceKind.DEPOSIT)
    if currency:
        rows = rows.filter(currency=currency)
    extra = {"customer": F("invoice__customer")} if by == "customer" else {}
    found = (
        rows.values("currency", group=GROUPS[by](), **extra)
        .annotate(net=Sum(_signed("amount")), tax=Sum(_signed("tax_amount")))
        .order_by("group", "currency")
    )
    return [dict(row) for row in found[: MOST + 1]]


def tax_summary(*, since: date, until: date) -> Rows:
    """What is owed of each tax for documents of some days, both included; 1 query."""
    rows = Transaction.objects.filter(
        account__role=AccountRole.TAX,
        entry__posted_on__gte=since,
        entry__posted_on__lte=until,
    )
    found = (
        rows.values("tax_code", "currency")
        .annotate(
            charged=Coalesce(Sum("credit"), _ZERO),
            taken_back=Coalesce(Sum("debit"), _ZERO),
            owed=Coalesce(Sum(F("credit") - F("debit")), _ZERO),
        )
        .order_by("tax_code", "currency")
    )
    return [dict(row) for row in found[: MOST + 1]]


def trial_balance(*, as_of: date) -> Rows:
    """Debits and credits of each account up to the end of a day, by currency; 1 query."""
    found = (
        Transaction.objects.until(as_of)
        .values("currency", code=F("account__code"), name=F("account__name"))
        .annotate(debits=Sum("debit"), credits=Sum("credit"), net=Sum(F("debit") - F("credit")))
        .order_by("currency", "code")
    )
    return [dict(row) for row in found[: MOST + 1]]


def revenue_by_month(*, months: int, until: date) -> Rows:
    """The last months of each currency, the current one included, for the chart; 1 query."""
    first = until.replace(day=1)
    for _ in range(months - 1):
        first = (first.replace(day=1) - date.resolution).replace(day=1)
    return revenue(by="month", since=first, until=until)
