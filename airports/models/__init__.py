from airports.models.airport import Airport, AirportKind, ControlSource, Frequency, Runway
from airports.models.airspace import (
    Activity,
    AirspaceKind,
    AirspaceRestriction,
    Datum,
    RestrictedStatus,
    ZoneRestriction,
)
from airports.models.source import SourceState
from airports.models.weather import (
    CLOCK_TOLERANCE,
    OBSERVATIONS,
    TIME_UNKNOWN,
    FlightCategory,
    ReportKind,
    WeatherData,
    WeatherStation,
)

__all__ = [
    "CLOCK_TOLERANCE",
    "OBSERVATIONS",
    "TIME_UNKNOWN",
    "Activity",
    "Airport",
    "AirportKind",
    "AirspaceKind",
    "AirspaceRestriction",
    "ControlSource",
    "Datum",
    "FlightCategory",
    "Frequency",
    "ReportKind",
    "RestrictedStatus",
    "Runway",
    "SourceState",
    "WeatherData",
    "WeatherStation",
    "ZoneRestriction",
]
