"""
The price of drone work by a contract: Decimal only, half up, the same for the same values always.

    a line          max(quantity, least quantity) x price, rounded to the cent
    least charge    what the lines of work are short of it
    a surcharge     its percentage of the lines of work and the least charge, each of the same sum
    a discount      its percentage of all lines before
    a tax           its percentage of everything before it
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from common.money import Money

FOUR_PLACES = Decimal("0.0001")
HUNDRED = Decimal(100)
# Lines of work in the order in which an offer shows them.
WORK = (
    "mobilisation",
    "travel",
    "flight",
    "area",
    "field_day",
    "processing",
    "delivery",
    "authority",
    "control",
    "drive",
)
# Without one of these nothing of the flying itself would be charged.
CORE = frozenset({"flight", "area", "field_day"})
NAMES = {
    "mobilisation": "Mobilisation",
    "travel": "Travel to the site",
    "flight": "Flying, with crew",
    "area": "Area surveyed",
    "field_day": "Crew in the field",
    "processing": "Processing",
    "delivery": "Delivery of products",
    "authority": "Applications to authorities",
    "control": "Control points on the ground",
    "drive": "Drives with the files",
    "minimum": "Least charge for a job",
    "controlled": "Controlled airspace",
    "night": "Night work",
    "rush": "Short notice",
    "weather": "Weather contingency",
}


class PriceMissing(Exception):
    """The contract has no price for flying."""


class PriceRow(Struct, frozen=True, kw_only=True):
    """One dated price of a contract, as it stood on the day of the price."""

    rate_id: int
    kind: str
    unit: str
    amount: Decimal
    minimum_quantity: Decimal = Decimal(0)


class TaxRow(Struct, frozen=True, kw_only=True):
    """One dated tax, in percent."""

    rule_id: int
    code: str
    name: str
    percent: Decimal


class Figures(Struct, frozen=True, kw_only=True):
    """What the work comes to: the quantities that are priced, and what makes them dearer."""

    flight_hours: Decimal
    area_ha: Decimal
    field_days: Decimal
    travel_km: Decimal = Decimal(0)
    products: Decimal = Decimal(1)
    processing_hours: Decimal = Decimal(0)
    applications: Decimal = Decimal(0)
    control_points: Decimal = Decimal(0)
    drives: Decimal = Decimal(0)
    is_controlled_airspace: bool = False
    is_at_night: bool = False
    is_rush: bool = False
    has_weather_contingency: bool = True


class Book(Struct, frozen=True, kw_only=True):
    """The prices and taxes that hold for one offer; one price for each kind."""

    currency: str
    on: date
    prices: Mapping[str, PriceRow]
    taxes: tuple[TaxRow, ...] = ()


class Discount(Struct, frozen=True, kw_only=True):
    """A part of the price that is given up, and why."""

    percent: Decimal
    reason: str


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
    rate_id: int | None = None
    tax_id: int | None = None


class Priced(Struct, frozen=True, kw_only=True):
    """A whole price: lines in their fixed order, totals, and what applied without a price."""

    currency: str
    lines: tuple[PricedLine, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal
    unpriced: tuple[str, ...] = ()


def exact(value: Decimal | float | int | str) -> Decimal:
    """A figure to four decimal places, half up."""
    return Decimal(str(value)).quantize(FOUR_PLACES, ROUND_HALF_UP)


def price(figures: Figures, book: Book, *, discount: Discount | None = None) -> Priced:
    """Price work line by line. Raises PriceMissing."""
    if not CORE & book.prices.keys():
        raise PriceMissing("no price for flying, for the area or for a day in the field")
    lines = list(_work(figures, book))
    lines += _least(lines, book)
    base = _sum(lines, book.currency)
    applying = _applying(figures)
    lines += [
        _share(book.prices[kind], "surcharge", NAMES[kind], base, book.currency)
        for kind in applying
        if kind in book.prices
    ]
    if discount is not None and discount.percent:
        lines.append(_discount(discount, lines, book.currency))
    missing = tuple(kind for kind in applying if kind not in book.prices and kind != "weather")
    return with_taxes(lines, book, unpriced=missing)


def with_taxes(
    lines: Sequence[PricedLine],
    book: Book,
    *,
    charged: Mapping[int, Decimal] | None = None,
    unpriced: Sequence[str] = (),
) -> Priced:
    """
    Add the taxes and totals to lines.

    `charged` are the amounts of lines, by their place from 1, that are charged instead of what
    their formula gave.
    """
    other = charged or {}
    subtotal = Decimal(0)
    for place, line in enumerate(lines, start=1):
        subtotal += other.get(place, line.computed)
    taxes = [_tax(row, subtotal, book.currency) for row in book.taxes]
    tax_total = _sum(taxes, book.currency)
    return Priced(
        currency=book.currency,
        lines=(*lines, *taxes),
        subtotal=subtotal,
        tax_total=tax_total,
        total=subtotal + tax_total,
        unpriced=tuple(unpriced),
    )


def _work(figures: Figures, book: Book) -> Iterator[PricedLine]:
    for kind in WORK:
        row = book.prices.get(kind)
        counted = _quantity(kind, row.unit, figures) if row is not None else Decimal(0)
        if row is not None and counted > 0:
            yield _line(row, counted, book.currency)


def _quantity(kind: str, unit: str, figures: Figures) -> Decimal:
    """How much of a kind there is, in the unit that its price is for."""
    by_unit = {
        "hour": figures.processing_hours if kind == "processing" else figures.flight_hours,
        "hectare": figures.area_ha,
        "day": figures.field_days,
        "km": figures.travel_km,
        "each": {
            "mobilisation": Decimal(1),
            "authority": figures.applications,
            "control": figures.control_points,
            "drive": figures.drives,
        }.get(kind, figures.products),
    }
    return exact(by_unit[unit])


def _line(row: PriceRow, counted: Decimal, currency: str) -> PricedLine:
    least = exact(row.minimum_quantity)
    quantity = max(counted, least)
    inputs = {"counted": str(counted), "price": str(row.amount)}
    formula = f"{row.unit} x price"
    if quantity > counted:
        inputs["least"] = str(least)
        formula = f"least {row.unit} x price"
    return PricedLine(
        kind="work",
        code=row.kind,
        description=NAMES[row.kind],
        formula=formula,
        inputs=inputs,
        quantity=quantity,
        unit=row.unit,
        unit_price=exact(row.amount),
        computed=_rounded(quantity * row.amount, currency),
        rate_id=row.rate_id,
    )


def _least(lines: Sequence[PricedLine], book: Book) -> list[PricedLine]:
    """What the work is short of the least charge, as a line of its own."""
    row = book.prices.get("minimum")
    come_to = _sum(lines, book.currency)
    short = _rounded(row.amount, book.currency) - come_to if row is not None else Decimal(0)
    if row is None or short <= 0:
        return []
    line = PricedLine(
        kind="work",
        code="minimum",
        description=NAMES["minimum"],
        formula="least charge - work",
        inputs={"least": str(row.amount), "work": str(come_to)},
        quantity=Decimal(1),
        unit="each",
        unit_price=exact(short),
        computed=short,
        rate_id=row.rate_id,
    )
    return [line]


def _applying(figures: Figures) -> list[str]:
    applies = {
        "controlled": figures.is_controlled_airspace,
        "night": figures.is_at_night,
        "rush": figures.is_rush,
        "weather": figures.has_weather_contingency,
    }
    return [kind for kind, does in applies.items() if does]


def _share(row: PriceRow, kind: str, name: str, base: Decimal, currency: str) -> PricedLine:
    return PricedLine(
        kind=kind,
        code=row.kind,
        description=f"{name}, {row.amount} %",
        formula="percent of the work",
        inputs={"work": str(base), "percent": str(row.amount)},
        quantity=exact(row.amount),
        unit="percent",
        unit_price=exact(base / HUNDRED),
        computed=_rounded(base * row.amount / HUNDRED, currency),
        rate_id=row.rate_id,
    )


def _discount(discount: Discount, lines: Sequence[PricedLine], currency: str) -> PricedLine:
    base = _sum(lines, currency)
    return PricedLine(
        kind="discount",
        code="discount",
        description=f"Discount, {discount.percent} %: {discount.reason}"[:200],
        formula="percent of all lines before",
        inputs={"lines": str(base), "percent": str(discount.percent)},
        quantity=exact(discount.percent),
        unit="percent",
        unit_price=-exact(base / HUNDRED),
        computed=-_rounded(base * discount.percent / HUNDRED, currency),
    )


def _tax(row: TaxRow, base: Decimal, currency: str) -> PricedLine:
    return PricedLine(
        kind="tax",
        code=row.code,
        description=f"{row.name}, {row.percent.normalize():f} %",
        formula="percent of everything before",
        inputs={"base": str(base), "percent": str(row.percent)},
        quantity=exact(row.percent),
        unit="percent",
        unit_price=exact(base / HUNDRED),
        computed=_rounded(base * row.percent / HUNDRED, currency),
        tax_id=row.rule_id,
    )


def _rounded(value: Decimal, currency: str) -> Decimal:
    return Money(value, currency).amount


def _sum(lines: Sequence[PricedLine], currency: str) -> Decimal:
    whole = Money(Decimal(0), currency)
    for line in lines:
        whole += Money(line.computed, currency)
    return whole.amount
