from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from common.compliance.findings import Color
from common.models import ResourceBooking
from operations.facts.crew import crew_facts, crew_keys, next_crew_change_at
from operations.facts.people import AssignedCrew, DutyFacts, FlightFacts, Sector
from operations.facts.sectors import sector
from operations.facts.types import class_of, flying_facts
from operations.models import CrewLogEntry
from operations.queries.night import is_night
from tests.aircraft.factories import TypeFactory
from tests.operations.factories import (
    CrewLineFactory,
    DutyFactory,
    LegFactory,
    TripFactory,
)
from tests.operations.rules.green_crew import GREEN, findings
from tests.users.factories import (
    CheckFactory,
    DeclaredFlightFactory,
    FlyingDeclarationFactory,
    QualificationFactory,
    UserFactory,
)
from users.models import FlightExperience

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 15, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(person, start=START, hours=6.2, key=1, **more):
    """A duty with one flight that begins an hour after the report."""
    known = {
        "key": key,
        "person_id": person.pk,
        "role": "pic",
        "report_at": start - HOUR,
        "end_at": start + hours * HOUR + HOUR / 2,
        "sectors": (
            Sector(leg=1, off_at=start, on_at=start + hours * HOUR, flight_min=hours * 60),
        ),
    }
    return AssignedCrew(**(known | more))


def facts_of(person, now, **more):
    return crew_facts([entry(person, **more)], now=now)[1][0]


def logged(person, off_at, minutes, leg=None, **more):
    """A flight in our own log; what is not said is an hour by day in a B350."""
    leg = leg or LegFactory(trip=TripFactory(start_at=off_at, status="closed"), sequence=1)
    known = {
        "person": person,
        "leg": leg,
        "role": "pic",
        "aircraft_type": "B350",
        "tail_number": "N1",
        "off_at": off_at,
        "on_at": off_at + timedelta(minutes=minutes),
        "flight_min": minutes,
        "block_min": minutes,
        "is_sole_manipulator": True,
        "recorded_by": person,
        "recorded_at": off_at,
    }
    return CrewLogEntry.objects.create(**(known | more))


def quarter_minutes(member):
    return {(q.year, q.quarter): q.minutes for q in member.quarters}


def test_a_quarter_adds_the_log_what_was_flown_elsewhere_and_what_is_still_planned(now):
    pilot = UserFactory()
    logged(pilot, datetime(2026, 2, 1, tzinfo=UTC), 600)
    DeclaredFlightFactory(user=pilot, off_at=datetime(2026, 1, 5, tzinfo=UTC), flight_min=90)
    withdrawn = DeclaredFlightFactory(user=pilot, off_at=datetime(2026, 1, 6, tzinfo=UTC))
    withdrawn.withdrawn_at = now
    withdrawn.save()
    DeclaredFlightFactory(user=pilot, off_at=datetime(2026, 1, 7, tzinfo=UTC), is_commercial=False)
    planned = LegFactory(planned_out_at=START + timedelta(days=3))
    CrewLineFactory(leg=planned, person=pilot)
    CrewLineFactory(leg=LegFactory(), person=pilot, status="declined")
    CrewLineFactory(leg=LegFactory(trip=TripFactory(status="cancelled")), person=pilot)
    CrewLineFactory(leg=LegFactory(status="cancelled"), person=pilot)
    logged(UserFactory(), datetime(2026, 2, 1, tzinfo=UTC), 2000)

    found = quarter_minutes(facts_of(pilot, now))

    assert found == {
        (2025, 4): 0.0,
        (2026, 1): 600.0 + 90.0 + 60.0,
        (2026, 2): 0.0,
        (2026, 3): 0.0,
        (2026, 4): 0.0,
        (2027, 1): 0.0,
    }


def test_a_flight_over_new_year_counts_in_both_years_in_proportion(now):
    pilot = UserFactory()
    DeclaredFlightFactory(
        user=pilot,
        off_at=datetime(2025, 12, 31, 23, 0, tzinfo=UTC),
        on_at=datetime(2026, 1, 1, 2, 0, tzinfo=UTC),
        flight_min=90,
    )

    found = quarter_minutes(facts_of(pilot, now))

    assert (found[2025, 4], found[2026, 1]) == (30.0, 60.0)


def test_a_leg_that_is_logged_is_not_counted_as_planned_too(now):
    pilot = UserFactory()
    leg = LegFactory(trip=TripFactory(status="completed"))
    CrewLineFactory(leg=leg, person=pilot)
    logged(pilot, leg.planned_off_at, 50, leg=leg, block_min=55)

    assert quarter_minutes(facts_of(pilot, now))[2026, 1] == 55.0


