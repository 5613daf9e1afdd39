"""A delay from the page of a trip: what it breaks is shown before anything is saved."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from operations.models import FlightRelease, LegDelay
from operations.services.releases import release_trip
from tests.browser import enter
from tests.desk import mark_of, offered, press, said, text_of
from tests.operations.factories import DEPARTURE
from tests.operations.gate.scene import AT, ready_trip
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
GIVEN = {"minutes": "90", "code": "patient", "remarks": "Scan not done"}


@pytest.fixture
def trip():
    with time_machine.travel(AT, tick=False):
        made = ready_trip()
        release_trip(made, acknowledgements=[], actor=UserFactory(), at=AT)
        yield made


@pytest.fixture
def screen(trip):
    return signed_in("operations.view_trip", "operations.delay_trip")


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def out_at(trip, sequence=1):
    return trip.legs.get(sequence=sequence).estimated_out_at


def test_the_first_press_tries_and_the_second_saves(screen, trip):
    shown = press(screen, trip, "delay", **GIVEN)

    assert shown.status_code == 200
    assert "nothing is saved yet" in text_of(shown)
    assert "Leg 1" in text_of(shown)
    assert not LegDelay.objects.exists()
    assert out_at(trip) == DEPARTURE
    assert FlightRelease.objects.live().filter(trip=trip).exists()

    tried = shown.context["form"]["tried"].value()
    saved = press(screen, trip, "delay", **GIVEN, tried=tried)

    assert said(saved) == [f"{trip}: delayed."]
    delay = LegDelay.objects.get()
    assert (delay.minutes, delay.code, delay.remarks) == (90, "patient", "Scan not done")
    assert out_at(trip) == DEPARTURE + timedelta(minutes=90)


def test_what_a_delay_breaks_is_named_before_it_is_saved(screen, trip):
    shown = press(screen, trip, "delay", minutes="900", code="weather")

    assert "No limit would be newly broken" not in text_of(shown)
    assert shown.context["trial"].problems
    assert not LegDelay.objects.exists()


def test_a_trial_holds_for_its_own_minutes_only(screen, trip):
    tried = press(screen, trip, "delay", **GIVEN).context["form"]["tried"].value()

    other = press(screen, trip, "delay", **{**GIVEN, "minutes": "95"}, tried=tried)

    assert other.status_code == 200
    assert not LegDelay.objects.exists()


def test_the_same_form_twice_is_one_delay(screen, trip):
    seen = mark_of(screen, trip, "delay")
    tried = press(screen, trip, "delay", **GIVEN).context["form"]["tried"].value()

    press(screen, trip, "delay", **GIVEN, tried=tried, seen=seen)
    again = press(screen, trip, "delay", **GIVEN, tried=tried, seen=seen)

    assert said(again)[-1].endswith("sent twice and done once: delayed.")
    assert LegDelay.objects.count() == 1


def test_a_flight_that_was_put_back_meanwhile_is_not_put_back_again(screen, trip):
    seen = mark_of(screen, trip, "delay")
    tried = press(screen, trip, "delay", **GIVEN).context["form"]["tried"].value()
    press(screen, trip, "delay", **GIVEN, tried=tried)

    again = press(
        screen, trip, "delay", **GIVEN, tried=tried, seen=seen, once="a-form-of-its-own-2"
    )

    assert again.status_code == 409
    assert LegDelay.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": "0"}, {"minutes": "10081"}, {"minutes": "x"}, {"code": "none"},
     {"remarks": "x" * 1001}, {"minutes": ""}, {"tried": "x" * 65}],
)  # fmt: skip
def test_what_cannot_be_is_refused(screen, trip, wrong):
    assert press(screen, trip, "delay", **{**GIVEN, **wrong}).status_code == 400
    assert not LegDelay.objects.exists()


@pytest.mark.parametrize("seen", ["", "0", "x-y", "99999999999999999999", "\u0661"])
def test_a_flight_that_is_none_is_refused(screen, trip, seen):
    assert press(screen, trip, "delay", **GIVEN, seen=seen).status_code == 409
    assert not LegDelay.objects.exists()


def test_without_the_grant_nothing_is_offered_or_done(trip):
    reader = signed_in("operations.view_trip")

    assert "delay" not in offered(reader, trip)
    assert press(reader, trip, "delay", **GIVEN).status_code == 403
    assert not LegDelay.objects.exists()
