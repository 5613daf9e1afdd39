"""The track of the demo's survey: made here, shaped like a drone's own log."""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from client_management.demo import place

RATE_HZ = 5
CLIMB_MS = 12.0
TRANSIT_MS = 16.0
# Twice as fast as surveyed in earnest; pictures are taken by distance, so they are the same.
SURVEY_MS = 15.0
# Below the ceiling by more than a height sensor wobbles.
BELOW_CEILING_M = 1.5

# Seconds since take-off, meters east and north of the pad's middle, meters above ground.
Moment = tuple[float, float, float, float]


def survey_track(
    *, ceiling_m: float, lines: int, run_m: float, start: datetime, seed: int = 11
) -> Iterator[dict[str, Any]]:
    """
    Yield the positions of a flight over the whole pad, as telemetry points.

    Up from its middle, along `lines` lines from west to east and back, each with a run of `run_m`
    before and after the pad, and down to where it took off.
    """
    noise = random.Random(seed)  # noqa: S311 - the wobble of a GPS fix, not a secret
    moments = _flight(ceiling_m - BELOW_CEILING_M, lines, run_m)
    last = moments[-1][0]
    for index in range(math.floor(last * RATE_HZ) + 1):
        second = index / RATE_HZ
        east, north, height = _where(moments, second)
        lat, lon = place.at(east + noise.gauss(0, 0.2), north + noise.gauss(0, 0.2))
        yield {
            "sequence": index,
            "recorded_at": _text(start + timedelta(seconds=second)),
            "lat": lat,
            "lon": lon,
            "altitude_m": round(place.GROUND_M + height + noise.gauss(0, 0.1), 2),
            "datum": "AMSL",
            "ground_elevation_m": place.GROUND_M,
            "height_above_takeoff_m": round(height, 2),
            "speed_ms": SURVEY_MS,
            "heading_deg": 90.0,
            "battery_percent": round(98 - second / 5, 1),
        }


def _flight(height_m: float, lines: int, run_m: float) -> list[Moment]:
    """The corners of the flight with their seconds."""
    half = place.EAST_M / 2 + run_m
    moments: list[Moment] = [(0.0, 0.0, 0.0, 0.0), (height_m / CLIMB_MS, 0.0, 0.0, height_m)]
    for line in range(lines):
        north = place.NORTH_M / 2 - (line + 0.5) * place.NORTH_M / lines
        ends = (-half, half) if line % 2 == 0 else (half, -half)
        moments.append(_reached(moments[-1], ends[0], north, TRANSIT_MS))
        moments.append(_reached(moments[-1], ends[1], north, SURVEY_MS))
    moments.append(_reached(moments[-1], 0.0, 0.0, TRANSIT_MS))
    second, east, north, height = moments[-1]
    moments.append((second + height / CLIMB_MS, east, north, 0.3))
    return moments


def _reached(before: Moment, east: float, north: float, speed_ms: float) -> Moment:
    second, from_east, from_north, height = before
    way = math.hypot(east - from_east, north - from_north)
    return second + way / speed_ms, east, north, height


def _where(moments: Sequence[Moment], second: float) -> tuple[float, float, float]:
    for (t0, *before), (t1, *after) in pairwise(moments):
        if second <= t1:
            part = (second - t0) / (t1 - t0)
            east, north, height = (a + (b - a) * part for a, b in zip(before, after, strict=True))
            return east, north, height
    return moments[-1][1:]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
