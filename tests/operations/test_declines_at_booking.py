"""Refusals that nobody at the desk has seen yet stand before the booking."""

from datetime import timedelta

import pytest
import time_machine
from msgspec.structs import replace

from common.models import AuditEvent
from operations.exceptions import DeclinesNotAcknowledged
from operations.models import MedicalRequirement, Quote, QuoteStatus, Trip, TripStatus
from operations.services import trips
from operations.services.offers import accept_version
from operations.services.requests import record_decline
from tests.contacts.factories import ContactFactory
from tests.desk import facts, press, signed_in, standing_of, step_address, text_of
from tests.operations.factories import NOW, RequirementFactory
from tests.operations.plans import Desk
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    field,
    hand_trip,
    leg,
    three_legs,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
BOOKER = (
    "operations.view_quote",
    "operations.view_decline",
    "operations.book_quote",
    "operations.view_trip",
    "operations.confirm_trip",
)
LATER = NOW + timedelta(minutes=20)


def refused(at=NOW, **where):
    return record_decline(
        by="other_operator",
        operator_name="Sky Care",
        reason="weather",
        declined_at=at,
        actor=UserFactory(),
        at=LATER,
        **where,
    )


def deed(action):
    return AuditEvent.objects.get(action=action).details


@pytest.mark.parametrize("is_held", [False, True])
def test_what_the_customer_accepted_by_link_is_booked_by_who_has_seen_the_refusals(is_held):
    desk = Desk(now=NOW)
    version = desk.send()
    if is_held:
        trips.hold_aircraft(version, actor=desk.actor, at=NOW)
    late = refused(patient=desk.quote.requirement.patient, point=field("KFAR", 10.0).point)
    accept_version(version, content_hash=version.content_hash, name="J", actor=None, at=LATER)

    with pytest.raises(DeclinesNotAcknowledged) as refusal:
        trips.create_from_quote(desk.quote, actor=desk.actor, at=LATER)

    assert refusal.value.details["declines"] == [late.pk]
    assert Quote.objects.get(pk=desk.quote.pk).status == QuoteStatus.ACCEPTED
    trip = trips.create_from_quote(
        desk.quote, acknowledged_declines=[late.pk], actor=desk.actor, at=LATER
    )
    assert trip.status == TripStatus.CONFIRMED
    assert deed("trip.confirmed" if is_held else "trip.booked")["declines"] == [late.pk]


def test_a_hold_is_confirmed_by_who_has_seen_the_refusals(tail, desk):
    quote = accepted_quote(tail, status="sent")
    held = trips.hold_aircraft(quote.versions.get(), actor=desk, at=NOW)
    Quote.objects.filter(pk=quote.pk).update(status="accepted", accepted_version=held.quote_version)
    late = refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)

    with pytest.raises(DeclinesNotAcknowledged):
        trips.confirm_trip(held, actor=desk, at=LATER)

    assert Trip.objects.get(pk=held.pk).status == TripStatus.TENTATIVE
    booked = trips.confirm_trip(held, acknowledged_declines=[late.pk], actor=desk, at=LATER)
    assert booked.status == TripStatus.CONFIRMED


def test_what_was_acknowledged_with_the_customers_yes_is_not_asked_for_again():
    desk = Desk(now=NOW)
    version = desk.send()
    late = refused(patient=desk.quote.requirement.patient, point=field("KFAR", 10.0).point)
    accept_version(
        version,
        content_hash=version.content_hash,
        name="J",
        acknowledged_declines=[late.pk],
        actor=desk.actor,
        at=LATER,
    )

    trip = trips.create_from_quote(desk.quote, actor=desk.actor, at=LATER)

    assert trip.status == TripStatus.CONFIRMED
    assert "declines" not in deed("trip.booked")


