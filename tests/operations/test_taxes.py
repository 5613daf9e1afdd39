"""The taxes of a plan: federal excise, its exemptions, goods and services tax."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from msgspec.structs import replace

from finance.models import UNITS
from operations.pricing.book import PriceMissing
from operations.pricing.facts import AmbulanceEvidence
from operations.pricing.price import price
from tests.operations.plans import (
    book,
    facts,
    leg,
    place,
    plan,
    random_book,
    random_plan,
    rate,
    seeded,
    us_taxes,
)

BOI, SEA, SLC = (place(each, region=f"US-{each}") for each in ("KBOI", "KSEA", "KSLC"))
ANC, HNL = place("PANC", region="US-AK"), place("PHNL", region="US-HI")
YVR, YYC = place("CYVR", country="CA"), place("CYYC", country="CA")
SYD, CBR = place("YSSY", country="AU"), place("YSCB", country="AU")
AKL = place("NZAA", country="NZ")


def tax(priced, code):
    return [(line.quantity, line.computed) for line in priced.taxes if line.code == code]


def only_live(amount):
    """A book in which everything but the flight itself is free."""
    free = [rate(kind, "0") for kind in UNITS if kind != "live_hour"]
    return free, rate("live_hour", amount, unit="leg")


def fare(*legs, amount, taxes, **given):
    """A journey whose whole price is its fare."""
    free, live = only_live(amount)
    rates = book(currency=given.pop("currency", "USD"), taxes=taxes)
    values = {f: getattr(rates, f) for f in ("card_id", "card", "currency", "on", "taxes")}
    return price(
        plan(*legs, crew_count=0), type(rates)(rates=(live, *free), **values), facts(**given)
    )


def test_the_worked_check_240_with_two_segments_in_2017_is_taxed_26_20():
    legs = (leg(1, BOI, SEA, is_technical_stop=True), leg(2, SEA, SLC))
    rates = us_taxes(2017, FET_SEG="4.10", FET_INTL="18.00", FET_AKHI="9.00")

    priced = fare(*legs, amount="120", taxes=rates)

    assert priced.subtotal == Decimal("240.00")
    assert tax(priced, "FET-PCT") == [(Decimal("240.00"), Decimal("18.00"))]
    assert tax(priced, "FET-SEG") == [(Decimal(2), Decimal("8.20"))]
    assert priced.tax_total == Decimal("26.20")


def test_positioning_and_waiting_are_taxed_care_and_road_are_not():
    legs = (leg(1, SEA, BOI, kind="positioning"), leg(2, BOI, SEA, has_patient=True))
    itinerary = plan(*legs, medical_count=1, oxygen_l=100.0)

    priced = price(itinerary, book(), facts())

    care = {"medical", "oxygen", "ground"}
    transport = sum(line.computed for line in priced.lines if line.kind not in care)
    assert [base.amount for base in priced.bases] == [transport]
    assert tax(priced, "FET-PCT")[0][0] == transport
    assert {line.kind for line in priced.lines if not line.is_taxable} <= care


def test_the_segment_tax_counts_everybody_for_whom_the_flight_is_made_but_not_at_rural_fields():
    legs = (leg(1, BOI, SEA, passengers=2, has_patient=True), leg(2, SEA, SLC, passengers=4))

    priced = fare(*legs, amount="100", taxes=us_taxes())
    rural = fare(*legs, amount="100", taxes=us_taxes(), rural_airports=frozenset({BOI.airport_id}))

    assert tax(priced, "FET-SEG") == [(Decimal(7), Decimal("37.10"))]
    assert tax(rural, "FET-SEG") == [(Decimal(4), Decimal("21.20"))]
    assert tax(rural, "FET-PCT") == tax(priced, "FET-PCT")


def test_a_journey_abroad_pays_per_person_and_no_percentage_both_ways():
    legs = (
        leg(1, BOI, SEA, is_technical_stop=True, passengers=2),
        leg(2, SEA, SYD, passengers=2),
        leg(3, SYD, BOI, passengers=1),
    )

    priced = fare(*legs, amount="100", taxes=us_taxes())

    assert [line.code for line in priced.taxes] == ["FET-INTL"]
    assert tax(priced, "FET-INTL") == [(Decimal(3), Decimal("70.20"))]


def test_alaska_and_hawaii_pay_for_departures_across_and_the_percentage_too():
    legs = (leg(1, ANC, SEA), leg(2, SEA, HNL), leg(3, HNL, HNL), leg(4, HNL, ANC))

    priced = fare(*legs, amount="100", taxes=us_taxes())

    assert tax(priced, "FET-AKHI") == [(Decimal(3), Decimal("35.10"))]
    assert tax(priced, "FET-PCT") == [(Decimal("400.00"), Decimal("30.00"))]


def test_the_zone_along_the_border_is_home_but_not_between_two_places_of_it():
    zone = frozenset({YVR.airport_id, YYC.airport_id})

    home = fare(leg(1, SEA, YVR), amount="100", taxes=us_taxes(), zone_airports=zone)
    abroad = fare(leg(1, SEA, YVR), amount="100", taxes=us_taxes())
    outside = fare(leg(1, YVR, YYC), amount="100", taxes=us_taxes(), zone_airports=zone)

    assert [line.code for line in home.taxes] == ["FET-PCT", "FET-SEG"]
    assert [line.code for line in abroad.taxes] == ["FET-INTL"]
    assert outside.taxes == ()
    assert [found.code for found in outside.findings] == ["TAX-UNKNOWN"]


@pytest.mark.parametrize(
    ("mtow_kg", "is_jet", "is_established_line", "total", "codes"),
    [
        (2721, False, False, "0.00", []),
        (2722, False, False, "12.80", []),
        (2721, True, False, "12.80", []),
        (2721, False, True, "12.80", []),
        (2721, None, False, "12.80", ["FET-SMALL-EVIDENCE"]),
    ],
)
def test_six_thousand_pounds_without_a_jet_are_free(
    mtow_kg, is_jet, is_established_line, total, codes
):
    priced = fare(
        leg(1, BOI, SEA),
        amount="100",
        taxes=us_taxes(),
        mtow_kg=mtow_kg,
        is_jet=is_jet,
        is_established_line=is_established_line,
    )

    assert priced.tax_total == Decimal(total)
    assert [found.code for found in priced.findings] == codes


def test_cargo_pays_its_own_percentage_and_nobody_pays_by_head():
    priced = fare(leg(1, BOI, SEA), amount="100", taxes=us_taxes(), is_cargo=True)

    assert [line.code for line in priced.taxes] == ["FET-CARGO"]
    assert priced.tax_total == Decimal("6.25")


@dataclass
class Case:
    """What is on record about leg 2, and what comes of it."""

    given: dict
    decision: str
    is_helicopter: bool = False
    is_acute: bool = True


SHEET = {"reference": "Mission sheet 4411"}
CASES = [
    Case({"is_equipped": True, "is_exclusive": True, **SHEET}, "exempt"),
    Case({"is_equipped": True, "is_exclusive": None, **SHEET}, "unclear"),
    Case({"is_equipped": None, "is_exclusive": True, **SHEET}, "unclear"),
    Case({"is_equipped": True, "is_exclusive": True}, "unclear"),
    Case({"is_equipped": True, "is_exclusive": False, **SHEET}, "taxed"),
    Case({"is_equipped": False, "is_exclusive": None, **SHEET}, "taxed"),
    Case(SHEET, "exempt", is_helicopter=True),
    Case({}, "unclear", is_helicopter=True),
    Case({"is_equipped": True, "is_exclusive": True, **SHEET}, "taxed", is_acute=False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.decision}-{len(case.given)}")
def test_the_ambulance_exemption_is_of_one_leg_and_needs_evidence(case):
    legs = (leg(1, BOI, SEA), leg(2, SEA, SLC, has_patient=True, is_acute_care=case.is_acute))
    evidence = (AmbulanceEvidence(leg=2, **case.given),)

    priced = fare(
        *legs,
        amount="100",
        taxes=us_taxes(),
        evidence=evidence,
        is_helicopter=case.is_helicopter,
    )

    assert [base.decision for base in priced.bases] == ["taxed", case.decision]
    codes = [(found.code, found.leg) for found in priced.findings]
    assert codes == ([("FET-AMB-EVIDENCE", 2)] if case.decision == "unclear" else [])
    # 7.5 % of 100 or of both, and a segment of one or of three persons.
    assert priced.tax_total == Decimal("12.80" if case.decision == "exempt" else "30.90")


def test_a_live_leg_that_names_nobody_is_taxed_and_told():
    priced = fare(leg(1, BOI, SEA, passengers=0), amount="100", taxes=us_taxes())

    assert priced.tax_total == Decimal("7.50")
    assert [found.code for found in priced.findings] == ["FET-PERSONS-EVIDENCE"]


def test_an_exempt_journey_abroad_pays_nothing_and_an_unclear_one_pays():
    whole = AmbulanceEvidence(leg=1, is_equipped=True, is_exclusive=True, reference="Sheet")
    flight = leg(1, SEA, SYD, has_patient=True, passengers=0, is_acute_care=True)

    free = fare(flight, amount="100", taxes=us_taxes(), evidence=(whole,))
    unclear = fare(flight, amount="100", taxes=us_taxes())

    assert free.tax_total == 0
    assert (unclear.tax_total, unclear.findings[0].code) == (Decimal("23.40"), "FET-AMB-EVIDENCE")


def test_australian_journeys_pay_gst_on_everything_and_journeys_abroad_none():
    home = price(plan(leg(1, SYD, CBR), oxygen_l=100.0), book(currency="AUD"), facts())
    abroad = price(plan(leg(1, SYD, AKL)), book(currency="AUD"), facts())

    assert tax(home, "GST") == [(home.subtotal, (home.subtotal / 10).quantize(Decimal("0.01")))]
    assert abroad.taxes == ()
    assert [(base.decision, base.citation[-8:]) for base in abroad.bases] == [
        ("exempt", "s 38-355")
    ]


def test_care_within_australia_is_taxed_until_somebody_says_otherwise():
    itinerary = plan(leg(1, SYD, CBR, has_patient=True, is_acute_care=True))

    priced = price(itinerary, book(currency="AUD"), facts())

    assert [found.code for found in priced.findings] == ["GST-CARE-EVIDENCE"]
    assert priced.tax_total > 0


@pytest.mark.parametrize(("code", "basis"), [("FET-PCT", "person"), ("FET-SEG", "percent")])
def test_a_rate_on_another_basis_than_the_taxs_own_is_not_charged(code, basis):
    rates = [replace(row, basis=basis) if row.code == code else row for row in us_taxes()]

    with pytest.raises(PriceMissing, match=code):
        fare(leg(1, BOI, SEA), amount="100", taxes=rates)


def test_a_ferry_flight_carries_nobody_and_is_not_taxed():
    priced = price(plan(leg(1, BOI, SEA, kind="positioning")), book(), facts())

    assert (priced.taxes, priced.bases) == ((), ())
    assert priced.total == priced.subtotal > 0


@pytest.mark.parametrize("seed", range(40))
def test_the_bases_of_all_legs_hold_every_taxable_cent_once(seed):
    random = seeded(seed)
    itinerary = random_plan(random, "US")

    priced = price(itinerary, random_book(random), facts())

    live = [each.sequence for each in itinerary.legs if each.kind == "live"]
    taxable = sum(line.computed for line in priced.lines if line.is_taxable)
    assert [base.leg for base in priced.bases] == live
    assert sum(base.amount for base in priced.bases) == (taxable if live else 0)
