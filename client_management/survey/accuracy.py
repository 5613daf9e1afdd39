"""
Whether a survey can be as accurate as was asked, and what it takes on the ground.

Rules of thumb, horizontal, for what is planned and never for what is promised. Centimetres:

    pictures      at best one pixel of the ground sampling distance: the strictest of the classes
                  that the ASPRS Positional Accuracy Standards for Digital Geospatial Data (2014,
                  annex B, orthoimagery) name for a pixel size; two pixels are standard mapping work
    laser scan    sqrt(p^2 + (tan(a) / 0.559 x height)^2), with the error p of the position and a of
                  the attitude (the same annex, horizontal accuracy of lidar)
    neither RTK nor control points   3 m, as the receiver finds itself
    RTK or PPK without points        5 cm; finer takes points on the ground
    points        five (corners and middle), one more for each further 20 hectares

A scan hangs on the positions of the scanner alone: below 3 m it takes RTK or PPK in any case.
"""

import math

from msgspec import Struct

from client_management.specifications import (
    LidarSpecification,
    MappingSpecification,
    Specification,
)
from client_management.survey.equipment import Lines, Scanner

BEST_PIXELS = 1.0
UNAIDED_CM = 300.0
RTK_CM = 5.0
LEAST_POINTS = 5
HA_PER_POINT = 20.0
# Laid out, measured and taken up again.
MINUTES_PER_POINT = 15.0
LIDAR_SHARE = 0.55894170


class Control(Struct, frozen=True, kw_only=True):
    """What an accuracy takes: the best that can be had, the points, whether it needs RTK, why."""

    asked_cm: float
    best_cm: float
    points: int
    needs_rtk: bool
    why: str

    @property
    def is_possible(self) -> bool:
        """Whether these flight lines can be as accurate as was asked."""
        return self.asked_cm >= self.best_cm - 1e-9


def best_from_pixels_cm(gsd_cm: float) -> float:
    """The finest accuracy that pictures of a ground sampling distance stand for."""
    return BEST_PIXELS * gsd_cm


def best_from_scan_cm(scanner: Scanner, height_m: float) -> float:
    """The finest accuracy of a laser scan from a height above ground."""
    lean_cm = math.tan(math.radians(scanner.attitude_deg)) / LIDAR_SHARE * height_m * 100
    return math.hypot(scanner.position_cm, lean_cm)


class TooCoarse(Struct, frozen=True, kw_only=True):
    """Pixels that cannot be as accurate as is asked beside them, all in centimetres."""

    gsd: float
    best: float
    asked: float


def contradiction(wanted: Specification) -> TooCoarse | None:
    """Why an accuracy cannot be had with the detail that is asked beside it; None: it can."""
    if not isinstance(wanted, MappingSpecification) or wanted.accuracy_cm is None:
        return None
    best = best_from_pixels_cm(wanted.gsd_cm)
    if wanted.accuracy_cm >= best:
        return None
    return TooCoarse(gsd=wanted.gsd_cm, best=best, asked=wanted.accuracy_cm)


def control_for(
    wanted: Specification, how: Lines | None, scanner: Scanner, *, area_ha: float, has_rtk: bool
) -> Control | None:
    """What the accuracy or the control points of a request take; None where none is asked."""
    if isinstance(wanted, LidarSpecification) and wanted.accuracy_cm is not None:
        height = how.height_m if how else wanted.height_agl_m
        return _for_scan(wanted.accuracy_cm, best_from_scan_cm(scanner, height), area_ha)
    if isinstance(wanted, MappingSpecification):
        gsd = how.gsd_cm if how and how.gsd_cm else wanted.gsd_cm
        return _for_pictures(wanted, best_from_pixels_cm(gsd), area_ha, has_rtk=has_rtk)
    return None


def points_for(area_ha: float) -> int:
    """How many control points an area takes."""
    return LEAST_POINTS + max(0, math.ceil(area_ha / HA_PER_POINT) - 1)


def _for_pictures(
    wanted: MappingSpecification, best_cm: float, area_ha: float, *, has_rtk: bool
) -> Control | None:
    asked = wanted.accuracy_cm
    if asked is None or asked >= UNAIDED_CM:
        if not wanted.control_points:
            return None
        why = f"The client asks for {wanted.control_points} control points."
        return Control(
            asked_cm=asked or UNAIDED_CM,
            best_cm=best_cm,
            points=wanted.control_points,
            needs_rtk=False,
            why=why,
        )
    is_met = has_rtk and asked >= RTK_CM
    if is_met:
        points, why = 0, f"{asked:g} cm: the aircraft's RTK or PPK positions are good to 5 cm."
    elif has_rtk:
        points, why = points_for(area_ha), f"{asked:g} cm is finer than the 5 cm of RTK or PPK."
    else:
        points, why = points_for(area_ha), f"{asked:g} cm is finer than the 3 m without RTK."
    return Control(
        asked_cm=asked,
        best_cm=best_cm,
        points=max(points, wanted.control_points),
        needs_rtk=False,
        why=why,
    )


def _for_scan(asked_cm: float, best_cm: float, area_ha: float) -> Control | None:
    if asked_cm >= UNAIDED_CM:
        return None
    needs_points = asked_cm < RTK_CM
    than = "finer than the 5 cm of RTK or PPK" if needs_points else "had from RTK or PPK positions"
    return Control(
        asked_cm=asked_cm,
        best_cm=best_cm,
        points=points_for(area_ha) if needs_points else 0,
        needs_rtk=True,
        why=f"{asked_cm:g} cm is {than}.",
    )
