"""What viewers of a flight are told: where it is, and each alert as it begins, worsens, ends."""

from typing import Any

from common.live.publish import Route, board_channel, publish_on_commit
from flight_operations.models import ConformanceAlert
from flight_operations.queries.telemetry_target import TelemetryTarget
from flight_operations.services.telemetry_alerts import AlertChanges
from flight_operations.services.telemetry_state import Place
from flight_operations.telemetry.heights import HeightBasis
from flight_operations.telemetry.samples import Datum


def operation_channel(operation_id: int) -> str:
    """The live channel of one operation."""
    return f"operation:{operation_id}"


def publish_batch(target: TelemetryTarget, place: Place | None, alerts: AlertChanges) -> None:
    """Tell viewers of the newest position, if there is a newer one, and of changed alerts."""
    channel, board = operation_channel(target.operation_id), board_channel(target.scope)
    if place is not None:
        position = place.newest() | {"operation": target.number}
        position["datum"] = Datum(position["datum"]).name
        position["height_basis"] = HeightBasis(position["height_basis"]).name.lower()
        # A board shows where an aircraft is; where it was is read from its own channel.
        newest = Route(board, subject=f"position:{target.operation_id}")
        publish_on_commit(channel, "position", position, newest)
    told = {
        "alert_raised": alerts.raised,
        "alert_worsened": alerts.worsened,
        "alert_ended": alerts.ended,
    }
    for event, changed in told.items():
        for alert in changed:
            publish_on_commit(channel, event, alert_message(alert, target.number), Route(board))


def alert_message(alert: ConformanceAlert, number: str) -> dict[str, Any]:
    """An alert as viewers get it."""
    return {
        "operation": number,
        "id": alert.pk,
        "kind": str(alert.kind),
        "reference": alert.reference,
        "severity": str(alert.severity),
        "limit_value": alert.limit_value,
        "worst_value": alert.worst_value,
        "started_at": alert.started_at,
        "ended_at": alert.ended_at,
    }
