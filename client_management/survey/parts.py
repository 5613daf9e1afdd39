"""An area in parts that can each be flown as one operation."""

import math
from collections.abc import Iterator
from typing import Protocol

import shapely
from msgspec import Struct
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from client_management.survey.equipment import Lines
from client_management.survey.plane import polygons, turned, turned_back
from client_management.survey.sweep import Sweep, line_minutes, sweep

# A crumb that a cut left over is not flown for itself.
CRUMB_M2 = 1.0
DEEPEST = 12


class CannotBeFlown(ValueError):
    """No part, however small, fits the aircraft or the sight of its pilot."""


class TooManyOperations(ValueError):
    """The area would be more operations than anybody plans at once."""


class Work(Protocol):
    """How long parts take."""

    def minutes(self, polygon: Polygon) -> float:
        """Minutes of work on a part that lies with x across the lines."""

    def lines(self, polygon: Polygon) -> int:
        """Lines over such a part."""

    @property
    def least_min(self) -> float:
        """What the smallest part takes."""


class LineWork(Struct, frozen=True):
    """Work along parallel lines."""

    how: Lines

    def minutes(self, polygon: Polygon) -> float:
        """Minutes on the lines of a part."""
        return line_minutes(sweep(polygon, self.how.spacing_m), self.how)

    def lines(self, polygon: Polygon) -> int:
        """Lines over a part."""
        return sweep(polygon, self.how.spacing_m).lines

    @property
    def least_min(self) -> float:
        """The run to the first picture of one line and on from its last."""
        return line_minutes(Sweep(1, 0.0), self.how)


class SpreadWork(Struct, frozen=True):
    """Work that is spread evenly over an area: structures looked at, scenes filmed."""

    total_min: float
    total_m2: float

    def minutes(self, polygon: Polygon) -> float:
        """The share of a part by its area."""
        return float(self.total_min * polygon.area / self.total_m2)

    def lines(self, polygon: Polygon) -> int:
        """There are none."""
        return 0

    @property
    def least_min(self) -> float:
        """A point of the area takes no time."""
        return 0.0


class Limits(Struct, frozen=True, kw_only=True):
    """What one operation may be: how far from its pilot, how long, and how many in all."""

    sight_m: float
    work_min: float
    most: int = 500


class Part(Struct, frozen=True):
    """One operation's share: a polygon in metres (east, north), its lines and minutes of work."""

    polygon: Polygon
    lines: int
    work_min: float


def split(polygon: Polygon, *, heading_deg: float, work: Work, limits: Limits) -> list[Part]:
    """
    Cut a polygon in metres into parts within the limits, row by row along the lines.

    Raises CannotBeFlown, TooManyOperations.
    """
    if limits.work_min <= work.least_min or limits.sight_m <= 0:
        raise CannotBeFlown("the batteries do not last for a take-off and a landing")
    lying = turned(polygon, heading_deg)
    side = limits.sight_m * math.sqrt(2)
    west, south, east, north = lying.bounds
    columns = max(1, math.ceil((east - west) / side - 1e-9))
    rows = max(1, math.ceil((north - south) / side - 1e-9))
    if columns * rows > 4 * limits.most:
        raise TooManyOperations(f"{columns * rows} cells")
    found = []
    for cell in _cells(lying, columns, rows):
        for piece in polygons(cell, least_m2=CRUMB_M2):
            found += _fitting(piece, work, limits)
            if len(found) > limits.most:
                raise TooManyOperations(f"more than {limits.most} operations")
    return [_part(piece, heading_deg, work) for piece in found]


def _part(piece: Polygon, heading_deg: float, work: Work) -> Part:
    shape = turned_back(piece, heading_deg)
    if not isinstance(shape, Polygon):
        raise TypeError(f"{shape.geom_type} is no polygon")
    return Part(shape, work.lines(piece), work.minutes(piece))


def _fitting(piece: Polygon, work: Work, limits: Limits, depth: int = 0) -> list[Polygon]:
    """A part, or the parts of it for which the batteries last."""
    minutes = work.minutes(piece)
    if minutes <= limits.work_min:
        return [piece]
    if depth == DEEPEST:
        raise CannotBeFlown("one line takes longer than a battery lasts")
    count = math.ceil(minutes / limits.work_min)
    if count > limits.most:
        raise TooManyOperations(f"{count} operations")
    # Across the lines first: shorter lines would need more turns.
    is_wide = work.lines(piece) == 0 or work.lines(piece) >= count
    cells = _cells(piece, count, 1) if is_wide else _cells(piece, 1, count)
    smaller = [each for cell in cells for each in polygons(cell)]
    found: list[Polygon] = []
    for each in smaller:
        found += _fitting(each, work, limits, depth + 1)
        if len(found) > limits.most:
            raise TooManyOperations(f"more than {limits.most} operations")
    return found


def _cells(shape: BaseGeometry, columns: int, rows: int) -> Iterator[BaseGeometry]:
    west, south, east, north = shape.bounds
    width, height = (east - west) / columns, (north - south) / rows
    for column in range(columns):
        for row in range(rows):
            # The last edges are the shape's own, whatever the division left over.
            right = east if column == columns - 1 else west + (column + 1) * width
            top = north if row == rows - 1 else south + (row + 1) * height
            box = shapely.box(west + column * width, south + row * height, right, top)
            yield shape.intersection(box)
