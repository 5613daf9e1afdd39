"""One question to one rule of the gate, and the color of the answer at release and planning."""

from typing import Any, NamedTuple

from msgspec.structs import replace

from common.compliance.findings import Color
from tests.operations.gate.green import (
    CABIN,
    GOOD,
    GREEN,
    LEG,
    MEDICAL,
    live,
    place,
    sky,
    trip,
    wx,
)

OK, AMBER, RED, SILENT = Color.GREEN, Color.AMBER, Color.RED, None
SHEET = GREEN.worksheet
VFR = {"is_ifr": False}
NIGHT = {"is_night_departure": True, "is_night_arrival": True}
SM = 1609.344


class Case(NamedTuple):
    """`planning` says what is answered while planning where that is another color."""

    code: str
    facts: Any
    expected: Color | None
    planning: Color | str | None = "same"


def unknown(code: str, facts: Any) -> Case:
    """A missing input: amber while planning, red at release (C-UNKNOWN)."""
    return Case(code, facts, RED, AMBER)


def ends(weather: Any, **more: Any) -> dict[str, Any]:
    return {"departure_weather": weather, "arrival_weather": weather, **more}


def to(weather: Any, **more: Any) -> Any:
    return live(arrival_weather=weather, **more)


def cabin(**more: Any) -> Any:
    return trip(cabin=replace(CABIN, **more))


def medical(**more: Any) -> Any:
    return trip(medical=replace(MEDICAL, **more))


def sheet(**more: Any) -> Any:
    return trip(worksheet=replace(SHEET, **more))


def gust(direction: int, speed: float, gusts: float | None = None, **more: Any) -> Any:
    said = replace(
        GOOD, wind_direction_deg=direction, wind_speed_kt=speed, wind_gust_kt=gusts, **more
    )
    return live(**ends(wx(said)))


def airport(**more: Any) -> Any:
    runway = replace(LEG.arrival.runways[0], **more)
    return live(arrival=place("KBBB", 2, runways=(runway,)))


def falling(*groups: str, **more: Any) -> Any:
    return wx(replace(GOOD, weather=groups), **more)


ALT = place("KCCC", 3)
ALTERNATE = {
    "alternate": ALT,
    "alternate_nm": 60.0,
    "alternate_weather": wx(),
    "alternate_ceiling_ft": 300,
    "alternate_visibility_m": 1600,
    "alternate_navaids": 1,
}
POOR = wx(sky(1200))
MISSING_WEATHER = (
    "FAR-135.217",
    "FAR-135.219",
    "FAR-135.225",
    "WX-XWIND",
    "WX-TAILW",
    "WX-ICE",
    "WX-TS",
    "WX-AGE",
    "WX-STN",
)
