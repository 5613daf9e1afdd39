"""Stored airports with runways and stored aircraft, for tests of the option search."""

from typing import Any

from airports.models import Airport
from common.geo import point
from tests.airports.factories import AirportFactory, RunwayFactory
from tests.operations.planning.worlds import POSITIONS


def airport(ident: str, **more: Any) -> Airport:
    """A real airport with one long, paved and lit runway; `runway` changes that, None for none."""
    lat, lon, zone = POSITIONS[ident]
    runway = more.pop("runway", {})
    row = AirportFactory(
        **{
            "ident": ident,
            "icao": ident,
            "name": f"{ident} Field",
            "kind": "large_airport",
            "point": point(lat=lat, lon=lon),
            "elevation_ft": 500,
            "timezone": zone,
            "country": "US",
            **more,
        }
    )
    if runway is not None:
        RunwayFactory(
            airport=row, **{"length_ft": 8000, "surface": "ASP", "is_lighted": True, **runway}
        )
    return row
