"""Facts about what is on paper and on board for a trip: care, services, evidence. Values only."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct

from aircraft.performance import Band


class CabinFacts(Struct, frozen=True, kw_only=True):
    """
    What the aircraft carries and what its flight manual allows; None means nobody entered it.

    `category` and `engine_kind` are letters of ICAO Doc 8643. Oxygen is liters of free gas.
    """

    category: str
    engine_kind: str
    seats: int
    stretchers: int
    min_crew: int
    mtow_kg: int
    basic_weight_kg: int
    max_payload_kg: int
    usable_fuel_kg: int
    oxygen_l: int
    is_pressurized: bool
    min_runway_m: int
    surfaces: tuple[str, ...]
    taxi_fuel_kg: int = 0
    reserve_min: int = 45
    cabin_altitude_ft: int | None = None
    max_crosswind_kt: float | None = None
    max_tailwind_kt: float | None = None
    is_ice_protected: bool | None = None
    has_weather_radar: bool | None = None
    has_terrain_awareness: bool | None = None
    bands: tuple[Band, ...] = ()

    @property
    def is_helicopter(self) -> bool:
        return self.category == "H"

    @property
    def is_turbine(self) -> bool:
        return self.engine_kind in ("J", "T")


class MedicalFacts(Struct, frozen=True, kw_only=True):
    """What the patient needs in flight, as decided: no name, no diagnosis."""

    requirement_id: int
    decision: str
    acuity: str
    team: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    equipment_mass_kg: int = 0
    oxygen_flow_lpm: float = 0.0
    oxygen_reserve: float = 0.5
    is_stretcher: bool = True
    escorts: int = 0
    max_cabin_altitude_ft: int | None = None
    is_acute_care: bool = False
    conditions: tuple[str, ...] = ()
    awaits_approval: bool = False
    patient_mass_kg: int | None = None


class GroundFacts(Struct, frozen=True, kw_only=True):
    """
    A journey by road with the patient, before (`is_pickup`) or after a leg.

    `minutes` are from bed to blocks or back: loading and waiting beside the aircraft included.
    """

    leg: int
    is_pickup: bool
    minutes: float


class WorksheetFacts(Struct, frozen=True, kw_only=True):
    """The flight risk worksheet; a signature holds for the plan it was given for."""

    score: int
    threshold: int
    template_version: int
    is_complete: bool
    plan_hash: str
    signed_by: str = ""
    signed_by_id: int | None = None
    signed_at: datetime | None = None
    approved_by: str = ""
    approved_at: datetime | None = None


class ServiceFacts(Struct, frozen=True, kw_only=True):
    """Something arranged on the ground."""

    kind: str
    status: str
    leg: int | None = None
    airport: str = ""
    fbo_id: int | None = None
    is_required: bool = True
    needs_recheck: bool = False
    recheck_because: str = ""


class PassengerFacts(Struct, frozen=True, kw_only=True):
    """Somebody on the manifest, without a name; `legs` by their place in the trip."""

    legs: tuple[int, ...]
    role: str = "passenger"
    mass_kg: int | None = None
    baggage_kg: int = 0


class EvidenceFacts(Struct, frozen=True, kw_only=True):
    """A named person's word that something is there; `leg` None holds for the whole trip."""

    kind: str
    reference: str
    recorded_by: str
    recorded_at: datetime
    leg: int | None = None
    details: dict[str, Any] = {}


class OpsSpecFacts(Struct, frozen=True, kw_only=True):
    """A paragraph of the operations specifications."""

    code: str
    issued_on: date
    expires_on: date | None = None


class TaxFacts(Struct, frozen=True, kw_only=True):
    """What the price says of a tax that was not taken on one leg."""

    leg: int | None
    code: str
    is_exempt: bool
    evidence: str = ""
