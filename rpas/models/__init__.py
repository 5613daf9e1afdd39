from rpas.models.aircraft import AircraftStatus, Component, ConfigurationChange, RPASAircraft
from rpas.models.battery import Battery, BatteryStatus
from rpas.models.ground_station import GroundStation
from rpas.models.maintenance import (
    F2MaintenanceSchedule,
    MaintenancePriority,
    MaintenanceRecord,
    ScheduleSource,
    TriggerKind,
)
from rpas.models.operator import (
    AircraftKind,
    ChangeKind,
    KeyPersonnel,
    KeyPost,
    OperatorChange,
    OperatorMember,
    RPASOperator,
)
from rpas.models.technical_log import (
    DefectSeverity,
    DefectStatus,
    EntryKind,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2TechnicalLogPartA,
    PartAStatus,
)

__all__ = [
    "AircraftKind",
    "AircraftStatus",
    "Battery",
    "BatteryStatus",
    "ChangeKind",
    "Component",
    "ConfigurationChange",
    "DefectSeverity",
    "DefectStatus",
    "EntryKind",
    "F2DefectEntry",
    "F2FlightHoursEntry",
    "F2MaintenanceSchedule",
    "F2TechnicalLogPartA",
    "GroundStation",
    "KeyPersonnel",
    "KeyPost",
    "MaintenancePriority",
    "MaintenanceRecord",
    "OperatorChange",
    "OperatorMember",
    "PartAStatus",
    "RPASAircraft",
    "RPASOperator",
    "ScheduleSource",
    "TriggerKind",
]
