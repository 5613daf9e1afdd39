from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.contrib.gis.geos import Polygon
from geographiclib.geodesic import Geodesic

from airports.heights import HeightBand, Limit, meeting
from airports.models import Airport, AirportKind
from airports.opening_hours import fault_in, is_open
from airports.queries import aerodromes, airspace
from airports.queries.aerodromes import AreaWindow, near
from airports.queries.airspace import Volume, intersecting
from airports.queries.conditions import Place, WeatherFacts, conditions_for
from airports.services.airspace import create_airspace
from common.geo import point
from tests.airports.factories import AirportFactory, RunwayFactory, report
from tests.users.factories import UserFactory

HOUR = timedelta(hours=1)
BAND = HeightBand(floor_agl_m=0, ceiling_agl_m=120, terrain_min_m=560, terrain_max_m=600)
UNKNOWN_TERRAIN = HeightBand(floor_agl_m=0, ceiling_agl_m=120)


def place(now, lat=-35.3, lon=149.2):
    return Place(lat, lon, now, now + HOUR)


@pytest.mark.django_db
def test_nearest_station_is_found_with_distance_and_age(now):
    report("METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006 RMK $", at=now)
    report("METAR YGLB 142200Z 29005KT CAVOK 18/12 Q1006", at=now, lat=-34.8, lon=149.7)

    (facts,) = conditions_for([place(now)], now=now)

    assert (facts.observation.station, facts.observation.age_min) == ("YSCB", 30.0)
    assert facts.observation.distance_km == 0.0
    assert facts.observation.needs_service
    assert facts.dependencies == ("weather", "weather:YSCB")


@pytest.mark.django_db
def test_station_that_fell_silent_gives_way_to_one_that_reports(now):
    report("METAR YSCB 141800Z 29015KT CAVOK 18/12 Q1006", at=now)
    report("METAR YGLB 142200Z 29005KT CAVOK 18/12 Q1006", at=now, lat=-35.1, lon=149.2)

    (facts,) = conditions_for([place(now)], now=now)

    assert facts.observation.station == "YGLB"


@pytest.mark.django_db
def test_station_used_is_depended_on_though_a_dozen_silent_ones_are_nearer(now):
    for number in range(12):
        report(f"METAR YA{number:02d} 131000Z 29015KT CAVOK 18/12 Q1006", at=now)
    report("METAR YGLB 142200Z 29005KT CAVOK 18/12 Q1006", at=now, lat=-35.1, lon=149.2)

    (facts,) = conditions_for([place(now)], now=now)

    assert facts.observation.station == "YGLB"
    assert "weather:YGLB" in facts.dependencies


@pytest.mark.django_db
def test_no_station_within_fifty_kilometres(now):
    report("METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006", at=now)

    (facts,) = conditions_for([place(now, lat=-30.0)], now=now)

    assert (facts.observation, facts.dependencies) == (None, ("weather",))


@pytest.mark.django_db
def test_forecast_groups_are_those_that_overlap_the_window(now):
    report(
        "TAF YSCB 142200Z 1423/1524 29015KT 9999 SCT040 TEMPO 1500/1502 3000 SHRA"
        " FM151200 VRB03KT 0500 FG",
        at=now,
    )

    (facts,) = conditions_for([Place(-35.3, 149.2, now + 2 * HOUR, now + 3 * HOUR)], now=now)

    assert facts.forecast.covers_window
    assert [group.kind for group in facts.forecast.prevailing] == ["INITIAL"]
    assert [group.kind for group in facts.forecast.occasional] == ["TEMPO"]


@pytest.mark.django_db
def test_facts_survive_storing_as_json(now):
    report("METAR YSCB 142200Z 29015KT 9000 BKN010 18/12 Q1006", at=now)
    report("TAF YSCB 142200Z 1422/1524 29015KT 9999 SCT040", at=now)

    (facts,) = conditions_for([place(now)], now=now)

    assert msgspec.convert(msgspec.to_builtins(facts), WeatherFacts) == facts


@pytest.mark.django_db
def test_a_thousand_places_are_one_query(now, django_assert_num_queries):
    report("METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006", at=now)

    with django_assert_num_queries(1):
        facts = conditions_for([place(now, lat=-35.3 + n / 5000) for n in range(1000)], now=now)
    assert len(facts) == 1000


def square(lat, lon, size_deg=0.001):
    return Polygon.from_bbox((lon, lat, lon + size_deg, lat + size_deg))


