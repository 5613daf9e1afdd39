"""Why work is done by whom, and why work is left behind, as values that are stored and served."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from dispatcher.planning.explain import Explanation
from dispatcher.planning.model import Assignment as Placed
from dispatcher.planning.model import Reason, Relaxation, Unassigned
from dispatcher.queries.day_problem import DayProblem


def unassigned_entry(each: Unassigned, day: DayProblem) -> dict[str, Any]:
    """One operation left behind: its reasons, and the changes that would serve it."""
    operation = day.operation(each.task)
    return {
        "operation_id": operation.pk,
        "operation": operation.number,
        "reasons": [reason_entry(reason) for reason in each.reasons],
        "relaxations": [_relaxation(change, day) for change in each.relaxations],
    }


def assignment_reason(
    day: DayProblem, placed: Placed, compared: Explanation | None = None
) -> dict[str, Any]:
    """Why this pilot and this aircraft: who else could, and what spoke for these."""
    task = next(each for each in day.problem.tasks if each.key == placed.task)
    names = day.names
    barred = [each for each in day.problem.exclusions if each.task == placed.task]
    return {
        "run": True,
        "is_pinned": placed.is_pinned,
        "priority": task.priority,
        "travel_min": round(placed.travel.total_seconds() / 60, 1),
        "capabilities": sorted(task.capabilities),
        "qualifications": sorted(task.qualifications),
        "windows": [
            {
                "kind": each.kind,
                "periods": [
                    [period.start.isoformat(), period.end.isoformat()] for period in each.periods
                ],
            }
            for each in task.windows
        ],
        "excluded_aircraft": sorted(
            {
                names.get(f"a{each.aircraft}", each.aircraft)
                for each in barred
                if each.aircraft and not each.pilot
            }
        ),
        "excluded_pilots": sorted(
            {
                names.get(f"p{each.pilot}", each.pilot)
                for each in barred
                if each.pilot and not each.aircraft
            }
        ),
    } | _beside(compared, names)


def _beside(compared: Explanation | None, names: Mapping[str, str]) -> dict[str, Any]:
    """What the choice adds to the day, in minutes of travel, and the next best choices."""
    if compared is None:
        return {}
    return {
        "cost_min": round(compared.chosen.cost / 60, 1),
        "saved_min": None
        if compared.saved is None
        else round(compared.saved.total_seconds() / 60, 1),
        "next_best": [
            {
                "aircraft": names.get(f"a{each.aircraft}", each.aircraft),
                "pilot": names.get(f"p{each.pilot}", each.pilot),
                "start_at": each.start.isoformat(),
                "cost_min": round(each.cost / 60, 1),
            }
            for each in compared.others
        ],
    }


def reason_entry(reason: Reason) -> dict[str, Any]:
    """Why something cannot be, as JSON."""
    return {
        "code": reason.code,
        "message": reason.message,
        "count": reason.count,
        "details": plain_value(reason.details),
    }


def _relaxation(change: Relaxation, day: DayProblem) -> dict[str, Any]:
    names = day.names
    return {
        "kind": change.kind,
        "message": change.message,
        "minutes": change.minutes,
        "aircraft": names.get(f"a{change.aircraft}", ""),
        "pilot": names.get(f"p{change.pilot}", ""),
        "names": list(change.names),
        "is_own": change.is_own,
        "details": plain_value(change.details),
    }


def plain_value(value: Any) -> Any:
    """A value as JSON knows it: times as text, durations in minutes, sets in order."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain_value(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain_value(each) for key, each in value.items()}
    if isinstance(value, set | frozenset | list | tuple):
        found = [plain_value(each) for each in value]
        return sorted(found) if isinstance(value, set | frozenset) else found
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds() / 60, 1)
    return str(value) if isinstance(value, Enum) else value
