"""What is asked for: legs, people, care and journeys by road. Values only."""

from datetime import datetime

from msgspec import Struct

from airports.routes import Wind
from operations.planning.parameters import Parameters


class Road(Struct, frozen=True, kw_only=True):
    """
    A journey by road between a hospital and an aircraft.

    Give `distance_km` by road, or where the hospital is. `team_rides`: the medical team of the
    aircraft goes to the bedside and back, so that the aircraft must be there before or wait.
    """

    place_name: str
    contact_id: int | None = None
    distance_km: float | None = None
    lat: float | None = None
    lon: float | None = None
    team_rides: bool = False


class AskedLeg(Struct, frozen=True, kw_only=True):
    """
    One journey asked for, between two airports by primary key.

    `latest_arrival_at` is when the aircraft must be on blocks. `wind` is the wind aloft along it
    and along the positioning flight to it.
    """

    sequence: int
    origin_id: int
    destination_id: int
    earliest_departure_at: datetime
    latest_arrival_at: datetime | None = None
    has_patient: bool = False
    passengers: int = 0
    baggage_kg: float = 0.0
    pickup: Road | None = None
    dropoff: Road | None = None
    wind: Wind | None = None


class Care(Struct, frozen=True, kw_only=True):
    """
    What the patient needs, as the medical reviewer decided: no name, no diagnosis.

    `oxygen_reserve` is a fraction of what the planned time takes, `oxygen_lpm` liters of free gas
    a minute. The team flies the whole journey from the base and back, with its equipment.
    """

    patient_kg: float | None = None
    is_stretcher: bool = True
    escorts: int = 0
    team: int = 0
    equipment_kg: float = 0.0
    oxygen_lpm: float = 0.0
    oxygen_reserve: float = 0.5
    max_cabin_altitude_ft: float | None = None
    is_acute_care: bool = False


class Journey(Struct, frozen=True, kw_only=True):
    """
    A whole request. `not_before` is the earliest that any aircraft can leave its base.

    `parameters` are the desk's assumptions for it.
    """

    legs: tuple[AskedLeg, ...]
    care: Care = Care()
    not_before: datetime | None = None
    parameters: Parameters = Parameters()

    @property
    def has_patient(self) -> bool:
        return any(leg.has_patient for leg in self.legs)

    def payload_kg(self, leg: AskedLeg | None) -> float:
        """Mass carried on a leg, or on a positioning flight: its team and equipment only."""
        person_kg, care = self.parameters.person_kg, self.care
        mass_kg = care.team * person_kg + care.equipment_kg
        if leg is None:
            return mass_kg
        mass_kg += leg.passengers * person_kg + leg.baggage_kg
        if leg.has_patient:
            patient_kg = person_kg if care.patient_kg is None else care.patient_kg
            mass_kg += patient_kg + care.escorts * person_kg
        return mass_kg

    def seats(self, leg: AskedLeg) -> int:
        """Seats taken beside the crew's; a patient on a stretcher takes none."""
        with_patient = self.care.escorts + (not self.care.is_stretcher)
        return leg.passengers + self.care.team + (with_patient if leg.has_patient else 0)
