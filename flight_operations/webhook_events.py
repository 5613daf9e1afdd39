"""What other systems may hear of drone flights."""

from common.webhooks.offers import Record, offer
from flight_operations import events
from flight_operations.models import ConformanceAlert, FlightOperation

OPERATION = Record(
    kind="flight_operation",
    model=FlightOperation,
    number="number",
    path="/api/flight-operations/operations/{number}/",
    permission="flight_operations.view_flightoperation",
    scope_prefix="rpas_operator:",
    scope="operator_id",
)
ALERT = Record(
    kind="conformance_alert",
    model=ConformanceAlert,
    number="operation__number",
    path="/api/flight-operations/conformance-alerts/{id}/",
    permission="flight_operations.view_conformancealert",
    scope_prefix="rpas_operator:",
    scope="operation__operator_id",
)

offer(
    OPERATION,
    "operation_id",
    [
        ("planned", events.OperationPlanned, "A flight was planned."),
        ("amended", events.PlanAmended, "The plan of a flight was changed."),
        ("released", events.OperationReleased, "A flight may go, as planned and as judged."),
        ("release_revoked", events.ReleaseRevoked, "A release was taken back."),
        ("started", events.OperationStarted, "A flight took off."),
        ("landed", events.OperationLanded, "A flight landed."),
        ("cancelled", events.OperationCancelled, "A flight was called off."),
        ("record_changed", events.FlightRecordChanged, "What is on record of a flight changed."),
    ],
)
offer(
    ALERT,
    "alert_id",
    [
        ("raised", events.TelemetryAlertRaised, "A flight broke one of its limits."),
        ("worsened", events.TelemetryAlertWorsened, "A broken limit turned from amber to red."),
        ("ended", events.TelemetryAlertEnded, "A flight keeps the limit again, or ended."),
    ],
)
