"""The option search over stored aircraft and airports."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aircraft.exceptions import AircraftRetired
from aircraft.models import Aircraft, PayloadRange
from airports.routes import Wind
from common.exceptions import DomainError, InvalidInput
from common.geo import point
from common.money import Money
from operations.planning.journey import AskedLeg, Care, Journey
from operations.queries.airfields import StopAirports, airports_named, fields_of, place_of
from operations.queries.journeys import journey_of
from operations.queries.options import in_order, plan_with, search_options
from tests.aircraft.factories import (
    AircraftFactory,
    DefectFactory,
    TaskFactory,
    TypeFactory,
    book_flight,
)
from tests.contacts.factories import ContactFactory, FBOFactory
from tests.operations.factories import QuoteFactory, RequestedLegFactory, RequirementFactory
from tests.operations.planning.places import airport

pytestmark = pytest.mark.django_db
STILL = Wind(0, 0)


@pytest.fixture
def west():
    """Boise, Salt Lake City, Seattle and Denver."""
    return {ident: airport(ident) for ident in ("KBOI", "KSLC", "KSEA", "KDEN")}


def at(now, hours):
    """Tomorrow, four in the afternoon UTC, and so many hours."""
    return now.replace(hour=16, minute=0) + timedelta(days=1, hours=hours)


def trip(west, now, *ends, care=None, **more):
    ends = ends or (("KSEA", "KSLC"),)
    legs = tuple(
        AskedLeg(
            sequence=number,
            origin_id=west[origin].pk,
            destination_id=west[destination].pk,
            earliest_departure_at=at(now, 4 * (number - 1)),
            has_patient=number == 1,
            wind=STILL,
            **more,
        )
        for number, (origin, destination) in enumerate(ends, start=1)
    )
    return Journey(legs=legs, care=care or Care(patient_kg=82, team=2))


def search(journey, now, **more):
    return search_options(journey, rows=Aircraft.objects.all(), now=now, **more)


def reasons(option):
    return [(reason.code, reason.leg) for reason in option.reasons]


def by_minute(itinerary):
    return Money(Decimal(sum(leg.block_min for leg in itinerary.legs)), "USD")


def test_able_aircraft_come_cheapest_first_with_their_own_positioning(west, now):
    near, far = (AircraftFactory(base=west[ident]) for ident in ("KSEA", "KDEN"))

    first, second = search(trip(west, now), now, price=by_minute)

    assert (first.tail_number, second.tail_number) == (near.tail_number, far.tail_number)
    assert [leg.kind for leg in first.itinerary.legs] == ["live", "positioning"]
    assert [leg.kind for leg in second.itinerary.legs] == ["positioning", "live", "positioning"]
    assert first.price == Money(Decimal(first.block_min), "USD")
    assert first.is_able
    assert first.live_block_min == second.live_block_min
    assert first.arrives_at == second.arrives_at
    # The one with the longer way there has to leave before.
    assert second.itinerary.start_at < first.itinerary.start_at


def test_the_price_and_not_the_time_decides(west, now):
    dear, cheap = (AircraftFactory(base=west[ident]) for ident in ("KSEA", "KDEN"))
    hourly = {dear.tail_number: 9000, cheap.tail_number: 10}

    found = search(
        trip(west, now),
        now,
        price=lambda plan: Money(Decimal(hourly[plan.tail_number]), "USD"),
    )

    assert [option.tail_number for option in found] == [cheap.tail_number, dear.tail_number]


def test_without_prices_the_shortest_flying_is_first(west, now):
    AircraftFactory(base=west["KDEN"])
    near = AircraftFactory(base=west["KSEA"])

    assert search(trip(west, now), now)[0].tail_number == near.tail_number


def test_an_aircraft_without_rates_is_no_offer_and_the_others_are(west, now):
    class NoRate(DomainError):
        code = "no_rate"
        message = "No rate for {tail}."

    priced, other = AircraftFactory(base=west["KSEA"]), AircraftFactory(base=west["KSEA"])

    def price(plan):
        if plan.tail_number == other.tail_number:
            raise NoRate(tail=plan.tail_number)
        return by_minute(plan)

    able, unable = search(trip(west, now), now, price=price)

    assert able.tail_number == priced.tail_number
    assert reasons(unable) == [("no_rate", None)]


def test_a_booking_matters_only_in_the_time_the_aircraft_itself_is_away(west, now):
    """Booked until ten minutes before tomorrow's departure: Denver must leave long before."""
    near, far = (AircraftFactory(base=west[ident]) for ident in ("KSEA", "KDEN"))
    for tail in (near, far):
        book_flight(tail, at(now, -3), at(now, 0) - timedelta(minutes=10))

    able, unable = search(trip(west, now), now)

    assert able.tail_number == near.tail_number
    assert reasons(unable) == [("booked", None)]
    value = unable.reasons[0].value
    assert value == [
        unable.itinerary.start_at.isoformat(),
        unable.itinerary.end_at.isoformat(),
    ]


