"""Quotes over HTTP, and the link that needs no account."""

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import IdempotencyKey
from config.settings.logs import hide_links
from operations.links import token_of
from operations.models import Decline, Quote, QuoteVersion
from operations.pricing.storage import as_json
from operations.services.offers import accept_version
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.plans import HOUR, Desk
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
QUOTES = "/api/operations/quotes/"
EVERY = [
    *(f"operations.{verb}_quote" for verb in ("view", "add", "change", "price", "send")),
    *(f"operations.{verb}_quote" for verb in ("accept", "withdraw", "override_line")),
    "operations.view_quoteversion",
    "operations.view_decline",
    "operations.add_decline",
    "operations.view_medicalrequirement",
    "aircraft.view_aircraft",
    "airports.view_airport",
    "contacts.view_contact",
    "finance.view_ratecard",
    "finance.add_ratecard",
    "finance.change_ratecard",
    "finance.view_rate",
    "finance.add_rate",
    "finance.end_rate",
    "finance.view_taxrule",
    "finance.add_taxrule",
    "finance.end_taxrule",
]


@pytest.fixture
def coordinator():
    user = UserFactory()
    grant(user, *EVERY)
    return user


@pytest.fixture
def client(client_for, coordinator):
    return client_for(coordinator)


@pytest.fixture
def desk():
    return Desk(now=timezone.now())


def offer(version, end=""):
    return f"/api/operations/offers/{token_of(version.link_salt)}/{end}"


def price_body(desk, **more):
    return {
        "aircraft": desk.aircraft.tail_number,
        "rate_card": desk.card.code,
        "itinerary": as_json(desk.itinerary),
        **more,
    }


def request_body():
    origin, destination = AirportFactory(), AirportFactory()
    leg = {
        "origin": origin.ident,
        "destination": destination.ident,
        "earliest_departure_at": (timezone.now() + HOUR).isoformat(),
        "has_patient": True,
    }
    return {"customer": ContactFactory().pk, "title": "Transfer", "legs": [leg]}


def test_a_request_is_taken_down(client):
    taken = client.post(QUOTES, request_body())

    assert taken.status_code == 201, taken.json()
    assert (taken.json()["status"], taken.json()["total"]) == ("requested", None)


def test_from_the_plan_to_the_customers_yes(client, api, desk):
    one = f"{QUOTES}{desk.quote.number}/"

    priced = client.post(f"{one}price/", price_body(desk))
    assert priced.status_code == 201, priced.json()
    body = priced.json()
    assert body["lines"][0]["formula"] == "hours x price per hour"
    sent = client.post(f"{one}send/", {"sequence": 1, "to": "desk@hospital.example"})
    assert sent.status_code == 200, sent.json()
    assert sent["Cache-Control"] == "no-store"
    link = sent.json()["link"].removeprefix("http://testserver")

    shown = api.get(link)
    assert shown.status_code == 200
    assert (shown.json()["state"], shown["Referrer-Policy"]) == ("open", "no-referrer")
    assert shown.json()["total"] == body["total"]
    assert Quote.objects.get(pk=desk.quote.pk).status == "sent"
    assert api.post(link).status_code == 200
    assert Quote.objects.get(pk=desk.quote.pk).status == "viewed"

    answer = {"content_hash": shown.json()["content_hash"], "name": "J. García"}
    accepted = api.post(f"{link}accept/", answer)

    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    detail = client.get(one).json()
    assert (detail["status"], detail["accepted_version"]) == ("accepted", body["id"])
    steps = [step["to_status"] for step in client.get(f"{one}history/").json()]
    assert steps == ["priced", "sent", "viewed", "accepted"]
    assert [row["state"] for row in client.get(f"{one}versions/").json()] == ["accepted"]


