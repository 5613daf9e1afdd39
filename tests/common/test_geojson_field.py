import math

import pytest
from rest_framework.exceptions import ValidationError

from common.api.fields import GeoJSONField, PointField

SQUARE = [[149.1, -35.3], [149.2, -35.3], [149.2, -35.2], [149.1, -35.2], [149.1, -35.3]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_square_comes_back_as_it_went_in():
    field = GeoJSONField()

    area = field.to_internal_value(polygon(SQUARE))

    assert area.srid == 4326
    assert field.to_representation(area)["coordinates"] == [SQUARE]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "type"),
        ("POLYGON((0 0,1 0,1 1,0 0))", "type"),
        ({"type": "Point", "coordinates": [149, -35]}, "type"),
        ({"type": "GeometryCollection", "geometries": []}, "type"),
        ({"type": "Polygon"}, "position"),
        ({"type": "Polygon", "coordinates": []}, "position"),
        (polygon([]), "position"),
        (polygon(SQUARE[:-1]), "shape"),
        (polygon(SQUARE[:2]), "shape"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "shape"),
        (polygon([[*p, 100] for p in SQUARE]), "position"),
        (polygon([[*p, 100, 1] for p in SQUARE]), "position"),
        (polygon([[-35.3, 149.1], *[[y, x] for x, y in SQUARE]]), "position"),
        (polygon([[math.nan, 0], *SQUARE]), "position"),
        (polygon([[math.inf, 0], *SQUARE]), "position"),
        (polygon([["149", "-35"], *SQUARE]), "position"),
        (polygon([[True, False], *SQUARE]), "position"),
        (polygon([[181, 0], *SQUARE]), "position"),
        (polygon([[-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]]), "span"),
        (polygon([[0, 0]] * 10_001), "vertices"),
        ({**polygon(SQUARE), "crs": {"type": "link"}}, "crs"),
        ({"type": "MultiPolygon", "coordinates": [SQUARE]}, "shape"),
    ],
)
def test_what_is_no_area_on_earth_is_refused(geometry, code):
    with pytest.raises(ValidationError) as refusal:
        GeoJSONField().to_internal_value(geometry)

    assert refusal.value.get_codes() == [code]


def test_an_area_split_at_the_antimeridian_is_taken():
    west = [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]
    east = [[-180, 0], [-179, 0], [-179, 1], [-180, 1], [-180, 0]]

    area = GeoJSONField().to_internal_value(
        {"type": "MultiPolygon", "coordinates": [[west], [east]]}
    )

    assert len(area) == 2


def test_a_point_takes_longitude_first():
    place = PointField().to_internal_value({"type": "Point", "coordinates": [149.19, -35.3]})

    assert (place.x, place.y) == (149.19, -35.3)
