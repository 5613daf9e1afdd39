"""Vertical limits as they are written in airspace files, e.g. `FL125`, `4500ft AMSL`, `SFC`."""

import math
import re

from airports.airspace_files.parsed import PublishedLimit
from airports.heights import Limit
from common.units import FT_M

_LEVEL = re.compile(r"FL\s*(\d{1,3})")
_HEIGHT = re.compile(
    r"(-?\d{1,6}(?:\.\d+)?)\s*(FT|F|M|METER|METERS|METRES)?\.?\s*"
    r"(AMSL|MSL|ALT|AGL|GND|SFC|ASFC|STD)?\s*(FT)?"
)
_SURFACE = frozenset({"SFC", "GND", "GROUND", "SURFACE", "0"})
_UNLIMITED = re.compile(r"(UNL|UNLTD|UNLIM|UNLIMITED)( FT)?")
_ABOVE_GROUND = frozenset({"AGL", "GND", "SFC", "ASFC"})
FEET_IN_LEVEL = 100


def read_floor(text: str) -> PublishedLimit:
    """Read a lower limit. What cannot be read counts as the surface: nothing is cleared by it."""
    return _read(text, unreadable="SFC")


def read_ceiling(text: str) -> PublishedLimit:
    """Read an upper limit. What cannot be read counts as unlimited."""
    return _read(text, unreadable="UNL")


def height(value: float, *, unit: str, datum: str) -> Limit:
    """
    A height given as number, unit (`FT` or `M`) and datum; zero above ground is the surface.

    Raises ValueError for one that is not finite: above an infinite floor everything would be clear.
    """
    if not math.isfinite(value):
        raise ValueError("a height is not a finite number")
    metres = round(value * FT_M if unit == "FT" else value, 2)
    if datum == "AGL" and metres <= 0:
        return Limit("SFC", None)
    return Limit(datum, metres)


def _read(text: str, *, unreadable: str) -> PublishedLimit:
    words = " ".join(text.upper().split())
    if "NOTAM" in words:
        return PublishedLimit(Limit(unreadable, None), text, is_by_notam=True)
    if words in _SURFACE:
        return PublishedLimit(Limit("SFC", None), text)
    if _UNLIMITED.fullmatch(words):
        return PublishedLimit(Limit("UNL", None), text)
    level = _LEVEL.fullmatch(words)
    if level:
        feet = int(level[1]) * FEET_IN_LEVEL
        return PublishedLimit(height(feet, unit="FT", datum="FL"), text)
    match = _HEIGHT.fullmatch(words)
    if match is None:
        return PublishedLimit(Limit(unreadable, None), text, is_readable=False)
    unit = "M" if (match[2] or "").startswith("M") else "FT"
    return PublishedLimit(height(float(match[1]), unit=unit, datum=_datum(match[3])), text)


def _datum(word: str | None) -> str:
    if word in _ABOVE_GROUND:
        return "AGL"
    return "FL" if word == "STD" else "AMSL"
