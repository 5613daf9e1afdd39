"""Notices flights that have gone silent, and keeps partitions ahead of time."""

from datetime import date, datetime, timedelta

from django.db import transaction

from common.geo import point
from common.live.publish import Route, board_channel, publish_on_commit
from common.outbox import announce
from flight_operations.events import TelemetryAlertRaised
from flight_operations.models import ConformanceAlert, LastPosition, OperationStatus
from flight_operations.services.log_imports import ensure_partition
from flight_operations.services.telemetry_live import alert_message, operation_channel
from flight_operations.telemetry.limits import AlertKind, Severity

SILENCE = timedelta(seconds=15)
DAYS_AHEAD = 7


def watch_for_silence(*, at: datetime) -> list[ConformanceAlert]:
    """
    Raise an alert for each active flight that has sent positions and none to be believed for 15 s.

    Measured by the server's clock from the last new believed position, or from the first of all
    when none was ever believed: a station whose clock is wrong tells nobody where the aircraft is.
    The next believed position ends the alert.
    """
    quiet = LastPosition.objects.filter(
        operation__status=OperationStatus.ACTIVE,
        received_at__lt=at - SILENCE,
    ).exclude(operation__alerts__in=ConformanceAlert.objects.open().filter(kind=AlertKind.SILENCE))
    raised = (_raise(pk, at) for pk in quiet.order_by("pk").values_list("pk", flat=True))
    return [alert for alert in raised if alert is not None]


@transaction.atomic
def _raise(operation_id: int, at: datetime) -> ConformanceAlert | None:
    rows = LastPosition.objects.select_for_update(of=("self",)).select_related("operation")
    last = rows.get(pk=operation_id)
    is_known = ConformanceAlert.objects.filter(operation=operation_id, kind=AlertKind.SILENCE)
    if last.received_at >= at - SILENCE or is_known.open().exists():
        return None
    since = last.recorded_at or last.received_at
    seconds = (at - last.received_at).total_seconds()
    alert = ConformanceAlert.objects.create(
        operation_id=operation_id,
        kind=AlertKind.SILENCE,
        severity=Severity.AMBER,
        limit_value=SILENCE.total_seconds(),
        worst_value=seconds,
        worst_at=at,
        position=last.position and point(lat=last.position.y, lon=last.position.x),
        started_at=since,
        last_at=since,
        raised_at=at,
    )
    last.has_open_alerts = True
    last.save(update_fields=["has_open_alerts"])
    announce(TelemetryAlertRaised(alert_id=alert.pk, operation_id=operation_id))
    message = alert_message(alert, last.operation.number)
    board = Route(board_channel(last.operation.scope))
    publish_on_commit(operation_channel(operation_id), "alert_raised", message, board)
    return alert


def ensure_partitions(*, today: date, days_ahead: int = DAYS_AHEAD) -> list[date]:
    """Make the partitions of yesterday to `days_ahead` days from now; returns the new ones."""
    days = [today + timedelta(days=offset) for offset in range(-1, days_ahead + 1)]
    return [day for day in days if ensure_partition(day)]