def windows(now, *areas):
    return [AreaWindow(area, now, now + HOUR) for area in areas]


@pytest.mark.django_db
def test_distance_is_measured_to_the_runway_strip(now):
    runway = RunwayFactory()
    east = Geodesic.WGS84.Direct(-35.31, 149.19, 90, 3050)
    corner = square(-35.3105, east["lon2"])

    ((facts,),) = near(windows(now, corner))

    assert facts.ident == runway.airport.ident
    assert facts.measured_from == "runway strip"
    assert facts.distance_m == pytest.approx(3000, abs=2)


@pytest.mark.django_db
@pytest.mark.parametrize(("length_ft", "less_m"), [(None, 1500.0), (6000, 914.4)])
def test_without_runway_ends_it_is_measured_from_the_reference_point(now, length_ft, less_m):
    airport = AirportFactory()
    if length_ft:
        RunwayFactory(airport=airport, centerline=None, length_ft=length_ft)
    north = Geodesic.WGS84.Direct(-35.3069, 149.195, 0, 5000)

    ((facts,),) = near(windows(now, square(north["lat2"], 149.1945)))

    assert facts.measured_from == "reference point"
    assert facts.distance_m == pytest.approx(5000 - less_m, abs=2)


@pytest.mark.django_db
def test_area_over_the_aerodrome_is_at_distance_zero(now):
    RunwayFactory()

    ((facts,),) = near(windows(now, square(-35.31, 149.1895)))

    assert facts.distance_m == 0


@pytest.mark.django_db
def test_closed_and_dropped_aerodromes_and_closed_runways_do_not_count(now):
    AirportFactory(kind=AirportKind.CLOSED)
    AirportFactory(is_active=False)
    RunwayFactory(airport__kind=AirportKind.HELIPORT, is_closed=True)

    ((facts,),) = near(windows(now, square(-35.31, 149.19)))

    assert (facts.kind, facts.measured_from) == ("heliport", "reference point")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_controlled", "hours", "is_active"),
    [
        (None, None, None),
        (False, None, False),
        (True, None, True),
        (True, {"6": [["06:00", "22:00"]]}, True),
        (True, {"6": [["11:00", "22:00"]]}, False),
    ],
)
def test_tower_is_active_unless_its_hours_say_otherwise(now, is_controlled, hours, is_active):
    AirportFactory(is_controlled=is_controlled, tower_hours=hours)

    ((facts,),) = near(windows(now, square(-35.31, 149.19)))

    assert facts.is_tower_active is is_active


@pytest.mark.django_db
def test_many_areas_are_one_query_and_keep_their_order(now, django_assert_num_queries):
    AirportFactory()
    areas = [square(-35.31 + n, 149.19) for n in range(50)]

    with django_assert_num_queries(1):
        found = near(windows(now, *areas))
    assert [len(facts) for facts in found] == [1] + [0] * 49


def test_hours_past_midnight_and_across_the_change_of_clocks():
    sydney = ZoneInfo("Australia/Sydney")
    hours = {"5": [["20:00", "02:00"]]}
    at_one = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)

    assert is_open(hours, sydney, at_one, at_one + HOUR)
    assert not is_open(hours, sydney, at_one + 2 * HOUR, at_one + 3 * HOUR)


@pytest.mark.parametrize(
    "hours",
    [
        [],
        {},
        {"0": []},
        {"7": []},
        {"0": "06:00"},
        {"0": [["6:00", "22:00"]]},
        {"0": [["25:00", "26:00"]]},
    ],
)
def test_unsound_hours_are_named(hours):
    assert fault_in(hours)


@pytest.mark.parametrize(
    ("floor", "ceiling", "band", "answer"),
    [
        (Limit("SFC", None), Limit("UNL", None), BAND, "overlap"),
        (Limit("AGL", 120.0), Limit("UNL", None), BAND, "overlap"),
        (Limit("AGL", 120.1), Limit("UNL", None), BAND, "clear"),
        (Limit("AMSL", 720.0), Limit("UNL", None), BAND, "overlap"),
        (Limit("AMSL", 720.1), Limit("UNL", None), BAND, "clear"),
        (Limit("SFC", None), Limit("AMSL", 559.0), BAND, "clear"),
        (Limit("AMSL", 2000.0), Limit("UNL", None), UNKNOWN_TERRAIN, "unknown"),
        (Limit("SFC", None), Limit("AMSL", 1000.0), UNKNOWN_TERRAIN, "unknown"),
        (Limit("FL", 1300.0), Limit("UNL", None), BAND, "overlap"),
        (Limit("FL", 3048.0), Limit("UNL", None), BAND, "clear"),
        (Limit("AGL", 200.0), Limit("AMSL", 900.0), UNKNOWN_TERRAIN, "clear"),
        (Limit("UNL", None), Limit("UNL", None), BAND, "unknown"),
    ],
)
def test_heights_meet_unless_it_is_certain_that_they_do_not(floor, ceiling, band, answer):
    assert meeting(band, floor, ceiling) == answer


