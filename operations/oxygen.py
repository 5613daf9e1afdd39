"""How much oxygen a patient needs. Pure; our own formula, checked by whoever reviews the flight."""

from decimal import ROUND_CEILING, Decimal


def oxygen_needed(
    *, flow_lpm: Decimal, care_min: int, reserve: Decimal = Decimal("0.50")
) -> Decimal:
    """
    Liters of free gas to carry: flow (l/min) x minutes of care x (1 + reserve), rounded up.

    `care_min` runs from taking the patient over to handing over, roads and ground times included;
    `reserve` is a fraction: 0.5 is half as much again. Our formula, not a regulation's. Raises
    ValueError for negative values.
    """
    if flow_lpm < 0 or care_min < 0 or reserve < 0:
        raise ValueError("Flow, minutes and reserve are not negative.")
    liters = flow_lpm * care_min * (1 + reserve)
    return liters.to_integral_value(ROUND_CEILING)
