"""Fuel stops, great circles and wind: by hand, and for whatever hypothesis can think of."""

from datetime import timedelta
from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aircraft.performance import range_nm_with
from airports.routes import Waypoint, Wind, fly
from operations.planning.builder import build
from operations.planning.cabin import altitude_ft, highest_flight_ft, pressure_hpa
from operations.planning.fields import Field
from operations.planning.hops import Carried, Estimator
from operations.planning.hops import fly as fly_hop
from operations.planning.journey import Care, Journey
from operations.planning.parameters import Parameters
from operations.planning.tracks import exact, rough, wind_component_kt
from tests.operations.planning.worlds import MORNING, POSITIONS, asked, craft, field, plan, ways

ACROSS = ("KSLC", "KDEN", "KRAP", "KFSD", "KOMA", "KORD", "KCLE")
NORTH_ATLANTIC = ("CYYR", "BGBW", "BIKF")
HOME = craft("KSEA")


def test_no_stop_is_made_within_range():
    assert ways(plan(Journey(legs=(asked("KSEA", "KDEN"),)), HOME, stops=ACROSS))[0] == "KSEA-KDEN"


def test_one_stop_where_one_is_enough_and_the_quickest_of_those():
    """2,096 NM with 1,410: Sioux Falls leaves 1,224 and 881, and is 10 NM off the way."""
    found = plan(Journey(legs=(asked("KSEA", "KJFK"),)), HOME, stops=ACROSS)

    assert ways(found)[:2] == ["KSEA-KFSD", "KFSD-KJFK"]


def test_two_and_more_stops_where_the_range_is_short():
    far = Journey(legs=(asked("KSEA", "KJFK"),), care=Care(patient_kg=82))

    two = plan(far, craft("KSEA", far_nm=950), stops=ACROSS)
    five = plan(far, craft("KSEA", far_nm=640), stops=ACROSS)
    too_short = plan(far, craft("KSEA", far_nm=500), stops=ACROSS)

    assert ways(two)[:3] == ["KSEA-KRAP", "KRAP-KORD", "KORD-KJFK"]
    assert [leg.is_technical_stop for leg in two.itinerary.legs[:3]] == [True, True, False]
    # Cleveland to Omaha is 634 NM: within range without the patient, but not with.
    assert ways(five)[:6] == [
        "KSEA-KSLC", "KSLC-KDEN", "KDEN-KOMA", "KOMA-KORD", "KORD-KCLE", "KCLE-KJFK",
    ]  # fmt: skip
    assert "KCLE-KOMA" in ways(five)
    assert too_short.itinerary is None
    assert [reason.code for reason in too_short.reasons] == ["no_route", "no_route"]


def test_an_ocean_is_crossed_over_islands_far_from_the_great_circle():
    found = plan(
        Journey(legs=(asked("KJFK", "EGLL"),), care=Care(patient_kg=82)),
        craft("KJFK", far_nm=1300),
        stops=NORTH_ATLANTIC,
    )

    assert ways(found) == [
        "KJFK-CYYR", "CYYR-BGBW", "BGBW-BIKF", "BIKF-EGLL",
        "EGLL-BIKF", "BIKF-BGBW", "BGBW-CYYR", "CYYR-KJFK",
    ]  # fmt: skip


def test_where_no_way_leads_there_is_a_reason():
    """2,300 NM of water."""
    found = plan(Journey(legs=(asked("KSEA", "PHNL"),)), HOME, stops=tuple(POSITIONS))

    assert found.itinerary is None
    assert [(reason.code, reason.leg) for reason in found.reasons] == [("no_route", 1)] * 2
    assert found.reasons[0].value == pytest.approx(2327, abs=5)
    assert found.reasons[0].limit == pytest.approx(1528, abs=1)
    assert "KSEA to PHNL" in found.reasons[0].message


