from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class OperationPlanned(Event):
    name: ClassVar[str] = "flight_operations.operation_planned"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class PlanAmended(Event):
    name: ClassVar[str] = "flight_operations.plan_amended"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class OperationReleased(Event):
    name: ClassVar[str] = "flight_operations.operation_released"
    operation_id: int
    release_id: int


@dataclass(frozen=True, kw_only=True)
class ReleaseRevoked(Event):
    name: ClassVar[str] = "flight_operations.release_revoked"
    operation_id: int
    release_id: int


@dataclass(frozen=True, kw_only=True)
class OperationStarted(Event):
    name: ClassVar[str] = "flight_operations.operation_started"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class OperationLanded(Event):
    name: ClassVar[str] = "flight_operations.operation_landed"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class OperationCancelled(Event):
    name: ClassVar[str] = "flight_operations.operation_cancelled"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class FlightRecordChanged(Event):
    """What is on record about a flight changed: its log, its positions, who saw its alerts."""

    name: ClassVar[str] = "flight_operations.flight_record_changed"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class AuthorizationChanged(Event):
    """An authorization was requested, amended, granted, refused or revoked."""

    name: ClassVar[str] = "flight_operations.authorization_changed"
    authorization_id: int
    operator_id: int


@dataclass(frozen=True, kw_only=True)
class ChecklistChanged(Event):
    """Items of a pre-flight checklist were answered, by a person or by the system."""

    name: ClassVar[str] = "flight_operations.checklist_changed"
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class RiskAssessmentDecided(Event):
    """A risk assessment was approved, rejected or superseded."""

    name: ClassVar[str] = "flight_operations.risk_assessment_decided"
    assessment_id: int


@dataclass(frozen=True, kw_only=True)
class HazardReported(Event):
    name: ClassVar[str] = "flight_operations.hazard_reported"
    hazard_id: int


@dataclass(frozen=True, kw_only=True)
class IncidentReported(Event):
    name: ClassVar[str] = "flight_operations.incident_reported"
    incident_id: int


@dataclass(frozen=True, kw_only=True)
class IncidentChanged(Event):
    """The facts, the state or the reports to the ATSB of an incident changed."""

    name: ClassVar[str] = "flight_operations.incident_changed"
    incident_id: int


@dataclass(frozen=True, kw_only=True)
class TelemetryAlertRaised(Event):
    """A flight broke one of its limits."""

    name: ClassVar[str] = "flight_operations.telemetry_alert_raised"
    alert_id: int
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class TelemetryAlertWorsened(Event):
    """A limit that a flight had broken already is broken so far that it is red now."""

    name: ClassVar[str] = "flight_operations.telemetry_alert_worsened"
    alert_id: int
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class TelemetryAlertEnded(Event):
    """A flight keeps the limit again, or ended."""

    name: ClassVar[str] = "flight_operations.telemetry_alert_ended"
    alert_id: int
    operation_id: int
