"""Height of each position over the ground below it, over take-off and over mean sea level."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flight_operations.telemetry.samples import Datum, Floats, Samples


class HeightBasis(IntEnum):
    """What the height compared with the limit counts from."""

    UNKNOWN = 0
    GROUND = 1
    TAKEOFF = 2


@dataclass(frozen=True, slots=True, eq=False)
class Heights:
    """
    Meters, NaN where unknown. `limit_m` is the height the 120 m limit is held against: above the
    ground below the aircraft where that can be known, else above take-off, as `basis` says.
    """

    limit_m: Floats
    basis: NDArray[np.uint8]
    amsl_m: Floats
    takeoff_m: Floats

    def take(self, index: Any) -> "Heights":
        """Return the rows of an index array, a mask or a slice."""
        return Heights(
            self.limit_m[index], self.basis[index], self.amsl_m[index], self.takeoff_m[index]
        )


def resolve_heights(samples: Samples, *, takeoff_elevation_m: float | None = None) -> Heights:
    """
    Find the heights of each position from what its device said.

    Above ground, the first that is known: the device's own; altitude above sea level minus the
    ground elevation it gave; height above take-off plus the difference of the take-off's and the
    ground's elevation. The rule counts from the ground directly below (CASR 101.085), so height
    above take-off stands in only when nothing better is known. An altitude above the ellipsoid
    is not used: the ellipsoid may lie 100 m off sea level.
    """
    origin = np.nan if takeoff_elevation_m is None else float(takeoff_elevation_m)
    amsl = _above(samples, Datum.AMSL)
    takeoff = _first_known(samples.height_takeoff_m, _above(samples, Datum.TAKEOFF))
    ground = _first_known(samples.height_ground_m, _above(samples, Datum.AGL))
    terrain = samples.ground_elevation_m
    ground = _first_known(ground, amsl - terrain)
    ground = _first_known(ground, takeoff + (origin - terrain))
    takeoff = _first_known(takeoff, amsl - origin)
    amsl = _first_known(amsl, takeoff + origin)
    amsl = _first_known(amsl, ground + terrain)
    limit = _first_known(ground, takeoff)
    basis = np.where(
        ~np.isnan(ground),
        HeightBasis.GROUND,
        np.where(np.isnan(takeoff), HeightBasis.UNKNOWN, HeightBasis.TAKEOFF),
    ).astype(np.uint8)
    return Heights(limit_m=limit, basis=basis, amsl_m=amsl, takeoff_m=takeoff)


def _above(samples: Samples, datum: Datum) -> Floats:
    return np.where(samples.datum == datum, samples.altitude_m, np.nan)


def _first_known(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)
