"""Coverage of synthetic surveys with known holes, in a local plane and on the Earth."""

import io
import json
from datetime import timedelta

import numpy as np
import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree
from PIL import Image

from benchmarks.coverage import compare, flown
from client_management.coverage import (
    Camera,
    CoverageRefused,
    Track,
    measure,
    refly_areas,
)
from client_management.coverage_outputs import geojson, kml, png
from client_management.local_plane import LocalPlane
from client_management.models import CoverageReport
from client_management.portal_exceptions import NothingFlown, NothingMissing, ReflyOrdered
from client_management.queries import tracks
from client_management.services import coverage, refly
from tests.client_management import scene
from tests.flight_operations.factories import OperationFactory
from tests.shared_data import shared
from tests.users.factories import UserFactory

# Footprint at 80 m: 120 m across, 80 m along.
CAMERA = Camera(sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, every_m=20)
HEIGHT = 80.0
PLACES = [(151.2, -33.9), (9.7, 64.1), (179.99, -16.5), (-70.0, 0.0)]


def survey(plane, xs, *, north=600.0, skip=None, height=HEIGHT):
    """Lines to the north and back; `skip` leaves out what of a line lies between two norths."""
    flights = []
    for n, x in enumerate(xs):
        ys = np.arange(-50.0, north + 51.0, 5.0)
        pieces = (
            [ys] if skip is None or n not in skip else [ys[ys <= skip[n][0]], ys[ys >= skip[n][1]]]
        )
        for piece in pieces:
            run = piece if n % 2 == 0 else piece[::-1]
            lonlat = plane.to_earth(np.column_stack([np.full(len(run), float(x)), run]))
            flights.append(Track(lonlat=lonlat.tolist(), height_m=[height] * len(run)))
    return flights


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_survey_without_holes_covers_everything(place):
    plane = LocalPlane(*place)
    area = plane.unflatten(shapely.box(0, 0, 1000, 600))

    found = measure(area, survey(plane, np.arange(0, 1001, 100)), CAMERA)

    assert found.percent == pytest.approx(100, abs=1e-6)
    assert found.gaps == ()
    assert found.area_m2 == pytest.approx(600_000, rel=1e-5)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_missing_line_and_a_missing_piece_are_found_to_half_a_percent(place):
    plane = LocalPlane(*place)
    area = plane.unflatten(shapely.box(0, 0, 1000, 600))
    xs = np.delete(np.arange(0, 1001, 100), 4)
    # Line 400 is missing: 80 m of 600 m. On the last but one 200 m are missing between pictures.
    found = measure(area, survey(plane, xs, skip={8: (200.0, 400.0)}), CAMERA)

    # The last picture before is at 190 m and shows 40 m more, the first one after is at 400 m.
    line, piece = 80 * 600, 80 * (400 - 40 - (190 + 40))
    sizes = [gap.area_m2 for gap in found.gaps]
    assert sizes[0] == pytest.approx(line, rel=0.005)
    assert sum(sizes[1:]) == pytest.approx(piece, rel=0.005)
    assert found.percent == pytest.approx(100 - (line + piece) / 6000, abs=0.005)


def test_the_projection_goes_there_and_back_and_keeps_areas():
    for lon, lat in PLACES:
        plane = LocalPlane(lon, lat)
        places = np.random.default_rng(1).uniform(-15_000, 15_000, (500, 2))
        assert np.abs(plane.to_plane(plane.to_earth(places)) - places).max() < 1e-6


def test_holes_of_the_area_and_odd_shapes_count_for_nothing():
    plane = LocalPlane(151.2, -33.9)
    yard = shapely.box(0, 0, 400, 400) - shapely.box(100, 100, 300, 300)
    found = measure(
        plane.unflatten(yard), survey(plane, [0, 100, 200, 300, 400], north=400), CAMERA
    )

    assert found.area_m2 == pytest.approx(120_000, rel=1e-4)
    assert found.percent == pytest.approx(100, abs=1e-6)


