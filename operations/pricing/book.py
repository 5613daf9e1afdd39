"""The prices and taxes that stand on a day, as values; found by kind, the narrowest first."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class PriceMissing(ValueError):
    """A price or tax that is needed and not on file; never taken for nothing."""


class CurrenciesDiffer(ValueError):
    """An amount of another currency than the offer's."""


class RateRow(Struct, frozen=True, kw_only=True):
    """One dated price. `aircraft_type` empty and `airport_id` None fit every one."""

    id: int
    kind: str
    unit: str
    amount: Decimal
    effective_from: date
    aircraft_type: str = ""
    airport_id: int | None = None
    minimum_quantity: Decimal = Decimal(0)


class TaxRow(Struct, frozen=True, kw_only=True):
    """
    One dated rate of a tax.

    `rate` is a percentage for the basis `percent`, an amount of `currency` otherwise.
    """

    id: int
    code: str
    jurisdiction: str
    basis: str
    rate: Decimal
    currency: str
    effective_from: date
    citation: str
    confidence: str = ""


class ExchangeRow(Struct, frozen=True, kw_only=True):
    """What one unit of `currency` cost in the card's currency, as published on a day."""

    currency: str
    factor: Decimal
    rate_on: date
    source: str


class PriceBook(Struct, frozen=True, kw_only=True):
    """
    The rows of one card that stand on `on`, the taxes of the day of the flight, and the rates of
    exchange of `on` for taxes that are an amount of another currency.
    """

    card_id: int
    card: str
    currency: str
    on: date
    rates: tuple[RateRow, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    exchange: tuple[ExchangeRow, ...] = ()

    def rate(self, kind: str, *, aircraft_type: str, airport_id: int | None = None) -> RateRow:
        """
        The narrowest price: of the airport, then of the aircraft type, then the general one.

        Raises PriceMissing.
        """
        fits = [
            row
            for row in self.rates
            if row.kind == kind
            and row.aircraft_type in ("", aircraft_type)
            and (row.airport_id is None or row.airport_id == airport_id)
        ]
        if not fits:
            at = "" if airport_id is None else f" at airport {airport_id}"
            raise PriceMissing(
                f"Card {self.card} has no price for {kind} ({aircraft_type}{at}) on {self.on}"
            )
        return max(fits, key=lambda row: (row.airport_id is not None, row.aircraft_type != ""))

    def tax(self, code: str, jurisdiction: str) -> TaxRow:
        """The rate of a tax; raises PriceMissing."""
        for row in self.taxes:
            if (row.code, row.jurisdiction) == (code, jurisdiction):
                return row
        raise PriceMissing(f"There is no rate of {code} for the day of the flight")

    def exchange_of(self, tax: TaxRow) -> ExchangeRow | None:
        """The rate for a tax due in another currency, None for one in the card's own.

        Raises CurrenciesDiffer where no rate is on file.
        """
        if tax.currency == self.currency:
            return None
        for row in self.exchange:
            if row.currency == tax.currency:
                return row
        raise CurrenciesDiffer(
            f"{tax.code} is due in {tax.currency}, the offer is in {self.currency}; no rate of"
            f" exchange of the week before {self.on} is on file"
        )

    def only(self, rate_ids: set[int], tax_ids: set[int]) -> "PriceBook":
        """The book with no more than the rows named: what an offer keeps to be made again."""
        return PriceBook(
            card_id=self.card_id,
            card=self.card,
            currency=self.currency,
            on=self.on,
            rates=tuple(row for row in self.rates if row.id in rate_ids),
            taxes=tuple(row for row in self.taxes if row.id in tax_ids),
            exchange=self.exchange,
        )
