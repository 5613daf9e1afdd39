"""Rate cards, rates and taxes over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.operations.plans import Desk
from tests.operations.quote_desk import QUOTES, make_coordinator, price_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return make_coordinator()


@pytest.fixture
def client(client_for, coordinator):
    return client_for(coordinator)


@pytest.fixture
def desk():
    return Desk(now=timezone.now())


def test_a_missing_price_refuses_and_is_named(client, desk):
    bare = client.post(
        "/api/finance/rate-cards/", {"code": "bare", "name": "Bare", "currency": "AUD"}
    )
    assert bare.status_code == 201

    answer = client.post(f"{QUOTES}{desk.quote.number}/price/", price_body(desk, rate_card="bare"))

    assert (answer.status_code, answer.json()["code"]) == (409, "price_not_on_file")
    assert "live_hour" in answer.json()["detail"]


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
