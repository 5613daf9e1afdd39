"""Take-off, landing, the operational log and the closing of an operation."""

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from common import audit
from common.booking import shorten
from common.compliance.findings import Stage
from common.compliance.states import not_covered
from common.lifecycle import locked, move, require_move
from common.outbox import announce
from flight_operations.events import FlightRecordChanged, OperationLanded, OperationStarted
from flight_operations.exceptions import (
    LandedBeforeStart,
    OperationNotStartable,
    OutsidePlannedWindow,
    PlanChanged,
    ReleaseMissing,
    StillInTheAir,
)
from flight_operations.models import (
    FlightOperation,
    OperationalLog,
    OperationalRelease,
    OperationStatus,
)
from flight_operations.plan_hash import content_hash
from flight_operations.services.assessment import (
    assess_operation,
    assess_records,
    plain,
    record_assessment,
    settle_operation,
)
from flight_operations.services.checklists import freeze_checklist
from flight_operations.services.operations import book_operation
from flight_operations.services.pilot_log import write_pilot_logs
from rpas.models import AircraftStatus, DefectSeverity, F2DefectEntry, RPASAircraft
from rpas.services.defects import raise_defect
from rpas.services.flights import record_flight

# More than anybody has at once; the count is only compared.
MOST_AT_ONCE = 100
# The facts of a release are judged for the planned window; a start may be this much early.
EARLY_START = timedelta(minutes=15)


@transaction.atomic
def start_operation(operation: FlightOperation, *, actor: Any, at: datetime) -> FlightOperation:
    """
    Record take-off.

    Aircraft first, then operation are locked, and the operation is assessed here and now: a
    defect raised a second ago, or weather that came in since, stops the flight even when no
    worker has caught up. Raises ReleaseMissing, PlanChanged, OutsidePlannedWindow,
    OperationNotStartable with the findings, StillInTheAir, DoubleBooked for an early start,
    TransitionNotAllowed.
    """
    locked(operation.aircraft)
    operation = locked(operation)
    require_move(operation, OperationStatus.ACTIVE)
    _require_on_the_ground(operation)
    release = _live_release(operation)
    _check_window(operation, at)
    judged = assess_operation(operation, stage=Stage.RELEASE, at=at)
    worse = not_covered(release.verdict, judged.assessment.findings)
    if worse or not judged.assessment.findings:
        raise OperationNotStartable(
            operation=operation.number, count=len(worse), findings=plain(worse)
        )
    record_assessment(judged)
    freeze_checklist(operation, at=at)
    if at < operation.planned_start_at:
        # An early start takes aircraft and crew from now on, or is refused when they are taken.
        book_operation(operation, start=at)
    operation.actual_start_at = at
    move(operation, OperationStatus.ACTIVE, actor=actor, at=at)
    audit.record("operation.started", operation, actor=actor, at=at, scope=operation.scope)
    announce(OperationStarted(operation_id=operation.pk))
    return operation


def _require_on_the_ground(operation: FlightOperation) -> None:
    """
    Refuse while the aircraft is in the air elsewhere, or its pilot with as many as may be at once.

    The ledger keeps planned times apart; a flight that outlasts its own is not in it any more.
    """
    same = Q(aircraft=operation.aircraft_id) | Q(pilot_in_command=operation.pilot_in_command_id)
    flying = FlightOperation.objects.active().filter(same).exclude(pk=operation.pk)
    rows = list(flying.select_related("aircraft", "plan").order_by("pk")[:MOST_AT_ONCE])
    for other in rows:
        if other.aircraft_id == operation.aircraft_id:
            raise _still_in_the_air(operation, other.aircraft.registration, other)
    at_once = min(each.plan.aircraft_per_pilot for each in (operation, *rows))
    if len(rows) >= at_once:
        raise _still_in_the_air(operation, "The pilot in command", rows[0])


def _still_in_the_air(
    operation: FlightOperation, who: str, other: FlightOperation
) -> StillInTheAir:
    # What another operator flies is not told.
    is_ours = other.operator_id == operation.operator_id
    where = other.number if is_ours else "another flight"
    return StillInTheAir(operation=operation.number, who=who, elsewhere=where)


@transaction.atomic
def land_operation(
    operation: FlightOperation,
    *,
    actor: Any,
    at: datetime,
    landed_at: datetime | None = None,
    cycles: int = 1,
    is_aborted: bool = False,
    reason: str = "",
) -> FlightOperation:
    """
    Record the landing (or the end of an aborted flight) and everything that follows from it.

    Time in service, cycles and the F2 Part B entry of the aircraft, the pilots' logs and the
    release of aircraft and crew are written in this transaction. Raises LandedBeforeStart,
    TransitionNotAllowed.
    """
    aircraft = locked(operation.aircraft)
    operation = locked(operation)
    to = OperationStatus.ABORTED if is_aborted else OperationStatus.LANDED
    require_move(operation, to)
    operation.actual_end_at = _landing_time(operation, landed_at or at, now=at)
    move(operation, to, actor=actor, at=at, reason=reason)
    _write_flight_records(operation, aircraft, cycles=cycles, at=at)
    assess_records(operation, at=at)
    audit.record(
        f"operation.{to}", operation, actor=actor, at=at, reason=reason, scope=operation.scope
    )
    announce(OperationLanded(operation_id=operation.pk))
    return operation


