"""A leg goes later: everything behind it, and what breaks by that."""

import pytest

from common.exceptions import DoubleBooked
from operations.exceptions import (
    TripNotAmendable,
)
from operations.itinerary import Finding
from operations.models import (
    LegDelay,
    LegStatus,
    ServiceItem,
    TripStatus,
)
from operations.services import delays, gates, movements
from tests.contacts.factories import FBOFactory
from tests.operations.trip_world import (
    HOUR,
    START,
    field,
    hand_trip,
    held,
    leg,
    leg_of,
    minutes,
    move,
)

pytestmark = pytest.mark.django_db


def test_a_delay_shifts_everything_behind_it_to_the_minute(crew_trip, desk, now):
    ServiceItem.objects.filter(trip=crew_trip).update(status="confirmed")

    delays.delay_leg(leg_of(crew_trip, 2), minutes=90, code="patient", actor=desk, at=now)

    late = {number: leg_of(crew_trip, number) for number in (1, 2, 3)}
    assert late[1].estimated_out_at == START
    assert late[2].estimated_out_at == START + 4.5 * HOUR
    # In at 5:30, 45 minutes of turnaround: leg 3 moves by 45, not by 90.
    assert late[3].estimated_out_at == START + 6.25 * HOUR
    roads = {road.is_pickup: road for road in late[2].ground_legs.all()}
    assert roads[True].expected_end_at == START + 4.5 * HOUR - minutes(10)
    assert roads[False].expected_start_at == START + 5.5 * HOUR + minutes(10)
    assert held("aircraft") == {(START, START + 7.25 * HOUR)}
    assert held("person") == {(START - HOUR, START + 7.75 * HOUR)}
    assert sum(LegDelay.objects.values_list("minutes", flat=True)) == 90
    marked = ServiceItem.objects.filter(needs_recheck=True)
    assert {row.leg.sequence for row in marked} == {2, 3}


def test_what_is_arranged_is_needed_as_much_later(crew_trip, desk, now):
    delays.delay_leg(leg_of(crew_trip, 2), minutes=90, code="patient", actor=desk, at=now)

    needed = needed_at(crew_trip)
    assert needed[1, "handling", "KPCK"] == START + HOUR
    assert needed[2, "fuel", "KPCK"] == START + 4.5 * HOUR
    assert needed[2, "ground_ambulance", "KPCK"] == START + 4.5 * HOUR - minutes(40)
    assert needed[2, "handling", "KDRP"] == START + 5.5 * HOUR
    assert needed[3, "fuel", "KDRP"] == START + 6.25 * HOUR
    assert needed[3, "handling", "KBSE"] == START + 7.25 * HOUR


def test_what_is_arranged_follows_what_really_happens(crew_trip, desk, now):
    before = needed_at(crew_trip)

    move(leg_of(crew_trip, 1), "out", START + minutes(30))

    late = needed_at(crew_trip)
    assert late[1, "handling", "KPCK"] == START + HOUR + minutes(30)
    reason = {"reason": "Door warning", "actor": desk, "at": START + minutes(40)}
    movements.return_to_stand(leg_of(crew_trip, 1), **reason)
    assert needed_at(crew_trip) == before


def test_the_preview_names_what_is_arranged(crew_trip, desk, now):
    before = needed_at(crew_trip)

    preview = delays.preview_delay(leg_of(crew_trip, 3), minutes=30, actor=desk, at=now)

    shifts = {one.label: one for one in preview.shifts if one.what == "service"}
    assert set(shifts) == {"Fuel at KDRP", "Handling at KBSE"}
    fuel = shifts["Fuel at KDRP"]
    assert fuel.new_start_at == fuel.new_end_at == START + 6 * HOUR
    assert needed_at(crew_trip) == before


def needed_at(trip):
    rows = ServiceItem.objects.filter(trip=trip).select_related("leg", "airport")
    return {(row.leg.sequence, row.kind, row.airport.ident): row.needed_at for row in rows}


