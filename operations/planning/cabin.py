"""Cabin altitude by the standard atmosphere (ICAO Doc 7488): feet and hectopascals."""

import math

SEA_LEVEL_HPA = 1013.25
TROPOPAUSE_FT = 36_089.24
_TROPOPAUSE_HPA = 226.3206
_LAPSE_PER_FT = 6.8755856e-6
_EXPONENT = 5.2558797
_SCALE_FT = 20_805.8


def pressure_hpa(altitude_ft: float) -> float:
    """Pressure at a pressure altitude, up to 65,000 ft."""
    if altitude_ft <= TROPOPAUSE_FT:
        return float(SEA_LEVEL_HPA * (1 - _LAPSE_PER_FT * altitude_ft) ** _EXPONENT)
    return _TROPOPAUSE_HPA * math.exp((TROPOPAUSE_FT - altitude_ft) / _SCALE_FT)


def altitude_ft(pressure: float) -> float:
    """The pressure altitude of a pressure in hPa."""
    if pressure >= _TROPOPAUSE_HPA:
        return float((1 - (pressure / SEA_LEVEL_HPA) ** (1 / _EXPONENT)) / _LAPSE_PER_FT)
    return TROPOPAUSE_FT + _SCALE_FT * math.log(_TROPOPAUSE_HPA / pressure)


def highest_flight_ft(
    limit_ft: float, *, is_pressurized: bool, cabin_hpa: float | None
) -> float | None:
    """
    How high one may fly to keep the cabin at or below a limit; None where nobody knows.

    `cabin_hpa` is the greatest difference of pressure the cabin holds.
    """
    if not is_pressurized:
        return limit_ft
    if cabin_hpa is None:
        return None
    outside_hpa = pressure_hpa(limit_ft) - cabin_hpa
    # So strong a cabin holds the limit at any height.
    return altitude_ft(outside_hpa) if outside_hpa > pressure_hpa(65_000) else math.inf
