"""Titles, remarks, references and reasons are read by many: none of them names the patient."""

import pytest

from common.exceptions import InvalidInput
from operations.models import Decline, Quote, Trip
from operations.services import (
    amendments,
    crew,
    delays,
    duties,
    evidence,
    movements,
    offers,
    prices,
    releases,
    requests,
    service_items,
    trip_ends,
    worksheets,
)
from tests.operations.factories import NOW, PatientFactory, RequirementFactory
from tests.operations.plans import Desk
from tests.operations.trip_world import START, crewed, hand_trip, leg_of, minutes
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
NAMED = "As Mrs EXAMPLE asked"


@pytest.fixture
def actor():
    return UserFactory(is_superuser=True)


@pytest.fixture
def requirement():
    return RequirementFactory(patient=PatientFactory(known=True))


@pytest.fixture
def trip(requirement):
    trip = hand_trip(requirement=requirement)
    crewed(trip)
    crewed(trip, role="sic")
    return Trip.objects.get(pk=trip.pk)


def pointer_of(refused):
    return refused.value.details["pointer"].removeprefix("/")


TRIP_TEXTS = [
    (lambda t, **w: amendments.amend_trip(t, changes={"title": NAMED}, version=None, **w), "title"),
    (lambda t, **w: amendments.amend_trip(t, changes={"notes": NAMED}, version=None, **w), "notes"),
    (
        lambda t, **w: amendments.amend_trip(t, changes={}, version=None, reason=NAMED, **w),
        "reason",
    ),
    (lambda t, **w: trip_ends.cancel_trip(t, reason=NAMED, **w), "reason"),
    (lambda t, **w: service_items.add_service(t, kind="other", remarks=NAMED, **w), "remarks"),
    (
        lambda t, **w: service_items.update_service(
            item_of(t), changes={"remarks": NAMED}, version=None, **w
        ),
        "remarks",
    ),
    (
        lambda t, **w: service_items.confirm_service(item_of(t), reference=NAMED, **w),
        "reference",
    ),
    (lambda t, **w: service_items.cancel_service(item_of(t), reason=NAMED, **w), "reason"),
    (
        lambda t, **w: delays.delay_leg(leg_of(t, 1), minutes=5, code="crew", remarks=NAMED, **w),
        "remarks",
    ),
    (
        lambda t, **w: evidence.record_evidence(trip=t, kind="airport_hours", reference=NAMED, **w),
        "reference",
    ),
    (
        lambda t, **w: worksheets.fill_in(trip=t, answers={}, mitigation=NAMED, **w),
        "mitigation",
    ),
    (
        lambda t, **w: releases.release_trip(
            t, acknowledgements=[{"rule": "WX-AGE", "note": NAMED}], **w
        ),
        "acknowledgements",
    ),
    (
        lambda t, **w: crew.release_place(leg_of(t, 1).crew.get(role="sic"), reason=NAMED, **w),
        "reason",
    ),
    (
        lambda t, **w: duties.extend_duty(
            leg_of(t, 1).crew.get(role="sic").duty, end_at=START, reason=NAMED, **w
        ),
        "reason",
    ),
]


def item_of(trip):
    return trip.service_items.order_by("pk").first()


@pytest.mark.parametrize("number", range(len(TRIP_TEXTS)))
def test_no_text_of_a_trip_names_its_patient(trip, actor, number):
    write, field = TRIP_TEXTS[number]

    with pytest.raises(InvalidInput) as refused:
        write(trip, actor=actor, at=NOW)

    assert pointer_of(refused) == field
    assert "EXAMPLE" not in str(refused.value)


def test_no_trip_is_made_under_the_name_of_its_patient(requirement):
    with pytest.raises(InvalidInput) as refused:
        hand_trip(requirement=requirement, notes=NAMED)

    assert pointer_of(refused) == "notes"


def test_another_patient_is_not_named_by_what_stands(trip, actor, requirement):
    Trip.objects.filter(pk=trip.pk).update(requirement=None, title=NAMED)

    with pytest.raises(InvalidInput) as refused:
        amendments.amend_trip(
            trip, changes={"requirement": requirement}, version=None, actor=actor, at=NOW
        )

    assert pointer_of(refused) == "title"


def test_no_movement_is_put_right_in_the_name_of_the_patient(trip, actor):
    row, road = leg_of(trip, 1), leg_of(trip, 2).ground_legs.get(is_pickup=True)
    with pytest.raises(InvalidInput) as late:
        movements.record_movement(
            row,
            movement="out",
            moved_at=START,
            reason=NAMED,
            actor=actor,
            at=START + minutes(5),
        )
    with pytest.raises(InvalidInput) as clock:
        movements.record_ground_clock(
            road, clock="bedside", moved_at=START, reason=NAMED, actor=actor, at=START
        )

    assert pointer_of(late) == pointer_of(clock) == "reason"


def test_no_refusal_names_the_patient(actor, now, requirement):
    desk = Desk(now=now, requirement=requirement)
    said = {"by": "us", "reason": "weather", "remarks": NAMED}
    for write in (
        lambda: requests.decline_quote(desk.quote, **said, actor=actor, at=now),
        lambda: requests.record_decline(
            **said, patient=requirement.patient, point=desk.airports[0].point, actor=actor, at=now
        ),
    ):
        with pytest.raises(InvalidInput) as refused:
            write()
        assert pointer_of(refused) == "remarks"
    assert not Decline.objects.exists()


def test_no_offer_and_no_answer_names_the_patient(actor, now, requirement):
    desk = Desk(now=now, requirement=requirement)
    with pytest.raises(InvalidInput) as terms:
        desk.price(terms=NAMED)
    version = desk.price()
    with pytest.raises(InvalidInput) as other_amount:
        prices.override_line(version, sequence=1, amount=1, reason=NAMED, actor=actor, at=now)
    sent = desk.send(version)
    with pytest.raises(InvalidInput) as answer:
        offers.decline_offer(sent, reason="price", name="J", note=NAMED, at=now)

    assert pointer_of(terms) == "terms"
    assert pointer_of(other_amount) == "reason"
    assert pointer_of(answer) == "note"
    assert Quote.objects.get().status == "sent"
