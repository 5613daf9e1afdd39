"""Offers to be flown by a helicopter crew assigned to a hospital (14 CFR 135.271)."""

import pytest

from common.compliance.findings import Stage
from operations.facts.collector import collect_offers
from operations.services import trips
from operations.services.assessment import assess_offer
from tests.operations import legal_world
from tests.operations.quote_desk import QUOTES, make_coordinator
from tests.operations.trip_world import accepted_quote
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
RULE = "FAR-135.271-HEMES"


def offered(*, category, is_hospital_based):
    """An offer with one pilot proposed, of whom nothing is on file."""
    aircraft = legal_world.aircraft()
    kind = aircraft.aircraft_type
    kind.category = category
    kind.save()
    quote = accepted_quote(
        aircraft,
        status="sent",
        crew=[{"person": UserFactory().pk, "role": "pic"}],
        is_hospital_based=is_hospital_based,
    )
    return quote.versions.get()


@pytest.mark.parametrize("is_hospital_based", [True, False])
def test_an_offer_is_judged_by_the_limits_of_its_crew(is_hospital_based, now):
    version = offered(category="H", is_hospital_based=is_hospital_based)

    facts = collect_offers([version.pk], now, Stage.PLANNING)[version.pk].facts
    found = assess_offer(version, stage=Stage.PLANNING, at=now).assessment.findings

    assert {member.is_hospital_based for member in facts.crew} == {is_hospital_based}
    assert (RULE in {finding.rule for finding in found}) is is_hospital_based


@pytest.mark.parametrize(("category", "is_carried"), [("H", True), ("L", False)])
def test_the_trip_that_an_offer_becomes_is_the_hospitals_too_by_helicopter(
    category, is_carried, desk, now, monkeypatch
):
    # Whether such a crew may is another question.
    monkeypatch.setattr(trips, "ask", lambda *given, **more: None)
    version = offered(category=category, is_hospital_based=True)

    trip = trips.hold_aircraft(version, actor=desk, at=now)

    assert trip.is_hospital_based is is_carried


def test_the_request_says_so(client_for):
    client = client_for(make_coordinator())
    quote = accepted_quote(status="requested")
    address = f"{QUOTES}{quote.number}/"
    read = client.get(address)

    changed = client.patch(
        address, {"is_hospital_based": True}, format="json", HTTP_IF_MATCH=read["ETag"]
    )

    assert (read.json()["is_hospital_based"], changed.status_code) == (False, 200)
    assert changed.json()["is_hospital_based"] is True
