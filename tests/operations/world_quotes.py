"""One record of every kind of quotes and prices, for tests of every route."""

from typing import Any

from django.utils import timezone

from finance.models import TaxRule
from operations.links import token_of
from operations.services.requests import record_decline
from tests.operations.plans import Desk


def quote_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; the desk shares its quotes."""
    at = timezone.now()
    desk = Desk(now=at)
    version = desk.send()
    decline = record_decline(
        by="customer",
        reason="price",
        point=desk.airports[0].point,
        actor=desk.actor,
        at=at,
    )
    return {
        "finance/rate-cards": ("code", desk.card.code),
        "finance/rates": ("id", desk.card.rates.first().pk),
        "finance/tax-rules": ("id", TaxRule.objects.get(code="GST").pk),
        "operations/quotes": ("number", desk.quote.number),
        "operations/quote-versions": ("id", version.pk),
        "operations/declines": ("id", decline.pk),
        "operations/offers": ("token", token_of(version.link_salt)),
    }
