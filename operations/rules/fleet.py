"""The rules of the aircraft, asked for one trip (aircraft.rules over the nested facts)."""

from aircraft import rules as fleet_rules
from aircraft.rules.basis import CREWED_AIRCRAFT_RULES
from operations.rules.basis import aircraft_rule

__all__ = ["fleet_rules"]

for _code in CREWED_AIRCRAFT_RULES:
    aircraft_rule(_code)
