"""A flight in the air sent elsewhere, from the page of its trip and from its own."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from operations.models import LegStatus
from tests.desk import mark_of, offered, page_address, press, said, signed_in, step_address, text_of
from tests.operations.trip_world import HOUR, START, airborne, field, fly, leg_of, move

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
GRANTS = ("operations.view_trip", "operations.view_tripleg", "operations.divert_trip")
AT = START + 3.5 * HOUR
GIVEN = {"airport": "kogd", "remaining": "replan", "in_min": "60", "reason": "Fog"}


@pytest.fixture
def trip(crew_trip):
    """In the air with the patient on board, an hour from landing."""
    fly(leg_of(crew_trip, 1))
    airborne(crew_trip, 2)
    field("KOGD", 41.2, -112.0, kind="medium_airport")
    with time_machine.travel(AT, tick=False):
        yield crew_trip


@pytest.fixture
def screen(trip):
    return signed_in(*GRANTS)


def untouched(trip):
    return [leg_of(trip, number).status for number in (2, 3)] == [
        LegStatus.OFF,
        LegStatus.RELEASED,
    ]


@pytest.mark.parametrize("of_leg", [False, True], ids=["trip", "leg"])
def test_the_flight_goes_elsewhere_and_the_message_says_where(screen, trip, of_leg):
    answer = press(screen, leg_of(trip, 2) if of_leg else trip, "divert", **GIVEN)

    second, third = leg_of(trip, 2), leg_of(trip, 3)
    assert (second.status, second.diverted_to.ident) == (LegStatus.DIVERTED, "KOGD")
    assert second.estimated_in_at == AT + timedelta(minutes=60)
    assert third.origin.ident == "KOGD"
    assert f"leg 2 diverted to {second.diverted_to}" in said(answer)[0]


def test_the_page_names_the_flight_and_aerodromes_near(screen, trip):
    page = screen.get(step_address(trip, "divert"))

    assert "leg 2, KPCK to KDRP" in text_of(page)
    assert "This cannot be taken back" in text_of(page)
    assert '<option value="KOGD">' in page.content.decode()


def test_the_same_form_twice_is_one_diversion(screen, trip):
    seen = mark_of(screen, trip, "divert")

    press(screen, trip, "divert", **GIVEN, seen=seen)
    again = press(screen, trip, "divert", **GIVEN, seen=seen)

    assert "sent twice and done once" in said(again)[-1]


@pytest.mark.parametrize("of_leg", [False, True], ids=["trip", "leg"])
def test_a_flight_that_landed_meanwhile_is_not_diverted(screen, trip, of_leg):
    row = leg_of(trip, 2) if of_leg else trip
    seen = mark_of(screen, row, "divert")
    move(leg_of(trip, 2), "on", AT, at=AT)

    answer = press(screen, row, "divert", **GIVEN, seen=seen)

    assert answer.status_code == 409
    assert leg_of(trip, 2).diverted_to is None
    assert leg_of(trip, 3).status == LegStatus.RELEASED


def test_its_own_destination_is_no_diversion(screen, trip):
    answer = press(screen, trip, "divert", **{**GIVEN, "airport": "KDRP"})

    assert answer.status_code == 400
    assert "That is where the flight was going" in answer.context["refusal"]
    assert untouched(trip)


@pytest.mark.parametrize(
    "wrong",
    [{"airport": "XXXX"}, {"airport": ""}, {"airport": "x" * 255}, {"airport": "\x00"},
     {"remaining": "maybe"}, {"remaining": ""}, {"in_min": "0"}, {"in_min": "1201"},
     {"in_min": "x"}, {"reason": ""}, {"reason": "x" * 2001}],
)  # fmt: skip
def test_what_cannot_be_is_refused(screen, trip, wrong):
    assert press(screen, trip, "divert", **{**GIVEN, **wrong}).status_code == 400
    assert untouched(trip)


@pytest.mark.parametrize("seen", ["", "0", "x-y", "99999999999999999999-off-1", "\u0661"])
def test_a_flight_that_is_none_is_refused(screen, trip, seen):
    assert press(screen, trip, "divert", **GIVEN, seen=seen).status_code == 409
    assert untouched(trip)


def test_without_the_grant_nothing_is_offered_or_done(trip):
    reader = signed_in("operations.view_trip", "operations.view_tripleg")

    for row in (trip, leg_of(trip, 2)):
        assert "divert" not in offered(reader, row)
        assert press(reader, row, "divert", **GIVEN).status_code == 403
    assert untouched(trip)


def test_who_may_not_open_flights_takes_no_step_on_them(trip):
    other = signed_in("operations.divert_trip")

    for row in (trip, leg_of(trip, 2)):
        assert other.post(step_address(row, "divert"), GIVEN).status_code == 403
    assert Client().post(step_address(trip, "divert"), GIVEN).status_code == 302
    assert untouched(trip)


def test_a_flight_on_the_ground_is_not_diverted(screen, trip):
    assert "divert" not in offered(screen, leg_of(trip, 3))
    assert screen.get(page_address(leg_of(trip, 3))).status_code == 200
