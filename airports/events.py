from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class WeatherReported(Event):
    """New METARs or TAFs were stored."""

    name: ClassVar[str] = "airports.weather_reported"
    report_ids: list[int]
    stations: list[str]


@dataclass(frozen=True, kw_only=True)
class AirspaceChanged(Event):
    """Airspace was added, changed or retired."""

    name: ClassVar[str] = "airports.airspace_changed"
    restriction_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class AirportsChanged(Event):
    """Aerodromes were added, changed or dropped by an import; `idents` at most a thousand."""

    name: ClassVar[str] = "airports.airports_changed"
    source: str
    idents: list[str]
    change_count: int
