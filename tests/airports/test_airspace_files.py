import json
import math
from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from airports.airspace_files import (
    RejectedFeature,
    UnknownFormat,
    read_ed269,
    read_geojson,
    read_openair,
)
from airports.airspace_files.altitudes import read_ceiling, read_floor
from airports.airspace_files.shapes import CHORD_TOLERANCE_M, arc, arc_between, circle
from airports.areas import sound_area
from airports.heights import Limit

EARTH = Geodesic.WGS84
CENTER = (149.19, -35.3)
HEAD = "AC R\nAN R123 TEST RA2\nAL SFC\nAH 3000 FT\n"
TRIANGLE = "DP 35:00:00 S 149:00:00 E\nDP 35:00:00 S 149:10:00 E\nDP 35:10:00 S 149:10:00 E\n"


def openair(text):
    return list(read_openair(text.splitlines()))


def distance_m(a, b):
    return EARTH.Inverse(a[1], a[0], b[1], b[0])["s12"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("SFC", Limit("SFC", None)),
        ("GND", Limit("SFC", None)),
        ("0", Limit("SFC", None)),
        ("FL125", Limit("FL", 3810.0)),
        ("FL 65", Limit("FL", 1981.2)),
        ("3000 FT", Limit("AMSL", 914.4)),
        ("4500ft AMSL", Limit("AMSL", 1371.6)),
        ("1500 MSL", Limit("AMSL", 457.2)),
        ("1000ft AGL", Limit("AGL", 304.8)),
        ("100 Agl", Limit("AGL", 30.48)),
        ("100m", Limit("AMSL", 100.0)),
        ("100m GND", Limit("AGL", 100.0)),
        ("500 GND", Limit("AGL", 152.4)),
        ("UNL", Limit("UNL", None)),
        ("UNLIMITED", Limit("UNL", None)),
        ("7500 STD", Limit("FL", 2286.0)),
    ],
)
def test_published_limits(text, limit):
    assert read_floor(text).limit == limit


def test_limit_by_notam_or_beyond_reading_clears_nothing():
    assert (read_floor("NOTAM").limit.datum, read_ceiling("NOTAM").limit.datum) == ("SFC", "UNL")
    assert read_floor("NOTAM").is_by_notam
    assert read_ceiling("BCTA FT").limit == Limit("UNL", None)
    assert not read_ceiling("BCTA FT").is_readable


@pytest.mark.parametrize("radius_m", [3.0, 500.0, 9260.0, 250_000.0])
def test_circle_leaves_the_curve_by_at_most_the_tolerance(radius_m):
    ring = circle(CENTER, radius_m)

    assert ring[0] == ring[-1]
    for a, b in pairwise(ring):
        assert distance_m(CENTER, a) == pytest.approx(radius_m, abs=0.01)
        chord = distance_m(a, b)
        sagitta = radius_m - math.sqrt(max(0.0, radius_m**2 - (chord / 2) ** 2))
        assert sagitta <= CHORD_TOLERANCE_M * 1.01


def bearings(ring):
    return [EARTH.Inverse(CENTER[1], CENTER[0], lat, lon)["azi1"] % 360 for lon, lat in ring]


def test_arc_runs_the_way_it_is_told():
    right = bearings(arc(CENTER, 10_000, 350, 10, is_clockwise=True))
    left = bearings(arc(CENTER, 10_000, 350, 10, is_clockwise=False))

    assert all(b >= 349.9 or b <= 10.1 for b in right)
    assert len(left) > 10 * len(right)
    assert any(abs(b - 180) < 5 for b in left)


def test_arc_between_positions_keeps_both_ends_as_published():
    start, end = (149.30, -35.3), (149.19, -35.40)

    ring = arc_between(CENTER, start, end, is_clockwise=True)

    assert (ring[0], ring[-1]) == (start, end)
    assert all(80 <= b <= 190 for b in bearings(ring))


def test_openair_airspace_is_read():
    (found,) = openair(HEAD + TRIANGLE)

    assert (found.ref, found.name, found.kind) == ("line 1", "R123 TEST RA2", "R")
    assert (found.restricted_status, found.activity) == ("RA2", "always")
    assert found.polygons[0][0][0] == (149.0, -35.0)


def test_center_and_direction_do_not_leak_into_the_next_airspace():
    first = "AC C\nAN A\nAL SFC\nAH UNL\nV X=35:00:00 S 149:00:00 E\nV D=-\nDC 5\n"
    second = "AC C\nAN B\nAL SFC\nAH UNL\nDC 5\n"

    ok, rejected = openair(first + second)

    assert len(ok.polygons[0][0]) > 60
    assert rejected.reason == "line 12: no center (V X=) before an arc or circle"


def test_notam_limit_makes_it_active_by_notam():
    (found,) = openair(HEAD.replace("SFC", "NOTAM") + TRIANGLE)

    assert (found.activity, found.floor.limit.datum) == ("notam", "SFC")