def test_the_trip_that_is_judged_is_left_out_and_an_offer_leaves_nothing_out(now):
    pilot = UserFactory()
    leg = LegFactory()
    CrewLineFactory(leg=leg, person=pilot)

    booked = facts_of(pilot, now, trip_id=leg.trip_id)
    offered = facts_of(pilot, now)

    assert quarter_minutes(booked)[2026, 1] == 0.0
    assert (booked.flights, booked.duties) == ((), ())
    assert quarter_minutes(offered)[2026, 1] == 60.0
    assert [f.minutes for f in offered.flights] == [60.0]
    assert [d.source for d in offered.duties] == ["trip"]


def test_flights_and_duties_near_the_trip_come_with_their_times(now):
    pilot, second = UserFactory(), UserFactory()
    leg = LegFactory(planned_out_at=START - 20 * HOUR)
    duty = DutyFactory(
        person=pilot, trip=leg.trip, report_at=START - 21 * HOUR, end_at=START - 18 * HOUR
    )
    CrewLineFactory(leg=leg, person=pilot, duty=duty)
    CrewLineFactory(leg=leg, person=second, role="sic")
    DutyFactory(person=pilot, status="cancelled")
    drone = TimestamptzRange(START - 40 * HOUR, START - 36 * HOUR, "[)")
    for kind, pk, is_live, source in (
        ("person", pilot.pk, True, "flight_operations.flightoperation"),
        ("person", second.pk, True, "flight_operations.flightoperation"),
        ("rpas_aircraft", pilot.pk, True, "flight_operations.flightoperation"),
        ("person", pilot.pk, False, "flight_operations.flightoperation"),
        ("person", pilot.pk, False, "operations.dutyperiod"),
    ):
        ResourceBooking.objects.create(
            resource_kind=kind,
            resource_id=pk,
            period=drone,
            is_live=is_live,
            source_type=source,
            source_id=1,
        )

    member = facts_of(pilot, now)

    assert member.flights == (
        FlightFacts(
            start_at=START - 20 * HOUR,
            end_at=START - 19 * HOUR,
            minutes=60.0,
            pilots=2,
            is_flown=False,
        ),
    )
    assert member.duties == (
        DutyFacts(
            start_at=START - 40 * HOUR,
            end_at=START - 36 * HOUR,
            source="flight_operations.flightoperation",
        ),
        DutyFacts(start_at=START - 21 * HOUR, end_at=START - 18 * HOUR, source="trip"),
    )


def test_what_is_flown_near_the_last_duty_of_a_trip_is_told_with_every_duty(now):
    pilot = UserFactory()
    home = START + 144 * HOUR
    before = DeclaredFlightFactory(
        user=pilot, off_at=home - 12 * HOUR, on_at=home - 5 * HOUR, flight_min=420
    )
    duties = [entry(pilot), entry(pilot, start=home, hours=5, sectors=())]

    first, last = crew_facts(duties, now=now)[1]

    assert [f.start_at for f in first.flights] == [f.start_at for f in last.flights]
    assert [d.start_at for d in first.duties] == [before.off_at]


def test_actual_times_replace_the_planned_ones(now):
    pilot = UserFactory()
    leg = LegFactory(
        planned_out_at=START - 20 * HOUR,
        actual_out_at=START - 19 * HOUR,
        actual_off_at=START - 18.8 * HOUR,
        actual_on_at=START - 17.2 * HOUR,
        actual_in_at=START - 17 * HOUR,
        status="in",
        trip=TripFactory(status="active"),
    )
    CrewLineFactory(leg=leg, person=pilot)

    assert facts_of(pilot, now).flights == (
        FlightFacts(start_at=START - 19 * HOUR, end_at=START - 17 * HOUR, minutes=120.0, pilots=1),
    )


def test_days_of_flying_know_their_class_and_count_what_one_flew_oneself(now):
    pilot = UserFactory()
    TypeFactory(designator="BE58", category="L", engine_count=2, engine_kind="P")
    day = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    logged(pilot, day, 60, aircraft_type="BE58", day_takeoffs=1, day_landings=1, approaches=1)
    logged(
        pilot,
        day + 2 * HOUR,
        50,
        aircraft_type="BE58",
        is_sole_manipulator=False,
        day_landings=3,
    )
    DeclaredFlightFactory(
        user=pilot, off_at=day + 5 * HOUR, aircraft_type="ZZ9", flight_min=30, night_landings=2
    )
    logged(pilot, day - timedelta(days=401), 60)

    known, unknown = facts_of(pilot, now).days

    assert (known.on, known.aircraft_class, known.is_turbine) == (
        date(2026, 3, 1),
        "aeroplane multi land",
        False,
    )
    assert (known.minutes, known.day_takeoffs, known.day_landings, known.approaches) == (
        110,
        1,
        1,
        1,
    )
    assert (unknown.aircraft_class, unknown.is_turbine, unknown.night_landings) == ("", None, 2)


