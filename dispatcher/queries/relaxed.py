"""What a relaxation of a plan asks to be written down, where somebody can write it down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.range import TimestamptzRange

from dispatcher.models import DispatchCenter, DispatchSchedule, OperationDemand
from flight_operations.models import FlightOperation

DEMAND, CENTER = "demand", "center"


@dataclass(frozen=True)
class Act:
    """A change that a service makes: of what, to which values, on which version of it."""

    of: str
    changes: Mapping[str, Any]
    version: int


@dataclass(frozen=True)
class Left:
    """An operation left behind: what the run said of it, and the row as it is now."""

    entry: Mapping[str, Any]
    operation: FlightOperation | None

    @property
    def demand(self) -> OperationDemand | None:
        return getattr(self.operation, "dispatch_demand", None)


def left_of(schedule: DispatchSchedule) -> list[Left]:
    """The operations that a proposal leaves behind, one statement."""
    entries = [] if schedule.proposal is None else schedule.proposal.reasons
    wanted = [entry["operation_id"] for entry in entries]
    rows = FlightOperation.objects.filter(pk__in=wanted).select_related("dispatch_demand")
    known = rows.in_bulk() if wanted else {}
    return [Left(entry, known.get(entry["operation_id"])) for entry in entries]


def changes_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """
    The relaxations of an operation with the place at which each is found again.

    One that is made of several comes first, as `0`; its parts follow as `0.0` and `0.1`.
    """
    for index, change in enumerate(entry["relaxations"]):
        yield str(index), change
        for inner, part in enumerate(change["details"].get("parts", ())):
            yield f"{index}.{inner}", part


def act_for(schedule: DispatchSchedule, left: Left, change: Mapping[str, Any]) -> Act | None:
    """
    The change of a demand or of the center that makes a relaxation true; None where none does.

    None as well when the row was changed since the plan was made: then it means something else.
    """
    run, center, operation = schedule.proposal, schedule.center, left.operation
    if run is None or operation is None:
        return None
    if change["kind"] == "concurrent" and _stands(run.snapshot, "center", center):
        more = {"max_concurrent_operations": center.max_concurrent_operations + 1}
        return Act(CENTER, more, center.version)
    if change["kind"] != "window" or not _is_as_planned(run.snapshot, left):
        return None
    by = timedelta(minutes=change["minutes"])
    early = by if change["details"].get("side") in ("earlier", "either") else timedelta(0)
    late = by if change["details"].get("side") in ("later", "either") else timedelta(0)
    version = left.demand.version if left.demand else 0
    if list(change["names"]) == ["client"]:
        return Act(DEMAND, _wider(left, center, early, late), version)
    if list(change["names"]) == ["promised"] and left.demand and left.demand.promised_at:
        return Act(DEMAND, {"promised_at": left.demand.promised_at - early + late}, version)
    return None


def _is_as_planned(snapshot: Mapping[str, Any], left: Left) -> bool:
    if not _stands(snapshot, "operations", left.operation):
        return False
    if left.demand is None:
        return str(getattr(left.operation, "pk", "")) not in snapshot.get("demands", {})
    known = snapshot.get("demands", {}).get(str(left.demand.operation_id))
    return bool(known == left.demand.version)


def _stands(snapshot: Mapping[str, Any], kind: str, row: Any) -> bool:
    """Whether a row is what it was when the plan was made."""
    return bool(snapshot.get(kind, {}).get(str(row.pk)) == row.version)


def _wider(left: Left, center: DispatchCenter, early: timedelta, late: timedelta) -> dict[str, Any]:
    """The client's hours, opened earlier or closed later; from the planned time where none are."""
    demand, operation = left.demand, left.operation
    if operation is not None and not (
        demand and (demand.windows or demand.earliest_at or demand.deadline_at)
    ):
        around = timedelta(minutes=center.flexibility_min)
        return {
            "earliest_at": operation.planned_start_at - around - early,
            "deadline_at": operation.planned_end_at + around + late,
        }
    found: dict[str, Any] = {}
    if demand and demand.windows:
        found["windows"] = _joined(demand.windows, early, late)
    if demand and demand.earliest_at and early:
        found["earliest_at"] = demand.earliest_at - early
    if demand and demand.deadline_at and late:
        found["deadline_at"] = demand.deadline_at + late
    return found


def _joined(windows: Sequence[Any], early: timedelta, late: timedelta) -> list[TimestamptzRange]:
    """Each window wider; those that then touch become one."""
    spans: list[tuple[datetime, datetime]] = []
    for window in sorted(windows, key=lambda each: each.lower):
        start, end = window.lower - early, window.upper + late
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return [TimestamptzRange(start, end) for start, end in spans]
