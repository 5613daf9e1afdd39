"""Facts about the flights of a trip and where they begin and end. Values only."""

from datetime import datetime

from msgspec import Struct

from airports.queries.conditions import WeatherFacts

# Statuses in which a leg has not taken off yet.
AHEAD = ("scheduled", "released", "out")


class RunwayEndFacts(Struct, frozen=True):
    """One direction of a runway; `true_deg` is the way it is flown, None when nobody knows."""

    ident: str
    true_deg: float | None


class RunwayFacts(Struct, frozen=True, kw_only=True):
    """
    A runway in use; `surface` is one of the groups that performance data tell apart.

    `displaced_m` is how far in the more displaced of its two thresholds lies.
    """

    runway_id: int
    length_m: float | None
    displaced_m: float = 0.0
    surface: str | None
    is_lighted: bool | None
    ends: tuple[RunwayEndFacts, ...] = ()


class AirportFacts(Struct, frozen=True, kw_only=True):
    """
    An aerodrome as the trip knows it; elevation in ft above the sea.

    `variation_deg` is the magnetic variation, east positive, worked out from runways of which both
    the true bearing and the (magnetic) number are known; None where there is none.
    """

    airport_id: int
    ident: str
    name: str
    country: str
    region: str
    timezone: str
    lat: float
    lon: float
    elevation_ft: int | None = None
    kind: str = ""
    is_controlled: bool | None = None
    variation_deg: float | None = None
    runways: tuple[RunwayFacts, ...] = ()


class LegFacts(Struct, frozen=True, kw_only=True):
    """
    One flight of the trip, as planned or as now expected; times are UTC.

    Minima are what the approach needs: ceilings in ft above the aerodrome, visibilities in m.
    Fuel is in kg: `fuel_kg` for the flight itself, `fuel_on_board_kg` at off blocks. Distances to
    alternates are straight lines in NM. Weather is that of departure, arrival and alternates at
    the planned times one hour either way. `departure_hours` and `arrival_hours` say whether who
    handles the aircraft is there at the time on blocks, the towers whether they work at that on the
    runway: open, on_request, closed or unknown.
    """

    sequence: int
    kind: str
    origin: str
    destination: str
    out_at: datetime
    off_at: datetime
    on_at: datetime
    in_at: datetime
    distance_nm: float
    has_patient: bool = False
    passengers: int = 0
    is_acute_care: bool = False
    leg_id: int | None = None
    status: str = "scheduled"
    is_technical_stop: bool = False
    is_ifr: bool = True
    departure: AirportFacts | None = None
    arrival: AirportFacts | None = None
    alternate: AirportFacts | None = None
    takeoff_alternate: AirportFacts | None = None
    is_night_departure: bool | None = None
    is_night_arrival: bool | None = None
    departure_hours: str = "unknown"
    arrival_hours: str = "unknown"
    departure_tower: str = "unknown"
    arrival_tower: str = "unknown"
    departure_weather: WeatherFacts | None = None
    arrival_weather: WeatherFacts | None = None
    alternate_weather: WeatherFacts | None = None
    runway_id: int | None = None
    flight_min: float = 0.0
    payload_kg: float = 0.0
    fuel_kg: float = 0.0
    fuel_on_board_kg: float | None = None
    alternate_nm: float | None = None
    takeoff_alternate_nm: float | None = None
    min_ceiling_ft: int | None = None
    min_visibility_m: int | None = None
    circling_ceiling_ft: int | None = None
    alternate_ceiling_ft: int | None = None
    alternate_visibility_m: int | None = None
    alternate_navaids: int | None = None
    landing_distance_m: float | None = None

    @property
    def is_ahead(self) -> bool:
        """It has not taken off yet, so that weather and papers can still stop it."""
        return self.status in AHEAD

    @property
    def is_commercial(self) -> bool:
        """Flown under part 135: with patient or passengers. Positioning is flown under part 91."""
        return self.kind == "live"

    @property
    def is_night(self) -> bool | None:
        """By day only when both ends are known to be in daylight or civil twilight."""
        if self.is_night_departure or self.is_night_arrival:
            return True
        known = self.is_night_departure is not None and self.is_night_arrival is not None
        return False if known else None

    @property
    def is_international(self) -> bool | None:
        """Between two countries; None when one of them is not known."""
        if self.departure is None or self.arrival is None:
            return None
        if not (self.departure.country and self.arrival.country):
            return None
        return self.departure.country != self.arrival.country

    @property
    def label(self) -> str:
        return f"Leg {self.sequence} {self.origin}-{self.destination}"
