"""How much oxygen a patient needs. Pure; our own formula, checked by whoever reviews the flight."""

from decimal import ROUND_CEILING, Decimal

Number = Decimal | float


def oxygen_needed(
    *, flow_lpm: Number, care_min: Number, reserve: Number = Decimal("0.50")
) -> Decimal:
    """
    Whole liters of free gas to carry: flow (l/min) x minutes of care x (1 + reserve), rounded up.

    `care_min` runs from taking the patient over to handing over, roads and ground times included;
    `reserve` is a fraction: 0.5 is half as much again. What binary fractions add beyond a
    millionth is no oxygen. Our formula, not a regulation's. Raises ValueError for negative values.
    """
    if flow_lpm < 0 or care_min < 0 or reserve < 0:
        raise ValueError("Flow, minutes and reserve are not negative.")
    flow, minutes, more = (round(Decimal(value), 6) for value in (flow_lpm, care_min, reserve))
    return (flow * minutes * (1 + more)).to_integral_value(ROUND_CEILING)
