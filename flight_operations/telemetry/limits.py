"""What a flight must keep to, prepared once and then held against many positions."""

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from flight_operations.telemetry.flags import EARTH_RADIUS_M
from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.samples import Datum, Floats, Mask

STANDARD_HEIGHT_M = 120.0
STANDARD_HEIGHT_EXACT_M = 121.92
METERS_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180


class AlertKind(StrEnum):
    """The ways in which a flight can leave its limits."""

    PLAN_AREA = "plan_area"
    PLAN_HEIGHT = "plan_height"
    PLAN_TIME = "plan_time"
    KEEP_IN = "keep_in"
    KEEP_OUT = "keep_out"
    HEIGHT = "height"
    AERODROME = "aerodrome"
    WINDOW = "window"
    SILENCE = "silence"
    HEIGHT_UNKNOWN = "height_unknown"


# Not limits that were broken: nobody could tell whether one was.
UNJUDGED = (AlertKind.SILENCE, AlertKind.HEIGHT_UNKNOWN)


class Breach(IntFlag):
    """The same, as the bits stored beside each position."""

    PLAN_AREA = 1
    PLAN_HEIGHT = 2
    PLAN_TIME = 4
    KEEP_IN = 8
    KEEP_OUT = 16
    HEIGHT = 32
    AERODROME = 64
    WINDOW = 128


class Severity(StrEnum):
    """The colors of compliance, for one breach."""

    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Bound:
    """A floor or ceiling in meters above its datum."""

    value_m: float
    datum: Datum


@dataclass(frozen=True, eq=False)
class Zone:
    """
    A piece of air: an area in degrees (longitude, latitude), a height band and a time window.

    A bound or an end that is not given is unlimited; ends are included. `reference` is what an
    alert calls the zone by.
    """

    reference: str
    area: BaseGeometry
    floor: Bound | None = None
    ceiling: Bound | None = None
    from_us: int | None = None
    until_us: int | None = None
    bounds: tuple[float, float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        shapely.prepare(self.area)
        object.__setattr__(self, "bounds", self.area.bounds)

    def covers(self, lat: Floats, lon: Floats) -> Mask:
        """Say which positions lie in the area or on its edge (PostGIS ST_Covers)."""
        return shapely.intersects_xy(self.area, lon, lat)

    def may_touch(self, box: tuple[float, float, float, float]) -> bool:
        """Say whether a box (west, south, east, north) meets the area's own box."""
        west, south, east, north = self.bounds
        return west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1]

    def outside_band_m(self, heights: Heights) -> Floats:
        """Meters above the ceiling or below the floor; 0 inside and for unknown heights."""
        excess = np.zeros(len(heights.limit_m))
        if self.ceiling is not None:
            excess = np.fmax(
                excess, height_over(heights, self.ceiling.datum) - self.ceiling.value_m
            )
        if self.floor is not None:
            excess = np.fmax(excess, self.floor.value_m - height_over(heights, self.floor.datum))
        return np.round(excess, 2)

    def outside_window_s(self, times_us: np.ndarray) -> Floats:
        """Seconds before the window's start or after its end; 0 inside."""
        return outside_window_s(times_us, self.from_us, self.until_us)

    def distance_m(self, lat: Floats, lon: Floats) -> Floats:
        """Meters to the area; flat approximation, good to 1 % within 50 km."""
        return shapely.distance(self._flat[0], self._points(lat, lon))

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        """Meters to the area's edge."""
        return shapely.distance(self._flat[1], self._points(lat, lon))

    def _points(self, lat: Floats, lon: Floats) -> np.ndarray:
        return shapely.points(lon * self._east_scale, lat * METERS_PER_DEGREE)

    @cached_property
    def _east_scale(self) -> float:
        middle = (self.bounds[1] + self.bounds[3]) / 2
        return float(METERS_PER_DEGREE * np.cos(np.radians(middle)))

    @cached_property
    def _flat(self) -> tuple[BaseGeometry, BaseGeometry]:
        scale = np.array([self._east_scale, METERS_PER_DEGREE])
        area = shapely.transform(self.area, lambda places: places * scale)
        return area, shapely.boundary(area)


def height_over(heights: Heights, datum: Datum) -> Floats:
    """Return the heights over a datum; over the ground they may stand in from take-off."""
    known = {
        Datum.AGL: heights.limit_m,
        Datum.AMSL: heights.amsl_m,
        Datum.TAKEOFF: heights.takeoff_m,
    }
    return known.get(datum, np.full(len(heights.limit_m), np.nan))


def outside_window_s(times_us: np.ndarray, from_us: int | None, until_us: int | None) -> Floats:
    """Seconds before a window's start or after its end; 0 inside."""
    outside = np.zeros(len(times_us))
    if from_us is not None:
        outside = np.maximum(outside, (from_us - times_us) / 1e6)
    if until_us is not None:
        outside = np.maximum(outside, (times_us - until_us) / 1e6)
    return outside


@dataclass(frozen=True, slots=True, eq=False)
class FlightLimits:
    """
    Everything one flight must keep to.

    `volumes` together are where it may be; every keep-in zone must hold it and no keep-out or
    aerodrome zone may. `max_height_m` is 120 m above ground, or what an approval says.
    """

    volumes: tuple[Zone, ...] = ()
    keep_in: tuple[Zone, ...] = ()
    keep_out: tuple[Zone, ...] = ()
    aerodromes: tuple[Zone, ...] = ()
    max_height_m: float = STANDARD_HEIGHT_M
    from_us: int | None = None
    until_us: int | None = None
    takeoff_elevation_m: float | None = None
    max_speed_ms: float | None = None


def severity(kind: AlertKind, worst: float, limit: float | None) -> Severity:
    """
    Color of a breach.

    A source that says both 120 m and 400 ft leaves 1.92 m between them: amber up to the exact
    400 ft, red above. With an approved height there is one figure, so every excess is red.
    """
    if kind in (AlertKind.PLAN_TIME, AlertKind.WINDOW, *UNJUDGED):
        return Severity.AMBER
    approved_higher = limit is not None and limit > STANDARD_HEIGHT_M
    if kind is AlertKind.HEIGHT and not approved_higher and worst <= STANDARD_HEIGHT_EXACT_M:
        return Severity.AMBER
    return Severity.RED
