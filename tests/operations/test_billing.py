"""Bills of trips: as offered, as flown, as spent; nothing twice, taxes as the offer has them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from common.exceptions import InvalidInput
from finance.exceptions import AlreadyBilled, NotBillable
from finance.queries.billing import unbilled
from finance.services.credit_notes import void_invoice
from finance.services.deposits import add_step, draft_cancellation_fee, draft_deposit
from finance.services.drafts import draft_invoice
from finance.services.issuing import issue
from finance.services.receivables import record_payment
from operations.exceptions import BilledOtherwise, CardUnclear, NotFlownYet, NotPriced
from operations.models import Quote, ServiceItem, TripLeg
from operations.pricing.storage import itinerary_of
from operations.services.prices import override_line
from operations.services.trip_ends import cancel_trip
from operations.services.trip_legs import write_legs
from tests.airports.factories import AirportFactory
from tests.finance.books import at_commit
from tests.finance.factories import RateFactory
from tests.operations.factories import NOW, TripFactory
from tests.operations.plans import Desk

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def trip(desk):
    """Booked from the desk's accepted offer, its legs as planned and not flown yet."""
    return booked(desk, desk.send(desk.price()))


def booked(desk, version):
    Quote.objects.filter(pk=desk.quote.pk).update(accepted_version=version, status="booked")
    row = TripFactory(
        customer=desk.quote.customer,
        quote=desk.quote,
        quote_version=version,
        aircraft=desk.aircraft,
        kind="air_ambulance",
        start_at=desk.itinerary.start_at,
        end_at=desk.itinerary.end_at,
    )
    write_legs(row, desk.itinerary.legs)
    return row


def closed(trip, *, late=0, longer=None):
    """Flown as planned, some legs longer by minutes, and closed."""
    for leg in TripLeg.objects.filter(trip=trip):
        extra = timedelta(minutes=(longer or {}).get(leg.sequence, 0))
        shift = timedelta(minutes=late)
        leg.actual_out_at, leg.actual_off_at = (
            leg.planned_out_at + shift,
            leg.planned_off_at + shift,
        )
        leg.actual_on_at = leg.planned_on_at + shift + extra
        leg.actual_in_at = leg.planned_in_at + shift + extra
        leg.status = "in"
        leg.save()
    trip.status, trip.closed_at = "closed", LATER
    trip.save()
    return trip


def bill(trip, basis, **more):
    return draft_invoice(
        subject="operations.trip", subject_id=trip.pk, basis=basis, actor=None, at=LATER, **more
    )


def amounts(invoice):
    rows = invoice.lines.order_by("sequence").values_list("key", "amount", "tax_amount")
    return {key: amount + tax for key, amount, tax in rows}


def spent(trip, kind, cost, *, leg=None, currency="AUD"):
    on = trip.legs.get(sequence=leg) if leg else None
    return ServiceItem.objects.create(
        trip=trip, leg=on, kind=kind, cost=Decimal(cost), currency=currency, status="confirmed"
    )


def test_the_bill_as_offered_is_the_offer_to_the_cent(trip):
    version = trip.quote_version

    invoice = bill(trip, "quote")

    at_commit()
    assert (invoice.subtotal, invoice.tax_total, invoice.total) == (
        version.subtotal,
        version.tax_total,
        version.total,
    )
    assert invoice.lines.count() == version.lines.count()
    assert invoice.lines.get(tax_code="GST").tax_amount == version.tax_total
    assert (invoice.customer, invoice.subject_number) == (trip.customer, trip.number)
    assert (invoice.aircraft, invoice.service) == (trip.aircraft.tail_number, "air_ambulance")


def test_a_trip_flown_as_planned_costs_what_was_offered(trip):
    closed(trip)

    invoice = bill(trip, "actuals")

    assert invoice.total == trip.quote_version.total
    rows = invoice.lines.values_list("amount", "tax_amount", "quoted_amount")
    assert all(amount + tax == quoted for amount, tax, quoted in rows)


def test_twelve_minutes_more_in_the_air_are_charged_and_shown_as_variance(trip):
    closed(trip, longer={2: 12})

    invoice = bill(trip, "actuals")

    line = invoice.lines.get(key="leg:2:live_hour")
    assert (line.quantity, line.amount, line.quoted_amount) == (
        Decimal("1.2000"),
        Decimal("6240.00"),
        Decimal("5200.00"),
    )
    fuel = invoice.lines.get(key="leg:2:fuel_surcharge")
    assert fuel.amount - fuel.quoted_amount == Decimal("29.00")
    gst = invoice.lines.get(tax_code="GST")
    # A tenth of 1,040.00 and 29.00.
    assert gst.tax_amount - gst.quoted_amount == Decimal("106.90")


def test_a_diversion_is_charged_where_the_aircraft_really_was(trip, desk):
    elsewhere = AirportFactory()
    RateFactory(card=desk.card, kind="landing", unit="each", amount="999.00", airport=elsewhere)
    leg = trip.legs.get(sequence=2)
    leg.diverted_to = elsewhere
    leg.save()
    closed(trip)

    invoice = bill(trip, "actuals")

    assert invoice.lines.get(key="leg:2:landing").amount == Decimal("999.00")


def test_an_agreed_amount_is_kept_in_proportion(desk):
    version = desk.price()
    live = version.lines.get(kind="live_flight")
    override_line(
        version,
        sequence=live.sequence,
        amount=Decimal("2600.00"),
        reason="Contract",
        actor=desk.actor,
        at=NOW,
    )
    version.refresh_from_db()
    trip = closed(booked(desk, desk.send(version)), longer={2: 30})

    invoice = bill(trip, "actuals")

    # Half the computed price of one hour was agreed on; an hour and a half was flown.
    line = invoice.lines.get(key="leg:2:live_hour")
    assert (line.amount, line.quoted_amount) == (Decimal("3900.00"), Decimal("2600.00"))
    assert "as agreed" in line.formula


