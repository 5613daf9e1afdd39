"""
The facts of aircraft and operators for many operations, in one prepared statement.

What rpas.queries gives, for the one caller that asks within 50 milliseconds; a test holds the two
against each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from msgspec import Struct

from common.statements import execute_prepared, raw_cursor
from flight_operations.facts.fleet_statement import SQL
from rpas.airworthiness import (
    AircraftFacts,
    BatteryFacts,
    ChangeFacts,
    DefectFacts,
    InspectionFacts,
    MaintenanceFacts,
    OperatorFacts,
    PartAFacts,
    RecentEntries,
    category_of,
    is_rain_tolerant,
)
from rpas.models.operator import SIGNIFICANT
from rpas.queries.airworthiness import RECENT_ENTRIES, AircraftDay, log_facts


class AircraftRow(Struct):
    """An aircraft with its papers, defects, maintenance, batteries and latest entries."""

    aircraft_id: int
    operator_id: int
    registration: str
    make: str
    model: str
    kind: str
    status: str
    empty_mass_kg: float
    mtow_kg: float
    registration_expires_on: date | None
    max_wind_ms: float | None
    min_temperature_c: float | None
    max_temperature_c: float | None
    ip_rating: str
    firmware_version: str
    max_speed_ms: float | None
    control_link_range_m: float | None
    has_position_lights: bool
    time_in_service_min: int
    cycles: int
    flights: int
    endurance_min: float | None
    brought_forward_min: int
    part_b_sequence: int
    part_b_hash: str
    log_fault: str
    part_a: PartAFacts | None
    defects: tuple[DefectFacts, ...]
    maintenance: tuple[MaintenanceFacts, ...]
    batteries: tuple[BatteryFacts, ...]
    recent: RecentEntries | None


_COPIED = tuple(
    name for name in AircraftRow.__struct_fields__ if name in AircraftFacts.__struct_fields__
)


class InspectionRow(Struct):
    """The latest daily inspection of one aircraft on one day."""

    aircraft_id: int
    sequence: int
    entry_on: date
    is_satisfactory: bool
    name: str
    arn: str
    findings: str


class OperatorRow(Struct):
    """An operator with its pending changes."""

    operator_id: int
    name: str
    arn: str
    timezone: str
    is_active: bool
    reoc_number: str | None
    reoc_issued_on: date | None
    reoc_expires_on: date | None
    scope_max_mass_kg: float | None
    scope_types: tuple[str, ...]
    scope_models: tuple[str, ...]
    insurance_expires_on: date | None
    operations_manual_ref: str
    job_safety_assessment_ref: str
    changes: tuple[ChangeFacts, ...]

    def facts(self, on: date) -> OperatorFacts:
        """The operator on one day; its posts are not among these rows."""
        return OperatorFacts(
            on=on, **{name: getattr(self, name) for name in self.__struct_fields__}
        )


class FleetRows(Struct):
    """Everything the one statement brought."""

    aircraft: tuple[AircraftRow, ...] = ()
    inspections: tuple[InspectionRow, ...] = ()
    operators: tuple[OperatorRow, ...] = ()


class Fleet(NamedTuple):
    """Aircraft by the day asked about, operators by key."""

    aircraft: Mapping[AircraftDay, AircraftFacts]
    operators: Mapping[int, OperatorRow]


_DECODER = msgspec.json.Decoder(FleetRows)


def gather_fleet(days: Sequence[AircraftDay], operators: Iterable[int]) -> Fleet:
    """One statement for any number of aircraft, days and operators."""
    rows = _fetch(days, sorted(set(operators)))
    aircraft = {row.aircraft_id: row for row in rows.aircraft}
    inspections = {(row.aircraft_id, row.entry_on): _inspection(row) for row in rows.inspections}
    return Fleet(
        aircraft={
            day: _aircraft(aircraft[day.aircraft_id], day, inspections)
            for day in days
            if day.aircraft_id in aircraft
        },
        operators={row.operator_id: row for row in rows.operators},
    )


def _fetch(days: Sequence[AircraftDay], operators: Sequence[int]) -> FleetRows:
    pairs = sorted({(day.aircraft_id, day.on) for day in days})
    with raw_cursor() as cursor:
        row = execute_prepared(
            cursor,
            SQL,
            [
                [aircraft for aircraft, _ in pairs],
                [on for _, on in pairs],
                list(operators),
                [kind.value for kind in SIGNIFICANT],
                RECENT_ENTRIES,
            ],
        ).fetchone()
    return _DECODER.decode(row[0]) if row else FleetRows()


def _aircraft(
    row: AircraftRow, day: AircraftDay, inspections: Mapping[tuple[int, date], InspectionFacts]
) -> AircraftFacts:
    return AircraftFacts(
        on=day.on,
        planned_min=day.planned_min,
        planned_cycles=day.planned_flights,
        planned_flights=day.planned_flights,
        category=category_of(row.mtow_kg).value,
        is_rain_tolerant=is_rain_tolerant(row.ip_rating),
        inspection=inspections.get((row.aircraft_id, day.on)),
        log=log_facts(row, row.recent),
        **{name: getattr(row, name) for name in _COPIED},
    )


def _inspection(row: InspectionRow) -> InspectionFacts:
    return InspectionFacts(
        sequence=row.sequence,
        entry_on=row.entry_on,
        is_satisfactory=row.is_satisfactory,
        name=row.name,
        arn=row.arn,
        findings=row.findings,
    )
