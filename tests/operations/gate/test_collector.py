from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from common.compliance.findings import Color, Stage
from common.compliance.service import assess, is_replayable, judge, recompute, record, replay
from common.geo import point
from common.models import ComplianceState
from contacts.models import Contact
from operations.events import DeclineRecorded
from operations.facts.next_change import next_change_at
from operations.handlers import judge_trips_that_others_refused
from operations.itinerary import PlannedGround
from operations.models import Decline, DutyPeriod, GroundLeg, Trip
from tests.airports.factories import RunwayFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import DEPARTURE, TripFactory
from tests.operations.gate.scene import AT, BOISE, SUBJECT, first_pilot
from tests.operations.plans import Desk
from tests.operations.trip_world import accepted_quote

pytestmark = pytest.mark.django_db


def not_green(judged):
    return {f.rule: f.message for f in judged.assessment.findings if f.color != Color.GREEN}


def test_a_trip_with_everything_is_green_at_release(trip):
    assert not_green(assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT)) == {}


def test_a_stored_verdict_replays_equal_from_its_json(trip):
    judged = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT)

    verdict = record([judged])[trip.pk]
    verdict.refresh_from_db()

    assert replay(verdict) == judged.assessment
    assert is_replayable(verdict)


def test_the_statements_do_not_grow_with_the_trips(trip):
    keys = [trip.pk] + [TripFactory(legs=2).pk for _ in range(9)]

    counts = []
    for size in (1, 3, 10):
        with CaptureQueriesContext(connection) as queries:
            judge(SUBJECT, keys[:size], stage=Stage.RELEASE, at=AT)
        counts.append(len(queries))

    assert len(set(counts)) == 1
    assert counts[0] <= 28


def test_it_names_what_the_verdict_rests_on(trip):
    keys = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.dependencies

    people = {f"user:{line.person_id}" for leg in trip.legs.all() for line in leg.crew.all()}
    assert keys == people | {
        f"trip:{trip.pk}",
        f"aircraft:{trip.aircraft_id}",
        f"requirement:{trip.requirement_id}",
        f"patient:{trip.requirement.patient_id}",
        "crewed_fleet",
        "opsspecs",
        "aerodromes",
        "weather",
        *(f"attended:{leg.origin_id}" for leg in trip.legs.all()),
        *(f"attended:{leg.destination_id}" for leg in trip.legs.all()),
        "weather:KBOI",
        "weather:KGEG",
    }


def test_time_alone_changes_the_answer_when_a_report_grows_old(trip):
    changes_at = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.next_change_at

    # The arrival comes within two hours before the report of ten minutes ago is an hour old.
    assert changes_at == AT + timedelta(minutes=25)


def planned_min(trip):
    return assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts.aircraft.planned_min


def test_what_the_aircraft_flew_counts_as_planned_until_its_hours_are_added(trip):
    other = TripFactory(
        aircraft=trip.aircraft, start_at=DEPARTURE - timedelta(days=2), legs=2, status="active"
    )
    assert planned_min(trip) == 2 * 50 + 2 * 50

    other.legs.filter(sequence=1).update(status="in")
    other.legs.filter(sequence=2).update(status="off")
    assert planned_min(trip) == 2 * 50 + 2 * 50

    other.legs.update(status="in")
    Trip.objects.filter(pk=other.pk).update(status="completed")
    assert planned_min(trip) == 2 * 50 + 2 * 50

    Trip.objects.filter(pk=other.pk).update(status="closed")
    assert planned_min(trip) == 2 * 50


def test_what_a_trip_under_way_flew_itself_counts_until_it_is_closed(trip):
    Trip.objects.filter(pk=trip.pk).update(status="active")
    trip.legs.filter(sequence=1).update(status="in")

    assert planned_min(trip) == 2 * 50


def test_the_end_of_the_quarter_may_change_what_is_said_of_the_pilots(trip):
    facts = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts

    # No report and no forecast is left that could turn.
    later = facts.end_at + timedelta(days=2)
    assert next_change_at(facts, later) == datetime(2026, 4, 1, tzinfo=UTC)


