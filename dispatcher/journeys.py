"""How far it is between two places. Pure."""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0088


def distance_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance."""
    north, east = radians(to_lat - lat) / 2, radians(to_lon - lon) / 2
    arc = sin(north) ** 2 + cos(radians(lat)) * cos(radians(to_lat)) * sin(east) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(arc)))
