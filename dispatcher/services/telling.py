"""Which notice a pilot gets of what became of an operation of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from dispatcher.models import Assignment, DispatchCenter, DispatchNotice, NoticeKind
from dispatcher.services.notices import Change, tell_pilot
from flight_operations.models import FlightOperation, FlightPlan, OperationStatus
from users.models import User

Period = tuple[datetime, datetime]
# Of one operation: further back than a pilot was told, nobody looks.
MOST_VERSIONS = 200


@dataclass(frozen=True)
class Flight:
    """When and with what an operation is flown, as a notice says it."""

    start_at: datetime
    end_at: datetime
    registration: str


def tell_of_assignment(row: Assignment, kind: str, *, at: datetime) -> DispatchNotice | None:
    """
    Tell the pilot of one assignment, once; None where the flight is over already.

    What is taken away is named by the time it was theirs at. A change is as near as the nearer of
    the old time and the new; whose flight should have begun already waits for it now.
    """
    if row.end_at <= at:
        return None
    before = _earlier(row).first() if kind == NoticeKind.CHANGED else None
    times = [(each.start_at, each.end_at) for each in (row, before) if each is not None]
    is_off = kind == NoticeKind.WITHDRAWN
    cause = f"assignment:{row.pk}:{'off' if is_off else 'on'}"
    return _tell(
        row.operation,
        row.pilot,
        row.schedule.center,
        Flight(row.start_at, row.end_at, row.aircraft.registration),
        kind=kind,
        cause=_called_off(row.operation) if is_off and _is_cancelled(row.operation) else cause,
        nearest=_nearest(times, at),
        at=at,
    )


def _nearest(times: Sequence[Period], at: datetime) -> datetime:
    """The next start that is near, else when one should have begun that is waited for still."""
    near = timedelta(minutes=settings.DISPATCH_NOTICE_WITHIN_MIN)
    ahead = [start for start, _ in times if at <= start < at + near]
    waited = [at if at < end else start for start, end in times if start < at]
    return min(ahead) if ahead else max(waited, default=min(start for start, _ in times))


def tell_of_operation(
    operation: FlightOperation, center: DispatchCenter, kind: str, *, at: datetime
) -> DispatchNotice | None:
    """
    Tell the pilot what an operation without a plan of the day is now; once a state of its plan.

    It is as near as the nearer of its time now and the times that the pilot knew it by. None where
    it is over already.
    """
    if operation.planned_end_at <= at:
        return None
    is_off = kind == NoticeKind.WITHDRAWN
    start = operation.planned_start_at
    times = _times_known(operation, operation.pilot_in_command)
    return _tell(
        operation,
        operation.pilot_in_command,
        center,
        Flight(start, operation.planned_end_at, operation.aircraft.registration),
        kind=kind,
        cause=_called_off(operation) if is_off else _as_planned(operation),
        nearest=_nearest(times, at),
        at=at,
    )


def _times_known(operation: FlightOperation, pilot: User) -> list[Period]:
    """
    When an operation is planned, and when it was while it was a pilot's: back to what they were
    told last, or to its last other time where they were told nothing. 2 statements.
    """
    now = (operation.planned_start_at, operation.planned_end_at)
    notices = DispatchNotice.objects.filter(operation=operation, recipient=pilot)
    last = notices.exclude(kind=NoticeKind.EVENT).order_by("-pk").first()
    told = last.details.get("version") if last else None
    # Its kept versions, which the type checker does not know of.
    tracked: Any = operation
    history = tracked.events.filter(pilot_in_command=pilot).exclude(status=OperationStatus.DRAFT)
    rows = history.order_by("-version").values_list("version", "planned_start_at", "planned_end_at")
    times = [now]
    for version, start, end in rows[:MOST_VERSIONS]:
        times.append((start, end))
        if (start, end) != now if told is None else version <= told:
            break
    return times


def tell_who_had_it(row: Assignment, *, at: datetime) -> DispatchNotice | None:
    """Tell the pilot whom an operation was taken from for this assignment, if it was another."""
    before = _earlier(row).first()
    if before is None or before.pilot_id == row.pilot_id:
        return None
    return tell_of_assignment(before, NoticeKind.WITHDRAWN, at=at)


def _earlier(row: Assignment) -> QuerySet[Assignment]:
    """What held of the operation before an assignment, the last first."""
    rows = Assignment.objects.on_operation(row.operation_id).filter(
        pk__lt=row.pk, published_at__isnull=False
    )
    return rows.select_related("operation", "aircraft", "pilot", "schedule__center").order_by("-pk")


def is_still_theirs(row: Assignment) -> bool:
    """Whether the pilot of an assignment that was withdrawn holds the operation by another."""
    rows = Assignment.objects.published().on_operation(row.operation_id)
    return rows.filter(pilot=row.pilot_id).exists()


def tell_of_amendment(
    operation: FlightOperation, center: DispatchCenter, *, at: datetime
) -> DispatchNotice | None:
    """
    Tell the pilot that an operation was amended, and whoever was told that it is theirs and is not.

    None where the plan of the day tells of it: one that is to follow the operation, or whose
    publication was the amendment.
    """
    row = Assignment.objects.published().on_operation(operation.pk).first()
    if row is not None and not (_says_the_same(row, operation) and _is_newer(operation, row)):
        return None
    if row is None:
        _tell_who_lost_it(operation, center, at=at)
    return tell_of_operation(operation, center, NoticeKind.CHANGED, at=at)


def _tell_who_lost_it(
    operation: FlightOperation, center: DispatchCenter, *, at: datetime
) -> list[DispatchNotice]:
    """Tell everybody but the pilot whose last word of an operation was that it is theirs."""
    told = DispatchNotice.objects.filter(operation=operation).exclude(kind=NoticeKind.EVENT)
    others = told.exclude(recipient=operation.pilot_in_command_id).select_related("recipient")
    last = others.order_by("recipient", "-pk").distinct("recipient")
    start = operation.planned_start_at
    flight = Flight(start, operation.planned_end_at, operation.aircraft.registration)
    return [
        _tell(
            operation,
            notice.recipient,
            center,
            flight,
            kind=NoticeKind.WITHDRAWN,
            cause=f"notice:{notice.pk}:off",
            nearest=_nearest(_times_known(operation, notice.recipient), at),
            at=at,
        )
        for notice in last
        if notice.kind != NoticeKind.WITHDRAWN and operation.planned_end_at > at
    ]


def _says_the_same(row: Assignment, operation: FlightOperation) -> bool:
    return (row.pilot_id, row.aircraft_id, row.start_at, row.end_at) == (
        operation.pilot_in_command_id,
        operation.aircraft_id,
        operation.planned_start_at,
        operation.planned_end_at,
    )


def _is_newer(operation: FlightOperation, row: Assignment) -> bool:
    """Whether the plan of an operation was written after its assignment was put in force."""
    plans = FlightPlan.objects.filter(operation=operation, updated_at__gt=row.updated_at)
    return plans.exists()


def _as_planned(operation: FlightOperation) -> str:
    plans = FlightPlan.objects.filter(operation=operation).values_list("revision", flat=True)
    return f"operation:{operation.pk}:plan:{plans.first() or 0}"


def _called_off(operation: FlightOperation) -> str:
    """The cause of what is told of a cancelled operation, from whichever side it is heard."""
    return f"operation:{operation.pk}:off"


def _is_cancelled(operation: FlightOperation) -> bool:
    return operation.status == OperationStatus.CANCELLED


_WORDS = {
    NoticeKind.ASSIGNED: "is yours",
    NoticeKind.CHANGED: "changed",
    NoticeKind.WITHDRAWN: "is no longer yours",
}


def _tell(
    operation: FlightOperation,
    pilot: User,
    center: DispatchCenter,
    flight: Flight,
    *,
    kind: str,
    cause: str,
    nearest: datetime,
    at: datetime,
) -> DispatchNotice:
    when = flight.start_at.astimezone(ZoneInfo(center.timezone))
    change = Change(
        kind=kind,
        operation=operation,
        cause=cause,
        text=f"{operation.number} {_WORDS[NoticeKind(kind)]}: {when:%a %d %b %H:%M}",
        details="" if kind == NoticeKind.WITHDRAWN else _details(flight, when),
        starts_at=nearest,
    )
    return tell_pilot(pilot, center, change, at=at)


def _details(flight: Flight, when: datetime) -> str:
    minutes = int((flight.end_at - flight.start_at).total_seconds() // 60)
    return f"{when:%Y-%m-%d %H:%M} ({when.tzinfo}), {minutes} min, with {flight.registration}."
