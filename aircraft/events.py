from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class AircraftChanged(Event):
    """A crewed aircraft's record, limits, performance or papers changed."""

    name: ClassVar[str] = "aircraft.aircraft_changed"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class AircraftGrounded(Event):
    """A crewed aircraft may no longer fly."""

    name: ClassVar[str] = "aircraft.aircraft_grounded"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class AircraftReleased(Event):
    """What grounded a crewed aircraft is over."""

    name: ClassVar[str] = "aircraft.aircraft_released"
    aircraft_id: int


@dataclass(frozen=True, kw_only=True)
class DefectRaised(Event):
    """A defect was found on a crewed aircraft; until deferred or put right it may not fly."""

    name: ClassVar[str] = "aircraft.defect_raised"
    aircraft_id: int
    defect_id: int


@dataclass(frozen=True, kw_only=True)
class DefectChanged(Event):
    """A defect was deferred, extended, rectified or certified."""

    name: ClassVar[str] = "aircraft.defect_changed"
    aircraft_id: int
    defect_id: int


@dataclass(frozen=True, kw_only=True)
class HoursRecorded(Event):
    """Flight hours were recorded or corrected."""

    name: ClassVar[str] = "aircraft.hours_recorded"
    aircraft_id: int
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class MaintenanceDue(Event):
    """Maintenance tasks of an aircraft came near a limit or passed it."""

    name: ClassVar[str] = "aircraft.maintenance_due"
    aircraft_id: int
    task_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class MaintenanceCompleted(Event):
    """Work was done and the aircraft released to service after it."""

    name: ClassVar[str] = "aircraft.maintenance_completed"
    aircraft_id: int
    log_id: int


@dataclass(frozen=True, kw_only=True)
class MaintenanceBooked(Event):
    """A stay in maintenance was booked, moved, ended or cancelled."""

    name: ClassVar[str] = "aircraft.maintenance_booked"
    aircraft_id: int
    visit_id: int