def test_the_facts_count_another_operators_refusal_nearby_within_six_hours(trip):
    for hours, place in ((5, BOISE), (7, BOISE), (5, (43.9, -116.2))):
        Decline.objects.create(
            by="other_operator",
            reason="weather",
            point=point(lat=place[0], lon=place[1]),
            declined_at=AT - timedelta(hours=hours),
        )

    facts = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts

    assert facts.refusals_nearby == 1


def test_a_refusal_near_where_a_later_leg_takes_the_patient_counts_once(trip):
    patient = trip.requirement.patient
    Decline.objects.create(
        by="other_operator",
        reason="weather",
        point=trip.legs.get(sequence=2).origin.point,
        declined_at=AT - timedelta(hours=5),
    )

    def counted():
        found = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts
        return found.refusals_nearby

    trip.legs.filter(sequence=2).update(kind="live", has_patient=False)
    assert counted() == 0
    trip.legs.filter(sequence=2).update(has_patient=True)
    assert counted() == 1
    Decline.objects.update(patient=patient)
    assert counted() == 1


def test_a_refusal_at_the_pick_up_hospital_counts_though_the_field_is_far_from_it(trip):
    leg = trip.legs.get(sequence=1)
    hospital = ContactFactory(point=point(lat=43.2, lon=-116.9))
    refused = Decline.objects.create(
        by="other_operator",
        reason="weather",
        point=point(lat=43.21, lon=-116.9),
        declined_at=AT - timedelta(hours=5),
    )

    def counted():
        found = assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts
        return found.refusals_nearby

    assert counted() == 0
    road = GroundLeg.objects.create(
        trip=trip,
        leg=leg,
        is_pickup=True,
        place=hospital,
        distance_km=40,
        planned_start_at=leg.planned_out_at - timedelta(minutes=60),
        planned_end_at=leg.planned_out_at - timedelta(minutes=10),
    )
    assert counted() == 1
    # Near both it is still one refusal.
    Decline.objects.filter(pk=refused.pk).update(patient=trip.requirement.patient)
    assert counted() == 1
    Decline.objects.filter(pk=refused.pk).update(patient=None)
    # Where the patient is taken to, nobody refused to fetch them.
    GroundLeg.objects.filter(pk=road.pk).update(is_pickup=False)
    assert counted() == 0


@pytest.mark.parametrize(
    ("by", "near", "is_stale"),
    [("other_operator", True, True), ("other_operator", False, False), ("us", True, False)],
)
def test_a_refusal_that_comes_in_makes_the_verdict_of_the_trip_stale(trip, by, near, is_stale):
    hospital = ContactFactory(point=point(lat=43.2, lon=-116.9))
    leg = trip.legs.get(sequence=1)
    GroundLeg.objects.create(
        trip=trip,
        leg=leg,
        is_pickup=True,
        place=hospital,
        distance_km=40,
        planned_start_at=leg.planned_out_at - timedelta(minutes=60),
        planned_end_at=leg.planned_out_at - timedelta(minutes=10),
    )
    record([assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT)])
    decline = Decline.objects.create(
        by=by, reason="weather", point=point(lat=43.2 if near else 40.0, lon=-116.9), declined_at=AT
    )

    judge_trips_that_others_refused(DeclineRecorded(decline_id=decline.pk))

    state = ComplianceState.objects.get(subject_type=SUBJECT, subject_id=trip.pk)
    assert state.is_stale is is_stale


