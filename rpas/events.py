from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class AircraftChanged(Event):
    """An aircraft's record, limits, configuration or batteries changed."""

    name: ClassVar[str] = "rpas.aircraft_changed"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class OperatorChanged(Event):
    """An operator's certificate, posts, members or notices changed."""

    name: ClassVar[str] = "rpas.operator_changed"
    operator_id: int


@dataclass(frozen=True, kw_only=True)
class DefectRaised(Event):
    """A defect was found."""

    name: ClassVar[str] = "rpas.defect_raised"
    aircraft_id: int
    defect_id: int


@dataclass(frozen=True, kw_only=True)
class DefectRectified(Event):
    """A defect was put right."""

    name: ClassVar[str] = "rpas.defect_rectified"
    aircraft_id: int
    defect_id: int


@dataclass(frozen=True, kw_only=True)
class AircraftGrounded(Event):
    """An aircraft may no longer fly: a major defect, quarantine or maintenance."""

    name: ClassVar[str] = "rpas.aircraft_grounded"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class AircraftReleased(Event):
    """What grounded an aircraft is over."""

    name: ClassVar[str] = "rpas.aircraft_released"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class MaintenanceDue(Event):
    """Maintenance items of an aircraft came near their due point or passed it."""

    name: ClassVar[str] = "rpas.maintenance_due"
    aircraft_id: int
    schedule_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class MaintenanceCompleted(Event):
    """Maintenance was done and signed for."""

    name: ClassVar[str] = "rpas.maintenance_completed"
    aircraft_id: int
    record_id: int


@dataclass(frozen=True, kw_only=True)
class TechnicalLogIssued(Event):
    """Part A was issued: the aircraft is certified serviceable."""

    name: ClassVar[str] = "rpas.technical_log_issued"
    aircraft_id: int
    part_a_id: int


@dataclass(frozen=True, kw_only=True)
class FlightRecorded(Event):
    """The time of a flight was written into Part B."""

    name: ClassVar[str] = "rpas.flight_recorded"
    aircraft_id: int
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class TechnicalLogFaultFound(Event):
    """A check of the whole technical log found a row that was altered or is missing."""

    name: ClassVar[str] = "rpas.technical_log_fault_found"
    aircraft_id: int