def test_a_booking_that_is_being_changed_may_be_left_out(west, now):
    tail = AircraftFactory(base=west["KSEA"])
    source = book_flight(tail, at(now, 0), at(now, 2))

    (held,) = search(trip(west, now), now)
    (own,) = search(trip(west, now), now, exclude_source=f"users.user:{source.pk}")

    assert reasons(held) == [("booked", None)]
    assert own.is_able


def test_maintenance_that_becomes_due_on_the_way_excludes(west, now):
    """Three flights: of five cycles left, three are flown; of two, one too many."""
    enough, short = AircraftFactory(base=west["KBOI"]), AircraftFactory(base=west["KBOI"])
    TaskFactory(aircraft=enough, title="Gear", interval_cycles=3)
    TaskFactory(aircraft=short, title="Gear", interval_cycles=2)

    able, unable = search(trip(west, now), now)

    assert able.tail_number == enough.tail_number
    assert reasons(unable) == [("maintenance", None)]


def test_flying_that_is_booked_before_counts_towards_maintenance(west, now):
    tail = AircraftFactory(base=west["KBOI"])
    TaskFactory(aircraft=tail, title="Gear", interval_cycles=3)
    book_flight(tail, now + timedelta(hours=2), now + timedelta(hours=3))

    (option,) = search(trip(west, now), now)

    assert reasons(option) == [("maintenance", None)]


def test_every_excluded_aircraft_has_every_reason(west, now):
    grounded = AircraftFactory(base=west["KSEA"], status="grounded", stretchers=0, seats=1)
    DefectFactory(aircraft=grounded)
    short = AircraftFactory(base=west["KSEA"], min_runway_m=3000)
    blank = AircraftFactory(base=west["KSEA"], performance=False, insurance_expires_on=None)
    AircraftFactory(base=west["KSEA"], status="retired")

    found = {option.tail_number: reasons(option) for option in search(trip(west, now), now)}

    assert found == {
        grounded.tail_number: [
            ("seats", None), ("stretchers", None), ("status", None), ("defect", None),
        ],
        short.tail_number: [("runway_length", 1), ("runway_length", 1)],
        blank.tail_number: [("performance", 1), ("performance", 1), ("document", None)],
    }  # fmt: skip


def test_reasons_carry_what_is_needed_and_what_is_there(west, now):
    AircraftFactory(base=west["KSEA"], oxygen_l=500)
    care = Care(patient_kg=82, team=2, oxygen_lpm=4.0)

    (option,) = search(trip(west, now, care=care), now)

    (reason,) = option.reasons
    assert (reason.code, reason.limit) == ("oxygen", 500)
    assert reason.value == option.itinerary.oxygen_l


def test_an_aircraft_that_cannot_be_there_in_time_is_too_late(west, now):
    """It is half past ten at night; the patient is to arrive at one in the morning."""
    AircraftFactory(base=west["KDEN"])
    near = AircraftFactory(base=west["KSEA"])
    leg = AskedLeg(
        sequence=1,
        origin_id=west["KSEA"].pk,
        destination_id=west["KSLC"].pk,
        earliest_departure_at=now,
        latest_arrival_at=now + timedelta(hours=4),
        has_patient=True,
        wind=STILL,
    )

    able, unable = search(Journey(legs=(leg,), care=Care(patient_kg=82)), now)

    assert able.tail_number == near.tail_number
    assert able.itinerary.start_at == now + timedelta(hours=1)
    assert reasons(unable) == [("latest_arrival", 1)]


def test_dates_that_are_slips_of_the_pen_are_refused(west, now):
    AircraftFactory(base=west["KSEA"])
    old = trip(west, now - timedelta(days=400))

    with pytest.raises(InvalidInput, match="Not more than 1 day ago"):
        search(old, now)


