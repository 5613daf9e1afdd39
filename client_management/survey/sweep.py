"""Parallel lines over one polygon: how many, how long, in which direction."""

import math

import numpy as np
from msgspec import Struct
from shapely.geometry import Polygon

from client_management.survey.equipment import Lines
from client_management.survey.plane import Coordinates, turned

STEP_DEG = 15
# Of a hull with very many edges (a circle) the longest stand for the others.
MOST_EDGES = 36
# Lines looked at together, so that a large polygon needs no large matrix.
BATCH = 256


class Sweep(Struct, frozen=True):
    """Lines over a polygon: their number and their length together in metres."""

    lines: int
    length_m: float


def sweep(polygon: Polygon, spacing_m: float) -> Sweep:
    """Lines along y over a polygon that lies with x across them."""
    ring = np.asarray(polygon.exterior.coords)
    low, high = float(ring[:, 0].min()), float(ring[:, 0].max())
    count = max(1, math.ceil((high - low) / spacing_m - 1e-9))
    offsets = low + (np.arange(count) + 0.5) * (high - low) / count
    batches = (offsets[first : first + BATCH] for first in range(0, count, BATCH))
    return Sweep(count, sum(_length(ring, batch) for batch in batches))


def line_minutes(found: Sweep, lines: Lines) -> float:
    """Minutes on the lines and in the turns between them."""
    flown = found.length_m + 2 * lines.base_m * found.lines
    turns = (found.lines - 1) * (lines.turn_s + lines.spacing_m / lines.speed_ms)
    return (flown / lines.speed_ms + turns) / 60


def best_heading(polygon: Polygon, lines: Lines) -> float:
    """
    The heading with the least time, in degrees from north, from 0 up to 180.

    Found on the convex hull: it is as wide as the polygon in every direction, and the fewest lines
    lie along one of its edges.
    """
    hull = polygon.convex_hull
    if not isinstance(hull, Polygon):
        return 0.0
    times = [
        (round(line_minutes(sweep(_across(hull, heading), lines.spacing_m), lines), 6), heading)
        for heading in sorted(_headings(hull))
    ]
    return min(times)[1]


def _across(polygon: Polygon, heading: float) -> Polygon:
    shape = turned(polygon, heading)
    if not isinstance(shape, Polygon):
        raise TypeError(f"{shape.geom_type} is no polygon")
    return shape


def _headings(hull: Polygon) -> set[float]:
    steps = np.diff(np.asarray(hull.exterior.coords), axis=0)
    longest = steps[np.argsort(-np.hypot(steps[:, 0], steps[:, 1]), kind="stable")[:MOST_EDGES]]
    edges = {
        round(math.degrees(math.atan2(float(east), float(north))) % 180, 3) % 180
        for east, north in longest
    }
    return edges | {float(step) for step in range(0, 180, STEP_DEG)}


def _length(ring: Coordinates, offsets: Coordinates) -> float:
    """The lengths of lines at some offsets, from the first to the last crossing of the ring."""
    x, y = ring[:-1, 0], ring[:-1, 1]
    dx, dy = ring[1:, 0] - x, ring[1:, 1] - y
    wanted = offsets[:, None]
    crosses = (x[None, :] <= wanted) != ((x + dx)[None, :] <= wanted)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = y[None, :] + (wanted - x[None, :]) / dx[None, :] * dy[None, :]
    last = np.where(crosses, at, -np.inf).max(axis=1)
    first = np.where(crosses, at, np.inf).min(axis=1)
    return float(np.where(np.isfinite(last), last - first, 0.0).sum())
