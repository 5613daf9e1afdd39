"""The way between two airports: great circles, tracks along them and the wind on them."""

import math
from functools import lru_cache

from geographiclib.geodesic import Geodesic
from msgspec import Struct

from airports.routes import FULL_CIRCLE_DEG, Waypoint, Wind, measure, wind_triangle
from common.units import NM_M
from operations.itinerary import Place

SEGMENT_NM = 100.0
# Mean radius of the Earth (IUGG), 6,371,008.8 m.
RADIUS_NM = 6_371_008.8 / NM_M
# The sphere is nowhere more than 0.56 % off the ellipsoid: a rough track is never the longer one.
ROUGH = 0.994
_CACHED = 20_000
_ROUGH_CACHED = 200_000


class Track(Struct, frozen=True):
    """
    A way over the ground in segments of equal length.

    `courses_deg` are the true tracks in the middle of each, on which the wind is laid.
    """

    distance_nm: float
    courses_deg: tuple[float, ...]


def exact(origin: Place, destination: Place) -> Track:
    """The geodesic on the WGS 84 ellipsoid, in segments of 100 NM at most."""
    return _geodesic(origin.lat, origin.lon, destination.lat, destination.lon)


def rough(origin: Place, destination: Place) -> Track:
    """The great circle on a sphere, a little too short: quick, for searching."""
    return _spherical(origin.lat, origin.lon, destination.lat, destination.lon)


def wind_component_kt(track: Track, airspeed_kt: float, wind: Wind | None) -> float:
    """
    The steady wind from behind that makes the whole track take as long as the given wind does.

    Drift is in it: wind across the track counts as wind against. Raises WindTooStrong.
    """
    if wind is None or not wind.speed_kt:
        return 0.0
    slowness = sum(1 / wind_triangle(course, airspeed_kt, wind)[1] for course in track.courses_deg)
    return len(track.courses_deg) / slowness - airspeed_kt


@lru_cache(maxsize=_CACHED)
def _geodesic(lat: float, lon: float, to_lat: float, to_lon: float) -> Track:
    length_nm = measure(Waypoint("", lat, lon), Waypoint("", to_lat, to_lon)).distance_nm
    count = max(1, math.ceil(length_nm / SEGMENT_NM))
    line = Geodesic.WGS84.InverseLine(lat, lon, to_lat, to_lon)
    step = line.s13 / count
    courses = (
        float(line.Position((number + 0.5) * step)["azi2"]) % FULL_CIRCLE_DEG
        for number in range(count)
    )
    return Track(length_nm, tuple(courses))


@lru_cache(maxsize=_ROUGH_CACHED)
def _spherical(lat: float, lon: float, to_lat: float, to_lon: float) -> Track:
    a, b = _vector(lat, lon), _vector(to_lat, to_lon)
    cross = math.dist((0, 0, 0), _cross(a, b))
    angle = math.atan2(cross, sum(x * y for x, y in zip(a, b, strict=True)))
    middle = tuple(x + y for x, y in zip(a, b, strict=True))
    # Between opposite points every great circle is a shortest way: any course will do.
    course = _course(middle, b) if math.dist((0, 0, 0), middle) > 1e-9 else 0.0
    return Track(angle * RADIUS_NM * ROUGH, (course,))


def _vector(lat: float, lon: float) -> tuple[float, float, float]:
    north, east = math.radians(lat), math.radians(lon)
    return (
        math.cos(north) * math.cos(east),
        math.cos(north) * math.sin(east),
        math.sin(north),
    )


def _cross(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float]:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _course(start: tuple[float, ...], end: tuple[float, ...]) -> float:
    """The true track from one vector towards another, degrees."""
    east = start[0] * end[1] - start[1] * end[0]
    level = math.hypot(start[0], start[1])
    length = math.hypot(level, start[2])
    along = start[0] * end[0] + start[1] * end[1]
    north = (level * end[2] - start[2] * along / level) / length if level else -end[2]
    return math.degrees(math.atan2(east / level if level else 0.0, north)) % FULL_CIRCLE_DEG
