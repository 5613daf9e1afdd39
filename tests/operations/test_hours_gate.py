"""The pilot's hours at booking and at crew assignment: the same rule with the same numbers."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from common import views as compliance_views
from common.models import AuditEvent, OutboxEvent, ResourceBooking, RuleOverride
from operations.models import CrewLine, Quote, QuoteVersion, Trip
from operations.views import crew as crew_views
from operations.views import offers as offer_views
from operations.views import quotes as quote_views
from operations.views import trips as trip_views
from tests.operations.hours_world import RULE, World
from tests.operations.plans import HOUR
from tests.operations.quote_desk import offer
from tests.users.factories import DeclaredFlightFactory

pytestmark = pytest.mark.django_db
REASON = "Hours agreed with the authority, letter 12"
TRIPS, CREW = "/api/operations/trips/", "/api/operations/crew/"


@pytest.fixture
def world(client_for, api, now, monkeypatch):
    """Accepted with a captain who has 490 hours in the quarter, 496.2 with this trip."""
    stopped = SimpleNamespace(now=lambda: now)
    for views in (quote_views, compliance_views, offer_views, trip_views, crew_views):
        monkeypatch.setattr(views, "timezone", stopped)
    world = World(client_for, now, flown=490.0)
    assert world.price().status_code == 201
    sent = world.send()
    assert sent.status_code == 200, sent.json()
    version = QuoteVersion.objects.get()
    body = {"content_hash": version.content_hash, "name": "R. Castell"}
    accepted = api.post(offer(version, "accept/"), body, format="json")
    assert accepted.status_code == 200, accepted.json()
    return world


def book(world):
    return world.coordinator.post(f"{TRIPS}book/", {"quote": world.desk.quote.number})


def place_the_captain(world, who=None, **more):
    body = {"trip": Trip.objects.get().number, "person": world.captain.email, "role": "pic"}
    return (who or world.coordinator).post(CREW, {**body, **more})


def overridden():
    return RuleOverride.objects.order_by("pk")


def fly_five_hours(world):
    """Elsewhere, declared today: 495.0 hours."""
    off = world.now - timedelta(days=4)
    DeclaredFlightFactory(user=world.captain, off_at=off, on_at=off + 5 * HOUR, flight_min=300)


def override(world, who, subject_type, subject):
    body = {
        "subject_type": f"operations.{subject_type}",
        "subject_id": subject.pk,
        "rule": RULE,
        "reason": REASON,
    }
    return who.post("/api/compliance/overrides/", body)


def everything():
    kinds = (Trip, CrewLine, ResourceBooking, OutboxEvent, AuditEvent, RuleOverride)
    return Quote.objects.get().status, [kind.objects.count() for kind in kinds]


def assert_over_the_quarter(answer, doing):
    assert (answer.status_code, answer.json()["code"]) == (409, "not_legal")
    details = answer.json()["details"]
    (found,) = details["findings"]
    assert details["doing"] == doing
    assert (found["rule"], found["citation"]) == (RULE, "14 CFR 135.267(a)(1)")
    assert (found["limit"], found["value"]) == (500, 501.2)


def test_within_the_limit_it_is_booked_and_crewed(world):
    assert book(world).status_code == 201
    assert place_the_captain(world).status_code == 201


def test_hours_flown_since_the_offer_refuse_the_booking(world):
    fly_five_hours(world)
    before = everything()

    answer = book(world)

    assert_over_the_quarter(answer, "booked")
    assert everything() == before


def test_hours_flown_since_the_booking_refuse_the_place(world):
    assert book(world).status_code == 201
    fly_five_hours(world)
    before = everything()

    answer = place_the_captain(world)

    assert_over_the_quarter(answer, "crewed so")
    assert everything() == before


def test_the_chief_pilot_lets_it_pass_with_a_reason_and_the_dispatcher_does_not(world):
    fly_five_hours(world)
    dispatcher, chief = world.signed_in("dispatcher"), world.signed_in("chief_pilot")
    version = QuoteVersion.objects.get()

    assert override(world, dispatcher, "quoteversion", version).status_code == 403
    assert_over_the_quarter(book(world), "booked")
    assert override(world, chief, "quoteversion", version).status_code == 201
    assert book(world).status_code == 201

    assert_over_the_quarter(place_the_captain(world), "crewed so")
    granted = {"overrides": [{"rule": RULE, "reason": REASON}]}
    before = everything()
    assert place_the_captain(world, dispatcher, **granted).status_code == 403
    assert everything() == before
    assert place_the_captain(world, chief, **granted).status_code == 201
    assert [(kept.subject_type, kept.rule, kept.reason) for kept in overridden()] == [
        ("operations.quoteversion", RULE, REASON),
        ("operations.trip", RULE, REASON),
    ]
    assert AuditEvent.objects.filter(action="compliance.overridden").count() == 2


def test_a_place_takes_no_override_that_it_does_not_need(world):
    assert book(world).status_code == 201
    chief = world.signed_in("chief_pilot")
    before = everything()

    for rule, code in ((RULE, "rule_is_not_red"), ("OPSPEC-A024", "rule_is_absolute")):
        answer = place_the_captain(world, chief, overrides=[{"rule": rule, "reason": REASON}])
        assert (answer.status_code, answer.json()["code"]) == (409, code)

    assert everything() == before
