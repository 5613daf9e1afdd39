"""
Price random itineraries and check every cent.

Needs no database. Lines add up to the totals, the price made again from what an offer keeps is the
same, and other prices afterwards change nothing of it.
"""

import argparse
import os
import sys
import time
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from operations.pricing.price import price, rows_used  # noqa: E402 - after the settings
from operations.pricing.storage import PriceInputs, as_json, inputs_of, itinerary_of  # noqa: E402
from tests.operations.plans import random_book, random_facts, random_plan, seeded  # noqa: E402

COUNT = 10_000


def run(count: int) -> dict[str, int]:
    """Price as many plans; returns what was counted, failures first."""
    counted = dict.fromkeys(
        ("not adding up", "not the same again", "moved by other prices", "lines", "taxes"), 0
    )
    for seed in range(count):
        random = seeded(seed)
        plan = random_plan(random)
        known, book = random_facts(random, plan), random_book(random)
        priced = price(plan, book, known)
        lines = sum((line.computed for line in priced.lines), Decimal(0))
        taxes = sum((line.computed for line in priced.taxes), Decimal(0))
        adds_up = (lines, taxes, lines + taxes) == (
            priced.subtotal,
            priced.tax_total,
            priced.total,
        )
        kept = as_json(PriceInputs(book=book.only(*rows_used(priced)), facts=known))
        # The card changes; what the offer kept does not.
        moved = price(plan, random_book(random), known)
        again = inputs_of(kept)
        remade = price(itinerary_of(as_json(plan)), again.book, again.facts)
        counted["not adding up"] += not adds_up
        counted["not the same again"] += remade != priced
        counted["moved by other prices"] += moved.total != priced.total
        counted["lines"] += len(priced.lines)
        counted["taxes"] += len(priced.taxes)
    return counted


def main() -> int:
    """Price and print; 1 where a sum or a second pricing differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pricing", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="itineraries")
    number = parser.parse_args().count
    began = time.perf_counter()
    found = run(number)
    took = time.perf_counter() - began
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value}\n")
    sys.stdout.write(f"{number} itineraries in {took:.1f} s\n")
    return int(bool(found["not adding up"] or found["not the same again"]))


if __name__ == "__main__":
    sys.exit(main())
