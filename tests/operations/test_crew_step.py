"""Flights offered to crew from the page of a trip and of a flight."""

import pytest
import time_machine
from django.test import Client

from common.models import ResourceBooking, RuleOverride
from operations.models import CrewLine, FlightRelease
from operations.services import crew
from operations.services.releases import release_trip
from tests.contacts.factories import ContactFactory
from tests.desk import mark_of, offered, press, said, signed_in, step_address, text_of
from tests.operations import legal_world
from tests.operations.gate.scene import AT, ready_trip
from tests.operations.hours_world import pilot_with
from tests.users.factories import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
GRANTS = ("operations.view_trip", "operations.view_tripleg", "operations.add_crewline")
QUARTER = "FAR-135.267-QTR"


@pytest.fixture
def trip():
    with time_machine.travel(AT, tick=False):
        made = ready_trip()
        release_trip(made, acknowledgements=[], actor=UserFactory(), at=AT)
        yield made


@pytest.fixture
def screen(trip):
    return signed_in(*GRANTS)


@pytest.fixture
def medic(trip):
    return legal_world.crew_member(AT, first_name="Kim", last_name="Roe")


def asked(person, **more):
    return {"person": person.email, "role": "paramedic", "legs": ["1", "2"], **more}


def lines(person):
    return CrewLine.objects.filter(person=person).order_by("leg__sequence")


def nothing_done(person):
    held = ResourceBooking.objects.filter(resource_kind="person", resource_id=person.pk)
    return not (lines(person).exists() or held.exists() or RuleOverride.objects.exists())


def vacate(trip, role):
    for line in CrewLine.objects.filter(leg__trip=trip, role=role):
        crew.release_place(line, reason="Sick", actor=UserFactory(), at=AT)


def test_somebody_is_offered_the_flights_and_told_so(screen, trip, medic):
    answer = press(screen, trip, "offer-places", **asked(medic, positioning_min="30"))

    assert said(answer) == [f"{trip}: Kim Roe offered paramedic on leg 1, 2."]
    assert [(line.leg.sequence, line.status) for line in lines(medic)] == [
        (1, "offered"),
        (2, "offered"),
    ]
    assert not FlightRelease.objects.live().filter(trip=trip).exists()


def test_a_flight_of_its_own_is_offered_alone(screen, trip, medic):
    leg = trip.legs.get(sequence=2)
    page = screen.get(step_address(leg, "offer-places"))

    assert page.context["form"]["legs"].initial == ["2"]
    press(screen, leg, "offer-places", **asked(medic, legs=["2"]))

    assert [line.leg.sequence for line in lines(medic)] == [2]


def test_the_page_says_who_has_which_place(screen, trip):
    page = text_of(screen.get(step_address(trip, "offer-places")))

    pilot = CrewLine.objects.get(leg__trip=trip, leg__sequence=1, role="pic").person
    assert f"Pilot in command {pilot.full_name} (accepted)" in page


def test_the_same_form_twice_is_one_offer(screen, trip, medic):
    seen = mark_of(screen, trip, "offer-places")

    press(screen, trip, "offer-places", **asked(medic), seen=seen)
    again = press(screen, trip, "offer-places", **asked(medic), seen=seen)

    assert "sent twice and done once" in said(again)[-1]
    assert lines(medic).count() == 2


def test_a_crew_that_changed_meanwhile_is_looked_at_first(screen, trip, medic):
    seen = mark_of(screen, trip, "offer-places")
    vacate(trip, "sic")

    answer = press(screen, trip, "offer-places", **asked(medic), seen=seen)

    assert answer.status_code == 409
    assert "changed since the page was made" in answer.context["refusal"]
    assert nothing_done(medic)


def test_a_place_that_is_taken_is_refused_in_words(screen, trip, medic):
    answer = press(screen, trip, "offer-places", **asked(medic, role="pic"))

    assert answer.status_code == 409
    assert "taken" in answer.context["refusal"]
    assert nothing_done(medic)


def test_what_the_place_would_break_is_named_with_its_source(screen, trip):
    tired = pilot_with(499.5, AT)
    vacate(trip, "sic")

    answer = press(screen, trip, "offer-places", **asked(tired, role="sic"))

    assert answer.status_code == 409
    page = text_of(answer)
    assert "Refused, nothing was changed" in page
    assert "14 CFR 135.267(a)(1)" in page
    assert not any(name.startswith("pardon_") for name in answer.context["form"].fields)
    assert nothing_done(tired)


def test_who_may_override_is_asked_for_a_reason_and_lets_it_pass(trip):
    tired = pilot_with(499.5, AT)
    vacate(trip, "sic")
    chief = signed_in(*GRANTS, "common.override_verdict")
    given = asked(tired, role="sic")

    refused = press(chief, trip, "offer-places", **given)
    assert f"pardon_{QUARTER}" in refused.context["form"].fields
    blank = press(chief, trip, "offer-places", **given, **{f"pardon_{QUARTER}": ""})
    assert blank.status_code == 409
    assert nothing_done(tired)
    answer = press(
        chief, trip, "offer-places", **given, **{f"pardon_{QUARTER}": "Letter 12 of the authority"}
    )

    assert said(answer)[-1].endswith("offered second in command on leg 1, 2.")
    granted = RuleOverride.objects.get()
    assert (granted.rule, granted.reason) == (QUARTER, "Letter 12 of the authority")


def test_a_reason_of_who_may_not_override_overrides_nothing(screen, trip):
    tired = pilot_with(499.5, AT)
    vacate(trip, "sic")
    forged = {f"pardon_{QUARTER}": "Because", "pardon_NO-SUCH-RULE": "Because"}

    answer = press(screen, trip, "offer-places", **asked(tired, role="sic"), **forged)

    assert answer.status_code == 409
    assert nothing_done(tired)


@pytest.mark.parametrize(
    "wrong",
    [{"person": "nobody@example.com"}, {"person": ""}, {"person": "x" * 255}, {"person": "\x00"},
     {"role": "king"}, {"legs": []}, {"legs": ["9"]}, {"legs": ["x"]},
     {"positioning_min": "1441"}, {"positioning_min": "-1"}, {"remarks": "x" * 1001}],
)  # fmt: skip
def test_what_cannot_be_is_refused(screen, trip, medic, wrong):
    answer = press(screen, trip, "offer-places", **{**asked(medic), **wrong})

    assert answer.status_code == 400
    assert nothing_done(medic)


def test_a_client_cannot_be_named(screen, trip):
    outsider = UserFactory(email="client@example.com")
    ContactFactory()

    answer = press(screen, trip, "offer-places", **asked(outsider))

    assert answer.status_code == 400
    assert not lines(outsider).exists()


def test_without_the_grant_nothing_is_offered_or_done(trip, medic):
    reader = signed_in("operations.view_trip", "operations.view_tripleg")

    for row in (trip, trip.legs.first()):
        assert "offer-places" not in offered(reader, row)
        assert press(reader, row, "offer-places", **asked(medic)).status_code == 403
    assert nothing_done(medic)


def test_nobody_who_is_not_signed_in_or_employed_gets_there(trip, medic):
    for row in (trip, trip.legs.first()):
        address = step_address(row, "offer-places")
        for send in (Client().get, Client().post):
            assert send(address).status_code == 302
    assert nothing_done(medic)


def test_a_flight_that_has_left_is_not_offered(screen, trip):
    trip.legs.update(status="in")

    assert "offer-places" not in offered(screen, trip)
