"""
Circles and arcs as rings of positions, on the WGS 84 ellipsoid.

The vertices lie on the curve; between them a chord leaves it by at most 5 m.
"""

import math

from geographiclib.geodesic import Geodesic

from airports.airspace_files.parsed import Position, Ring

CHORD_TOLERANCE_M = 5.0
WIDEST_STEP_DEG = 5.0
NARROWEST_STEP_DEG = 0.25
FULL_CIRCLE_DEG = 360.0
_EARTH = Geodesic.WGS84


def circle(center: Position, radius_m: float) -> Ring:
    """A closed ring around a center. Raises ValueError for a radius that is not positive."""
    if not 0 < radius_m < math.inf:
        raise ValueError("the radius is not positive")
    count = math.ceil(FULL_CIRCLE_DEG / _step_deg(radius_m))
    ring = [_at(center, FULL_CIRCLE_DEG * i / count, radius_m) for i in range(count)]
    return [*ring, ring[0]]


def arc(
    center: Position, radius_m: float, start_deg: float, end_deg: float, *, is_clockwise: bool
) -> Ring:
    """Positions along an arc between two true bearings from its center, both included."""
    if not 0 < radius_m < math.inf:
        raise ValueError("the radius is not positive")
    turn_deg = _turn(start_deg, end_deg, is_clockwise=is_clockwise)
    return _sweep(center, (radius_m, radius_m), start_deg, turn_deg)


def arc_between(center: Position, start: Position, end: Position, *, is_clockwise: bool) -> Ring:
    """
    Positions along an arc from one position to another, both included as published.

    Where the two are not equally far from the center (rounded seconds), the radius changes evenly.
    """
    first, last = _from(center, start), _from(center, end)
    if min(first["s12"], last["s12"]) <= 0:
        raise ValueError("an arc begins or ends at its own center")
    turn_deg = _turn(first["azi1"], last["azi1"], is_clockwise=is_clockwise)
    points = _sweep(center, (first["s12"], last["s12"]), first["azi1"], turn_deg)
    return [start, *points[1:-1], end]


def _turn(start_deg: float, end_deg: float, *, is_clockwise: bool) -> float:
    """Degrees from one bearing to another, the way round that is wanted; negative to the left."""
    if is_clockwise:
        return (end_deg - start_deg) % FULL_CIRCLE_DEG
    return -((start_deg - end_deg) % FULL_CIRCLE_DEG)


def _sweep(
    center: Position, radii_m: tuple[float, float], start_deg: float, turn_deg: float
) -> Ring:
    first_m, last_m = radii_m
    count = max(1, math.ceil(abs(turn_deg) / _step_deg(max(radii_m))))
    return [
        _at(center, start_deg + turn_deg * i / count, first_m + (last_m - first_m) * i / count)
        for i in range(count + 1)
    ]


def _step_deg(radius_m: float) -> float:
    """The widest step whose chord stays within the tolerance of the curve."""
    cosine = max(-1.0, 1 - CHORD_TOLERANCE_M / radius_m)
    step = math.degrees(2 * math.acos(cosine))
    return min(WIDEST_STEP_DEG, max(NARROWEST_STEP_DEG, step))


def _at(center: Position, bearing_deg: float, distance_m: float) -> Position:
    there = _EARTH.Direct(center[1], center[0], bearing_deg, distance_m)
    return there["lon2"], there["lat2"]


def _from(center: Position, position: Position) -> dict[str, float]:
    found: dict[str, float] = _EARTH.Inverse(center[1], center[0], position[1], position[0])
    return found
