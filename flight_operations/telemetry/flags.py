"""Positions that cannot be believed: kept and flagged, but not judged and not shown as current."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flight_operations.telemetry.samples import MICROSECONDS, Floats, Mask, Samples

FUTURE_US = 60 * MICROSECONDS
POSITION_ERROR_M = 15.0
EARTH_RADIUS_M = 6_371_008.8
REANCHOR_AFTER = 5


class Flag(IntFlag):
    """Why a position is doubted. Only the last one is harmless: the position was merely late."""

    FUTURE = 1
    OUTSIDE_FLIGHT = 2
    TELEPORT = 4
    OUT_OF_ORDER = 8


UNUSABLE = Flag.FUTURE | Flag.OUTSIDE_FLIGHT | Flag.TELEPORT


@dataclass(frozen=True, slots=True)
class Fix:
    """A believed position: microseconds since 1970 UTC and degrees."""

    recorded_us: int
    lat: float
    lon: float


def flag(
    samples: Samples,
    *,
    received_us: int,
    earliest_us: int | None = None,
    latest_us: int | None = None,
    previous: Fix | None = None,
    max_speed_ms: float | None = None,
) -> NDArray[np.int16]:
    """
    Flag the positions of one batch, in the order they were sent.

    FUTURE: more than 60 s ahead of the server. OUTSIDE_FLIGHT: before `earliest_us` or after
    `latest_us`. TELEPORT: more than twice `max_speed_ms` away from the last believed position,
    beyond 15 m of position error; five doubted positions that agree with each other are believed,
    so one wrong position cannot silence the rest of a flight. OUT_OF_ORDER: older than a position
    before it.
    """
    times = samples.recorded_us
    flags = np.zeros(len(samples), dtype=np.int16)
    if not len(samples):
        return flags
    flags[times > received_us + FUTURE_US] |= Flag.FUTURE
    if earliest_us is not None:
        flags[times < earliest_us] |= Flag.OUTSIDE_FLIGHT
    if latest_us is not None:
        flags[times > latest_us] |= Flag.OUTSIDE_FLIGHT
    newest = np.maximum.accumulate(times)
    before = np.concatenate(([previous.recorded_us if previous else times[0]], newest[:-1]))
    flags[times < before] |= Flag.OUT_OF_ORDER
    if max_speed_ms:
        jumps, order = _jumps(samples, (flags & UNUSABLE) == 0, previous, 2 * max_speed_ms)
        flags[order[jumps]] |= Flag.TELEPORT
    return flags


def _jumps(
    samples: Samples, usable: Mask, previous: Fix | None, limit_ms: float
) -> tuple[Mask, Any]:
    """The usable positions that cannot have been reached, and the time order they are given in."""
    order = np.flatnonzero(usable)
    times = samples.recorded_us[order]
    if (times[1:] <= times[:-1]).any():
        order = order[np.lexsort((samples.sequence[order], times))]
        times = samples.recorded_us[order]
    path = times, samples.lat[order], samples.lon[order]
    return _teleports(path, previous, limit_ms), order


def distance_m(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Great-circle distance in meters on the mean sphere; good to 0.5 %."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))


def _teleports(path: tuple[Any, Floats, Floats], previous: Fix | None, limit_ms: float) -> Mask:
    times, lat, lon = path
    if not len(times):
        return np.zeros(0, dtype=bool)
    start = previous or Fix(int(times[0]), float(lat[0]), float(lon[0]))
    times = np.concatenate(([start.recorded_us], times))
    lat = np.concatenate(([start.lat], lat))
    lon = np.concatenate(([start.lon], lon))
    allowed = POSITION_ERROR_M + limit_ms * np.abs(np.diff(times)) / MICROSECONDS
    jump = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) > allowed
    if not jump.any():
        return jump
    return _walk(times, lat, lon, jump, limit_ms)


def _walk(times: NDArray[np.int64], lat: Floats, lon: Floats, jump: Mask, limit_ms: float) -> Mask:
    """Compare each position with the last believed one; `jump` compares with the one before."""
    doubted = np.zeros(len(jump), dtype=bool)
    anchor, run = 0, 0
    for row in range(1, len(times)):
        if anchor == row - 1:
            far = bool(jump[row - 1])
        else:
            gap = distance_m(lat[anchor], lon[anchor], lat[row], lon[row])
            seconds = abs(int(times[row] - times[anchor])) / MICROSECONDS
            far = bool(gap > POSITION_ERROR_M + limit_ms * seconds)
        agrees = row > 1 and not jump[row - 1]
        run = (run + 1 if agrees else 1) if far else 0
        if far and run < REANCHOR_AFTER:
            doubted[row - 1] = True
        else:
            anchor, run = row, 0
    return doubted