def test_overlaps_are_counted_per_place():
    plane = LocalPlane(151.2, -33.9)
    area = plane.unflatten(shapely.box(0, 100, 1000, 500))
    found = measure(area, survey(plane, np.arange(0, 1001, 100)), CAMERA)

    # Each place sees four pictures of a line; one fifth lies under two lines.
    assert found.overlap_percent[4] == pytest.approx(80, abs=1)
    assert found.overlap_percent[8] == pytest.approx(20, abs=1)
    assert sum(found.overlap_percent) == pytest.approx(100, abs=0.01)


def test_pictures_too_low_or_without_a_trigger_do_not_count():
    plane = LocalPlane(151.2, -33.9)
    area = plane.unflatten(shapely.box(0, 0, 100, 100))

    assert measure(area, survey(plane, [50], north=100, height=2.0), CAMERA).percent == 0
    with pytest.raises(CoverageRefused, match="trigger"):
        measure(
            area,
            survey(plane, [50]),
            Camera(sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8),
        )
    with pytest.raises(CoverageRefused, match="40000"):
        measure(
            area,
            survey(plane, [50]),
            Camera(sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, every_m=0.001),
        )


def test_timed_pictures_are_where_the_aircraft_was_then():
    plane = LocalPlane(151.2, -33.9)
    lonlat = plane.to_earth([(0, 0), (0, 200)]).tolist()
    track = Track(lonlat=lonlat, height_m=[80, 80], at_s=[0, 20])
    camera = Camera(sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, every_s=10)
    area = plane.unflatten(shapely.box(-60, -40, 60, 240))

    found = measure(area, [track], camera)

    # Pictures at 0, 100 and 200 m, each 80 m long: 20 m of every 100 are missing, twice.
    assert found.shot_count == 3
    assert found.percent == pytest.approx(100 * 240 / 280, abs=0.01)


@pytest.fixture
def holed():
    plane = LocalPlane(151.2, -33.9)
    area = plane.unflatten(shapely.box(0, 0, 1000, 600))
    return measure(area, survey(plane, np.delete(np.arange(0, 1001, 100), 4)), CAMERA)


def test_files_tell_the_same_as_the_figures(holed):
    features = geojson(holed, name="Quarry <1>")["features"]
    gaps = [f for f in features if f["properties"]["role"] == "gap"]
    assert features[0]["properties"]["covered_percent"] == 92.0
    assert len(gaps) == 1
    shape = shapely.from_geojson(json.dumps(gaps[0]["geometry"]))
    assert holed.plane.flatten(shape).area == pytest.approx(48_000, rel=0.005)

    document = etree.fromstring(kml(holed, name="Quarry <1>").encode())
    names = [e.text for e in document.iter("{http://www.opengis.net/kml/2.2}name")]
    assert names == ["Quarry <1>", "Quarry <1>", "Gap 1: 48000 m²"]

    picture = Image.open(io.BytesIO(png(holed, name="Quarry")))
    red = sum(count for count, color in picture.getcolors(100_000) if color == (179, 38, 30))
    whole = 1000 * 600
    assert red / whole == pytest.approx(0.08, abs=0.01)


def test_gaps_are_flown_again_with_half_a_picture_around(holed):
    (again,) = refly_areas(holed)
    flat = holed.plane.flatten(again)

    assert flat.area == pytest.approx((80 + 120) * (600 + 120), rel=0.01)
    assert flat.contains(holed.plane.flatten(holed.gaps[0].polygon))


def test_many_gaps_become_a_few_areas():
    plane = LocalPlane(151.2, -33.9)
    area = plane.unflatten(shapely.box(0, 0, 3000, 3000))
    spots = survey(plane, np.arange(0, 3001, 300), north=3000)
    found = measure(area, spots, CAMERA)

    assert len(found.gaps) == 10
    again = refly_areas(found, most=3)
    assert 1 <= len(again) <= 3
    flat = shapely.union_all([plane.flatten(each) for each in again])
    assert all(flat.contains(plane.flatten(gap.polygon)) for gap in found.gaps)


