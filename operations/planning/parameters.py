"""What the desk assumes where nobody said better: masses, minutes, roads; units in the names."""

from msgspec import Struct

from operations.oxygen import LOADING_MIN


class Parameters(Struct, frozen=True, kw_only=True):
    """
    The assumptions of one plan.

    `person_kg` is the heaviest standard mass of an adult with hand baggage in small aeroplanes
    (EASA AMC1 CAT.POL.MAB.100(d), 1-5 passenger seats): too heavy rather than too light. It stands
    for the patient too while nobody has said the mass. Crew and fitted equipment are part of an
    aircraft's basic weight.

    `turn_round_min` is the time on blocks between two flights, `fuel_stop_min` at a technical
    stop. `doubt_min` is how much longer a journey may take to stop where fuel and hours are on
    file rather than where they are not. The crew is on duty from `report_min` before the first
    departure until `release_min` after the last arrival; `rest_min` of rest end a duty, and
    `longest_duty_min` is what such rest within 24 hours leaves (14 CFR 135.267(d)). The crew rules
    judge the duties; here they are estimated.

    Roads are `road_factor` times the straight line, driven at `road_kmh`. `loading_min` is what it
    takes from the vehicle into the aircraft or back, `bedside_min` what a team takes that goes to
    fetch the patient.
    """

    person_kg: float = 104.0
    turn_round_min: float = 45.0
    fuel_stop_min: float = 40.0
    most_stops: int = 6
    doubt_min: float = 15.0
    report_min: float = 60.0
    release_min: float = 30.0
    rest_min: float = 600.0
    longest_duty_min: float = 840.0
    road_factor: float = 1.4
    road_kmh: float = 60.0
    loading_min: float = LOADING_MIN
    bedside_min: float = 45.0