def test_a_payload_that_no_range_is_known_for_is_a_reason_of_its_own():
    care = Care(patient_kg=82, equipment_kg=1000)

    found = plan(Journey(legs=(asked("KSEA", "KDEN"),), care=care), HOME, stops=ACROSS)

    assert [(reason.code, reason.value) for reason in found.reasons] == [("range", 1082)]


def test_a_wind_against_makes_a_stop_necessary():
    journey = Journey(legs=(asked("KSEA", "KOMA", wind=Wind(90, 90)),))

    calm = plan(Journey(legs=(asked("KSEA", "KOMA"),)), HOME, stops=ACROSS)
    windy = plan(journey, HOME, stops=ACROSS)

    assert ways(calm)[0] == "KSEA-KOMA"
    assert windy.itinerary.legs[0].is_technical_stop


def test_a_wind_nothing_can_fly_against_is_a_reason():
    slow = craft("KSEA", bands=(replace(HOME.tail.bands[0], cruise_ktas=100),))
    found = plan(Journey(legs=(asked("KSEA", "KDEN", wind=Wind(120, 150)),)), slow, stops=ACROSS)

    assert {reason.code for reason in found.reasons} == {"wind"}


def test_no_stops_allowed_is_no_way():
    found = plan(
        Journey(legs=(asked("KSEA", "KJFK"),), parameters=Parameters(most_stops=0)),
        HOME,
        stops=ACROSS,
    )

    assert {reason.code for reason in found.reasons} == {"no_route"}


def test_nobody_stops_higher_than_the_patient_may_go():
    care = Care(patient_kg=82, max_cabin_altitude_ft=6000)
    high = field("KFSD", elevation_ft=6200)

    found = plan(Journey(legs=(asked("KSEA", "KJFK"),), care=care), HOME, stops=ACROSS, KFSD=high)

    assert ways(found)[0] != "KSEA-KFSD"


PLACES = st.tuples(
    st.floats(-65, 65).map(lambda lat: round(lat, 3)),
    st.floats(-179, 179).map(lambda lon: round(lon, 3)),
)


@given(PLACES, PLACES)
def test_a_track_is_the_geodesic_and_the_rough_one_is_never_longer(start, end):
    a, b = (replace(field("KBOI").place, lat=lat, lon=lon) for lat, lon in (start, end))

    track = exact(a, b)

    expected = Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"] / 1852
    assert track.distance_nm == pytest.approx(expected, abs=1e-6)
    assert len(track.courses_deg) >= track.distance_nm / 100
    assert rough(a, b).distance_nm <= track.distance_nm + 1e-6
    assert rough(a, b).distance_nm >= track.distance_nm * 0.988 - 1e-6


@settings(deadline=None)
@given(PLACES, PLACES, st.floats(0, 360), st.floats(0, 100))
def test_an_estimate_is_a_little_shorter_than_the_flight_and_never_rules_it_out(a, b, blows, kt):
    """Where the wind turns along the way the one triangle of an estimate may be 3 % off."""
    origin, destination = _moved(1, *a), _moved(2, *b)
    carried = Carried(payload_kg=290, wind=Wind(blows, kt))

    hop, _ = fly_hop(HOME, origin, destination, carried)
    minutes = Estimator(HOME, carried).minutes(origin, destination)

    if hop is not None:
        assert minutes is not None
        assert minutes == pytest.approx(hop.performance.block_min, rel=0.03)


@pytest.mark.parametrize("wind", [Wind(0, 0), Wind(250, 90), Wind(10, 60), Wind(130, 45)])
def test_a_short_leg_takes_as_long_as_the_one_triangle_of_airports_routes(wind):
    a, b = field("KBOI").place, field("KSLC").place

    wind_kt = wind_component_kt(exact(a, b), 240.0, wind)

    whole = fly(Waypoint("a", a.lat, a.lon), Waypoint("b", b.lat, b.lon), cruise_kt=240, wind=wind)
    assert 240 + wind_kt == pytest.approx(whole.ground_speed_kt, rel=1e-3)


