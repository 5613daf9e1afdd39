"""Random requests of clients, their prices, and both as the product reckons with them."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import shapely
from shapely import affinity

LAT, LON = -31.0, 121.0
CURRENCIES = {"AUD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "NZD": 2, "USD": 2}
UNITS = {
    "mobilisation": ("each", "day"),
    "travel": ("km",),
    "flight": ("hour",),
    "area": ("hectare",),
    "field_day": ("day",),
    "processing": ("hectare", "each", "hour"),
    "delivery": ("each",),
    "authority": ("each",),
    "control": ("each",),
    "drive": ("each",),
    "minimum": ("each",),
}
SURCHARGES = ("controlled", "night", "rush", "weather")
TAXES = ("10", "7.5", "6.25", "15", "19", "8.875")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a request and how it is done, before anything is reckoned."""

    area_m2: float
    flight_min: float
    operations: int
    visits: int
    products: int
    travel_km: float
    processing_hours: float
    applications: int
    control_points: int
    drives: int
    is_controlled: bool
    is_at_night: bool
    days_left: int
    rush_days: int
    has_weather_contingency: bool


@dataclass(frozen=True, kw_only=True)
class Price:
    """One price of a contract as plain values."""

    kind: str
    unit: str
    amount: Decimal
    least: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One priced request: what the check reckons with, and what the product came to."""

    facts: Facts
    prices: list[Price]
    taxes: list[Decimal]
    discount: Decimal
    digits: int
    subtotal: Decimal
    tax_total: Decimal
    lines: list[Decimal]


def prices(dice: random.Random, currency: str) -> list[Price]:
    """A contract: for flying always, for the rest by chance, in one of the units of each."""
    found = []
    for kind, units in UNITS.items():
        if kind == "flight" or dice.random() < 0.7:
            least = Decimal(dice.randrange(0, 300)) / 100 if dice.random() < 0.3 else Decimal(0)
            found.append(
                Price(
                    kind=kind,
                    unit=dice.choice(units),
                    amount=_amount(dice, currency),
                    least=Decimal(0) if kind == "minimum" else least,
                )
            )
    for kind in SURCHARGES:
        if dice.random() < 0.8:
            percent = Decimal(dice.randrange(1, 6000)) / 100
            found.append(Price(kind=kind, unit="percent", amount=percent))
    return found


def _amount(dice: random.Random, currency: str) -> Decimal:
    if CURRENCIES[currency] == 0:
        return Decimal(dice.randrange(1, 200_000))
    return Decimal(dice.randrange(1, 200_000)) / 100


def specification(dice: random.Random) -> tuple[str, dict[str, Any]]:
    """What is asked for, of any kind of service."""
    products = ["orthophoto", "surface_model", "terrain_model", "contours", "mesh"]
    mapping: dict[str, Any] = {
        "gsd_cm": round(dice.uniform(1.5, 4.0), 2),
        "products": dice.sample(products, dice.randrange(1, 6)),
    }
    if dice.random() < 0.5:
        mapping["accuracy_cm"] = dice.choice([5, 8, 20, 400])
    if dice.random() < 0.4:
        mapping["media"] = "drive"
    repeated = {"visits": dice.randrange(2, 9), "days_between": dice.randrange(1, 60)}
    return dice.choice(
        [
            ("mapping", mapping),
            ("monitoring", mapping | repeated),
            ("thermal", {"gsd_cm": round(dice.uniform(4, 12), 1)}),
            ("lidar", {"density_m2": dice.randrange(20, 200)}),
            ("inspection", {"structures": dice.randrange(1, 60), "minutes_each": 7.5}),
            ("video", {"minutes": dice.randrange(5, 300)}),
        ]
    )


def area(dice: random.Random) -> shapely.Polygon:
    """A rectangle of up to some 30 hectares, at any angle, in the desert."""
    half_lon, half_lat = dice.uniform(0.0005, 0.003), dice.uniform(0.0005, 0.0025)
    lon, lat = LON + dice.uniform(-0.2, 0.2), LAT + dice.uniform(-0.2, 0.2)
    box = shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)
    return affinity.rotate(box, dice.uniform(0, 180))


def options(dice: random.Random) -> Any:
    """How the desk means to do it."""
    from client_management.queries.assessments import Options  # noqa: PLC0415 - needs Django

    return Options(
        travel_km=dice.randrange(0, 20_000) / 10,
        processing_hours=dice.randrange(0, 4_000) / 100 if dice.random() < 0.8 else 0.0,
        has_weather_contingency=dice.random() < 0.6,
        has_rtk=dice.random() < 0.3,
    )


def discount(dice: random.Random) -> Any:
    """Some percent, for some."""
    from client_management.pricing import Discount  # noqa: PLC0415 - needs Django

    percent = Decimal(dice.randrange(1, 3000)) / 100 if dice.random() < 0.3 else Decimal(0)
    return Discount(percent=percent, reason="Agreed") if percent else None


def in_memory(dice: random.Random, on: date) -> Case | None:
    """
    A request that is not stored, through the survey's estimate and the product's price.

    None where its area cannot be flown: such a request has no price.
    """
    from client_management.models import Contract  # noqa: PLC0415 - needs Django
    from client_management.pricing import price  # noqa: PLC0415

    currency, given, less = dice.choice(list(CURRENCIES)), options(dice), discount(dice)
    shape, request = area(dice), _request(dice, on, currency)
    found = _estimated(request, shape, given)
    if found is None:
        return None
    wishes = _wishes(request, found, given)
    facts = Facts(
        area_m2=request.area_m2,
        flight_min=found.flight_min,
        operations=found.operations,
        visits=request.specifications.get("visits", 1),
        products=len(request.specifications.get("products", "1")),
        travel_km=given.travel_km,
        processing_hours=given.processing_hours,
        applications=dice.randrange(0, 4),
        control_points=wishes.control_points,
        drives=drives_of(request.specifications),
        is_controlled=dice.random() < 0.4,
        is_at_night=request.is_at_night,
        days_left=(request.wanted_until - on).days,
        rush_days=dice.randrange(0, 14),
        has_weather_contingency=given.has_weather_contingency,
    )
    listed = prices(dice, currency)
    taxes = [Decimal(dice.choice(TAXES))] if dice.random() < 0.9 else []
    contract = Contract(currency=currency, rush_days=facts.rush_days)
    figures = _figures(request, contract, found, given=given, wishes=wishes, facts=facts, on=on)
    result = price(figures, _book(currency, on, listed, taxes), discount=less)
    return Case(
        facts=facts,
        prices=listed,
        taxes=taxes,
        discount=less.percent if less else Decimal(0),
        digits=CURRENCIES[currency],
        subtotal=result.subtotal,
        tax_total=result.tax_total,
        lines=[line.computed for line in result.lines],
    )


def _request(dice: random.Random, on: date, currency: str) -> Any:
    from client_management.models import ServiceRequest  # noqa: PLC0415 - needs Django

    service, wanted = specification(dice)
    return ServiceRequest(
        service_type=service,
        specifications=wanted,
        area_m2=dice.uniform(2_000, 900_000),
        is_at_night=dice.random() < 0.3,
        wanted_until=on + timedelta(days=dice.randrange(1, 30)),
        currency=currency,
    )


def _estimated(request: Any, shape: shapely.Polygon, given: Any) -> Any:
    """How it is flown; None where it cannot be."""
    from client_management.queries.assessments import flown_by  # noqa: PLC0415 - needs Django
    from client_management.specifications import specification_of  # noqa: PLC0415
    from client_management.survey.estimate import estimate  # noqa: PLC0415
    from client_management.survey.parts import CannotBeFlown, TooManyOperations  # noqa: PLC0415

    try:
        return estimate(
            shape,
            specification_of(request.service_type, request.specifications),
            max_height_m=request.max_height_agl_m,
            aircraft=flown_by(None),
            sight_m=given.sight_m,
            batteries_each=given.batteries_each,
        )
    except (CannotBeFlown, TooManyOperations):
        return None


def drives_of(wanted: dict[str, Any]) -> int:
    """A drive for each visit, where the files are to come on one."""
    visits = int(wanted.get("visits", 1))
    return visits if wanted.get("media") == "drive" else 0


def _wishes(request: Any, found: Any, given: Any) -> Any:
    from client_management.queries.wishes import wishes_of  # noqa: PLC0415 - needs Django
    from client_management.specifications import specification_of  # noqa: PLC0415

    wanted = specification_of(request.service_type, request.specifications)
    return wishes_of(request, wanted, found, has_rtk=given.has_rtk)


def _figures(
    request: Any, contract: Any, found: Any, *, given: Any, wishes: Any, facts: Facts, on: date
) -> Any:
    from client_management.queries import assessments  # noqa: PLC0415 - needs Django
    from client_management.specifications import specification_of  # noqa: PLC0415

    return assessments.figures_of(
        request,
        specification_of(request.service_type, request.specifications),
        found,
        options=given,
        wishes=wishes,
        applications=facts.applications,
        is_controlled=facts.is_controlled,
        is_rush=assessments.is_rush(request, contract, on=on),
    )


def _book(currency: str, on: date, listed: list[Price], taxes: list[Decimal]) -> Any:
    from client_management.pricing import Book, PriceRow, TaxRow  # noqa: PLC0415 - needs Django

    rows = {
        row.kind: PriceRow(
            rate_id=n,
            kind=row.kind,
            unit=row.unit,
            amount=row.amount,
            minimum_quantity=row.least,
        )
        for n, row in enumerate(listed, start=1)
    }
    percents = tuple(TaxRow(rule_id=1, code="TAX", name="Tax", percent=each) for each in taxes)
    return Book(currency=currency, on=on, prices=rows, taxes=percents)
