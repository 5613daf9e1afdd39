"""Assess operations: afresh for decisions, cached for lists."""

from datetime import datetime
from typing import Any

import msgspec

from common.compliance.findings import Finding, Stage
from common.compliance.service import Judged, assess, record, settle, touch
from common.models import Verdict
from flight_operations.models import CrewMember, FlightOperation, OperationStatus

SUBJECT = "flight_operations.flightoperation"


def own_key(operation: FlightOperation) -> str:
    """The dependency key of everything that belongs to one operation."""
    return f"flight_operation:{operation.pk}"


def assess_operation(operation: FlightOperation, *, stage: Stage, at: datetime) -> Judged:
    """Assess one operation afresh at a stage, storing nothing."""
    return assess(SUBJECT, operation.pk, stage=stage, at=at)


def record_assessment(judged: Judged) -> Verdict:
    """Store an assessment as the operation's current verdict."""
    return record([judged])[judged.subject_id]


def refresh_verdict(operation: FlightOperation, *, stage: Stage, at: datetime) -> Verdict:
    """Assess one operation afresh and store the verdict."""
    return record_assessment(assess_operation(operation, stage=stage, at=at))


def assess_records(operation: FlightOperation, *, at: datetime) -> Verdict:
    """
    From the landing on judge an operation by its records alone; the last answer on the rest is the
    one it was started on.
    """
    return refresh_verdict(operation, stage=Stage.POST, at=at)


def settle_operation(operation: FlightOperation) -> None:
    """Stop assessing an operation that is closed or cancelled."""
    settle(SUBJECT, operation.pk)


def work_keys(operation: FlightOperation) -> set[str]:
    """The keys of its pilots: the duty and rest of their other operations count this one."""
    second = operation.crew.filter(role=CrewMember.Role.SECOND_PILOT)
    people = {operation.pilot_in_command_id, *second.values_list("user_id", flat=True)}
    return {f"user:{pk}" for pk in people}


def mark_changed(operation: FlightOperation, because: str, *keys: str) -> None:
    """
    Mark the operation's verdict stale after a change of what belongs to it, and those of `keys`.

    One statement for all: each locks the verdicts' rows in one order, two in a row would not.
    """
    touch(own_key(operation), *keys, because=because)


def mark_records(operation: FlightOperation, because: str, *, at: datetime) -> None:
    """Have a flight that is over judged again; before the landing there is nothing to judge."""
    if operation.status == OperationStatus.FINALISED:
        judge_closed_again(operation, at=at)
    elif operation.actual_end_at is not None:
        mark_changed(operation, because)


def judge_closed_again(operation: FlightOperation, *, at: datetime) -> None:
    """Judge a closed operation after its alerts or incidents changed: no mark reaches it."""
    if operation.status == OperationStatus.FINALISED:
        assess_records(operation, at=at)
        settle_operation(operation)


def plain(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as plain JSON values, for refusals and records."""
    found: list[dict[str, Any]] = msgspec.to_builtins(findings)
    return found
