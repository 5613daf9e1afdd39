"""
How much oxygen a patient needs. Pure; our own formula, checked by whoever reviews the flight.

One meaning for the plan, its price and the rule: the patient breathes from the aircraft's fitting
from bed to bed, all flights of a journey together, unless it is filled again under way. Nothing is
taken for filled again but what somebody confirmed.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

Number = Decimal | float
# From the vehicle into the aircraft or back, where no road says how long it takes.
LOADING_MIN = 20.0


class Flight(Struct, frozen=True, kw_only=True):
    """
    One flight as oxygen counts it, from blocks to blocks.

    The minutes by road are those from the bed to off blocks, and from on blocks to the bed; None
    where no road is known. It is filled again at either end where that is confirmed.
    """

    out_at: datetime
    in_at: datetime
    has_patient: bool
    to_aircraft_min: float | None = None
    from_aircraft_min: float | None = None
    is_filled_before: bool = False
    is_filled_after: bool = False


def care_minutes(flights: Sequence[Flight], *, loading_min: float = LOADING_MIN) -> float:
    """
    The most minutes that the patient breathes from one filling of the aircraft's oxygen.

    Between two flights on end without a road the patient waits on board, and a filling there comes
    at the end of the wait.
    """
    most = since = 0.0
    before: Flight | None = None
    for number, flight in enumerate(flights):
        stays = before is not None and _waits_on_board(before, flight)
        if stays and before is not None:
            since += _minutes(before.in_at, flight.out_at)
        if flight.is_filled_before or (before is not None and before.is_filled_after):
            most, since = max(most, since), 0.0
        before = flight
        if not flight.has_patient:
            continue
        since += _minutes(flight.out_at, flight.in_at)
        if not stays:
            since += _or(flight.to_aircraft_min, loading_min)
        after = flights[number + 1] if number + 1 < len(flights) else None
        if after is None or not _waits_on_board(flight, after):
            since += _or(flight.from_aircraft_min, loading_min)
    return max(most, since)


def oxygen_needed(
    *, flow_lpm: Number, care_min: Number, reserve: Number = Decimal("0.50")
) -> Decimal:
    """
    Whole liters of free gas to carry: flow (l/min) x minutes of care x (1 + reserve), rounded up.

    `care_min` is what `care_minutes` says; `reserve` is a fraction: 0.5 is half as much again. What
    binary fractions add beyond a millionth is no oxygen. Our formula, not a regulation's. Raises
    ValueError for negative values.
    """
    if flow_lpm < 0 or care_min < 0 or reserve < 0:
        raise ValueError("Flow, minutes and reserve are not negative.")
    flow, minutes, more = (round(Decimal(value), 6) for value in (flow_lpm, care_min, reserve))
    return (flow * minutes * (1 + more)).to_integral_value(ROUND_CEILING)


def _waits_on_board(before: Flight, after: Flight) -> bool:
    """Whether the patient stays with the aircraft between two flights on end."""
    is_by_road = before.from_aircraft_min is not None or after.to_aircraft_min is not None
    return before.has_patient and after.has_patient and not is_by_road


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def _or(known: float | None, assumed: float) -> float:
    return assumed if known is None else known