@given(st.floats(0, 65_000))
def test_pressure_and_altitude_are_each_others_inverse(feet):
    assert altitude_ft(pressure_hpa(feet)) == pytest.approx(feet, abs=0.5)


def test_the_standard_atmosphere_at_known_heights():
    """ICAO Doc 7488: 18,000 ft is 505.99 hPa, 45,000 ft 147.48 hPa."""
    assert pressure_hpa(0) == 1013.25
    assert pressure_hpa(18_000) == pytest.approx(505.99, abs=0.05)
    assert pressure_hpa(45_000) == pytest.approx(147.48, abs=0.05)


def test_a_cabin_of_455_hpa_holds_ten_thousand_feet_at_flight_level_350():
    """A Beechcraft King Air 350 at its ceiling: 6.6 psi, a cabin a little above 10,000 ft."""
    highest = highest_flight_ft(10_200, is_pressurized=True, cabin_hpa=455)
    assert highest == pytest.approx(35_000, abs=700)
    assert highest_flight_ft(8000, is_pressurized=True, cabin_hpa=None) is None
    assert highest_flight_ft(8000, is_pressurized=False, cabin_hpa=455) == 8000
    assert highest_flight_ft(8000, is_pressurized=True, cabin_hpa=760) == float("inf")


@st.composite
def worlds(draw: st.DrawFn) -> dict:
    """Two ends and up to a dozen stops in North America, an aircraft, a wind and a load."""
    some = st.tuples(st.floats(26, 60), st.floats(-125, -65))
    positions = draw(st.lists(some, min_size=2, max_size=14))
    fields = [_moved(number, *position) for number, position in enumerate(positions, start=1)]
    wind = Wind(draw(st.floats(0, 360)), draw(st.floats(0, 120)))
    return {
        "fields": fields,
        "order": draw(st.permutations(fields[2:])),
        "machine": craft(far_nm=draw(st.integers(300, 1600))),
        "journey": Journey(
            legs=(asked("KBOI", "KSLC", wind=wind),), care=Care(patient_kg=82, team=2)
        ),
    }


def _moved(key: int, lat: float, lon: float) -> Field:
    place = replace(field("KBOI").place, airport_id=key, ident=f"F{key:03d}", lat=lat, lon=lon)
    return replace(field("KBOI"), place=place)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_whatever_is_planned_can_be_flown_in_order_and_ends_at_home(world):
    fields, journey = world["fields"], world["journey"]
    machine = replace(world["machine"], base=fields[0])
    leg = replace(journey.legs[0], origin_id=1, destination_id=2)
    journey = replace(journey, legs=(leg,))

    found = plan_over(journey, machine, fields, fields[2:])

    assert found == plan_over(journey, machine, fields, world["order"])
    if found.itinerary is None:
        assert found.reasons
        return
    flown = found.itinerary.legs
    assert flown[0].origin.airport_id == flown[-1].destination.airport_id == 1
    for each in flown:
        reach = range_nm_with(machine.tail.ranges, each.payload_kg)
        airspeed = {band.floor_ft: band.cruise_ktas for band in machine.tail.bands}
        speed = airspeed[5000 if each.altitude_ft < 20_000 else 20_000]
        assert each.distance_nm * speed / (speed + each.wind_kt) <= reach + 1e-6
        assert each.required_fuel_kg <= machine.tail.usable_fuel_kg
        assert each.out_at <= each.off_at < each.on_at <= each.in_at
        assert each.in_at - each.out_at == timedelta(minutes=each.block_min)
    for before, after in pairwise(flown):
        assert before.destination == after.origin
        assert before.in_at < after.out_at
    assert next(each for each in flown if each.kind == "live").out_at >= MORNING


def plan_over(journey, machine, fields, candidates):
    return build(
        journey,
        machine,
        fields={each.key: each for each in fields},
        candidates=lambda *_: candidates,
    )
