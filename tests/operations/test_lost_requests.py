"""Requests that nobody said no to are lost all the same, and counted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.queries.response_times import response_times
from operations.services.offers import expire_quote
from operations.services.requests import decline_quote, withdraw_quote
from tests.operations.plans import Desk
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def lost(now):
    """One of each: withdrawn unpriced, withdrawn when offered, run out twice, declined, open."""
    for is_sent in (False, True):
        desk = Desk(now=now)
        if is_sent:
            desk.send()
        withdraw_quote(desk.quote, reason="Went by road", actor=desk.actor, at=now)
    for _ in range(3):
        desk = Desk(now=now)
        later = desk.send(desk.price(valid_for=timedelta(hours=1))).valid_until
        expire_quote(desk.quote, at=later)
    # The third one is offered anew: it is not lost yet.
    desk.quote.refresh_from_db()
    desk.price(at=later, valid_for=timedelta(hours=2))
    decline_quote(Desk(now=now).quote, by="us", reason="weather", actor=None, at=now)
    Desk(now=now)


def test_what_ran_out_or_was_withdrawn_is_counted(now, django_assert_num_queries):
    lost(now)

    with django_assert_num_queries(2):
        (month,) = response_times(start=now - timedelta(days=1), end=now + timedelta(days=1))

    assert (month.requests, month.accepted) == (7, 0)
    assert (month.expired, month.withdrawn, month.declined) == (2, 2, 1)


def test_the_report_says_so(client_for):
    now = timezone.now()
    desk = Desk(now=now)
    withdraw_quote(desk.quote, reason="Went by road", actor=desk.actor, at=now)
    client = client_for(UserFactory(is_superuser=True))
    period = f"start={now.date() - timedelta(2)}&end={now.date() + timedelta(2)}"

    answer = client.get(f"/api/operations/response-times/?{period}")

    assert [(row["withdrawn"], row["expired"]) for row in answer.json() if row["requests"]] == [
        (1, 0)
    ]
