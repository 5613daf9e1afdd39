"""Why work is done by whom, and why work is left behind, as values that are stored and served."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from common.compliance.findings import Assessment, Color, Finding
from dispatcher.keys import pk_of
from dispatcher.planning.explain import Choice, Explanation
from dispatcher.planning.model import Assignment as Placed
from dispatcher.planning.model import (
    Exclusion,
    Looked,
    Reason,
    Relaxation,
    Unassigned,
    WindowSet,
)
from dispatcher.queries.day_problem import DayProblem

_TOLD = ("rule", "title", "color", "message", "citation", "fix")
_KEY = re.compile(r"\b[ap][0-9]+\b")


def unassigned_entry(each: Unassigned, day: DayProblem) -> dict[str, Any]:
    """One operation left behind: its reasons, and the changes that would serve it."""
    operation = day.operation(each.task)
    return {
        "operation_id": operation.pk,
        "operation": operation.number,
        "reasons": [reason_entry(reason) for reason in each.reasons],
        "relaxations": [_relaxation(change, day.names) for change in each.relaxations],
        "looked_for": str(each.looked),
    }


def assignment_reason(day: DayProblem, placed: Placed, found: Explanation) -> dict[str, Any]:
    """Why this pilot and this aircraft: what they add, the next best, and who is kept from it."""
    task = next(each for each in day.problem.tasks if each.key == placed.task)
    barred = [each for each in day.problem.exclusions if each.task == placed.task]
    return {
        "run": True,
        "is_pinned": placed.is_pinned,
        "priority": task.priority,
        "travel_min": round(placed.travel.total_seconds() / 60, 1),
        "compared": str(found.looked),
        "cost": found.chosen.cost if found.looked == Looked.FULLY else None,
        "others": [_choice(each, day.names) for each in found.others],
        "saved_min": plain_value(found.saved),
        "kept_from_it": [reason_entry(each) for each in found.excluded],
        "capabilities": sorted(task.capabilities),
        "qualifications": sorted(task.qualifications),
        "windows": [_window(each) for each in task.windows],
        "excluded_aircraft": _left_out(barred, day.names, "aircraft", "pilot"),
        "excluded_pilots": _left_out(barred, day.names, "pilot", "aircraft"),
    }


def judgement(findings: Sequence[Finding], *, at: datetime) -> dict[str, Any]:
    """What the rules said of an assignment when it was made: the worst color, and all not green."""
    told = [each for each in findings if each.color != Color.GREEN]
    return {
        "color": str(Assessment(findings=tuple(findings)).color),
        "judged_at": at.isoformat(),
        "findings": [{name: str(getattr(each, name)) for name in _TOLD} for each in told],
    }


def _window(each: WindowSet) -> dict[str, Any]:
    spans = [[period.start.isoformat(), period.end.isoformat()] for period in each.periods]
    return {"kind": each.kind, "periods": spans}


def _choice(each: Choice, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "aircraft": names[each.aircraft],
        "pilot": pk_of(each.pilot),
        "pilot_name": names[each.pilot],
        "start_at": each.start.isoformat(),
        "cost": each.cost,
    }


def _left_out(
    barred: Sequence[Exclusion], names: Mapping[str, str], side: str, other: str
) -> list[str]:
    """Those whom a rule keeps from the operation, whoever is with them."""
    keys = {getattr(each, side) for each in barred if not getattr(each, other)} - {None}
    return sorted(names.get(key, key) for key in keys)


def reason_entry(reason: Reason) -> dict[str, Any]:
    """Why something cannot be, as JSON."""
    return {
        "code": reason.code,
        "message": reason.message,
        "count": reason.count,
        "details": plain_value(reason.details),
    }


def _relaxation(change: Relaxation, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "message": _KEY.sub(lambda found: names.get(found[0], found[0]), change.message),
        "minutes": change.minutes,
        "resources": [names.get(key, key) for key in (change.aircraft, change.pilot) if key],
        "aircraft": [pk_of(change.aircraft)] if change.aircraft else [],
        "pilots": [pk_of(change.pilot)] if change.pilot else [],
        "names": list(change.names),
        "is_own": change.is_own,
        "details": _details(change, names),
    }


def _details(change: Relaxation, names: Mapping[str, str]) -> Any:
    parts = change.details.get("parts")
    if parts is None:
        return plain_value(change.details)
    parts = [_relaxation(part, names) for part in parts]
    return {**plain_value({**change.details, "parts": []}), "parts": parts}


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
