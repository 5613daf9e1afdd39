"""The facts of many aircraft and operators, in a number of statements that does not grow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from rpas.airworthiness import (
    AircraftFacts,
    BatteryFacts,
    DefectFacts,
    InspectionFacts,
    LogFacts,
    MaintenanceFacts,
    PartAFacts,
    RecentEntries,
)
from rpas.models import (
    Battery,
    BatteryStatus,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    RPASAircraft,
)

RECENT_ENTRIES = 50
# Each aircraft's latest entries: their count, sums, head, and whether one was altered. Older ones
# are read by verify_technical_log; reading all of them for every assessment would grow with age.
_RECENT = """
    SELECT wanted.id, count(*), min((r.e).sequence), max((r.e).sequence),
           (array_agg((r.e).progressive_total_min - (r.e).time_in_service_min
                      ORDER BY (r.e).sequence))[1],
           sum((r.e).time_in_service_min),
           (array_agg((r.e).progressive_total_min ORDER BY (r.e).sequence DESC))[1],
           (array_agg((r.e).hash ORDER BY (r.e).sequence DESC))[1],
           min((r.e).sequence) FILTER (
               WHERE (r.e).hash <> rpas_part_b_digest((r.e).previous_hash, r.e))
    FROM unnest(%s::bigint[]) AS wanted(id) CROSS JOIN LATERAL (
        SELECT e FROM rpas_f2flighthoursentry e WHERE e.aircraft_id = wanted.id
        ORDER BY e.sequence DESC LIMIT %s
    ) r
    GROUP BY wanted.id
