"""
Prices of drone work: 10,000 random requests summed to the cent by two ways of reckoning.

    python -m benchmarks.client_quotes [--requests 10000] [--stored 300] [--seed 1] [--keep]

Each is a request with an area, a service with its specifications, dates, and options of the desk,
priced by a contract of its own: prices by the hour, the hectare, the day, the kilometre and the
piece, least quantities and a least charge, surcharges for controlled airspace, night, short notice
and weather, discount and tax, in currencies with and without cents. `--stored` of them go through
the services in a database of their own (created, handed in, assessed beside a controlled aerodrome,
quoted) and are read back; the others are not stored and go through the same estimate, figures and
price. The check works in whole cents and exact fractions and knows none of that code. Exits with 1
where one differs, or where a modifier was never drawn. Needs the environment that script/manage
sets, and with `--stored` a role that may create a database.
"""

import argparse
import math
import random
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from benchmarks import place
from benchmarks.client_asks import SURCHARGES, UNITS, Case, Facts, in_memory
from benchmarks.client_offers import offered

place.DATABASE = "windsock_benchmark_quotes"
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
TODAY = date(2026, 3, 15)
SET_UP_MIN, POINT_MIN, FIELD_DAY_MIN = 15, 15, 480


def rounded(value: Fraction, digits: int) -> Fraction:
    """So many places, half away from zero."""
    sign = -1 if value < 0 else 1
    return Fraction(sign * int(abs(value) * 10**digits + Fraction(1, 2)), 10**digits)


def counted(facts: Facts, kind: str, unit: str) -> Fraction:
    """How much of a kind there is in a unit, to four places."""
    on_site = facts.flight_min + SET_UP_MIN * facts.operations + POINT_MIN * facts.control_points
    pieces = {
        "mobilisation": 1,
        "authority": facts.applications,
        "control": facts.control_points,
        "drive": facts.drives,
    }
    found = {
        "hour": facts.processing_hours if kind == "processing" else facts.flight_min / 60,
        "hectare": facts.area_m2 * facts.visits / 10_000,
        "day": max(facts.visits, math.ceil(on_site / FIELD_DAY_MIN)),
        "km": facts.travel_km,
        "each": pieces.get(kind, facts.products * facts.visits),
    }[unit]
    return rounded(Fraction(str(found)), 4)


def by_hand(case: Case) -> tuple[Fraction, Fraction, Counter[str]]:
    """Net, tax, and which prices came to bear."""
    facts, digits = case.facts, case.digits
    prices = {row.kind: row for row in case.prices}
    used: Counter[str] = Counter()
    net = Fraction(0)
    for kind in UNITS.keys() - {"minimum"}:
        row = prices.get(kind)
        amount = counted(facts, kind, row.unit) if row else Fraction(0)
        if row and amount > 0:
            net += rounded(max(amount, Fraction(row.least)) * Fraction(row.amount), digits)
            used[f"{kind} per {row.unit}"] += 1
    if "minimum" in prices and Fraction(prices["minimum"].amount) > net:
        net = rounded(Fraction(prices["minimum"].amount), digits)
        used["minimum"] += 1
    base = net
    is_rush = facts.days_left <= facts.rush_days
    does = (facts.is_controlled, facts.is_at_night, is_rush, facts.has_weather_contingency)
    for kind, applies in zip(SURCHARGES, does, strict=True):
        if applies and kind in prices:
            net += rounded(base * Fraction(prices[kind].amount) / 100, digits)
            used[kind] += 1
    if case.discount:
        net -= rounded(net * Fraction(case.discount) / 100, digits)
        used["discount"] += 1
    tax = sum((rounded(net * Fraction(each) / 100, digits) for each in case.taxes), Fraction(0))
    used[f"{digits} decimals"] += 1
    used["tax"] += bool(case.taxes)
    return net, tax, used


ALL_MODIFIERS = {
    *(f"{kind} per {unit}" for kind, units in UNITS.items() for unit in units),
    *SURCHARGES, "minimum", "discount", "tax", "0 decimals", "2 decimals",
} - {"minimum per each"}  # fmt: skip


class Tally:
    """What was compared so far."""

    def __init__(self) -> None:
        self.same = self.lines = self.wrong = self.unflyable = 0
        self.used: Counter[str] = Counter()

    def take(self, case: Case | None) -> None:
        """Compare one request; says where it differs."""
        if case is None:
            self.unflyable += 1
            return
        net, tax, used = by_hand(case)
        self.used += used
        self.lines += len(case.lines)
        whole = sum(case.lines, Decimal(0))
        if (case.subtotal, case.tax_total, whole) == (net, tax, net + tax):
            self.same += 1
            return
        self.wrong += 1
        print(f"differs: {case.subtotal} + {case.tax_total}, lines {whole}; by hand {net} + {tax}")

    def said(self, name: str, seconds: float) -> str:
        """One line of the report."""
        return (
            f"client_quotes  {name:8} {self.same} of {self.same + self.wrong} to the cent"
            f"  {self.lines} lines  {self.wrong} differ  {self.unflyable} not flyable"
            f"  {seconds:.0f} s"
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.client_quotes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--stored", type=int, default=300, help="of them, through the services")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    return parser.parse_args()


def main() -> int:
    """Price them all; returns the exit code."""
    given = arguments()
    if given.stored:
        place.use_benchmark_database(fresh=given.fresh)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        return compared(given)
    finally:
        if given.stored and not given.keep:
            place.drop_benchmark_database()


def compared(given: argparse.Namespace) -> int:
    dice = random.Random(given.seed)  # noqa: S311 - reproducible, not secret
    stored, loose = Tally(), Tally()
    begun = time.perf_counter()
    if given.stored:
        from benchmarks.undone import undone  # noqa: PLC0415 - needs Django

        with undone():
            fill(stored, given.stored, offered(dice, given.requests, NOW))
    between = time.perf_counter()
    fill(loose, given.requests - stored.same - stored.wrong, endless(dice))
    print(stored.said("stored", between - begun))
    print(loose.said("loose", time.perf_counter() - between))
    used = stored.used + loose.used
    print("  ".join(f"{name} {count}" for name, count in sorted(used.items())))
    never = ALL_MODIFIERS - used.keys()
    if never:
        print(f"never drawn: {', '.join(sorted(never))}")
    return 1 if stored.wrong or loose.wrong or never else 0


def fill(tally: Tally, count: int, cases: Any) -> None:
    """Compare cases until so many had a price."""
    while tally.same + tally.wrong < count:
        tally.take(next(cases))


def endless(dice: random.Random) -> Any:
    while True:
        yield in_memory(dice, TODAY)


if __name__ == "__main__":
    sys.exit(main())
