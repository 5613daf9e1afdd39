"""Watches for stretches of a flight whose height nobody can hold against its limits."""

import numpy as np

from flight_operations.telemetry.conformance import Finding
from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.limits import AlertKind
from flight_operations.telemetry.samples import MICROSECONDS, Integers, Mask, Samples

# As long as a silence may last before somebody is told.
UNKNOWN_S = 15.0


def unknown_heights(
    samples: Samples, heights: Heights, *, newest_us: int | None, since_us: int | None
) -> tuple[tuple[Finding, ...], int | None]:
    """
    Find the positions at which the height has been unknown for more than 15 s.

    `samples` are in time order; those not after `newest_us`, the newest position of earlier
    batches, count no more. `since_us` is when the stretch began that was going on there. Returns
    the finding, if any, and the same moment for the next batch. How a flight is cut into batches
    does not matter.
    """
    fresh = np.full(len(samples), True) if newest_us is None else samples.recorded_us > newest_us
    if not fresh.any():
        return (), since_us
    unknown = np.isnan(heights.limit_m) & fresh
    if not unknown.any():
        return (), None
    begun = _begun(samples.recorded_us, unknown, fresh, since_us)
    lasted_s = np.where(unknown, (samples.recorded_us - begun) / MICROSECONDS, 0.0)
    finding = Finding(AlertKind.HEIGHT_UNKNOWN, "", lasted_s > UNKNOWN_S, lasted_s, UNKNOWN_S)
    following = int(begun[-1]) if unknown[-1] else None
    return ((finding,) if finding.mask.any() else ()), following


def _begun(times: Integers, unknown: Mask, fresh: Mask, since_us: int | None) -> Integers:
    """When the stretch began that each unknown position lies in."""
    starts = unknown & ~np.concatenate(([False], unknown[:-1]))
    begun = np.where(starts, times, np.iinfo(np.int64).min)
    first = int(np.argmax(fresh))
    if since_us is not None and unknown[first]:
        begun[first] = since_us
    return np.maximum.accumulate(begun)
