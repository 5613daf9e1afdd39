from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aircraft.models import Aircraft, AltitudeBand, PayloadRange
from aircraft.queries.suitability import suitable_aircraft
from aircraft.services.defects import defer_defect
from aircraft.suitability import Need, NeededLeg, NeededRunway
from tests.aircraft.factories import (
    AircraftFactory,
    DefectFactory,
    TaskFactory,
    VisitFactory,
    book_flight,
)

pytestmark = pytest.mark.django_db


def need(now, *, leg=None, **more):
    given = {
        "start_at": now + timedelta(days=1),
        "end_at": now + timedelta(days=1, hours=8),
        "legs": (NeededLeg(**{"distance_nm": 400, **(leg or {})}),),
        "payload_kg": 480,
        "seats": 3,
        "stretchers": 1,
        "oxygen_l": 2400,
        **more,
    }
    return Need(**given)


def ask(wanted, now):
    return suitable_aircraft(wanted, rows=Aircraft.objects.all(), now=now)


def codes(wanted, now):
    (answer,) = ask(wanted, now)
    return sorted({reason.code for reason in answer.reasons})


def test_an_able_aircraft_is_timed(tail, now):
    (answer,) = ask(need(now), now)

    assert (answer.is_suitable, answer.reasons) == (True, ())
    # 400 NM at 300 kt, 13 min of climb and descent, 10 min of taxi.
    assert answer.block_min == 103
    assert answer.fuel_kg == 400 + 60 + 40


@pytest.mark.parametrize(
    ("change", "code", "value", "limit"),
    [
        ({"payload_kg": 1051}, "payload", 1051, 1050),
        ({"seats": 9}, "seats", 9, 8),
        ({"stretchers": 3}, "stretchers", 3, 2),
        ({"oxygen_l": 6801}, "oxygen", 6801, 6800),
        ({"leg": {"departure": NeededRunway(length_m=1099)}}, "runway_length", 1099, 1100),
        ({"leg": {"arrival": NeededRunway(surface="grass")}}, "runway_surface", "grass", None),
        ({"leg": {"distance_nm": 1480}}, "range", 1480, None),
        ({"leg": {"distance_nm": 2000}}, "fuel", None, 1638),
    ],
)
def test_each_reason_names_what_is_needed_and_what_there_is(tail, now, change, code, value, limit):  # noqa: PLR0917 - one argument a column
    (answer,) = ask(need(now, **change), now)

    found = [reason for reason in answer.reasons if reason.code == code]
    assert found
    assert not answer.is_suitable
    assert value is None or found[0].value == value
    assert limit is None or found[0].limit == limit


def test_range_is_judged_through_the_air(tail, now):
    # 1,200 NM against 60 kt are 1,500 NM of air; with 480 kg there are 1,447.
    (answer,) = ask(need(now, leg={"distance_nm": 1200, "wind_kt": -60}), now)

    reason = next(each for each in answer.reasons if each.code == "range")
    assert (reason.value, reason.limit, reason.leg) == (1500, 1447.1, 0)


def test_a_leg_is_flown_where_the_aircraft_can_fly_it_not_only_where_it_is_quickest(now):
    thirsty = AircraftFactory(performance=False, usable_fuel_kg=900)
    for floor_ft, speed_kt, burn_kg_h in ((0, 250, 300), (10_000, 300, 600)):
        AltitudeBand.objects.create(
            aircraft=thirsty,
            floor_ft=floor_ft,
            ceiling_ft=floor_ft + 10_000,
            cruise_ktas=speed_kt,
            burn_kg_h=burn_kg_h,
        )
    PayloadRange.objects.create(aircraft=thirsty, payload_kg=1050, range_nm=1500)

    (near,) = ask(need(now), now)
    (far,) = ask(need(now, leg={"distance_nm": 500}), now)
    (farther,) = ask(need(now, leg={"distance_nm": 900}), now)

    # 500 NM with reserve and taxi: 1000 + 450 + 40 kg high, 600 + 225 + 40 kg low.
    assert (near.is_suitable, near.legs[0].floor_ft) == (True, 0)
    assert (far.is_suitable, far.legs[0].floor_ft) == (True, 0)
    assert {reason.code for reason in farther.reasons} == {"fuel", "take_off_weight"}
    assert farther.legs[0].floor_ft == 10_000