def test_a_refusal_at_the_hospital_of_an_offer_counts_and_one_without_a_place_is_none(now):
    desk = Desk(now=now)
    hospital = ContactFactory(point=point(lat=10.0, lon=10.0))
    start = desk.itinerary.legs[1].out_at
    road = PlannedGround(
        leg=2,
        is_pickup=True,
        contact_id=hospital.pk,
        place_name="County",
        distance_km=40.0,
        start_at=start - timedelta(minutes=60),
        end_at=start - timedelta(minutes=10),
    )
    version = desk.price(itinerary=replace(desk.itinerary, ground=(road,)))
    Decline.objects.create(
        by="other_operator",
        reason="weather",
        point=point(lat=10.01, lon=10.0),
        declined_at=now - timedelta(hours=1),
    )

    def counted():
        found = assess("operations.quoteversion", version.pk, stage=Stage.PLANNING, at=now)
        return found.collected.facts.refusals_nearby

    assert counted() == 1
    Contact.objects.filter(pk=hospital.pk).update(point=None)
    assert counted() == 0


def test_a_runway_without_a_bearing_is_turned_by_the_variation_of_the_others(trip):
    spokane = trip.legs.get(sequence=1).destination
    runway = spokane.runways.get()
    type(runway).objects.filter(pk=runway.pk).update(le_heading_deg=104.0, he_heading_deg=284.0)
    RunwayFactory(airport=spokane, le_ident="03", he_ident="21", centerline=None)

    arrival = assess(SUBJECT, trip.pk, stage=Stage.PLANNING, at=AT).collected.facts.legs[0].arrival

    assert arrival.variation_deg == 14.0
    assert [end.true_deg for end in arrival.runways[1].ends] == [44.0, 224.0]


def test_the_more_displaced_threshold_of_a_runway_is_known(trip):
    spokane = trip.legs.get(sequence=1).destination
    spokane.runways.update(le_displaced_ft=200, he_displaced_ft=500)

    arrival = assess(SUBJECT, trip.pk, stage=Stage.PLANNING, at=AT).collected.facts.legs[0].arrival

    assert [runway.displaced_m for runway in arrival.runways] == [152.4]


def test_the_patients_time_on_the_road_includes_loading_and_unloading(trip):
    leg = trip.legs.get(sequence=1)
    out_at, in_at = leg.estimated_out_at, leg.estimated_in_at
    for is_pickup, start, end in (
        (True, out_at - timedelta(minutes=45), out_at - timedelta(minutes=20)),
        (False, in_at + timedelta(minutes=15), in_at + timedelta(minutes=35)),
    ):
        GroundLeg.objects.create(
            trip=trip,
            leg=leg,
            is_pickup=is_pickup,
            distance_km=9,
            planned_start_at=start,
            planned_end_at=end,
        )

    ground = assess(SUBJECT, trip.pk, stage=Stage.PLANNING, at=AT).collected.facts.ground

    assert [(road.is_pickup, road.minutes) for road in ground] == [(True, 45.0), (False, 35.0)]


def test_an_offer_counts_the_road_as_the_trip_will():
    (version,) = accepted_quote().versions.all()

    ground = assess(
        "operations.quoteversion", version.pk, stage=Stage.PLANNING, at=AT
    ).collected.facts.ground

    assert [(road.leg, road.minutes) for road in ground] == [(2, 40.0), (2, 35.0)]


def test_a_trip_without_legs_is_red():
    trip = TripFactory()

    assert "OPS-LEGS" in not_green(assess(SUBJECT, trip.pk, stage=Stage.PLANNING, at=AT))


@pytest.mark.parametrize(
    ("status", "stage", "color"),
    [("released", "release", Color.RED), ("active", "inflight", Color.AMBER)],
)
def test_a_trip_under_way_is_judged_as_one_in_flight(trip, status, stage, color):
    record([assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT)])
    Trip.objects.filter(pk=trip.pk).update(status=status)
    # Fifteen hours of duty leave nine of rest in the 24 before its end.
    duty = DutyPeriod.objects.filter(trip=trip, person=first_pilot(trip))
    duty.update(end_at=duty.get().report_at + timedelta(hours=15))
    state = ComplianceState.objects.get(subject_type=SUBJECT, subject_id=trip.pk)

    recompute([state.pk], at=AT)

    state.refresh_from_db()
    assert state.verdict.stage == stage
    rests = [f["color"] for f in state.verdict.findings if f["rule"] == "FAR-135.267-10R"]
    assert sorted(rests) == sorted([color, Color.GREEN])
