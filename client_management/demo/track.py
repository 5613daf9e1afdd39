"""The track of the demo's survey: flown here by a machine of its own, shaped like a drone's log."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from client_management.demo import place

RATE_HZ = 5
# What the maker states of automated flight, and how it is landed.
ACCELERATION_MS2 = 2.0
CLIMB_MS, DESCENT_MS, TOUCH_DOWN_MS = 4.0, 3.0, 0.8
TRANSIT_MS = 10.0
CHECK_AT_M, CHECK_S = 3.0, 12.0
SLOW_BELOW_M = 8.0
SETTLE_S, MOTORS_OFF_S = 1.5, 3.0
ENDURANCE_S = 40 * 60.0
# Below the ceiling by more than a height sensor wobbles.
BELOW_CEILING_M = 1.5

# Meters east and north of the pad's middle, meters above ground.
Spot = tuple[float, float, float]
PAD: Spot = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Leg:
    """From standing to standing on a straight way, or in one place for a while."""

    start: Spot
    end: Spot
    cruise_ms: float
    begins_s: float
    hovers_s: float = 0.0

    @property
    def way_m(self) -> float:
        return math.dist(self.start, self.end)

    @property
    def peak_ms(self) -> float:
        """The cruise, or what a short way leaves time for."""
        return min(self.cruise_ms, math.sqrt(self.way_m * ACCELERATION_MS2))

    @property
    def ends_s(self) -> float:
        if not self.way_m:
            return self.begins_s + self.hovers_s
        ramps_s = 2 * self.peak_ms / ACCELERATION_MS2
        steady_m = self.way_m - self.peak_ms**2 / ACCELERATION_MS2
        return self.begins_s + ramps_s + steady_m / self.peak_ms

    def speed_at(self, second: float) -> float:
        """Meters per second at a moment of the flight."""
        edge_s = min(second - self.begins_s, self.ends_s - second)
        return min(self.peak_ms, max(0.0, edge_s) * ACCELERATION_MS2)

    def at(self, second: float) -> Spot:
        """Where it is at a moment of the flight."""
        if not self.way_m:
            return self.end
        share = self._gone_m(second) / self.way_m
        east, north, height = (
            a + (b - a) * share for a, b in zip(self.start, self.end, strict=True)
        )
        return east, north, height

    def _gone_m(self, second: float) -> float:
        since, left = second - self.begins_s, self.ends_s - second
        ramp_s = self.peak_ms / ACCELERATION_MS2
        if since <= ramp_s:
            return ACCELERATION_MS2 * since**2 / 2
        if left <= ramp_s:
            return self.way_m - ACCELERATION_MS2 * left**2 / 2
        return self.peak_ms * (since - ramp_s / 2)


def survey_track(
    *, ceiling_m: float, lines: int, run_m: float, speed_ms: float, start: datetime, seed: int = 11
) -> Iterator[dict[str, Any]]:
    """
    Yield the positions of a flight over the whole pad, as telemetry points.

    Up from its middle and a check of the controls, along `lines` lines from west to east and back
    at `speed_ms`, each with a run of `run_m` before and after the pad, and down to where it took
    off. How long that takes follows from the ways, the speeds and the acceleration alone.
    """
    noise = random.Random(seed)  # noqa: S311 - the wobble of a GPS fix, not a secret
    legs = flight(ceiling_m - BELOW_CEILING_M, lines, run_m, speed_ms)
    leg = 0
    for index in range(math.floor(legs[-1].ends_s * RATE_HZ) + 1):
        second = index / RATE_HZ
        while second > legs[leg].ends_s and leg + 1 < len(legs):
            leg += 1
        east, north, height = legs[leg].at(second)
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
            "speed_ms": round(legs[leg].speed_at(second), 2),
            "heading_deg": _heading(legs, leg),
            "battery_percent": round(98 - 100 * second / ENDURANCE_S, 1),
        }


def flight(height_m: float, lines: int, run_m: float, speed_ms: float) -> list[Leg]:
    """The legs of the flight, one after the other."""
    legs = [Leg(PAD, (0.0, 0.0, CHECK_AT_M), CLIMB_MS, 0.0)]
    _stay(legs, CHECK_S)
    _go(legs, (0.0, 0.0, height_m), CLIMB_MS)
    half = place.EAST_M / 2 + run_m
    for line in range(lines):
        north = place.NORTH_M / 2 - (line + 0.5) * place.NORTH_M / lines
        ends = (-half, half) if line % 2 == 0 else (half, -half)
        for east, cruise_ms in zip(ends, (TRANSIT_MS, speed_ms), strict=True):
            _stay(legs, SETTLE_S)
            _go(legs, (east, north, height_m), cruise_ms)
    _stay(legs, SETTLE_S)
    _go(legs, (0.0, 0.0, height_m), TRANSIT_MS)
    _stay(legs, SETTLE_S)
    _go(legs, (0.0, 0.0, SLOW_BELOW_M), DESCENT_MS)
    _go(legs, PAD, TOUCH_DOWN_MS)
    _stay(legs, MOTORS_OFF_S)
    return legs


def _go(legs: list[Leg], to: Spot, cruise_ms: float) -> None:
    legs.append(Leg(legs[-1].end, to, cruise_ms, legs[-1].ends_s))


def _stay(legs: list[Leg], seconds: float) -> None:
    here = legs[-1].end
    legs.append(Leg(here, here, 0.0, legs[-1].ends_s, seconds))


def _heading(legs: Sequence[Leg], leg: int) -> float:
    """The direction of the last way over ground; north before there was one."""
    for each in reversed(legs[: leg + 1]):
        east, north = each.end[0] - each.start[0], each.end[1] - each.start[1]
        if east or north:
            return round(math.degrees(math.atan2(east, north)) % 360, 1)
    return 0.0


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
