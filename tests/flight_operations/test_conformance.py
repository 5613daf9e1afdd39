import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from flight_operations.logs import read_log
from flight_operations.telemetry.episodes import Ledger
from flight_operations.telemetry.heights import HeightBasis, resolve_heights
from flight_operations.telemetry.limits import AlertKind, FlightLimits, Severity, severity
from flight_operations.telemetry.samples import Datum, Samples
from tests.flight_operations.sky import (
    BASE_US,
    LAT,
    LON,
    SECOND,
    Oracle,
    judged,
    square,
    track,
    zone,
)
from tests.shared_data import shared


def kinds(samples: Samples, limits: FlightLimits) -> set[AlertKind]:
    return {finding.kind for finding in judged(samples, limits).findings}


def test_exactly_120_meters_above_ground_conforms_and_a_centimeter_more_does_not():
    verdict = judged(track(119.0, 120.0, 120.004, 120.01), FlightLimits())

    assert verdict.conformant.tolist() == [True, True, True, False]
    assert verdict.findings[0].value[3] == 120.01


@pytest.mark.parametrize(
    ("worst", "limit", "color"),
    [
        (120.01, 120.0, Severity.AMBER),
        (121.92, 120.0, Severity.AMBER),
        (121.93, 120.0, Severity.RED),
        (91.0, 90.0, Severity.AMBER),
        (150.01, 150.0, Severity.RED),
    ],
)
def test_color_of_a_height_breach(worst, limit, color):
    assert severity(AlertKind.HEIGHT, worst, limit) is color


def test_an_approved_height_replaces_the_standard_one():
    assert not kinds(track(149.0, 150.0), FlightLimits(max_height_m=150.0))
    assert kinds(track(150.5), FlightLimits(max_height_m=150.0)) == {AlertKind.HEIGHT}


def test_height_over_ground_beats_height_over_take_off():
    falling_ground = track(np.nan, altitude_m=[150.0], datum=[Datum.AMSL],
                           ground_elevation_m=[20.0], height_takeoff_m=[110.0])  # fmt: skip

    heights = resolve_heights(falling_ground)

    assert heights.limit_m.tolist() == [130.0]
    assert heights.basis.tolist() == [HeightBasis.GROUND]


@pytest.mark.parametrize(
    ("columns", "elevation", "expected", "basis"),
    [
        ({"height_ground_m": [30.0], "altitude_m": [99.0], "datum": [1]}, 5.0, 30.0, 1),
        ({"altitude_m": [31.0], "datum": [Datum.AGL]}, None, 31.0, 1),
        ({"altitude_m": [99.0], "datum": [1], "ground_elevation_m": [60.0]}, None, 39.0, 1),
        ({"height_takeoff_m": [40.0], "ground_elevation_m": [60.0]}, 70.0, 50.0, 1),
        ({"altitude_m": [40.0], "datum": [3], "ground_elevation_m": [60.0]}, 70.0, 50.0, 1),
        ({"height_takeoff_m": [40.0], "ground_elevation_m": [60.0]}, None, 40.0, 2),
        ({"altitude_m": [99.0], "datum": [1]}, 60.0, 39.0, 2),
        ({"altitude_m": [99.0], "datum": [1]}, None, np.nan, 0),
        (
            {"altitude_m": [99.0], "datum": [Datum.WGS84], "ground_elevation_m": [60.0]},
            60.0,
            np.nan,
            0,
        ),
    ],
)
def test_the_best_known_height_is_used(columns, elevation, expected, basis):
    heights = resolve_heights(track(np.nan, **columns), takeoff_elevation_m=elevation)

    assert heights.limit_m[0] == pytest.approx(expected, nan_ok=True)
    assert heights.basis[0] == basis


def test_edges_of_areas_bands_and_windows_belong_to_them():
    plan = zone(floor=0, ceiling=100, from_us=BASE_US, until_us=BASE_US + SECOND)
    on_the_edge = track(100.0, 0.0, lon=[151.19, 151.21], lat=[-33.91, -33.89])

    assert kinds(on_the_edge, FlightLimits(volumes=(plan,))) == set()
    assert kinds(on_the_edge, FlightLimits(keep_in=(plan,))) == set()
    assert kinds(on_the_edge, FlightLimits(keep_out=(plan,))) == {AlertKind.KEEP_OUT}


def test_plan_breaches_tell_place_height_and_time_apart():
    plan = zone(floor=0, ceiling=100, from_us=BASE_US, until_us=BASE_US + 2 * SECOND)
    samples = track(50.0, 101.0, 50.0, 50.0, lon=[LON, LON, 151.3, LON])

    verdict = judged(samples, FlightLimits(volumes=(plan,)))

    assert verdict.breaches.tolist() == [0, 2, 1, 4]
    area = next(f for f in verdict.findings if f.kind is AlertKind.PLAN_AREA)
    assert area.value[2] == pytest.approx(8310, rel=0.01)


def test_one_volume_must_hold_place_height_and_time_together():
    low = zone("low", floor=0, ceiling=50)
    high = zone("high", square(151.21), floor=50, ceiling=100)
    samples = track(90.0, 90.0, lon=[LON, 151.22])

    assert judged(samples, FlightLimits(volumes=(low, high))).breaches.tolist() == [2, 0]


def test_zone_is_left_alone_above_its_ceiling_and_outside_its_hours():
    fence = zone(floor=0, ceiling=60, until_us=BASE_US + SECOND)

    verdict = judged(track(50.0, 70.0, 50.0), FlightLimits(keep_out=(fence,)))

    assert verdict.conformant.tolist() == [False, True, True]


