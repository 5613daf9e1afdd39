"""What survey flights are made with, and the flight lines that follow from it."""

import math

from msgspec import Struct


class Camera(Struct, frozen=True, kw_only=True):
    """A camera: sensor and lens in millimetres, the picture in pixels, width across the track."""

    name: str
    sensor_width_mm: float
    focal_mm: float
    width_px: int
    height_px: int
    shortest_interval_s: float


class Scanner(Struct, frozen=True, kw_only=True):
    """
    A laser scanner: the opening angle across the track, and how many points it measures.

    `attitude_deg` and `position_cm` are how well it knows its lean and its place, with PPK.
    """

    name: str
    angle_deg: float
    points_s: float
    attitude_deg: float = 0.02
    position_cm: float = 2.0


class Aircraft(Struct, frozen=True, kw_only=True):
    """
    How the aircraft flies. `reserve` is the share of the endurance that is kept.

    `overhead_min` is the most that one take-off, the way to the first line and back, and the
    landing may take; `ground_s` is what of it is spent near the ground: checks, a slow touch-down.
    """

    endurance_min: float
    cruise_ms: float = 10.0
    climb_ms: float = 4.0
    descent_ms: float = 3.0
    ground_s: float = 45.0
    reserve: float = 0.25
    overhead_min: float = 3.0
    turn_s: float = 5.0

    @property
    def usable_min(self) -> float:
        """Minutes of work on one battery."""
        return self.endurance_min * (1 - self.reserve) - self.overhead_min

    def overhead(self, *, height_m: float, away_m: float) -> float:
        """Minutes of one battery that are no work, with lines up to `away_m` from the take-off."""
        vertical = height_m / self.climb_ms + height_m / self.descent_ms
        seconds = self.ground_s + vertical + 2 * away_m / self.cruise_ms
        return min(self.overhead_min, seconds / 60)


# 1-inch sensor of 20 megapixels; uncooled 640 x 512 at 12 micrometres; a 70-degree scanner.
PHOTO = Camera(
    name="20 MP, 1 inch",
    sensor_width_mm=13.2,
    focal_mm=8.8,
    width_px=5472,
    height_px=3648,
    shortest_interval_s=2.0,
)
THERMAL = Camera(
    name="640 x 512, 13.5 mm",
    sensor_width_mm=7.68,
    focal_mm=13.5,
    width_px=640,
    height_px=512,
    shortest_interval_s=1.0,
)
SCANNER = Scanner(name="70 degrees, 240,000 points/s", angle_deg=70.0, points_s=240_000)
MULTIROTOR = Aircraft(endurance_min=40.0)


class Lines(Struct, frozen=True, kw_only=True):
    """How parallel lines are flown: metres, metres per second, seconds, centimetres per pixel."""

    height_m: float
    swath_m: float
    spacing_m: float
    base_m: float
    speed_ms: float
    turn_s: float
    gsd_cm: float | None = None


def photo_lines(
    camera: Camera,
    aircraft: Aircraft,
    *,
    gsd_cm: float,
    forward_overlap: float,
    side_overlap: float,
    max_height_m: float,
) -> Lines:
    """Lines for overlapping pictures; a height limit makes the ground sampling distance finer."""
    per_metre = camera.focal_mm * camera.width_px / camera.sensor_width_mm
    height = min(gsd_cm / 100 * per_metre, max_height_m)
    gsd = height / per_metre
    base = gsd * camera.height_px * (1 - forward_overlap / 100)
    swath = gsd * camera.width_px
    return Lines(
        height_m=height,
        swath_m=swath,
        spacing_m=swath * (1 - side_overlap / 100),
        base_m=base,
        speed_ms=min(aircraft.cruise_ms, base / camera.shortest_interval_s),
        turn_s=aircraft.turn_s,
        gsd_cm=gsd * 100,
    )


def scan_lines(
    scanner: Scanner,
    aircraft: Aircraft,
    *,
    density_m2: float,
    height_m: float,
    side_overlap: float,
    max_height_m: float,
) -> Lines:
    """Lines for a laser scan that leaves at least `density_m2` points on each square metre."""
    height = min(height_m, max_height_m)
    swath = 2 * height * math.tan(math.radians(scanner.angle_deg) / 2)
    return Lines(
        height_m=height,
        swath_m=swath,
        spacing_m=swath * (1 - side_overlap / 100),
        base_m=0.0,
        speed_ms=min(aircraft.cruise_ms, scanner.points_s / (swath * density_m2)),
        turn_s=aircraft.turn_s,
    )
