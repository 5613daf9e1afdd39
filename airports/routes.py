"""Distance and flight time leg by leg: geodesics on the WGS 84 ellipsoid and the wind triangle."""

import math
from collections.abc import Sequence
from datetime import timedelta

from geographiclib.geodesic import Geodesic
from msgspec import Struct

from common.units import NM_M

_EARTH = Geodesic.WGS84
FULL_CIRCLE_DEG = 360.0


class WindTooStrong(ValueError):
    """The wind across is stronger than the aircraft is fast, or it would be blown backwards."""


class Waypoint(Struct, frozen=True):
    """A named position, degrees WGS 84."""

    name: str
    lat: float
    lon: float


class Wind(Struct, frozen=True):
    """Where the wind comes from, degrees true, and its speed in knots."""

    direction_deg: float
    speed_kt: float


class Leg(Struct, frozen=True, kw_only=True):
    """
    One leg. Bearings are true; the heading and ground speed are those at its middle.

    `duration` is None without a cruising speed.
    """

    start: str
    end: str
    distance_nm: float
    initial_bearing_deg: float
    final_bearing_deg: float
    heading_deg: float | None = None
    ground_speed_kt: float | None = None
    duration: timedelta | None = None


def measure(start: Waypoint, end: Waypoint) -> Leg:
    """Measure the shortest way between two positions."""
    line = _EARTH.Inverse(start.lat, start.lon, end.lat, end.lon)
    return Leg(
        start=start.name,
        end=end.name,
        distance_nm=line["s12"] / NM_M,
        initial_bearing_deg=line["azi1"] % FULL_CIRCLE_DEG,
        final_bearing_deg=line["azi2"] % FULL_CIRCLE_DEG,
    )


def fly(start: Waypoint, end: Waypoint, *, cruise_kt: float, wind: Wind | None) -> Leg:
    """
    Measure a leg and time it at a true airspeed in a steady wind.

    Raises WindTooStrong when the track cannot be held or the ground speed is not positive.
    """
    leg = measure(start, end)
    track_deg = _track_at_middle(start, end)
    heading_deg, ground_kt = wind_triangle(track_deg, cruise_kt, wind or Wind(0.0, 0.0))
    return Leg(
        start=leg.start,
        end=leg.end,
        distance_nm=leg.distance_nm,
        initial_bearing_deg=leg.initial_bearing_deg,
        final_bearing_deg=leg.final_bearing_deg,
        heading_deg=heading_deg,
        ground_speed_kt=ground_kt,
        duration=timedelta(hours=leg.distance_nm / ground_kt),
    )


def fly_route(
    waypoints: Sequence[Waypoint], *, cruise_kt: float | None, winds: Sequence[Wind | None]
) -> list[Leg]:
    """Measure, and time where a cruising speed is given, every leg of a route."""
    legs = []
    pairs = zip(waypoints, waypoints[1:], winds, strict=False)
    for start, end, wind in pairs:
        if cruise_kt is None:
            legs.append(measure(start, end))
        else:
            legs.append(fly(start, end, cruise_kt=cruise_kt, wind=wind))
    return legs


def wind_triangle(track_deg: float, airspeed_kt: float, wind: Wind) -> tuple[float, float]:
    """The true heading to hold a track, and the ground speed. Raises WindTooStrong."""
    angle = math.radians(wind.direction_deg - track_deg)
    across_kt = wind.speed_kt * math.sin(angle)
    if abs(across_kt) >= airspeed_kt:
        raise WindTooStrong(f"{abs(across_kt):.0f} kt across the track")
    ground_kt = math.sqrt(airspeed_kt**2 - across_kt**2) - wind.speed_kt * math.cos(angle)
    if ground_kt <= 0:
        raise WindTooStrong("the ground speed is not positive")
    correction_deg = math.degrees(math.asin(across_kt / airspeed_kt))
    return (track_deg + correction_deg) % FULL_CIRCLE_DEG, ground_kt


def _track_at_middle(start: Waypoint, end: Waypoint) -> float:
    line = _EARTH.InverseLine(start.lat, start.lon, end.lat, end.lon)
    return float(line.Position(line.s13 / 2)["azi2"]) % FULL_CIRCLE_DEG
