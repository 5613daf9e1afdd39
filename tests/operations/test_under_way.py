"""A trip under way that is planned anew: its release falls, and the flights left get another."""

import pytest

from common.exceptions import TransitionNotAllowed
from operations.exceptions import CrewNotAnswered
from operations.models import FlightRelease, LegStatus, TripStatus
from operations.services import crew, delays, evidence, movements, releases, trip_ends, trips
from tests.operations import legal_world
from tests.operations.factories import NOW
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    airborne,
    crewed,
    employed,
    field,
    fly,
    hand_trip,
    leg,
    leg_of,
    minutes,
    move,
    piloted,
    released,
)

pytestmark = pytest.mark.django_db


def release_again(trip, at, actor):
    legal_world.weather(at, *legal_world.airports_of([trip]))
    return releases.release_trip(trip, acknowledgements=[], actor=actor, at=at)


def ferry(**more):
    hop = leg(1, field("KBSE"), field("KPCK", 42.48, -114.48), START, kind="positioning")
    back = leg(2, field("KPCK"), field("KBSE"), START + 2 * HOUR, kind="positioning", **more)
    return hand_trip(legs=[hop, back])


def test_a_delay_under_way_asks_for_another_release_and_gets_it(desk):
    trip = piloted()
    fly(leg_of(trip, 1))
    late = START + 2 * HOUR

    delays.delay_leg(leg_of(trip, 2), minutes=30, code="patient", actor=desk, at=late)

    trip.refresh_from_db()
    assert (trip.status, leg_of(trip, 2).status) == (TripStatus.ACTIVE, LegStatus.SCHEDULED)
    assert not FlightRelease.objects.live().filter(trip=trip).exists()
    with pytest.raises(TransitionNotAllowed):
        move(leg_of(trip, 2), "out", START + 3.5 * HOUR)

    legal_world.file_papers(trip, late)
    release = release_again(trip, START + 3.4 * HOUR, desk)

    trip.refresh_from_db()
    assert trip.status == TripStatus.ACTIVE
    assert trip.plan_hash == release.plan_hash
    assert move(leg_of(trip, 2), "out", START + 3.5 * HOUR).status == LegStatus.OUT


def test_an_ambulance_that_was_diverted_flies_home_on_another_release(desk):
    trip = trips.create_from_quote(accepted_quote(), actor=desk, at=NOW)
    for role in ("pic", "sic", "flight_nurse"):
        crewed(trip, role=role)
    trip = released(trip)
    fly(leg_of(trip, 1))
    row = airborne(trip, 2)
    ogden = field("KOGD", 41.2, -112.0)
    trip_ends.divert_leg(
        row, airport=ogden, remaining="replan", reason="Fog", actor=desk, at=START + 3.5 * HOUR
    )
    for name in ("on", "in"):
        row = leg_of(trip, 2)
        move(row, name, getattr(row, f"planned_{name}_at"))

    now = START + 5 * HOUR
    evidence.brief_leg(
        leg_of(trip, 3), changes={"fuel_on_board_kg": 1200}, version=None, actor=desk, at=now
    )
    legal_world.file_papers(trip, now)
    legal_world.sign_worksheet(trip, now)
    release_again(trip, now, desk)

    assert fly(leg_of(trip, 3)).origin == ogden
    trip.refresh_from_db()
    assert trip.status == TripStatus.COMPLETED


def test_who_returns_to_the_stand_after_the_release_fell_waits_for_another(desk):
    trip = ferry()
    crewed(trip)
    trip = released(trip)
    row = move(leg_of(trip, 1), "out", START)
    delays.delay_leg(leg_of(trip, 2), minutes=90, code="crew", actor=desk, at=START)

    row = movements.return_to_stand(row, reason="Door light", actor=desk, at=START + minutes(5))

    assert row.status == LegStatus.SCHEDULED


def test_a_release_waits_for_the_word_of_everybody_on_it(desk):
    trip = ferry()
    crewed(trip)
    second = employed(first_name="Kim", last_name="Second")
    (line,) = crew.offer_places(trip, person=second, role="sic", legs=[2], actor=desk, at=NOW)

    with pytest.raises(CrewNotAnswered) as refusal:
        released(trip)
    assert refusal.value.details["people"] == "Kim Second"

    crew.accept_place(line, actor=second, at=NOW)
    assert released(trip).status == TripStatus.RELEASED
