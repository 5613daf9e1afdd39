"""From the accepted version to the trip: holds, booking, trips by hand."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aircraft.queries.availability import live_bookings
from aircraft.queries.maintenance import forecast_of
from common.exceptions import DoubleBooked, InvalidInput, TransitionNotAllowed
from common.models import StatusChange
from operations.exceptions import HoldExpired, QuoteNotBookable, TripMoved
from operations.models import (
    GroundLeg,
    LegStatus,
    QuoteStatus,
    RequestedLeg,
    ServiceItem,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.plan_hash import plan_hash
from operations.services import trip_ends, trips
from operations.services.amendments import amend_trip
from operations.services.delays import delay_leg
from tests.operations import legal_world
from tests.operations.factories import RequestedLegFactory, RequirementFactory
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    field,
    hand_trip,
    leg,
    leg_of,
    minutes,
    three_legs,
)

pytestmark = pytest.mark.django_db


def held(aircraft):
    rows = live_bookings([aircraft.pk], start=START - 48 * HOUR, end=START + 96 * HOUR)
    return [(row.period.lower, row.period.upper) for row in rows.get(aircraft.pk, [])]


def test_booking_makes_the_trip_of_the_accepted_version(tail, desk, now):
    quote = accepted_quote(tail)

    trip = trips.create_from_quote(quote, actor=desk, at=now)

    quote.refresh_from_db()
    assert (trip.status, quote.status) == (TripStatus.CONFIRMED, QuoteStatus.BOOKED)
    assert trip.number.startswith("TR-2026-")
    assert (trip.customer_id, trip.requirement_id) == (quote.customer_id, quote.requirement_id)
    legs = list(TripLeg.objects.filter(trip=trip).order_by("sequence"))
    assert [(row.origin.ident, row.destination.ident) for row in legs] == [
        ("KBSE", "KPCK"),
        ("KPCK", "KDRP"),
        ("KDRP", "KBSE"),
    ]
    assert [row.planned_out_at for row in legs] == [START, START + 3 * HOUR, START + 5.5 * HOUR]
    assert [row.has_patient for row in legs] == [False, True, False]
    assert GroundLeg.objects.filter(leg=legs[1]).count() == 2
    assert held(tail) == [(START, START + 6.5 * HOUR)]
    assert trip.plan_hash == plan_hash(trip)


def test_booking_lists_what_is_to_be_arranged(tail, desk, now):
    trip = trips.create_from_quote(accepted_quote(tail), actor=desk, at=now)

    found = ServiceItem.objects.filter(trip=trip).values_list(
        "kind", "leg__sequence", "airport__ident", "status"
    )
    assert sorted(row[:3] for row in found) == sorted(
        [
            ("handling", 1, "KBSE"),
            ("fuel", 1, "KBSE"),
            ("handling", 1, "KPCK"),
            ("fuel", 2, "KPCK"),
            ("handling", 2, "KDRP"),
            ("ground_ambulance", 2, "KPCK"),
            ("ground_ambulance", 2, "KDRP"),
            ("fuel", 3, "KDRP"),
            ("handling", 3, "KBSE"),
            ("bed", 2, "KDRP"),
            ("oxygen", 2, "KPCK"),
        ]
    )
    assert {row[3] for row in found} == {"to_do"}


def test_an_international_leg_needs_permit_and_customs_and_a_night_a_hotel(tail, desk, now):
    base, abroad = field("KBSE"), field("CYYC", 51.1, -114.0, country="CA")
    legs = [
        leg(1, base, abroad, START, kind="positioning"),
        leg(2, abroad, base, START + 13 * HOUR, kind="positioning"),
    ]

    trip = hand_trip(tail, legs=legs, actor=desk)

    found = ServiceItem.objects.filter(trip=trip).values_list("kind", "airport__ident")
    assert sorted(kind for kind in found if kind[0] not in ("handling", "fuel")) == [
        ("customs", "CYYC"),
        ("customs", "KBSE"),
        ("hotel", "CYYC"),
        ("permit", "CYYC"),
        ("permit", "KBSE"),
    ]


def test_a_trip_without_oxygen_lists_none(tail, desk, now):
    dry = RequirementFactory(oxygen_flow_lpm="0")

    trip = trips.create_from_quote(accepted_quote(tail, requirement=dry), actor=desk, at=now)

    assert not ServiceItem.objects.filter(trip=trip, kind="oxygen").exists()


def test_the_latest_arrival_asked_for_is_kept_with_the_leg_that_ends_it(tail, desk, now):
    quote = accepted_quote(tail)
    asked = RequestedLegFactory(
        quote=quote, sequence=1, latest_arrival_at=START + 4.25 * HOUR, earliest_departure_at=START
    )

    trip = trips.create_from_quote(quote, actor=desk, at=now)

    assert RequestedLeg.objects.get() == asked
    assert [row.latest_arrival_at for row in trip.legs.order_by("sequence")] == [
        None,
        START + 4.25 * HOUR,
        None,
    ]


@pytest.mark.parametrize("status", ["sent", "viewed", "priced", "declined", "expired"])
def test_what_was_not_accepted_is_not_booked(tail, desk, now, status):
    quote = accepted_quote(tail, status=status)

    with pytest.raises(QuoteNotBookable):
        trips.create_from_quote(quote, actor=desk, at=now)

    assert not Trip.objects.exists()


def test_a_quote_is_booked_once(tail, desk, now):
    quote = accepted_quote(tail)
    trips.create_from_quote(quote, actor=desk, at=now)

    with pytest.raises(TransitionNotAllowed):
        trips.create_from_quote(quote, actor=desk, at=now)

    assert Trip.objects.count() == 1


def test_a_departure_that_is_over_is_not_booked(tail, desk):
    with pytest.raises(QuoteNotBookable) as refusal:
        trips.create_from_quote(accepted_quote(tail), actor=desk, at=START)

    assert refusal.value.details["reason"] == "its departure is over"


def test_an_aircraft_that_is_taken_is_not_booked_and_nothing_is_left(tail, desk, now):
    hand_trip(tail, actor=desk)
    quote = accepted_quote(tail)

    with pytest.raises(DoubleBooked):
        trips.create_from_quote(quote, actor=desk, at=now)

    quote.refresh_from_db()
    assert (Trip.objects.count(), quote.status) == (1, QuoteStatus.ACCEPTED)


def test_a_hold_keeps_the_aircraft_until_the_offer_ends_and_becomes_the_trip(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    version = quote.versions.get()

    trip = trips.hold_aircraft(version, actor=desk, at=now)

    assert (trip.status, trip.hold_expires_at) == (TripStatus.TENTATIVE, version.valid_until)
    assert held(tail) == [(START, START + 6.5 * HOUR)]

    quote.refresh_from_db()
    quote.status, quote.accepted_version = "accepted", version
    quote.save()
    booked = trips.create_from_quote(quote, actor=desk, at=now)

    assert (booked.pk, booked.status, booked.hold_expires_at) == (trip.pk, "confirmed", None)
    assert TripLeg.objects.count() == 3
    assert held(tail) == [(START, START + 6.5 * HOUR)]


@pytest.mark.parametrize("way", ["confirm", "book"])
def test_a_hold_that_was_changed_is_not_what_the_customer_accepted(tail, desk, now, way):
    quote = accepted_quote(tail, status="sent")
    version = quote.versions.get()
    trip = trips.hold_aircraft(version, actor=desk, at=now)
    quote.refresh_from_db()
    quote.status, quote.accepted_version = "accepted", version
    quote.save()

    def changed(out_at):
        legs = [{"sequence": 3, "planned_out_at": out_at}]
        row = Trip.objects.get(pk=trip.pk)
        amend_trip(row, changes={"legs": legs}, version=None, actor=desk, at=now)

    def booked():
        if way == "book":
            return trips.create_from_quote(quote, actor=desk, at=now)
        return trips.confirm_trip(Trip.objects.get(pk=trip.pk), actor=desk, at=now)

    changed(START + 6 * HOUR)
    with pytest.raises(QuoteNotBookable) as refusal:
        booked()
    assert "was changed since" in refusal.value.details["reason"]
    trip.refresh_from_db()
    assert trip.status == TripStatus.TENTATIVE

    changed(START + 5.5 * HOUR)
    assert booked().status == TripStatus.CONFIRMED


def test_a_hold_that_goes_later_is_not_what_the_customer_accepted(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    trip = trips.hold_aircraft(quote.versions.get(), actor=desk, at=now)
    delay_leg(trip.legs.get(sequence=1), minutes=30, code="crew", actor=desk, at=now)
    quote.refresh_from_db()
    quote.status, quote.accepted_version = "accepted", trip.quote_version
    quote.save()

    with pytest.raises(QuoteNotBookable):
        trips.confirm_trip(Trip.objects.get(pk=trip.pk), actor=desk, at=now)


def test_a_hold_whose_aircraft_is_being_changed_waits_and_holds_up_no_other(
    tail, desk, now, monkeypatch
):
    until = now + 2 * HOUR
    moved = trips.hold_aircraft(
        accepted_quote(tail, status="sent").versions.get(), until=until, actor=desk, at=now
    )
    trips.hold_aircraft(
        accepted_quote(legal_world.aircraft(), status="sent").versions.get(),
        until=until + minutes(1),
        actor=desk,
        at=now,
    )
    lock = trips.lock_trip

    def locks_others(trip):
        if trip.pk == moved.pk:
            raise TripMoved(trip=trip.number)
        return lock(trip)

    monkeypatch.setattr(trips, "lock_trip", locks_others)

    assert trips.expire_holds(at=until + minutes(1)) == 1
    assert list(Trip.objects.filter(status=TripStatus.TENTATIVE)) == [moved]


def test_a_hold_that_ended_frees_the_aircraft_and_the_quote(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    trip = trips.hold_aircraft(quote.versions.get(), until=now + 2 * HOUR, actor=desk, at=now)

    assert trips.expire_holds(at=now + 2 * HOUR - minutes(1)) == 0
    assert trips.expire_holds(at=now + 2 * HOUR) == 1
    assert trips.expire_holds(at=now + 2 * HOUR) == 0

    trip.refresh_from_db()
    assert (trip.status, trip.quote, held(tail)) == (TripStatus.CANCELLED, None, [])
    assert set(trip.legs.values_list("status", flat=True)) == {LegStatus.CANCELLED}
    step = StatusChange.objects.filter(object_id=trip.pk, to_status="cancelled").get(
        content_type__model="trip"
    )
    assert (step.actor, step.reason) == (None, "The hold ended.")
    assert trips.hold_aircraft(quote.versions.get(), actor=desk, at=now).status == "tentative"


def test_a_hold_beyond_its_time_is_not_confirmed_even_before_the_sweep(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    version = quote.versions.get()
    trip = trips.hold_aircraft(version, until=now + HOUR, actor=desk, at=now)
    quote.refresh_from_db()
    quote.status, quote.accepted_version = "accepted", version
    quote.save()

    with pytest.raises(HoldExpired):
        trips.confirm_trip(trip, actor=desk, at=now + HOUR)


def test_a_hold_is_not_confirmed_before_the_customer_accepts(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    trip = trips.hold_aircraft(quote.versions.get(), actor=desk, at=now)

    with pytest.raises(QuoteNotBookable):
        trips.confirm_trip(trip, actor=desk, at=now)


def test_a_cancelled_hold_may_be_held_again(tail, desk, now):
    quote = accepted_quote(tail, status="sent")
    trip = trips.hold_aircraft(quote.versions.get(), actor=desk, at=now)

    trip_ends.cancel_trip(trip, reason="Not wanted", actor=desk, at=now)

    again = trips.hold_aircraft(quote.versions.get(), actor=desk, at=now)
    assert again.pk != trip.pk


def test_flights_by_hand_follow_each_other_in_time_and_place(desk, now):
    legs, _ = three_legs()

    with pytest.raises(InvalidInput):
        hand_trip(legs=[legs[0], legs[2]], actor=desk)
    with pytest.raises(InvalidInput):
        hand_trip(legs=[legs[1], legs[0]], actor=desk)
    with pytest.raises(InvalidInput):
        hand_trip(legs=[], actor=desk)

    assert not Trip.objects.exists()


def test_an_ambulance_by_hand_needs_a_requirement(tail, desk, now):
    with pytest.raises(InvalidInput):
        trips.create_trip(
            aircraft=tail,
            customer=accepted_quote(tail).customer,
            title="Transfer",
            kind="air_ambulance",
            legs=three_legs()[0],
            actor=desk,
            at=now,
        )


def test_a_trip_across_the_change_of_clocks_lasts_as_long_as_it_flies(desk, now):
    # Clocks in Sydney go back on 5 April 2026 at 3:00: two hours by the clock are three.
    sydney = field("YSSY", -33.95, 151.18, timezone="Australia/Sydney", country="AU")
    bankstown = field("YSBK", -33.92, 150.99, timezone="Australia/Sydney", country="AU")
    out_at = START.replace(month=4, day=4, hour=15, minute=0)

    trip = hand_trip(legs=[leg(1, sydney, bankstown, out_at, block=120)], actor=desk)

    row = leg_of(trip, 1)
    assert row.estimated_in_at - row.estimated_out_at == timedelta(hours=2)
    zone = ZoneInfo("Australia/Sydney")
    assert f"{row.estimated_out_at.astimezone(zone):%H:%M %z}" == "02:00 +1100"
    assert f"{row.estimated_in_at.astimezone(zone):%H:%M %z}" == "03:00 +1000"


def test_the_maintenance_forecast_counts_the_flight_time_of_booked_trips(tail, desk, now):
    hand_trip(tail, actor=desk)

    forecast = forecast_of(tail, now=now, days=10)

    # Three legs of 50 minutes, not the six and a half hours that the aircraft is away.
    assert (forecast.booked_min, forecast.booked_cycles) == (150, 3)
