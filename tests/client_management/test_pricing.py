"""Prices line by line, against figures worked out by hand and sums by another way."""

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from client_management.pricing import (
    Book,
    Discount,
    Figures,
    PriceMissing,
    PriceRow,
    TaxRow,
    price,
    with_taxes,
)

CENT = Decimal("0.01")
GST = TaxRow(rule_id=1, code="GST", name="GST", percent=Decimal("10.0000"))
PRICES = {
    "mobilisation": ("each", "350.00"),
    "travel": ("km", "1.20"),
    "flight": ("hour", "420.00"),
    "area": ("hectare", "9.50"),
    "processing": ("each", "180.00"),
    "authority": ("each", "250.00"),
    "minimum": ("each", "900.00"),
    "controlled": ("percent", "15.00"),
    "night": ("percent", "25.00"),
    "rush": ("percent", "20.00"),
    "weather": ("percent", "5.00"),
}


def book(*left_out: str, taxes: tuple[TaxRow, ...] = (GST,)) -> Book:
    rows = {
        kind: PriceRow(rate_id=n, kind=kind, unit=unit, amount=Decimal(amount))
        for n, (kind, (unit, amount)) in enumerate(PRICES.items(), start=1)
        if kind not in left_out
    }
    return Book(currency="AUD", on=date(2026, 3, 15), prices=rows, taxes=taxes)


def figures(**other: object) -> Figures:
    given = {
        "flight_hours": Decimal("1.5"),
        "area_ha": Decimal("16.25"),
        "field_days": Decimal(1),
        "travel_km": Decimal(120),
        "has_weather_contingency": False,
    }
    return Figures(**{**given, **other})


def test_every_line_says_by_which_formula_from_which_row():
    found = price(figures(applications=Decimal(2)), book())
    lines = [(line.code, line.computed, line.rate_id, line.formula) for line in found.lines]

    assert lines == [
        ("mobilisation", Decimal("350.00"), 1, "each x price"),
        ("travel", Decimal("144.00"), 2, "km x price"),
        ("flight", Decimal("630.00"), 3, "hour x price"),
        ("area", Decimal("154.38"), 4, "hectare x price"),  # 154.375, half up
        ("processing", Decimal("180.00"), 5, "each x price"),
        ("authority", Decimal("500.00"), 6, "each x price"),
        ("GST", Decimal("195.84"), None, "percent of everything before"),
    ]
    assert (found.subtotal, found.tax_total, found.total) == (
        Decimal("1958.38"),
        Decimal("195.84"),
        Decimal("2154.22"),
    )


def test_surcharges_are_shares_of_the_work_and_do_not_compound():
    dear = figures(
        is_controlled_airspace=True, is_at_night=True, is_rush=True, has_weather_contingency=True
    )
    found = price(dear, book())
    shares = {line.code: line.computed for line in found.lines if line.kind == "surcharge"}

    # Of 1458.38 of work.
    assert shares == {
        "controlled": Decimal("218.76"),
        "night": Decimal("364.60"),
        "rush": Decimal("291.68"),
        "weather": Decimal("72.92"),
    }


def test_a_small_job_is_filled_up_to_the_least_charge_before_surcharges():
    small = figures(flight_hours=Decimal("0.1"), area_ha=Decimal(1), travel_km=Decimal(0))
    found = price(msg(small, is_at_night=True), book())
    by_code = {line.code: line.computed for line in found.lines}

    assert by_code["minimum"] == Decimal("900.00") - Decimal("581.50")
    assert by_code["night"] == Decimal("225.00")


def msg(one: Figures, **other: object) -> Figures:
    return Figures(**{name: getattr(one, name) for name in one.__struct_fields__} | other)


def test_what_makes_work_dearer_and_has_no_price_is_named():
    found = price(figures(is_at_night=True, is_rush=True), book("night"))

    assert found.unpriced == ("night",)
    assert "rush" in {line.code for line in found.lines}


def test_a_discount_is_of_everything_before_it_and_taxes_are_of_what_is_left():
    found = price(figures(), book(), discount=Discount(percent=Decimal(10), reason="Second site"))
    lines = {line.code: line.computed for line in found.lines}

    assert lines["discount"] == Decimal("-145.84")
    assert found.subtotal == Decimal("1312.54")
    assert lines["GST"] == Decimal("131.25")


def test_another_amount_for_a_line_changes_the_taxes():
    lines = [line for line in price(figures(), book()).lines if line.kind != "tax"]
    found = with_taxes(lines, book(), charged={1: Decimal("300.00")})

    assert found.subtotal == Decimal("1408.38")
    assert found.tax_total == Decimal("140.84")


def test_nothing_is_priced_without_a_price_for_flying():
    with pytest.raises(PriceMissing):
        price(figures(), book("flight", "area"))


def test_random_jobs_come_to_the_cent_by_another_way():
    dice = random.Random(7)  # noqa: S311 (test data)

    def rounded(value: Decimal) -> Decimal:
        return value.quantize(CENT, ROUND_HALF_UP)

    for _ in range(300):
        wanted = figures(
            flight_hours=Decimal(dice.randrange(1, 99999)) / 10000,
            area_ha=Decimal(dice.randrange(1, 99999999)) / 10000,
            travel_km=Decimal(dice.randrange(0, 9999)) / 10,
            applications=Decimal(dice.randrange(0, 3)),
            is_controlled_airspace=dice.random() < 0.5,
            is_at_night=dice.random() < 0.5,
            is_rush=dice.random() < 0.5,
            has_weather_contingency=dice.random() < 0.5,
        )
        work = [
            rounded(quantity * Decimal(PRICES[kind][1]))
            for kind, quantity in (
                ("mobilisation", Decimal(1)),
                ("travel", wanted.travel_km),
                ("flight", wanted.flight_hours),
                ("area", wanted.area_ha),
                ("processing", Decimal(1)),
                ("authority", wanted.applications),
            )
        ]
        base = max(sum(work), Decimal(900))
        applying = {
            "controlled": wanted.is_controlled_airspace,
            "night": wanted.is_at_night,
            "rush": wanted.is_rush,
            "weather": wanted.has_weather_contingency,
        }
        shares = [rounded(base * Decimal(PRICES[k][1]) / 100) for k, on in applying.items() if on]
        net = base + sum(shares)

        assert price(wanted, book()).total == net + rounded(net / 10)
