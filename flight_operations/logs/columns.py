"""Records of a log gathered into columns and judged a few thousand at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from flight_operations.logs.reading import LogReading
from flight_operations.telemetry.samples import COLUMNS, Datum, Samples

CHUNK = 4096
NAN = float("nan")
NO_TIME = -1
EARLIEST_US = 946_684_800_000_000
LATEST_US = 4_102_444_800_000_000
ALTITUDE_MIN_M, ALTITUDE_MAX_M = -500.0, 60_000.0
NULL_ISLAND_DEG = 1e-6
MAX_SPEED_MS = 1000.0

_MEASURED = (
    "altitude_m", "ground_elevation_m", "height_takeoff_m", "height_ground_m",
    "speed_ms", "heading_deg", "battery_percent",
)  # fmt: skip


class RowBuilder:
    """
    Gathers records and hands out blocks of the usable ones.

    The sequence of a record is its ordinal in the file, counted over the unusable ones too, so
    that reading the file again gives the same numbers.
    """

    def __init__(self, reading: LogReading, *, datum: Datum, first: int = 0) -> None:
        self._reading = reading
        self._datum = datum
        self._ordinal = first
        self._clear()

    def _clear(self) -> None:
        self._where: list[int] = []
        self._times: list[int] = []
        self._lat: list[float] = []
        self._lon: list[float] = []
        self._measured: list[tuple[float, ...]] = []

    def add(
        self,
        where: int,
        recorded_us: int,
        lat: float,
        lon: float,
        *,
        altitude_m: float = NAN,
        ground_elevation_m: float = NAN,
        height_takeoff_m: float = NAN,
        height_ground_m: float = NAN,
        speed_ms: float = NAN,
        heading_deg: float = NAN,
        battery_percent: float = NAN,
    ) -> bool:
        """Add one record; true when a block is full. `NO_TIME` says that it has no time."""
        self._where.append(where)
        self._times.append(recorded_us)
        self._lat.append(lat)
        self._lon.append(lon)
        self._measured.append(
            (altitude_m, ground_elevation_m, height_takeoff_m, height_ground_m,
             speed_ms, heading_deg, battery_percent)
        )  # fmt: skip
        return len(self._where) >= CHUNK

    def take(self) -> Iterator[Samples]:
        """Hand out what was gathered, if any of it is usable."""
        if not self._where:
            return
        block = self._judged()
        self._clear()
        if len(block):
            yield block

    def _judged(self) -> Samples:
        size = len(self._where)
        table = np.array(self._measured, dtype=np.float64).reshape(size, len(_MEASURED))
        times = np.array([t if NO_TIME <= t <= LATEST_US * 2 else 0 for t in self._times], np.int64)
        columns: dict[str, Any] = dict(zip(_MEASURED, table.T, strict=True))
        columns |= {"lat": np.array(self._lat), "lon": np.array(self._lon), "recorded_us": times}
        columns["sequence"] = np.arange(self._ordinal, self._ordinal + size)
        self._ordinal += size
        usable = self._usable(columns)
        _drop_nonsense(columns)
        columns["datum"] = np.where(np.isnan(columns["altitude_m"]), Datum.UNKNOWN, self._datum)
        block = Samples.of(**{name: columns[name][usable] for name in COLUMNS})
        self._note_times(block)
        return block

    def _usable(self, columns: dict[str, Any]) -> Any:
        reasons = np.zeros(len(self._where), dtype=np.int8)
        for code, bad in reversed(list(enumerate(_faults(columns), start=1))):
            reasons[bad] = code
        for row in np.flatnonzero(reasons):
            where = self._where[row]
            detail = f"{self._lat[row]!r}, {self._lon[row]!r}"
            self._reading.reject(where, _REASONS[reasons[row] - 1], detail)
        return reasons == 0

    def _note_times(self, block: Samples) -> None:
        if not len(block):
            return
        reading = self._reading
        reading.accepted_count += len(block)
        first, last = int(block.recorded_us.min()), int(block.recorded_us.max())
        reading.first_us = first if reading.first_us is None else min(first, reading.first_us)
        reading.last_us = last if reading.last_us is None else max(last, reading.last_us)


_REASONS = (
    "no_time",
    "time_implausible",
    "position_not_a_number",
    "position_out_of_range",
    "no_position_fix",
    "altitude_out_of_range",
)


def _faults(columns: dict[str, Any]) -> Iterator[Any]:
    times, lat, lon = columns["recorded_us"], columns["lat"], columns["lon"]
    altitude = columns["altitude_m"]
    yield times == NO_TIME
    yield (times < EARLIEST_US) | (times > LATEST_US)
    yield ~(np.isfinite(lat) & np.isfinite(lon))
    yield ~((np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    yield (np.abs(lat) < NULL_ISLAND_DEG) & (np.abs(lon) < NULL_ISLAND_DEG)
    yield (altitude < ALTITUDE_MIN_M) | (altitude > ALTITUDE_MAX_M)


def _drop_nonsense(columns: dict[str, Any]) -> None:
    """Turn measurements that cannot be true into unknown; the position itself stays usable."""
    for name in _MEASURED:
        columns[name] = np.where(np.isfinite(columns[name]), columns[name], NAN)
    for name in ("ground_elevation_m", "height_takeoff_m", "height_ground_m"):
        values = columns[name]
        known = (values >= ALTITUDE_MIN_M) & (values <= ALTITUDE_MAX_M)
        columns[name] = np.where(known, values, NAN)
    speed, battery = columns["speed_ms"], columns["battery_percent"]
    columns["speed_ms"] = np.where((speed >= 0) & (speed <= MAX_SPEED_MS), speed, NAN)
    columns["battery_percent"] = np.where((battery >= 0) & (battery <= 100), battery, NAN)
    columns["heading_deg"] = np.mod(columns["heading_deg"], 360.0)
