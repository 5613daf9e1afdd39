"""Heights with a datum: whether a flight's band and a volume of air can meet."""

import math
from typing import Literal

from msgspec import Struct

Meeting = Literal["overlap", "clear", "unknown"]

# How far a flight level may lie from the same figure above mean sea level: the standard atmosphere
# against a QNH between 945 and 1,050 hPa (about 27 ft for each hPa).
PRESSURE_MARGIN_M = 600.0


class HeightBand(Struct, frozen=True, kw_only=True):
    """
    The heights a flight uses: above the ground, and the ground's height where it is known.

    Terrain is the lowest and highest ground under the area, metres above mean sea level.
    """

    floor_agl_m: float
    ceiling_agl_m: float
    terrain_min_m: float | None = None
    terrain_max_m: float | None = None

    @property
    def is_terrain_known(self) -> bool:
        return self.terrain_min_m is not None and self.terrain_max_m is not None


class Limit(Struct, frozen=True):
    """A vertical limit as published: metres with their datum; SFC and UNL carry no number."""

    datum: str
    height_m: float | None


def meeting(band: HeightBand, floor: Limit, ceiling: Limit) -> Meeting:
    """
    Say whether the band meets a volume; touching counts.

    `clear` only when that is certain. Heights above mean sea level cannot be compared with heights
    above ground of unknown elevation: then `unknown`, which a decision must treat as a meeting.
    """
    below = _is_below(band, floor)
    above = _is_above(band, ceiling)
    if below is True or above is True:
        return "clear"
    return "unknown" if below is None or above is None else "overlap"


def base_above_top_m(band: HeightBand, floor: Limit) -> float | None:
    """How far the volume's base is above the band's top, in metres; None when unknown."""
    if floor.datum == "SFC":
        return -band.ceiling_agl_m
    if floor.datum == "AGL" and floor.height_m is not None:
        return floor.height_m - band.ceiling_agl_m
    if floor.datum == "AMSL" and floor.height_m is not None and band.terrain_max_m is not None:
        return floor.height_m - (band.terrain_max_m + band.ceiling_agl_m)
    return None


def _is_below(band: HeightBand, floor: Limit) -> bool | None:
    """The whole band is under the floor; None when nobody can tell."""
    if floor.datum == "SFC":
        return False
    if floor.height_m is None:
        return None
    if floor.datum == "AGL":
        return band.ceiling_agl_m < floor.height_m
    margin = PRESSURE_MARGIN_M if floor.datum == "FL" else 0.0
    if band.terrain_max_m is None:
        return None
    return band.terrain_max_m + band.ceiling_agl_m < floor.height_m - margin


def _is_above(band: HeightBand, ceiling: Limit) -> bool | None:
    """The whole band is over the ceiling; None when nobody can tell."""
    height_m = {"UNL": math.inf, "SFC": 0.0}.get(ceiling.datum, ceiling.height_m)
    if height_m is None:
        return None
    if ceiling.datum in ("UNL", "SFC", "AGL"):
        return band.floor_agl_m > height_m
    margin = PRESSURE_MARGIN_M if ceiling.datum == "FL" else 0.0
    if band.terrain_min_m is None:
        return None
    return band.terrain_min_m + band.floor_agl_m > height_m + margin
