"""The coordinator's screens of quotes and prices."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import Quote
from tests.operations.plans import Desk
from tests.operations.quote_desk import make_coordinator

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return make_coordinator()


@pytest.fixture
def desk():
    return Desk(now=timezone.now())


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
        {"action": "withdraw", "sure": "1", "_selected_action": [desk.quote.pk]},
        follow=True,
    )
    assert Quote.objects.get(pk=desk.quote.pk).status == "withdrawn"


@pytest.mark.parametrize("page", ["ratecard", "rate", "taxrule"])
def test_prices_can_be_looked_at_and_ended(screens, desk, page):
    assert screens.get(f"/admin/finance/{page}/").status_code == 200
    rate = desk.card.rates.get(kind="oxygen")
    screens.post(
        "/admin/finance/rate/",
        {"action": "end_tomorrow", "sure": "1", "_selected_action": [rate.pk]},
    )
    rate.refresh_from_db()
    assert rate.effective_until == timezone.now().date() + timedelta(days=1)
