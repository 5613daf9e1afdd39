"""Published rates of exchange, and amounts and bill lines in another currency."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from common.money import Money
from finance.billables import BillLine
from finance.exceptions import RateMissing
from finance.models import CurrencyRate

# Rates are not published on weekends and holidays.
OLDEST = timedelta(days=7)
# A rate turned round: a hundred million comes out to the cent.
_TWELVE_PLACES = Decimal("1E-12")
_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Conversion:
    """A published rate and which way round it is used."""

    row: CurrencyRate
    factor: Decimal
    currency: str

    def money(self, amount: Decimal) -> Decimal:
        """An amount in the other currency, rounded half up to its smallest unit."""
        return Money(amount * self.factor, self.currency).amount

    def line(self, line: BillLine, base: str) -> BillLine:
        """A line of a bill in the other currency; it says what it was and by which rate."""
        if not line.amount and not line.tax_amount:
            return line
        was = line.amount or line.tax_amount
        text = f"{was} {base} x {self.factor.normalize():f} ({self.row.source}, {self.row.rate_on})"
        return replace(
            line,
            unit_price=(line.unit_price * self.factor).quantize(_FOUR_PLACES, ROUND_HALF_UP),
            amount=self.money(line.amount),
            tax_amount=self.money(line.tax_amount),
            formula=text[:200],
        )


def conversion(base: str, quote: str, *, on: date) -> Conversion:
    """
    The newest rate of a pair on a day, either way round, no older than a week.

    Raises RateMissing.
    """
    rows = CurrencyRate.objects.between(base, quote)
    row = rows.filter(rate_on__lte=on, rate_on__gte=on - OLDEST).order_by("-rate_on", "-pk").first()
    if row is None:
        raise RateMissing(base=base, quote=quote, on=on)
    factor = row.rate if row.base == base else (1 / row.rate).quantize(_TWELVE_PLACES)
    return Conversion(row=row, factor=factor, currency=quote)
