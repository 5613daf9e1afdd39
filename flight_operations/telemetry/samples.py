"""Positions of one device as columns: one numpy array per quantity, one row per position."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000


class Datum(IntEnum):
    """What an altitude is measured from. WGS84 is the ellipsoid, not sea level."""

    UNKNOWN = 0
    AMSL = 1
    AGL = 2
    TAKEOFF = 3
    WGS84 = 4


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware time, exact."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_datetime(microseconds: int) -> datetime:
    """Aware UTC time of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(microseconds))


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """
    Positions as their device recorded them.

    Times are microseconds since 1970 UTC, lengths meters, speeds m/s, angles degrees. NaN means
    that the device did not say. `altitude_m` counts from `datum`; the two heights and the ground
    elevation (above mean sea level) are kept beside it where the device knows them.
    """

    sequence: Integers
    recorded_us: Integers
    lat: Floats
    lon: Floats
    altitude_m: Floats
    datum: NDArray[np.uint8]
    ground_elevation_m: Floats
    height_takeoff_m: Floats
    height_ground_m: Floats
    speed_ms: Floats
    heading_deg: Floats
    battery_percent: Floats

    def __len__(self) -> int:
        return len(self.sequence)

    def take(self, index: Any) -> Self:
        """Return the rows of an index array, a mask or a slice."""
        return type(self)(*(getattr(self, name)[index] for name in COLUMNS))

    def in_time_order(self) -> Self:
        """Return the same rows, oldest first; rows of one moment by sequence."""
        if len(self) < 2 or bool((np.diff(self.recorded_us) > 0).all()):
            return self
        return self.take(np.lexsort((self.sequence, self.recorded_us)))

    @classmethod
    def empty(cls) -> Self:
        return cls.of()

    @classmethod
    def of(cls, **columns: Any) -> Self:
        """Build from sequences by column name; a column not given is unknown in every row."""
        size = len(columns.get("sequence", ()))
        return cls(*(_column(name, columns.get(name), size) for name in COLUMNS))


_WHOLE = {"sequence": np.int64, "recorded_us": np.int64, "datum": np.uint8}


def _column(name: str, values: Any, size: int) -> NDArray[Any]:
    kind = _WHOLE.get(name, np.float64)
    if values is None:
        return np.full(size, 0 if name in _WHOLE else np.nan, dtype=kind)
    if np.ndim(values) == 0:
        return np.full(size, values, dtype=kind)
    return np.ascontiguousarray(values, dtype=kind)


COLUMNS = tuple(field.name for field in fields(Samples))


def joined(parts: list[Samples]) -> Samples:
    """Return several blocks as one."""
    if len(parts) == 1:
        return parts[0]
    return Samples.of(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
        if parts
        else {}
    )
