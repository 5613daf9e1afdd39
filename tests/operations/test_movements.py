"""Out, off, on and in, and the clocks at the bedside."""

import pytest

from common.exceptions import InvalidInput
from common.models import AuditEvent, OutboxEvent
from operations.exceptions import (
    MovementOutOfOrder,
)
from operations.models import (
    LegStatus,
)
from operations.services import delays, duties, movements
from tests.operations.trip_world import (
    HOUR,
    START,
    airborne,
    crewed,
    field,
    fly,
    hand_trip,
    held,
    leg,
    leg_of,
    minutes,
    move,
    released,
)

pytestmark = pytest.mark.django_db


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
    crewed(trip, role="sic")
    with pytest.raises(MovementOutOfOrder):
        move(leg_of(trip, 1), "out", START - minutes(90))

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
    assert held("aircraft") == {(START + minutes(30), START + 6.5 * HOUR)}
    assert leg_of(crew_trip, 2).status == LegStatus.RELEASED


def test_a_fact_is_recorded_whoever_waits_for_the_aircraft(crew_trip, tail):
    hand_trip(tail, legs=[leg(1, field("KBSE"), field("KPCK"), START + 6.75 * HOUR)])
    for number in (1, 2):
        fly(leg_of(crew_trip, number))

    move(leg_of(crew_trip, 3), "out", START + 6.5 * HOUR)

    assert leg_of(crew_trip, 3).estimated_in_at == START + 7.5 * HOUR
    assert held("aircraft") == {
        (START, START + 6.75 * HOUR),
        (START + 6.75 * HOUR, START + 7.75 * HOUR),
    }
    assert OutboxEvent.objects.filter(name="operations.trip_overruns").exists()


