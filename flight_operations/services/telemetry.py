"""Takes positions in: who may send them, which are new, what they show, where they are kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from flight_operations.exceptions import DeviceNotForOperation, TelemetryNotAccepted
from flight_operations.models import OperationStatus, TelemetrySource
from flight_operations.queries.flight_limits import flight_limits
from flight_operations.queries.telemetry_target import TelemetryTarget, telemetry_target
from flight_operations.services.telemetry_alerts import AlertChanges, end_alerts, fold_alerts
from flight_operations.services.telemetry_live import publish_batch
from flight_operations.services.telemetry_rows import insert_positions, stored_times
from flight_operations.services.telemetry_state import FlightState, Place, lock_state, store_state
from flight_operations.telemetry.conformance import Conformance, check
from flight_operations.telemetry.flags import UNUSABLE, Flag, flag
from flight_operations.telemetry.heights import Heights, resolve_heights
from flight_operations.telemetry.limits import FlightLimits
from flight_operations.telemetry.samples import Samples, to_microseconds
from flight_operations.telemetry.unknown_heights import unknown_heights

# Packets that were on their way when the landing was recorded are still taken.
GRACE_AFTER_LANDING = timedelta(minutes=10)
GRACE_BEFORE_START = timedelta(minutes=2)
SEQUENCE_CONFLICT = "sequence_conflict"

Integers = NDArray[np.int64]


@dataclass(slots=True)
class Intake:
    """What became of a batch; the numbers in the lists are places in it, from 0."""

    received: int
    accepted: int = 0
    duplicates: list[int] = field(default_factory=list)
    flagged: list[tuple[int, Flag]] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    nonconforming: int = 0
    alerts: AlertChanges = field(default_factory=AlertChanges)


def ingest(
    number: str, device: str, samples: Samples, *, user: Any, token: Any, at: datetime
) -> Intake:
    """
    Take in the positions that a ground station sends of an active operation.

    `token` is the station's own key, or None for a person. Raises FlightOperation.DoesNotExist,
    DeviceNotForOperation, TelemetryNotAccepted.
    """
    target = telemetry_target(number, device=device, user=user)
    _check_device(target, device, token)
    _check_status(target, at)
    intake = take_in(target, samples, at=at)
    if target.ended_at is not None and intake.alerts.has_open:
        end_alerts(target.operation_id)
    return intake


def _check_device(target: TelemetryTarget, device: str, token: Any) -> None:
    """A station speaks for its own aircraft, and only with its own key once it has one."""
    token_id = None if token is None else token.pk
    is_named = target.station_id is not None
    is_for_aircraft = target.station_aircraft_id in (None, target.aircraft_id)
    is_its_key = token_id is None or target.station_token_id == token_id
    if not (is_named and is_for_aircraft and is_its_key):
        raise DeviceNotForOperation(device=device, operation=target.number)


def _check_status(target: TelemetryTarget, at: datetime) -> None:
    if target.status == OperationStatus.ACTIVE:
        return
    has_just_ended = target.status in (OperationStatus.LANDED, OperationStatus.ABORTED)
    if has_just_ended and target.ended_at and at <= target.ended_at + GRACE_AFTER_LANDING:
        return
    raise TelemetryNotAccepted(operation=target.number, status=target.status)


@dataclass(frozen=True, slots=True)
class _Judged:
    """The new positions of a batch, and of those the believed ones in time order."""

    kept: Samples
    flags: NDArray[np.int16]
    breaches: NDArray[np.int16]
    heights: Heights
    believed: Samples
    believed_heights: Heights
    verdict: Conformance


@transaction.atomic
def take_in(
    target: TelemetryTarget,
    samples: Samples,
    *,
    at: datetime,
    before_start: timedelta = GRACE_BEFORE_START,
) -> Intake:
    """
    Store new positions, hold them against the limits, raise and end alerts, move the marker.

    All in one transaction, one batch of an operation at a time; live viewers hear after commit.
    """
    limits = flight_limits(target.limits_key, at=at)
    source_id = target.source_id or _source_of(target)
    owner = (target.operation_id, source_id)
    state = lock_state(target.operation_id, at=at)
    intake = Intake(received=len(samples))
    fresh = _new_rows(samples, owner, state, intake)
    kept = samples if _is_whole(fresh, len(samples)) else samples.take(fresh)
    window = (_earliest(target, before_start), _latest(target))
    judged = _judge(kept, limits, state, window, at)
    if len(kept):
        intake.accepted = insert_positions(
            owner, kept, judged.heights, (judged.flags, judged.breaches), received_at=at
        )
    doubted = np.flatnonzero(judged.flags)
    intake.flagged = [(int(fresh[row]), Flag(int(judged.flags[row]))) for row in doubted]
    intake.nonconforming = int(np.count_nonzero(judged.breaches))
    _conclude(target, judged, state, intake, source_id=source_id, at=at)
    return intake


def _conclude(
    target: TelemetryTarget,
    judged: _Judged,
    state: FlightState,
    intake: Intake,
    *,
    source_id: int,
    at: datetime,
) -> None:
    """Bring alerts, the marker and the live viewers up to date."""
    believed, verdict = judged.believed, judged.verdict
    heights = judged.believed_heights
    unknown, state.height_unknown_since_us = unknown_heights(
        believed, heights, newest_us=state.newest_us, since_us=state.height_unknown_since_us
    )
    intake.alerts = fold_alerts(state, believed, (*verdict.findings, *unknown), at=at)
    state.has_open_alerts = intake.alerts.has_open
    place = Place(believed, heights, verdict.breaches)
    has_moved = store_state(state, place, source_id=source_id, at=at)
    publish_batch(target, place if has_moved else None, intake.alerts)


def _judge(
    kept: Samples,
    limits: FlightLimits,
    state: FlightState,
    window: tuple[int | None, int | None],
    at: datetime,
) -> _Judged:
    flags = flag(
        kept,
        received_us=to_microseconds(at),
        earliest_us=window[0],
        latest_us=window[1],
        previous=state.newest,
        max_speed_ms=limits.max_speed_ms,
    )
    heights = resolve_heights(kept, takeoff_elevation_m=limits.takeoff_elevation_m)
    order = _time_order(kept, np.flatnonzero((flags & UNUSABLE) == 0))
    is_whole = _is_whole(order, len(kept))
    believed = kept if is_whole else kept.take(order)
    believed_heights = heights if is_whole else heights.take(order)
    verdict = check(believed, believed_heights, limits)
    breaches = np.zeros(len(kept), dtype=np.int16)
    breaches[order] = verdict.breaches
    return _Judged(kept, flags, breaches, heights, believed, believed_heights, verdict)


def _new_rows(
    samples: Samples, owner: tuple[int, int], state: FlightState, intake: Intake
) -> Integers:
    """
    Rows that are not stored yet, in the order they were sent.

    The same sequence with another time is a fault of the device and is rejected, not stored. Only
    sequences up to the highest taken in so far can be stored already, so a batch in order costs
    no query.
    """
    highest = state.highest(owner[1])
    seen: dict[int, set[int]] = {}
    given = samples.sequence
    is_in_order = bool((given[:1] > highest).all() and (given[1:] > given[:-1]).all())
    if is_in_order:
        rows = np.arange(len(samples))
    else:
        known = np.unique(samples.sequence[samples.sequence <= highest])
        seen = stored_times(owner, known) if len(known) else {}
        rows = np.fromiter(_sort_out(samples, seen, intake), np.int64)
    if len(rows):
        top = int(samples.sequence[rows].max())
        state.sequences[str(owner[1])] = max(highest, top)
    return rows


def _sort_out(samples: Samples, seen: dict[int, set[int]], intake: Intake) -> Iterator[int]:
    times = samples.recorded_us.tolist()
    for row, sequence in enumerate(samples.sequence.tolist()):
        stored = seen.get(sequence)
        if stored is None:
            seen[sequence] = {times[row]}
            yield row
        elif times[row] in stored:
            intake.duplicates.append(row)
        else:
            intake.rejected.append((row, SEQUENCE_CONFLICT))


def _time_order(samples: Samples, rows: Integers) -> Integers:
    times = samples.recorded_us[rows]
    if bool((times[1:] < times[:-1]).any()):
        return rows[np.lexsort((samples.sequence[rows], times))]
    return rows


def _is_whole(rows: Integers, size: int) -> bool:
    return len(rows) == size and bool((rows == np.arange(size)).all())


def _earliest(target: TelemetryTarget, before_start: timedelta) -> int | None:
    return to_microseconds(target.started_at - before_start) if target.started_at else None


def _latest(target: TelemetryTarget) -> int | None:
    return to_microseconds(target.ended_at + GRACE_AFTER_LANDING) if target.ended_at else None


def _source_of(target: TelemetryTarget) -> int:
    source, _ = TelemetrySource.objects.get_or_create(station_id=target.station_id)
    return int(source.pk)
