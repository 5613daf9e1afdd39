"""An invoice or credit note as it was issued; who owes what since is on a statement."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from documents.exceptions import NothingToShow
from documents.kinds import Source, rows_for
from documents.queries.letterheads import letterhead
from documents.wording import NONE, amount, counted, day, figure, places_of, text
from finance.models import Allocation, AllocationKind, Invoice, InvoiceKind, InvoiceStatus, LineItem


def invoice(invoice_id: int, reader: Any, at: datetime) -> Source:
    """An invoice or deposit invoice. Raises NothingToShow for a draft and a credit note."""
    row = _issued(invoice_id, reader, "invoice")
    if row.kind == InvoiceKind.CREDIT_NOTE:
        raise NothingToShow(kind="invoice", subject=str(row), because="it is a credit note")
    deposits = _deposits(row)
    due = row.total - sum((Decimal(each["raw"]) for each in deposits), Decimal(0))
    data = {
        **_content(row),
        "title": "Deposit invoice" if row.kind == InvoiceKind.DEPOSIT else "Invoice",
        "due_on": day(row.due_on),
        "deposits": [{k: v for k, v in each.items() if k != "raw"} for each in deposits],
        "amount_due": amount(due, row.currency),
        "is_void": row.status == InvoiceStatus.VOID,
    }
    return _source(row, data)


def credit_note(invoice_id: int, reader: Any, at: datetime) -> Source:
    """A credit note with the invoice it corrects. Raises NothingToShow."""
    row = _issued(invoice_id, reader, "credit note")
    if row.corrects is None:
        raise NothingToShow(kind="credit note", subject=str(row), because="it is an invoice")
    data = {
        **_content(row),
        "corrects": text(row.corrects.number),
        "corrects_on": day(row.corrects.issued_on),
    }
    return _source(row, data)


def _issued(invoice_id: int, reader: Any, kind: str) -> Invoice:
    rows = rows_for(Invoice.objects, reader)
    row: Invoice = rows.select_related("corrects", "exchange_rate", "issued_by").get(pk=invoice_id)
    if row.number is None:
        raise NothingToShow(kind=kind, subject=str(row), because="it was not issued")
    return row


def _source(row: Invoice, data: dict[str, Any]) -> Source:
    version = f"{row.snapshot_hash}:{row.status == InvoiceStatus.VOID}"
    return Source(title=str(row), version=version, data=data)


def _content(row: Invoice) -> dict[str, Any]:
    lines = list(row.lines.order_by("sequence"))
    return {
        "number": text(row.number),
        "issuer": letterhead().name,
        "issued_on": day(row.issued_on),
        "bill_to": {
            "name": text(row.bill_to.get("name")),
            "attention": row.bill_to.get("attention", ""),
            "address": row.bill_to.get("address", ""),
            "email": row.bill_to.get("email", ""),
            "tax_number": row.bill_to.get("tax_number", ""),
        },
        "authorization": row.authorization,
        "reference": row.reference,
        "about": row.subject_number,
        "aircraft": row.aircraft,
        "currency": row.currency,
        "lines": [_line(number, line, row.currency) for number, line in enumerate(lines, 1)],
        "taxes": _taxes(lines, row.currency),
        "subtotal": amount(row.subtotal, row.currency),
        "tax_total": amount(row.tax_total, row.currency),
        "total": amount(row.total, row.currency),
        "exchange": _exchange(row),
        "terms": [{"text": line} for line in row.terms.splitlines() if line.strip()],
        "notes": [{"text": line} for line in row.notes.splitlines() if line.strip()],
        "fingerprint": row.snapshot_hash,
    }


def _line(number: int, line: LineItem, currency: str) -> dict[str, str]:
    return {
        "line": str(number),
        "description": line.description,
        "formula": line.formula,
        "quantity": counted(line.quantity, line.unit),
        "unit_price": figure(line.unit_price, places=places_of(line.unit_price, least=2)),
        "tax": _tax(line.tax_code, line.tax_rate) if line.tax_code else NONE,
        "amount": amount(line.amount, currency),
    }


def _tax(code: str, rate: Decimal) -> str:
    """A tax with its rate; one by persons or journeys has none."""
    return f"{code} {rate.normalize():f} %" if rate else code


def _taxes(lines: Sequence[LineItem], currency: str) -> list[dict[str, str]]:
    """Each tax once, with what it was taken on."""
    found: dict[tuple[str, Decimal], list[Decimal]] = {}
    for line in lines:
        if line.tax_code:
            sums = found.setdefault((line.tax_code, line.tax_rate), [Decimal(0), Decimal(0)])
            sums[0] += line.amount
            sums[1] += line.tax_amount
    return [
        {
            "tax": _tax(code, rate),
            "base": amount(base, currency) if rate else "",
            "amount": amount(tax, currency),
        }
        for (code, rate), (base, tax) in found.items()
    ]


def _exchange(row: Invoice) -> list[dict[str, str]]:
    """The rate that amounts of another currency were converted at, with source and date."""
    rate = row.exchange_rate
    if rate is None:
        return []
    return [
        {
            "from": row.quoted_in,
            "rate": f"{rate.rate.normalize():f}",
            "pair": f"{rate.base}/{rate.quote}",
            "on": day(rate.rate_on),
            "source": rate.source,
        }
    ]


def _deposits(row: Invoice) -> list[dict[str, str]]:
    """What was paid before, by deposit invoice."""
    rows = Allocation.objects.filter(invoice=row, kind=AllocationKind.DEPOSIT)
    sums = rows.values("document__number").annotate(sum=Sum("amount")).exclude(sum=0)
    return [
        {
            "number": text(each["document__number"]),
            "amount": amount(each["sum"], row.currency),
            "raw": str(each["sum"]),
        }
        for each in sums.order_by("document__number")
    ]
