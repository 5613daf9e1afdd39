from aircraft.models.aircraft import (
    Aircraft,
    AircraftStatus,
    AltitudeBand,
    MaintenanceProgram,
    PayloadRange,
    RunwaySurface,
)
from aircraft.models.aircraft_type import (
    AircraftCategory,
    AircraftType,
    EngineKind,
    WakeCategory,
)
from aircraft.models.defect import Defect, DefectStatus, RepairCategory
from aircraft.models.directive import AirworthinessDirective, DirectiveStatus
from aircraft.models.hours import FlightHours, HoursKind
from aircraft.models.maintenance import (
    MaintenanceLog,
    MaintenanceTask,
    MaintenanceVisit,
    TaskKind,
    VisitStatus,
)
from aircraft.models.scoping import FLEET_SCOPE, HELICOPTERS

__all__ = [
    "FLEET_SCOPE",
    "HELICOPTERS",
    "Aircraft",
    "AircraftCategory",
    "AircraftStatus",
    "AircraftType",
    "AirworthinessDirective",
    "AltitudeBand",
    "Defect",
    "DefectStatus",
    "DirectiveStatus",
    "EngineKind",
    "FlightHours",
    "HoursKind",
    "MaintenanceLog",
    "MaintenanceProgram",
    "MaintenanceTask",
    "MaintenanceVisit",
    "PayloadRange",
    "RepairCategory",
    "RunwaySurface",
    "TaskKind",
    "VisitStatus",
    "WakeCategory",
]
