"""
What of an area a flight has photographed: share, gaps and how often each place was seen.

Values in, values out. The camera looks straight down from the height above ground that the log
names; its picture on flat ground is a rectangle across the way flown. Lengths are metres, angles
degrees clockwise from north, positions longitude and latitude of WGS 84.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from client_management.local_plane import LocalPlane

MOST_SHOTS = 40_000
# Of the raster on which overlaps are counted.
CELLS_ACROSS = 400
# Corners are taken to the millimetre: nearly equal edges of thousands of pictures go together.
GRID_M = 0.001
# A gap smaller than this is a seam between two pictures, not work to do again.
LEAST_GAP_M2 = 4.0
MOST_COUNTED = 10


class CoverageRefused(ValueError):
    """What was given cannot be worked out; `str()` says why."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """
    What a camera sees, and how often it looks.

    `every_m` or `every_s` is the distance or the time between two pictures. With the long side of
    the sensor along the way, `is_turned`. Pictures from below `least_height_m` do not count.
    """

    sensor_width_mm: float
    sensor_height_mm: float
    focal_mm: float
    every_m: float | None = None
    every_s: float | None = None
    is_turned: bool = False
    least_height_m: float = 5.0

    def footprint_m(self, height_m: Any) -> tuple[Any, Any]:
        """Across and along the way, on flat ground."""
        across = np.asarray(height_m) * self.sensor_width_mm / self.focal_mm
        along = np.asarray(height_m) * self.sensor_height_mm / self.focal_mm
        return (along, across) if self.is_turned else (across, along)


@dataclass(frozen=True, kw_only=True)
class Track:
    """One flight: positions in the order flown, height above ground, seconds since any moment."""

    lonlat: Sequence[tuple[float, float]]
    height_m: Sequence[float]
    at_s: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A part of the area that no picture shows."""

    area_m2: float
    polygon: Any


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """
    What came out. Geometries are shapely's, in degrees.

    `overlap_percent[n]` is the share of the area that exactly n pictures show, the last entry that
    many or more; `counts` is the raster behind it (north first, -1 outside), `raster` its bounds in
    metres on `plane`.
    """

    area_m2: float
    covered_m2: float
    percent: float
    shot_count: int
    gaps: tuple[Gap, ...]
    covered: Any
    area: Any
    overlap_percent: tuple[float, ...]
    plane: LocalPlane
    counts: np.ndarray = field(repr=False)
    raster: tuple[float, float, float, float]
    tracks: tuple[Any, ...] = field(repr=False)
    across_m: float

    @cached_property
    def missing(self) -> Any:
        """All gaps as one multipolygon, empty when there is none."""
        return shapely.MultiPolygon([gap.polygon for gap in self.gaps])


def measure(area: Any, tracks: Iterable[Track], camera: Camera) -> Coverage:
    """
    Hold flown tracks against an area, a shapely polygon or multipolygon in degrees.

    Raises CoverageRefused for an area of nothing, a camera without a trigger, a track with columns
    of different length, or more than 40,000 pictures.
    """
    plane = LocalPlane.around(area)
    flat = shapely.set_precision(shapely.make_valid(plane.flatten(area)), GRID_M)
    if flat.area <= 0:
        raise CoverageRefused("The area is empty.")
    shots = [_shots(plane, track, camera) for track in tracks]
    found = np.vstack([np.empty((0, 4)), *shots])
    if len(found) > MOST_SHOTS:
        raise CoverageRefused(f"More than {MOST_SHOTS} pictures; name a wider trigger.")
    corners = footprints(found, camera)
    near = corners[shapely.intersects(_polygons(corners), flat)] if len(corners) else corners
    seen = shapely.union_all(_polygons(near), grid_size=GRID_M)
    covered = shapely.intersection(seen, flat, grid_size=GRID_M)
    missing = shapely.difference(flat, covered, grid_size=GRID_M)
    counts, raster = _counted(flat, near)
    across = camera.footprint_m(np.median(found[:, 2]))[0] if len(found) else 0.0
    return Coverage(
        area_m2=float(flat.area),
        covered_m2=float(covered.area),
        percent=min(100.0, 100.0 * float(covered.area / flat.area)),
        shot_count=len(near),
        gaps=_gaps(missing, plane),
        covered=plane.unflatten(covered),
        area=area,
        overlap_percent=_histogram(counts),
        plane=plane,
        counts=counts,
        raster=raster,
        tracks=tuple(shapely.LineString(t[:, :2]) for t in shots if len(t) > 1),
        across_m=float(across),
    )


def refly_areas(coverage: Coverage, *, most: int = 20) -> list[Any]:
    """
    Polygons to fly again, in degrees, largest gap first: each gap with half a picture around it.

    What then touches is one area; where there are more than `most`, the nearest are taken together.
    """
    margin = max(coverage.across_m / 2, 1.0)
    flat = [coverage.plane.flatten(gap.polygon) for gap in coverage.gaps]
    grown = shapely.buffer(flat, margin, join_style="mitre", mitre_limit=2.0)
    merged = _parts(shapely.union_all(grown, grid_size=GRID_M)) if flat else []
    while len(merged) > most:
        merged = _taken_together(merged)
    merged.sort(key=lambda part: -part.area)
    return [coverage.plane.unflatten(shapely.simplify(part, margin / 10)) for part in merged]


def _taken_together(parts: list[Any]) -> list[Any]:
    """The smallest part joined with its nearest neighbor, as one hull."""
    parts = sorted(parts, key=lambda part: part.area)
    least, others = parts[0], parts[1:]
    nearest = int(np.argmin(shapely.distance(least, others)))
    hull = shapely.convex_hull(shapely.union(least, others[nearest]))
    others[nearest] = hull
    return _parts(shapely.union_all(others, grid_size=GRID_M))


