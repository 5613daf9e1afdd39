"""The price of a plan: values in, values out."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from finance.models import UNITS
from operations.planning.parameters import Parameters
from operations.pricing.book import CurrenciesDiffer, ExchangeRow, PriceMissing
from operations.pricing.charges import Charges
from operations.pricing.journeys import journeys
from operations.pricing.lines import split
from operations.pricing.price import price, rows_used
from operations.pricing.stays import REST
from operations.pricing.storage import PriceInputs, as_json, inputs_of, itinerary_of
from tests.operations.factories import DEPARTURE
from tests.operations.plans import (
    EURO,
    HOUR,
    book,
    facts,
    leg,
    place,
    plan,
    random_book,
    random_facts,
    random_plan,
    rate,
    seeded,
    us_taxes,
)

BOI, SEA, SLC = (place(each, region=f"US-{each}") for each in ("KBOI", "KSEA", "KSLC"))

SYD, CBR = place("YSSY", country="AU"), place("YSCB", country="AU")
AKL = place("NZAA", country="NZ")


def amounts(priced, kind):
    return [line.computed for line in priced.lines if line.kind == kind]


def test_lines_come_in_their_fixed_order_with_formula_figures_and_row():
    ground = random_plan(seeded(5)).ground[:0]
    itinerary = plan(
        leg(1, SYD, CBR, kind="positioning"),
        leg(2, CBR, AKL, has_patient=True, out_at=DEPARTURE + 3 * HOUR, block_min=187.0),
        ground=ground,
        nights=1,
        medical_count=2,
        oxygen_l=1250.5,
    )

    priced = price(itinerary, book(currency="AUD"), facts())

    kinds = list(dict.fromkeys(line.kind for line in priced.lines))
    assert kinds == [
        "live_flight",
        "positioning",
        "fuel",
        "landing",
        "handling",
        "overnight",
        "crew",
        "medical",
        "oxygen",
        "permit",
        "waiting",
    ]
    flight = priced.lines[0]
    assert flight.inputs == {"hours": "3.1167"}
    assert flight.formula == "hours x price per hour"
    assert (flight.quantity, flight.unit_price) == (Decimal("3.1167"), Decimal("5200.00"))
    assert flight.computed == Decimal("16206.84")
    assert (flight.leg, flight.rate_id is not None, flight.is_taxable) == (2, True, True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overnight", [Decimal("500.00"), Decimal("1120.00")]),
        ("crew", [Decimal("1300.00")]),
        ("medical", [Decimal("2800.00")]),
        # Half a cent goes up: 1250.5 liters at 0.35 are 437.675.
        ("oxygen", [Decimal("437.68")]),
        ("landing", [Decimal("210.00"), Decimal("210.00")]),
        ("permit", [Decimal("175.00")]),
        # Two hours on the ground, the first of them free.
        ("waiting", [Decimal("450.00")]),
    ],
)
def test_each_kind_is_counted_in_its_own_way(kind, expected):
    itinerary = plan(
        leg(1, SYD, CBR, kind="positioning"),
        leg(2, CBR, AKL, has_patient=True),
        nights=1,
        medical_count=2,
        oxygen_l=1250.5,
    )

    assert amounts(price(itinerary, book(currency="AUD"), facts()), kind) == expected


def test_the_narrowest_price_applies_airport_then_type_then_any():
    itinerary = plan(leg(1, SYD, CBR))
    of_type = rate("landing", "300", aircraft_type="B350")
    of_place = rate("landing", "400", airport_id=CBR.airport_id)
    both = rate("landing", "500", airport_id=CBR.airport_id, aircraft_type="B350")
    elsewhere = rate("landing", "900", airport_id=SYD.airport_id)
    other = rate("landing", "900", aircraft_type="C208")

    found = [
        amounts(price(itinerary, book(*rows, currency="AUD"), facts()), "landing")
        for rows in (
            (elsewhere, other),
            (of_type, elsewhere),
            (of_type, of_place),
            (of_type, of_place, both),
        )
    ]

    assert found == [[Decimal("210.00")], [Decimal(300)], [Decimal(400)], [Decimal(500)]]


def test_a_price_that_is_needed_and_missing_is_named_and_never_nothing():
    rates = book(currency="AUD")
    without = type(rates)(
        card_id=1,
        card="standard",
        currency="AUD",
        on=rates.on,
        rates=tuple(row for row in rates.rates if row.kind != "oxygen"),
        taxes=rates.taxes,
    )

    price(plan(leg(1, SYD, CBR)), without, facts())
    with pytest.raises(PriceMissing, match="oxygen"):
        price(plan(leg(1, SYD, CBR), oxygen_l=1.0), without, facts())


def test_a_unit_that_cannot_be_counted_is_refused_and_every_other_can_be():
    itinerary = plan(leg(1, SYD, CBR, has_patient=True), nights=1, medical_count=1, oxygen_l=5.0)
    with pytest.raises(PriceMissing, match="per night"):
        price(itinerary, book(rate("landing", "5", unit="night", aircraft_type="B350")), facts())
    for kind, units in UNITS.items():
        for unit in units:
            row = rate(kind, "7", unit=unit, aircraft_type="B350")
            assert Charges(itinerary, book(row), facts()).lines()


def test_half_of_the_last_place_of_a_quantity_goes_up():
    itinerary = plan(leg(1, SYD, CBR), oxygen_l=100.00025)

    lines = price(itinerary, book(currency="AUD"), facts()).lines

    assert [line.quantity for line in lines if line.kind == "oxygen"] == [Decimal("100.0003")]


def test_less_than_the_minimum_is_charged_as_the_minimum_and_says_so():
    row = rate("live_hour", aircraft_type="B350", minimum_quantity=Decimal("1.50"))

    line = price(plan(leg(1, SYD, CBR)), book(row, currency="AUD"), facts()).lines[0]

    assert (line.quantity, line.computed) == (Decimal("1.5000"), Decimal("7800.00"))
    assert line.inputs == {"hours": "1.0000", "minimum": "1.50"}


def test_technical_stops_and_nights_are_no_waiting():
    stop = leg(1, SYD, CBR, is_technical_stop=True)
    legs = (stop, leg(2, CBR, SYD), leg(3, SYD, CBR, out_at=DEPARTURE + 30 * HOUR))
    dear = book(rate("overnight", "4500", aircraft_type="B350"), currency="AUD")

    night, day = (amounts(price(plan(*legs, nights=n), dear, facts()), "waiting") for n in (1, 0))
    assert night == []
    # Without a night in the plan what was waited is charged, less the free hour.
    assert day == [Decimal("11250.00")]


def stayed(hours, *, night="500", nights=None):
    """What is charged for a stay of so many hours: for waiting, and for the night."""
    legs = (leg(1, SYD, CBR), leg(2, CBR, SYD, out_at=DEPARTURE + HOUR + hours * HOUR))
    prices = book(rate("overnight", night, aircraft_type="B350"), currency="AUD")
    # The planner's nights begin where the crew can be released, rest and report again.
    counted = int(hours >= 11.5) if nights is None else nights
    found = price(plan(*legs, nights=counted), prices, facts())
    return sum(amounts(found, "waiting")), sum(amounts(found, "overnight"))


@pytest.mark.parametrize(
    ("hours", "waiting", "overnight"),
    [
        (1.0, 0, 0),
        (7.99, "3145.50", 0),
        (8.0, 3150, 0),
        (11.49, "4720.50", 0),
        # A night of 500 and two of the crew at 280 would come to less than the waiting before it.
        (11.5, 4725, 0),
        (20.0, 4725, 0),
    ],
)
def test_a_stay_is_charged_as_the_larger_of_waiting_and_night(hours, waiting, overnight):
    assert stayed(hours) == (Decimal(waiting), Decimal(overnight))


@pytest.mark.parametrize(("hours", "total"), [(11.49, "4720.50"), (11.5, 4760), (20.0, 4760)])
def test_a_dear_night_stands_for_the_waiting(hours, total):
    waiting, overnight = stayed(hours, night="4200")

    assert waiting + overnight == Decimal(total)
    assert bool(overnight) == (hours >= 11.5)


def test_a_night_elsewhere_makes_no_other_wait_free():
    """Nine hours on the ground are waiting, though the plan has a night after another leg."""
    legs = (
        leg(1, SYD, CBR),
        leg(2, CBR, SYD, out_at=DEPARTURE + 10 * HOUR),
        leg(3, SYD, CBR, out_at=DEPARTURE + 25 * HOUR),
    )
    prices = book(rate("overnight", "5000", aircraft_type="B350"), currency="AUD")

    found = price(plan(*legs, nights=1), prices, facts())

    assert amounts(found, "waiting") == [Decimal("3600.00")]
    assert amounts(found, "overnight") == [Decimal("5000.00"), Decimal("560.00")]


@pytest.mark.parametrize("night", ["0", "500", "4200"])
def test_a_longer_stay_never_costs_less(night):
    found = [sum(stayed(quarter / 4, night=night)) for quarter in range(2, 97)]

    assert found == sorted(found)


def test_the_night_of_the_price_is_the_planners():
    assumed = Parameters()

    assert timedelta(minutes=assumed.release_min + assumed.rest_min + assumed.report_min) == REST


def test_a_price_is_made_again_from_the_prices_it_was_compared_by():
    legs = (leg(1, SYD, CBR), leg(2, CBR, SYD, out_at=DEPARTURE + 13 * HOUR))
    itinerary, prices = plan(*legs, nights=1), book(currency="AUD")

    first = price(itinerary, prices, facts())

    assert amounts(first, "waiting") == [Decimal("4725.00")]
    assert price(itinerary, prices.only(*rows_used(first)), facts()) == first


def test_a_tax_due_in_dollars_is_charged_in_the_offers_currency_at_a_published_rate():
    itinerary = plan(leg(1, BOI, SEA))
    dollars = price(itinerary, book(), facts())
    rate = ExchangeRow(
        currency="USD", factor=Decimal("1.5123"), rate_on=date(2026, 3, 13), source="RBA"
    )
    prices = book(currency="AUD", exchange=(EURO, rate))

    priced = price(itinerary, prices, facts())

    due = next(line for line in dollars.taxes if line.code == "FET-SEG")
    line = next(line for line in priced.taxes if line.code == "FET-SEG")
    unit_price = (due.unit_price * Decimal("1.5123")).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert (line.quantity, line.unit_price) == (due.quantity, unit_price)
    assert line.computed == (due.quantity * unit_price).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert line.formula == "persons on each segment x rate x exchange"
    assert line.inputs["rate"] == f"{due.unit_price.normalize():f} USD"
    assert line.inputs["exchange"] == "1.5123 (RBA, 2026-03-13)"
    assert priced.total == priced.subtotal + priced.tax_total
    assert price(itinerary, prices.only(*rows_used(priced)), facts()) == priced


def test_currencies_never_mix_and_a_missing_tax_row_is_named():
    with pytest.raises(CurrenciesDiffer, match="FET-SEG"):
        price(plan(leg(1, BOI, SEA)), book(currency="AUD"), facts())
    with pytest.raises(CurrenciesDiffer, match="no rate of exchange"):
        price(plan(leg(1, BOI, SEA)), book(currency="AUD", exchange=(EURO,)), facts())
    percent = [row for row in us_taxes() if row.code == "FET-PCT"]
    with pytest.raises(PriceMissing, match="FET-SEG"):
        price(plan(leg(1, BOI, SEA)), book(taxes=percent), facts())


def test_journeys_are_joined_by_technical_stops_alone():
    legs = (
        leg(1, BOI, SEA, kind="positioning"),
        leg(2, SEA, BOI, is_technical_stop=True),
        leg(3, BOI, SLC),
        leg(4, SLC, SEA),
        leg(5, SEA, BOI, kind="positioning"),
    )

    found = [[each.sequence for each in journey.legs] for journey in journeys(plan(*legs))]

    assert found == [[2, 3], [4]]


@pytest.mark.parametrize("whole", ["0.00", "0.01", "100.00", "99999.97"])
def test_shares_add_up_to_the_whole_exactly(whole):
    weights = {1: Decimal("33.3"), 2: Decimal(0), 3: Decimal("66.7"), 4: Decimal(1)}

    shares = split(Decimal(whole), weights, "USD")

    assert sum(shares.values()) == Decimal(whole)
    assert split(Decimal("7"), {1: Decimal(0), 2: Decimal(0)}, "JPY") == {
        1: Decimal(4),
        2: Decimal(3),
    }


@pytest.mark.parametrize("seed", range(300))
def test_any_plan_adds_up_to_the_cent_and_is_made_again_the_same(seed):
    random = seeded(seed)
    itinerary = random_plan(random)
    known, rates = random_facts(random, itinerary), random_book(random)

    priced = price(itinerary, rates, known)

    assert priced.subtotal == sum(line.computed for line in priced.lines)
    assert priced.tax_total == sum(line.computed for line in priced.taxes)
    assert priced.total == priced.subtotal + priced.tax_total
    for line in (*priced.lines, *priced.taxes):
        assert line.computed == line.computed.quantize(Decimal("0.01"))
    kept = PriceInputs(book=rates.only(*rows_used(priced)), facts=known)
    again = inputs_of(as_json(kept))
    assert price(itinerary_of(as_json(itinerary)), again.book, again.facts) == priced
