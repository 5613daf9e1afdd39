"""Rings of positions made into sound areas: closed, valid, split at the antimeridian."""

import itertools
import math
from collections.abc import Iterable, Iterator

from django.contrib.gis.geos import GEOSException, GEOSGeometry, LinearRing, MultiPolygon, Polygon

from common.geo import WGS84

Ring = list[tuple[float, float]]
HALF_TURN_DEG, FULL_TURN_DEG = 180.0, 360.0
MOST_VERTICES = 10_000
FEWEST_IN_RING = 4


def sound_area(polygons: Iterable[Iterable[Ring]]) -> tuple[MultiPolygon, list[str]]:
    """
    Build an area and say what had to be mended: rings closed, crossings resolved, parts split.

    Crossings are resolved by GEOS' MakeValid: every point enclosed an odd number of times stays in.
    Raises ValueError when no area is left or it is too detailed.
    """
    notes: list[str] = []
    parts: list[Polygon] = []
    for rings in polygons:
        parts.extend(_parts(_side_by_side([_ring(ring, notes) for ring in rings]), notes))
    if not parts:
        raise ValueError("the rings enclose no area")
    area = MultiPolygon(parts, srid=WGS84)
    if not area.valid:
        notes.append("overlapping parts were joined")
        area = _multi(area.unary_union)
    if area.num_coords > MOST_VERTICES:
        raise ValueError(f"more than {MOST_VERTICES} vertices")
    return area, sorted(set(notes))


def _ring(ring: Ring, notes: list[str]) -> Ring:
    for lon, lat in ring:
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise ValueError(f"{lon}, {lat} is not on Earth")
    slim = [p for i, p in enumerate(ring) if i == 0 or p != ring[i - 1]]
    if slim and slim[0] != slim[-1]:
        notes.append("a ring was closed")
        slim.append(slim[0])
    if len(slim) < FEWEST_IN_RING:
        raise ValueError("a ring has fewer than three different positions")
    return _unwrapped(slim)


def _unwrapped(ring: Ring) -> Ring:
    """Let longitudes run on past 180 where an edge crosses the antimeridian the short way."""
    shift, result = 0.0, [ring[0]]
    for (before, _), (lon, lat) in itertools.pairwise(ring):
        if lon - before > HALF_TURN_DEG:
            shift -= FULL_TURN_DEG
        elif before - lon > HALF_TURN_DEG:
            shift += FULL_TURN_DEG
        result.append((lon + shift, lat))
    if result[0] != result[-1]:
        raise ValueError("a ring goes around a pole")
    return result


def _side_by_side(rings: list[Ring]) -> list[Ring]:
    """Bring each hole to the turn of the globe on which its shell runs past 180 degrees."""
    if not rings:
        return rings
    shell, *holes = rings
    west, east = min(lon for lon, _ in shell), max(lon for lon, _ in shell)
    moved = [shell]
    for hole in holes:
        middle = (min(lon for lon, _ in hole) + max(lon for lon, _ in hole)) / 2
        turns = (0.0, -FULL_TURN_DEG, FULL_TURN_DEG)
        by_deg = next((turn for turn in turns if west <= middle + turn <= east), 0.0)
        moved.append([(lon + by_deg, lat) for lon, lat in hole])
    return moved


def _parts(rings: list[Ring], notes: list[str]) -> Iterator[Polygon]:
    try:
        shape: GEOSGeometry = Polygon(*(LinearRing(ring) for ring in rings), srid=WGS84)
        if not shape.valid:
            notes.append("crossing edges were resolved")
            shape = shape.make_valid()
    except GEOSException as fault:
        raise ValueError("the rings make no polygon") from fault
    for piece in _polygons(shape):
        yield from _split(piece, notes)


def _split(piece: Polygon, notes: list[str]) -> Iterator[Polygon]:
    """Cut at the antimeridian and bring each part back between -180 and 180 degrees."""
    west, _, east, _ = piece.extent
    if west >= -HALF_TURN_DEG and east <= HALF_TURN_DEG:
        if east - west > HALF_TURN_DEG:
            raise ValueError("a part spans more than 180 degrees of longitude")
        yield piece
        return
    notes.append("split at the antimeridian")
    for turn in (-1, 0, 1):
        left = turn * FULL_TURN_DEG - HALF_TURN_DEG
        window = Polygon.from_bbox((left, -90, left + FULL_TURN_DEG, 90))
        window.srid = WGS84
        for part in _polygons(piece.intersection(window)):
            yield _moved(part, -turn * FULL_TURN_DEG)


def _moved(part: Polygon, by_deg: float) -> Polygon:
    rings = [
        LinearRing([(min(180.0, max(-180.0, lon + by_deg)), lat) for lon, lat in ring.coords])
        for ring in part
    ]
    return Polygon(*rings, srid=WGS84)


def _polygons(shape: GEOSGeometry) -> Iterator[Polygon]:
    """The polygons in whatever an operation left: lines and points enclose nothing."""
    if isinstance(shape, Polygon):
        if not shape.empty and shape.area > 0:
            yield shape
    elif hasattr(shape, "__iter__") and shape.geom_type.startswith(("Multi", "Geometry")):
        for piece in shape:
            yield from _polygons(piece)


def _multi(shape: GEOSGeometry) -> MultiPolygon:
    return MultiPolygon(list(_polygons(shape)), srid=WGS84)