@pytest.mark.parametrize("of", ["place", "hospital", "patient"])
def test_a_trip_by_hand_is_made_by_who_has_seen_the_refusals(tail, desk, of):
    legs, ground = three_legs()
    requirement = MedicalRequirement.objects.get(pk=RequirementFactory().pk)
    far = field("KFAR", 10.0).point
    late = {
        "place": lambda: refused(point=field("KPCK").point),
        "hospital": lambda: refused(point=far),
        "patient": lambda: refused(point=far, patient=requirement.patient),
    }[of]()
    if of == "hospital":
        ward = late.point
        ground = [replace(ground[0], contact_id=ContactFactory(point=ward).pk), ground[1]]
    given = {
        "aircraft": tail,
        "customer": ContactFactory(),
        "title": "Transfer",
        "kind": "air_ambulance",
        "legs": legs,
        "ground": ground,
        "requirement": requirement,
        "actor": desk,
        "at": NOW,
    }

    with pytest.raises(DeclinesNotAcknowledged) as refusal:
        trips.create_trip(**given)

    assert refusal.value.details["declines"] == [late.pk]
    assert not Trip.objects.exists()
    trips.create_trip(**given, acknowledged_declines=[late.pk])
    assert deed("trip.created")["declines"] == [late.pk]


def test_a_ferry_flight_asks_about_no_refusals(tail, desk):
    hop = leg(1, field("KBSE"), field("KPCK", 42.48, -114.48), START, kind="positioning")
    refused(point=field("KBSE").point)

    assert hand_trip(tail, legs=[hop], actor=desk).status == TripStatus.CONFIRMED


def test_refusals_are_named_over_http(tail, client_for):
    quote = accepted_quote(tail)
    late = refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)
    client = client_for(UserFactory(is_superuser=True))

    def book(**named):
        body = {"quote": quote.number, **named}
        return client.post("/api/operations/trips/book/", body, format="json")

    with time_machine.travel(LATER, tick=False):
        stopped = book()
        done = book(acknowledged_declines=stopped.json()["details"]["declines"])

    assert (stopped.status_code, stopped.json()["code"]) == (409, "declines_not_acknowledged")
    assert stopped.json()["details"]["declines"] == [late.pk]
    assert done.status_code == 201, done.json()


def test_a_hold_is_confirmed_over_http_and_on_its_page(tail, desk, client_for):
    quote = accepted_quote(tail, status="sent")
    held = trips.hold_aircraft(quote.versions.get(), actor=desk, at=NOW)
    Quote.objects.filter(pk=quote.pk).update(status="accepted", accepted_version=held.quote_version)
    late = refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)
    client = client_for(UserFactory(is_superuser=True))
    address = f"/api/operations/trips/{held.number}/confirm/"

    with time_machine.travel(LATER, tick=False):
        screen = signed_in(*BOOKER)
        stopped = client.post(address, {}, format="json")
        page = text_of(screen.get(step_address(held, "confirm")))
        unseen = press(screen, held, "confirm")
        press(screen, held, "confirm", has_seen_refusals="on")

    assert stopped.json()["details"]["declines"] == [late.pk]
    assert "Sky Care: Weather" in page
    assert unseen.status_code == 400
    assert Trip.objects.get(pk=held.pk).status == TripStatus.CONFIRMED
    assert deed("trip.confirmed")["declines"] == [late.pk]


def test_booking_on_the_page_of_the_quote_asks_whether_the_refusals_were_seen(tail):
    quote = accepted_quote(tail)
    late = refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)

    with time_machine.travel(LATER, tick=False):
        screen = signed_in(*BOOKER)
        assert "Weather" in facts(standing_of(screen, quote), "Refused before")
        page = text_of(screen.get(step_address(quote, "book")))
        unseen = press(screen, quote, "book")
        press(screen, quote, "book", has_seen_refusals="on")

    assert "Refused before" in page
    assert unseen.status_code == 409
    assert Trip.objects.get().status == TripStatus.CONFIRMED
    assert deed("trip.booked")["declines"] == [late.pk]


def test_a_refusal_that_comes_up_while_the_page_is_open_stops_the_booking(tail):
    quote = accepted_quote(tail)

    with time_machine.travel(LATER, tick=False):
        screen = signed_in(*BOOKER)
        form = screen.get(step_address(quote, "book")).context["form"]
        refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)
        given = {"once": "a-form-of-its-own-1", "seen": form["seen"].value()}
        answer = screen.post(step_address(quote, "book"), given | {"has_seen_refusals": "on"})

    assert answer.status_code == 409
    assert not Trip.objects.exists()


def test_six_hours_later_a_refusal_is_no_longer_asked_about(tail, desk):
    quote = accepted_quote(tail)
    refused(patient=quote.requirement.patient, point=field("KFAR", 10.0).point)

    trip = trips.create_from_quote(quote, actor=desk, at=NOW + 6 * HOUR + timedelta(seconds=1))

    assert trip.status == TripStatus.CONFIRMED
