from datetime import timedelta

import pytest

from airports.exceptions import ImpossibleWind, UnknownPlace
from airports.queries.routes import route
from airports.routes import Waypoint, Wind, WindTooStrong, fly, measure, wind_triangle
from common.geo import point
from tests.airports.factories import AirportFactory

TAMPA = Waypoint("KTPA", 27.975471, -82.533249)
MIAMI = Waypoint("KMIA", 25.795361, -80.290056)


def test_distance_is_geodesic_on_the_ellipsoid():
    leg = measure(TAMPA, MIAMI)

    assert leg.distance_nm == pytest.approx(177.4, abs=0.2)
    assert leg.initial_bearing_deg == pytest.approx(136.7, abs=0.5)
    assert leg.final_bearing_deg > leg.initial_bearing_deg


def test_same_place_is_no_distance():
    assert measure(TAMPA, TAMPA).distance_nm == 0


def test_antimeridian_is_crossed_the_short_way():
    assert measure(Waypoint("a", 0, 179.5), Waypoint("b", 0, -179.5)).distance_nm < 61


@pytest.mark.parametrize(
    ("wind", "heading", "ground"),
    [
        (Wind(0, 0), 90.0, 100.0),
        (Wind(90, 20), 90.0, 80.0),
        (Wind(270, 20), 90.0, 120.0),
        (Wind(0, 60), 53.13, 80.0),
        (Wind(180, 60), 126.87, 80.0),
    ],
)
def test_wind_triangle(wind, heading, ground):
    found = wind_triangle(90.0, 100.0, wind)

    assert found == (pytest.approx(heading, abs=0.01), pytest.approx(ground, abs=0.01))


@pytest.mark.parametrize("wind", [Wind(90, 100), Wind(0, 100), Wind(90, 150), Wind(0, 150)])
def test_wind_that_cannot_be_flown_against_is_refused(wind):
    with pytest.raises(WindTooStrong):
        wind_triangle(90.0, 100.0, wind)


def test_leg_is_timed_at_ground_speed():
    leg = fly(Waypoint("a", 0, 0), Waypoint("b", 0, 2), cruise_kt=120, wind=Wind(90, 20))

    assert leg.ground_speed_kt == pytest.approx(100, abs=0.01)
    assert leg.duration == pytest.approx(timedelta(hours=1.2022), abs=timedelta(seconds=5))


@pytest.mark.django_db
def test_route_takes_codes_and_positions_in_one_lookup(django_assert_num_queries):
    AirportFactory(ident="YSCB", icao="YSCB", iata="CBR")
    AirportFactory(ident="YSSY", icao="YSSY", point=point(lat=-33.946, lon=151.177))

    with django_assert_num_queries(4):
        legs = route(
            [{"code": "cbr"}, {"code": "YSSY"}, {"lat": -33.0, "lon": 151.0}],
            cruise_kt=None,
            winds=[None, None],
        )

    assert [(leg.start, leg.end) for leg in legs] == [
        ("YSCB", "YSSY"),
        ("YSSY", "-33.00000,151.00000"),
    ]


@pytest.mark.django_db
def test_unknown_code_and_impossible_wind_are_named():
    with pytest.raises(UnknownPlace, match="NOPE"):
        route([{"code": "NOPE"}, {"lat": 0, "lon": 0}], cruise_kt=None, winds=[None])
    with pytest.raises(ImpossibleWind, match="cannot be flown"):
        route([{"lat": 0, "lon": 0}, {"lat": 0, "lon": 1}], cruise_kt=50, winds=[Wind(90, 60)])
