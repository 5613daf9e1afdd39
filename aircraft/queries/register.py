"""What CASA's register says of our aircraft otherwise than we do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aircraft.casa_files import NATIONALITY, RegisterRow, full_mark
from aircraft.models import Aircraft

# The register has parts of a kilogram, we have none.
LEAST_KG = 1


@dataclass(frozen=True)
class Difference:
    """
    One thing on which we and the register differ.

    `is_safe`: the register decides it, and what it says of the airframe is otherwise ours.
    """

    tail_number: str
    field: str
    ours: str
    register: str
    is_safe: bool = False


def australian_tails() -> list[Aircraft]:
    """Our aircraft that CASA registers and that are not retired, by tail number; 1 query."""
    rows = Aircraft.objects.not_retired().filter(tail_number__istartswith=NATIONALITY)
    return list(rows.select_related("aircraft_type", "base").order_by("tail_number"))


def differences(aircraft: Aircraft, rows: Mapping[str, RegisterRow]) -> list[Difference]:
    """Registration, serial number, type, take-off mass and expiry of one aircraft."""
    row = rows.get(full_mark(aircraft.tail_number))
    if row is None:
        return [_differs(aircraft, "registration", "on the fleet", "not on the register")]
    found = []
    if row.suspension:
        found.append(_differs(aircraft, "registration", "on the fleet", row.suspension))
    if row.serial != " ".join(aircraft.serial_number.split()):
        found.append(_differs(aircraft, "serial_number", aircraft.serial_number, row.serial))
    designator = aircraft.aircraft_type.designator
    if row.designator != designator:
        found.append(_differs(aircraft, "aircraft_type", designator, row.designator))
    if row.mtow_kg is None or abs(row.mtow_kg - aircraft.mtow_kg) >= LEAST_KG:
        found.append(_differs(aircraft, "mtow_kg", aircraft.mtow_kg, row.mtow_kg))
    ours, theirs = aircraft.registration_expires_on, row.expires_on
    if theirs is not None and theirs != ours:
        doubted = {"registration", "serial_number", *(["aircraft_type"] if row.designator else [])}
        is_safe = doubted.isdisjoint(each.field for each in found)
        found.append(_differs(aircraft, "registration_expires_on", ours, theirs, is_safe=is_safe))
    return found


def _differs(
    aircraft: Aircraft, field: str, ours: Any, theirs: Any, *, is_safe: bool = False
) -> Difference:
    said = [f"{value}" if value not in (None, "") else "nothing" for value in (ours, theirs)]
    return Difference(aircraft.tail_number, field, said[0], said[1], is_safe=is_safe)
