"""Rates of exchange, noted as their source published them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from finance.days import local_day
from finance.models import CurrencyRate


@transaction.atomic
def record_rate(
    *, base: str, quote: str, rate: Decimal, rate_on: date, source: str, actor: Any, at: datetime
) -> CurrencyRate:
    """
    Note what one unit of `base` cost in `quote` on a day, and who published it.

    The database refuses a second one of the same source and day. Raises InvalidInput.
    """
    if base == quote:
        raise InvalidInput("/quote", "The same currency.")
    if rate_on > local_day(at):
        raise InvalidInput("/rate_on", "That day is still to come.")
    row = CurrencyRate.objects.create(
        base=base,
        quote=quote,
        rate=rate,
        rate_on=rate_on,
        source=source,
        recorded_by=actor if getattr(actor, "pk", None) else None,
        recorded_at=at,
    )
    record("currency_rate.recorded", row, actor=actor, at=at, rate=str(rate), source=source)
    return row
