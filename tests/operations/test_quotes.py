"""From the request to the customer's answer."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from contacts.exceptions import ContactInactive
from contacts.services.contacts import deactivate_contact
from finance.models import Rate
from finance.services.rates import add_rate, replace_rate
from operations.exceptions import (
    ContentDiffers,
    CurrencyMismatch,
    DeclinesNotAcknowledged,
    OfferClosed,
    OfferExpired,
    OfferNotSent,
    OfferOutdated,
    OfferSent,
    OfferStillValid,
    OfferSuperseded,
    PriceNotOnFile,
    RateCardNotForThis,
    RequestSettled,
    TaxNotNegotiable,
)
from operations.links import token_of
from operations.models import Decline, QuoteLine, QuoteVersion
from operations.queries.declines import declines_before, earlier_declines
from operations.queries.offers import (
    hash_of,
    is_reproduced,
    offer_by_token,
    quotes_run_out,
    recomputed,
    state_of,
)
from operations.queries.price_book import price_book, price_facts
from operations.queries.response_times import response_times
from operations.services.offers import (
    accept_version,
    decline_offer,
    expire_quote,
    record_view,
    send_version,
)
from operations.services.prices import override_line
from operations.services.requests import (
    WantedLeg,
    change_request,
    decline_quote,
    record_decline,
    request_quote,
    withdraw_quote,
)
from operations.tasks import expire_offers
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import LegFactory, TripFactory
from tests.operations.plans import HOUR, Desk, card_of, stored_plan
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(now):
    return Desk(now=now)


def accept(version, at, **more):
    given = {"content_hash": version.content_hash, "name": "J. García", "actor": None, **more}
    return accept_version(version, **given, at=at)


def status(desk):
    desk.quote.refresh_from_db()
    return desk.quote.status


def wanted(now, **more):
    origin, destination = AirportFactory(), AirportFactory()
    return WantedLeg(
        origin=origin, destination=destination, earliest_departure_at=now + HOUR, **more
    )


def test_a_request_is_numbered_and_announced(now):
    actor, customer = UserFactory(), ContactFactory()

    quote = request_quote(
        customer=customer, title="Transfer", legs=[wanted(now)], actor=actor, at=now
    )

    assert quote.number.startswith("QT-2026-")
    assert quote.requested_legs.get().sequence == 1
    assert OutboxEvent.objects.get(name="operations.quote_requested").payload == {
        "quote_id": quote.pk
    }


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"destination": "origin"}, "/legs/0/destination"),
        ({"latest_arrival_at": -1}, "/legs/0/latest_arrival_at"),
        ({"earliest_departure_at": -2}, "/legs/0/earliest_departure_at"),
    ],
)
def test_a_journey_that_cannot_be_flown_is_refused(now, change, pointer):
    given = vars(wanted(now)).copy()
    for name, value in change.items():
        given[name] = given["origin"] if value == "origin" else now + value * HOUR

    with pytest.raises(InvalidInput) as refusal:
        request_quote(
            customer=ContactFactory(),
            title="x",
            legs=[WantedLeg(**given)],
            actor=UserFactory(),
            at=now,
        )

    assert refusal.value.details["pointer"] == pointer


def test_a_request_changes_until_an_offer_is_out(desk, now):
    other = ContactFactory()

    quote = change_request(
        desk.quote,
        changes={"title": "Two patients", "customer": other},
        legs=[wanted(now), wanted(now)],
        version=desk.quote.version,
        actor=desk.actor,
        at=now,
    )

    assert (quote.title, quote.customer, quote.requested_legs.count()) == ("Two patients", other, 2)
    with pytest.raises(StaleVersion):
        change_request(quote, changes={}, version=99, actor=desk.actor, at=now)
    desk.send(desk.price(at=now + HOUR), at=now + HOUR)
    with pytest.raises(RequestSettled):
        change_request(quote, changes={"title": "x"}, actor=desk.actor, at=now)


def test_nothing_new_is_asked_for_by_a_contact_out_of_use(desk, now):
    gone = ContactFactory()
    deactivate_contact(gone, reason="Closed", actor=desk.actor, at=now)

    with pytest.raises(ContactInactive):
        change_request(desk.quote, changes={"customer": gone}, actor=desk.actor, at=now)


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
        rate, amount=Decimal("6000.00"), effective_from=now.date(), actor=desk.actor, at=now
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


def test_sending_freezes_the_offer_and_keeps_only_the_digest_of_its_link(desk, now):
    desk.quote.requester_email = "desk@hospital.example"
    desk.quote.save()

    version = desk.send()

    token = token_of(version.link_salt)
    assert (len(token), status(desk)) == (43, "sent")
    assert token not in str(list(QuoteVersion.objects.values_list()))
    assert (version.sent_to, version.sent_by) == ("desk@hospital.example", desk.actor)
    assert version.content_hash == hash_of(version, version.lines.all())
    assert OutboxEvent.objects.get(name="operations.quote_sent").payload == {
        "quote_id": desk.quote.pk,
        "version_id": version.pk,
    }
    assert token not in str(list(AuditEvent.objects.values_list("details", "subject_label")))
    assert offer_by_token(token) == version
    assert offer_by_token(token[:-1]) is None
    with pytest.raises(OfferSent):
        desk.send(version)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operations_quoteversion SET total = total + 1, subtotal = subtotal + 1",
        "UPDATE operations_quoteversion SET terms = 'other'",
        "UPDATE operations_quoteversion SET valid_until = valid_until + interval '1 day'",
        "UPDATE operations_quoteversion SET sent_at = NULL, link_digest = ''",
        "DELETE FROM operations_quoteversion",
        "UPDATE operations_quoteline SET amount = computed, description = 'other'",
        "DELETE FROM operations_quoteline",
        "INSERT INTO operations_quoteline SELECT * FROM operations_quoteline",
    ],
)
def test_the_database_refuses_to_change_what_was_sent(desk, statement):
    desk.send()

    with pytest.raises(DatabaseError) as fault, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert "sent" in str(fault.value)


def test_an_answer_is_written_once(desk, now):
    version = accept(desk.send(), now)

    with pytest.raises(DatabaseError, match="once"), transaction.atomic():
        QuoteVersion.objects.filter(pk=version.pk).update(answered_by="Somebody else")


def test_lines_that_do_not_add_up_never_reach_the_end_of_a_transaction(desk):
    version = desk.price()

    with pytest.raises(IntegrityError, match="come to"), transaction.atomic():
        QuoteLine.objects.filter(quote_version=version, sequence=2).delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_newer_version_takes_the_place_of_the_one_that_is_out(desk, now):
    first = desk.send()
    second = desk.price()

    assert (second.sequence, status(desk)) == (2, "priced")
    assert state_of(first, desk.quote, at=now) == "superseded"
    with pytest.raises(OfferSuperseded):
        accept(first, now)
    desk.send(second)
    assert status(desk) == "sent"
    desk.quote.refresh_from_db()
    assert state_of(second, desk.quote, at=now) == "open"
    with pytest.raises(OfferSuperseded):
        accept(first, now)
    third = desk.price()
    desk.price()
    with pytest.raises(OfferSuperseded):
        desk.send(third)


def test_an_offer_priced_before_the_request_changed_is_not_sent(desk, now):
    version = desk.price()
    change_request(desk.quote, changes={"title": "Other"}, actor=desk.actor, at=now + HOUR)

    with pytest.raises(OfferOutdated):
        send_version(version, actor=desk.actor, at=now + HOUR)


def test_exactly_what_was_read_is_accepted_once(desk, now):
    version = desk.send()
    record_view(version, at=now)
    assert status(desk) == "viewed"

    with pytest.raises(ContentDiffers):
        accept(version, now, content_hash="0" * 64)
    accepted = accept(version, now, address="192.0.2.7", note="Please call")

    assert (status(desk), desk.quote.accepted_version) == ("accepted", version)
    assert (accepted.answered_by, accepted.answered_from) == ("J. García", "192.0.2.7")
    with pytest.raises(OfferClosed):
        accept(version, now)
    with pytest.raises(TransitionNotAllowed):
        desk.price()
    steps = StatusChange.objects.filter(object_id=desk.quote.pk, content_type__model="quote")
    assert list(steps.order_by("pk").values_list("to_status", flat=True)) == [
        "priced",
        "sent",
        "viewed",
        "accepted",
    ]


def test_what_was_never_sent_or_ran_out_is_not_accepted(desk, now):
    version = desk.price()
    with pytest.raises(OfferNotSent):
        accept(version, now)
    desk.send(version)
    with pytest.raises(OfferExpired):
        accept(version, version.valid_until)
    accept(version, version.valid_until - timedelta(microseconds=1))


def test_offers_that_ran_out_are_closed_and_priced_again(desk, now):
    version = desk.send()
    with pytest.raises(OfferStillValid):
        expire_quote(desk.quote, at=now)
    assert list(quotes_run_out(now)) == []
    assert list(quotes_run_out(version.valid_until)) == [desk.quote]

    expire_offers()

    assert status(desk) == "expired"
    assert state_of(version, desk.quote, at=now) == "expired"
    with pytest.raises(OfferClosed):
        expire_quote(desk.quote, at=version.valid_until)
    assert desk.price().sequence == 2
    assert status(desk) == "priced"


def test_the_first_look_counts(desk, now):
    version = desk.send()

    record_view(version, at=now)
    record_view(version, at=now + HOUR)

    version.refresh_from_db()
    assert version.viewed_at == now
    assert OutboxEvent.objects.filter(name="operations.quote_viewed").count() == 1


def test_a_customers_no_closes_the_quote_and_is_kept(desk, now):
    version = desk.send()

    decline_offer(version, reason="price", note="Too dear", name="J. G.", at=now)

    decline = Decline.objects.get()
    assert (status(desk), decline.by, decline.reason) == ("declined", "customer", "price")
    assert decline.point == desk.airports[1].point
    assert decline.patient == desk.quote.requirement.patient
    with pytest.raises(OfferClosed):
        accept(version, now)
    assert desk.price().sequence == 2


def test_a_quote_is_withdrawn_with_the_reason(desk, now):
    version = desk.send()

    withdraw_quote(desk.quote, reason="Aircraft sold", actor=desk.actor, at=now)

    assert status(desk) == "withdrawn"
    assert state_of(version, desk.quote, at=now) == "withdrawn"
    with pytest.raises(OfferClosed):
        accept(version, now)


def refusal(desk, now, **more):
    given = {"by": "other_operator", "reason": "weather", "actor": desk.actor, "at": now, **more}
    return record_decline(**given)


def test_refusals_nearby_or_of_the_patient_are_acknowledged_before_an_offer_goes_out(desk, now):
    place = desk.airports[1].point
    near = refusal(desk, now, point=place, declined_at=now - timedelta(hours=6))
    version = desk.price()

    with pytest.raises(DeclinesNotAcknowledged) as stopped:
        desk.send(version)
    assert stopped.value.details["declines"] == [near.pk]

    desk.send(version, acknowledged_declines=[near.pk])
    version.refresh_from_db()
    assert version.acknowledged_declines == [near.pk]
    late = decline_and_return(desk, now)
    with pytest.raises(DeclinesNotAcknowledged) as again:
        accept(version, now, actor=desk.actor, acknowledged_declines=[])
    assert again.value.details["declines"] == [late.pk]
    # The customer's own yes does not wait for what the desk has to read.
    accept(version, now)


def decline_and_return(desk, now):
    decline_quote(
        desk.quote,
        by="other_operator",
        operator_name="Sky Care",
        reason="weather",
        actor=desk.actor,
        at=now,
    )
    assert status(desk) == "sent"
    return Decline.objects.latest("pk")


@pytest.mark.parametrize(
    ("case", "is_found"),
    [
        ((6.0, 0.0, False, "us"), True),
        ((6.01, 0.0, False, "us"), False),
        ((1.0, 4.9, False, "other_operator"), True),
        ((1.0, 5.1, False, "other_operator"), False),
        ((1.0, 500.0, True, "other_operator"), True),
        ((6.01, 500.0, True, "other_operator"), False),
        ((1.0, 0.0, True, "customer"), False),
    ],
)
def test_which_refusals_are_earlier_ones(desk, now, case, is_found):
    hours, north_nm, is_patient, by = case
    place = desk.airports[1].point.clone()
    # A minute of latitude is 1,849 m at 35 degrees south.
    place.y += north_nm * 1852 / 1849 / 60
    patient = desk.quote.requirement.patient if is_patient else None
    refusal(
        desk, now, by=by, point=place, patient=patient, declined_at=now - timedelta(hours=hours)
    )

    assert declines_before(desk.quote, at=now).exists() == is_found


def test_a_refusal_needs_a_place_and_lies_in_the_past(desk, now):
    with pytest.raises(InvalidInput, match="Where"):
        refusal(desk, now)
    with pytest.raises(InvalidInput, match="still to come"):
        refusal(desk, now, point=desk.airports[0].point, declined_at=now + HOUR)
    assert list(earlier_declines(points=[], patient_id=None, at=now)) == []


def test_response_times_by_month(now, django_assert_num_queries):
    for minutes, lift_off in ((10, 60), (20, None), (90, 30)):
        desk = Desk(now=now, requested_at=now - timedelta(minutes=minutes))
        accept(desk.send(), now)
        trip = TripFactory(quote=desk.quote)
        LegFactory(trip=trip, sequence=2, planned_out_at=now)
        if lift_off:
            off = now + timedelta(minutes=lift_off)
            LegFactory(trip=trip, sequence=1, actual_out_at=off, actual_off_at=off)
    decline_quote(
        Desk(now=now, requested_at=now).quote, by="us", reason="weather", actor=None, at=now
    )

    with django_assert_num_queries(2):
        (month,) = response_times(start=now - timedelta(days=1), end=now + timedelta(days=1))

    assert (month.month, month.requests, month.accepted, month.declined) == ("2026-03", 4, 3, 1)
    assert (month.request_to_accept.median_min, month.request_to_accept.p90_min) == (20.0, 90.0)
    assert (month.accept_to_lift_off.count, month.accept_to_lift_off.median_min) == (2, 45.0)


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

    with django_assert_num_queries(2):
        book = price_book(desk.card, on=now.date(), flown_on=date(2024, 6, 1))

    assert len(book.rates) == 13
    assert book.tax("FET-SEG", "US").rate == Decimal("5.0000")
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
