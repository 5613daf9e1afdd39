import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from rest_framework import serializers

from common.querysets import ScopedQuerySet

MAX_VERTICES = 10_000
AREAS = ("Polygon", "MultiPolygon")


class VisibleSlugField(serializers.SlugRelatedField):
    """A related record named by its public code, chosen among the rows the caller may see."""

    def get_queryset(self) -> Any:
        rows = cast(ScopedQuerySet, super().get_queryset())
        return rows.visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, (str, int)) or isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, int) and abs(data) > 2**62:
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data)[:40])
        return super().to_internal_value(data)


class FiniteFloatField(serializers.FloatField):
    """A number. NaN, Infinity, true and what no float can hold are refused, unlike by DRF's own."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        try:
            value = float(super().to_internal_value(data))
        except OverflowError:
            self.fail("invalid")
        if not math.isfinite(value):
            self.fail("invalid")
        return value


# How many lists are in each other in the coordinates of a geometry.
_DEPTHS = {
    "Point": 1, "MultiPoint": 2, "LineString": 2, "MultiLineString": 3, "Polygon": 3,
    "MultiPolygon": 4,
}  # fmt: skip


def nesting(geometry_types: Sequence[str]) -> tuple[int, bool]:
    """How many lists all of these have in common, and whether positions are the innermost."""
    depths = {_DEPTHS[each] for each in geometry_types}
    return min(depths), len(depths) == 1


class GeoJSONField(serializers.Field):
    """
    A geometry as GeoJSON (RFC 7946): longitude first, WGS 84, two dimensions.

    Refuses other types than those named, a `crs` member, positions off the Earth, unclosed or
    self-crossing rings, parts wider than 180 degrees and more than 10,000 vertices.
    """

    default_error_messages = {
        "type": "Expected a GeoJSON geometry of type {types}.",
        "crs": "A coordinate reference system cannot be named; GeoJSON is WGS 84.",
        "position": "{value} is not a longitude and latitude in degrees.",
        "vertices": "More than {limit} vertices.",
        "shape": "The geometry is not valid: {reason}.",
        "span": "A part spans more than 180 degrees of longitude; split it at the antimeridian.",
    }

    def __init__(
        self,
        *,
        geometry_types: tuple[str, ...] = AREAS,
        max_vertices: int = MAX_VERTICES,
        **kwargs: Any,
    ) -> None:
        self.geometry_types = geometry_types
        self.max_vertices = max_vertices
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> GEOSGeometry:
        if not isinstance(data, dict) or data.get("type") not in self.geometry_types:
            self.fail("type", types=" or ".join(self.geometry_types))
        if "crs" in data:
            self.fail("crs")
        self._check_positions(data.get("coordinates"))
        geometry = self._build(data)
        if geometry.empty:
            self.fail("shape", reason="it is empty")
        if not geometry.valid:
            self.fail("shape", reason=geometry.valid_reason)
        parts: Any = geometry if geometry.geom_type.startswith("Multi") else [geometry]
        for part in parts:
            west, _, east, _ = part.extent
            if east - west > 180:
                self.fail("span")
        return geometry

    def to_representation(self, value: GEOSGeometry) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(value.geojson))

    def _check_positions(self, coordinates: Any) -> None:
        count = 0
        for position in _positions(coordinates):
            count += 1
            if count > self.max_vertices:
                self.fail("vertices", limit=self.max_vertices)
            if not _is_position(position):
                self.fail("position", value=str(position)[:80])
        if not count:
            self.fail("shape", reason="it has no positions")

    def _build(self, data: dict[str, Any]) -> GEOSGeometry:
        plain = {"type": data["type"], "coordinates": data["coordinates"]}
        try:
            geometry = GEOSGeometry(json.dumps(plain), srid=4326)
        except (GEOSException, GDALException, ValueError, TypeError) as error:
            raise serializers.ValidationError(
                "This is not a GeoJSON geometry (are all rings closed?).", code="shape"
            ) from error
        if geometry.geom_type != data["type"]:
            self.fail("shape", reason="the coordinates do not fit the type")
        return geometry


class PointField(GeoJSONField):
    """A position as a GeoJSON Point, longitude first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(geometry_types=("Point",), max_vertices=1, **kwargs)


def _positions(coordinates: Any) -> Iterator[Any]:
    """Yield the innermost lists (positions) of nested GeoJSON coordinates."""
    stack = [coordinates]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item and isinstance(item[0], list):
            stack.extend(reversed(item))
        else:
            yield item


def _is_position(item: Any) -> bool:
    if not isinstance(item, list) or len(item) != 2:
        return False
    if any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in item):
        return False
    lon, lat = item
    return math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90
