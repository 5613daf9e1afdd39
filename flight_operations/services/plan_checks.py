"""What a plan must be to be stored at all: its times, volumes, fences and crew fit together."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from common.exceptions import InvalidInput
from flight_operations.models import FlightOperation

MAX_DURATION_H = 24
FURTHEST = timedelta(days=2 * 366)


def timed(operation: FlightOperation, volume: Mapping[str, Any]) -> dict[str, Any]:
    """A volume without its own times holds for the whole operation."""
    times = {"starts_at": operation.planned_start_at, "ends_at": operation.planned_end_at}
    return times | {name: value for name, value in volume.items() if value is not None}


def check_times(
    operation: FlightOperation, at: datetime, volumes: Sequence[Mapping[str, Any]]
) -> None:
    """Raise InvalidInput for times of operation and volumes that cannot be flown."""
    start, end = operation.planned_start_at, operation.planned_end_at
    if end <= start:
        raise InvalidInput("/planned_end_at", "The end must be after the start.")
    if (end - start).total_seconds() > MAX_DURATION_H * 3600:
        raise InvalidInput("/planned_end_at", f"At most {MAX_DURATION_H} hours after the start.")
    if end <= at:
        raise InvalidInput("/planned_end_at", "The period has already passed.")
    if start - at > FURTHEST:
        raise InvalidInput("/planned_start_at", "At most two years from now.")
    for index, volume in enumerate(volumes):
        _check_volume(f"/volumes/{index}", timed(operation, volume), operation)


def check_parts(fences: Sequence[Mapping[str, Any]], crew: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidInput for fences or crew named twice, and fences without a height between."""
    twice = _repeated(fence["name"] for fence in fences)
    if twice is not None:
        raise InvalidInput(f"/fences/{twice}/name", "Another fence has this name.")
    for index, fence in enumerate(fences):
        floor, ceiling = fence.get("floor_m"), fence.get("ceiling_m")
        if floor is not None and ceiling is not None and ceiling <= floor:
            raise InvalidInput(f"/fences/{index}/ceiling_m", "The ceiling must be above the floor.")
    twice = _repeated((member["user"].pk, member["role"]) for member in crew)
    if twice is not None:
        raise InvalidInput(f"/crew/{twice}", "This person already has this part.")


def _check_volume(pointer: str, volume: Mapping[str, Any], operation: FlightOperation) -> None:
    starts, ends = volume["starts_at"], volume["ends_at"]
    if ends <= starts:
        raise InvalidInput(f"{pointer}/ends_at", "The end must be after the start.")
    if ends <= operation.planned_start_at or operation.planned_end_at <= starts:
        raise InvalidInput(f"{pointer}/starts_at", "Outside the time of the operation.")
    if volume["ceiling_m"] <= volume.get("floor_m", 0):
        raise InvalidInput(f"{pointer}/ceiling_m", "The ceiling must be above the floor.")


def _repeated(names: Iterable[Any]) -> int | None:
    """The place of the first name that was there before."""
    seen: set[Any] = set()
    for index, name in enumerate(names):
        if name in seen:
            return index
        seen.add(name)
    return None
