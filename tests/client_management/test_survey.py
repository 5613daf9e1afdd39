"""Flight lines, minutes, batteries and operations, against figures worked out by hand."""

import math

import pytest
import shapely

from client_management.specifications import specification_of
from client_management.survey.equipment import MULTIROTOR, PHOTO, Aircraft, photo_lines
from client_management.survey.estimate import estimate
from client_management.survey.parts import (
    CannotBeFlown,
    Limits,
    LineWork,
    TooManyOperations,
    split,
)
from client_management.survey.plane import plane_at
from client_management.survey.sweep import best_heading, line_minutes, sweep

MAPPING = specification_of("mapping", {"gsd_cm": 2.0})


def rectangle(width_m: float, height_m: float, *, lat: float = -35.3) -> shapely.Polygon:
    """A rectangle of longitudes and latitudes with exact sides in the plane."""
    plane = plane_at(lat=lat, lon=149.0)
    half_w, half_h = width_m / 2, height_m / 2
    return plane.to_degrees(shapely.box(-half_w, -half_h, half_w, half_h))


def test_the_height_and_spacing_follow_from_the_ground_sampling_distance():
    how = photo_lines(
        PHOTO, MULTIROTOR, gsd_cm=2.0, forward_overlap=80, side_overlap=70, max_height_m=120
    )

    # 0.02 m x 8.8 mm x 5472 px / 13.2 mm; swath 0.02 x 5472; spacing 30 % of it.
    assert how.height_m == pytest.approx(72.96)
    assert how.swath_m == pytest.approx(109.44)
    assert how.spacing_m == pytest.approx(32.832)
    assert how.base_m == pytest.approx(0.02 * 3648 * 0.2)
    assert how.speed_ms == pytest.approx(how.base_m / 2)


def test_a_height_limit_makes_pictures_finer_than_asked():
    how = photo_lines(
        PHOTO, MULTIROTOR, gsd_cm=10.0, forward_overlap=80, side_overlap=70, max_height_m=120
    )

    assert how.height_m == 120
    assert how.gsd_cm == pytest.approx(120 / (8.8 * 5472 / 13.2) * 100)


def test_lines_over_a_rectangle_are_counted_and_measured():
    found = sweep(shapely.box(0, 0, 100, 400), 32.832)
    how = photo_lines(
        PHOTO, MULTIROTOR, gsd_cm=2.0, forward_overlap=80, side_overlap=70, max_height_m=120
    )

    assert (found.lines, found.length_m) == (4, pytest.approx(1600))
    seconds = (1600 + 8 * how.base_m) / how.speed_ms + 3 * (5 + 32.832 / how.speed_ms)
    assert line_minutes(found, how) == pytest.approx(seconds / 60)


def test_the_best_heading_is_along_the_longer_side_whichever_way_it_lies():
    how = photo_lines(
        PHOTO, MULTIROTOR, gsd_cm=2.0, forward_overlap=80, side_overlap=70, max_height_m=120
    )
    long = shapely.box(-49, -400, 49, 400)
    headings = {
        turn: best_heading(shapely.affinity.rotate(long, -turn, origin=(0, 0)), how)
        for turn in (0, 37, 90, 121.5)
    }

    assert headings == {turn: pytest.approx(turn, abs=0.01) for turn in headings}


def test_parts_cover_the_area_once_and_fit_battery_and_sight():
    ragged = shapely.Polygon(
        [(149, -35.3), (149.02, -35.3), (149.02, -35.29), (149.012, -35.295), (149, -35.285)]
    )
    found = estimate(ragged, MAPPING, max_height_m=120)
    parts = [part.polygon for part in found.parts]

    assert shapely.union_all(parts).symmetric_difference(ragged).area < 1e-6 * ragged.area
    assert sum(part.area for part in parts) == pytest.approx(ragged.area, rel=1e-6)
    assert max(part.work_min for part in found.parts) <= MULTIROTOR.usable_min
    plane = plane_at(lat=-35.29, lon=149.01)
    for part in parts:
        flat = plane.to_metres(part)
        middle = flat.minimum_rotated_rectangle.centroid
        assert shapely.hausdorff_distance(middle, flat) <= 500 * 1.01
    assert found.operations == len(parts) == found.batteries


def test_two_batteries_to_an_operation_make_fewer_operations():
    block = rectangle(900, 900)
    one = estimate(block, MAPPING, max_height_m=120, sight_m=2000)
    two = estimate(block, MAPPING, max_height_m=120, sight_m=2000, batteries_each=2)

    assert one.operations == 3
    assert (two.operations, two.batteries) == (2, 4)
    # The rim is too far for less than what is kept for a take-off.
    assert two.flight_min == pytest.approx(sum(p.work_min for p in two.parts) + 4 * 3.0)


def test_a_take_off_takes_longer_the_higher_and_farther_up_to_what_is_kept_for_it():
    near, high, far = (
        MULTIROTOR.overhead(height_m=height, away_m=away)
        for height, away in ((60.0, 0.0), (120.0, 0.0), (120.0, 900.0))
    )

    assert near * 60 == pytest.approx(45 + 15 + 20)
    assert high * 60 == pytest.approx(45 + 30 + 40)
    assert far == MULTIROTOR.overhead_min


def test_repeated_surveys_count_every_visit():
    wanted = {"gsd_cm": 2.0, "visits": 4, "days_between": 30}
    once = estimate(rectangle(400, 400), MAPPING, max_height_m=120)
    found = estimate(rectangle(400, 400), specification_of("monitoring", wanted), max_height_m=120)

    assert found.flight_min == pytest.approx(4 * once.flight_min)
    assert (found.operations, found.batteries) == (4 * once.operations, 4 * once.batteries)


def test_inspections_and_films_spread_their_minutes_over_the_area():
    inspection = specification_of("inspection", {"structures": 12, "minutes_each": 10})
    film = specification_of("video", {"minutes": 20})
    found = estimate(rectangle(600, 300), inspection, max_height_m=120)

    assert sum(part.work_min for part in found.parts) == pytest.approx(120)
    assert found.operations == math.ceil(120 / MULTIROTOR.usable_min) == 5
    assert estimate(rectangle(100, 100), film, max_height_m=60).operations == 1


def test_what_no_battery_lasts_for_is_refused_and_what_nobody_plans_too():
    weak = Aircraft(endurance_min=3.5)
    long_line = Limits(sight_m=10_000, work_min=0.05)
    how = photo_lines(
        PHOTO, MULTIROTOR, gsd_cm=2.0, forward_overlap=80, side_overlap=70, max_height_m=120
    )

    with pytest.raises(CannotBeFlown):
        estimate(rectangle(100, 100), MAPPING, max_height_m=120, aircraft=weak)
    with pytest.raises(CannotBeFlown):
        split(shapely.box(0, 0, 20, 5000), heading_deg=0, work=LineWork(how), limits=long_line)
    with pytest.raises(TooManyOperations):
        estimate(rectangle(90_000, 90_000), MAPPING, max_height_m=120)
