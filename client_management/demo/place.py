"""What the demo's client wants mapped: a stockpile pad, small enough for three minutes."""

import math
from typing import Any

from flight_operations.demo.site import ALLOWED, GROUND_M, METRES_PER_DEGREE

LAT, LON = ALLOWED[0] + 0.004, ALLOWED[1] + 0.006
EAST_M, NORTH_M = 90.0, 60.0
GROUND_SAMPLING_CM = 2.0
ELEVATIONS = {
    "take_off_elevation_m": GROUND_M,
    "terrain_lowest_m": GROUND_M,
    "terrain_highest_m": GROUND_M,
}


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Latitude and longitude of a place so far from the middle of the pad."""
    scale = METRES_PER_DEGREE * math.cos(math.radians(LAT))
    return round(LAT + north_m / METRES_PER_DEGREE, 6), round(LON + east_m / scale, 6)


def corners() -> list[tuple[float, float]]:
    """The pad's corners as latitude and longitude, the way round somebody would draw them."""
    east, north = EAST_M / 2, NORTH_M / 2
    return [at(-east, north), at(east, north), at(east, -north), at(-east, -north)]


def base() -> dict[str, Any]:
    """Where the crew waits with the aircraft: beside the pad, as GeoJSON."""
    return {"type": "Point", "coordinates": [LON, LAT]}
