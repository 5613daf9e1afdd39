"""What publishing a proposal does: which rows come into force, hold already, or stand down."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.models import Assignment, DispatchSchedule
from dispatcher.queries.diffs import is_same, left_out
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus

MOVABLE = (*UPCOMING, OperationStatus.REJECTED)
# Of these there is nothing to give to anybody any more.
OVER = (OperationStatus.CANCELLED, OperationStatus.ABORTED)


@dataclass(frozen=True)
class Publication:
    """
    What publishing would do with the rows of a day as they stand.

    `fresh` come into force, `kept` hold already, `off` fall away because their operation is over,
    and `leaving` give back their time because nobody was found for them.
    """

    fresh: tuple[Assignment, ...]
    kept: tuple[Assignment, ...]
    off: tuple[Assignment, ...]
    leaving: tuple[FlightOperation, ...]
    before: Mapping[int, Assignment]

    @property
    def is_empty(self) -> bool:
        return not (self.fresh or self.kept or self.leaving)


def publication_of(schedule: DispatchSchedule, rows: Sequence[Assignment]) -> Publication:
    """What publishing would do with the live rows of a day; two statements more."""
    proposed = [row for row in rows if row.status == "proposed"]
    published = {row.operation_id: row for row in rows if row.status == "published"}
    published |= _of_other_days(schedule, proposed)
    placed = [row for row in proposed if row.operation.status not in OVER]
    settled = {row.pk for row in placed if is_settled(row, published.get(row.operation_id))}
    return Publication(
        fresh=tuple(row for row in placed if row.pk not in settled),
        kept=tuple(row for row in placed if row.pk in settled),
        off=tuple(row for row in proposed if row.operation.status in OVER),
        leaving=tuple(left_behind(schedule, placed)),
        before=published,
    )


def _of_other_days(
    schedule: DispatchSchedule, proposed: Sequence[Assignment]
) -> dict[int, Assignment]:
    """What holds on another day for operations that are proposed for this one."""
    rows = Assignment.objects.published().filter(operation__in=[r.operation_id for r in proposed])
    rows = rows.exclude(schedule=schedule).select_related("operation", "aircraft", "pilot")
    return {row.operation_id: row for row in rows.order_by("pk")}


def left_behind(
    schedule: DispatchSchedule, rows: Sequence[Assignment]
) -> Sequence[FlightOperation]:
    """Operations that hold time and that the proposal leaves without anybody to fly them."""
    placed = {row.operation_id for row in rows}
    wanted = [pk for pk in left_out(schedule) if pk not in placed]
    booked = FlightOperation.objects.filter(pk__in=wanted, status__in=MOVABLE)
    booked = booked.select_related("aircraft", "pilot_in_command")
    return list(booked.exclude(status=OperationStatus.DRAFT).order_by("pk"))


def is_settled(row: Assignment, before: Assignment | None) -> bool:
    """Whether this very assignment is in force already."""
    return before is not None and is_same(row, before) and not needs_move(row)


def needs_move(row: Assignment) -> bool:
    """Whether the operation itself must change; one in the air or flown is left as it is."""
    operation = row.operation
    if operation.status not in MOVABLE:
        return False
    return operation.status in (OperationStatus.DRAFT, OperationStatus.REJECTED) or (
        operation.aircraft_id,
        operation.pilot_in_command_id,
        operation.planned_start_at,
        operation.planned_end_at,
    ) != (row.aircraft_id, row.pilot_id, row.start_at, row.end_at)


def seal_of(
    rows: Sequence[Assignment],
    leaving: Sequence[FlightOperation],
    changes: Sequence[Mapping[str, Any]],
) -> str:
    """
    What somebody saw before they published, in few letters: another proposal has another seal.

    `rows` are the proposed ones, `changes` those that publishing would overwrite.
    """
    seen = {
        "rows": sorted([row.pk, row.version, row.operation.version] for row in rows),
        "leaving": sorted([each.pk, each.version] for each in leaving),
        "changes": sorted([each["kind"], each["id"], each["version"]] for each in changes),
    }
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]
