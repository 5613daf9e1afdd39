"""What the desk hears of drone flying, each as one event however often it is delivered."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from common.events import handles
from dispatcher.models import DispatchEvent, EventKind, EventSeverity, EventStatus, NoticeKind
from dispatcher.queries.responsible import (
    center_of_operation,
    centers_of_aircraft,
)
from dispatcher.services import board, telling, upkeep, watch
from dispatcher.services.events import raise_event, resolve_by_itself
from flight_operations.events import (
    OperationCancelled,
    OperationLanded,
    OperationPlanned,
    OperationReleased,
    OperationStarted,
    PlanAmended,
    ReleaseRevoked,
    TelemetryAlertEnded,
    TelemetryAlertRaised,
    TelemetryAlertWorsened,
)
from flight_operations.models import ConformanceAlert, FlightOperation, OperationalRelease
from rpas.events import DefectRaised, DefectRectified, MaintenanceCompleted, MaintenanceDue
from rpas.models import DefectSeverity, DefectStatus, F2DefectEntry, RPASAircraft

WORST = "red"


@handles(TelemetryAlertRaised)
def tell_of_a_broken_limit(event: TelemetryAlertRaised) -> None:
    """A flight left its limits: one event a limit, however often it is left."""
    _tell_of_a_limit(event.alert_id)


@handles(TelemetryAlertWorsened)
def tell_of_a_limit_that_is_broken_further(event: TelemetryAlertWorsened) -> None:
    """What was amber is red: the event becomes critical, and another if somebody closed it."""
    _tell_of_a_limit(event.alert_id)


def _tell_of_a_limit(alert_id: int) -> None:
    alert = ConformanceAlert.objects.select_related("operation").get(pk=alert_id)
    closed = milder = DispatchEvent.objects.filter(
        source_key=_limit_key(alert), status=EventStatus.RESOLVED, details__alert__gte=alert.pk
    )
    if alert.severity == WORST:
        closed = closed.filter(Q(severity=EventSeverity.CRITICAL) | Q(details__color=WORST))
    if closed.exists():
        # Heard again after the desk was through with it.
        return
    _about_operation(
        alert.operation,
        kind=EventKind.CONFORMANCE,
        severity=EventSeverity.CRITICAL if alert.severity == WORST else EventSeverity.WARNING,
        title=f"{alert.operation.number}: {alert}",
        occurred_at=min(alert.raised_at, timezone.now()),
        source_key=_limit_key(alert),
        details={
            "alert": alert.pk,
            "kind": alert.kind,
            "worst_value": alert.worst_value,
            "color": alert.severity,
        },
        is_anew=milder.exists(),
    )


@handles(TelemetryAlertEnded)
def resolve_a_limit_that_is_kept_again(event: TelemetryAlertEnded) -> None:
    """Once somebody looked at it; until then it stays, though the flight is back within it."""
    alert = ConformanceAlert.objects.get(pk=event.alert_id)
    key = _limit_key(alert)
    seen = DispatchEvent.objects.filter(source_key=key, status=EventStatus.ACKNOWLEDGED)
    if seen.exists():
        resolve_by_itself(key, because="The flight keeps the limit again.", at=timezone.now())


def _limit_key(alert: ConformanceAlert) -> str:
    return f"limit:{alert.operation_id}:{alert.kind}:{alert.reference}"[:120]


@handles(DefectRaised)
def tell_of_a_defect(event: DefectRaised) -> None:
    """A drone has a defect: a major one grounds it."""
    defect = F2DefectEntry.objects.select_related("aircraft").get(pk=event.defect_id)
    if defect.status == DefectStatus.RECTIFIED:
        # Put right before this was heard, or heard again since.
        return
    is_major = defect.severity == DefectSeverity.MAJOR
    _about_drone(
        defect.aircraft,
        kind=EventKind.DEFECT,
        severity=EventSeverity.CRITICAL if is_major else EventSeverity.INFO,
        title=f"{defect.aircraft.registration}: {defect.severity} defect",
        occurred_at=min(defect.found_at, timezone.now()),
        source_key=f"defect:{defect.pk}",
        details={"defect": defect.pk},
    )


@handles(DefectRectified)
def resolve_a_defect(event: DefectRectified) -> None:
    """The defect was put right."""
    resolve_by_itself(f"defect:{event.defect_id}", because="Rectified.", at=timezone.now())


@handles(MaintenanceDue)
def tell_of_maintenance(event: MaintenanceDue) -> None:
    """Maintenance of a drone comes near or is passed."""
    aircraft = RPASAircraft.objects.select_related("operator").get(pk=event.aircraft_id)
    upkeep.note_due_of_drone(aircraft, event.schedule_ids, at=timezone.now())


@handles(MaintenanceCompleted)
def resolve_maintenance_that_is_done(event: MaintenanceCompleted) -> None:
    """What is neither near nor passed any more is closed."""
    aircraft = RPASAircraft.objects.select_related("operator").get(pk=event.aircraft_id)
    upkeep.close_done_of_drone(aircraft, at=timezone.now())


@handles(ReleaseRevoked)
def tell_of_a_revoked_release(event: ReleaseRevoked) -> None:
    """A flight that was released may not go."""
    release = OperationalRelease.objects.select_related("operation").get(pk=event.release_id)
    now = timezone.now()
    if OperationalRelease.objects.live().filter(operation=release.operation_id).exists():
        # Released anew meanwhile.
        return
    is_soon = release.operation.planned_start_at < now + watch.SOON
    _about_operation(
        release.operation,
        kind=EventKind.COMPLIANCE,
        severity=EventSeverity.CRITICAL if is_soon else EventSeverity.WARNING,
        title=f"{release.operation.number}: release revoked, {release.revoked_because}",
        occurred_at=min(release.revoked_at or now, now),
        source_key=f"release:{release.operation_id}",
    )


@handles(OperationReleased)
def resolve_a_revoked_release(event: OperationReleased) -> None:
    """It was released again."""
    resolve_by_itself(f"release:{event.operation_id}", because="Released.", at=timezone.now())


@handles(OperationStarted)
def resolve_a_late_start(event: OperationStarted) -> None:
    """It began after all."""
    because = "The flight has begun."
    watch.close_late_start(event.operation_id, because=because, at=timezone.now())


@handles(OperationLanded)
def close_the_events_of_a_flight_that_is_over(event: OperationLanded) -> None:
    """What its verdict said before it flew troubles nobody any more, nor that it was awaited."""
    at, key = timezone.now(), watch.aloft_key(event.operation_id)
    resolve_by_itself(key, because="The flight has landed.", at=at)
    watch.review_operation(event.operation_id, at=at)


@handles(OperationCancelled)
def tell_of_a_cancelled_operation(event: OperationCancelled) -> None:
    """The pilot hears of it; what it raised is closed."""
    at = timezone.now()
    because = "The operation was cancelled."
    watch.close_late_start(event.operation_id, because=because, at=at)
    resolve_by_itself(f"release:{event.operation_id}", because=because, at=at)
    watch.review_operation(event.operation_id, at=at)
    operation, center = _operation(event.operation_id), center_of_operation(event.operation_id)
    if center is not None:
        telling.tell_of_operation(operation, center, NoticeKind.WITHDRAWN, at=at)


@handles(PlanAmended)
def tell_of_an_amended_plan(event: PlanAmended) -> None:
    """The board shows the new times, by which it may be late no more; the pilot hears of it."""
    at = timezone.now()
    operation = _operation(event.operation_id)
    _show_times(operation, at)
    watch.follow_late_start(operation, at=at)
    center = center_of_operation(operation.pk)
    if center is not None and operation.status in watch.planned():
        telling.tell_of_amendment(operation, center, at=at)


@handles(OperationPlanned)
def show_a_new_operation(event: OperationPlanned) -> None:
    """The board shows it without being read anew."""
    _show_times(FlightOperation.objects.get(pk=event.operation_id), timezone.now())


def _operation(pk: int) -> FlightOperation:
    return FlightOperation.objects.select_related("pilot_in_command", "aircraft").get(pk=pk)


def _about_operation(operation: FlightOperation, **what: Any) -> None:
    center = center_of_operation(operation.pk)
    if center is not None:
        raise_event(center, operation=operation, actor=None, at=timezone.now(), **what)


def _about_drone(aircraft: RPASAircraft, **what: Any) -> None:
    for center in centers_of_aircraft(aircraft.pk):
        raise_event(center, subject=aircraft, actor=None, at=timezone.now(), **what)


def _show_times(operation: FlightOperation, at: Any) -> None:
    row = {
        "id": operation.pk,
        "number": operation.number,
        "title": operation.title,
        "status": str(operation.status),
        "aircraft_id": operation.aircraft_id,
        "pilot_id": operation.pilot_in_command_id,
        "start_at": operation.planned_start_at,
        "end_at": operation.planned_end_at,
    }
    board.tell_of_times(operation.scope, "operation", [row], at=at)
