"""The account over days that somebody chooses, at the endpoint and on the page."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.test import Client as Browser
from django.urls import reverse
from rest_framework.test import APIClient

from tests.client_management.portal.people import peer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]


@pytest.fixture
def billed(actor, now):
    """A client with one bill, at both of its doors."""
    made = peer(actor, now)
    api, browser = APIClient(), Browser()
    api.force_authenticate(made.person)
    browser.force_login(made.person, backend="users.backends.RoleBackend")
    number = made.organization.number
    endpoint = f"/api/client-management/portal/organizations/{number}/statement/"
    return SimpleNamespace(
        client=made,
        read=lambda **days: api.get(endpoint, days),
        look=lambda **days: browser.get(reverse("portal:invoices", args=[number]), days),
    )


def test_the_page_shows_the_days_that_are_chosen(billed):
    bill = billed.client.invoice
    whole = billed.look()
    before = billed.look(since="2025-11-01", until="2026-01-31")

    assert whole.context["account"].closing == bill.total
    assert whole.content.decode().count(f"Invoice {bill.number}") == 1
    account = before.context["account"]
    assert (account.since, account.until) == (date(2025, 11, 1), date(2026, 1, 31))
    assert (account.lines, account.closing) == ((), 0)
    text = before.content.decode()
    assert 'name="since" type="date" value="2025-11-01"' in text
    assert "Balance at the end" in text


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"until": "2026-02-30"}, "/until"),
        ({"since": "today"}, "/since"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "/since"),
        ({"since": "2020-01-01"}, "/since"),
        ({"currency": "zzz"}, "/currency"),
    ],
)
def test_days_that_cannot_be_are_said(billed, asked, pointer):
    answer, page = billed.read(**asked), billed.look(**asked)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()


def test_the_first_days_of_the_calendar_are_days_too(billed):
    answer = billed.read(until="0001-01-01")

    assert (answer.status_code, answer.json()["since"]) == (200, "0001-01-01")
    assert billed.look(until="0001-01-01").status_code == 200


def test_every_currency_that_was_billed_can_be_chosen(billed):
    usual = billed.client.organization.currency
    other = next(each for each in ("USD", "AUD") if each != usual)

    assert f"<option selected>{other}</option>" in billed.look(currency=other).content.decode()
    billed.client.organization.currency = other
    billed.client.organization.save()
    text = billed.look().content.decode()
    assert f"<option selected>{other}</option>" in text
    assert f"<option>{billed.client.invoice.currency}</option>" in text
