"""The track of the demo flight: made here, shaped like a drone's own log."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

RATE_HZ = 10
DURATION_S = 40
CLIMB_TO_M = 128.0
METRES_PER_DEGREE = 111_320.0


def track(
    *, lat: float, lon: float, ground_m: float, start: datetime, seed: int = 7
) -> Iterator[dict[str, Any]]:
    """
    Yield the positions of a 40-second flight at 10 Hz, as telemetry points.

    Up from the launch site to 128 m above ground and down to 60 m; then 200 m east, across a fence
    120 m away, and back to land. Height is above mean sea level, with the ground's elevation
    beside it, as a terrain-following autopilot reports it.
    """
    noise = random.Random(seed)  # noqa: S311 - the wobble of a GPS fix, not a secret
    scale = METRES_PER_DEGREE * math.cos(math.radians(lat))
    for index in range(DURATION_S * RATE_HZ):
        second = index / RATE_HZ
        height, east = _height(second), _east(second)
        yield {
            "sequence": index,
            "recorded_at": _text(start + timedelta(seconds=second)),
            "lat": round(lat + noise.gauss(0, 0.3) / METRES_PER_DEGREE, 7),
            "lon": round(lon + (east + noise.gauss(0, 0.3)) / scale, 7),
            "altitude_m": round(ground_m + height + noise.gauss(0, 0.1), 2),
            "datum": "AMSL",
            "ground_elevation_m": ground_m,
            "height_above_takeoff_m": round(height, 2),
            "speed_ms": round(abs(_east(second + 0.1) - east) / 0.1, 2),
            "heading_deg": 90.0 if second < DURATION_S * 0.8 else 270.0,
            "battery_percent": round(97 - second / 6, 1),
        }


def _height(second: float) -> float:
    """Climb at 8 m/s to 128 m, hold four seconds, down to 60 m, land at the end."""
    points = ((0, 0), (16, CLIMB_TO_M), (20, CLIMB_TO_M), (27, 60), (34, 60), (DURATION_S, 0.5))
    return _between(points, second)


def _east(second: float) -> float:
    """Within 80 m to second 24, out to 200 m by 30, back over the start by 39."""
    return _between(((0, 0), (20, 70), (24, 80), (30, 200), (39, 0), (DURATION_S, 0)), second)


def _between(points: tuple[tuple[float, float], ...], at: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
