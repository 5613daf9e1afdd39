"""What an offer costs: made from a plan and a card, changed by hand, made again the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from common.exceptions import InvalidInput, StaleVersion
from common.models import AuditEvent
from contacts.services.merges import merge_contacts
from finance.days import local_day
from finance.models import Rate, RateCard
from finance.services.exchange import record_rate
from finance.services.rates import add_rate, replace_rate
from operations.exceptions import (
    CurrencyMismatch,
    OfferSent,
    PriceNotOnFile,
    RateCardNotForThis,
    TaxNotNegotiable,
)
from operations.models import QuoteLine, QuoteVersion
from operations.queries.offers import (
    is_reproduced,
    recomputed,
)
from operations.queries.price_book import price_book, price_facts
from operations.services.prices import override_line
from operations.services.requests import supersede_quote
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import QuoteFactory
from tests.operations.plans import HOUR, Desk, card_of, stored_plan
from tests.operations.quote_desk import make_coordinator

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(now):
    return Desk(now=now)


def status(desk):
    desk.quote.refresh_from_db()
    return desk.quote.status


def test_a_plan_is_priced_line_by_line_and_can_be_made_again(desk):
    version = desk.price()

    lines = list(version.lines.order_by("sequence"))
    assert (version.sequence, status(desk)) == (1, "priced")
    assert version.total == sum(line.amount for line in lines)
    assert {line.kind for line in lines} >= {"live_flight", "positioning", "medical", "tax"}
    flight = lines[0]
    assert flight.rate == desk.card.rates.get(kind="live_hour")
    assert (flight.effective_from, flight.computed) == (date(2025, 1, 1), Decimal("5200.00"))
    gst = lines[-1]
    assert gst.tax_rule.code == "GST"
    assert gst.amount == version.tax_total == (version.subtotal / 10).quantize(Decimal("0.01"))
    assert is_reproduced(version)
    assert recomputed(version).total == version.total


def test_a_changed_price_leaves_stored_offers_as_they_are(desk, now):
    first = desk.price()
    later = now + timedelta(days=2)
    rate = desk.card.rates.get(kind="live_hour")

    replace_rate(
        rate, amount=Decimal("6000.00"), effective_from=local_day(now), actor=desk.actor, at=now
    )

    stored = QuoteVersion.objects.get(pk=first.pk)
    assert (stored.total, recomputed(stored).total) == (first.total, first.total)
    assert is_reproduced(stored)
    plan = stored_plan(desk.aircraft, desk.airports, start=later + 24 * HOUR)
    second = desk.price(at=later, itinerary=plan)
    assert second.lines.get(kind="live_flight").amount == Decimal("6000.00")
    assert second.lines.get(kind="live_flight").rate != rate


def test_a_missing_price_a_foreign_card_and_another_currency_are_refused(desk, now):
    other = card_of("AUD", customer=ContactFactory())
    mine = card_of("AUD", customer=desk.quote.customer)
    with pytest.raises(RateCardNotForThis):
        desk.price(card=other)
    with pytest.raises(CurrencyMismatch):
        desk.price(card=card_of("USD"))
    assert desk.price(card=mine).rate_card == mine
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("DELETE FROM finance_rate WHERE kind = 'oxygen'")
    bare = card_of("AUD")
    oxygen = bare.rates.get(kind="oxygen")
    Rate.objects.filter(pk=oxygen.pk).update(effective_until=now.date())
    with pytest.raises(PriceNotOnFile, match="oxygen"):
        desk.price(card=bare)
    bare.is_active = False
    bare.save()
    with pytest.raises(RateCardNotForThis):
        desk.price(card=bare)
    assert desk.quote.versions.count() == 1


def test_the_card_of_a_customer_found_to_be_the_same_still_prices(desk, now, client_for):
    old, same = ContactFactory(), desk.quote.customer
    card = card_of("AUD", customer=old)
    earlier = QuoteFactory(customer=old)
    with pytest.raises(RateCardNotForThis):
        desk.price(card=card)
    merge_contacts(same, old, reason="Twice on file", actor=desk.actor, at=now)

    assert desk.price(card=RateCard.objects.get(pk=card.pk)).rate_card == card

    supersede_quote(earlier, by=desk.quote, actor=desk.actor, at=now)
    client = client_for(make_coordinator())
    quotes = client.get(f"/api/operations/quotes/?customer={same.pk}").json()["results"]
    cards = client.get(f"/api/finance/rate-cards/?customer={same.pk}").json()["results"]
    assert {row["number"] for row in quotes} == {earlier.number, desk.quote.number}
    assert [row["code"] for row in cards] == [card.code]


def test_what_departs_in_the_past_is_not_offered(desk, now):
    with pytest.raises(InvalidInput, match="over"):
        desk.price(itinerary=stored_plan(desk.aircraft, desk.airports, start=now - HOUR))


def test_another_amount_keeps_what_was_computed_and_the_taxes_follow(desk, now):
    version = desk.price()
    before = (version.total, version.content_hash)

    changed = override_line(
        version,
        sequence=1,
        amount=Decimal("4000.00"),
        reason="Agreed",
        expected=QuoteVersion.objects.get(pk=version.pk).version,
        actor=desk.actor,
        at=now,
    )

    line = changed.lines.get(sequence=1)
    assert (line.computed, line.amount) == (Decimal("5200.00"), Decimal("4000.00"))
    assert (line.override_reason, line.overridden_by) == ("Agreed", desk.actor)
    assert changed.total == before[0] - Decimal("1320.00")
    assert changed.total == sum(each.amount for each in changed.lines.all())
    assert changed.content_hash != before[1]
    assert is_reproduced(changed)
    QuoteLine.objects.filter(quote_version=changed, kind="tax").update(quantity=F("quantity") + 1)
    assert not is_reproduced(changed)
    assert AuditEvent.objects.get(action="quote.line_overridden").reason == "Agreed"


def test_taxes_and_what_was_sent_are_not_negotiable(desk, now):
    version = desk.price()
    tax = version.lines.get(kind="tax")
    given = {"amount": Decimal(1), "reason": "x", "actor": desk.actor, "at": now}

    with pytest.raises(TaxNotNegotiable):
        override_line(version, sequence=tax.sequence, **given)
    with pytest.raises(InvalidInput):
        override_line(version, sequence=999, **given)
    with pytest.raises(StaleVersion):
        override_line(version, sequence=1, expected=99, **given)
    desk.send(version)
    with pytest.raises(OfferSent):
        override_line(version, sequence=1, **given)


def test_lines_that_do_not_add_up_never_reach_the_end_of_a_transaction(desk):
    version = desk.price()

    with pytest.raises(IntegrityError, match="come to"), transaction.atomic():
        QuoteLine.objects.filter(quote_version=version, sequence=2).delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_book_reads_the_prices_of_the_day_and_the_taxes_of_the_flight(
    desk, now, django_assert_num_queries
):
    add_rate(
        desk.card,
        kind="live_hour",
        unit="hour",
        aircraft_type="B350",
        amount=Decimal(9),
        effective_from=date(2027, 1, 1),
        actor=desk.actor,
        at=now,
    )

    day = now.date() - timedelta(days=7)
    for ago, rate in ((1, "1.50"), (0, "1.52")):
        record_rate(
            base="USD",
            quote="AUD",
            rate=Decimal(rate),
            rate_on=day - timedelta(days=ago),
            source="RBA",
            actor=desk.actor,
            at=now,
        )
    # The card's prices, the taxes, and dollars for the taxes of the United States.
    with django_assert_num_queries(3):
        book = price_book(desk.card, on=now.date(), flown_on=date(2024, 6, 1))

    assert len(book.rates) == 13
    assert book.tax("FET-SEG", "US").rate == Decimal("5.0000")
    (exchange,) = book.exchange
    assert (exchange.currency, exchange.factor) == ("USD", Decimal("1.52"))
    assert (exchange.rate_on, exchange.source) == (day, "RBA")
    # A rate of more than a week ago is none.
    assert price_book(desk.card, on=now.date() + timedelta(days=1)).exchange == ()
    assert len(price_book(desk.card, on=date(2027, 1, 1)).rates) == 14


def test_the_zone_is_225_miles_from_the_continental_states(desk):
    aircraft = desk.aircraft
    seattle = AirportFactory(country="US", region="US-WA", point="POINT(-122.31 47.45)")
    juneau = AirportFactory(country="US", region="US-AK", point="POINT(-134.58 58.35)")
    vancouver = AirportFactory(country="CA", point="POINT(-123.18 49.19)")
    whitehorse = AirportFactory(country="CA", point="POINT(-135.07 60.71)")
    plan = stored_plan(aircraft, [vancouver, whitehorse, vancouver])

    assert {seattle.country, juneau.country} == {"US"}
    assert price_facts(plan, aircraft).zone_airports == {vancouver.pk}
