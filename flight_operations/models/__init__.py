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

__all__ = [
    "FLOWN",
    "UPCOMING",
    "AuthorizationKind",
    "AuthorizationStatus",
    "ChecklistItem",
    "Conformance",
    "CrewMember",
    "Datum",
    "FlightOperation",
    "FlightPlan",
    "ItemAnswer",
    "OperatingCategory",
    "OperationStatus",
    "OperationalAuthorization",
    "OperationalLog",
    "OperationalRelease",
    "PilotLogEntry",
    "PlanFence",
    "PlanVolume",
    "PreFlightChecklist",
    "SightMode",
]
