"""
The plan of a journey as values: what is priced, judged, sent and booked.

Times are UTC, distances NM, weights kg, durations minutes. Stored as JSON on a quote version, so a
field is only ever added, with a default.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Kind = Literal["positioning", "live"]


class Place(Struct, frozen=True, kw_only=True):
    """An airport as the plan knew it."""

    airport_id: int
    ident: str
    name: str
    country: str
    region: str
    timezone: str
    lat: float
    lon: float


class PlannedLeg(Struct, frozen=True, kw_only=True):
    """
    One flight from blocks to blocks.

    `is_technical_stop` means that it ends in a landing for fuel only: patient and passengers stay
    on board and fly on. `wind_kt` is the component along the track, positive from behind.
    """

    sequence: int
    kind: Kind
    origin: Place
    destination: Place
    out_at: datetime
    off_at: datetime
    on_at: datetime
    in_at: datetime
    distance_nm: float
    wind_kt: float
    altitude_ft: int
    block_min: float
    flight_min: float
    fuel_kg: float
    required_fuel_kg: float
    payload_kg: float = 0.0
    is_technical_stop: bool = False
    has_patient: bool = False
    passengers: int = 0
    is_acute_care: bool = False
    requested_leg: int | None = None


class PlannedGround(Struct, frozen=True, kw_only=True):
    """A journey by road to (`is_pickup`) or from the aircraft of one leg."""

    leg: int
    is_pickup: bool
    contact_id: int | None
    place_name: str
    distance_km: float
    start_at: datetime
    end_at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """
    Something about the plan that somebody must know, such as a runway that is too short.

    `value` is what is so or needed, `limit` what would be allowed or is there.
    `subject` tells apart what has one code and one leg, such as the people on it.
    """

    code: str
    message: str
    leg: int | None = None
    is_blocking: bool = False
    value: float | str | None = None
    limit: float | str | None = None
    subject: str = ""


class AssumedWind(Struct, frozen=True, kw_only=True):
    """
    The wind aloft that a journey was planned with, and the flights to it: from where, degrees true.

    `leg` is the sequence of the leg asked for.
    """

    leg: int
    direction_deg: float
    speed_kt: float


class PlannedDuty(Struct, frozen=True, kw_only=True):
    """One duty of the crew as estimated, from report to release, over legs by sequence."""

    start_at: datetime
    end_at: datetime
    first_leg: int
    last_leg: int

    @property
    def minutes(self) -> float:
        return (self.end_at - self.start_at).total_seconds() / 60


class Itinerary(Struct, frozen=True, kw_only=True):
    """
    A whole journey with one aircraft, from its base back to it.

    `winds` and `team_rides` are what it was planned on, so that it can be planned so again: a leg
    without a wind in still air, a team that rides along to the bedside and back.
    """

    aircraft_id: int
    tail_number: str
    aircraft_type: str
    base: str
    legs: tuple[PlannedLeg, ...]
    ground: tuple[PlannedGround, ...] = ()
    findings: tuple[Finding, ...] = ()
    nights: int = 0
    crew_count: int = 2
    medical_count: int = 0
    oxygen_l: float = 0.0
    duties: tuple[PlannedDuty, ...] = ()
    winds: tuple[AssumedWind, ...] = ()
    team_rides: bool = False

    @property
    def start_at(self) -> datetime:
        return self.legs[0].out_at

    @property
    def end_at(self) -> datetime:
        return self.legs[-1].in_at
