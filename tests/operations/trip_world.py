"""Offers, trips and crews for tests of the trip side of the desk, times exact to the minute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from msgspec.structs import replace

from aircraft.models import Aircraft
from airports.models import Airport
from common.models import ResourceBooking
from operations.itinerary import Itinerary, PlannedGround, PlannedLeg
from operations.models import CrewLine, Quote, QuoteLine, QuoteVersion, Trip, TripLeg
from operations.services import crew, movements, releases
from operations.services.trip_legs import place_of
from operations.services.trips import create_trip
from tests.contacts.factories import ContactFactory
from tests.finance.factories import RateCardFactory
from tests.operations import legal_world
from tests.operations.factories import NOW, QuoteFactory
from tests.users.factories import UserFactory

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
    return legal_world.airport(ident, lat, lon, **more)


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
    crew: Sequence[Mapping[str, Any]] = (),
    **fields: Any,
) -> Quote:
    """A quote whose first version was sent and accepted; `status="sent"` for one on offer."""
    aircraft = aircraft or legal_world.aircraft()
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
    version = _sent(quote, aircraft, plan, crew)
    if status == "accepted":
        quote.accepted_version = version
    quote.status = status
    quote.save()
    return quote


@transaction.atomic
def _sent(
    quote: Quote, aircraft: Aircraft, plan: Itinerary, crew: Sequence[Mapping[str, Any]]
) -> QuoteVersion:
    seller = UserFactory()
    version = QuoteVersion.objects.create(
        quote=quote,
        sequence=1,
        aircraft=aircraft,
        itinerary=msgspec.to_builtins(plan),
        proposed_crew=list(crew),
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
    )
    QuoteLine.objects.create(
        quote_version=version,
        sequence=1,
        kind="live_flight",
        description="Flight with the patient",
        formula="1 x 1000.00",
        inputs={},
        quantity=1,
        unit="each",
        unit_price=1000,
        computed=1000,
        amount=1000,
    )
    version.sent_at, version.sent_by, version.link_digest = NOW, seller, version.content_hash
    version.save()
    return version


def hand_trip(
    aircraft: Aircraft | None = None,
    *,
    legs: Sequence[PlannedLeg] | None = None,
    actor: Any = None,
    **fields: Any,
) -> Trip:
    """A charter made by hand: the three legs with a passenger in place of the patient."""
    ground: Sequence[PlannedGround] = fields.pop("ground", ())
    if legs is None:
        legs, ground = three_legs()
        legs[1] = replace(legs[1], has_patient=False, passengers=1)
    return create_trip(
        aircraft=aircraft or legal_world.aircraft(),
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
    """Somebody who works here and may take any place on a flight."""
    return legal_world.crew_member(**fields)


def crewed(trip: Trip, *, role: str = "pic", person: Any = None, legs: Sequence[int] = ()) -> Any:
    """A person who accepted a role on the legs of a trip."""
    person = person or employed()
    lines = crew.offer_places(
        trip, person=person, role=role, legs=legs, actor=UserFactory(), at=NOW
    )
    places = CrewLine.objects.filter(pk__in=[line.pk for line in lines])
    places.update(status="accepted", answered_at=NOW)
    return person


def released(trip: Trip, *, acknowledgements: Sequence[dict[str, str]] = ()) -> Trip:
    """Release a crewed trip ninety minutes before it leaves, with everything that this asks for."""
    trip = Trip.objects.get(pk=trip.pk)
    at = trip.start_at - minutes(90)
    legal_world.make_ready(trip, at)
    releases.release_trip(trip, acknowledgements=acknowledgements, actor=UserFactory(), at=at)
    return Trip.objects.get(pk=trip.pk)


def piloted(aircraft: Aircraft | None = None) -> Trip:
    """A released charter of three legs with two pilots."""
    trip = hand_trip(aircraft)
    crewed(trip)
    crewed(trip, role="sic")
    return released(trip)


def crewed_ferry(aircraft: Aircraft | None = None) -> Trip:
    """An hour of positioning with one pilot, who is enough when nobody is carried."""
    hop = leg(1, field("KBSE"), field("KPCK", 42.48, -114.48), START, kind="positioning")
    trip = hand_trip(aircraft, legs=[hop])
    crewed(trip)
    return trip


def flown(trip: Trip) -> Trip:
    """The trip with all its legs flown as planned."""
    for row in trip.legs.order_by("sequence"):
        fly(row)
    return Trip.objects.get(pk=trip.pk)


def move(
    row: TripLeg, movement: str, moment: datetime, *, at: datetime | None = None, actor: Any = None
) -> TripLeg:
    """Record one time of a leg; whoever goes off blocks has fresh weather."""
    if movement == "out":
        legal_world.weather(at or moment, row.origin, row.destination)
    return movements.record_movement(
        row, movement=movement, moved_at=moment, actor=actor or UserFactory(), at=at or moment
    )


def airborne(trip: Trip, number: int) -> TripLeg:
    """A leg off blocks and in the air as planned."""
    row = leg_of(trip, number)
    for name in ("out", "off"):
        row = move(leg_of(trip, number), name, getattr(row, f"planned_{name}_at"))
    return row


def held(kind: str) -> set[tuple[datetime, datetime]]:
    """The live periods of the ledger for aircraft or for persons."""
    rows = ResourceBooking.objects.filter(resource_kind=kind, is_live=True)
    return {(row.period.lower, row.period.upper) for row in rows}


def fly(row: TripLeg, *, late: float = 0, actor: Any = None) -> TripLeg:
    """Fly a leg as planned or some minutes late, in the same weather."""
    actor = actor or UserFactory()
    legal_world.weather(row.planned_out_at + minutes(late), row.origin, row.destination)
    for name in movements.ORDER:
        moment = getattr(row, f"planned_{name}_at") + minutes(late)
        fresh = TripLeg.objects.get(pk=row.pk)
        movements.record_movement(fresh, movement=name, moved_at=moment, actor=actor, at=moment)
    return TripLeg.objects.get(pk=row.pk)


def leg_of(trip: Trip, sequence: int) -> TripLeg:
    return TripLeg.objects.get(trip=trip, sequence=sequence)


def lines_of(trip: Trip, person: Any) -> list[CrewLine]:
    return list(CrewLine.objects.filter(leg__trip=trip, person=person).order_by("leg__sequence"))
