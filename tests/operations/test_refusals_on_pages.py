"""Pages on which earlier refusals are acknowledged: all of them, by who has them before them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from operations.models import Decline, Quote, QuoteVersion, Trip, TripStatus
from operations.services import trips
from operations.services.requests import record_decline
from tests.desk import press, signed_in, step_address, text_of
from tests.operations.factories import NOW
from tests.operations.trip_world import accepted_quote, field
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=20)
BOOKER = (
    "operations.view_quote",
    "operations.book_quote",
    "operations.view_trip",
    "operations.confirm_trip",
)
SEES = "operations.view_decline"
SEEN = {"has_seen_refusals": "on"}


def refused(quote):
    return record_decline(
        by="other_operator",
        operator_name="Sky Care",
        reason="weather",
        declined_at=NOW,
        patient=quote.requirement.patient,
        point=field("KFAR", 10.0).point,
        actor=UserFactory(),
        at=LATER,
    )


def copies(row, count, **differing):
    """Rows like one, as many again."""
    names = [each.attname for each in row._meta.concrete_fields if not each.primary_key]
    same = {name: getattr(row, name) for name in names} | differing
    return [type(row)(**same) for _ in range(count)]


@pytest.fixture
def held(tail, desk):
    quote = accepted_quote(tail, status="sent")
    trip = trips.hold_aircraft(quote.versions.get(), actor=desk, at=NOW)
    Quote.objects.filter(pk=quote.pk).update(status="accepted", accepted_version=trip.quote_version)
    return trip


def test_a_refusal_stops_the_booking_of_an_offer_that_many_came_after(tail):
    quote = accepted_quote(tail)
    unsent = {"sent_at": None, "sent_by_id": None, "link_digest": "", "subtotal": 0, "total": 0}
    later = copies(quote.versions.get(), 20, **unsent)
    for sequence, row in enumerate(later, start=2):
        row.sequence = sequence
        row.content_hash = f"{sequence:064}"
    QuoteVersion.objects.bulk_create(later)

    with time_machine.travel(LATER, tick=False):
        screen = signed_in(*BOOKER, SEES)
        page = screen.get(step_address(quote, "book"))
        refused(quote)
        given = {"once": "a-form-of-its-own-1", "seen": page.context["form"]["seen"].value()}
        answer = screen.post(step_address(quote, "book"), given | SEEN)

    assert "Version 1" in text_of(page)
    assert answer.status_code == 409
    assert not Trip.objects.exists()


def test_a_flight_that_was_refused_a_hundred_times_and_more_is_booked(tail):
    quote = accepted_quote(tail)
    Decline.objects.bulk_create(copies(refused(quote), 100))

    with time_machine.travel(LATER, tick=False):
        press(signed_in(*BOOKER, SEES), quote, "book", **SEEN)

    assert Trip.objects.get().status == TripStatus.CONFIRMED


def test_a_hold_that_was_refused_a_hundred_times_and_more_is_confirmed(held):
    Decline.objects.bulk_create(copies(refused(held.quote), 100))

    with time_machine.travel(LATER, tick=False):
        screen = signed_in(*BOOKER, SEES)
        page = text_of(screen.get(step_address(held, "confirm")))
        press(screen, held, "confirm", **SEEN)

    assert "95 more" in page
    assert Trip.objects.get().status == TripStatus.CONFIRMED


def test_who_refused_a_flight_is_told_on_a_hold_to_who_may_see_refusals(held):
    refused(held.quote)

    with time_machine.travel(LATER, tick=False):
        knows, counts = (
            text_of(signed_in(*BOOKER, *more).get(step_address(held, "confirm")))
            for more in ((SEES,), ())
        )

    assert "Sky Care: Weather, 20 min ago" in knows
    assert "Refused before" in counts
    assert "Sky Care" not in counts
    assert "Weather" not in counts


def test_the_list_says_that_a_refused_hold_is_confirmed_on_its_page(held):
    page = signed_in(*BOOKER).get(reverse("admin:operations_trip_changelist"))

    assert "Confirm the hold (never refused; else on its page)" in page.content.decode()
