"""Offers, trips and crews for tests of the trip side of the desk, times exact to the minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from aircraft.models import Aircraft
from airports.models import Airport
from common.geo import point
from operations.itinerary import Itinerary, PlannedGround, PlannedLeg
from operations.models import CrewLine, Quote, QuoteVersion, Trip, TripLeg
from operations.services import crew, movements
from operations.services.trip_legs import place_of
from operations.services.trips import create_trip
from tests.aircraft.factories import AircraftFactory
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.finance.factories import RateCardFactory
from tests.operations.factories import NOW, QuoteFactory
from tests.operations.releasing import release_flights
from tests.users.factories import UserFactory, grant

# 20:00 UTC on 15 March 2026: early afternoon in Boise, the next morning in Sydney.
START = datetime(2026, 3, 15, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def field(ident: str, lat: float = 43.56, lon: float = -116.22, **more: Any) -> Airport:
    """An aerodrome at a place, in Idaho unless said."""
    known = Airport.objects.filter(ident=ident).first()
    if known is not None:
        return known
    more.setdefault("timezone", "America/Boise")
    more.setdefault("country", "US")
    return AirportFactory(ident=ident, point=point(lat=lat, lon=lon), **more)


def leg(
    sequence: int, origin: Airport, destination: Airport, out_at: datetime, **more: Any
) -> PlannedLeg:
    """An hour from blocks to blocks, five minutes of taxi at either end."""
    block = more.pop("block", 60)
    return PlannedLeg(
        sequence=sequence,
        kind=more.pop("kind", "live"),
        origin=place_of(origin),
        destination=place_of(destination),
        out_at=out_at,
        off_at=out_at + minutes(5),
        on_at=out_at + minutes(block - 5),
        in_at=out_at + minutes(block),
        distance_nm=220.0,
        wind_kt=0.0,
        altitude_ft=24_000,
        block_min=block,
        flight_min=block - 10,
        fuel_kg=400.0,
        required_fuel_kg=600.0,
        **more,
    )


def three_legs(start: datetime = START) -> tuple[list[PlannedLeg], list[PlannedGround]]:
    """
    Out to the patient, with the patient to the hospital's field, and home.

    Two hours on the ground before the patient's flight, of which the ambulance drives the last
    40 minutes; 90 minutes before the flight home, of which 45 are slack.
    """
    base, pickup, drop = field("KBSE"), field("KPCK", 42.48, -114.48), field("KDRP", 40.78, -111.97)
    legs = [
        leg(1, base, pickup, start, kind="positioning"),
        leg(2, pickup, drop, start + 3 * HOUR, has_patient=True, requested_leg=1),
        leg(3, drop, base, start + 5.5 * HOUR, kind="positioning"),
    ]
    ground = [
        PlannedGround(
            leg=2,
            is_pickup=True,
            contact_id=None,
            place_name="St. Luke's",
            distance_km=18.0,
            start_at=legs[1].out_at - minutes(40),
            end_at=legs[1].out_at - minutes(10),
        ),
        PlannedGround(
            leg=2,
            is_pickup=False,
            contact_id=None,
            place_name="University Hospital",
            distance_km=9.0,
            start_at=legs[1].in_at + minutes(10),
            end_at=legs[1].in_at + minutes(35),
        ),
    ]
    return legs, ground


def accepted_quote(
    aircraft: Aircraft | None = None,
    *,
    legs: Sequence[PlannedLeg] | None = None,
    ground: Sequence[PlannedGround] = (),
    status: str = "accepted",
    **fields: Any,
) -> Quote:
    """A quote whose first version was sent and accepted; `status="sent"` for one on offer."""
    aircraft = aircraft or AircraftFactory(airworthy=False, performance=False)
    if legs is None:
        legs, ground = three_legs()
    quote = QuoteFactory(**fields)
    plan = Itinerary(
        aircraft_id=aircraft.pk,
        tail_number=aircraft.tail_number,
        aircraft_type=aircraft.aircraft_type.designator,
        base=aircraft.base.ident,
        legs=tuple(legs),
        ground=tuple(ground),
    )
    version = _sent(quote, aircraft, plan)
    if status == "accepted":
        quote.accepted_version = version
    quote.status = status
    quote.save()
    return quote


def _sent(quote: Quote, aircraft: Aircraft, plan: Itinerary) -> QuoteVersion:
    seller = UserFactory()
    return QuoteVersion.objects.create(
        quote=quote,
        sequence=1,
        aircraft=aircraft,
        itinerary=msgspec.to_builtins(plan),
        rate_card=RateCardFactory(),
        priced_on=NOW.date(),
        currency="AUD",
        subtotal="1000.00",
        tax_total="0.00",
        total="1000.00",
        priced_by=seller,
        priced_at=NOW,
        valid_until=NOW + timedelta(hours=12),
        content_hash=f"{quote.pk:064}",
        sent_at=NOW,
        sent_by=seller,
        link_digest=f"{quote.pk:064}",
    )


def hand_trip(
    aircraft: Aircraft | None = None,
    *,
    legs: Sequence[PlannedLeg] | None = None,
    actor: Any = None,
    **fields: Any,
) -> Trip:
    """A charter made by hand: the three legs without a patient unless said."""
    ground: Sequence[PlannedGround] = fields.pop("ground", ())
    if legs is None:
        legs, ground = three_legs()
    return create_trip(
        aircraft=aircraft or AircraftFactory(airworthy=False, performance=False),
        customer=ContactFactory(),
        title="Charter",
        kind="charter",
        legs=legs,
        ground=ground,
        actor=actor or UserFactory(),
        at=NOW,
        **fields,
    )


def employed(**fields: Any) -> Any:
    """Somebody who works here."""
    person = UserFactory(**fields)

    grant(person)
    return person


def crewed(trip: Trip, *, role: str = "pic", person: Any = None, legs: Sequence[int] = ()) -> Any:
    """A person who accepted a role on the legs of a trip."""
    person = person or employed()
    lines = crew.offer_places(
        trip, person=person, role=role, legs=legs, actor=UserFactory(), at=NOW
    )
    for line in lines:
        crew.accept_place(line, actor=person, at=NOW)
    return person


def released(trip: Trip) -> Trip:
    """Let a trip in planning go, as a release does."""
    trip = Trip.objects.get(pk=trip.pk)
    with transaction.atomic():
        release_flights(trip, actor=UserFactory(), at=NOW)
    return trip


def fly(row: TripLeg, *, late: float = 0, actor: Any = None) -> TripLeg:
    """Fly a leg as planned or some minutes late."""
    actor = actor or UserFactory()
    for name in movements.ORDER:
        moment = getattr(row, f"planned_{name}_at") + minutes(late)
        fresh = TripLeg.objects.get(pk=row.pk)
        movements.record_movement(fresh, movement=name, moved_at=moment, actor=actor, at=moment)
    return TripLeg.objects.get(pk=row.pk)


def leg_of(trip: Trip, sequence: int) -> TripLeg:
    return TripLeg.objects.get(trip=trip, sequence=sequence)


def lines_of(trip: Trip, person: Any) -> list[CrewLine]:
    return list(CrewLine.objects.filter(leg__trip=trip, person=person).order_by("leg__sequence"))
