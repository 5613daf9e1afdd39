"""By which limits a crew is judged: how many pilots it has, and whether it sits at a hospital."""

from datetime import timedelta

import pytest

from common.compliance.findings import Stage
from common.exceptions import InvalidInput
from operations.exceptions import PlaceTaken
from operations.models import CrewLogEntry, Trip
from operations.plan_hash import plan_hash
from operations.services import amendments, closing, crew
from operations.services.assessment import assess_trip
from tests.aircraft.factories import TypeFactory
from tests.operations import legal_world
from tests.operations.factories import (
    CrewLineFactory,
    DutyFactory,
    LegFactory,
    TripFactory,
)
from tests.operations.trip_world import (
    START,
    crewed,
    employed,
    field,
    flown,
    hand_trip,
    leg,
    released,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return UserFactory()


def said(trip, code, now):
    found = assess_trip(trip, stage=Stage.RELEASE, at=now).assessment.findings
    return [finding for finding in found if finding.rule == code]


def crew_of(trip, *roles):
    for role in roles:
        crewed(trip, role=role)
    return trip


def test_a_trip_with_relief_pilots_is_judged_as_a_crew_of_three_or_four(now, desk):
    trip = crew_of(hand_trip(), "pic", "sic", "relief")
    (first, *_) = said(trip, "FAR-135.269", now)
    assert "a crew of 3" in first.message
    assert not said(trip, "FAR-135.267-10R", now)
    assert not said(trip, "FAR-135.267-24H2", now)

    crewed(trip, role="relief")

    found = said(trip, "FAR-135.269", now)
    assert len(found) == 4
    assert "a crew of 4" in found[0].message
    with pytest.raises(PlaceTaken):
        crew.offer_places(trip, person=employed(), role="relief", actor=desk, at=now)


def test_who_relieves_a_pilot_is_in_the_log_and_their_hours_count(now, desk):
    hop = leg(1, field("KBSE"), field("KPCK", 42.48, -114.48), START, kind="positioning")
    trip = crew_of(hand_trip(legs=[hop]), "pic", "sic")
    relief = crewed(trip, role="relief")
    crewed(trip, role="relief")
    ready = Trip.objects.get(pk=trip.pk)
    notes = [{"rule": "FAR-135.269", "note": "A bunk, and eight hours each"}]
    trip = flown(released(ready, acknowledgements=notes))

    closing.close_trip(trip, actor=desk, at=START + timedelta(hours=3))

    assert CrewLogEntry.objects.filter(leg__trip=trip).count() == 4
    entry = CrewLogEntry.objects.get(person=relief)
    assert (entry.role, entry.block_min, entry.day_landings) == ("relief", 60, 0)


@pytest.fixture
def helicopter():
    kind = TypeFactory(designator="H145", category="H", engine_count=2, engine_kind="T")
    return legal_world.aircraft(aircraft_type=kind)


def assigned(trip, hours):
    """A pilot alone, on assignment for so many hours with a flight in the first."""
    row = LegFactory(trip=trip, sequence=1)
    person = legal_world.crew_member()
    duty = DutyFactory(trip=trip, person=person, end_at=trip.start_at + timedelta(hours=hours - 1))
    CrewLineFactory(leg=row, person=person, role="pic", duty=duty, offered_by=person)
    return trip


def test_a_crew_at_a_hospital_is_judged_by_its_assignment(helicopter, now):
    trip = assigned(TripFactory(aircraft=helicopter, is_hospital_based=True), 71)
    assert [f.color for f in said(trip, "FAR-135.271-HEMES", now)] == ["green"]
    assert not said(trip, "FAR-135.267-10R", now)

    longer = assigned(TripFactory(aircraft=helicopter, is_hospital_based=True), 73)
    assert [f.color for f in said(longer, "FAR-135.271-HEMES", now)] == ["red"]

    on_demand = assigned(TripFactory(aircraft=helicopter), 71)
    assert not said(on_demand, "FAR-135.271-HEMES", now)
    assert [f.color for f in said(on_demand, "FAR-135.267-10R", now)] == ["red"]


def test_what_a_release_binds_says_whether_the_crew_sits_at_a_hospital(helicopter):
    trip = TripFactory(aircraft=helicopter)
    before = plan_hash(trip)

    Trip.objects.filter(pk=trip.pk).update(is_hospital_based=True)

    assert plan_hash(trip) != before


def test_no_aeroplane_is_flown_by_a_crew_at_a_hospital(desk, now):
    with pytest.raises(InvalidInput) as made:
        hand_trip(is_hospital_based=True)
    with pytest.raises(InvalidInput) as changed:
        amendments.amend_trip(
            hand_trip(), changes={"is_hospital_based": True}, version=None, actor=desk, at=now
        )

    for refused in (made, changed):
        assert refused.value.details["pointer"] == "/is_hospital_based"