"""


class AircraftDay(NamedTuple):
    """One question: an aircraft on a local day, with what a planned flight would add."""

    aircraft_id: int
    on: date
    planned_min: int = 0
    planned_flights: int = 0


@dataclass(frozen=True)
class _Gathered:
    """What the statements brought, by aircraft."""

    aircraft: Mapping[int, RPASAircraft]
    part_a: Mapping[int, PartAFacts]
    inspections: Mapping[tuple[int, date], InspectionFacts]
    defects: Mapping[int, tuple[DefectFacts, ...]]
    maintenance: Mapping[int, tuple[MaintenanceFacts, ...]]
    batteries: Mapping[int, tuple[BatteryFacts, ...]]
    logs: Mapping[int, LogFacts]


def aircraft_facts(
    ids: Iterable[int],
    *,
    on: date | Mapping[int, date],
    planned_minutes: int | Mapping[int, int] = 0,
) -> dict[int, AircraftFacts]:
    """
    The facts of many aircraft, each on one local day with the minutes of one planned flight.

    Aircraft that do not exist are left out.
    """
    days = []
    for pk in dict.fromkeys(ids):
        day = on if isinstance(on, date) else on[pk]
        minutes = planned_minutes if isinstance(planned_minutes, int) else planned_minutes[pk]
        days.append(AircraftDay(pk, day, minutes, 1 if minutes else 0))
    return {day.aircraft_id: facts for day, facts in facts_by_day(days).items()}


def facts_by_day(days: Sequence[AircraftDay]) -> dict[AircraftDay, AircraftFacts]:
    """The same for many questions, of which several may concern one aircraft."""
    gathered = _gather(days)
    return {day: _facts(day, gathered) for day in days if day.aircraft_id in gathered.aircraft}


def _gather(days: Sequence[AircraftDay]) -> _Gathered:
    ids = sorted({day.aircraft_id for day in days})
    rows = RPASAircraft.objects.filter(pk__in=ids).select_related("operator")
    aircraft = {row.pk: row for row in rows.order_by("pk")}
    zones = {pk: ZoneInfo(row.operator.timezone) for pk, row in aircraft.items()}
    return _Gathered(
        aircraft=aircraft,
        part_a=_part_a(ids, zones),
        inspections=_inspections(ids, {day.on for day in days}),
        defects=_defects(ids, zones),
        maintenance=maintenance_of(F2MaintenanceSchedule.objects.active().filter(aircraft__in=ids)),
        batteries=_batteries(ids),
        logs=_logs(aircraft),
    )


def _facts(day: AircraftDay, gathered: _Gathered) -> AircraftFacts:
    row = gathered.aircraft[day.aircraft_id]
    return AircraftFacts(
        aircraft_id=row.pk,
        operator_id=row.operator_id,
        registration=row.registration,
        on=day.on,
        planned_min=day.planned_min,
        planned_cycles=day.planned_flights,
        planned_flights=day.planned_flights,
        endurance_min=row.endurance.total_seconds() / 60 if row.endurance else None,
        category=row.category.value,
        is_rain_tolerant=row.is_rain_tolerant,
        part_a=gathered.part_a.get(row.pk),
        inspection=gathered.inspections.get((row.pk, day.on)),
        defects=gathered.defects.get(row.pk, ()),
        maintenance=gathered.maintenance.get(row.pk, ()),
        batteries=gathered.batteries.get(row.pk, ()),
        log=gathered.logs[row.pk],
        **{name: getattr(row, name) for name in _COPIED},
    )


_COPIED = (
    "make",
    "model",
    "kind",
    "status",
    "empty_mass_kg",
    "mtow_kg",
    "registration_expires_on",
    "max_wind_ms",
    "min_temperature_c",
    "max_temperature_c",
    "ip_rating",
    "firmware_version",
    "max_speed_ms",
    "control_link_range_m",
    "has_position_lights",
    "time_in_service_min",
    "cycles",
    "flights",
)


def _part_a(ids: Sequence[int], zones: Mapping[int, ZoneInfo]) -> dict[int, PartAFacts]:
    found = {}
    for row in F2TechnicalLogPartA.objects.issued().filter(aircraft__in=ids).order_by("pk"):
        assert row.issued_at is not None  # noqa: S101 - a constraint says so of an issued log
        found[row.aircraft_id] = PartAFacts(
            number=row.number,
            issued_on=row.issued_at.astimezone(zones[row.aircraft_id]).date(),
            name=row.issued_name,
            arn=row.issued_arn,
            identification=row.identification,
            category=row.category,
            model=row.model,
            max_gross_mass_kg=row.max_gross_mass_kg,
            registration_expires_on=row.registration_expires_on,
        )
    return found


def _inspections(ids: Sequence[int], days: set[date]) -> dict[tuple[int, date], InspectionFacts]:
    rows = F2FlightHoursEntry.objects.daily_inspections().filter(
        aircraft__in=ids, entry_on__in=days
    )
    return {
        (row.aircraft_id, row.entry_on): InspectionFacts(
            sequence=row.sequence,
            entry_on=row.entry_on,
            is_satisfactory=bool(row.inspection_satisfactory),
            name=row.certified_name,
            arn=row.certified_arn,
            findings=row.findings[:300],
        )
        for row in rows.order_by("aircraft", "entry_on", "-sequence").distinct(
            "aircraft", "entry_on"
        )
    }


def _defects(
    ids: Sequence[int], zones: Mapping[int, ZoneInfo]
) -> dict[int, tuple[DefectFacts, ...]]:
    found: dict[int, tuple[DefectFacts, ...]] = {}
    for row in F2DefectEntry.objects.open().filter(aircraft__in=ids).order_by("pk"):
        facts = DefectFacts(
            defect_id=row.pk,
            severity=row.severity,
            description=row.description[:200],
            found_on=row.found_at.astimezone(zones[row.aircraft_id]).date(),
            last_checked_on=row.last_checked_on,
        )
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), facts)
    return found


def maintenance_of(
    rows: QuerySet[F2MaintenanceSchedule],
) -> dict[int, tuple[MaintenanceFacts, ...]]:
    """The facts of maintenance items, by aircraft."""
    found: dict[int, tuple[MaintenanceFacts, ...]] = {}
    for row in rows.order_by("aircraft", "pk"):
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), maintenance_facts(row))
    return found


def maintenance_facts(row: F2MaintenanceSchedule) -> MaintenanceFacts:
    """The facts of one maintenance item."""
    copied = (name for name in MaintenanceFacts.__struct_fields__ if name != "schedule_id")
    return MaintenanceFacts(schedule_id=row.pk, **{name: getattr(row, name) for name in copied})


def _batteries(ids: Sequence[int]) -> dict[int, tuple[BatteryFacts, ...]]:
    found: dict[int, tuple[BatteryFacts, ...]] = {}
    fitted = Battery.objects.filter(aircraft__in=ids).exclude(status=BatteryStatus.RETIRED)
    for row in fitted.order_by("pk"):
        facts = BatteryFacts(
            serial_number=row.serial_number,
            cycles=row.cycles,
            max_cycles=row.max_cycles,
            health_percent=row.health_percent,
            status=row.status,
        )
        found[row.aircraft_id or 0] = (*found.get(row.aircraft_id or 0, ()), facts)
    return found


def _logs(aircraft: Mapping[int, RPASAircraft]) -> dict[int, LogFacts]:
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [list(aircraft), RECENT_ENTRIES])
        recent = {pk: RecentEntries(*found) for pk, *found in cursor.fetchall()}
    return {pk: log_facts(row, recent.get(pk)) for pk, row in aircraft.items()}


def log_facts(row: Any, recent: RecentEntries | None) -> LogFacts:
    """How the latest entries stand beside the head of the log that the aircraft's row keeps."""
    if recent is None:
        return LogFacts(
            head_sequence=row.part_b_sequence,
            summed_min=row.brought_forward_min,
            last_progressive_min=row.brought_forward_min,
            total_min=row.time_in_service_min,
            is_head_intact=not row.part_b_hash,
            fault=row.log_fault,
        )
    before = row.brought_forward_min if recent.first == 1 else recent.before
    return LogFacts(
        entries=recent.entries,
        first_sequence=recent.first,
        last_sequence=recent.last,
        head_sequence=row.part_b_sequence,
        summed_min=before + recent.added,
        last_progressive_min=recent.progressive,
        total_min=row.time_in_service_min,
        is_head_intact=recent.digest == row.part_b_hash,
        altered_sequence=recent.altered,
        fault=row.log_fault,
    )
