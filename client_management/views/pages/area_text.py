"""An area as somebody types it: GeoJSON, or a corner a line as latitude and longitude."""

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError

from common.api.parsers import strict_loads

MOST_TEXT = 400_000
MOST_CORNERS = 2_000
# Centimeters, and in no notation but the usual.
DIGITS = 7
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,12})?)"
_CORNER = re.compile(rf"^\s*{_NUMBER}\s*[,; ]\s*{_NUMBER}\s*$")


def area_of(text: str) -> dict[str, Any]:
    """
    The area a text names, as a GeoJSON geometry that the endpoints would take.

    A collection gives its areas, an empty line begins another polygon. Raises ValidationError.
    """
    text = text.strip()
    if not text:
        raise ValidationError({"area": _("Draw the area, or type its corners.")})
    if len(text) > MOST_TEXT:
        raise ValidationError({"area": _("The area has too many corners.")})
    return _of_json(text) if text.startswith("{") else _of_lines(text)


def bounds_of(area: Any) -> tuple[float, float, float, float]:
    """West, south, east and north of an area, with some room around it."""
    west, south, east, north = area.extent
    room = max(east - west, north - south, 0.002) * 0.35
    return west - room, max(-89.0, south - room), east + room, min(89.0, north + room)


def text_of(area: Any) -> str:
    """An area as its form shows it: a corner a line, as far as that can say it."""
    polygons = [area] if area.geom_type == "Polygon" else list(area)
    has_holes = any(len(polygon) > 1 for polygon in polygons)
    is_long = sum(polygon.num_points for polygon in polygons) > MOST_CORNERS
    if has_holes or is_long:
        return str(area.geojson)
    # A ring ends where it began, which nobody types.
    rings = [polygon[0].coords[:-1] for polygon in polygons]
    return "\n\n".join(
        "\n".join(f"{lat:.{DIGITS}f}, {lon:.{DIGITS}f}" for lon, lat, *_ in ring) for ring in rings
    )


def _of_json(text: str) -> dict[str, Any]:
    try:
        found = strict_loads(text.encode("utf-8", "replace"))
    except ParseError:
        raise ValidationError({"area": _("This is not GeoJSON.")}) from None
    parts = [part for part in _geometries(found) if isinstance(part, dict)]
    polygons: list[Any] = []
    for part in parts:
        corners = part.get("coordinates")
        if part.get("type") == "Polygon":
            polygons.append(corners)
        elif part.get("type") == "MultiPolygon" and isinstance(corners, list):
            polygons.extend(corners)
    if not polygons:
        raise ValidationError({"area": _("There is no polygon in this GeoJSON.")})
    return _area(polygons)


def _geometries(found: Any) -> list[Any]:
    if not isinstance(found, dict):
        return []
    if found.get("type") == "FeatureCollection" and isinstance(found.get("features"), list):
        return [each.get("geometry") for each in found["features"] if isinstance(each, dict)]
    if found.get("type") == "Feature":
        return [found.get("geometry")]
    return [found]


def _of_lines(text: str) -> dict[str, Any]:
    polygons: list[list[list[float]]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            polygons.append([])
            continue
        match = _CORNER.match(line)
        if match is None:
            told = _("Line {number} is not a latitude and a longitude such as -33.86, 151.21.")
            raise ValidationError({"area": told.format(number=number)})
        polygons[-1].append([float(match[2]), float(match[1])])
    rings = [ring for ring in polygons if ring]
    if any(len(ring) < 3 for ring in rings) or sum(map(len, rings)) > MOST_CORNERS:
        raise ValidationError({"area": _("An area has at least three corners.")})
    return _area([[ring if ring[0] == ring[-1] else [*ring, ring[0]]] for ring in rings])


def _area(polygons: list[Any]) -> dict[str, Any]:
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
