"""Query parameters that hold more than one value: places, boxes, times."""

import math
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.contrib.gis.geos import Point, Polygon
from rest_framework.exceptions import ValidationError

from common.geo import WGS84, point

FARTHEST_KM = 1000.0
LONGEST_TEXT = 120
D = TypeVar("D", bound=date)


def numbers(text: str, name: str, count: int, example: str) -> list[float]:
    """Read `count` numbers parted by commas. Raises ValidationError."""
    parts = text.split(",") if len(text) <= LONGEST_TEXT else []
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise ValidationError({name: f"Expected {count} numbers such as {example}."})
    return values


def near(text: str) -> tuple[Point, float]:
    """Read `lat,lon,km`."""
    lat, lon, km = numbers(text, "near", 3, "-33.95,151.18,50")
    if not 0 < km <= FARTHEST_KM:
        raise ValidationError({"near": f"The distance is between 0 and {FARTHEST_KM:.0f} km."})
    return position(lat, lon, "near"), km


def position(lat: float, lon: float, name: str) -> Point:
    """A point, or a ValidationError on the parameter."""
    try:
        return point(lat=lat, lon=lon)
    except ValueError as fault:
        raise ValidationError({name: "Not a position on Earth."}) from fault


def bbox(text: str) -> list[Polygon]:
    """Read `west,south,east,north`; with west beyond east it crosses the antimeridian."""
    west, south, east, north = numbers(text, "bbox", 4, "150.5,-34.2,151.5,-33.5")
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south >= north:
        raise ValidationError({"bbox": "Expected west,south,east,north in degrees."})
    if west == east:
        raise ValidationError({"bbox": "West and east are the same."})
    boxes = [(west, south, east, north)]
    if west > east:
        boxes = [(west, south, 180.0, north), (-180.0, south, east, north)]
    return [_box(box) for box in boxes]


def _box(bounds: tuple[float, float, float, float]) -> Polygon:
    box = Polygon.from_bbox(bounds)
    box.srid = WGS84
    return box


def moment(text: str, name: str) -> datetime:
    """Read an ISO 8601 time with its offset, in the years that matter."""
    try:
        # A plus sign that was not escaped arrives as a blank.
        value = datetime.fromisoformat(text.strip().replace(" ", "+").replace("Z", "+00:00"))
        value = value.astimezone(UTC) if value.tzinfo else value
    except (ValueError, OverflowError) as fault:
        raise ValidationError({name: "Expected a time such as 2026-03-15T00:00:00Z."}) from fault
    if value.tzinfo is None:
        raise ValidationError({name: "The offset is missing, such as Z."})
    return _in_years_that_matter(value, name)


def day(text: str, name: str) -> date:
    """Read a calendar day in the years that matter."""
    try:
        value = date.fromisoformat(text)
    except ValueError as fault:
        raise ValidationError({name: "Expected a day such as 2026-03-15."}) from fault
    return _in_years_that_matter(value, name)


def _in_years_that_matter(value: D, name: str) -> D:
    if not 1950 <= value.year <= 2100:
        raise ValidationError({name: "Between 1950 and 2100."})
    return value


def is_geojson(parameters: Any) -> bool:
    """Whether the caller wants GeoJSON; any other format but JSON is refused."""
    wanted = parameters.get("format", "json")
    if wanted not in ("json", "geojson"):
        raise ValidationError({"format": "json or geojson."})
    return bool(wanted == "geojson")


def collection(features: Any) -> dict[str, Any]:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}
