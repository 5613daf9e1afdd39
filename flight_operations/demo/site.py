"""Where the demo is flown: beside Canberra's aerodrome first, then where it may be."""

import math
from datetime import datetime, timedelta
from typing import Any

STATION = "YSCB"
# 1.9 km north-west of the runways, inside the 3 NM of a controlled aerodrome.
TOO_CLOSE = (-35.292, 149.172)
# Farm land north-east of the city, about 17 km from the runways and far from any helipad.
ALLOWED = (-35.155, 149.235)
GROUND_M = 640.0
METRES_PER_DEGREE = 111_320.0


def square(lat: float, lon: float, half_m: float) -> dict[str, Any]:
    """A square of 2 x `half_m` metres around a place, as GeoJSON."""
    dy = half_m / METRES_PER_DEGREE
    dx = dy / math.cos(math.radians(lat))
    corners = [(-dx, -dy), (dx, -dy), (dx, dy), (-dx, dy), (-dx, -dy)]
    ring = [[round(lon + x, 7), round(lat + y, 7)] for x, y in corners]
    return {"type": "Polygon", "coordinates": [ring]}


def point(lat: float, lon: float) -> dict[str, Any]:
    """A place as GeoJSON."""
    return {"type": "Point", "coordinates": [lon, lat]}


def place_of_plan(lat: float, lon: float) -> dict[str, Any]:
    """The parts of a plan that say where: sites, volume and fence."""
    return {
        "plan": {
            "launch_site": point(lat, lon),
            "recovery_site": point(lat, lon),
            "control_station": "Launch site",
            "take_off_elevation_m": GROUND_M,
            "terrain_lowest_m": GROUND_M,
            "terrain_highest_m": GROUND_M,
        },
        "volumes": [{"area": square(lat, lon, 500), "floor_m": 0, "ceiling_m": 120}],
        "fences": [{"name": "paddock", "kind": "keep_in", "area": square(lat, lon, 120)}],
    }


def conditions_of_plan() -> dict[str, Any]:
    """The parts of a plan that say how, all of them stated."""
    return {
        "max_height_agl_m": 110.0,
        "take_off_mass_kg": 9.0,
        "max_distance_pilot_m": 400.0,
        "min_distance_people_m": 150.0,
        "is_over_populous_area": False,
        "is_near_emergency_operation": False,
        "is_crewed_traffic_known": False,
        "is_launch_area_lit": True,
        "is_behind_obstacles": False,
        "aircraft_per_pilot": 1,
    }


def metar(issued_at: datetime, *, wind: str) -> str:
    """A routine report in the form Canberra's come in."""
    return f"METAR {STATION} {issued_at:%d%H%M}Z {wind} 9999 FEW045 18/07 Q1017"


def taf(issued_at: datetime) -> str:
    """A calm forecast for the next day."""
    start = issued_at.replace(minute=0)
    end = start + timedelta(hours=24)
    return f"TAF {STATION} {issued_at:%d%H%M}Z {start:%d%H}/{end:%d%H} 27006KT 9999 FEW045"
