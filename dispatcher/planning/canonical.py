"""One order for every problem, and one hash for its content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from dispatcher.planning.model import (
    Commitment,
    Exclusion,
    Period,
    Problem,
    Task,
    TravelTable,
    WindowSet,
)
from dispatcher.planning.sense import refuse_nonsense


def canonical(problem: Problem) -> Problem:
    """
    The same problem with every list in one order and repeated rows once.

    Raises ProblemRefused for two rows with one key, reversed or naive times and values out of
    range.
    """
    refuse_nonsense(problem)
    return replace(
        problem,
        tasks=tuple(sorted(map(_task, problem.tasks), key=lambda task: task.key)),
        aircraft=tuple(sorted(problem.aircraft, key=lambda each: each.key)),
        pilots=tuple(sorted(problem.pilots, key=lambda each: each.key)),
        exclusions=tuple(sorted(set(problem.exclusions), key=_exclusion_order)),
        commitments=tuple(sorted(problem.commitments, key=_commitment_order)),
        preferences=tuple(sorted(problem.preferences, key=lambda each: each.task)),
        under_way=tuple(sorted(problem.under_way)),
    )


def input_hash(problem: Problem) -> str:
    """SHA-256 of the content, the same for any order of rows and any zone of the same moments."""
    text = json.dumps(_plain(canonical(problem)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def merged(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Periods in order, those that touch or overlap made one."""
    found: list[Period] = []
    for period in sorted(periods):
        if found and period.start <= found[-1].end:
            found[-1] = Period(found[-1].start, max(found[-1].end, period.end))
        else:
            found.append(period)
    return tuple(found)


def intersection(one: Iterable[Period], other: Iterable[Period]) -> tuple[Period, ...]:
    """When both lists of periods hold."""
    others = list(other)
    overlaps = (Period(max(a.start, b.start), min(a.end, b.end)) for a in one for b in others)
    return merged(period for period in overlaps if period.start < period.end)


def _task(task: Task) -> Task:
    sets = (replace(each, periods=merged(each.periods)) for each in task.windows)
    return replace(task, windows=tuple(sorted(sets, key=_window_order)))


def _window_order(each: WindowSet) -> tuple[str, tuple[Period, ...], bool]:
    return each.kind, each.periods, each.is_movable


def _exclusion_order(each: Exclusion) -> tuple[str, ...]:
    return each.task or "", each.aircraft or "", each.pilot or "", each.code, each.message


def _commitment_order(each: Commitment) -> tuple[Period, str]:
    return each.period, each.key


def _plain(value: Any) -> Any:
    if isinstance(value, TravelTable):
        return _table(value)
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime | timedelta):
        return _moment(value)
    if isinstance(value, Mapping):
        return sorted([_plain(key), _plain(item)] for key, item in value.items())
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _table(table: TravelTable) -> list[Any]:
    """Keys in order and a hash of the seconds in the same order: a table may have a million."""
    order = sorted(range(len(table.keys)), key=lambda number: table.keys[number])
    seconds = np.array(table.seconds, np.int64)[np.ix_(order, order)]
    return [sorted(table.keys), hashlib.sha256(seconds.tobytes()).hexdigest()]


def _moment(value: datetime | timedelta) -> str | int:
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return value.astimezone(UTC).isoformat()
