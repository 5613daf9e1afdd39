"""Changes of what a trip is planned to do, and the hash that hears of them."""

import pytest

from aircraft.queries.availability import live_bookings
from common.exceptions import InvalidInput
from common.models import OutboxEvent
from operations.models import (
    ServiceItem,
    Trip,
    TripLeg,
)
from operations.plan_hash import plan_hash
from operations.services import amendments, trips
from tests.operations import legal_world
from tests.operations.factories import NOW
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    field,
    hand_trip,
    leg,
    leg_of,
    minutes,
)

pytestmark = pytest.mark.django_db


def held(aircraft):
    rows = live_bookings([aircraft.pk], start=START - 48 * HOUR, end=START + 96 * HOUR)
    return [(row.period.lower, row.period.upper) for row in rows.get(aircraft.pk, [])]


def test_amending_moves_a_leg_with_its_ambulances_and_marks_services(tail, desk, now):
    trip = trips.create_from_quote(accepted_quote(tail), actor=desk, at=now)
    ServiceItem.objects.filter(trip=trip, kind="handling").update(status="confirmed")
    sealed = trip.plan_hash

    amended = amendments.amend_trip(
        trip,
        changes={
            "legs": [
                {"sequence": 2, "planned_out_at": START + 3.5 * HOUR},
                {"sequence": 3, "planned_out_at": START + 6 * HOUR},
            ]
        },
        version=Trip.objects.get(pk=trip.pk).version,
        reason="Bed free later",
        actor=desk,
        at=now,
    )

    second = leg_of(trip, 2)
    assert (second.planned_out_at, second.planned_in_at) == (START + 3.5 * HOUR, START + 4.5 * HOUR)
    pickup = second.ground_legs.get(is_pickup=True)
    assert pickup.planned_end_at == START + 3.5 * HOUR - minutes(10)
    fuel = ServiceItem.objects.filter(trip=trip, kind="fuel").order_by("leg__sequence")
    needed = [row.needed_at for row in fuel]
    assert needed == [START, START + 3.5 * HOUR, START + 6 * HOUR]
    assert held(tail) == [(START, START + 7 * HOUR)]
    assert amended.plan_hash not in ("", sealed)
    marked = ServiceItem.objects.filter(trip=trip, needs_recheck=True)
    assert {(row.kind, row.recheck_because) for row in marked} == {("handling", "Bed free later")}
    assert OutboxEvent.objects.filter(name="operations.trip_changed").exists()


def test_amending_the_title_alone_leaves_plan_and_services(tail, desk, now):
    trip = trips.create_from_quote(accepted_quote(tail), actor=desk, at=now)
    ServiceItem.objects.filter(trip=trip).update(status="confirmed")

    amended = amendments.amend_trip(
        trip, changes={"title": "Transfer 2"}, version=None, actor=desk, at=now
    )

    assert (amended.title, amended.plan_hash) == ("Transfer 2", trip.plan_hash)
    assert not ServiceItem.objects.filter(needs_recheck=True).exists()


def test_another_aircraft_is_taken_and_the_first_is_free(tail, desk, now):
    trip = hand_trip(tail, actor=desk)
    other = legal_world.aircraft()

    amendments.amend_trip(trip, changes={"aircraft": other}, version=None, actor=desk, at=now)

    assert (held(tail), held(other)) == ([], [(START, START + 6.5 * HOUR)])


def test_legs_that_would_overlap_are_refused(tail, desk, now):
    trip = hand_trip(tail, actor=desk)

    with pytest.raises(InvalidInput):
        amendments.amend_trip(
            trip,
            changes={"legs": [{"sequence": 1, "planned_out_at": START + 2.5 * HOUR}]},
            version=None,
            actor=desk,
            at=now,
        )

    assert leg_of(trip, 1).planned_out_at == START


def test_a_leg_that_would_begin_elsewhere_is_refused(tail, desk, now):
    trip = hand_trip(tail, actor=desk)

    with pytest.raises(InvalidInput):
        amendments.amend_trip(
            trip,
            changes={"legs": [{"sequence": 1, "destination": field("KTWF", 42.5, -114.4)}]},
            version=None,
            actor=desk,
            at=now,
        )


