"""Quotes over HTTP: from the request to the recorded answer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aircraft.models import Aircraft
from common.models import IdempotencyKey
from operations.models import Decline, Quote, QuoteVersion
from operations.pricing.storage import as_json
from operations.services.offers import accept_version
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.plans import HOUR, Desk, stored_plan
from tests.operations.quote_desk import EVERY, QUOTES, make_coordinator, price_body
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
# Later by an hour or two it could not be told in any zone.
LAST_DAY = datetime(9999, 12, 31, 18, tzinfo=UTC)


@pytest.fixture
def coordinator():
    return make_coordinator()


@pytest.fixture
def client(client_for, coordinator):
    return client_for(coordinator)


@pytest.fixture
def desk():
    return Desk(now=timezone.now())


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

    start, end = whole["legs"][0]["out_at"], whole["legs"][0]["in_at"]
    duty = {"start_at": start, "end_at": end, "first_leg": 1, "last_leg": 1}
    road = {
        "leg": 1,
        "is_pickup": True,
        "contact_id": None,
        "place_name": "Hospital",
        "distance_km": 9.0,
        "start_at": start,
        "end_at": end,
    }
    wind = {"leg": 1, "direction_deg": 270.0, "speed_kt": 60.0}
    asked = change(requested_leg=1)
    far = as_json(stored_plan(desk.aircraft, desk.airports, start=desk.now + 2000 * HOUR))
    first, later = whole["legs"][0], far["legs"][1:]
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
        "local arrival": change(in_at="2026-03-15T20:00:00"),
        "in the air": change(flight_min=-4000.0),
        "local road": {**whole, "ground": [{**road, "start_at": "2026-03-15T19:00:00"}]},
        "local duty": {**whole, "duties": [{**duty, "end_at": "2026-03-15T19:00:00"}]},
        "crowd": {**whole, "crew_count": 99},
        "oxygen": {**whole, "oxygen_l": -4},
        "carrying nobody": change(has_patient=True),
        "elsewhere": change(
            origin={**whole["legs"][0]["origin"], "country": "US"},
        ),
        "not there": change(origin={**whole["legs"][0]["origin"], "airport_id": 2**40}),
        "road without end": {**whole, "ground": [{**road, "end_at": "9999-12-31T23:59:59Z"}]},
        "road to the moon": {**whole, "ground": [{**road, "distance_km": 384_400.0}]},
        "two roads to one flight": {**whole, "ground": [road, road]},
        "wind of no leg": {**whole, "winds": [{**wind, "leg": 9}]},
        "two winds of one leg": {**asked, "winds": [wind, wind]},
        "wind from nowhere": {**asked, "winds": [{**wind, "direction_deg": 361.0}]},
        "wind against itself": {**asked, "winds": [{**wind, "speed_kt": -1.0}]},
        "wind to the moon": {**asked, "winds": [{**wind, "speed_kt": 1e308}]},
        "duty of ages": {**whole, "duties": [{**duty, "start_at": "0001-01-01T00:00:00Z"}]},
        "far ahead": as_json(stored_plan(desk.aircraft, desk.airports, start=LAST_DAY)),
        "years away": {**whole, "legs": [first, *later]},
    }


def test_a_plan_that_cannot_be_flown_is_refused_and_nothing_is_written(client, desk):
    one = f"{QUOTES}{desk.quote.number}/price/"
    for name, plan in broken_plans(desk).items():
        answer = client.post(one, price_body(desk, itinerary=plan))

        assert answer.status_code == 400, name
        assert answer.json()["errors"][0]["pointer"] == "/itinerary", name
    assert not QuoteVersion.objects.exists()


@pytest.mark.parametrize(
    "more", [{"wind": {"direction_deg": 270, "speed_kt": 60}}, {"team_rides": True}]
)
def test_a_plan_made_by_hand_takes_no_other_wind_than_its_own(client, desk, more):
    answer = client.post(f"{QUOTES}{desk.quote.number}/price/", price_body(desk, **more))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(more))}"
    assert not QuoteVersion.objects.exists()


def test_a_plan_made_by_hand_keeps_the_wind_that_it_names(client, desk):
    wind = {"leg": 1, "direction_deg": 270.0, "speed_kt": 60.0}
    plan = as_json(desk.itinerary)
    plan["legs"][1]["requested_leg"] = 1

    answer = client.post(
        f"{QUOTES}{desk.quote.number}/price/",
        price_body(desk, itinerary={**plan, "winds": [wind]}),
    )

    assert answer.status_code == 201, answer.json()
    assert answer.json()["itinerary"]["winds"] == [wind]


def test_nobody_is_offered_a_retired_aircraft(client, desk):
    Aircraft.objects.filter(pk=desk.aircraft.pk).update(status="retired")

    answer = client.post(f"{QUOTES}{desk.quote.number}/price/", price_body(desk))

    assert (answer.status_code, answer.json()["code"]) == (409, "aircraft_retired")


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


def test_more_refusals_than_a_page_holds_are_acknowledged_at_once(client, desk):
    rows = [
        Decline(
            by="other_operator",
            reason="weather",
            point=desk.airports[1].point,
            declined_at=timezone.now(),
        )
        for _ in range(201)
    ]
    Decline.objects.bulk_create(rows)
    desk.price()
    address = f"{QUOTES}{desk.quote.number}/send/"

    stopped = client.post(address, {"sequence": 1})
    named = {"sequence": 1, "acknowledged_declines": stopped.json()["details"]["declines"]}

    assert len(named["acknowledged_declines"]) == 201
    assert client.post(address, named).status_code == 200
    too_many = {"sequence": 1, "acknowledged_declines": list(range(1, 5002))}
    assert client.post(address, too_many).status_code == 400


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