def test_fuel_stops_are_found_among_the_airports_on_the_way(west, now):
    """Seattle to New York with Sioux Falls in between, and a strip nearby that sells no fuel."""
    west |= {ident: airport(ident) for ident in ("KJFK", "KFSD")}
    airport("KOMA", kind="small_airport")
    AircraftFactory(base=west["KSEA"])

    (option,) = search(trip(west, now, ("KSEA", "KJFK")), now)

    assert [(leg.destination.ident, leg.is_technical_stop) for leg in option.itinerary.legs] == [
        ("KFSD", True), ("KJFK", False), ("KFSD", True), ("KSEA", False),
    ]  # fmt: skip
    assert {finding.code for finding in option.itinerary.findings} == {
        "crew_duty",
        "fuel_unknown",
        "hours_unknown",
    }


def test_candidates_are_in_use_long_enough_fueled_and_not_far_off(west):
    fine = airport("KFSD")
    airport("KRAP", runway={"length_ft": 3000})
    airport("KOMA", kind="small_airport")
    fueled = airport("KORD", kind="small_airport")
    FBOFactory(airport=fueled, services=["jet_a1"])
    airport("KCLE", kind="closed")
    airport("EGLL")
    airport("PHNL", runway={"is_closed": True})
    start, end = place_of(west["KSEA"]), place_of(airport("KJFK"))

    with CaptureQueriesContext(connection) as queries:
        airports = StopAirports()
        found = airports.along((start, end), min_runway_m=1100)

    assert len(queries) == 1
    assert sorted(found) == sorted(
        [fine.pk, fueled.pk, *(west[ident].pk for ident in ("KBOI", "KSLC", "KDEN"))]
    )
    assert len(airports.along((start, end), min_runway_m=900)) == len(found) + 1
    assert airports.along((start, end), min_runway_m=3000) == ()


def test_an_airport_is_known_by_any_of_its_codes_the_strongest_first(west):
    west["KSLC"].iata = "SLC"
    west["KSLC"].save()
    airport("KOMA", kind="closed", iata="SLC")
    other = airport("KRAP", gps_code="KBOI", icao=None)

    found = airports_named(["kslc", " SLC", "KBOI", "KRAP", "NONE"])

    assert found == {
        "KSLC": west["KSLC"].pk,
        "SLC": west["KSLC"].pk,
        "KBOI": west["KBOI"].pk,
        "KRAP": other.pk,
    }


def test_airfields_carry_runways_in_meters_and_handlers_with_fuel(west):
    airport("KOMA", runway={"length_ft": None, "surface": "", "is_lighted": None})
    FBOFactory(airport=west["KSLC"], services=["jet_a1", "handling"], notice_min=90)
    FBOFactory(airport=west["KSLC"], is_active=False)

    with CaptureQueriesContext(connection) as queries:
        found = fields_of([west["KSLC"].pk, *airports_named(["KOMA"]).values()])

    assert len(queries) == 4
    slc, oma = found[west["KSLC"].pk], found[airports_named(["KOMA"])["KOMA"]]
    assert slc.strips[0].length_m == pytest.approx(2438.4)
    assert (slc.strips[0].surface, slc.strips[0].is_lighted) == ("paved", True)
    assert [(each.notice_min, each.fuels) for each in slc.handlers] == [(90, ("jet_a1",))]
    assert (oma.strips[0].length_m, oma.strips[0].surface) == (None, None)


def test_the_statements_do_not_grow_with_the_fleet(west, now):
    west |= {ident: airport(ident) for ident in ("KJFK", "KFSD")}
    journey = trip(west, now, ("KSEA", "KJFK"), ("KJFK", "KSLC"), ("KSLC", "KBOI"))
    AircraftFactory(base=west["KBOI"])
    counts = []
    for more in (0, 5):
        kind = TypeFactory()
        for number in range(more):
            tail = AircraftFactory(
                base=list(west.values())[number % len(west)],
                aircraft_type=kind,
                serial_number=f"X{number}",
            )
            book_flight(tail, at(now, 48), at(now, 50))
        with CaptureQueriesContext(connection) as queries:
            found = search(journey, now)
        counts.append(len(queries))

    assert len(found) == 6
    assert counts[0] == counts[1] == 13


