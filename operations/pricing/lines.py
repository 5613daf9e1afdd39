"""Lines of an offer and the arithmetic they share: Decimal only, half up, nothing lost."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from msgspec import Struct

from common.money import EXPONENTS, Money
from operations.itinerary import Finding

FOUR_PLACES = Decimal("0.0001")


class PricedLine(Struct, frozen=True, kw_only=True):
    """One line: what, by which formula, from which figures and which dated row."""

    kind: str
    code: str
    description: str
    formula: str
    inputs: dict[str, str]
    quantity: Decimal
    unit: str
    unit_price: Decimal
    computed: Decimal
    effective_from: date
    leg: int | None = None
    rate_id: int | None = None
    tax_id: int | None = None
    is_taxable: bool = False


class LegBase(Struct, frozen=True, kw_only=True):
    """How much of the taxable lines falls to one live leg, and how the tax on it was decided."""

    leg: int
    amount: Decimal
    code: str
    is_exempt: bool
    decision: str
    citation: str
    evidence: str = ""


class Priced(Struct, frozen=True, kw_only=True):
    """
    A whole price: lines in their fixed order, taxes after them, and what it rests on.

    `rates` are the prices that were looked at, also those of which another came to more.
    """

    currency: str
    lines: tuple[PricedLine, ...]
    taxes: tuple[PricedLine, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal
    bases: tuple[LegBase, ...] = ()
    findings: tuple[Finding, ...] = ()
    rates: frozenset[int] = frozenset()


def exact(value: Decimal | float | int | str) -> Decimal:
    """A figure of the plan as it is written, to four decimal places, half up."""
    return Decimal(str(value)).quantize(FOUR_PLACES, ROUND_HALF_UP)


def amount(value: Decimal, currency: str) -> Decimal:
    """Round an amount to the currency's smallest unit, half up."""
    return Money(value, currency).amount


def total(amounts: Sequence[Decimal], currency: str) -> Decimal:
    """Add amounts of one currency."""
    whole = Money(Decimal(0), currency)
    for each in amounts:
        whole += Money(each, currency)
    return whole.amount


def split(whole: Decimal, weights: Mapping[int, Decimal], currency: str) -> dict[int, Decimal]:
    """
    Share an amount by weights in smallest units so that the shares add up to it exactly.

    What is left after rounding down goes to the largest remainders, the lower key first.
    """
    cent = Decimal(1).scaleb(-EXPONENTS[currency])
    all_of_it = sum(weights.values(), Decimal(0))
    even = all_of_it == 0
    shares, rest = {}, {}
    for key, weight in weights.items():
        part = whole / len(weights) if even else whole * weight / all_of_it
        shares[key] = part.quantize(cent, ROUND_DOWN)
        rest[key] = abs(part - shares[key])
    left = int((whole - sum(shares.values(), Decimal(0))) / cent)
    step = cent if left > 0 else -cent
    for key in sorted(rest, key=lambda each: (-rest[each], each))[: abs(left)]:
        shares[key] += step
    return shares
