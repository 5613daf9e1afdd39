"""Out, off, on, in; delays with everything behind them; diversion, abort, closing."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from aircraft.models import FlightHours
from aircraft.queries.maintenance import forecast_of
from common.exceptions import DoubleBooked, InvalidInput, TransitionNotAllowed
from common.models import OutboxEvent, ResourceBooking
from operations.exceptions import (
    AlreadyCorrected,
    ClosingIncomplete,
    LegsOpen,
    MovementOutOfOrder,
    TripNotAmendable,
)
from operations.itinerary import Finding
from operations.models import (
    CrewLogEntry,
    DutyPeriod,
    LegDelay,
    LegStatus,
    ServiceItem,
    Trip,
    TripStatus,
)
from operations.queries.night import is_night, night_minutes
from operations.services import closing, delays, gates, movements, trip_ends
from operations.services.closing import Flown
from tests.contacts.factories import FBOFactory
from tests.operations import legal_world
from tests.operations.trip_world import (
    HOUR,
    START,
    crewed,
    field,
    fly,
    hand_trip,
    leg,
    leg_of,
    minutes,
    released,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return UserFactory()


@pytest.fixture
def tail():
    return legal_world.aircraft()


@pytest.fixture
def crew_trip(tail):
    """A released trip of three legs with both pilots."""
    trip = hand_trip(tail)
    crewed(trip)
    crewed(trip, role="sic")
    return released(trip)


def move(row, movement, moment, *, at=None, actor=None):
    return movements.record_movement(
        row, movement=movement, moved_at=moment, actor=actor or UserFactory(), at=at or moment
    )


def periods(kind):
    rows = ResourceBooking.objects.filter(resource_kind=kind, is_live=True).order_by("pk")
    return {(row.period.lower, row.period.upper) for row in rows}


def test_the_first_leg_out_makes_the_trip_active_and_the_last_in_completes_it(crew_trip):
    for number in (1, 2, 3):
        row = leg_of(crew_trip, number)
        fly(row)
        crew_trip.refresh_from_db()
        assert crew_trip.status == ("active" if number < 3 else "completed")

    assert set(crew_trip.legs.values_list("status", flat=True)) == {LegStatus.IN}


def test_no_leg_leaves_without_a_release_or_before_the_one_before_is_in(tail):
    trip = hand_trip(tail)
    crewed(trip)
    with pytest.raises(MovementOutOfOrder):
        move(leg_of(trip, 1), "out", START)

    trip = released(trip)
    with pytest.raises(MovementOutOfOrder):
        move(leg_of(trip, 2), "out", START)


def test_movements_keep_their_order_and_are_not_to_come(crew_trip):
    row = leg_of(crew_trip, 1)
    with pytest.raises(MovementOutOfOrder):
        move(row, "off", START)
    with pytest.raises(InvalidInput):
        move(row, "out", START, at=START - minutes(6))
    move(row, "out", START)
    with pytest.raises(MovementOutOfOrder):
        move(row, "out", START + minutes(1))
    with pytest.raises(MovementOutOfOrder):
        move(row, "off", START - minutes(1), at=START)
    with pytest.raises(InvalidInput):
        move(row, "off", START + 7 * HOUR)
    move(row, "off", START + minutes(5))
    with pytest.raises(MovementOutOfOrder):
        move(row, "in", START + minutes(50))

    assert leg_of(crew_trip, 1).status == LegStatus.OFF


def test_a_late_departure_shifts_what_is_expected_and_held(crew_trip):
    move(leg_of(crew_trip, 1), "out", START + minutes(30))

    # Leg 2 waits for the patient and goes half an hour later; of leg 3's slack 30 min are eaten.
    assert leg_of(crew_trip, 1).estimated_in_at == START + minutes(90)
    assert leg_of(crew_trip, 2).estimated_out_at == START + 3.5 * HOUR
    assert leg_of(crew_trip, 3).estimated_out_at == START + 5.5 * HOUR
    pickup = leg_of(crew_trip, 2).ground_legs.get(is_pickup=True)
    assert pickup.expected_start_at == START + 3.5 * HOUR - minutes(40)
    assert periods("aircraft") == {(START + minutes(30), START + 6.5 * HOUR)}
    assert leg_of(crew_trip, 2).status == LegStatus.RELEASED


def test_a_fact_is_recorded_whoever_waits_for_the_aircraft(crew_trip, tail):
    hand_trip(tail, legs=[leg(1, field("KBSE"), field("KPCK"), START + 6.75 * HOUR)])
    for number in (1, 2):
        fly(leg_of(crew_trip, number))

    move(leg_of(crew_trip, 3), "out", START + 6.5 * HOUR)

    assert leg_of(crew_trip, 3).estimated_in_at == START + 7.5 * HOUR
    assert periods("aircraft") == {
        (START, START + 6.75 * HOUR),
        (START + 6.75 * HOUR, START + 7.75 * HOUR),
    }
    assert OutboxEvent.objects.filter(name="operations.trip_overruns").exists()


def test_a_correction_says_why_and_shifts_again(crew_trip, desk):
    row = move(leg_of(crew_trip, 1), "out", START)

    movements.correct_movement(
        row,
        movement="out",
        moved_at=START + minutes(4),
        reason="Read off the wrong line",
        actor=desk,
        at=START + minutes(10),
    )

    assert leg_of(crew_trip, 1).actual_out_at == START + minutes(4)
    assert leg_of(crew_trip, 1).estimated_in_at == START + minutes(64)


def test_a_return_to_stand_may_go_again(crew_trip, desk):
    row = move(leg_of(crew_trip, 1), "out", START)

    movements.return_to_stand(row, reason="Door light", actor=desk, at=START + minutes(5))

    again = move(leg_of(crew_trip, 1), "out", START + minutes(20))
    assert (again.status, again.actual_out_at) == (LegStatus.OUT, START + minutes(20))


def test_clocks_at_the_bedside_keep_their_order(crew_trip, desk):
    pickup = leg_of(crew_trip, 2).ground_legs.get(is_pickup=True)

    def clock(name, moment, **more):
        return movements.record_ground_clock(
            pickup, clock=name, moved_at=moment, actor=desk, at=START + 4 * HOUR, **more
        )

    clock("bedside", START + 2 * HOUR)
    with pytest.raises(MovementOutOfOrder):
        clock("arrived", START + 3 * HOUR)
    clock("departed", START + 2.5 * HOUR)
    done = clock("arrived", START + 2.75 * HOUR)
    with pytest.raises(InvalidInput):
        clock("arrived", START + 2.8 * HOUR)

    assert (done.bedside_at, done.arrived_at) == (START + 2 * HOUR, START + 2.75 * HOUR)
    assert clock("arrived", START + 2.8 * HOUR, reason="Typo").arrived_at == START + 2.8 * HOUR


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
    assert periods("aircraft") == {(START, START + 7.25 * HOUR)}
    assert periods("person") == {(START - HOUR, START + 7.75 * HOUR)}
    assert sum(LegDelay.objects.values_list("minutes", flat=True)) == 90
    marked = ServiceItem.objects.filter(needs_recheck=True)
    assert {row.leg.sequence for row in marked} == {2, 3}


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
    assert periods("aircraft") == {
        (START, START + 6.5 * HOUR),
        (START + 10 * HOUR, START + 11 * HOUR),
    }
    with pytest.raises(DoubleBooked):
        delays.delay_leg(leg_of(crew_trip, 1), minutes=480, code="weather", actor=desk, at=now)


def test_the_preview_shows_a_duty_that_becomes_too_long(crew_trip, desk, now):
    preview = delays.preview_delay(leg_of(crew_trip, 3), minutes=450, actor=desk, at=now)

    # Report an hour before the first leg, free at 14:30 after it: 15:30 hours of duty.
    assert [one.code for one in preview.newly_broken] == ["TRIP-DUTY-LENGTH"] * 2
    assert "15 h 30 min" in preview.newly_broken[0].message
    assert (
        delays.preview_delay(leg_of(crew_trip, 3), minutes=360, actor=desk, at=now).newly_broken
        == []
    )


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


def airborne(trip, number):
    row = leg_of(trip, number)
    for name in ("out", "off"):
        row = move(leg_of(trip, number), name, getattr(row, f"planned_{name}_at"))
    return row


def test_a_diversion_replans_the_flights_after_it(crew_trip, desk):
    fly(leg_of(crew_trip, 1))
    row = airborne(crew_trip, 2)
    ogden = field("KOGD", 41.2, -112.0)

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
    assert (third.origin, third.status) == (ogden, LegStatus.SCHEDULED)
    assert float(third.distance_nm) == pytest.approx(234.0, abs=2.0)
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
    assert periods("aircraft") == {(START, START + 4 * HOUR)}


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
    assert periods("aircraft") == {(START, START + HOUR)}
    closed = closing.close_trip(crew_trip, actor=desk, at=START + 3 * HOUR)
    assert closed.status == TripStatus.CLOSED
    assert FlightHours.objects.get().time_in_service_min == 50


def flown(trip):
    for number in (1, 2, 3):
        fly(leg_of(trip, number))
    return Trip.objects.get(pk=trip.pk)


def test_closing_writes_hours_logs_and_gives_time_back(crew_trip, desk, tail):
    trip = flown(crew_trip)
    end = START + 12 * HOUR

    closing.close_trip(
        trip, flown={2: Flown(landings=2, approaches=1, manipulator="sic")}, actor=desk, at=end
    )

    rows = FlightHours.objects.order_by("sequence")
    assert [(row.source, row.time_in_service_min, row.landings) for row in rows] == [
        (f"operations.tripleg:{leg_of(trip, n).pk}", 50, 2 if n == 2 else 1) for n in (1, 2, 3)
    ]
    tail.refresh_from_db()
    assert (tail.time_in_service_min, tail.cycles, tail.landings) == (60_150, 903, 914)
    logs = CrewLogEntry.objects.filter(leg__sequence=2).order_by("role")
    assert [
        (row.role, row.is_sole_manipulator, row.day_landings + row.night_landings, row.approaches)
        for row in logs
    ] == [("pic", False, 0, 0), ("sic", True, 2, 1)]
    assert {(row.flight_min, row.block_min) for row in CrewLogEntry.objects.all()} == {(50, 60)}
    assert {(duty.status, duty.end_at) for duty in DutyPeriod.objects.all()} == {
        ("ended", START + 7 * HOUR)
    }
    assert forecast_of(tail, now=START, days=10).booked_min == 0


def test_a_trip_is_closed_once(crew_trip, desk, tail):
    trip = flown(crew_trip)
    closing.close_trip(trip, actor=desk, at=START + 12 * HOUR)

    with pytest.raises(TransitionNotAllowed):
        closing.close_trip(trip, actor=desk, at=START + 12 * HOUR)

    tail.refresh_from_db()
    assert (FlightHours.objects.count(), CrewLogEntry.objects.count()) == (3, 6)
    assert tail.time_in_service_min == 60_150


def test_a_trip_with_open_legs_is_not_closed(crew_trip, desk):
    fly(leg_of(crew_trip, 1))

    with pytest.raises(TransitionNotAllowed):
        closing.close_trip(crew_trip, actor=desk, at=START + 12 * HOUR)

    Trip.objects.filter(pk=crew_trip.pk).update(status="completed")
    with pytest.raises(LegsOpen) as refusal:
        closing.close_trip(crew_trip, actor=desk, at=START + 12 * HOUR)
    assert refusal.value.details["legs"] == "2, 3"


def test_who_is_said_to_have_flown_must_be_on_the_leg(tail, desk):
    trip = hand_trip(tail)
    crewed(trip)
    trip = flown(released(trip))

    with pytest.raises(ClosingIncomplete):
        closing.close_trip(
            trip, flown={1: Flown(manipulator="sic")}, actor=desk, at=START + 12 * HOUR
        )
    assert not FlightHours.objects.exists()


def test_a_log_is_corrected_by_a_new_entry(crew_trip, desk):
    closing.close_trip(flown(crew_trip), actor=desk, at=START + 12 * HOUR)
    entry = CrewLogEntry.objects.filter(role="pic").first()

    new = closing.correct_log(
        entry, reason="Two approaches", approaches=2, actor=desk, at=START + 13 * HOUR
    )

    entry.refresh_from_db()
    assert (entry.approaches, new.approaches, new.corrects) == (0, 2, entry)
    assert entry not in CrewLogEntry.objects.standing()
    assert CrewLogEntry.objects.standing().count() == 6
    with pytest.raises(AlreadyCorrected):
        closing.correct_log(entry, reason="Again", approaches=3, actor=desk, at=START)


def test_a_closed_trip_takes_no_more_movements(crew_trip, desk):
    trip = flown(crew_trip)
    closing.close_trip(trip, actor=desk, at=START + 12 * HOUR)

    with pytest.raises(TripNotAmendable):
        movements.correct_movement(
            leg_of(trip, 1),
            movement="out",
            moved_at=START + minutes(1),
            reason="Late",
            actor=desk,
            at=START + 13 * HOUR,
        )


def test_night_is_from_an_hour_after_sunset_to_an_hour_before_sunrise():
    # Boise, 15 March 2026: the sun sets at 01:52Z and rises at 13:52Z the next day, to the minute.
    boise = {"lat": 43.56, "lon": -116.22}
    evening = datetime(2026, 3, 16, tzinfo=UTC)

    dark = [is_night(**boise, at=evening + minutes(count)) for count in range(24 * 60)]

    assert 50 <= dark.index(True) - 112 <= 66
    assert 760 <= dark.index(True) + dark.count(True) <= 784
    assert sum(a != b for a, b in pairwise(dark)) == 2


def test_the_night_minutes_of_a_flight_begin_where_night_begins():
    here, there = field("KBSE"), field("KPCK", 42.48, -114.48)
    noon = datetime(2026, 3, 15, 19, 0, tzinfo=UTC)
    midnight = datetime(2026, 3, 16, 7, 0, tzinfo=UTC)
    dusk = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)

    assert night_minutes(here, there, off=noon, on=noon + HOUR) == 0
    assert night_minutes(here, there, off=midnight, on=midnight + HOUR) == 60
    assert 25 <= night_minutes(here, there, off=dusk, on=dusk + HOUR) <= 50
