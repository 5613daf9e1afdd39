"""What viewers of the live board are told by this app."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common.live.board import Shown, on_board
from common.live.events import END
from common.live.publish import board_channel, person_channel, publish_on_commit
from dispatcher.models import (
    Assignment,
    DispatchEvent,
    DispatchNotice,
    DispatchSchedule,
    OptimizationRun,
)
from flight_operations.models import FlightOperation
from operations.models import Trip, TripLeg

# Trips and their legs are the company's own.
CREWED = "crewed_fleet"
# Events about crewed flying go beside an operator's board, to who may see trips.
CREWED_PART = "{scope}/crewed"
# Of one message.
MOST = 500


@on_board("flight_operations.flightoperation")
def describe_operation(operation: FlightOperation) -> Shown:
    """An operation that took a step."""
    data = {
        "type": "operation",
        "id": operation.pk,
        "number": operation.number,
        "status": str(operation.status),
        "conformance": str(operation.conformance),
        "planned_start_at": operation.planned_start_at,
        "planned_end_at": operation.planned_end_at,
        "actual_start_at": operation.actual_start_at,
        "actual_end_at": operation.actual_end_at,
    }
    return Shown(operation.scope, "status", data)


@on_board("operations.trip")
def describe_trip(trip: Trip) -> Shown:
    """A crewed trip that took a step."""
    data = {"type": "trip", "id": trip.pk, "number": trip.number, "status": str(trip.status)}
    return Shown(CREWED, "status", data)


@on_board("operations.tripleg")
def describe_leg(leg: TripLeg) -> Shown:
    """A leg of a crewed trip that took a step."""
    data = {
        "type": "leg",
        "id": leg.pk,
        "trip_id": leg.trip_id,
        "status": str(leg.status),
        "estimated_out_at": leg.estimated_out_at,
        "estimated_in_at": leg.estimated_in_at,
        "actual_out_at": leg.actual_out_at,
        "actual_off_at": leg.actual_off_at,
        "actual_on_at": leg.actual_on_at,
        "actual_in_at": leg.actual_in_at,
    }
    return Shown(CREWED, "status", data)


@on_board("dispatcher.dispatchevent")
def describe_event(event: DispatchEvent) -> Shown:
    """An event that took a step."""
    return Shown(_part_of(event), "event", event_message(event))


@on_board("dispatcher.dispatchschedule")
def describe_schedule(schedule: DispatchSchedule) -> Shown:
    """A day's plan that took a step."""
    data = {
        "id": schedule.pk,
        "center": schedule.center.code,
        "day": schedule.day,
        "status": str(schedule.status),
        "revision": schedule.revision,
    }
    return Shown(schedule.center.scope, "schedule", data)


def assignment_message(assignment: Assignment) -> dict[str, Any]:
    """An assignment as viewers get it."""
    return {
        "id": assignment.pk,
        "schedule_id": assignment.schedule_id,
        "operation_id": assignment.operation_id,
        "aircraft_id": assignment.aircraft_id,
        "pilot_id": assignment.pilot_id,
        "status": str(assignment.status),
        "start_at": assignment.start_at,
        "end_at": assignment.end_at,
        "occupied_from": assignment.occupied_from,
        "occupied_until": assignment.occupied_until,
        "is_pinned": assignment.is_pinned,
        "version": assignment.version,
    }


def tell_of_assignments(scope: str, rows: Iterable[Assignment]) -> None:
    """Tell the board of assignments as they are now, many in one message."""
    said = [assignment_message(row) for row in rows]
    for start in range(0, len(said), MOST):
        publish_on_commit(board_channel(scope), "assignments", said[start : start + MOST])


def tell_of_run(run: OptimizationRun) -> None:
    """Tell the board how far the planning of a day is."""
    schedule = run.schedule
    data = {
        "number": run.number,
        "schedule_id": run.schedule_id,
        "center": schedule.center.code,
        "status": str(run.status),
        "progress_percent": run.progress_percent,
        "progress_stage": run.progress_stage,
    }
    publish_on_commit(board_channel(schedule.center.scope), "run", data)


def event_message(event: DispatchEvent) -> dict[str, Any]:
    """An event as viewers get it."""
    return {
        "number": event.number,
        "center": event.center.code,
        "kind": str(event.kind),
        "severity": str(event.severity),
        "status": str(event.status),
        "title": event.title,
        "operation_id": event.operation_id,
        "subject_label": event.subject_label,
        "assignee_id": event.assignee_id,
        "occurred_at": event.occurred_at,
        "acknowledge_by_at": event.acknowledge_by_at,
        "resolve_by_at": event.resolve_by_at,
        "escalated_at": event.escalated_at,
    }


def tell_of_event(event: DispatchEvent) -> None:
    """Tell the board of an event that is new or changed otherwise than by a step."""
    publish_on_commit(board_channel(_part_of(event)), "event", event_message(event))


def crewed_part(scope: str) -> str:
    """The part of a scope's board that only those who see trips are told of."""
    return CREWED_PART.format(scope=scope)


def _part_of(event: DispatchEvent) -> str:
    return crewed_part(event.scope) if event.is_crewed else event.scope


def tell_of_notice(notice: DispatchNotice) -> None:
    """Tell whom a notice is addressed to, and nobody else."""
    data = {
        "id": notice.pk,
        "kind": str(notice.kind),
        "text": notice.text,
        "operation_id": notice.operation_id,
        "issued_at": notice.issued_at,
        "acknowledge_by_at": notice.acknowledge_by_at,
        "acknowledged_at": notice.acknowledged_at,
    }
    publish_on_commit(person_channel(notice.recipient_id), "notice", data)


def ask_again(user_id: int) -> None:
    """End the open streams of somebody whose rights changed; they come back, if they may."""
    publish_on_commit(person_channel(user_id), END, {})


def ask_all_again(scope: str) -> None:
    """End the open streams of a scope whose members changed."""
    publish_on_commit(board_channel(scope), END, {})


def tell_of_times(scope: str, kind: str, rows: list[dict[str, Any]], *, at: datetime) -> None:
    """Tell the board that operations, trips or legs are planned otherwise than before."""
    publish_on_commit(board_channel(scope), "times", {"type": kind, "rows": rows, "at": at})