def test_the_link_shows_what_is_offered_and_nothing_of_the_house(client, api, desk):
    desk.quote.notes = "Margin is thin"
    desk.quote.save()
    version = desk.send()

    shown = api.get(offer(version)).json()

    assert set(shown) == {
        "number",
        "sequence",
        "state",
        "title",
        "aircraft_type",
        "legs",
        "lines",
        "subtotal",
        "tax_total",
        "total",
        "valid_until",
        "terms",
        "content_hash",
    }
    assert set(shown["lines"][0]) == {"description", "quantity", "unit", "amount", "is_tax"}
    text = str(shown)
    assert "Margin" not in text
    assert desk.quote.requirement.patient.number not in text
    assert [leg["is_positioning"] for leg in shown["legs"]] == [True, False, True]


def test_a_wrong_link_finds_nothing_whatever_is_wrong_with_it(api, desk):
    version = desk.send()
    token = token_of(version.link_salt)
    draft = desk.price()

    answers = [
        api.get(f"/api/operations/offers/{wrong}/")
        for wrong in (
            token[:-1],
            token.swapcase(),
            "x",
            "0" * 64,
            version.link_digest,
            "é",
            "a" * 999,
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str({**a.json(), "request_id": ""}) for a in answers}) == 1
    assert api.post(f"/api/operations/offers/{token[:-1]}/accept/", {}).status_code == 404
    assert draft.link_digest == ""


def test_the_link_says_that_a_newer_version_took_its_place(client, api, desk):
    first = desk.send()
    second = desk.send(desk.price())

    assert api.get(offer(first)).json()["state"] == "superseded"
    assert api.get(offer(second)).json()["state"] == "open"
    answer = {"content_hash": first.content_hash, "name": "J. G."}
    assert api.post(offer(first, "accept/"), answer).json()["code"] == "offer_superseded"
    assert api.post(offer(second, "accept/"), answer).json()["code"] == "content_differs"


@pytest.mark.parametrize(
    ("end", "body"),
    [
        ("accept/", {}),
        ("accept/", {"content_hash": "x", "name": "J"}),
        ("accept/", {"content_hash": "0" * 64, "name": ""}),
        ("accept/", {"content_hash": "0" * 64, "name": "J", "extra": 1}),
        ("accept/", {"content_hash": "0" * 64, "name": "x" * 201}),
        ("decline/", {"reason": "because"}),
        ("decline/", {"note": "x" * 2001}),
        ("", {"anything": 1}),
    ],
)
def test_a_malformed_answer_changes_nothing(api, desk, end, body):
    version = desk.send()

    answer = api.post(offer(version, end), body)

    assert answer.status_code == 400
    assert QuoteVersion.objects.get(pk=version.pk).answered_at is None


def test_a_customer_says_no(api, desk):
    version = desk.send()

    answer = api.post(offer(version, "decline/"), {"reason": "price", "note": "Too dear"})

    assert (answer.status_code, answer.json()["state"]) == (200, "declined")
    assert Decline.objects.get().by == "customer"
    assert api.post(offer(version, "decline/"), {}).json()["code"] == "offer_closed"


def test_an_expired_link_says_so(api, desk):
    version = desk.send(
        desk.price(at=desk.now - timedelta(days=3), valid_for=timedelta(days=2)),
        at=desk.now - timedelta(days=3),
    )

    assert api.get(offer(version)).json()["state"] == "expired"
    body = {"content_hash": version.content_hash, "name": "J"}
    assert api.post(offer(version, "accept/"), body).json()["code"] == "offer_expired"


def test_links_are_counted_by_address(api, desk, settings):
    version = desk.send()
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "offer": "2/hour"}
    cache.clear()

    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    ):
        codes = [api.get(offer(version)).status_code for _ in range(4)]

    assert codes == [200, 200, 429, 429]


def test_the_key_of_a_link_stays_out_of_the_log(desk):
    token = token_of(desk.send().link_salt)
    line = f"Internal Server Error: /api/operations/offers/{token}/accept/"

    hidden = hide_links(logging.getLogger(), "error", {"event": line, "status": 500})

    assert hidden == {
        "event": "Internal Server Error: /api/operations/offers/.../accept/",
        "status": 500,
    }


