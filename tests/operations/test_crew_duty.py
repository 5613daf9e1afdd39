"""Places offered and answered, the duties they make, and the ledger behind them."""

from datetime import timedelta

import pytest

from common.exceptions import DoubleBooked, InvalidInput
from common.models import ResourceBooking
from operations.exceptions import LegNotCrewable, NotYourPlace, PlaceTaken
from operations.models import CrewLine, DutyPeriod, DutyStatus, TripLeg, TripStatus
from operations.services import crew, duties, trip_ends
from tests.operations.trip_world import (
    HOUR,
    START,
    crewed,
    employed,
    field,
    hand_trip,
    leg,
    leg_of,
    lines_of,
    minutes,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def trip():
    return hand_trip()


def taken(person):
    rows = ResourceBooking.objects.filter(
        resource_kind="person", resource_id=person.pk, is_live=True
    ).order_by("period")
    return [(row.period.lower, row.period.upper) for row in rows]


def two_days():
    base, away = field("KBSE"), field("KPCK", 42.48, -114.48)
    return [leg(1, base, away, START), leg(2, away, base, START + 14 * HOUR)]


def test_an_offer_holds_the_person_from_report_to_debriefing(trip, desk, now):
    person = employed()

    lines = crew.offer_places(trip, person=person, role="pic", actor=desk, at=now)

    (duty,) = DutyPeriod.objects.all()
    assert [line.leg.sequence for line in lines] == [1, 2, 3]
    assert {line.duty_id for line in lines} == {duty.pk}
    assert (duty.report_at, duty.end_at) == (START - HOUR, START + 7 * HOUR)
    assert taken(person) == [(START - HOUR, START + 7 * HOUR)]
    trip.refresh_from_db()
    assert trip.status == TripStatus.PLANNING


def test_who_cares_for_the_patient_is_on_duty_on_the_road_too(now, desk):
    trip = hand_trip()
    nurse = employed()

    crew.offer_places(trip, person=nurse, role="flight_nurse", legs=[2], actor=desk, at=now)

    # The ambulance leaves 40 min before the flight and arrives 35 min after it.
    assert taken(nurse) == [
        (START + 3 * HOUR - minutes(40) - HOUR, START + 4 * HOUR + minutes(35) + minutes(30))
    ]


def test_positioning_before_the_first_flight_is_duty(trip, desk, now):
    person = employed()

    crew.offer_places(trip, person=person, role="sic", positioning_min=90, actor=desk, at=now)

    assert taken(person) == [(START - HOUR - minutes(90), START + 7 * HOUR)]


def test_a_trip_over_a_night_is_two_duties(desk, now):
    trip = hand_trip(legs=two_days())
    person = crewed(trip)

    assert taken(person) == [
        (START - HOUR, START + 1.5 * HOUR),
        (START + 13 * HOUR, START + 15.5 * HOUR),
    ]
    assert len({line.duty_id for line in lines_of(trip, person)}) == 2


def test_only_the_person_asked_accepts_or_declines(trip, desk, now):
    person = employed()
    chief = employed(is_superuser=True)
    line = crew.offer_places(trip, person=person, role="pic", actor=desk, at=now)[0]

    for answer in (crew.accept_place, crew.decline_place):
        with pytest.raises(NotYourPlace):
            answer(line, actor=chief, at=now)

    accepted = crew.accept_place(line, actor=person, at=now)
    assert (accepted.status, accepted.answered_at) == ("accepted", now)


def test_who_declines_the_last_place_is_free(trip, desk, now):
    person = employed()
    lines = crew.offer_places(trip, person=person, role="pic", legs=[1, 3], actor=desk, at=now)

    crew.decline_place(lines[0], reason="Ill", actor=person, at=now)
    assert taken(person) == [(START + 4.5 * HOUR, START + 7 * HOUR)]

    crew.decline_place(lines[1], actor=person, at=now)
    assert taken(person) == []
    assert DutyPeriod.objects.get().status == DutyStatus.CANCELLED


def test_a_released_place_may_be_given_to_somebody_else(trip, desk, now):
    first = crewed(trip)
    for line in lines_of(trip, first):
        crew.release_place(line, reason="Swap", actor=desk, at=now)

    second = crewed(trip)

    assert (taken(first), len(lines_of(trip, second))) == ([], 3)


def test_one_pilot_in_command_and_one_place_a_person(trip, desk, now):
    person = crewed(trip, legs=[1])

    with pytest.raises(PlaceTaken):
        crew.offer_places(trip, person=employed(), role="pic", legs=[1], actor=desk, at=now)
    with pytest.raises(PlaceTaken):
        crew.offer_places(trip, person=person, role="sic", legs=[1], actor=desk, at=now)

    assert CrewLine.objects.count() == 1


def test_a_person_on_another_trip_is_not_offered_this_one(trip, desk, now):
    person = crewed(trip)
    other = hand_trip()

    with pytest.raises(DoubleBooked):
        crew.offer_places(other, person=person, role="pic", actor=desk, at=now)

    assert not CrewLine.objects.filter(leg__trip=other).exists()
    assert taken(person) == [(START - HOUR, START + 7 * HOUR)]


def test_nobody_is_put_on_a_leg_that_has_left(trip, desk, now):
    TripLeg.objects.filter(trip=trip, sequence=1).update(status="out", actual_out_at=START)

    with pytest.raises(LegNotCrewable):
        crew.offer_places(trip, person=employed(), role="pic", legs=[1], actor=desk, at=now)


def test_a_client_is_not_crew(trip, desk, now):
    with pytest.raises(InvalidInput):
        crew.offer_places(trip, person=UserFactory(), role="pic", actor=desk, at=now)


def test_cancelling_the_trip_frees_everybody(trip, desk, now):
    person = crewed(trip)

    trip_ends.cancel_trip(trip, reason="Patient died", actor=desk, at=now)

    assert taken(person) == []
    assert set(CrewLine.objects.values_list("status", flat=True)) == {"released"}
    assert not ResourceBooking.objects.filter(is_live=True).exists()


def test_reporting_extending_and_ending_move_the_ledger(trip, now):
    person = crewed(trip)
    duty = DutyPeriod.objects.get()

    duties.report_for_duty(duty, actor=person, at=START - minutes(70))
    assert taken(person) == [(START - minutes(70), START + 7 * HOUR)]

    duties.extend_duty(duty, end_at=START + 9 * HOUR, reason="Late bed", actor=person, at=START)
    assert taken(person)[0][1] == START + 9 * HOUR

    ended = duties.end_duty(duty, actor=person, at=START + 8 * HOUR)
    assert taken(person) == [(START - minutes(70), START + 8 * HOUR)]
    assert (ended.status, ended.extension_reason) == ("ended", "Late bed")


def test_nobody_reports_for_somebody_else_but_the_desk(trip, now):
    crewed(trip)
    duty = DutyPeriod.objects.get()
    planner = UserFactory()
    grant(planner, "operations.plan_trip")

    with pytest.raises(NotYourPlace):
        duties.report_for_duty(duty, actor=employed(), at=START - HOUR)

    assert duties.report_for_duty(duty, actor=planner, at=START - HOUR).status == "reported"


def test_a_report_or_an_end_to_come_is_refused(trip, now):
    person = crewed(trip)
    duty = DutyPeriod.objects.get()
    soon = START - HOUR

    with pytest.raises(InvalidInput):
        duties.report_for_duty(duty, reported_at=soon, actor=person, at=soon - minutes(6))
    duties.report_for_duty(duty, reported_at=soon, actor=person, at=soon - minutes(5))
    with pytest.raises(InvalidInput):
        duties.end_duty(duty, ended_at=START + HOUR, actor=person, at=START)


def test_an_extension_into_other_work_is_refused(now, desk):
    trip = hand_trip()
    person = crewed(trip)
    later = START + timedelta(hours=10)
    crewed(hand_trip(legs=[leg(1, field("KBSE"), field("KPCK"), later)]), person=person)
    duty = trip.duty_periods.get()
    duties.report_for_duty(duty, actor=person, at=START - HOUR)

    with pytest.raises(DoubleBooked):
        duties.extend_duty(duty, end_at=START + 9.5 * HOUR, reason="Late", actor=person, at=START)

    assert leg_of(trip, 1).status == "scheduled"
