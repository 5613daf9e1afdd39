"""What a proposal would change, and what changed since it was made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.models import Assignment, DispatchSchedule

# What is no longer there to be called by its name.
GONE = {"bookings": "other work"}
# Of these a plan must not overlook a change: it would overwrite it.
OVERWRITTEN = frozenset({"operations", "demands", "assignments"})


@dataclass(frozen=True)
class PlanDiff:
    """What publishing the proposal would do, by number of the operation."""

    added: tuple[dict[str, Any], ...]
    changed: tuple[dict[str, Any], ...]
    removed: tuple[dict[str, Any], ...]
    unchanged: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "added": list(self.added),
            "changed": list(self.changed),
            "removed": list(self.removed),
            "unchanged": self.unchanged,
        }


def live_rows(schedule: DispatchSchedule) -> list[Assignment]:
    """What is proposed and what holds for a day, by number of the operation."""
    related = ("operation", "aircraft", "pilot")
    rows = schedule.assignments.live().select_related(*related)
    rows = rows.defer("travel_from", "travel_to")
    return list(rows.order_by("operation__number", "pk"))


def plan_diff(schedule: DispatchSchedule) -> PlanDiff:
    """Compare what is proposed with what is published, two statements."""
    return diff_of(schedule, live_rows(schedule))


def diff_of(schedule: DispatchSchedule, rows: Sequence[Assignment]) -> PlanDiff:
    """The same of the live rows of a day, where they are read already."""
    proposed = {row.operation_id: row for row in rows if row.status == "proposed"}
    published = {row.operation_id: row for row in rows if row.status == "published"}
    gone = set(left_out(schedule)) & set(published)
    added, changed, unchanged = (
        [],
        [],
        len(published) - len(gone) - len(proposed.keys() & published),
    )
    for pk, row in proposed.items():
        before = published.get(pk)
        if before is None:
            added.append(_shown(row))
        elif is_same(row, before):
            unchanged += 1
        else:
            fields = changed_fields(row, before)
            changed.append(_shown(row) | {"before": _shown(before), "fields": fields})
    removed = [_shown(published[pk]) for pk in published if pk in gone and pk not in proposed]
    return PlanDiff(tuple(added), tuple(changed), tuple(removed), unchanged)


def left_out(schedule: DispatchSchedule) -> tuple[int, ...]:
    """The operations that the proposal's run had to leave behind."""
    if schedule.proposal is None:
        return ()
    return tuple(entry["operation_id"] for entry in schedule.proposal.reasons)


def is_same(one: Assignment, other: Assignment) -> bool:
    """Whether two assignments of one operation say the same."""
    return not changed_fields(one, other)


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """
    The rows that were added, changed or removed between two snapshots of a day.

    A kind that only one of them has was not looked at when the other was made.
    """
    found: list[dict[str, Any]] = []
    for kind in sorted(before.keys() & after.keys() - {"revision"}):
        old, new = _versions(before[kind]), _versions(after[kind])
        for key in sorted({*old, *new}):
            if key in old and key in new and old[key] in (new[key], None):
                continue
            what = "added" if key not in old else "removed" if key not in new else "changed"
            label = labels.get((kind, key)) or GONE.get(kind, key)
            row = {"kind": kind, "id": int(key), "label": label, "change": what}
            found.append(row | {"version": new.get(key, 0)})
    return found


def overwriting(changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of some changes those that publishing the proposal would undo."""
    return [dict(each) for each in changes if each["kind"] in OVERWRITTEN]


def _versions(rows: Mapping[str, int] | Sequence[int]) -> dict[str, int | None]:
    """Versions by key; None where a snapshot noted only which rows there were."""
    if isinstance(rows, Mapping):
        return {str(key): value for key, value in rows.items()}
    return {str(key): None for key in rows}


def changed_fields(one: Assignment, other: Assignment) -> list[str]:
    """In what two assignments of one operation differ."""
    names = ("aircraft_id", "pilot_id", "start_at", "end_at", "occupied_from", "occupied_until")
    return [
        name.removesuffix("_id") for name in names if getattr(one, name) != getattr(other, name)
    ]


def _shown(row: Assignment) -> dict[str, Any]:
    return {
        "operation": row.operation.number,
        "aircraft": row.aircraft.registration,
        "pilot": row.pilot_id,
        "pilot_name": row.pilot.full_name,
        "start_at": row.start_at.isoformat(),
        "end_at": row.end_at.isoformat(),
    }