def test_papers_checks_declarations_and_hours_come_as_they_are(now):
    pilot = UserFactory(date_of_birth=date(1980, 5, 6))
    QualificationFactory(
        user=pilot, kind="medical", classification="Class 1", issued_on=date(2026, 1, 2)
    )
    QualificationFactory(user=pilot, kind="medical", status="revoked")
    CheckFactory(user=pilot, done_on=date(2026, 1, 5), base_month=date(2026, 2, 1))
    CheckFactory(user=pilot, kind="135.299", done_on=date(2026, 1, 6), is_passed=False)
    FlyingDeclarationFactory(user=pilot)
    for category, minutes, cross_country in (("aeroplane", 600, 300), ("multirotor", 999, None)):
        FlightExperience.objects.create(
            user=pilot,
            category=category,
            flown_minutes=minutes,
            night_minutes=60,
            cross_country_minutes=cross_country,
            as_of_on=date(2025, 1, 1),
            declared_by=pilot,
            declared_at=now,
        )
    logged(pilot, datetime(2026, 2, 1, tzinfo=UTC), 120, night_min=30)

    member = facts_of(pilot, now)

    assert member.date_of_birth == date(1980, 5, 6)
    assert [(p.kind, p.classification, p.is_verified) for p in member.papers] == [
        ("medical", "Class 1", True)
    ]
    assert [(c.kind, c.base_month, c.is_passed) for c in member.checks] == [
        ("135.293b", date(2026, 2, 1), True),
        ("135.299", date(2026, 1, 1), False),
    ]
    assert member.is_declared(date(2025, 1, 1), date(2026, 12, 31))
    assert not member.is_declared(date(2024, 12, 31), date(2025, 1, 1))
    assert msgspec.structs.asdict(member.experience) == {
        "total_min": 720,
        "night_min": 90,
        "cross_country_min": 300,
        "instrument_min": None,
        "instrument_flight_min": None,
    }


def test_what_nobody_knows_is_none(now):
    member = facts_of(UserFactory(), now)

    assert (member.date_of_birth, member.experience) == (None, None)
    assert (member.papers, member.checks, member.declared, member.days) == ((), (), (), ())


def test_declarations_that_follow_on_each_other_cover_what_lies_between_and_no_gap(now):
    pilot = UserFactory()
    for first, last in ((1, 9), (10, 20), (22, 31)):
        FlyingDeclarationFactory(
            user=pilot, from_on=date(2026, 3, first), until_on=date(2026, 3, last)
        )

    member = facts_of(pilot, now)

    assert member.is_declared(date(2026, 3, 1), date(2026, 3, 20))
    assert member.is_declared(date(2026, 3, 5), date(2026, 3, 12))
    assert not member.is_declared(date(2026, 3, 1), date(2026, 3, 21))
    assert not member.is_declared(date(2026, 2, 28), date(2026, 3, 2))


def test_days_off_of_the_quarter_are_counted_with_the_trip_and_every_other_duty(now):
    pilot = UserFactory()
    trip = TripFactory()
    # The quarter has 90 days; a duty from noon to noon takes one and cuts two.
    for day in (10, 20):
        noon = datetime(2026, 2, day, 12, 0, tzinfo=UTC)
        DutyFactory(person=pilot, trip=trip, report_at=noon, end_at=noon + 24 * HOUR)

    (rests,) = facts_of(pilot, now).rests

    # 40 and a half days, 9, 33 days to the report, 16 after it to the end: whole days of each.
    assert (rests.year, rests.quarter, rests.count) == (2026, 1, 40 + 9 + 22 + 15)


def test_somebody_who_does_not_exist_is_left_out_and_nobody_asked_is_nobody_found(now):
    pilot = UserFactory()
    ghost = msgspec.structs.replace(entry(pilot, key=2), person_id=pilot.pk + 1_000_000)

    assert set(crew_facts([entry(pilot), ghost], now=now)) == {1}
    assert crew_facts([], now=now) == {}


