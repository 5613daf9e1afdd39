"""What an invoice says, as JSON: the content that is hashed when it is issued, and printed."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from finance.models import Invoice, LineItem

FIELDS = (
    "number",
    "kind",
    "basis",
    "subject",
    "subject_id",
    "subject_number",
    "customer_id",
    "payer_id",
    "authorization",
    "bill_to",
    "reference",
    "aircraft",
    "service",
    "currency",
    "subtotal",
    "tax_total",
    "total",
    "quoted_in",
    "exchange_rate_id",
    "due_on",
    "issued_on",
    "corrects_id",
    "terms",
    "notes",
)
LINE_FIELDS = (
    "sequence",
    "key",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "tax_code",
    "tax_rate",
    "tax_amount",
    "formula",
    "service",
    "basis",
    "work",
)


def snapshot_of(invoice: Invoice, lines: Iterable[LineItem] | None = None) -> dict[str, Any]:
    """The fixed content of an invoice with its lines, as plain values."""
    rows = invoice.lines.order_by("sequence") if lines is None else lines
    content = {name: _plain(invoice, name) for name in FIELDS}
    content["lines"] = [{name: _plain(row, name) for name in LINE_FIELDS} for row in rows]
    return content


def hash_of(content: dict[str, Any]) -> str:
    """The SHA-256 of a snapshot, whatever the order of its names."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(row: Invoice | LineItem, name: str) -> Any:
    value = getattr(row, name)
    if value is None or isinstance(value, (int, dict)):
        return value
    places = getattr(row._meta.get_field(name), "decimal_places", None)
    return str(value) if places is None else f"{value:.{places}f}"