def _shots(plane: LocalPlane, track: Track, camera: Camera) -> np.ndarray:
    """Rows of east, north, height and heading where pictures were taken."""
    count = len(track.lonlat)
    if len(track.height_m) != count or (camera.every_s and len(track.at_s) != count):
        raise CoverageRefused("A track has columns of different length.")
    if count < 2:
        return np.empty((0, 4))
    places = plane.to_plane(track.lonlat)
    steps = np.hypot(*np.diff(places, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if camera.every_m:
        clock, wanted = along, np.arange(0.0, along[-1] + 1e-9, camera.every_m)
    elif camera.every_s:
        clock = np.asarray(track.at_s, dtype=float)
        clock = clock - clock[0]
        wanted = np.arange(0.0, clock[-1] + 1e-9, camera.every_s)
    else:
        raise CoverageRefused("The camera has no trigger: every so many metres or seconds.")
    if len(wanted) > MOST_SHOTS:
        raise CoverageRefused(f"More than {MOST_SHOTS} pictures; name a wider trigger.")
    east, north, height = (
        np.interp(wanted, clock, column)
        for column in (places[:, 0], places[:, 1], np.asarray(track.height_m, dtype=float))
    )
    heading = _headings(places, steps, clock, wanted)
    found = np.column_stack([east, north, height, heading])
    return found[(height >= camera.least_height_m) & np.isfinite(height)]


def _headings(
    places: np.ndarray, steps: np.ndarray, clock: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Radians from north of the way flown at each moment; standing still keeps the last one."""
    way = np.arctan2(*np.diff(places, axis=0).T)
    moves = np.flatnonzero(steps > 0)
    if not len(moves):
        return np.zeros(len(wanted))
    leg = np.clip(np.searchsorted(clock, wanted, side="right") - 1, 0, len(way) - 1)
    last = np.clip(np.searchsorted(moves, leg, side="right") - 1, 0, None)
    headings: np.ndarray = way[moves[last]]
    return headings


def footprints(shots: np.ndarray, camera: Camera) -> np.ndarray:
    """The four corners of each picture on the ground, in metres: (n, 4, 2)."""
    if not len(shots):
        return np.empty((0, 4, 2))
    across, along = camera.footprint_m(shots[:, 2])
    half = np.column_stack([across, along])[:, None, :] / 2
    corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    sine, cosine = np.sin(shots[:, 3])[:, None], np.cos(shots[:, 3])[:, None]
    east = corners[:, :, 0] * cosine + corners[:, :, 1] * sine
    north = -corners[:, :, 0] * sine + corners[:, :, 1] * cosine
    return np.stack([east, north], axis=2) + shots[:, None, :2]


def _polygons(corners: np.ndarray) -> np.ndarray:
    polygons: np.ndarray = np.asarray(shapely.polygons(corners)) if len(corners) else np.array([])
    return polygons


def _parts(geometry: Any) -> list[Any]:
    """The polygons of a geometry; lines and points that an overlay left are none."""
    found = shapely.get_parts(geometry)
    return [part for part in found if part.geom_type == "Polygon" and part.area > 0]


def _gaps(missing: Any, plane: LocalPlane) -> tuple[Gap, ...]:
    parts = [part for part in _parts(missing) if part.area >= LEAST_GAP_M2]
    parts.sort(key=lambda part: -part.area)
    return tuple(Gap(area_m2=float(p.area), polygon=plane.unflatten(p)) for p in parts)


def _counted(
    flat: Any, corners: np.ndarray
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """How many pictures show the middle of each cell of the area's bounds; -1 outside the area."""
    west, south, east, north = (float(edge) for edge in shapely.bounds(flat))
    cell = max(east - west, north - south) / CELLS_ACROSS
    columns = max(1, int(np.ceil((east - west) / cell)))
    rows = max(1, int(np.ceil((north - south) / cell)))
    xs = west + (np.arange(columns) + 0.5) * cell
    ys = north - (np.arange(rows) + 0.5) * cell
    counts = np.zeros((rows, columns), dtype=np.int32)
    for shot in corners:
        _count_one(counts, xs, ys, shot)
    grid_x, grid_y = np.meshgrid(xs, ys)
    shapely.prepare(flat)
    counts[~shapely.contains_xy(flat, grid_x, grid_y)] = -1
    return counts, (west, north - rows * cell, west + columns * cell, north)


def _count_one(counts: np.ndarray, xs: np.ndarray, ys: np.ndarray, shot: np.ndarray) -> None:
    """Add one picture to the cells whose middle it shows."""
    (left, bottom), (right, top) = shot.min(axis=0), shot.max(axis=0)
    columns = slice(np.searchsorted(xs, left), np.searchsorted(xs, right, side="right"))
    # The rows run from north to south.
    rows = slice(np.searchsorted(-ys, -top), np.searchsorted(-ys, -bottom, side="right"))
    x, y = xs[columns] - shot[0, 0], (ys[rows] - shot[0, 1])[:, None]
    across, along = shot[1] - shot[0], shot[3] - shot[0]
    u = (x * across[0] + y * across[1]) / (across @ across)
    v = (x * along[0] + y * along[1]) / (along @ along)
    counts[rows, columns] += (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)


def _histogram(counts: np.ndarray) -> tuple[float, ...]:
    inside = counts[counts >= 0]
    if not inside.size:
        return (0.0,) * (MOST_COUNTED + 1)
    shares = np.bincount(np.minimum(inside, MOST_COUNTED), minlength=MOST_COUNTED + 1)
    return tuple(round(float(100 * share / inside.size), 3) for share in shares)