@transaction.atomic
def complete_log(
    operation: FlightOperation,
    *,
    is_as_released: bool,
    changes: str = "",
    highest_agl_m: float | None = None,
    became_unserviceable: bool = False,
    remarks: str = "",
    actor: Any,
    at: datetime,
) -> OperationalLog:
    """
    Complete the operational log of a flight that has landed (MOS 10.05).

    An aircraft that became unserviceable is grounded by a major defect in its technical log, unless
    one was written since the take-off.
    """
    locked(operation.aircraft)
    operation = locked(operation)
    move(operation, OperationStatus.LOGGED, actor=actor, at=at)
    if became_unserviceable:
        _ground_aircraft(operation, remarks or changes, actor=actor, at=at)
    log = OperationalLog.objects.create(
        operation=operation,
        is_as_released=is_as_released,
        changes=changes,
        highest_agl_m=highest_agl_m,
        became_unserviceable=became_unserviceable,
        remarks=remarks,
        completed_by=actor,
        completed_at=at,
    )
    assess_records(operation, at=at)
    announce(FlightRecordChanged(operation_id=operation.pk))
    return log


@transaction.atomic
def finalise_operation(operation: FlightOperation, *, actor: Any, at: datetime) -> FlightOperation:
    """Close a logged operation; nothing about it changes after this."""
    operation = locked(operation)
    move(operation, OperationStatus.FINALISED, actor=actor, at=at)
    assess_records(operation, at=at)
    settle_operation(operation)
    audit.record("operation.finalised", operation, actor=actor, at=at, scope=operation.scope)
    announce(FlightRecordChanged(operation_id=operation.pk))
    return operation


def _ground_aircraft(operation: FlightOperation, words: str, *, actor: Any, at: datetime) -> None:
    aircraft = operation.aircraft
    known = F2DefectEntry.objects.filter(
        aircraft=aircraft,
        severity=DefectSeverity.MAJOR,
        found_at__gte=operation.actual_start_at,
    )
    if aircraft.status == AircraftStatus.RETIRED or known.exists():
        return
    raise_defect(
        aircraft,
        severity=DefectSeverity.MAJOR,
        description=f"Became unserviceable on {operation.number}. {words}".strip(),
        actor=actor,
        at=at,
        found_at=operation.actual_end_at,
    )


def time_in_service_min(operation: FlightOperation) -> int:
    """Minutes in the air, begun minutes counted whole, at least one."""
    start, end = operation.actual_start_at, operation.actual_end_at
    if start is None or end is None:
        raise ValueError(f"{operation} has not landed")
    return max(1, math.ceil((end - start).total_seconds() / 60))


def _landing_time(operation: FlightOperation, landed_at: datetime, *, now: datetime) -> datetime:
    started = operation.actual_start_at
    if started is not None and not started <= landed_at <= now:
        raise LandedBeforeStart(landed=landed_at, started=started)
    return landed_at


def _write_flight_records(
    operation: FlightOperation, aircraft: RPASAircraft, *, cycles: int, at: datetime
) -> None:
    started, ended = operation.actual_start_at, operation.actual_end_at
    if started is None or ended is None:
        raise ValueError(f"{operation} has not landed")
    minutes = time_in_service_min(operation)
    record_flight(
        aircraft,
        operation_number=operation.number,
        minutes=minutes,
        cycles=cycles,
        flights=1,
        on=started.astimezone(ZoneInfo(operation.operator.timezone)).date(),
        pilot=operation.pilot_in_command,
        at=at,
    )
    write_pilot_logs(operation, minutes=minutes)
    shorten(operation, end=ended)


def _live_release(operation: FlightOperation) -> OperationalRelease:
    release = (
        OperationalRelease.objects.live()
        .select_related("verdict")
        .filter(operation=operation)
        .first()
    )
    if release is None:
        raise ReleaseMissing(operation=operation.number)
    if release.plan_hash != content_hash(operation, operation.plan):
        raise PlanChanged(operation=operation.number)
    return release


def _check_window(operation: FlightOperation, at: datetime) -> None:
    earliest, latest = operation.planned_start_at - EARLY_START, operation.planned_end_at
    if not earliest <= at < latest:
        raise OutsidePlannedWindow(
            operation=operation.number,
            earliest=earliest,
            latest=latest,
            now=at,
        )
