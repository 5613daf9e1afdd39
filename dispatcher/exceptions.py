from typing import Any

from common.exceptions import DomainError


class CenterClosed(DomainError):
    code = "dispatch_center_closed"
    message = "Center {center} is closed down."


class CenterBusy(DomainError):
    code = "dispatch_center_busy"
    message = "Center {center} still has {count} schedules that are not closed."


class ScheduleExists(DomainError):
    code = "schedule_exists"
    message = "Center {center} has a schedule for {day} already."


class ScheduleNotOpen(DomainError):
    code = "schedule_not_open"
    message = "The schedule of {day} is {status}; its assignments cannot be changed now."


class NothingProposed(DomainError):
    code = "nothing_proposed"
    message = "The schedule of {day} has no proposal to publish."


class ChangeNotOffered(DomainError):
    code = "change_not_offered"
    message = "The proposal does not offer that change of {operation} any more."


class OperationNotPlannable(DomainError):
    code = "operation_not_plannable"
    message = "Operation {operation} is {status}; it is not planned any more."


class NotOfThisDay(DomainError):
    code = "not_of_this_day"
    message = "The flight lies outside the hours of {center} on {day}."


class AssignmentPinned(DomainError):
    code = "assignment_pinned"
    message = "The assignment of {operation} is pinned: {because}"


class AlreadyAssigned(DomainError):
    status = 412
    code = "already_assigned"
    message = "{operation} was assigned by somebody else meanwhile."


class AssignmentNotPinned(DomainError):
    code = "assignment_not_pinned"
    message = "The assignment of {operation} is not pinned."


class ResourcesTaken(DomainError):
    """Names the bookings in the way; what belongs to somebody else is named as taken, no more."""

    code = "resources_taken"
    message = "{count} bookings are in the way."


class AssignmentNotPermitted(DomainError):
    code = "assignment_not_permitted"
    message = "{count} red findings forbid this assignment."


class TooManyAtOnce(DomainError):
    code = "too_many_at_once"
    message = "{count} operations would be under way at once; {center} allows {limit}."


class RunInProgress(DomainError):
    code = "optimization_in_progress"
    message = "The day is being planned already by {run}."


class RunNotRunning(DomainError):
    code = "optimization_not_running"
    message = "Run {run} is {status}."


class PlanChangedSince(DomainError):
    """Somebody published, or changed what the proposal rests on, after it was made."""

    code = "plan_changed_since"
    message = "{count} rows changed since the proposal was made."

    def __init__(self, *, changes: list[dict[str, Any]], **more: object) -> None:
        super().__init__(count=len(changes), changes=changes, **more)


class SlotNotFound(DomainError):
    code = "slot_not_found"
    message = "Nobody can fly {operation} in these hours."


class EventAlreadyResolved(DomainError):
    code = "event_already_resolved"
    message = "{event} is resolved."


class AssigneeNotAtTheDesk(DomainError):
    code = "assignee_not_at_the_desk"
    message = "{person} does not work for the operator of {center}."


class NoticeNotYours(DomainError):
    status = 403
    code = "notice_not_yours"
    message = "Only whom a notice is addressed to can acknowledge it."


class NoticeAlreadyAcknowledged(DomainError):
    code = "notice_already_acknowledged"
    message = "The notice was acknowledged at {at}."