def test_a_repeated_sending_answers_the_same_and_keeps_no_key(client, desk):
    desk.price()
    one = f"{QUOTES}{desk.quote.number}/send/"
    given = {"sequence": 1}

    first = client.post(one, given, headers={"Idempotency-Key": "k1"})
    again = client.post(one, given, headers={"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    token = first.json()["link"].split("/")[-2]
    assert token not in str(IdempotencyKey.objects.values_list("response_body", flat=True))
    assert client.post(one, given).json()["code"] == "offer_sent"


@pytest.mark.parametrize("verb", ["create", "price", "accept"])
def test_a_repeated_request_has_one_effect(client, desk, verb):
    version = desk.send() if verb == "accept" else None
    one = f"{QUOTES}{desk.quote.number}/"
    address, body = {
        "create": lambda: (QUOTES, request_body()),
        "price": lambda: (f"{one}price/", price_body(desk)),
        "accept": lambda: (
            f"{one}accept/",
            {"sequence": 1, "content_hash": version.content_hash, "name": "By telephone"},
        ),
    }[verb]()

    answers = [client.post(address, body, headers={"Idempotency-Key": "again"}) for _ in range(2)]

    assert answers[0].status_code < 300, answers[0].json()
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replay"] == "true"
    assert (Quote.objects.count(), QuoteVersion.objects.count()) == {
        "create": (2, 0),
        "price": (1, 1),
        "accept": (1, 1),
    }[verb]


def test_an_edit_names_the_version_it_was_made_on(client, desk):
    one = f"{QUOTES}{desk.quote.number}/"
    tag = client.get(one)["ETag"]

    assert client.patch(one, {"title": "x"}).status_code == 428
    assert client.patch(one, {"title": "x"}, headers={"If-Match": '"99"'}).status_code == 412
    changed = client.patch(one, {"title": "Two legs"}, headers={"If-Match": tag})

    assert (changed.status_code, changed.json()["title"]) == (200, "Two legs")
    assert changed["ETag"] != tag
    assert client.patch(one, {}, headers={"If-Match": "*"}).status_code == 400


def test_a_line_is_given_another_amount_by_who_may(client, client_for, desk):
    version = desk.price()
    one = f"/api/operations/quote-versions/{version.pk}/"
    body = {"sequence": 1, "amount": "4000.00", "reason": "Agreed"}
    tag = client.get(one)["ETag"]
    other = UserFactory()
    grant(other, *[name for name in EVERY if "override" not in name])

    refused = client_for(other).post(f"{one}override-line/", body, headers={"If-Match": tag})
    assert refused.status_code == 403
    assert client.post(f"{one}override-line/", body).status_code == 428
    changed = client.post(f"{one}override-line/", body, headers={"If-Match": tag})

    line = changed.json()["lines"][0]
    assert (line["computed"]["amount"], line["amount"]["amount"]) == ("5200.00", "4000.00")
    assert line["override_reason"] == "Agreed"
    assert client.post(f"{one}override-line/", body, headers={"If-Match": tag}).status_code == 412


def broken_plans(desk):
    whole = as_json(desk.itinerary)

    def change(**leg):
        first, *rest = whole["legs"]
        return {**whole, "legs": [{**first, **leg}, *rest]}

    return {
        "no plan": "x",
        "unknown": {**whole, "secret": 1},
        "unknown in a leg": change(extra=1),
        "no legs": {**whole, "legs": []},
        "numbering": change(sequence=7),
        "infinite": change(distance_nm=1e308),
        "negative": change(fuel_kg=-1.0),
        "times": change(in_at=whole["legs"][0]["out_at"]),
        "block time": change(block_min=600.0),
        "local": change(out_at="2026-03-15T20:00:00"),
        "other aircraft": {**whole, "tail_number": "N1"},
        "other type": {**whole, "aircraft_type": "C208"},
        "crowd": {**whole, "crew_count": 99},
        "oxygen": {**whole, "oxygen_l": -4},
        "carrying nobody": change(has_patient=True),
        "elsewhere": change(
            origin={**whole["legs"][0]["origin"], "country": "US"},
        ),
        "not there": change(origin={**whole["legs"][0]["origin"], "airport_id": 2**40}),
    }


def test_a_plan_that_cannot_be_flown_is_refused_and_nothing_is_written(client, desk):
    one = f"{QUOTES}{desk.quote.number}/price/"
    for name, plan in broken_plans(desk).items():
        answer = client.post(one, price_body(desk, itinerary=plan))

        assert answer.status_code == 400, name
        assert answer.json()["errors"][0]["pointer"] == "/itinerary", name
    assert not QuoteVersion.objects.exists()


def test_a_missing_price_refuses_and_is_named(client, desk):
    bare = client.post(
        "/api/finance/rate-cards/", {"code": "bare", "name": "Bare", "currency": "AUD"}
    )
    assert bare.status_code == 201

    answer = client.post(f"{QUOTES}{desk.quote.number}/price/", price_body(desk, rate_card="bare"))

    assert (answer.status_code, answer.json()["code"]) == (409, "price_not_on_file")
    assert "live_hour" in answer.json()["detail"]


def test_refusals_are_shown_and_must_be_acknowledged(client, desk):
    lon, lat = desk.airports[1].point.coords
    kept = client.post(
        "/api/operations/declines/",
        {
            "by": "other_operator",
            "operator_name": "Sky Care",
            "reason": "weather",
            "point": {"type": "Point", "coordinates": [lon, lat]},
        },
    )
    assert kept.status_code == 201, kept.json()
    pk = kept.json()["id"]
    desk.price()
    one = f"{QUOTES}{desk.quote.number}/"

    assert [row["id"] for row in client.get(one).json()["earlier_declines"]] == [pk]
    assert [row["id"] for row in client.get(f"{one}declines/").json()] == [pk]
    stopped = client.post(f"{one}send/", {"sequence": 1})
    assert stopped.json()["code"] == "declines_not_acknowledged"
    assert stopped.json()["details"] == {"declines": [pk]}
    named = {"sequence": 1, "acknowledged_declines": [pk]}
    assert client.post(f"{one}send/", named).status_code == 200


def test_a_quote_is_declined_or_withdrawn_once(client, desk):
    one = f"{QUOTES}{desk.quote.number}/"

    assert client.post(f"{one}decline/", {"by": "us", "reason": "weather"}).status_code == 200
    assert client.post(f"{one}withdraw/", {"reason": "x"}).status_code == 409
    assert client.post(f"{one}send/", {"sequence": 5}).status_code == 404
    assert client.get("/api/operations/quotes/QT-2020-0000/").status_code == 404


def test_lists_take_a_fixed_number_of_queries(client):
    Desk(now=timezone.now()).send()
    addresses = [QUOTES, "/api/operations/declines/", "/api/finance/rates/?page_size=1"]
    for address in addresses:
        with CaptureQueriesContext(connection) as few:
            assert client.get(address).status_code == 200
        more = Desk(now=timezone.now())
        more.send()
        with CaptureQueriesContext(connection) as many:
            client.get(address)
        assert len(few) == len(many), address


def test_response_times_are_reported_by_month(client, desk):
    version = desk.send()
    accept_version(
        version, content_hash=version.content_hash, name="J", actor=None, at=timezone.now()
    )
    today = timezone.now().date()
    address = "/api/operations/response-times/"

    answer = client.get(f"{address}?start={today - timedelta(2)}&end={today + timedelta(2)}")

    assert answer.status_code == 200
    assert sum(month["accepted"] for month in answer.json()) == 1
    assert client.get(address).status_code == 400
    assert client.get(f"{address}?start={today}&end={today}").status_code == 400


def test_prices_are_ended_and_replaced_over_http(client, desk):
    rate = desk.card.rates.get(kind="live_hour")
    one = f"/api/finance/rates/{rate.pk}/"
    start = str(timezone.now().date() + timedelta(days=3))

    after = client.post(f"{one}replace/", {"amount": "5450.00", "effective_from": start})

    assert after.status_code == 201, after.json()
    assert after.json()["price"] == {"amount": "5450.00", "currency": "AUD"}
    assert client.get(one).json()["effective_until"] == start
    assert client.post(f"{one}end/", {"until": start}).json()["code"] == "rate_ended"
    twice = {
        "card": desk.card.code,
        "kind": "live_hour",
        "unit": "hour",
        "amount": "1.00",
        "effective_from": start,
    }
    assert client.post("/api/finance/rates/", twice).status_code == 409
    wrong = client.post("/api/finance/rates/", {**twice, "unit": "night", "aircraft_type": "B350"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unit_does_not_fit")
    found = client.get(
        f"/api/finance/rates/?card={desk.card.code}&in_force_on={start}&kind=live_hour"
    )
    assert [row["price"]["amount"] for row in found.json()["results"]] == ["5450.00"]


def test_tax_rates_come_with_source_and_confidence(client, desk):
    address = "/api/finance/tax-rules/"

    found = client.get(f"{address}?code=FET-SEG&in_force_on=2026-06-01").json()["results"]

    assert [(row["rate"], row["confidence"]) for row in found] == [("5.3000", "known-medium")]
    body = {
        "code": "FET-SEG",
        "name": "Segment tax",
        "jurisdiction": "US",
        "basis": "person_segment",
        "rate": "5.40",
        "currency": "USD",
        "effective_from": "2027-01-01",
        "citation": "26 USC 4261(b)",
        "confidence": "found",
    }
    assert client.post(address, body).status_code == 201
    assert client.post(address, body).status_code == 409


@pytest.fixture
def screens(coordinator):
    browser = Client()
    browser.force_login(coordinator, backend="users.backends.RoleBackend")
    return browser


@pytest.mark.parametrize(
    "page", ["operations/quote", "operations/quoteversion", "operations/decline"]
)
def test_every_screen_opens_in_a_fixed_number_of_queries(screens, page):
    Desk(now=timezone.now()).send()
    screens.get(f"/admin/{page}/")
    with CaptureQueriesContext(connection) as few:
        assert screens.get(f"/admin/{page}/").status_code == 200
    Desk(now=timezone.now()).send()
    with CaptureQueriesContext(connection) as many:
        screens.get(f"/admin/{page}/")

    assert len(few) == len(many)


def test_a_quotes_screen_shows_offers_and_lines_and_takes_it_back(screens, desk):
    version = desk.send()

    quote = screens.get(f"/admin/operations/quote/{desk.quote.pk}/change/")
    lines = screens.get(f"/admin/operations/quoteversion/{version.pk}/change/")

    assert b"A sent" in screens.get("/admin/operations/quote/").content
    assert str(version.total).encode() in quote.content
    assert b"Medical team" in lines.content
    assert version.link_salt.encode() not in lines.content
    screens.post(
        "/admin/operations/quote/",
        {"action": "withdraw", "_selected_action": [desk.quote.pk]},
        follow=True,
    )
    assert Quote.objects.get(pk=desk.quote.pk).status == "withdrawn"


@pytest.mark.parametrize("page", ["ratecard", "rate", "taxrule"])
def test_prices_can_be_looked_at_and_ended(screens, desk, page):
    assert screens.get(f"/admin/finance/{page}/").status_code == 200
    rate = desk.card.rates.get(kind="oxygen")
    screens.post("/admin/finance/rate/", {"action": "end_tomorrow", "_selected_action": [rate.pk]})
    rate.refresh_from_db()
    assert rate.effective_until == timezone.now().date() + timedelta(days=1)
