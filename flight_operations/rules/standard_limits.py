"""The standard operating conditions as plain limits (CASR 101.238), without approvals."""

from flight_operations.facts.operation import OperationFacts
from flight_operations.models import SightMode
from flight_operations.rules.basis import figure, highest_m

HEIGHT_M = 120.0
HEIGHT_EXACT_M = 121.92
PEOPLE_M = 30.0
CONSENT_M = 15.0


def standard_breaches(facts: OperationFacts) -> tuple[list[str], str]:
    """
    List the standard conditions the plan breaks, and name the first input nobody knows.

    Excluded operations must keep all of them; no approval counts for those.
    """
    if facts.is_enclosed:
        return [], ""
    height = highest_m(facts)
    known: list[tuple[str, bool | None, str]] = [
        (
            "The planned height",
            None if height is None else height > HEIGHT_EXACT_M,
            f"{figure(height or 0)} m is above 120 m",
        ),
        (
            "The distance to people",
            _is_below(facts.min_distance_people_m, PEOPLE_M),
            f"{figure(facts.min_distance_people_m or 0)} m to people is under 30 m",
        ),
        ("Whether the area is populous", facts.is_over_populous_area, "it is over a populous area"),
        ("The daylight", _is_night(facts), "it is at night"),
        ("The number of aircraft per pilot", _is_several(facts), "one pilot flies several"),
        ("The line of sight", facts.sight_mode != SightMode.VLOS, "it is not flown in sight"),
    ]
    faults = [fault for _, is_broken, fault in known if is_broken]
    unknown = next((name for name, is_broken, _ in known if is_broken is None), "")
    return faults, unknown


def _is_below(value: float | None, limit: float) -> bool | None:
    return None if value is None else value < limit


def _is_night(facts: OperationFacts) -> bool | None:
    return None if facts.daylight is None else not facts.daylight.is_within_civil_twilight


def _is_several(facts: OperationFacts) -> bool | None:
    return None if facts.aircraft_per_pilot is None else facts.aircraft_per_pilot > 1
