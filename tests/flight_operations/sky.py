"""Small skies and tracks for conformance tests, and a slow oracle in plain Python."""

from dataclasses import dataclass

import numpy as np
import shapely

from flight_operations.telemetry.flags import distance_m
from flight_operations.telemetry.heights import Heights, resolve_heights
from flight_operations.telemetry.limits import AlertKind, Bound, FlightLimits, Zone
from flight_operations.telemetry.samples import Datum, Samples

SECOND = 1_000_000
BASE_US = 1_772_500_000 * SECOND
LAT, LON = -33.9, 151.2


def square(west: float = 151.19, south: float = -33.91, size: float = 0.02) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


def zone(reference: str = "zone", area: shapely.Geometry | None = None, **limits) -> Zone:
    """A zone with floor and ceiling above ground, in meters."""
    floor, ceiling = limits.pop("floor", None), limits.pop("ceiling", None)
    datum = limits.pop("datum", Datum.AGL)
    return Zone(
        reference,
        area or square(),
        floor=None if floor is None else Bound(floor, datum),
        ceiling=None if ceiling is None else Bound(ceiling, datum),
        **limits,
    )


def track(*heights: float, step_s: float = 1.0, start_s: float = 0.0, **columns) -> Samples:
    """Positions one step apart at these heights above ground, all in the middle of the square."""
    size = len(heights)
    values = {
        "sequence": np.arange(size),
        "recorded_us": BASE_US + ((start_s + np.arange(size) * step_s) * SECOND).astype(np.int64),
        "lat": np.full(size, LAT),
        "lon": np.full(size, LON),
        "height_ground_m": np.array(heights, dtype=float),
    }
    return Samples.of(**(values | columns))


def judged(samples: Samples, limits: FlightLimits):
    from flight_operations.telemetry.conformance import check  # noqa: PLC0415

    heights = resolve_heights(samples, takeoff_elevation_m=limits.takeoff_elevation_m)
    return check(samples, heights, limits)


@dataclass(frozen=True)
class Oracle:
    """Judges one position at a time, the slow and obvious way."""

    limits: FlightLimits

    def kinds(self, samples: Samples, heights: Heights, row: int) -> set[tuple[AlertKind, str]]:
        found: set[tuple[AlertKind, str]] = set()
        limits = self.limits
        moment = int(samples.recorded_us[row])
        found |= self._plan(samples, heights, row)
        for fence in limits.keep_in:
            beside, outside = (
                not self._covers(fence, samples, row),
                self._outside(fence, heights, row),
            )
            if (beside or outside) and self._active(fence, moment):
                found.add((AlertKind.KEEP_IN, fence.reference))
        for kind, zones in (
            (AlertKind.KEEP_OUT, limits.keep_out),
            (AlertKind.AERODROME, limits.aerodromes),
        ):
            for item in zones:
                if (
                    self._covers(item, samples, row)
                    and self._active(item, moment)
                    and not self._outside(item, heights, row)
                ):
                    found.add((kind, item.reference))
        height = round(float(heights.limit_m[row]), 2)
        if height > limits.max_height_m:
            found.add((AlertKind.HEIGHT, ""))
        early = limits.from_us is not None and moment < limits.from_us
        if early or (limits.until_us is not None and moment > limits.until_us):
            found.add((AlertKind.WINDOW, ""))
        return found

    def _plan(self, samples, heights, row):
        if not self.limits.volumes:
            return set()
        moment = int(samples.recorded_us[row])
        lateral = [v for v in self.limits.volumes if self._covers(v, samples, row)]
        if not lateral:
            return {(AlertKind.PLAN_AREA, "plan")}
        banded = [v for v in lateral if not self._outside(v, heights, row)]
        if not banded:
            return {(AlertKind.PLAN_HEIGHT, "plan")}
        if not any(self._active(v, moment) for v in banded):
            return {(AlertKind.PLAN_TIME, "plan")}
        return set()

    def _covers(self, item: Zone, samples: Samples, row: int) -> bool:
        return item.area.covers(shapely.Point(float(samples.lon[row]), float(samples.lat[row])))

    def _active(self, item: Zone, moment: int) -> bool:
        return (item.from_us is None or moment >= item.from_us) and (
            item.until_us is None or moment <= item.until_us
        )

    def _outside(self, item: Zone, heights: Heights, row: int) -> bool:
        by = {
            Datum.AGL: heights.limit_m,
            Datum.AMSL: heights.amsl_m,
            Datum.TAKEOFF: heights.takeoff_m,
        }
        for bound, sign in ((item.ceiling, 1), (item.floor, -1)):
            if bound is None:
                continue
            value = float(by[bound.datum][row])
            if round((value - bound.value_m) * sign, 2) > 0:
                return True
        return False


__all__ = [
    "BASE_US",
    "LAT",
    "LON",
    "SECOND",
    "Oracle",
    "distance_m",
    "judged",
    "square",
    "track",
    "zone",
]