def test_take_off_weight_counts_basic_weight_payload_and_fuel(now):
    AircraftFactory(mtow_kg=5600)

    assert codes(need(now, payload_kg=700), now) == ["take_off_weight"]


def test_what_is_booked_grounded_or_overdue_is_said(tail, now):
    book_flight(tail, now + timedelta(hours=20), now + timedelta(hours=25))
    DefectFactory(aircraft=tail)
    TaskFactory(aircraft=tail, interval_min=90)
    Aircraft.objects.filter(pk=tail.pk).update(
        status="grounded", insurance_expires_on=date(2026, 3, 14)
    )

    assert codes(need(now), now) == ["booked", "defect", "document", "maintenance", "status"]


def test_a_deferral_counts_until_its_last_day_at_the_base(tail, controller, now):
    defer_defect(
        DefectFactory(aircraft=tail), mel_item="34", category="B", actor=controller, at=now
    )

    assert codes(need(now), now) == []
    late = need(now, start_at=now + timedelta(days=4), end_at=now + timedelta(days=4, hours=8))
    assert codes(late, now) == ["defect"]


def test_a_weighing_that_lapses_keeps_an_aircraft_of_several_engines_away(tail, now):
    Aircraft.objects.filter(pk=tail.pk).update(weighed_on=date(2023, 2, 28))
    assert codes(need(now), now) == ["document"]

    tail.aircraft_type.engine_count = 1
    tail.aircraft_type.save()
    assert codes(need(now), now) == []


def test_a_vor_check_past_due_only_rules_out_flying_by_vor(tail, now):
    TaskFactory(aircraft=tail, kind="vor", interval_days=30, last_done_on=date(2026, 1, 1))

    assert codes(need(now), now) == []


def test_flying_booked_before_counts_towards_maintenance(tail, now):
    TaskFactory(aircraft=tail, interval_min=300)
    assert codes(need(now), now) == []

    book_flight(tail, now + timedelta(hours=3), now + timedelta(hours=7))

    (answer,) = ask(need(now), now)
    (reason,) = answer.reasons
    # 300 - 240 booked - 93 of its own.
    assert (reason.code, reason.value) == ("maintenance", -33)


def test_a_trip_being_changed_does_not_stand_in_its_own_way(tail, now):
    booked = book_flight(tail, now + timedelta(days=1), now + timedelta(days=2))

    answers = suitable_aircraft(
        need(now),
        rows=Aircraft.objects.all(),
        now=now,
        exclude_source=f"users.user:{booked.pk}",
    )

    assert answers[0].is_suitable


def test_without_performance_an_aircraft_is_excluded_with_the_reason(now):
    AircraftFactory(performance=False)

    (answer,) = ask(need(now), now)

    assert [reason.code for reason in answer.reasons] == ["performance"]
    assert (answer.block_min, answer.legs) == (None, (None,))


def test_legs_longer_than_the_period_do_not_fit(tail, now):
    wanted = need(now, end_at=now + timedelta(days=1, hours=1))

    assert codes(wanted, now) == ["time"]


def test_every_tail_answers_able_ones_first_in_as_many_queries_as_one(now):
    slow = AircraftFactory(tail_number="N1SLOW", stretchers=0)
    AircraftFactory(tail_number="N9GOOD")
    AircraftFactory(tail_number="N0GONE", status="retired")
    with CaptureQueriesContext(connection) as few:
        answers = ask(need(now), now)
    for number in range(6):
        VisitFactory(aircraft=AircraftFactory(tail_number=f"N5{number}"))

    with CaptureQueriesContext(connection) as many:
        assert len(ask(need(now), now)) == 8

    assert [answer.tail_number for answer in answers] == ["N9GOOD", "N1SLOW"]
    assert answers[1].aircraft_id == slow.pk
    assert len(few) == len(many) == 6