def test_the_hash_of_the_plan_hears_of_everything_a_release_binds(tail, desk, now):
    trip = trips.create_from_quote(accepted_quote(tail), actor=desk, at=now)
    seen = {plan_hash(trip)}
    changes = [
        (TripLeg, {"planned_on_at": START + minutes(56)}),
        (TripLeg, {"fuel_kg": 401}),
        (TripLeg, {"alternate": field("KTWF")}),
        (TripLeg, {"min_ceiling_ft": 300}),
        (TripLeg, {"passengers": 1}),
        (TripLeg, {"held_until_at": START + minutes(1)}),
        (Trip, {"kind": "organ"}),
        (Trip, {"aircraft": legal_world.aircraft()}),
    ]

    for model, change in changes:
        rows = model.objects.filter(pk=trip.pk) if model is Trip else trip.legs.filter(sequence=1)
        rows.update(**change)
        seen.add(plan_hash(trip))
    trip.requirement.save()
    seen.add(plan_hash(trip))

    assert len(seen) == len(changes) + 2
    trip.legs.filter(sequence=1).update(estimated_out_at=START + minutes(3), wind_kt=9)
    assert plan_hash(trip) in seen
    assert now == NOW


def test_another_destination_brings_its_own_distance_times_and_fuel(tail, desk, now):
    hop = leg(1, field("KBSE"), field("KPCK", 42.48, -114.48), START, kind="positioning")
    trip = hand_trip(tail, legs=[hop], actor=desk)
    trip.legs.update(landing_distance_m=900, min_ceiling_ft=250, min_visibility_m=800)

    amendments.amend_trip(
        trip,
        changes={
            "legs": [
                {"sequence": 1, "destination": field("KDRP", 40.78, -111.97), "min_ceiling_ft": 400}
            ]
        },
        version=None,
        actor=desk,
        at=now,
    )

    row = leg_of(trip, 1)
    assert float(row.distance_nm) == pytest.approx(251.5, abs=2.0)
    # The plan was 220 NM in 50 minutes on 400 kg.
    assert (row.flight_min, row.block_min, row.fuel_kg) == (57, 67, 456)
    assert row.planned_in_at == row.estimated_in_at == START + minutes(67)
    assert (row.landing_distance_m, row.min_ceiling_ft, row.min_visibility_m) == (None, 400, None)
    assert held(tail) == [(START, START + minutes(67))]
    listed = trip.service_items.values_list("kind", "airport__ident")
    assert sorted(listed) == [("fuel", "KBSE"), ("handling", "KBSE"), ("handling", "KDRP")]


def test_the_ambulance_waits_where_and_when_the_flight_now_arrives(tail, desk, now):
    trip = hand_trip(tail, actor=desk)
    ogden = field("KOGD", 41.2, -112.0)

    amendments.amend_trip(
        trip,
        changes={"legs": [{"sequence": 2, "destination": ogden}, {"sequence": 3, "origin": ogden}]},
        version=None,
        actor=desk,
        at=now,
    )

    row = leg_of(trip, 2)
    assert row.estimated_in_at != START + 4 * HOUR
    roads = {road.is_pickup: road for road in row.ground_legs.all()}
    assert roads[False].expected_start_at == row.estimated_in_at + minutes(10)
    assert roads[False].expected_end_at == row.estimated_in_at + minutes(35)
    assert roads[True].expected_end_at == row.estimated_out_at - minutes(10)


def test_a_runway_of_another_aerodrome_is_refused(tail, desk, now):
    trip = hand_trip(tail, actor=desk)
    elsewhere = legal_world.runway(field("KTWF", 42.5, -114.4))

    with pytest.raises(InvalidInput):
        amendments.amend_trip(
            trip,
            changes={"legs": [{"sequence": 1, "runway": elsewhere}]},
            version=None,
            actor=desk,
            at=now,
        )

    assert leg_of(trip, 1).runway is None
