"""Open, drop and close the schedule of a center's day."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from dispatcher.events import AssignmentsProposed, ScheduleClosed
from dispatcher.exceptions import CenterClosed, ScheduleExists, ScheduleNotOpen
from dispatcher.models import (
    AssignmentStatus,
    DispatchCenter,
    DispatchSchedule,
    ScheduleStatus,
)
from dispatcher.queries.reach import FURTHEST, require_within_reach

EDITABLE = (ScheduleStatus.DRAFT, ScheduleStatus.PROPOSED, ScheduleStatus.PUBLISHED)


@transaction.atomic
def open_schedule(
    center: DispatchCenter, day: date, *, actor: Any, at: datetime
) -> DispatchSchedule:
    """
    Open the plan of one local day of a center, with the hours it has that day.

    Raises CenterClosed, ScheduleExists, InvalidInput for a day that is over or too far away.
    """
    center = locked(center)
    if not center.is_active:
        raise CenterClosed(center=center.code)
    require_within_reach(day, at=at)
    opens, closes = center.opening(day)
    if closes <= at:
        raise InvalidInput("/day", "The hours of that day have passed.")
    if opens - at > FURTHEST:
        raise InvalidInput("/day", "At most a year from now.")
    if DispatchSchedule.objects.filter(center=center, day=day).exists():
        raise ScheduleExists(center=center.code, day=day)
    schedule = DispatchSchedule.objects.create(
        center=center, day=day, opens_at=opens, closes_at=closes
    )
    audit.record("schedule.opened", schedule, actor=actor, at=at, scope=center.scope)
    return schedule


@transaction.atomic
def drop_proposal(
    schedule: DispatchSchedule, *, actor: Any, at: datetime, version: int | None = None
) -> DispatchSchedule:
    """Throw away what is proposed; what is published stays. Raises ScheduleNotOpen."""
    schedule = locked(schedule, version=version)
    if schedule.status != ScheduleStatus.PROPOSED:
        raise ScheduleNotOpen(day=schedule.day, status=str(schedule.status))
    clear_proposed(schedule, because="The proposal was dropped.", actor=actor, at=at)
    schedule.proposal = None
    rest(schedule, actor=actor, at=at, reason="proposal dropped")
    announce(AssignmentsProposed(schedule_id=schedule.pk))
    return schedule


@transaction.atomic
def close_schedule(
    schedule: DispatchSchedule, *, actor: Any, at: datetime, version: int | None = None
) -> DispatchSchedule:
    """
    Make the plan of a day a record; what was only proposed is dropped.

    Published assignments keep the time they hold. Raises TransitionNotAllowed while it is planned.
    """
    schedule = locked(schedule, version=version)
    schedule.closed_at = at
    move(schedule, ScheduleStatus.CLOSED, actor=actor, at=at)
    clear_proposed(schedule, because="The day was closed.", actor=actor, at=at)
    audit.record("schedule.closed", schedule, actor=actor, at=at, scope=schedule.center.scope)
    announce(ScheduleClosed(schedule_id=schedule.pk))
    return schedule


def rest(schedule: DispatchSchedule, *, actor: Any, at: datetime, reason: str) -> None:
    """Return a locked schedule to draft, or to published where something is in force."""
    move(schedule, schedule.resting_status, actor=actor, at=at, reason=reason)


def clear_proposed(
    schedule: DispatchSchedule,
    *,
    because: str,
    actor: Any,
    at: datetime,
    keeps_pinned: bool = False,
) -> None:
    """Withdraw the proposed assignments of a locked schedule, but perhaps those pinned."""
    rows = schedule.assignments.proposed().select_for_update(of=("self",))
    for row in rows.order_by("pk"):
        if keeps_pinned and row.is_pinned:
            continue
        row.withdrawn_at, row.withdrawn_because = at, because
        move(row, AssignmentStatus.WITHDRAWN, actor=actor, at=at, reason=because)


def require_editable(schedule: DispatchSchedule) -> None:
    """Raise ScheduleNotOpen while a day is being planned, and once it is closed."""
    if schedule.status not in EDITABLE:
        raise ScheduleNotOpen(day=schedule.day, status=str(schedule.status))
