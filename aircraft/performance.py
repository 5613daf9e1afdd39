"""
How long a leg takes, what it burns and how far a payload goes. Values only: no database, no clock.

Distances in NM, speeds in kt, altitudes in ft, weights in kg, times in minutes. A wind component is
positive from behind.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

MINUTES_PER_HOUR = 60.0
Preference = Literal["fastest", "least_fuel"]


class WindTooStrong(ValueError):
    """The wind against is as strong as the aircraft is fast."""


class NoSuchAltitude(ValueError):
    """No band of the aircraft holds that altitude."""


class Band(Struct, frozen=True, kw_only=True):
    """Cruise between two altitudes, the upper one excluded, and the cost of climb and descent."""

    floor_ft: int
    ceiling_ft: int
    cruise_ktas: float
    burn_kg_h: float
    climb_allowance_min: float = 0.0
    climb_allowance_kg: float = 0.0
    descent_allowance_min: float = 0.0
    descent_allowance_kg: float = 0.0


class RangePoint(Struct, frozen=True):
    """One corner of a payload-range diagram: still air, reserve kept."""

    payload_kg: float
    range_nm: float


class Ground(Struct, frozen=True, kw_only=True):
    """What a leg costs on the ground, and what must be left on landing."""

    taxi_min: float = 0.0
    taxi_fuel_kg: float = 0.0
    reserve_min: float = 0.0


class LegPerformance(Struct, frozen=True, kw_only=True):
    """
    One leg at one altitude.

    Block time is from off blocks to on blocks, flight time from wheels off to wheels on. Required
    fuel is trip fuel with taxi and the reserve at cruise burn.
    """

    distance_nm: float
    floor_ft: int
    ceiling_ft: int
    ground_speed_kt: float
    block_min: float
    flight_min: float
    trip_fuel_kg: float
    reserve_fuel_kg: float
    required_fuel_kg: float
    still_air_nm: float


def band_at(bands: Sequence[Band], altitude_ft: float) -> Band:
    """The band that holds an altitude. Raises NoSuchAltitude."""
    for band in bands:
        if band.floor_ft <= altitude_ft < band.ceiling_ft:
            return band
    raise NoSuchAltitude(f"{altitude_ft:g} ft is in no altitude band of the aircraft")


def fly_at(band: Band, *, distance_nm: float, wind_kt: float, ground: Ground) -> LegPerformance:
    """
    Time and fuel of a leg in one band: the whole distance at cruise, allowances on top.

    Raises WindTooStrong when the ground speed would not be positive.
    """
    speed_kt = band.cruise_ktas + wind_kt
    if speed_kt <= 0:
        raise WindTooStrong(f"{-wind_kt:g} kt against {band.cruise_ktas:g} kt")
    cruise_h = distance_nm / speed_kt
    allowance_min = band.climb_allowance_min + band.descent_allowance_min
    flight_min = cruise_h * MINUTES_PER_HOUR + allowance_min
    allowance_kg = band.climb_allowance_kg + band.descent_allowance_kg
    trip_kg = cruise_h * band.burn_kg_h + allowance_kg + ground.taxi_fuel_kg
    reserve_kg = band.burn_kg_h * ground.reserve_min / MINUTES_PER_HOUR
    return LegPerformance(
        distance_nm=distance_nm,
        floor_ft=band.floor_ft,
        ceiling_ft=band.ceiling_ft,
        ground_speed_kt=speed_kt,
        block_min=flight_min + ground.taxi_min,
        flight_min=flight_min,
        trip_fuel_kg=trip_kg,
        reserve_fuel_kg=reserve_kg,
        required_fuel_kg=trip_kg + reserve_kg,
        still_air_nm=distance_nm * band.cruise_ktas / speed_kt,
    )


def fly_leg(
    bands: Sequence[Band],
    *,
    distance_nm: float,
    wind_kt: float = 0.0,
    altitude_ft: float | None = None,
    prefer: Preference = "fastest",
    ground: Ground | None = None,
) -> LegPerformance:
    """
    Time and fuel of a leg at an altitude, or at the best one when none is given.

    Raises NoSuchAltitude (also for an aircraft without bands) and WindTooStrong (in every band).
    """
    on_ground = ground or Ground()
    if altitude_ft is not None:
        band = band_at(bands, altitude_ft)
        return fly_at(band, distance_nm=distance_nm, wind_kt=wind_kt, ground=on_ground)
    flown = fly_each(bands, distance_nm=distance_nm, wind_kt=wind_kt, ground=on_ground)
    return min(flown, key=lambda leg: _order(leg, prefer))


def fly_each(
    bands: Sequence[Band], *, distance_nm: float, wind_kt: float, ground: Ground
) -> list[LegPerformance]:
    """
    A leg in every band that is faster than the wind, quickest first.

    Raises NoSuchAltitude without bands and WindTooStrong when none is fast enough.
    """
    if not bands:
        raise NoSuchAltitude("the aircraft has no altitude bands")
    usable = [band for band in bands if band.cruise_ktas + wind_kt > 0]
    if not usable:
        raise WindTooStrong(f"{-wind_kt:g} kt against every cruising speed")
    flown = [
        fly_at(band, distance_nm=distance_nm, wind_kt=wind_kt, ground=ground) for band in usable
    ]
    return sorted(flown, key=lambda leg: _order(leg, "fastest"))


def range_nm_with(points: Sequence[RangePoint], payload_kg: float) -> float | None:
    """
    Still-air range with a payload, straight lines between the corners of the diagram.

    Below the lightest corner its range holds. None when there is no diagram or the payload is
    heavier than its last corner.
    """
    corners = sorted(points, key=lambda corner: corner.payload_kg)
    if not corners or payload_kg > corners[-1].payload_kg:
        return None
    if payload_kg <= corners[0].payload_kg:
        return corners[0].range_nm
    for low, high in pairwise(corners):
        if payload_kg <= high.payload_kg:
            part = (payload_kg - low.payload_kg) / (high.payload_kg - low.payload_kg)
            between = low.range_nm + part * (high.range_nm - low.range_nm)
            # Rounding must not lead out of the interval.
            return min(max(between, high.range_nm), low.range_nm)
    return None


def is_falling(points: Sequence[RangePoint]) -> bool:
    """Whether more payload never goes farther, as in any payload-range diagram."""
    corners = sorted(points, key=lambda corner: corner.payload_kg)
    pairs = pairwise(corners)
    return all(after.range_nm <= before.range_nm for before, after in pairs)


def _order(leg: LegPerformance, prefer: Preference) -> tuple[float, float, int]:
    if prefer == "least_fuel":
        return leg.trip_fuel_kg, leg.block_min, leg.floor_ft
    return leg.block_min, leg.trip_fuel_kg, leg.floor_ft