def fence(now, **changes):
    details = {
        "name": "Test Fence",
        "kind": "R",
        "area": square(-35.31, 149.19, 0.01),
        "floor": "SFC",
        "ceiling": "2000 ft AMSL",
        "valid_from": None,
        "valid_until": None,
    } | changes
    return create_airspace(**details, actor=UserFactory(), at=now)


def volume(now, band=BAND, area=None):
    return Volume(area or square(-35.305, 149.195), band, now, now + HOUR)


@pytest.mark.django_db
def test_airspace_over_an_area_is_found_with_its_heights(now):
    row = fence(now)

    ((facts,),) = intersecting([volume(now)])

    assert facts.restriction_id == row.pk
    assert (facts.heights, facts.is_met) == ("overlap", True)
    assert facts.ceiling == Limit("AMSL", 609.6)


@pytest.mark.django_db
def test_airspace_beside_the_area_is_not_found(now):
    fence(now)

    assert intersecting([volume(now, area=square(-35.2, 149.3))]) == [()]


@pytest.mark.django_db
def test_airspace_above_is_listed_with_the_room_beneath(now):
    fence(now, floor="2500 ft AMSL", ceiling="FL125")

    ((facts,),) = intersecting([volume(now)])

    assert (facts.heights, facts.is_met) == ("clear", False)
    assert facts.base_above_top_m == pytest.approx(762 - 720)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_h", "ends_h", "count"), [(-2, 0, 0), (-2, 0.1, 1), (0.9, 5, 1), (1, 5, 0)]
)
def test_airspace_is_found_only_in_its_time(now, starts_h, ends_h, count):
    fence(now, valid_from=now + starts_h * HOUR, valid_until=now + ends_h * HOUR)

    (facts,) = intersecting([volume(now)])

    assert len(facts) == count


@pytest.mark.django_db
def test_many_volumes_are_one_query(now, django_assert_num_queries):
    fence(now)

    with django_assert_num_queries(1):
        found = intersecting([volume(now)] * 200)
    assert [len(facts) for facts in found] == [1] * 200


@pytest.mark.django_db
def test_aerodromes_across_the_antimeridian_are_near(now):
    AirportFactory(point=point(lat=-17.0, lon=179.99))

    ((facts,),) = near(windows(now, square(-17.0, -179.99)))

    assert facts.distance_m < 2200
    assert Airport.objects.within_km(point(lat=-17.0, lon=-179.99), 5).count() == 1


@pytest.mark.django_db
def test_area_over_more_airspace_than_is_read_counts_as_prohibited(now, monkeypatch):
    for number in range(3):
        fence(now, name=f"Area {number}", kind="E")

    monkeypatch.setattr(airspace, "MOST_OVER_ONE_AREA", 2)
    (cut,) = intersecting([volume(now)])
    monkeypatch.setattr(airspace, "MOST_OVER_ONE_AREA", 3)
    (whole,) = intersecting([volume(now)])

    assert [facts.kind for facts in cut] == ["E", "E", "P"]
    assert cut[-1].is_met
    assert [facts.kind for facts in whole] == ["E", "E", "E"]


@pytest.mark.django_db
def test_too_many_aerodromes_leave_those_without_a_tower_out_first(now, monkeypatch):
    monkeypatch.setattr(aerodromes, "MOST_NEAR_ONE_AREA", 2)
    for number in range(3):
        AirportFactory(ident=f"YA{number:02d}", is_controlled=False)
    AirportFactory(ident="YTWR", point=point(lat=-35.32, lon=149.195), is_controlled=True)

    ((first, last),) = near(windows(now, square(-35.3069, 149.195)))

    assert (first.ident, last.ident) == ("YA00", "YTWR")