def test_one_aircraft_is_planned_by_itself(west, now):
    tail = AircraftFactory(base=west["KSEA"])
    AircraftFactory(base=west["KSEA"])

    option = plan_with(tail, trip(west, now), now=now)

    assert (option.tail_number, option.is_able) == (tail.tail_number, True)
    retired = AircraftFactory(base=west["KSEA"], status="retired")
    with pytest.raises(AircraftRetired):
        plan_with(retired, trip(west, now), now=now)


def test_no_fleet_is_no_options(west, now):
    assert search(trip(west, now), now) == []


def test_a_quote_is_planned_as_it_was_requested(west, now):
    hospital = ContactFactory(name="St. Mary", point=point(lat=47.6, lon=-122.33))
    requirement = RequirementFactory(
        team=["flight_nurse", "physician"],
        equipment_mass_kg=45,
        oxygen_reserve="0.25",
        max_cabin_altitude_ft=8000,
        is_acute_care=True,
        escorts=1,
    )
    quote = QuoteFactory(requirement=requirement)
    RequestedLegFactory(
        quote=quote,
        sequence=1,
        origin=west["KSEA"],
        destination=west["KSLC"],
        earliest_departure_at=at(now, 0),
        pickup=hospital,
        baggage_kg=15,
    )

    journey = journey_of(quote, winds={1: Wind(270, 40)}, team_rides=True)

    (leg,) = journey.legs
    assert leg.wind == Wind(270, 40)
    assert (leg.pickup.place_name, leg.pickup.contact_id) == ("St. Mary", hospital.pk)
    assert (leg.pickup.lat, leg.pickup.team_rides, leg.dropoff) == (47.6, True, None)
    assert journey.care == Care(
        patient_kg=82.0,
        escorts=1,
        team=2,
        equipment_kg=45.0,
        oxygen_lpm=4.0,
        oxygen_reserve=0.25,
        max_cabin_altitude_ft=8000,
        is_acute_care=True,
    )
    AircraftFactory(base=west["KSEA"])
    (option,) = search(journey, now)
    assert option.is_able
    assert option.itinerary.legs[0].is_acute_care


def test_a_charter_without_a_requirement_carries_no_team(west, now):
    quote = QuoteFactory(requirement=None)
    RequestedLegFactory(
        quote=quote, sequence=1, has_patient=False, passengers=4, origin=west["KSEA"],
        destination=west["KSLC"], earliest_departure_at=datetime(2026, 3, 15, 20, tzinfo=UTC),
    )  # fmt: skip

    journey = journey_of(quote)

    assert journey.care == Care()
    assert journey.payload_kg(journey.legs[0]) == 416


def test_a_lighter_load_home_goes_farther(west, now):
    """The range with the patient does not reach; the way home without is flown direct."""
    west["KOMA"] = airport("KOMA")
    tail = AircraftFactory(base=west["KSEA"])
    PayloadRange.objects.filter(aircraft=tail).delete()
    PayloadRange.objects.create(aircraft=tail, payload_kg=300, range_nm=1250)
    PayloadRange.objects.create(aircraft=tail, payload_kg=1000, range_nm=500)
    care = Care(patient_kg=120, team=2, equipment_kg=60)

    (option,) = search(trip(west, now, ("KSEA", "KOMA"), care=care), now)

    live = [leg for leg in option.itinerary.legs if leg.kind == "live"]
    home = [leg for leg in option.itinerary.legs if leg.kind == "positioning"]
    assert (len(live), len(home)) == (2, 1)


def test_the_answer_for_an_aircraft_does_not_depend_on_the_rest_of_the_fleet(west, now):
    """A strip that is long enough for one of them crowds out no stop of the other."""
    west |= {ident: airport(ident) for ident in ("KJFK", "KFSD", "KOMA", "KORD", "KCLE")}
    airport("KRAP", runway={"length_ft": 3700})
    for min_runway_m, ident in ((1000, "KSEA"), (1500, "KBOI"), (1100, "KDEN")):
        AircraftFactory(base=west[ident], min_runway_m=min_runway_m)
    journey = trip(west, now, ("KSEA", "KJFK"), ("KJFK", "KSLC"))

    together = search(journey, now)

    alone = [
        plan_with(row, journey, now=now)
        for row in Aircraft.objects.filter(pk__in=[option.aircraft_id for option in together])
    ]
    assert in_order(alone) == together
    assert any(leg.is_technical_stop for option in together for leg in option.itinerary.legs)
