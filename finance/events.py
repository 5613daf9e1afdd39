from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class RatesChanged(Event):
    """A price of a card was added or ended."""

    name: ClassVar[str] = "finance.rates_changed"
    card_id: int
    rate_id: int


@dataclass(frozen=True, kw_only=True)
class TaxRatesChanged(Event):
    """A tax rate was added or ended."""

    name: ClassVar[str] = "finance.tax_rates_changed"
    rule_id: int
