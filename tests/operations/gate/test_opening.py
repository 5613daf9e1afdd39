"""A flight to where nobody is: the hours of handlers and towers at the gate."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from common.compliance.service import assess, record, replay
from common.models import ComplianceState
from contacts.events import ProviderChanged
from contacts.models import FBO
from operations.facts.papers import ServiceFacts
from operations.handlers import judge_trips_where_an_aerodrome_is_attended_otherwise
from operations.models import ServiceItem, TripEvidence
from tests.contacts.factories import FBOFactory
from tests.operations.gate.green import EMPTY_LEG, LEG, NOW, color, without
from tests.operations.gate.scene import AT, SUBJECT

pytestmark = pytest.mark.django_db
NIGHTLY = {str(day): [["06:00", "22:00"]] for day in range(7)}
MOVING = [f"planned_{name}_at" for name in ("out", "off", "on", "in")]
MOVING += ["estimated_out_at", "estimated_in_at"]
OPEN, CLOSED, ON_REQUEST, UNKNOWN = "open", "closed", "on_request", "unknown"


def handled(leg, airport="KBBB", **more):
    given = {"kind": "handling", "status": "confirmed", **more}
    return ServiceFacts(leg=leg, airport=airport, **given)


def going(*services, arrival=UNKNOWN, tower=UNKNOWN, legs=1):
    """A flight that leaves while somebody is there, and how it stands where it arrives."""
    leg = replace(LEG, departure_hours=OPEN, arrival_hours=arrival, arrival_tower=tower)
    back = replace(EMPTY_LEG, departure_hours=arrival, arrival_hours=OPEN)
    return replace(without("airport_hours"), legs=(leg, back)[:legs], services=tuple(services))


@pytest.mark.parametrize(
    ("facts", "released", "planned"),
    [
        (going(arrival=OPEN), Color.GREEN, Color.GREEN),
        (going(arrival=OPEN, tower=OPEN), Color.GREEN, Color.GREEN),
        (going(arrival=OPEN, tower=CLOSED), Color.AMBER, Color.AMBER),
        (going(), Color.AMBER, Color.AMBER),
        (going(arrival=ON_REQUEST), Color.AMBER, Color.AMBER),
        (going(arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(1), arrival=CLOSED), Color.GREEN, Color.GREEN),
        (going(handled(1, kind="slot"), arrival=CLOSED), Color.GREEN, Color.GREEN),
        (going(handled(1, kind="fuel"), arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(1, status="requested"), arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(1, needs_recheck=True), arrival=CLOSED), Color.RED, Color.AMBER),
        # For another flight, elsewhere, or for no flight in particular.
        (going(handled(2), arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(1, "KAAA"), arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(None), arrival=CLOSED), Color.RED, Color.AMBER),
        # Not known to be closed, it is enough that somebody takes care of the aircraft.
        (going(handled(None)), Color.GREEN, Color.GREEN),
        (going(handled(2)), Color.AMBER, Color.AMBER),
        (going(handled(1), legs=2), Color.GREEN, Color.GREEN),
        (going(handled(1), legs=2, arrival=CLOSED), Color.RED, Color.AMBER),
        (going(handled(1), handled(2), legs=2, arrival=CLOSED), Color.GREEN, Color.GREEN),
    ],
)
def test_whether_somebody_is_there(facts, released, planned):
    assert color("OPS-HOURS", facts) == released
    assert color("OPS-HOURS", facts, stage=Stage.PLANNING) == planned


def test_hours_on_record_let_a_closed_field_pass():
    closed = replace(LEG, departure_hours=OPEN, arrival_hours=CLOSED)
    facts = replace(going(), legs=(closed,), evidence=without().evidence)

    assert color("OPS-HOURS", facts) == Color.GREEN


def test_the_words_name_the_local_time():
    found = evaluate(going(arrival=CLOSED), stage=Stage.RELEASE, at=NOW).findings

    (red,) = [f for f in found if f.rule == "OPS-HOURS" and f.color == Color.RED]
    # 21:00 UTC in Boise, a week after the clocks were put forward.
    assert "KBBB: closed at 2026-03-15 15:00 local" in red.message
    assert "Leg 1 KAAA-KBBB" in red.message


@pytest.fixture
def booked(trip):
    """The trip without hours on record, with somebody at the first field day and night."""
    TripEvidence.objects.filter(trip=trip, kind="airport_hours").delete()
    first = trip.legs.get(sequence=1)
    FBOFactory(airport=first.origin, hours_kind="h24", hours=None)
    first.destination.timezone = "America/Los_Angeles"
    first.destination.save()
    return trip


def arriving(trip, at):
    """The first leg as it would be with its arrival on blocks at a moment."""
    shift = at - trip.legs.get(sequence=1).estimated_in_at
    for row in trip.legs.order_by("-sequence"):
        for field in MOVING:
            setattr(row, field, getattr(row, field) + shift)
        row.save()
    return assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=AT).collected.facts.legs[0]


@pytest.mark.parametrize(
    ("utc", "handler", "tower"),
    [
        # Before the clocks go forward at 10:00 UTC on 8 March 2026, 22:00 is 06:00 UTC. The tower
        # is asked about five minutes earlier, when the wheels touch the runway.
        (datetime(2026, 3, 8, 5, 59, tzinfo=UTC), OPEN, OPEN),
        (datetime(2026, 3, 8, 6, 0, tzinfo=UTC), CLOSED, OPEN),
        (datetime(2026, 3, 8, 6, 5, tzinfo=UTC), CLOSED, CLOSED),
        # After it 06:00 is an hour earlier by UTC, and so is 22:00.
        (datetime(2026, 3, 8, 12, 59, tzinfo=UTC), CLOSED, CLOSED),
        (datetime(2026, 3, 8, 13, 0, tzinfo=UTC), OPEN, CLOSED),
        (datetime(2026, 3, 8, 13, 5, tzinfo=UTC), OPEN, OPEN),
        (datetime(2026, 3, 9, 4, 59, tzinfo=UTC), OPEN, OPEN),
        (datetime(2026, 3, 9, 5, 0, tzinfo=UTC), CLOSED, OPEN),
    ],
)
def test_hours_are_local_to_the_minute_across_a_change_of_clocks(booked, utc, handler, tower):
    place = booked.legs.get(sequence=1).destination
    FBOFactory(airport=place, hours=NIGHTLY)
    place.is_controlled, place.tower_hours = True, NIGHTLY
    place.save()

    leg = arriving(booked, utc)

    assert (leg.departure_hours, leg.arrival_hours, leg.arrival_tower) == (OPEN, handler, tower)


def test_the_handler_chosen_for_the_leg_counts_and_not_its_neighbor(booked):
    leg = booked.legs.get(sequence=1)
    at = datetime(2026, 3, 16, 10, 0, tzinfo=UTC)
    shut = FBOFactory(airport=leg.destination, hours=NIGHTLY)
    always = FBOFactory(airport=leg.destination, hours_kind="h24", hours=None)
    item, _ = ServiceItem.objects.get_or_create(
        trip=booked, leg=leg, airport=leg.destination, kind="handling"
    )

    def chosen(fbo):
        ServiceItem.objects.filter(pk=item.pk).update(fbo=fbo)
        return arriving(booked, at).arrival_hours

    assert [chosen(None), chosen(shut), chosen(always)] == [OPEN, CLOSED, OPEN]
    FBO.objects.filter(pk=always.pk).update(is_active=False)
    assert [chosen(None), chosen(always)] == [CLOSED, UNKNOWN]


def test_the_handler_chosen_for_an_arrival_counts_for_the_flight_that_leaves_after_it(booked):
    first, second = booked.legs.order_by("sequence")
    FBOFactory(airport=first.destination, hours_kind="h24", hours=None)
    shut = FBOFactory(airport=first.destination, hours=NIGHTLY)
    own = FBOFactory(airport=first.destination, hours_kind="h24", hours=None)
    listed = {"trip": booked, "airport": first.destination, "kind": "handling"}
    item, _ = ServiceItem.objects.get_or_create(leg=first, **listed)
    night = datetime(2026, 3, 16, 10, 0, tzinfo=UTC) - (second.estimated_out_at - AT)

    def leaving():
        arriving(booked, night + (first.estimated_in_at - AT))
        judged = assess(SUBJECT, booked.pk, stage=Stage.RELEASE, at=AT)
        return judged.collected.facts.legs[1].departure_hours

    assert second.origin_id == first.destination_id
    assert leaving() == OPEN
    ServiceItem.objects.filter(pk=item.pk).update(fbo=shut)
    assert leaving() == CLOSED
    ServiceItem.objects.create(leg=second, fbo=own, needed_at=AT, **listed)
    assert leaving() == OPEN


def test_a_stored_verdict_from_before_is_read_and_evaluated_again(booked):
    verdict = record([assess(SUBJECT, booked.pk, stage=Stage.RELEASE, at=AT)])[booked.pk]
    for leg in verdict.facts["legs"]:
        for name in ("departure_hours", "arrival_hours", "departure_tower", "arrival_tower"):
            del leg[name]
    for service in verdict.facts["services"]:
        del service["fbo_id"]

    again = [f.color for f in replay(verdict).findings if f.rule == "OPS-HOURS"]

    assert again
    assert set(again) <= {Color.AMBER, Color.GREEN}


def test_a_handler_whose_hours_change_has_the_trips_judged_anew(booked):
    record([assess(SUBJECT, booked.pk, stage=Stage.RELEASE, at=AT)])
    place = booked.legs.get(sequence=1).destination_id

    def told(kind):
        judge_trips_where_an_aerodrome_is_attended_otherwise(
            ProviderChanged(kind=kind, provider_id=1, airport_id=place)
        )
        return ComplianceState.objects.get(subject_type=SUBJECT, subject_id=booked.pk).is_stale

    assert [told("groundprovider"), told("fbo")] == [False, True]