def test_two_duties_on_one_trip_are_two_entries_in_order(now):
    pilot = UserFactory()
    later = entry(pilot, start=START + 24 * HOUR)

    members = crew_facts([entry(pilot), later], now=now)[1]

    assert [m.report_at for m in members] == [START - HOUR, START + 23 * HOUR]


def test_more_people_and_trips_need_no_more_statements(now):
    def ask(count):
        people = [UserFactory() for _ in range(count)]
        for person in people:
            CrewLineFactory(leg=LegFactory(), person=person)
            DeclaredFlightFactory(user=person)
            CheckFactory(user=person)
        asked = [entry(person, key=number) for number, person in enumerate(people)]
        with CaptureQueriesContext(connection) as seen:
            found = crew_facts(asked, now=now)
        assert len(found) == count
        return len(seen)

    assert (ask(1), ask(8)) == (1, 1)


def test_a_pilot_at_495_hours_who_is_offered_six_point_two_more_is_refused(now):
    pilot = UserFactory(first_name="Pat", last_name="Pilot")
    FlyingDeclarationFactory(user=pilot)
    for number in range(99):
        logged(pilot, datetime(2026, 1, 1, tzinfo=UTC) + number * 12 * HOUR, 300)

    crew = crew_facts([entry(pilot)], now=now)[1]
    found = findings(msgspec.structs.replace(GREEN, crew=crew), at=now)

    red = [f for f in found["FAR-135.267-QTR"] if f.color == Color.RED]
    assert [(f.citation, f.limit, f.value) for f in red] == [("14 CFR 135.267(a)(1)", 500, 501.2)]


def test_keys_and_the_next_moment_a_verdict_may_change(now):
    pilot = UserFactory()
    crew = crew_facts([entry(pilot)], now=now)[1]

    assert crew_keys(crew) == {f"user:{pilot.pk}"}
    assert next_crew_change_at(crew, now) == datetime(2026, 4, 1, tzinfo=UTC)
    assert next_crew_change_at(crew, datetime(2026, 4, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("code", "mtow_kg", "class_", "type_rating"),
    [
        ("L2T", 6804, "aeroplane multi land", True),
        ("L2T", 5670, "aeroplane multi land", False),
        ("L1T", 4740, "aeroplane single land", False),
        ("L2J", 4000, "aeroplane multi land", True),
        ("H2T", 3585, "helicopter", False),
        ("S1P", 2000, "aeroplane single sea", False),
    ],
)
def test_a_type_code_says_class_and_whether_a_type_is_rated(code, mtow_kg, class_, type_rating):
    asked = flying_facts(code, mtow_kg=mtow_kg)

    assert (class_of(code), asked.aircraft_class, asked.needs_type_rating) == (
        class_,
        class_,
        type_rating,
    )


def test_a_type_nobody_described_says_nothing():
    asked = flying_facts(None, mtow_kg=5000)

    assert (asked.aircraft_class, asked.is_turbojet, asked.needs_type_rating) == (None,) * 3
    assert class_of("G1P") == ""


def test_night_begins_an_hour_after_sunset_and_ends_an_hour_before_sunrise():
    sydney = {"lat": -33.946, "lon": 151.177}
    # Sunset on 15 March 2026 is at 08:13 UTC, sunrise the next morning at 19:58.
    moments = ["08:30", "09:10", "09:20", "18:50", "19:05", "20:30"]
    found = [
        is_night(**sydney, at=datetime.fromisoformat(f"2026-03-15T{moment}:00+00:00"))
        for moment in moments
    ]

    assert found == [False, False, True, True, False, False]


def test_where_the_sun_does_not_set_it_is_never_night_and_where_it_does_not_rise_always():
    longyearbyen = {"lat": 78.246, "lon": 15.466}

    assert not is_night(**longyearbyen, at=datetime(2026, 6, 21, 23, 0, tzinfo=UTC))
    assert is_night(**longyearbyen, at=datetime(2026, 12, 21, 11, 0, tzinfo=UTC))


def test_a_sector_counts_from_blocks_to_blocks_and_knows_no_light_without_positions():
    times = {
        "out_at": START,
        "off_at": START + HOUR / 6,
        "on_at": START + HOUR,
        "in_at": START + 1.25 * HOUR,
    }
    made = sector(leg=1, **times, origin=None, destination=(0.0, 0.0), carries_persons=True)

    assert (made.minutes, made.flight_min, made.is_night) == (75.0, 50.0, None)
    assert (made.start_at, made.end_at) == (times["out_at"], times["in_at"])
