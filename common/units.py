"""Exact conversion factors. Multiply by the factor to reach the SI unit; divide to come back."""

FT_M = 0.3048
NM_M = 1852.0
SM_M = 1609.344
KM_M = 1000.0
MPH_MS = 0.44704
KT_MS = 1852.0 / 3600.0
KMH_MS = 1000.0 / 3600.0
LB_KG = 0.45359237
INHG_HPA = 33.8638866667


def feet_to_metres(value_ft: float) -> float:
    """Convert feet to metres (1 ft = 0.3048 m exactly)."""
    return value_ft * FT_M


def metres_to_feet(value_m: float) -> float:
    """Convert metres to feet (1 ft = 0.3048 m exactly)."""
    return value_m / FT_M


def knots_to_ms(value_kt: float) -> float:
    """Convert knots to metres per second (1 kt = 1852/3600 m/s)."""
    return value_kt * KT_MS


def fahrenheit_to_celsius(value_f: float) -> float:
    """Convert degrees Fahrenheit to degrees Celsius."""
    return (value_f - 32.0) / 1.8
