"""Put a plan in force: one transaction against the ledger, all of it or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction

from common import audit
from common.booking import hold, release
from common.compliance.service import findings_of
from common.exceptions import TransitionNotAllowed
from common.lifecycle import locked, move
from common.models import Verdict
from common.outbox import announce
from dispatcher.events import SchedulePublished
from dispatcher.exceptions import (
    AssignmentNotPermitted,
    NothingProposed,
    PlanChangedSince,
    ResourcesTaken,
    TooManyAtOnce,
)
from dispatcher.models import (
    Assignment,
    AssignmentStatus,
    DispatchCenter,
    DispatchSchedule,
    ScheduleStatus,
)
from dispatcher.queries.day_problem import snapshot_of
from dispatcher.queries.day_rows import day_versions, live_assignments
from dispatcher.queries.diffs import changes_between, overwriting
from dispatcher.queries.ledger import bookings_in_the_way, resources_of_assignment
from dispatcher.queries.publication import (
    MOVABLE,
    OVER,
    is_settled,
    left_behind,
    needs_move,
    seal_of,
)
from dispatcher.queries.under_way import at_once, flights_between, is_booked_then
from flight_operations.facts.screening import forbids
from flight_operations.models import FlightOperation, OperationStatus
from flight_operations.services.assessment import plain
from flight_operations.services.replanning import Replanned, replan_operations

__all__ = [
    "MOVABLE",
    "Published",
    "book_travel",
    "changes_since",
    "crowding",
    "publish_by_hand",
    "publish_schedule",
    "put_in_force",
]

# Of a refusal, so many rows are named.
MOST_NAMED = 200


@dataclass(frozen=True)
class Published:
    """What a publication did."""

    schedule: DispatchSchedule
    assignments: tuple[Assignment, ...]
    withdrawn: tuple[Assignment, ...]
    stood_down: tuple[str, ...]
    kept: int
    changes: list[dict[str, Any]] = field(default_factory=list)


@transaction.atomic
def publish_schedule(
    schedule: DispatchSchedule,
    *,
    actor: Any,
    at: datetime,
    revision: int | None = None,
    version: int | None = None,
    accepts_changes: bool = False,
    seen: str | None = None,
) -> Published:
    """
    Publish the proposal of a day.

    Each operation's own services set its pilot, aircraft and time and revoke what was released
    of another plan. What would be overwritten needs `accepts_changes`; with `seen`, the seal of
    what somebody looked at, nothing else goes out. Raises StaleVersion, PlanChangedSince,
    NothingProposed, TooManyAtOnce, ResourcesTaken, AssignmentNotPermitted, DoubleBooked.
    """
    schedule = locked(schedule, version=version)
    _require_revision(schedule, revision)
    proposed = _proposed(schedule)
    rows = [row for row in proposed if row.operation.status not in OVER]
    leaving = left_behind(schedule, rows)
    if schedule.status != ScheduleStatus.PROPOSED or not (rows or leaving):
        raise NothingProposed(day=schedule.day)
    changes = changes_since(schedule)
    undone = overwriting(changes)
    if undone and not accepts_changes:
        raise PlanChangedSince(changes=undone, revision=schedule.revision)
    _require_seen(schedule, proposed, seal_of(proposed, leaving, undone), seen)
    for row in proposed:
        if row not in rows:
            _withdraw(row, because="The operation is off.", actor=actor, at=at)
    outcome = put_in_force(schedule, rows, leaving, actor=actor, at=at)
    _count(schedule, actor=actor, at=at)
    move(schedule, ScheduleStatus.PUBLISHED, actor=actor, at=at)
    _tell(schedule, outcome, is_by_hand=False, actor=actor, at=at)
    return Published(
        schedule, outcome.assignments, outcome.withdrawn, outcome.stood_down, outcome.kept, changes
    )


def publish_by_hand(
    schedule: DispatchSchedule,
    rows: Sequence[Assignment],
    leaving: Sequence[FlightOperation],
    *,
    actor: Any,
    at: datetime,
) -> Published:
    """
    Put a change by hand in force at once, on a locked schedule that is published.

    Raises TooManyAtOnce and what put_in_force raises.
    """
    if schedule.status != ScheduleStatus.PUBLISHED:
        raise TransitionNotAllowed(current=str(schedule.status), wanted="published")
    outcome = put_in_force(schedule, rows, leaving, actor=actor, at=at)
    _count(schedule, actor=actor, at=at)
    schedule.save()
    _tell(schedule, outcome, is_by_hand=True, actor=actor, at=at)
    return outcome


def crowding(
    center: DispatchCenter, rows: Sequence[Assignment], *, at: datetime
) -> Iterator[TooManyAtOnce]:
    """
    Refusals of rows during which a center would have more under way than it may; 2 statements.

    Who else flies what is booked for that time adds nothing.
    """
    new = [row for row in rows if not is_booked_then(row)]
    if not new:
        return
    span = min(row.start_at for row in new), max(row.end_at for row in new)
    flights, limit = flights_between(center, *span, at=at), center.max_concurrent_operations
    for row in new:
        count = at_once(row, flights)
        if count > limit:
            yield TooManyAtOnce(count=count, center=center.code, limit=limit)


def _require_room(center: DispatchCenter, rows: Sequence[Assignment], *, at: datetime) -> None:
    """Hold the center, so that no other day of it is filled meanwhile. Raises TooManyAtOnce."""
    DispatchCenter.objects.select_for_update(no_key=True).get(pk=center.pk)
    for refusal in crowding(center, rows, at=at):
        raise refusal


def _require_free(
    center: DispatchCenter, rows: Sequence[Assignment], leaving: Sequence[FlightOperation]
) -> None:
    taken = bookings_in_the_way(rows, leaving=leaving, operator_id=center.operator_id)
    if taken:
        raise ResourcesTaken(count=len(taken), bookings=taken)


def put_in_force(
    schedule: DispatchSchedule,
    rows: Sequence[Assignment],
    leaving: Sequence[FlightOperation],
    *,
    actor: Any,
    at: datetime,
) -> Published:
    """Make proposed rows of a locked schedule hold, in the surrounding transaction."""
    before = _published_for([row.operation_id for row in rows] + [each.pk for each in leaving])
    fresh = [row for row in rows if not is_settled(row, before.get(row.operation_id))]
    _require_room(schedule.center, fresh, at=at)
    _require_free(schedule.center, fresh, leaving)
    reason = f"Plan of {schedule.center.code} for {schedule.day}, {schedule.revision + 1}"
    for row in before.values():
        if row.operation_id in {each.operation_id for each in fresh} | {e.pk for e in leaving}:
            release(row)
    verdicts = replan_operations(
        [_replanned(row) for row in fresh if needs_move(row)],
        stood_down=[each for each in leaving if each.status != OperationStatus.DRAFT],
        kept=[
            row.operation
            for row in fresh
            if row.operation.status in MOVABLE and not needs_move(row)
        ],
        turns={each for row in fresh for each in resources_of_assignment(row)},
        actor=actor,
        at=at,
        reason=reason,
    )
    _refuse_red(fresh, verdicts)
    withdrawn = _replace(rows, fresh, leaving, before, actor=actor, at=at, reason=reason)
    return Published(
        schedule,
        tuple(fresh),
        withdrawn,
        tuple(each.number for each in leaving),
        len(rows) - len(fresh),
    )


def changes_since(schedule: DispatchSchedule) -> list[dict[str, Any]]:
    """The rows of a day that changed since its proposal was made; none without a run."""
    if schedule.proposal is None or not schedule.proposal.snapshot:
        return []
    rows = day_versions(schedule)
    labels = {("operations", str(each.pk)): each.number for each in rows.operations}
    labels |= {("demands", key): f"demand of {label}" for (_, key), label in labels.items()}
    labels |= {
        ("assignments", str(row.pk)): each.number
        for each in rows.operations
        for row in live_assignments(each)
    }
    labels |= {("aircraft", str(each.pk)): each.registration for each in rows.aircraft}
    labels |= {("defects", str(each.pk)): each.registration for each in rows.aircraft}
    called = {("rpas_aircraft", each.pk): each.registration for each in rows.aircraft}
    called |= {("person", each.user_id): each.user.full_name for each in rows.members}
    for each in rows.bookings:
        # Whose other work it is, another operator's perhaps, is not said.
        name = called.get((each.resource_kind, each.resource_id))
        if name:
            labels["bookings", str(each.pk)] = f"{name} taken by other work"
    labels |= {("members", str(each.pk)): each.user.full_name for each in rows.members}
    return changes_between(schedule.proposal.snapshot, snapshot_of(rows), labels)


def _require_revision(schedule: DispatchSchedule, revision: int | None) -> None:
    """Who looked at an older publication sees what was published since."""
    if revision is None or revision == schedule.revision:
        return
    newer = schedule.assignments.published().select_related("operation", "aircraft", "pilot")
    rows = newer.order_by("-published_at", "pk")[:MOST_NAMED]
    raise PlanChangedSince(changes=_named("published", rows), revision=schedule.revision)


def _require_seen(
    schedule: DispatchSchedule, rows: Sequence[Assignment], seal: str, seen: str | None
) -> None:
    """Who looked at another proposal sees the one there is now."""
    if seen is not None and seen != seal:
        raise PlanChangedSince(changes=_named("proposed", rows), revision=schedule.revision)


def _named(kind: str, rows: Iterable[Assignment]) -> list[dict[str, Any]]:
    """Rows as a refusal names them."""
    return [
        {
            "kind": kind,
            "id": row.pk,
            "label": row.operation.number,
            "change": f"{row.aircraft.registration}, {row.pilot.full_name},"
            f" {row.start_at.isoformat()}",
            "aircraft": row.aircraft.registration,
            "pilot_name": row.pilot.full_name,
            "start_at": row.start_at.isoformat(),
        }
        for row in islice(rows, MOST_NAMED)
    ]


def _proposed(schedule: DispatchSchedule) -> list[Assignment]:
    rows = schedule.assignments.proposed().select_for_update(of=("self",))
    related = rows.select_related("operation", "aircraft", "pilot", "operation__operator")
    return list(related.order_by("operation_id"))


def _published_for(operations: Iterable[int]) -> dict[int, Assignment]:
    rows = Assignment.objects.published().filter(operation__in=list(operations))
    return {row.operation_id: row for row in rows.select_for_update(of=("self",)).order_by("pk")}


def _replanned(row: Assignment) -> Replanned:
    return Replanned(
        operation=row.operation,
        aircraft=row.aircraft,
        pilot=row.pilot,
        start_at=row.start_at,
        end_at=row.end_at,
    )


def _refuse_red(rows: Sequence[Assignment], verdicts: dict[int, Verdict]) -> None:
    """Nothing that would be red at release goes out, but what somebody took on by hand."""
    red = []
    for row in rows:
        verdict = verdicts.get(row.operation_id)
        if verdict is None:
            continue
        taken_on = row.why.get("accepted_rules", ())
        findings = tuple(
            each
            for each in findings_of(verdict)
            if each.rule not in taken_on and forbids(each, settings.DISPATCH_LATER_EVIDENCE)
        )
        red += [{"operation": row.operation.number, **each} for each in plain(findings)]
    if red:
        raise AssignmentNotPermitted(count=len(red), findings=red)


def _replace(
    rows: Sequence[Assignment],
    fresh: Sequence[Assignment],
    leaving: Sequence[FlightOperation],
    before: dict[int, Assignment],
    *,
    actor: Any,
    at: datetime,
    reason: str,
) -> tuple[Assignment, ...]:
    """Old rows out, new rows in, and the travel of the new ones into the ledger."""
    going = {row.operation_id for row in fresh} | {each.pk for each in leaving}
    withdrawn = [before[pk] for pk in sorted(going & before.keys())]
    for row in withdrawn:
        _withdraw(row, because=reason, actor=actor, at=at)
    for row in rows:
        if row not in fresh:
            _withdraw(row, because="It holds already.", actor=actor, at=at)
    for row in fresh:
        row.published_at = at
        move(row, AssignmentStatus.PUBLISHED, actor=actor, at=at, reason=reason)
        book_travel(row)
    return tuple(withdrawn)


def _withdraw(row: Assignment, *, because: str, actor: Any, at: datetime) -> None:
    row.withdrawn_at, row.withdrawn_because = at, because
    move(row, AssignmentStatus.WITHDRAWN, actor=actor, at=at, reason=because)


def book_travel(row: Assignment) -> None:
    """Hold pilot and aircraft on their way there and back; the flight is the operation's own."""
    spans = [(row.occupied_from, row.start_at), (row.end_at, row.occupied_until)]
    hold(
        resources_of_assignment(row),
        [span for span in spans if span[0] < span[1]],
        source=row,
        purpose=f"travel {row.operation.number}",
    )


def _count(schedule: DispatchSchedule, *, actor: Any, at: datetime) -> None:
    schedule.revision += 1
    schedule.published_at, schedule.published_by = at, actor


def _tell(
    schedule: DispatchSchedule, outcome: Published, *, is_by_hand: bool, actor: Any, at: datetime
) -> None:
    audit.record(
        "schedule.published",
        schedule,
        actor=actor,
        at=at,
        scope=schedule.center.scope,
        revision=schedule.revision,
        assignments=len(outcome.assignments),
        stood_down=list(outcome.stood_down),
    )
    announce(
        SchedulePublished(
            schedule_id=schedule.pk,
            revision=schedule.revision,
            assignment_ids=tuple(row.pk for row in outcome.assignments),
            withdrawn_ids=tuple(row.pk for row in outcome.withdrawn),
            stood_down=len(outcome.stood_down),
            published_by_id=actor.pk,
            is_by_hand=is_by_hand,
        )
    )
