"""The page of a quote: how its offers stand, why, and what next."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import Quote, QuoteStatus, Trip
from operations.services.offers import accept_version
from tests.browser import enter
from tests.desk import (
    MOST_STATEMENTS,
    facts,
    mark_of,
    offered,
    page_address,
    press,
    said,
    standing_of,
    step_address,
    text_of,
)
from tests.operations.plans import Desk
from tests.operations.quote_desk import make_coordinator
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk(now=timezone.now())


@pytest.fixture
def screen():
    client = Client()
    enter(client, make_coordinator())
    return client


def test_a_request_is_to_be_priced_and_is_not_green(screen, desk):
    standing = standing_of(screen, desk.quote)

    assert standing.headline == "Requested: to be priced"
    assert standing.badge.word == "not judged"
    assert offered(screen, desk.quote)["send"] == "the request is to be priced first."


def test_an_offer_that_is_out_shows_total_state_and_end(screen, desk):
    version = desk.send()
    desk.quote.refresh_from_db()

    standing = standing_of(screen, desk.quote)

    assert standing.headline.startswith("Sent: nobody has opened it yet")
    offer = facts(standing, "Offers")["Version 1, open"]
    assert f"{version.total:,.2f}" in offer.value
    assert "valid until" in offer.value
    assert offer.link


def test_an_offer_that_ran_out_is_red(desk):
    version = desk.send()
    with time_machine.travel(version.valid_until + timedelta(hours=1), tick=False):
        screen = Client()
        enter(screen, make_coordinator())

        standing = standing_of(screen, desk.quote)

        assert standing.color == "red"
        assert "ran out" in standing.problems[0].message
        assert offered(screen, desk.quote)["accept"] == "the offer ran out."
        assert said(press(screen, desk.quote, "expire")) == [f"{desk.quote}: closed."]


def test_an_offer_is_sent_by_button_once(screen, desk):
    desk.price()

    first = press(screen, desk.quote, "send", to="ops@example.com")
    again = press(screen, desk.quote, "send", to="ops@example.com")

    assert said(first) == [f"{desk.quote}: sent."]
    assert "done once" in said(again)[-1]
    desk.quote.refresh_from_db()
    assert desk.quote.status == QuoteStatus.SENT
    assert desk.quote.versions.get().sent_to == "ops@example.com"


def test_an_address_that_is_none_sends_nothing(screen, desk):
    desk.price()

    assert press(screen, desk.quote, "send", to="nowhere").status_code == 400
    desk.quote.refresh_from_db()
    assert desk.quote.status == QuoteStatus.PRICED


def test_a_refused_step_shows_the_services_words_and_changes_nothing(desk):
    desk.send()
    booker, screen = UserFactory(), Client()
    grant(booker, "operations.view_quote", "operations.book_quote")
    enter(screen, booker)

    answer = press(screen, desk.quote, "book")

    assert answer.status_code == 409
    assert "no version was accepted" in answer.context["refusal"]
    assert not Trip.objects.exists()


def test_without_the_grant_nothing_is_offered_or_done(desk):
    reader, client = UserFactory(), Client()
    grant(reader, "operations.view_quote")
    enter(client, reader)

    assert offered(client, desk.quote) == {}
    assert press(client, desk.quote, "withdraw", reason="No").status_code == 403
    assert Quote.objects.get(pk=desk.quote.pk).status == QuoteStatus.REQUESTED


@pytest.mark.parametrize("reason", ["", "x" * 2001])
def test_it_is_not_withdrawn_without_a_proper_reason(screen, desk, reason):
    assert press(screen, desk.quote, "withdraw", reason=reason).status_code == 400
    assert Quote.objects.get(pk=desk.quote.pk).status == QuoteStatus.REQUESTED


def test_an_offer_leads_to_its_quote(screen, desk):
    version = desk.send()

    standing = standing_of(screen, version)

    assert standing.headline.startswith(f"Version 1 of {desk.quote}: open")
    assert facts(standing, "The offer")["Steps"].link == page_address(desk.quote)


def test_the_pages_ask_little_of_the_database(desk):
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    for row in (desk.send(), desk.quote):
        root.get(page_address(row))
        with CaptureQueriesContext(connection) as asked:
            root.get(page_address(row))
        assert len(asked) <= MOST_STATEMENTS


def test_who_records_a_yes_sees_the_price_it_is_said_to(screen, desk):
    version = desk.send()

    page = text_of(screen.get(step_address(desk.quote, "accept")))

    assert "Version 1" in page
    assert f"{version.total:,.2f}" in page


def test_a_yes_to_one_price_is_not_recorded_for_another(screen, desk):
    desk.send()
    shown = mark_of(screen, desk.quote, "accept")
    desk.quote.refresh_from_db()
    desk.send()

    answer = press(screen, desk.quote, "accept", name="Dr Roe", seen=shown)

    assert answer.status_code == 409
    assert "changed since the page was made" in answer.context["refusal"]
    assert "Version 2" in text_of(answer)
    quote = Quote.objects.get(pk=desk.quote.pk)
    assert quote.accepted_version is None
    again = press(screen, desk.quote, "accept", name="Dr Roe", seen=answer.context["seen"].mark)
    assert said(again)[-1] == f"{desk.quote}: accepted."
    quote.refresh_from_db()
    assert quote.accepted_version.sequence == 2


def test_only_the_offer_that_was_shown_is_sent(screen, desk):
    desk.price()
    shown = mark_of(screen, desk.quote, "send")
    desk.price()

    assert press(screen, desk.quote, "send", seen=shown).status_code == 409
    assert press(screen, desk.quote, "send", seen="").status_code == 409
    assert not desk.quote.versions.sent().exists()


def test_offers_are_not_even_counted_for_who_may_not_see_them(desk):
    version = desk.send()
    reader, client = UserFactory(), Client()
    grant(reader, "operations.view_quote")
    enter(client, reader)

    standing = standing_of(client, desk.quote)

    assert "Offers" not in {group.title for group in standing.groups}
    assert standing.problems == ()
    assert f"{version.total:,.2f}" not in text_of(client.get(page_address(desk.quote)))


def test_an_accepted_offer_does_not_run_out(desk):
    version = desk.send()
    accept_version(
        version, content_hash=version.content_hash, name="Dr Roe", actor=None, at=timezone.now()
    )
    with time_machine.travel(version.valid_until + timedelta(hours=1), tick=False):
        screen = Client()
        enter(screen, make_coordinator())

        standing = standing_of(screen, desk.quote)

    assert not any("ran out" in problem.message for problem in standing.problems)
