from flight_operations.models.alert import ConformanceAlert
from flight_operations.models.authorization import (
    AuthorizationKind,
    AuthorizationStatus,
    OperationalAuthorization,
)
from flight_operations.models.checklist import ChecklistItem, ItemAnswer, PreFlightChecklist
from flight_operations.models.flight_record import OperationalLog, PilotLogEntry
from flight_operations.models.operation import (
    FLOWN,
    UPCOMING,
    Conformance,
    CrewMember,
    FlightOperation,
    OperatingCategory,
    OperationStatus,
    SightMode,
)
from flight_operations.models.plan import Datum, FlightPlan, PlanFence, PlanVolume
from flight_operations.models.release import OperationalRelease
from flight_operations.models.risk_assessment import (
    ApprovalLevel,
    AssessmentKind,
    AssessmentStatus,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from flight_operations.models.safety import (
    ATSBCategory,
    Classification,
    Damage,
    HazardCategory,
    HazardIncident,
    HazardStatus,
    IncidentStatus,
    Injuries,
    SMSHazardRegister,
    SMSIncidentReport,
    ThirdPartyDamage,
)
from flight_operations.models.telemetry import (
    FlightExecutionLog,
    LastPosition,
    LogImport,
    TelemetrySource,
)

__all__ = [
    "FLOWN",
    "UPCOMING",
    "ATSBCategory",
    "ApprovalLevel",
    "AssessmentKind",
    "AssessmentStatus",
    "AuthorizationKind",
    "AuthorizationStatus",
    "ChecklistItem",
    "Classification",
    "Conformance",
    "ConformanceAlert",
    "CrewMember",
    "Damage",
    "Datum",
    "FlightExecutionLog",
    "FlightOperation",
    "FlightPlan",
    "HazardCategory",
    "HazardIncident",
    "HazardStatus",
    "IncidentStatus",
    "Injuries",
    "ItemAnswer",
    "LastPosition",
    "LogImport",
    "OperatingCategory",
    "OperationStatus",
    "OperationalAuthorization",
    "OperationalLog",
    "OperationalRelease",
    "PilotLogEntry",
    "PlanFence",
    "PlanVolume",
    "PreFlightChecklist",
    "RiskApproval",
    "RiskItem",
    "SMSHazardRegister",
    "SMSIncidentReport",
    "SMSRiskAssessment",
    "SightMode",
    "TelemetrySource",
    "ThirdPartyDamage",
]