def test_activation_windows_are_kept():
    (found,) = openair(HEAD + "AA 2026-03-15T00:00Z/2026-03-15T02:00Z\n" + TRIANGLE)

    assert found.activity == "windows"
    assert found.activity_windows == [["2026-03-15T00:00:00+00:00", "2026-03-15T02:00:00+00:00"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + TRIANGLE + "DP 99:00:00 S 149:00:00 E\n", "line 8: -99.0000 149.0000"),
        (HEAD + TRIANGLE + "DP 35:00 S\n", "line 8 cannot be read"),
        (HEAD + "ZZ what\n" + TRIANGLE, "line 5 cannot be read: 'ZZ what'"),
        (HEAD + "DP 35:00:00 S 149:00:00 E\n" * 3, "line 1: fewer than three different"),
        (HEAD.replace("AH 3000 FT\n", "") + TRIANGLE, "line 1: no ceiling"),
        (HEAD.replace("AH", "AL") + TRIANGLE, "line 4: the floor is given twice"),
        (HEAD.replace("AN R123 TEST RA2\n", "") + TRIANGLE, "line 1: the airspace has no name"),
        (HEAD + "V X=35:00:00 S 149:00:00 E\nDC -1\n", "line 6: the radius is not positive"),
    ],
)
def test_faulty_airspace_is_rejected_with_its_line_and_the_next_is_read(text, reason):
    rejected, good = openair(text + HEAD + TRIANGLE)

    assert isinstance(rejected, RejectedFeature)
    assert rejected.reason.startswith(reason)
    assert good.name == "R123 TEST RA2"


def feature(**properties):
    ring = [[149.0, -35.0], [149.1, -35.0], [149.1, -35.1], [149.0, -35.0]]
    return {
        "type": "Feature",
        "properties": {"name": "Zone"} | properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def geojson(*features, **more):
    return list(
        read_geojson(json.dumps({"type": "FeatureCollection", "features": features} | more))
    )


def test_faa_properties_are_understood():
    (found,) = geojson(
        feature(
            NAME="TUCSON CLASS C",
            CLASS="C",
            LOCAL_TYPE="CLASS_C",
            LOWER_VAL=0,
            LOWER_UOM="FT",
            LOWER_CODE="SFC",
            UPPER_VAL=-9998,
            UPPER_UOM=None,
            UPPER_CODE=None,
            WKHR_CODE="NOTAM",
        )
    )

    assert (found.name, found.kind, found.activity) == ("TUCSON CLASS C", "C", "notam")
    assert (found.floor.limit, found.ceiling.limit) == (Limit("SFC", None), Limit("UNL", None))


def test_plain_properties_are_understood():
    (found,) = geojson(feature(kind="P", floor="SFC", ceiling="1500 ft AGL"))

    assert (found.kind, found.ceiling.limit) == ("P", Limit("AGL", 457.2))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (feature(floor="SFC"), "no ceiling"),
        (feature(floor="SFC", ceiling="high"), "the ceiling 'high' cannot be read"),
        (feature(floor="SFC", ceiling="UNL") | {"geometry": None}, "the geometry is None"),
        (
            feature(floor="SFC", ceiling="UNL")
            | {"geometry": {"type": "Polygon", "coordinates": [["x"]]}},
            "the coordinates are not",
        ),
        ({"type": "Feature"}, "not a feature with properties"),
        (feature(name="A\x00", floor="SFC", ceiling="UNL"), "it holds a NUL character"),
    ],
)
def test_faulty_feature_is_rejected_with_the_reason(broken, reason):
    (found,) = geojson(broken)

    assert isinstance(found, RejectedFeature)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"type": "Feature"}',
    ],
)
@pytest.mark.parametrize("read", [read_geojson, read_ed269])
def test_another_file_is_refused(read, body):
    with pytest.raises(UnknownFormat):
        list(read(body))


def test_other_projection_is_refused():
    with pytest.raises(UnknownFormat):
        geojson(feature(), crs={"type": "name", "properties": {"name": "EPSG:3857"}})


def zone(**changes):
    volume = {
        "uomDimensions": "M",
        "lowerLimit": "0",
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Circle", "center": [6.9, 46.4], "radius": 3000},
    }
    return {
        "identifier": "Z1",
        "name": "Concert",
        "type": "COMMON",
        "restriction": "REQ_AUTHORISATION",
        "reason": ["OTHER"],
        "applicability": [{"permanent": "YES"}],
        "geometry": [volume | changes.pop("volume", {})],
    } | changes


def ed269(**changes):
    return list(read_ed269(json.dumps({"UASZoneList": [zone(**changes)]})))


def test_uas_zone_is_read():
    (found,) = ed269()

    assert (found.ref, found.kind, found.zone_restriction) == ("Z1#1", "UAS", "REQ_AUTHORISATION")
    assert (found.floor.limit, found.ceiling.limit) == (Limit("SFC", None), Limit("AGL", 120.0))
    assert found.activity == "always"