def test_unknown_height_does_not_excuse_a_zone():
    fence = zone(floor=0, ceiling=60)

    assert kinds(track(np.nan), FlightLimits(keep_out=(fence,))) == {AlertKind.KEEP_OUT}
    assert kinds(track(np.nan), FlightLimits(volumes=(fence,))) == set()


def test_distance_inside_a_zone_is_the_worst_value():
    verdict = judged(track(50.0), FlightLimits(aerodromes=(zone("YSSY"),)))

    assert verdict.findings[0].reference == "YSSY"
    assert verdict.findings[0].value[0] == pytest.approx(923, rel=0.01)


def test_flight_outside_its_window_is_timed():
    limits = FlightLimits(from_us=BASE_US + SECOND, until_us=BASE_US + 2 * SECOND)

    finding = judged(track(1.0, 1.0, 1.0, 1.0), limits).findings[0]

    assert finding.kind is AlertKind.WINDOW
    assert finding.value.tolist() == [1.0, 0.0, 0.0, 1.0]


coordinates = st.integers(0, 40).map(lambda step: step / 1000)
heights_m = st.one_of(st.none(), st.integers(-20, 200).map(float))
rows = st.tuples(coordinates, coordinates, heights_m, heights_m, heights_m, st.integers(0, 60))
bounds = st.one_of(st.none(), st.integers(0, 150).map(float))


@st.composite
def zones(draw, reference):
    west, south, size = draw(coordinates), draw(coordinates), draw(st.integers(1, 20)) / 1000
    floor, ceiling = draw(bounds), draw(bounds)
    start, length = draw(st.none() | st.integers(0, 40)), draw(st.none() | st.integers(0, 30))
    area = square(151.18 + west, -33.92 + south, size)
    if draw(st.booleans()):
        area = shapely.union(area, square(151.18 + south, -33.92 + west, size))
    return zone(
        reference, area, floor=floor, ceiling=ceiling,
        datum=draw(st.sampled_from([Datum.AGL, Datum.AMSL, Datum.TAKEOFF])),
        from_us=None if start is None else BASE_US + start * SECOND,
        until_us=None if length is None else BASE_US + ((start or 0) + length) * SECOND,
    )  # fmt: skip


@st.composite
def flights(draw):
    points = draw(st.lists(rows, min_size=1, max_size=25))
    east, north, ground, amsl, takeoff, seconds = zip(*points, strict=True)
    samples = Samples.of(
        sequence=range(len(points)),
        recorded_us=[BASE_US + second * SECOND for second in seconds],
        lon=[151.18 + x for x in east], lat=[-33.92 + y for y in north],
        height_ground_m=np.array(ground, dtype=float),
        height_takeoff_m=np.array(takeoff, dtype=float),
        altitude_m=np.array(amsl, dtype=float), datum=Datum.AMSL,
        ground_elevation_m=np.array([draw(st.sampled_from([np.nan, 10.0])) for _ in points]),
    )  # fmt: skip
    limits = FlightLimits(
        volumes=tuple(draw(zones(f"v{n}")) for n in range(draw(st.integers(0, 2)))),
        keep_in=tuple(draw(zones(f"i{n}")) for n in range(draw(st.integers(0, 1)))),
        keep_out=tuple(draw(zones(f"o{n}")) for n in range(draw(st.integers(0, 2)))),
        aerodromes=tuple(draw(zones(f"a{n}")) for n in range(draw(st.integers(0, 1)))),
        max_height_m=draw(st.sampled_from([120.0, 90.0, 150.0])),
        from_us=BASE_US + 5 * SECOND, until_us=BASE_US + 50 * SECOND,
        takeoff_elevation_m=draw(st.sampled_from([None, 15.0])),
    )  # fmt: skip
    return samples, limits


@settings(max_examples=120, deadline=None)
@given(flights())
def test_every_position_is_judged_as_one_by_one_in_plain_python(flight):
    samples, limits = flight
    heights = resolve_heights(samples, takeoff_elevation_m=limits.takeoff_elevation_m)
    verdict = judged(samples, limits)
    oracle = Oracle(limits)

    for row in range(len(samples)):
        found = {(f.kind, f.reference) for f in verdict.findings if f.mask[row]}
        assert found == oracle.kinds(samples, heights, row)
        assert verdict.conformant[row] == (not found)


def test_air_2s_flight_raises_the_120_m_alert_by_height_above_ground_only():
    path = shared("flights/dji/air-2s_airdata.csv.gz")
    by_ground, by_takeoff = Ledger(), Ledger()
    newest = None
    for chunk in read_log(path, name=path.name).chunks():
        samples = chunk.in_time_order()
        unknown = np.full(len(samples), np.nan)
        no_ground = Samples.of(
            sequence=samples.sequence, recorded_us=samples.recorded_us, lat=samples.lat,
            lon=samples.lon, height_takeoff_m=samples.height_takeoff_m, ground_elevation_m=unknown,
        )  # fmt: skip
        by_ground.fold(samples, judged(samples, FlightLimits()).findings, newest_us=newest)
        by_takeoff.fold(no_ground, judged(no_ground, FlightLimits()).findings, newest_us=newest)
        newest = int(samples.recorded_us[-1])

    assert by_takeoff.episodes == []
    assert {episode.kind for episode in by_ground.episodes} == {AlertKind.HEIGHT}
    worst = max(episode.worst for episode in by_ground.episodes)
    assert worst == pytest.approx(409.7 * 0.3048, abs=0.02)
    assert LAT < 0 < by_ground.episodes[0].lat
