"""
Prices of drone work: 10,000 random requests summed to the cent by two ways of reckoning.

    python -m benchmarks.client_quotes [--requests 10000] [--seed 1]

Each request has its own prices, quantities, surcharges, discount and tax. The product's
`client_management.pricing` prices it line by line; the check works in whole cents and exact
fractions and knows none of its code. Exits with 1 where one differs. No database is needed.
"""

import argparse
import random
import sys
import time
from datetime import date
from decimal import Decimal
from fractions import Fraction

from client_management.pricing import Book, Discount, Figures, PriceRow, TaxRow, price

WORK = ("mobilisation", "travel", "flight", "area", "field_day", "processing", "delivery")
UNITS = {
    "mobilisation": "each",
    "travel": "km",
    "flight": "hour",
    "area": "hectare",
    "field_day": "day",
    "processing": "each",
    "delivery": "each",
    "authority": "each",
    "control": "each",
    "drive": "each",
    "minimum": "each",
}
SURCHARGES = ("controlled", "night", "rush", "weather")


def cents(value: Fraction) -> int:
    """Whole cents, half away from zero."""
    sign = -1 if value < 0 else 1
    return sign * int(abs(value) * 100 + Fraction(1, 2))


def amount(dice: random.Random, most: int) -> Decimal:
    """A price up to so many units of money."""
    return Decimal(dice.randrange(1, most * 100)) / 100


def a_request(dice: random.Random) -> tuple[Figures, Book, Discount | None]:
    """What one request comes to, and the prices it is priced by."""
    prices = {}
    for n, (kind, unit) in enumerate(UNITS.items(), start=1):
        if kind == "flight" or dice.random() < 0.7:
            least = Decimal(dice.randrange(0, 300)) / 100 if dice.random() < 0.3 else Decimal(0)
            prices[kind] = PriceRow(
                rate_id=n,
                kind=kind,
                unit=unit,
                amount=amount(dice, 2000),
                minimum_quantity=Decimal(0) if kind == "minimum" else least,
            )
    for n, kind in enumerate(SURCHARGES, start=50):
        if dice.random() < 0.8:
            percent = Decimal(dice.randrange(1, 6000)) / 100
            prices[kind] = PriceRow(rate_id=n, kind=kind, unit="percent", amount=percent)
    taxes = ()
    if dice.random() < 0.9:
        percent = dice.choice(["10", "7.5", "6.25", "15", "19"])
        taxes = (TaxRow(rule_id=1, code="TAX", name="Tax", percent=Decimal(percent)),)
    figures = Figures(
        flight_hours=Decimal(dice.randrange(1, 999_999)) / 10_000,
        area_ha=Decimal(dice.randrange(0, 99_999_999)) / 10_000,
        field_days=Decimal(dice.randrange(1, 20)),
        travel_km=Decimal(dice.randrange(0, 20_000)) / 10,
        products=Decimal(dice.randrange(1, 12)),
        applications=Decimal(dice.randrange(0, 4)),
        control_points=Decimal(dice.randrange(0, 12)),
        drives=Decimal(dice.randrange(0, 3)),
        is_controlled_airspace=dice.random() < 0.4,
        is_at_night=dice.random() < 0.3,
        is_rush=dice.random() < 0.3,
        has_weather_contingency=dice.random() < 0.6,
    )
    discount = None
    if dice.random() < 0.3:
        discount = Discount(percent=Decimal(dice.randrange(1, 3000)) / 100, reason="Agreed")
    book = Book(currency="AUD", on=date(2026, 3, 15), prices=prices, taxes=taxes)
    return figures, book, discount


def by_hand(figures: Figures, book: Book, discount: Discount | None) -> tuple[int, int]:
    """Net and tax in cents, by fractions."""
    counted = {
        "mobilisation": Decimal(1),
        "travel": figures.travel_km,
        "flight": figures.flight_hours,
        "area": figures.area_ha,
        "field_day": figures.field_days,
        "processing": figures.products,
        "delivery": figures.products,
        "authority": figures.applications,
        "control": figures.control_points,
        "drive": figures.drives,
    }
    net = 0
    for kind, quantity in counted.items():
        if (row := book.prices.get(kind)) is not None and quantity > 0:
            net += cents(Fraction(max(quantity, row.minimum_quantity)) * Fraction(row.amount))
    if "minimum" in book.prices:
        net = max(net, cents(Fraction(book.prices["minimum"].amount)))
    applying = dict(
        zip(
            SURCHARGES,
            (
                figures.is_controlled_airspace,
                figures.is_at_night,
                figures.is_rush,
                figures.has_weather_contingency,
            ),
            strict=True,
        )
    )
    base = net
    for kind, does in applying.items():
        if does and kind in book.prices:
            net += cents(Fraction(base, 100) * Fraction(book.prices[kind].amount) / 100)
    if discount is not None:
        net -= cents(Fraction(net, 100) * Fraction(discount.percent) / 100)
    tax = sum(cents(Fraction(net, 100) * Fraction(row.percent) / 100) for row in book.taxes)
    return net, tax


def main() -> int:
    """Price them all; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    dice = random.Random(given.seed)  # noqa: S311 - reproducible, not secret
    wrong, lines, spent = 0, 0, 0.0
    for n in range(given.requests):
        figures, book, discount = a_request(dice)
        start = time.perf_counter()
        found = price(figures, book, discount=discount)
        spent += time.perf_counter() - start
        lines += len(found.lines)
        whole = sum(line.computed for line in found.lines)
        net, tax = by_hand(figures, book, discount)
        if (found.subtotal * 100, found.tax_total * 100) != (net, tax) or whole != found.total:
            wrong += 1
            print(f"request {n}: {found.subtotal} + {found.tax_total}, by hand {net} + {tax} cents")
    each_us = spent / given.requests * 1e6
    print(
        f"client_quotes  {given.requests - wrong} of {given.requests} to the cent"
        f"  {lines} lines  {each_us:.0f} us each"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
