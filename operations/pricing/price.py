"""The price of an itinerary: values in, values out, the same for the same values always."""

from collections.abc import Sequence

from msgspec.structs import replace

from operations.itinerary import Itinerary
from operations.pricing.book import PriceBook
from operations.pricing.charges import Charges
from operations.pricing.facts import PriceFacts
from operations.pricing.lines import Priced, PricedLine, total
from operations.pricing.taxes import Charged, taxes


def price(itinerary: Itinerary, book: PriceBook, facts: PriceFacts) -> Priced:
    """
    Price a journey line by line, with its taxes.

    Raises PriceMissing when a price or tax that is needed is not on file, CurrenciesDiffer.
    """
    charges = Charges(itinerary, book, facts)
    lines = charges.lines()
    found = priced(itinerary, lines, [as_charged(line) for line in lines], book, facts)
    return replace(found, rates=frozenset(charges.asked))


def priced(
    itinerary: Itinerary,
    lines: Sequence[PricedLine],
    charged: Sequence[Charged],
    book: PriceBook,
    facts: PriceFacts,
) -> Priced:
    """Add taxes and totals to lines of which other amounts may be charged than were computed."""
    tax = taxes(itinerary, charged, book, facts)
    subtotal = total([row.amount for row in charged], book.currency)
    tax_total = total([line.computed for line in tax.lines], book.currency)
    return Priced(
        currency=book.currency,
        lines=tuple(lines),
        taxes=tax.lines,
        subtotal=subtotal,
        tax_total=tax_total,
        total=subtotal + tax_total,
        bases=tax.bases,
        findings=tax.findings,
    )


def as_charged(line: PricedLine) -> Charged:
    """A line at the amount its formula gave."""
    return Charged(line.computed, line.leg, line.is_taxable)


def rows_used(result: Priced) -> tuple[set[int], set[int]]:
    """The prices and the taxes that a result rests on."""
    return set(result.rates), {line.tax_id for line in result.taxes if line.tax_id is not None}