def test_what_was_spent_and_no_price_covers_is_billed_with_the_flight(trip):
    closed(trip)
    catering = spent(trip, "catering", "88.00", leg=2)
    spent(trip, "handling", "400.00", leg=2)

    invoice = bill(trip, "actuals")

    assert amounts(invoice)[f"service:{catering.pk}"] == Decimal("88.00")
    assert invoice.total == trip.quote_version.total + Decimal("96.80")


def test_what_was_spent_is_billed_once_and_not_beside_a_price_for_it(trip):
    catering = spent(trip, "catering", "100.00", leg=2)
    spent(trip, "handling", "400.00", leg=2)
    bill(trip, "quote")

    expenses = bill(trip, "expenses")
    late = spent(trip, "customs", "60.00")
    again = bill(trip, "expenses")

    # GST comes with it, the price of handling was charged already.
    assert amounts(expenses) == {
        f"service:{catering.pk}": Decimal("100.00"),
        "tax:trip:GST": Decimal("10.00"),
    }
    assert amounts(again)[f"service:{late.pk}"] == Decimal("60.00")


def test_no_price_is_charged_for_what_was_billed_as_spent(trip):
    spent(trip, "handling", "400.00", leg=2)
    expenses = bill(trip, "expenses")

    with pytest.raises(BilledOtherwise):
        bill(trip, "quote")
    void_invoice(expenses, reason="By the offer", actor=None, at=LATER)

    assert bill(trip, "quote").total == trip.quote_version.total


def test_a_flight_is_billed_once_on_whatever_basis(trip):
    closed(trip)
    first = bill(trip, "quote")

    with pytest.raises(AlreadyBilled):
        bill(trip, "actuals")
    with pytest.raises(AlreadyBilled):
        bill(trip, "quote")
    waiting_before = unbilled(LATER)
    void_invoice(first, reason="By actuals", actor=None, at=LATER)

    assert waiting_before == []
    assert [(row.number, row.days) for row in unbilled(LATER + timedelta(days=2))] == [
        (trip.number, 2)
    ]


def test_actuals_wait_for_the_end_of_the_trip_and_offers_for_an_offer(trip):
    with pytest.raises(NotFlownYet):
        bill(trip, "actuals")
    by_hand = TripFactory()
    with pytest.raises(NotPriced):
        bill(by_hand, "quote")
    write_legs(by_hand, trip_plan(trip))
    closed(by_hand)
    RateFactory()  # a second card for everybody
    with pytest.raises(CardUnclear):
        bill(by_hand, "actuals")


def trip_plan(trip):
    return itinerary_of(trip.quote_version.itinerary).legs


def test_a_trip_without_an_offer_is_billed_by_the_only_card(trip):
    by_hand = TripFactory(aircraft=trip.aircraft)
    write_legs(by_hand, trip_plan(trip))
    closed(by_hand)

    invoice = bill(by_hand, "actuals")

    assert amounts(invoice)["leg:2:live_hour"] == Decimal("5200.00")
    assert invoice.lines.exclude(quoted_amount=None).count() == 0


def test_a_deposit_asked_for_on_the_quote_is_applied_on_the_trips_invoice(trip, desk):
    deposit = draft_deposit(
        subject="operations.quote",
        subject_id=desk.quote.pk,
        percent=Decimal(50),
        actor=None,
        at=NOW,
    )
    deposit = issue(deposit, actor=None, at=NOW)
    record_payment(deposit, amount=deposit.total, channel="card", actor=None, at=NOW)

    invoice = issue(bill(trip, "quote"), actor=None, at=LATER)

    at_commit()
    invoice.refresh_from_db()
    assert invoice.paid == deposit.total
    assert invoice.status == "part_paid"
    with pytest.raises(NotBillable):
        draft_invoice(
            subject="operations.quote", subject_id=desk.quote.pk, basis="quote", actor=None, at=NOW
        )


def test_a_cancelled_trip_owes_the_fee_of_its_ladder_and_nothing_else(trip):
    add_step(
        hours_before=24,
        percent=Decimal(50),
        effective_from=(NOW - timedelta(days=90)).date(),
        actor=None,
        at=NOW,
    )
    with transaction.atomic():
        cancel_trip(trip, reason="Patient died", actor=None, at=NOW)

    fee = draft_cancellation_fee(
        subject="operations.trip", subject_id=trip.pk, tax_code="GST", actor=None, at=NOW
    )

    net = trip.quote_version.subtotal / 2
    assert (fee.subtotal, fee.tax_total) == (net, net / 10)
    assert "22.0 h before" in fee.lines.get().formula
    with pytest.raises(NotBillable):
        bill(trip, "quote")


def test_a_bill_is_drawn_up_in_a_bounded_number_of_queries(trip, django_assert_max_num_queries):
    closed(trip)
    for number in range(8):
        spent(trip, "catering", "10.00", leg=1 + number % 3)

    with django_assert_max_num_queries(60):
        bill(trip, "actuals")


def test_deposits_on_a_quote_and_on_its_trip_are_together_no_more_than_the_offer(trip, desk):
    given = {"actor": None, "at": NOW}
    quote = {"subject": "operations.quote", "subject_id": desk.quote.pk}
    draft_deposit(subject="operations.trip", subject_id=trip.pk, percent=Decimal(100), **given)

    with pytest.raises(InvalidInput, match=r"up to 0\.00"):
        draft_deposit(**quote, percent=Decimal(50), **given)
