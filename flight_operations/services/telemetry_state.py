"""The row under whose lock one operation's positions are taken in, and where it was last seen."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.statements import execute_prepared, raw_cursor
from flight_operations.telemetry.flags import Fix
from flight_operations.telemetry.heights import Heights
from flight_operations.telemetry.samples import Floats, Samples, to_datetime, to_microseconds

_LOCK = """
SELECT sequences, recorded_at, ST_Y(position::geometry), ST_X(position::geometry), has_open_alerts,
    height_unknown_since
FROM flight_operations_lastposition WHERE operation_id = %s FOR UPDATE
"""
_BEGIN = """
INSERT INTO flight_operations_lastposition
    (operation_id, sequences, received_at, datum, height_basis, conformant, has_open_alerts)
VALUES (%s, '{}', %s, 0, 0, true, false) ON CONFLICT DO NOTHING
"""
_MOVE = """
UPDATE flight_operations_lastposition
SET sequences = %s, received_at = %s, has_open_alerts = %s, source_id = %s, recorded_at = %s,
    position = ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography, altitude_m = %s, datum = %s,
    height_m = %s, height_basis = %s, speed_ms = %s, heading_deg = %s, battery_percent = %s,
    conformant = %s, height_unknown_since = %s
WHERE operation_id = %s
"""
_KEEP = """
UPDATE flight_operations_lastposition
SET sequences = %s, has_open_alerts = %s
WHERE operation_id = %s
"""


@dataclass(slots=True)
class FlightState:
    """What is known of a flight so far; held under the row's lock."""

    operation_id: int
    sequences: dict[str, int] = field(default_factory=dict)
    newest: Fix | None = None
    has_open_alerts: bool = False
    height_unknown_since_us: int | None = None

    @property
    def newest_us(self) -> int | None:
        return self.newest.recorded_us if self.newest else None

    def highest(self, source_id: int) -> int:
        """The highest sequence taken in from a source; -1 before the first."""
        return self.sequences.get(str(source_id), -1)


def lock_state(operation_id: int, *, at: datetime) -> FlightState:
    """Wait for other batches of this operation, then read where it stands."""
    with raw_cursor() as cursor:
        row = execute_prepared(cursor, _LOCK, [operation_id]).fetchone()
        if row is None:
            cursor.execute(_BEGIN, [operation_id, at])
            row = execute_prepared(cursor, _LOCK, [operation_id]).fetchone()
    sequences, recorded_at, lat, lon, has_open_alerts, unknown_since = row or _NOTHING
    newest = Fix(to_microseconds(recorded_at), lat, lon) if recorded_at else None
    unknown_us = to_microseconds(unknown_since) if unknown_since else None
    return FlightState(operation_id, _mapping(sequences), newest, has_open_alerts, unknown_us)


_NOTHING: tuple[Any, ...] = ({}, None, 0, 0, False, None)


def _mapping(sequences: Any) -> dict[str, int]:
    # Django registers a loader that leaves jsonb as text on its connections.
    return dict(json.loads(sequences) if isinstance(sequences, str) else sequences)


@dataclass(frozen=True, slots=True)
class Place:
    """Believed positions in time order with their heights and breaches; the last is the newest."""

    samples: Samples
    heights: Heights
    breaches: NDArray[np.int16]

    def newest(self) -> dict[str, Any]:
        """The last position as plain values; None for what the device did not say."""
        samples, heights = self.samples, self.heights
        return {
            "recorded_at": to_datetime(samples.recorded_us[-1]),
            "lon": float(samples.lon[-1]),
            "lat": float(samples.lat[-1]),
            "altitude_m": _known(samples.altitude_m),
            "datum": int(samples.datum[-1]),
            "height_m": _known(heights.limit_m),
            "height_basis": int(heights.basis[-1]),
            "speed_ms": _known(samples.speed_ms),
            "heading_deg": _known(samples.heading_deg),
            "battery_percent": _known(samples.battery_percent),
            "conformant": bool(self.breaches[-1] == 0),
        }


def store_state(state: FlightState, place: Place, *, source_id: int, at: datetime) -> bool:
    """
    Keep the newest believed position when it is newer than the last; says whether it was.

    Only such a one counts as heard: a station that repeats itself, or whose clock is wrong, does
    not say where the aircraft is.
    """
    sequences = json.dumps(state.sequences)
    times = place.samples.recorded_us
    is_newer = len(times) > 0 and (state.newest_us is None or int(times[-1]) > state.newest_us)
    with raw_cursor() as cursor:
        if is_newer:
            values = place.newest().values()
            common = [sequences, at, state.has_open_alerts, source_id]
            since_us = state.height_unknown_since_us
            since = None if since_us is None else to_datetime(since_us)
            execute_prepared(cursor, _MOVE, [*common, *values, since, state.operation_id])
        else:
            kept = [sequences, state.has_open_alerts, state.operation_id]
            execute_prepared(cursor, _KEEP, kept)
    return is_newer


def _known(values: Floats) -> float | None:
    return None if np.isnan(values[-1]) else float(values[-1])
