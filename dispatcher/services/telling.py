"""Which notice a pilot gets of what became of an operation of theirs."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dispatcher.models import Assignment, DispatchCenter, DispatchNotice, NoticeKind
from dispatcher.services.notices import Change, tell_pilot
from flight_operations.models import FlightOperation, FlightPlan
from users.models import User


def tell_of_assignment(row: Assignment, kind: str, *, at: datetime) -> DispatchNotice | None:
    """Tell the pilot of one assignment; None where the flight is over already."""
    return tell_of_operation(row.operation, row.pilot, row.schedule.center, kind, at=at)


def tell_of_operation(
    operation: FlightOperation, pilot: User, center: DispatchCenter, kind: str, *, at: datetime
) -> DispatchNotice | None:
    """
    Tell a pilot what an operation is now, or that it is theirs no more; once a state of the plan.

    None where it is over already.
    """
    if operation.planned_end_at <= at:
        return None
    is_off = kind == NoticeKind.WITHDRAWN
    revision = _revision(operation)
    when = operation.planned_start_at.astimezone(ZoneInfo(center.timezone))
    change = Change(
        kind=kind,
        operation=operation,
        cause=f"operation:{operation.pk}:{'off' if is_off else 'plan'}:{revision}",
        text=_text(operation, kind, f"{when:%a %d %b %H:%M}"),
        details="" if is_off else _details(operation, when),
        starts_at=operation.planned_start_at,
    )
    return tell_pilot(pilot, center, change, at=at)


def tell_who_had_it(row: Assignment, *, at: datetime) -> DispatchNotice | None:
    """Tell the pilot whom an operation was taken from for this assignment, if it was another."""
    rows = Assignment.objects.on_operation(row.operation_id).exclude(pk__gte=row.pk)
    before = rows.select_related("operation", "pilot", "schedule__center").order_by("-pk").first()
    if before is None or before.pilot_id == row.pilot_id:
        return None
    return tell_of_assignment(before, NoticeKind.WITHDRAWN, at=at)


def is_still_theirs(row: Assignment) -> bool:
    """Whether the pilot of an assignment that was withdrawn holds the operation by another."""
    rows = Assignment.objects.published().on_operation(row.operation_id)
    return rows.filter(pilot=row.pilot_id).exists()


def is_on_a_plan(operation_id: int) -> bool:
    """Whether a published plan holds an operation: its pilot hears of changes from there."""
    return Assignment.objects.published().on_operation(operation_id).exists()


def _revision(operation: FlightOperation) -> int:
    rows = FlightPlan.objects.filter(operation=operation).values_list("revision", flat=True)
    return rows.first() or 0


_WORDS = {
    NoticeKind.ASSIGNED: "is yours",
    NoticeKind.CHANGED: "changed",
    NoticeKind.WITHDRAWN: "is no longer yours",
}


def _text(operation: FlightOperation, kind: str, when: str) -> str:
    return f"{operation.number} {_WORDS[NoticeKind(kind)]}: {when}"


def _details(operation: FlightOperation, when: datetime) -> str:
    minutes = int((operation.planned_end_at - operation.planned_start_at).total_seconds() // 60)
    return (
        f"{when:%Y-%m-%d %H:%M} ({when.tzinfo}), {minutes} min,"
        f" with {operation.aircraft.registration}."
    )