def test_random_surveys_with_holes_are_measured_to_half_a_percent():
    found = compare(surveys=5, seed=7)

    assert found["largest_error_percent"] < 0.5


def test_a_real_flight_is_held_against_an_area_drawn_around_it():
    found = flown(shared("flights/dji/air-2s_airdata.csv.gz"), room_m=20.0)

    assert 5 < found.percent < 100
    assert found.shot_count > 3
    picture = Image.open(io.BytesIO(png(found, name="Flight")))
    assert {(179, 38, 30), (255, 255, 255)} <= {color for _, color in picture.getcolors(100_000)}


@pytest.fixture
def flown_job(client_org, actor, now, monkeypatch):
    """A job whose one flight left out the middle of its area."""
    job, team = scene.job(client_org, actor, now), scene.fleet()
    operation = OperationFactory(
        operator=team.operator, aircraft=team.aircraft, pilot_in_command=team.pilot, landed=True
    )
    area = shapely.from_wkb(bytes(job.request.area.wkb))
    plane = LocalPlane.around(area)
    west, south, east, north = shapely.bounds(plane.flatten(area))
    xs = [x for x in np.arange(west, east + 100, 100) if not -60 < x < 60]
    norths = np.linspace(south - 50, north + 50, 200)
    runs = [np.column_stack([np.full(200, x), norths]) for x in xs]
    lonlat = [place for run in runs for place in plane.to_earth(run).tolist()]
    whole = Track(lonlat=lonlat, height_m=[HEIGHT] * len(lonlat))
    for module in (coverage, refly):
        monkeypatch.setattr(module, "flown_operations", lambda job: [operation])
    monkeypatch.setattr(coverage, "track_of", lambda operation: whole)
    return job


@pytest.mark.django_db
def test_a_report_orders_flights_for_its_gaps_once(flown_job, actor, now):
    anybody = UserFactory(is_superuser=True)

    def plan(job, areas):
        return refly.plan_refly(job, areas, actor=anybody, at=now)

    report = coverage.measure_job(flown_job, camera=CAMERA, actor=actor, at=now)
    with CaptureQueriesContext(connection) as asked:
        operations = coverage.order_refly(report, plan=plan, actor=actor, at=now)
    held = [each["sql"] for each in asked if "FOR NO KEY UPDATE" in each["sql"]]
    aircraft, job = (
        next(n for n, sql in enumerate(held) if f'FROM "{table}"' in sql)
        for table in ("rpas_rpasaircraft", "client_management_joborder")
    )
    assert aircraft < job, "planning takes them in this order"

    report = CoverageReport.objects.get(pk=report.pk)
    assert report.gap_count > 0
    assert {each.status for each in operations} == {"draft"}
    assert set(report.refly_operations.all()) == set(operations)
    parts = flown_job.operations.filter(operation__in=operations)
    assert {part.purpose for part in parts} == {"reflight"}
    with pytest.raises(ReflyOrdered):
        coverage.order_refly(report, plan=plan, actor=actor, at=now)
    for part in parts:
        scene.fly(part, now, 5)
    report.refly_ordered_at, report.refly_ordered_by, report.missing = None, None, None
    report.save()
    with pytest.raises(NothingMissing):
        coverage.order_refly(report, plan=plan, actor=actor, at=now)


@pytest.mark.django_db
def test_a_job_that_nobody_flew_has_no_coverage(client_org, actor, now):
    job = scene.job(client_org, actor, now)

    with pytest.raises(NothingFlown):
        coverage.measure_job(job, camera=CAMERA, actor=actor, at=now)


@pytest.mark.django_db
def test_the_track_of_a_flight_is_what_was_believed_of_it(now):
    operation = OperationFactory(landed=True, planned_start_at=now - timedelta(hours=2))

    assert tracks.track_of(operation) is None
