"""Assign, move, withdraw and pin by hand, and follow what becomes of the operations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from common import audit
from common.booking import release
from common.compliance.findings import Finding
from common.exceptions import DomainError, InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from dispatcher.events import AssignmentChanged, AssignmentsProposed
from dispatcher.exceptions import (
    AlreadyAssigned,
    AssignmentNotPermitted,
    AssignmentNotPinned,
    AssignmentPinned,
    NotOfThisDay,
    OperationNotPlannable,
    ResourcesTaken,
    ScheduleNotOpen,
)
from dispatcher.models import Assignment, AssignmentStatus, DispatchSchedule, ScheduleStatus
from dispatcher.queries.answers import judgement
from dispatcher.queries.by_hand import by_hand, findings_by_hand
from dispatcher.queries.ledger import bookings_in_the_way, proposals_in_the_way
from dispatcher.services.publishing import MOVABLE, crowding, publish_by_hand
from dispatcher.services.schedules import EDITABLE, require_editable
from flight_operations.facts.screening import forbids
from flight_operations.models import FlightOperation
from flight_operations.services.assessment import plain
from rpas.models import OperatorMember, RPASAircraft
from users.models import User

PROPOSED_ELSEWHERE = "The operation is proposed on another day."


@dataclass(frozen=True)
class Wish:
    """Who should fly an operation with what, and from when on."""

    operation: FlightOperation
    aircraft: RPASAircraft
    pilot: User
    start_at: datetime


class Reasoned(Protocol):
    """A verb that says why."""

    def __call__(
        self,
        assignment: Assignment,
        *,
        because: str,
        actor: Any,
        at: datetime,
        version: int | None = None,
    ) -> Assignment: ...


@dataclass(frozen=True)
class Checked:
    """An assignment that is not saved, and what speaks against it."""

    assignment: Assignment
    findings: tuple[Finding, ...]
    blockers: tuple[Finding, ...]
    bookings: Sequence[dict[str, Any]]
    refusals: tuple[DomainError, ...] = ()


def check_assignment(schedule: DispatchSchedule, wish: Wish, *, at: datetime) -> Checked:
    """
    What the rules, the ledger and the plan, with its other proposals, say of one by hand.

    Nothing is written.

    Raises NotOfThisDay, OperationNotPlannable, InvalidInput.
    """
    _require_sense(schedule, wish)
    row = by_hand(schedule, wish.operation, wish.aircraft, wish.pilot, wish.start_at, at=at)
    findings = findings_by_hand(row, now=at)
    return Checked(
        assignment=row,
        findings=findings,
        blockers=tuple(
            each for each in findings if forbids(each, settings.DISPATCH_LATER_EVIDENCE)
        ),
        bookings=[
            *bookings_in_the_way([row], operator_id=schedule.center.operator_id),
            *proposals_in_the_way(row),
        ],
        refusals=(*_refusals(schedule, wish.operation), *crowding(schedule.center, [row], at=at)),
    )


def _refusals(schedule: DispatchSchedule, operation: FlightOperation) -> Iterator[DomainError]:
    """Why the plan would not take a change of an operation now."""
    if schedule.status not in EDITABLE:
        yield ScheduleNotOpen(day=schedule.day.isoformat(), status=str(schedule.status))
    live = Assignment.objects.live().filter(operation=operation).select_related("operation")
    for row in live.order_by("pk"):
        if row.is_pinned:
            yield AssignmentPinned(operation=operation.number, because=row.pinned_because)
        if row.status == AssignmentStatus.PROPOSED and row.schedule_id != schedule.pk:
            yield InvalidInput("/operation", PROPOSED_ELSEWHERE)


@transaction.atomic
def assign(
    schedule: DispatchSchedule,
    wish: Wish,
    *,
    accepted_because: str = "",
    actor: Any,
    at: datetime,
    version: int | None = None,
    is_new: bool = False,
) -> Assignment:
    """
    Assign or move one operation by hand; with `is_new` only while nothing of it is assigned.

    On a published day it takes effect at once; else it is proposed. A red finding is refused unless
    somebody says why it is taken on: the release will ask again. Raises ScheduleNotOpen,
    AssignmentPinned, AlreadyAssigned, ResourcesTaken, TooManyAtOnce, AssignmentNotPermitted and
    what check_assignment raises.
    """
    schedule = locked(schedule, version=version)
    require_editable(schedule)
    before = _proposed(schedule, wish.operation)
    _require_replaceable(before or _published(wish.operation), is_new=is_new)
    checked = check_assignment(schedule, wish, at=at)
    if checked.bookings:
        raise ResourcesTaken(count=len(checked.bookings), bookings=list(checked.bookings))
    for crowded in crowding(schedule.center, [checked.assignment], at=at):
        raise crowded
    if checked.blockers and not accepted_because:
        raise AssignmentNotPermitted(count=len(checked.blockers), findings=plain(checked.blockers))
    row = _save(checked, before, accepted_because, actor=actor, at=at)
    if schedule.status == ScheduleStatus.PUBLISHED:
        publish_by_hand(schedule, [row], [], actor=actor, at=at)
    else:
        _propose(schedule, actor=actor, at=at)
    scope = schedule.center.scope
    more: dict[str, Any] = {"reason": accepted_because, "scope": scope, "assignment": row.pk}
    audit.record("assignment.by_hand", wish.operation, actor=actor, at=at, **more)
    return row


@transaction.atomic
def move_assignment(
    assignment: Assignment,
    wish: Wish,
    *,
    accepted_because: str = "",
    actor: Any,
    at: datetime,
    version: int | None,
) -> Assignment:
    """
    Give an assignment to somebody else, or another time; as `assign`.

    Raises StaleVersion, and AlreadyAssigned when the operation is proposed otherwise by now.
    """
    schedule = locked(assignment.schedule)
    assignment = locked(assignment, version=version)
    _require_live(assignment)
    proposed = _proposed(schedule, wish.operation)
    if proposed is not None and proposed.pk != assignment.pk:
        raise AlreadyAssigned(operation=wish.operation.number, assignment=proposed.pk)
    return assign(schedule, wish, accepted_because=accepted_because, actor=actor, at=at)


@transaction.atomic
def withdraw_assignment(
    assignment: Assignment, *, because: str, actor: Any, at: datetime, version: int | None = None
) -> Assignment:
    """
    Take an operation off the plan; published, it gives back all it held and is a draft again.

    Raises AssignmentPinned, ScheduleNotOpen, OperationNotPlannable once it has flown.
    """
    schedule = locked(assignment.schedule)
    assignment = locked(assignment, version=version)
    require_editable(schedule)
    _require_not_pinned(assignment)
    if assignment.status == AssignmentStatus.PUBLISHED:
        _require_movable(assignment.operation)
        if schedule.status == ScheduleStatus.PUBLISHED:
            publish_by_hand(schedule, [], [assignment.operation], actor=actor, at=at)
            assignment.refresh_from_db()
            return assignment
        raise ScheduleNotOpen(day=schedule.day, status=str(schedule.status))
    assignment.withdrawn_at, assignment.withdrawn_because = at, because
    move(assignment, AssignmentStatus.WITHDRAWN, actor=actor, at=at, reason=because)
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    return assignment


@transaction.atomic
def pin_assignment(
    assignment: Assignment, *, because: str, actor: Any, at: datetime, version: int | None = None
) -> Assignment:
    """Keep an assignment as it is, whatever is planned anew."""
    schedule = locked(assignment.schedule)
    assignment = locked(assignment, version=version)
    require_editable(schedule)
    _require_live(assignment)
    _require_not_pinned(assignment)
    assignment.pinned_at, assignment.pinned_by = at, actor
    assignment.pinned_because = because
    assignment.save()
    audit.record(
        "assignment.pinned",
        assignment.operation,
        actor=actor,
        at=at,
        reason=because,
        scope=schedule.center.scope,
    )
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    return assignment


@transaction.atomic
def unpin_assignment(
    assignment: Assignment, *, actor: Any, at: datetime, version: int | None = None
) -> Assignment:
    """Let an assignment go that was pinned. Raises AssignmentNotPinned."""
    schedule = locked(assignment.schedule)
    assignment = locked(assignment, version=version)
    require_editable(schedule)
    _require_live(assignment)
    if not assignment.is_pinned:
        raise AssignmentNotPinned(operation=assignment.operation.number)
    assignment.pinned_at = assignment.pinned_by = None
    assignment.pinned_because = ""
    assignment.save()
    audit.record(
        "assignment.unpinned",
        assignment.operation,
        actor=actor,
        at=at,
        scope=schedule.center.scope,
    )
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    return assignment


@transaction.atomic
def follow_operation(operation_id: int, *, at: datetime) -> Assignment | None:
    """
    Keep the published assignment of an operation true when the operation was changed elsewhere.

    One that was cancelled, rejected or made a draft again is withdrawn and its travel given back;
    one that was amended is replaced by what the operation says now, its travel not booked anew.
    """
    operation = FlightOperation.objects.select_related("aircraft", "pilot_in_command").get(
        pk=operation_id
    )
    held = _published(operation)
    if held is None:
        return None
    schedule = locked(held.schedule)
    held = locked(held)
    if held.status != AssignmentStatus.PUBLISHED or _says_the_same(held, operation):
        return None
    release(held)
    because = f"{operation.number} was changed outside the plan."
    held.withdrawn_at, held.withdrawn_because = at, because
    move(held, AssignmentStatus.WITHDRAWN, actor=None, at=at, reason=because)
    if operation.status not in MOVABLE or operation.status in ("draft", "rejected"):
        announce(AssignmentChanged(schedule_id=schedule.pk, assignment_id=held.pk))
        return None
    row = _followed(schedule, operation, at)
    announce(AssignmentChanged(schedule_id=schedule.pk, assignment_id=row.pk))
    return row


def _followed(schedule: DispatchSchedule, operation: FlightOperation, at: datetime) -> Assignment:
    start, end = operation.planned_start_at, operation.planned_end_at
    return Assignment.objects.create(
        schedule=schedule,
        operation=operation,
        aircraft=operation.aircraft,
        pilot=operation.pilot_in_command,
        start_at=start,
        end_at=end,
        occupied_from=start,
        occupied_until=end,
        travel_to=operation.plan.launch_site,
        status=AssignmentStatus.PUBLISHED,
        published_at=at,
        is_by_hand=True,
        why={"followed": "The operation was amended outside the plan."},
    )


def _says_the_same(row: Assignment, operation: FlightOperation) -> bool:
    if operation.status in ("draft", "cancelled", "rejected"):
        return False
    if operation.status not in MOVABLE:
        # In the air or flown: what it was planned as stays on record.
        return True
    return (
        operation.aircraft_id,
        operation.pilot_in_command_id,
        operation.planned_start_at,
        operation.planned_end_at,
    ) == (row.aircraft_id, row.pilot_id, row.start_at, row.end_at)


def _require_sense(schedule: DispatchSchedule, wish: Wish) -> None:
    _require_movable(wish.operation)
    operator = schedule.center.operator_id
    if wish.operation.operator_id != operator:
        raise InvalidInput("/operation", "The operation belongs to another operator.")
    if wish.aircraft.operator_id != operator:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    members = OperatorMember.objects.live_on(schedule.day).remote_pilots()
    if not members.filter(operator=operator, user=wish.pilot).exists():
        raise InvalidInput("/pilot", "The person is no remote pilot of this operator that day.")
    if not schedule.opens_at <= wish.start_at < schedule.closes_at:
        raise NotOfThisDay(center=schedule.center.code, day=schedule.day)


def _require_movable(operation: FlightOperation) -> None:
    if operation.status not in MOVABLE:
        raise OperationNotPlannable(operation=operation.number, status=str(operation.status))


def _require_not_pinned(row: Assignment | None) -> None:
    if row is not None and row.is_pinned:
        raise AssignmentPinned(operation=row.operation.number, because=row.pinned_because)


def _require_replaceable(row: Assignment | None, *, is_new: bool) -> None:
    if row is not None and is_new:
        raise AlreadyAssigned(operation=row.operation.number, assignment=row.pk)
    _require_not_pinned(row)


def _require_live(row: Assignment) -> None:
    if row.status == AssignmentStatus.WITHDRAWN:
        raise OperationNotPlannable(operation=row.operation.number, status="withdrawn")


def _proposed(schedule: DispatchSchedule, operation: FlightOperation) -> Assignment | None:
    rows = Assignment.objects.proposed().filter(operation=operation)
    row = rows.select_for_update(of=("self",)).select_related("operation").first()
    if row is not None and row.schedule_id != schedule.pk:
        raise InvalidInput("/operation", PROPOSED_ELSEWHERE)
    return row


def _published(operation: FlightOperation) -> Assignment | None:
    rows = Assignment.objects.published().filter(operation=operation)
    return rows.select_related("operation", "schedule", "schedule__center").first()


def _save(
    checked: Checked, before: Assignment | None, accepted_because: str, *, actor: Any, at: datetime
) -> Assignment:
    row = checked.assignment
    if before is not None:
        before.withdrawn_at, before.withdrawn_because = at, "Assigned by hand."
        move(before, AssignmentStatus.WITHDRAWN, actor=actor, at=at, reason="Assigned by hand.")
    row.why = {
        "by_hand": True,
        "accepted_because": accepted_because,
        "accepted_rules": sorted({each.rule for each in checked.blockers}),
    } | judgement(checked.findings, at=at)
    row.save(force_insert=True)
    return row


def _propose(schedule: DispatchSchedule, *, actor: Any, at: datetime) -> None:
    if schedule.status == ScheduleStatus.DRAFT:
        move(schedule, ScheduleStatus.PROPOSED, actor=actor, at=at, reason="assigned by hand")
    else:
        schedule.save()
    announce(AssignmentsProposed(schedule_id=schedule.pk))
