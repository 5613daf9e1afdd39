"""What a request costs with each aircraft: as it would be priced, in few statements."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from aircraft.models import Aircraft
from airports.routes import Wind
from finance.services.taxes import seed_taxes
from operations.exceptions import CurrencyMismatch, RateCardNotForThis
from operations.pricing.storage import itinerary_of
from operations.queries.price_book import flown_on, price_facts
from operations.queries.quote_options import options_of, plan_of
from operations.services.prices import price_version
from operations.services.repricing import price_again
from tests.aircraft.factories import AircraftFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import QuoteFactory, RequestedLegFactory
from tests.operations.planning.places import airport
from tests.operations.plans import card_of, leg, place, plan
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
# Six in the evening of the last day of the year in Seattle.
EVE = datetime(2027, 1, 1, 2, tzinfo=UTC)


@pytest.fixture
def west():
    """Boise, Seattle and Vancouver."""
    home = {ident: airport(ident) for ident in ("KBOI", "KSEA")}
    return {**home, "CYVR": airport("CYVR", country="CA")}


@pytest.fixture
def card():
    seed_taxes()
    return card_of("USD")


def wanted(west, start, *, destination="KBOI"):
    quote = QuoteFactory(currency="USD", requirement=None)
    RequestedLegFactory(
        quote=quote,
        sequence=1,
        has_patient=False,
        passengers=2,
        origin=west["KSEA"],
        destination=west[destination],
        earliest_departure_at=start,
    )
    return quote


def search(quote, card, now):
    return options_of(quote, card=card, rows=Aircraft.objects.all(), now=now)


def test_the_taxes_are_those_of_the_day_where_the_customer_leaves(west, card, now):
    tail = AircraftFactory(base=west["KSEA"])
    quote = wanted(west, EVE)

    (option,) = search(quote, card, now)
    itinerary = plan_of(quote, tail, wind=None, team_rides=False, now=now)
    version = price_version(
        quote,
        itinerary=itinerary,
        aircraft=tail,
        card=card,
        facts=price_facts(itinerary, tail),
        actor=UserFactory(),
        at=now,
    )

    segment = version.lines.get(code="FET-SEG")
    assert segment.effective_from.isoformat() == "2026-01-01"
    assert option.price.amount == version.total


def test_an_option_searched_with_a_wind_costs_that_when_it_is_priced_with_it(west, card, now):
    tail = AircraftFactory(base=west["KSEA"])
    quote = wanted(west, now + timedelta(days=2))
    wind = Wind(90.0, 110.0)
    rows = Aircraft.objects.all()

    (option,) = options_of(quote, card=card, rows=rows, wind=wind, now=now)
    (still,) = search(quote, card, now)
    done = price_again(
        quote,
        before=None,
        aircraft=tail,
        card=card,
        wind=wind,
        actor=UserFactory(),
        at=now,
    )

    assert option.price.amount == done.version.total != still.price.amount
    kept = itinerary_of(done.version.itinerary).winds
    assert kept == option.itinerary.winds
    assert [(each.leg, each.direction_deg, each.speed_kt) for each in kept] == [(1, 90.0, 110.0)]
    assert still.itinerary.winds == ()


def test_positioning_the_day_before_does_not_count():
    zone = "America/Los_Angeles"
    start, home = replace(place("KSEA"), timezone=zone), place("KBOI")
    live = leg(2, start, home, out_at=EVE + timedelta(hours=6))

    assert flown_on(plan(leg(1, home, start, kind="positioning", out_at=EVE), live)).year == 2027
    assert flown_on(plan(leg(1, start, home, kind="positioning", out_at=EVE))).year == 2026


def test_no_option_is_priced_by_a_card_the_quote_cannot_be_priced_by(west, card, now):
    AircraftFactory(base=west["KSEA"])
    quote = wanted(west, now + timedelta(days=2))

    with pytest.raises(RateCardNotForThis):
        search(quote, card_of("USD", customer=ContactFactory()), now)
    with pytest.raises(RateCardNotForThis):
        search(quote, card_of("USD", is_active=False), now)
    with pytest.raises(CurrencyMismatch):
        search(quote, card_of("AUD"), now)


def test_the_zone_along_the_border_is_not_asked_for_each_aircraft(west, card, now):
    quote = wanted(west, now + timedelta(days=2), destination="CYVR")
    counts = []
    # The kinds of bookings are looked up once in the life of the process.
    for more in (1, 1, 4):
        for _ in range(more):
            AircraftFactory(base=west["KSEA"])
        with CaptureQueriesContext(connection) as queries:
            found = search(quote, card, now)
        counts.append(len(queries))

    assert [option.is_able for option in found] == [True] * 6
    assert counts[1] == counts[2]
