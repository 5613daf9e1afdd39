"""A request priced from its page, for the first time and again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from common.exceptions import StaleVersion
from finance.services.taxes import seed_taxes
from operations.desk.price_step import planned_in
from operations.models import QuoteStatus, QuoteVersion
from operations.pricing.facts import AmbulanceEvidence
from operations.pricing.storage import inputs_of, itinerary_of
from operations.queries.price_book import price_facts
from operations.queries.quote_options import plan_of
from operations.services.offers import send_version
from operations.services.prices import override_line, price_version
from operations.services.repricing import price_again
from operations.services.requests import change_request
from tests.aircraft.factories import AircraftFactory
from tests.desk import (
    facts,
    mark_of,
    offered,
    press,
    said,
    signed_in,
    standing_of,
    step_address,
    text_of,
)
from tests.finance.factories import RateCardFactory, RateFactory
from tests.operations.factories import QuoteFactory, RequestedLegFactory
from tests.operations.legal_world import specifications
from tests.operations.planning.places import airport
from tests.operations.plans import FIRST_UNIT, PRICES, card_of
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
VIEW = ("operations.view_quote", "operations.view_quoteversion")
GRANTS = (*VIEW, "operations.price_quote")


@pytest.fixture
def west():
    return {ident: airport(ident) for ident in ("KBOI", "KSEA")}


@pytest.fixture
def card():
    seed_taxes()
    return card_of("USD", code="standard-usd")


@pytest.fixture
def tail(west):
    specifications(timezone.now())
    return AircraftFactory(base=west["KSEA"])


@pytest.fixture
def quote(west, card):
    made = QuoteFactory(currency="USD", requirement=None)
    RequestedLegFactory(
        quote=made,
        sequence=1,
        has_patient=False,
        passengers=2,
        origin=west["KSEA"],
        destination=west["KBOI"],
        earliest_departure_at=timezone.now() + timedelta(days=2),
    )
    return made


@pytest.fixture
def screen(quote):
    return signed_in(*GRANTS)


def given(tail, **more):
    terms = {"card": "standard-usd", "valid_hours": "24"}
    return {"aircraft": tail.tail_number, **terms, **more}


def price(screen, quote, tail, **more):
    """Try it, then save what was tried."""
    form = given(tail, **more)
    once = f"a-form-of-its-own-{QuoteVersion.objects.count() + 1}"
    shown = press(screen, quote, "price", **form, once=once)
    assert shown.status_code == 200, shown.context["form"].errors
    tried = shown.context["form"]["tried"].value()
    return shown, press(screen, quote, "price", **form, tried=tried, once=once)


def newest(quote):
    return quote.versions.order_by("-sequence").first()


def send(quote):
    version = newest(quote)
    send_version(version, to="a@example.com", actor=UserFactory(), at=timezone.now())
    quote.refresh_from_db()
    return version


def test_the_price_is_seen_before_it_is_made(screen, quote, tail):
    shown, saved = price(screen, quote, tail)

    version = quote.versions.get()
    assert "nothing is saved yet" in text_of(shown)
    assert f"{version.total:,.2f}" in text_of(shown)
    assert "KSEA to KBOI" in text_of(shown)
    assert version.sequence == 1
    assert said(saved) == [f"{quote}: version 1 priced at USD {version.total:,.2f} with {tail}."]
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.PRICED


def test_a_try_saves_nothing(screen, quote, tail):
    press(screen, quote, "price", **given(tail))

    assert not QuoteVersion.objects.exists()
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.REQUESTED


def test_it_is_priced_again_with_the_wind_of_before_and_says_so(screen, quote, tail):
    price(screen, quote, tail, wind="090/80")
    first = newest(quote)

    shown, _ = price(screen, quote, tail)

    second = newest(quote)
    assert second.sequence == 2
    assert itinerary_of(second.itinerary).winds == itinerary_of(first.itinerary).winds != ()
    assert second.total == first.total
    assert "090/80 kt" in text_of(shown)
    assert facts(standing_of(screen, second), "The offer")["Planned in"].value == "090/80 kt"


def test_another_wind_makes_another_price(screen, quote, tail):
    price(screen, quote, tail, wind="090/120")
    price(screen, quote, tail, wind="0/0")

    still, windy = quote.versions.order_by("-sequence")
    assert still.total < windy.total


def test_another_card_makes_another_price_and_the_sent_offer_no_longer_stands(screen, quote, tail):
    price(screen, quote, tail)
    sent = send(quote)
    dear = RateCardFactory(code="dear-usd", currency="USD")
    for kind, amount in {**PRICES, "live_hour": "9999.00"}.items():
        RateFactory(card=dear, kind=kind, unit=FIRST_UNIT[kind], amount=amount)

    page = text_of(screen.get(step_address(quote, "price")))
    price(screen, quote, tail, card="dear-usd")

    assert "no longer stands once it is priced again" in page
    assert newest(quote).total > sent.total
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.PRICED
    sent.refresh_from_db()
    assert sent.total == quote.versions.get(sequence=1).total


def test_the_same_form_twice_is_one_version(screen, quote, tail):
    seen = mark_of(screen, quote, "price")
    _, _ = price(screen, quote, tail, seen=seen)

    again = press(screen, quote, "price", **given(tail), seen=seen)

    assert "sent twice and done once" in said(again)[-1]
    assert quote.versions.count() == 1


def test_a_version_that_came_up_meanwhile_is_looked_at_first(screen, quote, tail):
    price(screen, quote, tail)
    seen = mark_of(screen, quote, "price")
    price(screen, quote, tail)

    answer = press(screen, quote, "price", **given(tail), seen=seen, once="a-form-of-its-own-9")

    assert answer.status_code == 409
    assert "changed since the page was made" in answer.context["refusal"]
    assert quote.versions.count() == 2


def test_a_request_that_changed_meanwhile_is_looked_at_first(screen, quote, tail):
    seen = mark_of(screen, quote, "price")
    at = timezone.now()
    change_request(
        quote, legs=None, changes={"title": "Two more"}, version=None, actor=UserFactory(), at=at
    )

    answer = press(screen, quote, "price", **given(tail), seen=seen)

    assert answer.status_code == 409
    assert not quote.versions.exists()


def test_an_aircraft_that_cannot_is_refused_with_every_reason(screen, quote, tail):
    tail = AircraftFactory(base=tail.base, seats=1)

    answer = press(screen, quote, "price", **given(tail))

    assert answer.status_code == 409
    assert f"{tail.tail_number} cannot fly what is asked for" in answer.context["refusal"]
    assert "seats" in text_of(answer)
    assert not quote.versions.exists()


def test_a_price_that_is_not_on_the_card_is_refused(screen, quote, tail):
    RateCardFactory(code="bare-usd", currency="USD")

    answer = press(screen, quote, "price", **given(tail, card="bare-usd"))

    assert answer.status_code == 409
    assert "live_hour" in answer.context["refusal"]
    assert not quote.versions.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"aircraft": "N0NE"}, {"aircraft": ""}, {"aircraft": "\x00"}, {"card": "no-such"},
     {"card": ""}, {"valid_hours": "0"}, {"valid_hours": "1441"}, {"valid_hours": ""},
     {"wind": "361/20"}, {"wind": "270/301"}, {"wind": "west"}, {"wind": "270"},
     {"wind": "-10/20"}, {"wind": "\u0662\u0667\u0660/\u0662\u0660"}, {"terms": "x" * 10_001},
     {"tried": "x" * 65}],
)  # fmt: skip
def test_what_cannot_be_is_refused(screen, quote, tail, wrong):
    assert press(screen, quote, "price", **given(tail, **wrong)).status_code == 400
    assert not quote.versions.exists()


def test_without_the_grant_nothing_is_offered_or_done(quote, tail):
    reader = signed_in(*VIEW)

    assert "price" not in offered(reader, quote)
    assert press(reader, quote, "price", **given(tail)).status_code == 403
    assert Client().post(step_address(quote, "price")).status_code == 302
    assert not quote.versions.exists()


def test_who_may_price_but_not_open_requests_does_not_here(quote, tail):
    other = signed_in("operations.price_quote")

    assert press(other, quote, "price", **given(tail)).status_code == 403
    assert not quote.versions.exists()


def test_what_is_won_is_not_priced_again(screen, quote, tail):
    price(screen, quote, tail)
    send(quote)
    quote.status, quote.accepted_version = QuoteStatus.ACCEPTED, newest(quote)
    quote.save()

    assert "price" not in offered(screen, quote)


def again(quote, tail, card, before):
    given = {"aircraft": tail, "card": card, "actor": UserFactory(), "at": timezone.now()}
    return price_again(quote, before=before, **given)


def test_of_two_versions_made_at_once_the_later_is_refused(quote, tail, card):
    again(quote, tail, card, None)

    with pytest.raises(StaleVersion):
        again(quote, tail, card, None)

    assert quote.versions.count() == 1


def test_evidence_goes_along_with_the_same_flights_and_is_named_where_it_does_not(
    quote, tail, card, west
):
    now = timezone.now()
    plan = plan_of(quote, tail, team_rides=False, now=now)
    seen = AmbulanceEvidence(leg=1, is_equipped=True, is_exclusive=True, reference="Sheet 4")
    first = price_version(
        quote,
        itinerary=plan,
        aircraft=tail,
        card=card,
        facts=price_facts(plan, tail, evidence=[seen], permits=3),
        actor=UserFactory(),
        at=now,
    )

    same = again(quote, tail, card, first)
    other = again(quote, AircraftFactory(base=west["KBOI"]), card, same.version)

    kept, moved = (inputs_of(each.version.price_inputs).facts for each in (same, other))
    assert (kept.evidence, kept.permits, same.left_out) == ((seen,), 3, [])
    assert same.kept == ["Evidence of acute care: Sheet 4, leg 1."]
    assert (moved.evidence, moved.permits, other.kept) == ((), None, [])
    assert len(other.left_out) == 2
    assert "number of permits" in other.left_out[0]
    assert "evidence of acute care" in other.left_out[1]


def with_evidence(quote, tail, card):
    now = timezone.now()
    plan = plan_of(quote, tail, team_rides=False, now=now)
    seen = AmbulanceEvidence(leg=1, is_equipped=True, is_exclusive=True, reference="Sheet 4")
    facts = price_facts(plan, tail, evidence=[seen])
    return price_version(
        quote, itinerary=plan, aircraft=tail, card=card, facts=facts, actor=UserFactory(), at=now
    )


def test_evidence_of_another_aircraft_or_another_day_exempts_nothing(quote, tail, card, west):
    first = with_evidence(quote, tail, card)
    tailmate = again(quote, AircraftFactory(base=west["KSEA"]), card, first)
    held = with_evidence(quote, tail, card)
    leg = quote.requested_legs.get()
    leg.earliest_departure_at += timedelta(days=3)
    leg.save()
    later = again(quote, tail, card, held)

    for each in (tailmate, later):
        assert inputs_of(each.version.price_inputs).facts.evidence == ()
        assert "evidence of acute care" in each.left_out[-1]


def test_amounts_changed_by_hand_are_said_not_to_be_taken_over(quote, tail, card):
    first = again(quote, tail, card, None).version
    line = first.lines.order_by("sequence").first()
    override_line(
        first,
        sequence=line.sequence,
        amount=line.amount - 100,
        reason="Good customer",
        actor=UserFactory(),
        at=timezone.now(),
    )

    found = again(quote, tail, card, first)

    assert found.left_out == [
        f"Amounts changed by hand are not taken over: lines {line.sequence} ({line.description})."
    ]


def test_a_plan_of_old_does_not_claim_still_air(quote, tail, card):
    first = again(quote, tail, card, None).version
    assert planned_in(first) == "still air, no wind was given"

    first.itinerary = {name: each for name, each in first.itinerary.items() if name != "winds"}

    assert planned_in(first) == "not on record"


def test_a_flight_wanted_at_once_is_saved_though_minutes_passed(screen, quote, tail, monkeypatch):
    leg, now = quote.requested_legs.get(), timezone.now()
    leg.earliest_departure_at = now + timedelta(minutes=10)
    leg.save()
    shown = press(screen, quote, "price", **given(tail))
    tried = shown.context["form"]["tried"].value()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=3))

    done = press(screen, quote, "price", **given(tail), tried=tried)

    assert "after the earliest departure asked for" in text_of(shown)
    assert done.status_code == 302
    assert quote.versions.count() == 1
