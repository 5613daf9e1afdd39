"""What becomes of a plan: it follows its operations, the board shows it, its pilots hear of it."""

from collections.abc import Iterable

from django.utils import timezone

from common.events import handles
from dispatcher.events import (
    AssignmentChanged,
    AssignmentsProposed,
    OptimizationProgressed,
    SchedulePublished,
)
from dispatcher.models import Assignment, AssignmentStatus, NoticeKind, OptimizationRun
from dispatcher.services import board, notices, telling
from dispatcher.services.assignments import follow_operation
from flight_operations.events import OperationCancelled, PlanAmended


@handles(PlanAmended)
def follow_an_amended_plan(event: PlanAmended) -> None:
    """The plan in force says what the operation says."""
    follow_operation(event.operation_id, at=timezone.now())


@handles(OperationCancelled)
def follow_a_cancellation(event: OperationCancelled) -> None:
    """A cancelled operation is taken off the plan, and its travel given back."""
    follow_operation(event.operation_id, at=timezone.now())


@handles(SchedulePublished)
def show_what_was_published(event: SchedulePublished) -> None:
    """The board shows what holds now and what no longer does."""
    _show([*event.assignment_ids, *event.withdrawn_ids])


@handles(SchedulePublished)
def tell_pilots_of_what_was_published(event: SchedulePublished) -> None:
    """Each hears what was given to them, what of theirs changed, and what was taken away."""
    at = timezone.now()
    withdrawn = list(_rows(event.withdrawn_ids))
    held_by = {row.operation_id: row.pilot_id for row in withdrawn}
    for row in _rows(event.assignment_ids):
        if row.status != AssignmentStatus.PUBLISHED:
            # Taken away since; told late, this would be the last word.
            continue
        is_new = held_by.get(row.operation_id) != row.pilot_id
        kind = NoticeKind.ASSIGNED if is_new else NoticeKind.CHANGED
        telling.tell_of_assignment(row, kind, at=at)
    for row in withdrawn:
        if not telling.is_still_theirs(row):
            telling.tell_of_assignment(row, NoticeKind.WITHDRAWN, at=at)


@handles(SchedulePublished)
def tell_the_desk_of_what_was_published(event: SchedulePublished) -> None:
    """Whoever else is at the desk hears that the plan is another, and who made it so."""
    notices.tell_of_publication(event, at=timezone.now())


@handles(AssignmentChanged)
def show_and_tell_of_a_changed_assignment(event: AssignmentChanged) -> None:
    """An assignment in force followed its operation: its pilot hears of it."""
    _show([event.assignment_id])
    at = timezone.now()
    for row in _rows([event.assignment_id]):
        if row.status == AssignmentStatus.PUBLISHED:
            taken = telling.tell_who_had_it(row, at=at)
            kind = NoticeKind.ASSIGNED if taken else NoticeKind.CHANGED
            telling.tell_of_assignment(row, kind, at=at)
        elif not telling.is_still_theirs(row):
            telling.tell_of_assignment(row, NoticeKind.WITHDRAWN, at=at)


@handles(AssignmentsProposed)
def show_what_is_proposed(event: AssignmentsProposed) -> None:
    """The board shows the proposal as it stands; nobody is told yet."""
    rows = Assignment.objects.proposed().filter(schedule=event.schedule_id).order_by("pk")
    _show(list(rows.values_list("pk", flat=True)))


@handles(OptimizationProgressed)
def show_how_far_a_run_is(event: OptimizationProgressed) -> None:
    """The board shows that a day is being planned, and how that ended."""
    runs = OptimizationRun.objects.select_related("schedule__center")
    board.tell_of_run(runs.get(pk=event.run_id))


def _rows(ids: Iterable[int]) -> Iterable[Assignment]:
    rows = Assignment.objects.filter(pk__in=list(ids)).select_related(
        "schedule__center", "operation", "aircraft", "pilot"
    )
    return rows.order_by("start_at", "pk")


def _show(ids: Iterable[int]) -> None:
    by_scope: dict[str, list[Assignment]] = {}
    for row in _rows(ids):
        by_scope.setdefault(row.schedule.center.scope, []).append(row)
    for scope, rows in sorted(by_scope.items()):
        board.tell_of_assignments(scope, rows)
