"""The link of an offer, which needs no account."""

import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from config.settings.logs import hide_links
from finance.services.deposits import draft_deposit
from finance.services.issuing import issue
from finance.services.receivables import record_payment
from operations.links import token_of
from operations.models import Decline, QuoteVersion
from tests.finance.pay_desk import pay_desk
from tests.operations.plans import Desk
from tests.operations.quote_desk import make_coordinator, offer

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
        "deposit",
    }
    assert shown["deposit"] is None
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

    assert api.get(offer(first)).json()["code"] == "offer_superseded"
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


def test_an_accepted_offer_leads_to_where_its_deposit_is_paid(api, desk, run_tasks):
    version = desk.send()
    body = {"content_hash": version.content_hash, "name": "J. G."}
    with pay_desk("stripe") as payments:
        at = timezone.now()
        assert api.post(offer(version, "accept/"), body).json()["deposit"] is None
        asked = draft_deposit(
            subject="operations.quote",
            subject_id=desk.quote.pk,
            percent=Decimal(50),
            actor=None,
            at=at,
        )
        assert api.get(offer(version)).json()["deposit"] is None
        deposit = issue(asked, actor=None, at=at)
        run_tasks()

        shown = api.get(offer(version)).json()["deposit"]
        assert (shown["invoice"], shown["owed"]["amount"]) == (deposit.number, str(deposit.total))
        page = api.get(shown["address"].partition("8000")[2])
        assert deposit.number in page.content.decode()
        assert payments.stand_in.kept.calls == []

    record_payment(deposit, amount=deposit.total, channel="cash", actor=None, at=at)
    assert api.get(offer(version)).json()["deposit"] is None


def test_a_deposit_is_not_shown_where_nobody_takes_money_online(api, desk, run_tasks):
    version = desk.send()
    api.post(offer(version, "accept/"), {"content_hash": version.content_hash, "name": "J. G."})
    asked = draft_deposit(
        subject="operations.quote",
        subject_id=desk.quote.pk,
        percent=Decimal(50),
        actor=None,
        at=timezone.now(),
    )
    issue(asked, actor=None, at=timezone.now())
    run_tasks()

    assert api.get(offer(version)).json()["deposit"] is None
