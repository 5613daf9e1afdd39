"""Exact conversion factors. Multiply by the factor to reach the SI unit; divide to come back."""

FT_M = 0.3048
NM_M = 1852.0
MPH_MS = 0.44704
KT_MS = 1852.0 / 3600.0
KMH_MS = 1000.0 / 3600.0
INHG_HPA = 33.8638866667


def knots_to_ms(value_kt: float) -> float:
    """Convert knots to metres per second (1 kt = 1852/3600 m/s)."""
    return value_kt * KT_MS
