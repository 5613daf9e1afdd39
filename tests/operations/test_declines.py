"""Refusals that the desk must know of, and how fast it answers."""

from datetime import timedelta

import pytest

from common.exceptions import InvalidInput
from common.geo import point
from common.models import AuditEvent
from operations.exceptions import (
    DeclinesNotAcknowledged,
)
from operations.models import Decline
from operations.queries.declines import declines_before, earlier_declines
from operations.queries.response_times import response_times
from operations.services.offers import (
    accept_version,
)
from operations.services.requests import (
    decline_quote,
    record_decline,
)
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import LegFactory, RequestedLegFactory, TripFactory
from tests.operations.plans import HOUR, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(now):
    return Desk(now=now)


def accept(version, at, **more):
    given = {"content_hash": version.content_hash, "name": "J. García", "actor": None, **more}
    return accept_version(version, **given, at=at)


def status(desk):
    desk.quote.refresh_from_db()
    return desk.quote.status


def refusal(desk, now, **more):
    given = {"by": "other_operator", "reason": "weather", "actor": desk.actor, "at": now, **more}
    return record_decline(**given)


def test_refusals_nearby_or_of_the_patient_are_acknowledged_before_an_offer_goes_out(desk, now):
    place = desk.airports[1].point
    near = refusal(desk, now, point=place, declined_at=now - timedelta(hours=6))
    version = desk.price()

    with pytest.raises(DeclinesNotAcknowledged) as stopped:
        desk.send(version)
    assert stopped.value.details["declines"] == [near.pk]

    desk.send(version, acknowledged_declines=[near.pk])
    version.refresh_from_db()
    assert version.acknowledged_declines == [near.pk]
    late = decline_and_return(desk, now)
    with pytest.raises(DeclinesNotAcknowledged) as again:
        accept(version, now, actor=desk.actor, acknowledged_declines=[])
    assert again.value.details["declines"] == [late.pk]
    # The customer's own yes does not wait for what the desk has to read.
    accept(version, now)
    assert "declines" not in AuditEvent.objects.get(action="quote.accepted").details


def test_what_was_acknowledged_with_the_answer_is_in_the_trail(desk, now):
    version = desk.send()
    late = decline_and_return(desk, now)

    accept(version, now, actor=desk.actor, acknowledged_declines=[late.pk])

    assert AuditEvent.objects.get(action="quote.accepted").details["declines"] == [late.pk]


def decline_and_return(desk, now):
    decline_quote(
        desk.quote,
        by="other_operator",
        operator_name="Sky Care",
        reason="weather",
        actor=desk.actor,
        at=now,
    )
    assert status(desk) == "sent"
    return Decline.objects.latest("pk")


@pytest.mark.parametrize(
    ("case", "is_found"),
    [
        ((6.0, 0.0, False, "us"), True),
        ((6.01, 0.0, False, "us"), False),
        ((1.0, 4.9, False, "other_operator"), True),
        ((1.0, 5.1, False, "other_operator"), False),
        ((1.0, 500.0, True, "other_operator"), True),
        ((6.01, 500.0, True, "other_operator"), False),
        ((1.0, 0.0, True, "customer"), False),
    ],
)
def test_which_refusals_are_earlier_ones(desk, now, case, is_found):
    hours, north_nm, is_patient, by = case
    place = desk.airports[1].point.clone()
    # A minute of latitude is 1,849 m at 35 degrees south.
    place.y += north_nm * 1852 / 1849 / 60
    patient = desk.quote.requirement.patient if is_patient else None
    refusal(
        desk, now, by=by, point=place, patient=patient, declined_at=now - timedelta(hours=hours)
    )

    assert declines_before(desk.quote, at=now).exists() == is_found


def test_a_refusal_at_the_hospital_is_one_of_the_same_flight(desk, now):
    """The hospital lies farther than five miles from the airport that serves it."""
    ward = desk.airports[1].point.clone()
    ward.y += 8 / 60
    hospital = ContactFactory(name="St. Mary", point=ward)
    kept = refusal(desk, now, point=ward)
    assert not declines_before(desk.quote, at=now).exists()

    desk.quote.requested_legs.update(pickup=hospital)

    assert list(declines_before(desk.quote, at=now)) == [kept]


@pytest.mark.parametrize(("has_patient", "is_found"), [(True, True), (False, False)])
def test_a_refusal_is_looked_for_where_the_patient_is(desk, now, has_patient, is_found):
    """A team flown out first: the journey begins far from the patient."""
    at_patient = AirportFactory(ident="KPAT", point=point(lat=48.0, lon=-105.0))
    RequestedLegFactory(quote=desk.quote, sequence=9, origin=at_patient, has_patient=has_patient)
    refusal(desk, now, point=at_patient.point)

    assert declines_before(desk.quote, at=now).exists() is is_found


def test_a_refusal_needs_a_place_and_lies_in_the_past(desk, now):
    with pytest.raises(InvalidInput, match="Where"):
        refusal(desk, now)
    with pytest.raises(InvalidInput, match="still to come"):
        refusal(desk, now, point=desk.airports[0].point, declined_at=now + HOUR)
    assert list(earlier_declines(points=[], patient_id=None, at=now)) == []


def test_response_times_by_month(now, django_assert_num_queries):
    for minutes, lift_off in ((10, 60), (20, None), (90, 30)):
        desk = Desk(now=now, requested_at=now - timedelta(minutes=minutes))
        accept(desk.send(), now)
        trip = TripFactory(quote=desk.quote)
        LegFactory(trip=trip, sequence=2, planned_out_at=now)
        if lift_off:
            off = now + timedelta(minutes=lift_off)
            LegFactory(trip=trip, sequence=1, actual_out_at=off, actual_off_at=off)
    decline_quote(
        Desk(now=now, requested_at=now).quote, by="us", reason="weather", actor=None, at=now
    )

    with django_assert_num_queries(2):
        (month,) = response_times(start=now - timedelta(days=1), end=now + timedelta(days=1))

    assert (month.month, month.requests, month.accepted, month.declined) == ("2026-03", 4, 3, 1)
    assert (month.request_to_accept.median_min, month.request_to_accept.p90_min) == (20.0, 90.0)
    assert (month.accept_to_lift_off.count, month.accept_to_lift_off.median_min) == (2, 45.0)
