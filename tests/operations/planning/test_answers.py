"""What a plan leaves open of the request, whoever made it; and that such an offer waits."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from msgspec.structs import replace

from common.models import AuditEvent
from operations.exceptions import RequestNotServed
from operations.planning.answers import unserved
from operations.planning.journey import AskedLeg
from tests.operations.factories import DEPARTURE
from tests.operations.plans import HOUR, Desk, leg, place, plan

BASE, BED, CITY, HOME = (place(ident) for ident in ("KBSE", "KBED", "KCTY", "KHOM"))
ASKED = AskedLeg(
    sequence=1,
    origin_id=BED.airport_id,
    destination_id=CITY.airport_id,
    earliest_departure_at=DEPARTURE + 3 * HOUR,
    latest_arrival_at=DEPARTURE + 7 * HOUR,
    has_patient=True,
    passengers=1,
)
CARRYING = {"has_patient": True, "passengers": 1}


def flights(**more):
    """To the patient, on to the city over a technical stop, and home."""
    given = {**CARRYING, **more}
    return plan(
        leg(1, BASE, BED, kind="positioning"),
        leg(2, BED, HOME, is_technical_stop=True, **given),
        leg(3, HOME, CITY, **given),
        leg(4, CITY, BASE, kind="positioning"),
    )


def codes(asked, itinerary):
    return [finding.code for finding in unserved(asked, itinerary)]


def test_what_is_flown_as_it_was_asked_for_leaves_nothing_open():
    assert codes([ASKED], flights()) == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"origin_id": HOME.airport_id}, "request_not_flown"),
        ({"destination_id": HOME.airport_id}, "request_not_flown"),
        (
            {"earliest_departure_at": DEPARTURE + 3 * HOUR + timedelta(minutes=1)},
            "request_too_early",
        ),
        ({"latest_arrival_at": DEPARTURE + 7 * HOUR - timedelta(minutes=1)}, "request_too_late"),
        ({"passengers": 2}, "request_without_passengers"),
    ],
)
def test_each_thing_that_is_left_open_is_told(asked, code):
    assert codes([replace(ASKED, **asked)], flights()) == [code]


def test_a_journey_without_the_patient_is_none_for_the_patient():
    assert codes([ASKED], flights(has_patient=False)) == ["request_without_patient"]
    assert codes([replace(ASKED, has_patient=False)], flights(has_patient=False)) == []


def test_each_journey_asked_for_is_flown_in_its_turn():
    back = replace(
        ASKED,
        sequence=2,
        origin_id=CITY.airport_id,
        destination_id=BED.airport_id,
        latest_arrival_at=None,
    )
    there = leg(1, BED, CITY, out_at=DEPARTURE + 4 * HOUR, **CARRYING)
    home = leg(2, CITY, BED, out_at=DEPARTURE + 6 * HOUR, **CARRYING)

    assert codes([ASKED, back], plan(there, home)) == []
    assert codes([ASKED, back], plan(there)) == ["request_not_flown"]
    assert codes([ASKED, ASKED], plan(there, home)) == ["request_not_flown"]


@pytest.mark.django_db
def test_an_offer_that_does_not_fly_what_was_asked_for_is_sent_with_a_reason_only(now):
    desk = Desk(now=now)
    desk.quote.requested_legs.update(latest_arrival_at=now + 24.5 * HOUR)
    version = desk.price()
    assert [each["code"] for each in version.unserved] == ["request_too_late"]

    with pytest.raises(RequestNotServed) as refusal:
        desk.send(version)
    assert refusal.value.details["findings"] == version.unserved
    with pytest.raises(IntegrityError, match="serves_the_request"), transaction.atomic():
        type(version).objects.filter(pk=version.pk).update(
            sent_at=now, sent_by=desk.actor, link_digest="a" * 64
        )

    sent = desk.send(version, unserved_reason="The hospital agreed to noon")

    assert sent.unserved_reason == "The hospital agreed to noon"
    assert AuditEvent.objects.get(action="quote.sent").reason == "The hospital agreed to noon"


@pytest.mark.django_db
def test_an_offer_that_flies_what_was_asked_for_keeps_no_reason(now):
    desk = Desk(now=now)

    sent = desk.send(unserved_reason="Just in case")

    assert (sent.unserved, sent.unserved_reason) == ([], "")