def test_a_delay_revokes_the_release(crew_trip, desk, now):
    before = crew_trip.plan_hash

    delays.delay_leg(leg_of(crew_trip, 1), minutes=5, code="crew", actor=desk, at=now)

    crew_trip.refresh_from_db()
    assert crew_trip.status == TripStatus.PLANNING
    assert set(crew_trip.legs.values_list("status", flat=True)) == {LegStatus.SCHEDULED}
    assert crew_trip.plan_hash != before


def test_the_preview_shows_what_would_break_and_saves_nothing(crew_trip, desk, now, tail):
    base, pickup = field("KBSE"), field("KPCK", 42.48, -114.48)
    hand_trip(tail, legs=[leg(1, base, pickup, START + 10 * HOUR)])
    crew_trip.legs.filter(sequence=2).update(latest_arrival_at=START + 4.5 * HOUR)
    FBOFactory(airport=field("KDRP"), hours={"6": [["14:00", "19:00"]], "0": [["14:00", "15:00"]]})
    before = [
        (row.estimated_out_at, row.held_until_at) for row in crew_trip.legs.order_by("sequence")
    ]

    preview = delays.preview_delay(leg_of(crew_trip, 1), minutes=480, actor=desk, at=now)

    codes = sorted(one.code for one in preview.newly_broken)
    assert codes == [
        "TRIP-AIRCRAFT-TAKEN",
        "TRIP-AIRPORT-CLOSED",
        "TRIP-LATE-ARRIVAL",
    ]
    shifts = {(one.what, one.label): one for one in preview.shifts}
    assert shifts["leg", "Leg 1"].new_start_at == START + 8 * HOUR
    assert shifts["trip", crew_trip.number].new_end_at == START + 14.5 * HOUR - minutes(45)
    after = [
        (row.estimated_out_at, row.held_until_at) for row in crew_trip.legs.order_by("sequence")
    ]
    assert after == before
    assert held("aircraft") == {
        (START, START + 6.5 * HOUR),
        (START + 10 * HOUR, START + 11 * HOUR),
    }
    with pytest.raises(DoubleBooked):
        delays.delay_leg(leg_of(crew_trip, 1), minutes=480, code="weather", actor=desk, at=now)


def test_the_preview_shows_a_duty_that_becomes_too_long(crew_trip, desk, now):
    preview = delays.preview_delay(leg_of(crew_trip, 3), minutes=450, actor=desk, at=now)

    # Report an hour before the first leg, free at 14:30 after it: 15:30 hours of duty.
    # So little rest in the 24 hours before the end is what the rules say of the same duties.
    codes = [one.code for one in preview.newly_broken]
    assert codes == ["TRIP-DUTY-LENGTH"] * 2 + ["FAR-135.267-10R"] * 2
    assert "15 h 30 min" in preview.newly_broken[0].message
    assert [(one.value, one.limit) for one in preview.newly_broken[2:]] == [(8.5, 10)] * 2
    # Fourteen hours to the minute are within every limit, with no rest to spare.
    just = delays.preview_delay(leg_of(crew_trip, 3), minutes=360, actor=desk, at=now).newly_broken
    assert [(one.code, one.is_blocking) for one in just] == [("FAR-135.267-10R", False)] * 2


def test_registered_judges_are_asked_before_and_after(crew_trip, desk, now, monkeypatch):
    def judge(trip, at):
        is_late = trip.end_at > START + 6.75 * HOUR
        return [Finding(code="LIMIT", message="Too late.")] if is_late else []

    monkeypatch.setattr(gates, "judges", [judge])

    preview = delays.preview_delay(leg_of(crew_trip, 3), minutes=30, actor=desk, at=now)

    assert [one.code for one in preview.newly_broken] == ["LIMIT"]


def test_a_leg_that_has_left_is_not_delayed(crew_trip, desk):
    move(leg_of(crew_trip, 1), "out", START)

    with pytest.raises(TripNotAmendable):
        delays.delay_leg(leg_of(crew_trip, 1), minutes=5, code="crew", actor=desk, at=START)

    delays.record_delay(leg_of(crew_trip, 1), minutes=5, code="crew", actor=desk, at=START)
    assert leg_of(crew_trip, 1).delays.get().minutes == 5
