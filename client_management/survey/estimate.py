"""What a request comes to: lines, minutes, batteries and operations for one area."""

import math

from msgspec import Struct
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from client_management.specifications import (
    InspectionSpecification,
    LidarSpecification,
    MappingSpecification,
    MonitoringSpecification,
    Specification,
    ThermalSpecification,
    VideoSpecification,
)
from client_management.survey.equipment import (
    MULTIROTOR,
    PHOTO,
    SCANNER,
    THERMAL,
    Aircraft,
    Lines,
    photo_lines,
    scan_lines,
)
from client_management.survey.parts import Limits, LineWork, Part, SpreadWork, Work, split
from client_management.survey.plane import Plane, plane_of, polygons
from client_management.survey.sweep import best_heading

SIGHT_M = 500.0


class PlannedPart(Struct, frozen=True):
    """One operation: its polygon of longitudes and latitudes, lines, minutes and batteries."""

    polygon: Polygon
    area_m2: float
    lines: int
    work_min: float
    flight_min: float
    batteries: int


class Estimate(Struct, frozen=True, kw_only=True):
    """
    What an area comes to, for one visit; the totals are for all visits.

    `heading_deg` is that of the largest polygon. `flight_min` includes take-offs and landings.
    """

    parts: tuple[PlannedPart, ...]
    visits: int
    height_m: float
    heading_deg: float
    how: Lines | None = None

    @property
    def flight_min(self) -> float:
        """Minutes in the air, all visits."""
        return self.visits * sum(part.flight_min for part in self.parts)

    @property
    def batteries(self) -> int:
        """Batteries flown, all visits."""
        return self.visits * sum(part.batteries for part in self.parts)

    @property
    def operations(self) -> int:
        """Operations, all visits."""
        return self.visits * len(self.parts)

    @property
    def lines(self) -> int:
        """Flight lines of one visit."""
        return sum(part.lines for part in self.parts)


def estimate(
    area: BaseGeometry,
    wanted: Specification,
    *,
    max_height_m: float,
    aircraft: Aircraft = MULTIROTOR,
    sight_m: float = SIGHT_M,
    batteries_each: int = 1,
    most: int = 500,
) -> Estimate:
    """
    Cut an area of longitudes and latitudes into operations.

    `sight_m` is how far the pilot sees the aircraft, `batteries_each` how many one operation may
    use. Raises CannotBeFlown, TooManyOperations.
    """
    how = lines_for(wanted, aircraft, max_height_m)
    plane = plane_of(area)
    shapes = sorted(polygons(plane.to_metres(area)), key=lambda each: -each.area)
    total_m2 = sum(shape.area for shape in shapes)
    limits = Limits(sight_m=sight_m, work_min=aircraft.usable_min * batteries_each, most=most)
    work = _work(wanted, how, total_m2)
    headings = [best_heading(shape, how) if how else 0.0 for shape in shapes]
    height_m = how.height_m if how else max_height_m
    found = [
        _planned(part, plane, aircraft, height_m)
        for shape, heading in zip(shapes, headings, strict=True)
        for part in split(shape, heading_deg=heading, work=work, limits=limits)
    ]
    return Estimate(
        parts=tuple(found),
        visits=visits_of(wanted),
        height_m=height_m,
        heading_deg=headings[0] if headings else 0.0,
        how=how,
    )


def _planned(part: Part, plane: Plane, aircraft: Aircraft, height_m: float) -> PlannedPart:
    batteries = max(1, math.ceil(part.work_min / aircraft.usable_min - 1e-9))
    # The pilot stands in the middle; lines begin and end at the rim.
    away_m = part.polygon.centroid.hausdorff_distance(part.polygon)
    overhead = aircraft.overhead(height_m=height_m, away_m=away_m)
    return PlannedPart(
        plane.to_degrees(part.polygon),
        part.polygon.area,
        part.lines,
        part.work_min,
        part.work_min + batteries * overhead,
        batteries,
    )


def lines_for(wanted: Specification, aircraft: Aircraft, max_height_m: float) -> Lines | None:
    """How the lines of this kind of work are flown; None where there are none."""
    if isinstance(wanted, LidarSpecification):
        return scan_lines(
            SCANNER,
            aircraft,
            density_m2=wanted.density_m2,
            height_m=wanted.height_agl_m,
            side_overlap=wanted.side_overlap,
            max_height_m=max_height_m,
        )
    if isinstance(wanted, MappingSpecification | ThermalSpecification):
        return photo_lines(
            THERMAL if isinstance(wanted, ThermalSpecification) else PHOTO,
            aircraft,
            gsd_cm=wanted.gsd_cm,
            forward_overlap=wanted.forward_overlap,
            side_overlap=wanted.side_overlap,
            max_height_m=max_height_m,
        )
    return None


def visits_of(wanted: Specification) -> int:
    """How often the whole area is flown."""
    return wanted.visits if isinstance(wanted, MonitoringSpecification) else 1


def _work(wanted: Specification, how: Lines | None, total_m2: float) -> Work:
    if how is not None:
        return LineWork(how)
    if isinstance(wanted, InspectionSpecification):
        return SpreadWork(wanted.structures * wanted.minutes_each, total_m2)
    if isinstance(wanted, VideoSpecification):
        return SpreadWork(wanted.minutes, total_m2)
    raise TypeError(f"nobody knows how long {type(wanted).__name__} takes")