def test_who_leaves_before_the_one_before_is_back_holds_what_is_left(crew_trip, tail):
    hand_trip(tail, legs=[leg(1, field("KPCK"), field("KBSE"), START - 1.25 * HOUR)])
    assert held("aircraft") == {
        (START - 1.25 * HOUR, START - 0.25 * HOUR),
        (START, START + 6.5 * HOUR),
    }

    move(leg_of(crew_trip, 1), "out", START - 0.5 * HOUR)

    assert held("aircraft") == {
        (START - 1.25 * HOUR, START - 0.25 * HOUR),
        (START - 0.25 * HOUR, START + 6.5 * HOUR),
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


def test_nobody_ends_a_duty_in_the_air(crew_trip):
    airborne(crew_trip, 1)
    line = leg_of(crew_trip, 1).crew.select_related("duty", "person").get(role="pic")
    duties.report_for_duty(line.duty, reported_at=START, actor=line.person, at=START)

    with pytest.raises(InvalidInput):
        duties.end_duty(line.duty, actor=line.person, at=START + minutes(30))


def test_who_ends_a_duty_early_is_judged_by_the_rest_before_what_is_left(crew_trip):
    fly(leg_of(crew_trip, 1))
    duty = leg_of(crew_trip, 1).crew.select_related("duty__person").get(role="pic").duty
    duties.report_for_duty(duty, reported_at=START - HOUR, actor=duty.person, at=START)
    with pytest.raises(InvalidInput):
        # On blocks an hour after the departure.
        duties.end_duty(duty, ended_at=START, actor=duty.person, at=START + 2 * HOUR)

    duties.end_duty(duty, ended_at=START + HOUR, actor=duty.person, at=START + 2 * HOUR)

    left = leg_of(crew_trip, 2).crew.select_related("duty").get(role="pic").duty
    assert (left.status, left.report_at, left.end_at) == (
        "planned",
        START + 2 * HOUR,
        START + 7 * HOUR,
    )
    assert leg_of(crew_trip, 3).crew.get(role="pic").duty_id == left.pk
    assert (START + 2 * HOUR, START + 7 * HOUR) in held("person")
    # Half an hour too little in the 24 hours before the end, for both pilots.
    late = delays.preview_delay(
        leg_of(crew_trip, 3), minutes=390, actor=duty.person, at=START + 2 * HOUR
    )
    rests = [one for one in late.newly_broken if one.code == "FAR-135.267-10R"]
    assert [(one.value, one.limit) for one in rests] == [(9.5, 10)] * 2


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


def test_the_clocks_of_a_trip_delayed_by_days_are_taken(crew_trip, desk, now):
    delays.delay_leg(leg_of(crew_trip, 1), minutes=36 * 60, code="patient", actor=desk, at=now)
    pickup = leg_of(crew_trip, 2).ground_legs.get(is_pickup=True)
    moment = pickup.expected_start_at

    done = movements.record_ground_clock(
        pickup, clock="bedside", moved_at=moment, actor=desk, at=moment
    )

    assert done.bedside_at == START + 39 * HOUR - minutes(40)


def test_who_rides_along_late_is_held_until_they_arrive(tail, desk):
    trip = hand_trip(tail)
    crewed(trip)
    crewed(trip, role="sic")
    nurse = crewed(trip, role="flight_nurse", legs=[2])
    trip = released(trip)
    for number in (1, 2):
        fly(leg_of(trip, number))
    delivery = leg_of(trip, 2).ground_legs.get(is_pickup=False)

    for name, moment in (("departed", START + 5 * HOUR), ("arrived", START + 6 * HOUR)):
        movements.record_ground_clock(
            delivery, clock=name, moved_at=moment, actor=desk, at=START + 6 * HOUR
        )

    assert nurse.duty_periods.get().end_at == START + 6.5 * HOUR
    assert START + 6.5 * HOUR in {end for _, end in held("person")}


def ended_at_six_and_a_half(trip):
    """All flown; the pilot was on blocks with the last leg at 6:30 and ended 20 minutes later."""
    for number in (1, 2, 3):
        fly(leg_of(trip, number))
    duty = leg_of(trip, 3).crew.select_related("duty__person").get(role="pic").duty
    at = START + 8 * HOUR
    duties.report_for_duty(duty, reported_at=START - HOUR, actor=duty.person, at=START)
    return duties.end_duty(duty, ended_at=START + minutes(410), actor=duty.person, at=at)


def corrected(trip, number, moved_at, desk):
    return movements.correct_movement(
        leg_of(trip, number),
        movement="in",
        moved_at=moved_at,
        reason="Read off the wrong line",
        actor=desk,
        at=START + 8 * HOUR,
    )


def test_a_duty_ends_as_much_later_as_its_last_flight_was_on_blocks(crew_trip, desk):
    duty = ended_at_six_and_a_half(crew_trip)

    corrected(crew_trip, 3, START + 7 * HOUR, desk)

    duty.refresh_from_db()
    assert (duty.status, duty.end_at) == ("ended", START + minutes(440))
    assert (START - HOUR, START + minutes(440)) in held("person")
    deed = AuditEvent.objects.get(action="duty.end_corrected")
    assert deed.reason == "Read off the wrong line"
    assert OutboxEvent.objects.filter(name="operations.duty_changed").count() == 3


def test_a_duty_ends_as_much_sooner_as_its_last_flight_was_on_blocks(crew_trip, desk):
    duty = ended_at_six_and_a_half(crew_trip)

    corrected(crew_trip, 3, START + minutes(387), desk)

    duty.refresh_from_db()
    assert duty.end_at == START + minutes(407)
    assert (START - HOUR, START + minutes(407)) in held("person")
    deed = AuditEvent.objects.get(action="duty.end_corrected")
    assert deed.details["was"] == (START + minutes(410)).isoformat()


def test_who_still_rode_along_does_not_end_sooner_than_they_arrived(tail, desk):
    trip = hand_trip(tail)
    crewed(trip)
    crewed(trip, role="sic")
    nurse = crewed(trip, role="flight_nurse", legs=[2])
    trip = released(trip)
    for number in (1, 2):
        fly(leg_of(trip, number))
    duty = nurse.duty_periods.get()
    at = START + 8 * HOUR
    duties.report_for_duty(duty, reported_at=duty.report_at, actor=nurse, at=START + 3 * HOUR)
    delivery = leg_of(trip, 2).ground_legs.get(is_pickup=False)
    was_in = leg_of(trip, 2).actual_in_at
    for name, moment in (("departed", minutes(10)), ("arrived", minutes(40))):
        movements.record_ground_clock(
            delivery, clock=name, moved_at=was_in + moment, actor=desk, at=at
        )
    duties.end_duty(duty, ended_at=was_in + minutes(42), actor=nurse, at=at)

    corrected(trip, 2, was_in - minutes(2), desk)
    duty.refresh_from_db()
    assert duty.end_at == was_in + minutes(40)
    corrected(trip, 2, was_in - minutes(3), desk)

    duty.refresh_from_db()
    assert duty.end_at == was_in + minutes(40)
    trail = AuditEvent.objects.filter(action__startswith="duty.end_").order_by("pk")
    assert [deed.action for deed in trail] == ["duty.end_corrected", "duty.end_in_doubt"]


def test_a_flight_that_was_not_the_last_of_a_duty_moves_no_end(crew_trip, desk):
    duty = ended_at_six_and_a_half(crew_trip)

    corrected(crew_trip, 2, START + 4.2 * HOUR, desk)

    duty.refresh_from_db()
    assert duty.end_at == START + minutes(410)
