"""A client's no to an offer, and its link: at the page and in the API, once, by who may."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from rest_framework.test import APIClient

from client_management import links
from client_management.models import JobOrder, ServiceQuote
from client_management.services import offers
from tests.client_management import scene
from tests.client_management.portal.people import key
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
NO = {"reason": "Above our budget"}


@pytest.fixture(autouse=True)
def that_day(monkeypatch, now):
    seed_roles()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def quote(client_org, actor, now):
    return scene.sent(scene.request(client_org, actor, now), actor, now)


@pytest.fixture
def access(client_org, actor, now):
    return key(client_org, actor, now)


class Api:
    """The endpoint, answered with its status and its problem code."""

    def decline(self, access, quote, body, organization=None):
        door = organization or access.organization
        portal = f"/api/client-management/portal/organizations/{door.number}/"
        where = f"{portal}quotes/{quote.number}/decline/"
        client = APIClient()
        # Tokens are made and read by the real clock, which is not that of these stories.
        client.force_authenticate(access.user)
        return client.post(where, body, format="json").status_code


class Page:
    """The form at the page; a refusal is shown on it."""

    def decline(self, access, quote, body, organization=None):
        door = organization or access.organization
        browser = Browser()
        browser.force_login(access.user, backend="users.backends.RoleBackend")
        where = reverse("portal:quote", args=[door.number, quote.number])
        answer = browser.post(where, {"step": "decline", **body})
        return 200 if answer.status_code == 303 else answer.status_code


@pytest.fixture(params=[Api, Page], ids=["api", "page"])
def door(request):
    return request.param()


def answered(quote):
    found = ServiceQuote.objects.select_related("request").get(pk=quote.pk)
    return found.status, found.request.status, found.answer_note


UNANSWERED = ("sent", "quoted", "")


def test_a_no_is_kept_with_who_said_it_and_why_and_ends_the_request(door, quote, access, now):
    assert door.decline(access, quote, NO) == 200

    row = ServiceQuote.objects.get(pk=quote.pk)
    assert answered(quote) == ("declined", "declined", "Above our budget")
    assert (row.answered_by, row.answered_through, row.answered_at) == (access.user, access, now)
    assert row.answered_from == "127.0.0.1"
    assert not JobOrder.objects.exists()


def test_a_second_no_is_refused_and_the_first_stands(door, quote, access):
    door.decline(access, quote, NO)

    assert door.decline(access, quote, {"reason": "Changed my mind"}) == 409
    assert answered(quote) == ("declined", "declined", "Above our budget")


def test_an_offer_that_was_accepted_is_not_declined(door, quote, access, now):
    offers.accept_quote(
        quote, content_hash=quote.content_hash, access=access, actor=access.user, at=now
    )

    assert door.decline(access, quote, NO) == 409
    assert answered(quote)[:2] == ("accepted", "approved")
    assert JobOrder.objects.count() == 1


def test_an_offer_that_ran_out_is_not_declined(door, quote, access, monkeypatch):
    late = quote.valid_until + timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)

    assert door.decline(access, quote, NO) == 409
    assert answered(quote)[1:] == ("quoted", "")


def test_a_no_needs_a_reason_that_can_be_kept(door, quote, access):
    assert door.decline(access, quote, {"reason": "x" * 2_001}) == 400
    assert door.decline(access, quote, {"reason": "nul \x00"}) == 400
    assert answered(quote)[1:] == ("quoted", "")


def test_who_may_not_approve_says_no_neither(door, quote, client_org, actor, now):
    viewer = key(client_org, actor, now, level="viewer")

    assert door.decline(viewer, quote, NO) == 403
    assert answered(quote)[1:] == ("quoted", "")


def test_another_clients_offer_is_not_there(door, quote, actor, now):
    stranger = key(scene.client(actor, now), actor, now)

    assert door.decline(stranger, quote, NO) == 404
    assert door.decline(stranger, quote, NO, organization=quote.request.organization) == 404
    assert answered(quote) == UNANSWERED


def test_whoever_has_the_link_still_needs_a_key_to_read_the_offer(quote, access, actor, now):
    where = links.quote_address(quote.link_salt).partition("/portal/")[2]
    stranger = key(scene.client(actor, now), actor, now)
    nobody, other, reader = Browser(), Browser(), Browser()
    other.force_login(stranger.user, backend="users.backends.RoleBackend")
    reader.force_login(access.user, backend="users.backends.RoleBackend")

    seen = [each.get(f"/portal/{where}", follow=True) for each in (nobody, other, reader)]

    page = reverse("portal:quote", args=[access.organization.number, quote.number])
    assert seen[0].redirect_chain[0][0] == page
    assert "sign-in" in seen[0].redirect_chain[-1][0]
    assert seen[1].status_code == 404
    assert (seen[2].status_code, quote.number in seen[2].content.decode()) == (200, True)
    assert quote.request.title not in seen[1].content.decode()
    assert nobody.post(page, {"step": "decline", **NO}).status_code in (302, 303, 403)
    assert answered(quote)[1:] == ("quoted", "")


@pytest.mark.parametrize("change", ["unknown", "truncated", "of an invitation"])
def test_a_link_that_nobody_gave_out_leads_nowhere(quote, change):
    token = links.quote_token(quote.link_salt)
    wrong = {
        "unknown": "0" * len(token),
        "truncated": token[:-1],
        "of an invitation": links.invitation_token(quote.link_salt),
    }[change]

    assert Browser().get(f"/portal/quotes/{wrong}/").status_code == 404


def test_the_link_of_an_answered_offer_shows_the_answer_without_a_form(quote, access, now):
    offers.decline_quote(quote, reason="Too late", access=access, actor=access.user, at=now)
    browser = Browser()
    browser.force_login(access.user, backend="users.backends.RoleBackend")

    where = f"/portal/quotes/{links.quote_token(quote.link_salt)}/"
    seen = browser.get(where, follow=True)

    assert seen.status_code == 200
    assert 'name="step"' not in seen.content.decode()
