"""What of an offer its hash covers, and which offers ran out."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from client_management.models import ServiceQuote, ServiceQuoteLine

MOST_AT_ONCE = 500


def hash_of(quote: ServiceQuote, lines: Iterable[ServiceQuoteLine]) -> str:
    """The SHA-256 of what a client agrees to: lines, totals, terms and how long it stands."""
    content = {
        "number": quote.number,
        "currency": quote.currency,
        "lines": [
            [line.sequence, line.description, f"{line.quantity:f}", line.unit, f"{line.amount:.2f}"]
            for line in lines
        ],
        "subtotal": f"{quote.subtotal:.2f}",
        "tax_total": f"{quote.tax_total:.2f}",
        "total": f"{quote.total:.2f}",
        "terms": quote.terms,
        "valid_until": quote.valid_until.isoformat(),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def quotes_run_out(at: datetime) -> QuerySet[ServiceQuote]:
    """Offers whose time is over and that nobody answered, oldest first (the first 500)."""
    rows = ServiceQuote.objects.offered().filter(valid_until__lte=at)
    return rows.order_by("valid_until", "pk")[:MOST_AT_ONCE]
