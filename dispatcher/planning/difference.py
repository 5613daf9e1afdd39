"""What changes from one plan to another, task by task."""

from dataclasses import dataclass
from enum import StrEnum

from dispatcher.planning.finish import SAME_START
from dispatcher.planning.model import Assignment, Plan


class ChangeKind(StrEnum):
    """What happened to a task between two plans."""

    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Change:
    """One task that is not as it was; `before` or `after` is None where it had, or has, nobody."""

    task: str
    kind: ChangeKind
    before: Assignment | None
    after: Assignment | None


def difference(before: Plan, after: Plan) -> tuple[Change, ...]:
    """
    Tasks that came, went, changed hands or start at another time, by task.

    A start that moves by no more than a quarter of an hour is none.
    """
    old = {each.task: each for each in before.assignments}
    new = {each.task: each for each in after.assignments}
    found = []
    for key in sorted(old.keys() | new.keys()):
        kind = _kind(old.get(key), new.get(key))
        if kind is not None:
            found.append(Change(key, kind, old.get(key), new.get(key)))
    return tuple(found)


def _kind(before: Assignment | None, after: Assignment | None) -> ChangeKind | None:
    if before is None:
        return ChangeKind.ADDED
    if after is None:
        return ChangeKind.DROPPED
    if (before.aircraft, before.pilot) != (after.aircraft, after.pilot):
        return ChangeKind.MOVED
    if abs(after.period.start - before.period.start) > SAME_START:
        return ChangeKind.SHIFTED
    return None
