"""What the rules may know of one drone operation. Values only; None means nobody knows."""

from datetime import date, datetime

from msgspec import Struct

from airports.queries.aerodromes import AerodromeFacts
from airports.queries.airspace import AirspaceFacts
from airports.queries.conditions import WeatherFacts
from airports.queries.sun import DaylightFacts
from flight_operations.facts.approvals import ApprovalFacts
from flight_operations.facts.people import CrewFacts, PilotFacts
from flight_operations.facts.records import ChecklistFacts, LogFacts, ReleaseFacts
from flight_operations.facts.safety import RiskFacts
from flight_operations.facts.site import LocalObservation, VolumeFacts
from rpas.airworthiness import AircraftFacts, OperatorFacts


class OperationFacts(Struct, frozen=True, kw_only=True):
    """
    One operation, its plan and everything around it, as it was when the question was asked.

    `rule_date` and `end_date` are the operator's local days of the flight's start and end. Times
    are UTC. What hangs on the plan is None while there is no plan; `aerodromes` and `airspace` are
    None while there are no volumes. Aerodromes are those within 9 km of the volumes;
    `path_aerodromes` says of which the approach and departure paths are loaded. `risks` are
    the approved assessments that cover the operation, and open ones of its own.
    """

    rule_date: date
    end_date: date
    number: str
    status: str
    timezone: str
    title: str = ""
    purpose: str = ""
    category: str
    sight_mode: str
    is_paid: bool
    is_over_own_land: bool
    start_at: datetime
    end_at: datetime
    aircraft: AircraftFacts
    operator: OperatorFacts
    pilot: PilotFacts
    crew: tuple[CrewFacts, ...] = ()
    authorizations: tuple[ApprovalFacts, ...] = ()
    risks: tuple[RiskFacts, ...] = ()
    checklist: ChecklistFacts | None = None
    log: LogFacts | None = None
    release: ReleaseFacts | None = None
    daylight: DaylightFacts | None = None
    weather: WeatherFacts | None = None
    aerodromes: tuple[AerodromeFacts, ...] | None = None
    airspace: tuple[AirspaceFacts, ...] | None = None
    path_aerodromes: tuple[str, ...] | None = None
    is_in_territory: bool | None = None

    has_plan: bool = False
    launch_lat: float | None = None
    launch_lon: float | None = None
    recovery_lat: float | None = None
    recovery_lon: float | None = None
    control_station: str = ""
    volumes: tuple[VolumeFacts, ...] = ()
    take_off_elevation_m: float | None = None
    terrain_lowest_m: float | None = None
    terrain_highest_m: float | None = None
    max_height_agl_m: float | None = None
    take_off_mass_kg: float | None = None
    max_distance_pilot_m: float | None = None
    max_distance_observer_m: float | None = None
    min_distance_people_m: float | None = None
    people_consent_ref: str = ""
    is_over_populous_area: bool | None = None
    is_near_emergency_operation: bool | None = None
    emergency_approval_ref: str = ""
    is_crewed_traffic_known: bool | None = None
    is_enclosed: bool = False
    drops_anything: bool = False
    drop_procedure_ref: str = ""
    is_launch_area_lit: bool = False
    is_behind_obstacles: bool | None = None
    aircraft_per_pilot: int | None = None
    impact_energy_j: float | None = None
    local_observation: LocalObservation | None = None

    @property
    def planned_min(self) -> float:
        """Planned time in the air, minutes."""
        return (self.end_at - self.start_at).total_seconds() / 60
