"""Diversion, and a trip broken off."""

import pytest

from aircraft.models import FlightHours
from common.exceptions import InvalidInput, TransitionNotAllowed
from operations.exceptions import (
    LegsOpen,
)
from operations.models import (
    LegStatus,
    TripStatus,
)
from operations.services import closing, trip_ends
from tests.operations.trip_world import (
    HOUR,
    START,
    airborne,
    field,
    fly,
    held,
    leg_of,
    minutes,
    move,
)

pytestmark = pytest.mark.django_db


def test_a_diversion_replans_the_flights_after_it(crew_trip, desk):
    fly(leg_of(crew_trip, 1))
    row = airborne(crew_trip, 2)
    ogden = field("KOGD", 41.2, -112.0)
    crew_trip.service_items.filter(kind="fuel", leg__sequence=3).update(status="to_do")

    trip_ends.divert_leg(
        row,
        airport=ogden,
        remaining="replan",
        estimated_in_at=START + 4.5 * HOUR,
        reason="Fog",
        actor=desk,
        at=START + 3.5 * HOUR,
    )

    second, third = leg_of(crew_trip, 2), leg_of(crew_trip, 3)
    assert (second.status, second.diverted_to) == (LegStatus.DIVERTED, ogden)
    assert second.estimated_in_at == START + 4.5 * HOUR
    # The ambulance meets the aircraft ten minutes after it is on blocks, wherever that is.
    assert second.ground_legs.get(
        is_pickup=False
    ).expected_start_at == START + 4.5 * HOUR + minutes(10)
    assert (third.origin, third.status) == (ogden, LegStatus.SCHEDULED)
    assert float(third.distance_nm) == pytest.approx(234.0, abs=2.0)
    # At the 264 kt that were planned for 220 NM in 50 minutes on 400 kg.
    assert (third.flight_min, third.block_min, third.fuel_kg) == (53, 63, 424)
    places = crew_trip.service_items.filter(kind__in=["handling", "fuel"], leg__sequence__gt=1)
    assert set(places.values_list("kind", "leg__sequence", "airport__ident", "status")) == {
        ("fuel", 2, "KPCK", "confirmed"),
        ("handling", 2, "KDRP", "confirmed"),
        ("handling", 2, "KOGD", "to_do"),
        ("fuel", 3, "KOGD", "to_do"),
        ("handling", 3, "KBSE", "confirmed"),
    }
    move(second, "on", START + 4.4 * HOUR)
    assert move(leg_of(crew_trip, 2), "in", START + 4.5 * HOUR).status == LegStatus.IN


def test_a_diversion_may_cancel_what_is_left(crew_trip, desk):
    fly(leg_of(crew_trip, 1))
    airborne(crew_trip, 2)

    trip_ends.divert_leg(
        leg_of(crew_trip, 2),
        airport=field("KOGD", 41.2, -112.0),
        remaining="cancel",
        reason="Fog",
        actor=desk,
        at=START + 3.5 * HOUR,
    )

    assert leg_of(crew_trip, 3).status == LegStatus.CANCELLED
    move(leg_of(crew_trip, 2), "on", START + 4 * HOUR - minutes(5))
    move(leg_of(crew_trip, 2), "in", START + 4 * HOUR)
    crew_trip.refresh_from_db()
    assert (crew_trip.status, crew_trip.end_at) == (TripStatus.COMPLETED, START + 4 * HOUR)
    assert held("aircraft") == {(START, START + 4 * HOUR)}


@pytest.mark.parametrize("arrival", [START + 3 * HOUR, START + 3 * HOUR + 24 * HOUR])
def test_a_diversion_arrives_when_a_flight_can(crew_trip, desk, arrival):
    fly(leg_of(crew_trip, 1))
    row = airborne(crew_trip, 2)

    with pytest.raises(InvalidInput):
        trip_ends.divert_leg(
            row,
            airport=field("KOGD", 41.2, -112.0),
            remaining="cancel",
            estimated_in_at=arrival,
            reason="Fog",
            actor=desk,
            at=START + 3.5 * HOUR,
        )

    assert leg_of(crew_trip, 2).status == LegStatus.OFF


def test_only_a_leg_in_the_air_is_diverted(crew_trip, desk):
    with pytest.raises(TransitionNotAllowed):
        trip_ends.divert_leg(
            leg_of(crew_trip, 1),
            airport=field("KOGD"),
            remaining="cancel",
            reason="Fog",
            actor=desk,
            at=START,
        )


def test_a_trip_is_broken_off_between_flights_only(crew_trip, desk):
    row = airborne(crew_trip, 1)
    with pytest.raises(LegsOpen):
        trip_ends.abort_trip(crew_trip, reason="Patient died", actor=desk, at=START)
    for name in ("on", "in"):
        row = move(leg_of(crew_trip, 1), name, getattr(row, f"planned_{name}_at"))

    trip_ends.abort_trip(crew_trip, reason="Patient died", actor=desk, at=START + 2 * HOUR)

    assert [row.status for row in crew_trip.legs.order_by("sequence")] == [
        "in",
        "cancelled",
        "cancelled",
    ]
    assert held("aircraft") == {(START, START + HOUR)}
    services = crew_trip.service_items.values_list("leg__sequence", "status").distinct()
    assert set(services) == {(1, "confirmed"), (2, "cancelled"), (3, "cancelled")}
    closed = closing.close_trip(crew_trip, actor=desk, at=START + 3 * HOUR)
    assert closed.status == TripStatus.CLOSED
    assert FlightHours.objects.get().time_in_service_min == 50