def test_zone_in_a_period_has_a_window_and_a_weekly_schedule_counts_as_active():
    period = {
        "permanent": "NO",
        "startDateTime": "2026-06-15T09:00:00Z",
        "endDateTime": "2026-07-15T09:00:00Z",
        "schedule": [{"day": ["SAT"], "startTime": "17:00Z", "endTime": "23:00Z"}],
    }

    (found,) = ed269(applicability=[period])

    assert found.activity_windows == [["2026-06-15T09:00:00Z", "2026-07-15T09:00:00Z"]]
    assert "SAT" in found.activity_text


def test_height_above_the_ellipsoid_is_widened_by_the_geoid():
    (found,) = ed269(volume={"upperVerticalReference": "WGS84", "upperLimit": 500})

    assert found.ceiling.limit == Limit("AMSL", 610.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"restriction": "MAYBE"},
        {"name": "A\x00"},
        {"volume": {"upperVerticalReference": "XYZ"}},
        {"volume": {"horizontalProjection": {"type": "Circle", "center": [6.9, 96.4]}}},
        {"volume": {"horizontalProjection": None}},
        {"volume": {"lowerLimit": "low"}},
        {"volume": {"lowerLimit": float("inf")}},
        {"volume": {"lowerLimit": float("nan")}},
    ],
)
def test_faulty_zone_is_rejected(changes):
    (found,) = ed269(**changes)

    assert isinstance(found, RejectedFeature)


def test_open_ring_is_closed_and_said_so():
    area, notes = sound_area([[[(0, 0), (1, 0), (1, 1)]]])

    assert (area.valid, notes) == (True, ["a ring was closed"])


def test_bow_tie_is_resolved():
    area, notes = sound_area([[[(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]]])

    assert area.valid
    assert area.area == pytest.approx(0.5)
    assert notes == ["crossing edges were resolved"]


def test_area_across_the_antimeridian_is_split():
    area, notes = sound_area([[[(179, 0), (-179, 0), (-179, 1), (179, 1), (179, 0)]]])

    assert notes == ["split at the antimeridian"]
    assert sorted(part.extent for part in area) == [(-180, 0, -179, 1), (179, 0, 180, 1)]


@pytest.mark.parametrize("west", [-179.0, 178.0, 179.5])
def test_hole_beyond_the_antimeridian_stays_a_hole(west):
    shell = [(170.0, -20.0), (-170.0, -20.0), (-170.0, -10.0), (170.0, -10.0)]
    east = west + 1 if west < 179 else west - 359
    hole = [(west, -16.0), (east, -16.0), (east, -15.0), (west, -15.0)]

    area, _ = sound_area([[[*shell, shell[0]], [*hole, hole[0]]]])

    assert area.area == pytest.approx(199.0)


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        ([(0, 0), (1, 1), (0, 0)], "fewer than three"),
        ([(0, 0), (1, 0), (2, 0), (0, 0)], "enclose no area"),
        ([(0, 0), (200, 0), (1, 1), (0, 0)], "not on Earth"),
        ([(0, 0), (float("nan"), 0), (1, 1), (0, 0)], "not on Earth"),
        ([(-170, 60), (-50, 60), (70, 60), (170, 60), (-170, 60)], "around a pole"),
        ([], "fewer than three"),
    ],
)
def test_ring_that_encloses_nothing_sound_is_refused(ring, reason):
    with pytest.raises(ValueError, match=reason):
        sound_area([[ring]])


def test_too_many_vertices_are_refused():
    ring = [
        (math.cos(i / 10_000 * math.pi), math.sin(i / 10_000 * math.pi) * (1 + i % 2 / 100))
        for i in range(20_000)
    ]

    with pytest.raises(ValueError, match="more than 10000 vertices"):
        sound_area([[ring]])


LINES = st.sampled_from(
    [
        *HEAD.splitlines(),
        *TRIANGLE.splitlines(),
        "V X=35:00:00 S 149:00:00 E",
        "V D=-",
        "V D=",
        "DC 5",
        "DC x",
        "DA 5,10,20",
        "DB 35:00:00 S 149:00:00 E,35:10:00 S 149:10:00 E",
        "AA NONE",
        "AA x/y/z",
        "AA",
        "V",
        "*",
        "AC",
        "AC C",
        "DA 1e999,0,1",
        "DC nan",
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(LINES, max_size=20).map("\n".join)))
def test_junk_openair_never_raises_anything_else(text):
    try:
        openair(text)
    except UnknownFormat:
        return


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "features",
                    "UASZoneList",
                    "geometry",
                    "properties",
                    "coordinates",
                    "name",
                    "horizontalProjection",
                    "center",
                    "radius",
                    "floor",
                    "ceiling",
                    "restriction",
                    "applicability",
                    "UPPER_VAL",
                    "lowerLimit",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_junk_json_never_raises_anything_else(value):
    for read, key in ((read_geojson, "features"), (read_ed269, "UASZoneList")):
        body = json.dumps({"type": "FeatureCollection", key: [value]})
        assert list(read(body)) is not None
