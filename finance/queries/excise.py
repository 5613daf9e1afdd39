"""
The federal excise tax on air transportation by calendar quarter, for Form 720 (26 USC 4261, 4271).

The payer is liable and the carrier collects it (26 USC 4291). Figures are of what was billed, by
the day of issue; what was paid is another question.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, Exists, F, OuterRef, Q, Sum, When
from django.db.models.functions import TruncQuarter

from finance.billables import billables
from finance.models import AccountRole, Invoice, InvoiceBasis, InvoiceKind, LineItem, Transaction

Rows = list[dict[str, Any]]
PREFIX = "FET-"
UNTAXED = "untaxed"
KINDS = {
    "FET-PCT": "percentage",
    "FET-CARGO": "property",
    "FET-SEG": "segment",
    "FET-AKHI": "alaska_hawaii",
    "FET-INTL": "international_facilities",
}
OTHER = "other"
_MONEY: DecimalField = DecimalField(max_digits=14, decimal_places=2)
_CREDIT = Q(invoice__kind=InvoiceKind.CREDIT_NOTE)
_NOTHING = {
    "documents": 0,
    "charged": Decimal(0),
    "taken_back": Decimal(0),
    "collected": Decimal(0),
    "booked": Decimal(0),
    "difference": Decimal(0),
    "billed": Decimal(0),
}


def excise_by_quarter(year: int) -> Rows:
    """
    What was charged of each kind in each quarter of a year, less credit notes; 3 queries.

    `collected` is of the lines of issued documents, `booked` of the ledger, `difference` what the
    ledger has more: zero while the books hold. `billed` is for transport on documents without any
    tax: exempt, small aircraft or abroad; no fee for what was called off. A leg that is exempt on a
    bill that has tax on another is not in it. Currencies are never added up.
    """
    days = {"since": date(year, 1, 1), "until": date(year, 12, 31)}
    rows: dict[tuple[date, str, str], dict[str, Any]] = defaultdict(_NOTHING.copy)
    for line in _lines(**days):
        row = rows[line["quarter"], line["code"], line["currency"]]
        row["documents"] = line["documents"]
        row["charged"] = line["charged"] or Decimal(0)
        row["taken_back"] = line["taken_back"] or Decimal(0)
        row["collected"] = row["charged"] - row["taken_back"]
    for entry in _booked(**days):
        rows[entry["quarter"], entry["code"], entry["currency"]]["booked"] = entry["booked"]
    for bill in _untaxed(**days):
        row = rows[bill["quarter"], "", bill["currency"]]
        row["documents"], row["billed"] = bill["documents"], bill["net"]
    return [
        {
            **row,
            "quarter": f"{quarter.year}-Q{(quarter.month + 2) // 3}",
            "kind": KINDS.get(code, OTHER) if code else UNTAXED,
            "tax_code": code,
            "currency": currency,
            "difference": row["booked"] - row["collected"],
        }
        for (quarter, code, currency), row in sorted(rows.items())
    ]


def _lines(*, since: date, until: date) -> Any:
    return (
        LineItem.objects.filter(
            tax_code__startswith=PREFIX,
            invoice__number__isnull=False,
            invoice__issued_on__range=(since, until),
        )
        .values("currency", code=F("tax_code"), quarter=TruncQuarter("invoice__issued_on"))
        .annotate(
            documents=Count("invoice", distinct=True),
            charged=Sum("tax_amount", filter=~_CREDIT),
            taken_back=Sum("tax_amount", filter=_CREDIT),
        )
        .order_by("quarter", "code", "currency")
    )


def _booked(*, since: date, until: date) -> Any:
    return (
        Transaction.objects.filter(
            account__role=AccountRole.TAX,
            tax_code__startswith=PREFIX,
            entry__posted_on__range=(since, until),
        )
        .values("currency", code=F("tax_code"), quarter=TruncQuarter("entry__posted_on"))
        .annotate(booked=Sum(F("credit") - F("debit")))
        .order_by("quarter", "code", "currency")
    )


def _untaxed(*, since: date, until: date) -> Any:
    # A credit note for an untaxed line of a taxed bill belongs to that bill.
    taxed = LineItem.objects.filter(
        Q(invoice=OuterRef("pk")) | Q(invoice=OuterRef("corrects"))
    ).exclude(tax_code="")
    subjects = [each.subject for each in billables() if each.is_air_transport]
    return (
        Invoice.objects.filter(
            ~Exists(taxed),
            ~Q(kind=InvoiceKind.DEPOSIT),
            ~Q(basis=InvoiceBasis.CANCELLATION),
            Q(corrects=None)
            | ~Q(corrects__kind=InvoiceKind.DEPOSIT)
            & ~Q(corrects__basis=InvoiceBasis.CANCELLATION),
            subject__in=subjects,
            number__isnull=False,
            issued_on__range=(since, until),
        )
        .values("currency", quarter=TruncQuarter("issued_on"))
        .annotate(
            documents=Count("pk"),
            net=Sum(
                Case(
                    When(kind=InvoiceKind.CREDIT_NOTE, then=-F("subtotal")),
                    default=F("subtotal"),
                    output_field=_MONEY,
                )
            ),
        )
        .order_by("quarter", "currency")
    )
