"""Holds positions against a flight's limits in space, height and time, a whole batch at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.limits import (
    AlertKind,
    Breach,
    FlightLimits,
    Zone,
    outside_window_s,
)
from flight_operations.telemetry.samples import Floats, Mask, Samples

PLAN = "plan"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """
    One limit that some positions broke.

    `mask` says which; `value` how badly: the height itself in meters for HEIGHT, meters outside
    for areas and bands, meters inside for zones to keep out of, seconds for times.
    """

    kind: AlertKind
    reference: str
    mask: Mask
    value: Floats
    limit: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Conformance:
    """The verdict on a batch: the broken limits as bits per position, and one by one."""

    breaches: NDArray[np.int16]
    findings: tuple[Finding, ...]

    @property
    def conformant(self) -> Mask:
        return self.breaches == 0


def check(samples: Samples, heights: Heights, limits: FlightLimits) -> Conformance:
    """Judge positions. Unknown heights never break a limit that needs one to be broken."""
    findings = tuple(
        finding for finding in _findings(samples, heights, limits) if finding.mask.any()
    )
    breaches = np.zeros(len(samples), dtype=np.int16)
    for finding in findings:
        breaches[finding.mask] |= Breach[finding.kind.name]
    return Conformance(breaches, findings)


def _findings(samples: Samples, heights: Heights, limits: FlightLimits) -> Iterator[Finding]:
    if not len(samples):
        return
    if limits.volumes:
        yield from _plan(samples, heights, limits.volumes)
    for zone in limits.keep_in:
        yield _outside(samples, heights, zone)
    box = (samples.lon.min(), samples.lat.min(), samples.lon.max(), samples.lat.max())
    for kind, zones in (
        (AlertKind.KEEP_OUT, limits.keep_out),
        (AlertKind.AERODROME, limits.aerodromes),
    ):
        for zone in zones:
            if zone.may_touch(box):
                yield _inside(kind, samples, heights, zone)
    height = np.round(heights.limit_m, 2)
    yield Finding(AlertKind.HEIGHT, "", height > limits.max_height_m, height, limits.max_height_m)
    late = outside_window_s(samples.recorded_us, limits.from_us, limits.until_us)
    yield Finding(AlertKind.WINDOW, "", late > 0, late)


def _plan(samples: Samples, heights: Heights, volumes: tuple[Zone, ...]) -> Iterator[Finding]:
    """
    Judge against all volumes together: one that holds the position in all respects is enough.

    Otherwise the breach is the least of those that the volumes show: the time, when one holds
    the place and the height; the height, when one holds the place; else the area.
    """
    size = len(samples)
    beside, high, late = np.full(size, True), np.full(size, np.inf), np.full(size, np.inf)
    conforming = np.zeros(size, dtype=bool)
    for zone in volumes:
        lateral = zone.covers(samples.lat, samples.lon)
        excess, overdue = zone.outside_band_m(heights), zone.outside_window_s(samples.recorded_us)
        conforming |= lateral & (excess <= 0) & (overdue <= 0)
        beside &= ~lateral
        high = np.where(lateral, np.minimum(high, excess), high)
        late = np.where(lateral & (excess <= 0), np.minimum(late, overdue), late)
    too_high = ~conforming & ~beside & (high > 0)
    too_late = ~conforming & ~beside & ~too_high
    yield Finding(AlertKind.PLAN_AREA, PLAN, beside, _distance(samples, volumes, beside))
    yield Finding(AlertKind.PLAN_HEIGHT, PLAN, too_high, high)
    yield Finding(AlertKind.PLAN_TIME, PLAN, too_late, late)


def _distance(samples: Samples, zones: tuple[Zone, ...], mask: Mask) -> Floats:
    distance = np.zeros(len(samples))
    if mask.any():
        lat, lon = samples.lat[mask], samples.lon[mask]
        distance[mask] = np.min([zone.distance_m(lat, lon) for zone in zones], axis=0)
    return distance


def _outside(samples: Samples, heights: Heights, zone: Zone) -> Finding:
    """Judge against a fence to stay inside of: its area and its height band, while it is active."""
    beside = ~zone.covers(samples.lat, samples.lon)
    excess = zone.outside_band_m(heights)
    active = zone.outside_window_s(samples.recorded_us) <= 0
    value = np.maximum(_distance(samples, (zone,), beside & active), excess)
    return Finding(AlertKind.KEEP_IN, zone.reference, (beside | (excess > 0)) & active, value)


def _inside(kind: AlertKind, samples: Samples, heights: Heights, zone: Zone) -> Finding:
    """Judge against a zone to keep out of; its edge belongs to it."""
    within = zone.covers(samples.lat, samples.lon)
    if within.any():
        within &= zone.outside_band_m(heights) <= 0
        within &= zone.outside_window_s(samples.recorded_us) <= 0
    depth = np.zeros(len(samples))
    if within.any():
        depth[within] = zone.depth_m(samples.lat[within], samples.lon[within])
    return Finding(kind, zone.reference, within, depth)
