"""Read the F2 technical log, and check that nobody altered it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from rpas.models import (
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    MaintenanceRecord,
    RPASAircraft,
)

START = "0" * 64


@dataclass(frozen=True)
class TechnicalLog:
    """The whole F2 log of one aircraft: Part A in force, Part B, defects, maintenance."""

    aircraft: RPASAircraft
    part_a: F2TechnicalLogPartA | None
    entries: QuerySet[F2FlightHoursEntry]
    defects: QuerySet[F2DefectEntry]
    schedules: QuerySet[F2MaintenanceSchedule]
    maintenance: QuerySet[MaintenanceRecord]


def technical_log(aircraft: RPASAircraft) -> TechnicalLog:
    """The log of an aircraft, each part in the order in which it was written."""
    return TechnicalLog(
        aircraft=aircraft,
        part_a=F2TechnicalLogPartA.objects.issued().on_aircraft(aircraft.pk).first(),
        entries=F2FlightHoursEntry.objects.on_aircraft(aircraft.pk).order_by("sequence"),
        defects=F2DefectEntry.objects.on_aircraft(aircraft.pk).order_by("found_at", "pk"),
        schedules=F2MaintenanceSchedule.objects.on_aircraft(aircraft.pk).order_by("pk"),
        maintenance=MaintenanceRecord.objects.on_aircraft(aircraft.pk).order_by("pk"),
    )


@dataclass(frozen=True)
class LogFault:
    """The first row of an aircraft's log that was altered or is missing, and why we say so."""

    aircraft_id: int
    registration: str
    row: str
    reason: str

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"


@dataclass(frozen=True)
class LogCheck:
    """How much was read and what was found, one fault per aircraft at most."""

    aircraft: int = 0
    entries: int = 0
    faults: Sequence[LogFault] = field(default_factory=tuple)


_PART_B = """
    SELECT e.aircraft_id, e.id, e.sequence, e.previous_hash, e.hash,
           rpas_part_b_digest(e.previous_hash, e), e.time_in_service_min, e.cycles, e.flights,
           e.progressive_total_min, e.progressive_cycles, e.progressive_flights
    FROM rpas_f2flighthoursentry e
    WHERE (%(id)s::bigint IS NULL OR e.aircraft_id = %(id)s)
    ORDER BY e.aircraft_id, e.sequence
"""
_PART_A = """
    SELECT a.aircraft_id, a.number FROM rpas_f2technicallogparta a
    WHERE a.status <> 'draft' AND a.content_hash <> rpas_part_a_digest(a)
      AND (%(id)s::bigint IS NULL OR a.aircraft_id = %(id)s)
    ORDER BY a.aircraft_id, a.number
"""
# The history of a defect names each that ever was, and what its seal was last. One that was there
# before it had a seal has none in its history.
_RECORDS = """
    SELECT d.aircraft_id, 'Defect ' || d.id, 'the record was altered' FROM rpas_f2defectentry d
    LEFT JOIN LATERAL (
        SELECT h.content_hash FROM rpas_f2defectentryevent h WHERE h.pgh_obj_id = d.id
        ORDER BY h.pgh_id DESC LIMIT 1
    ) AS last ON TRUE
    WHERE (d.content_hash <> rpas_defect_digest(d)
           OR d.content_hash <> coalesce(nullif(last.content_hash, ''), d.content_hash))
      AND (%(id)s::bigint IS NULL OR d.aircraft_id = %(id)s)
    UNION
    SELECT h.aircraft_id, 'Defect ' || h.pgh_obj_id, 'the record is missing'
    FROM rpas_f2defectentryevent h
    WHERE NOT EXISTS (SELECT 1 FROM rpas_f2defectentry d WHERE d.id = h.pgh_obj_id)
      AND (%(id)s::bigint IS NULL OR h.aircraft_id = %(id)s)
    UNION
    SELECT m.aircraft_id, 'Maintenance record ' || m.id, 'the record was altered'
    FROM rpas_maintenancerecord m
    WHERE m.content_hash <> rpas_maintenance_digest(m)
      AND (%(id)s::bigint IS NULL OR m.aircraft_id = %(id)s)
    UNION
    SELECT c.aircraft_id, 'Configuration change ' || c.id, 'the record was altered'
    FROM rpas_configurationchange c
    WHERE c.content_hash <> rpas_configuration_digest(c)
      AND (%(id)s::bigint IS NULL OR c.aircraft_id = %(id)s)
    ORDER BY 1, 2
"""


@dataclass
class _Walk:
    """Where the reading of one aircraft's Part B has got to."""

    totals: tuple[int, int, int]
    sequence: int = 0
    hash: str = START
    fault: tuple[str, str] | None = None

    def step(self, row: tuple[Any, ...]) -> None:
        if self.fault is None:
            self.fault = self._fault(row)
        self.sequence, self.hash = row[2], row[4]

    def _fault(self, row: tuple[Any, ...]) -> tuple[str, str] | None:
        _, _, sequence, before, stored, computed, *numbers = row
        name = f"Part B entry {sequence}"
        if sequence != self.sequence + 1:
            return f"Part B entry {self.sequence + 1}", "the entry is missing"
        if stored != computed:
            return name, "the entry was altered"
        if before != self.hash:
            return name, "the entry does not follow the one before"
        added = zip(self.totals, numbers[:3], strict=True)
        self.totals = tuple(total + more for total, more in added)
        return None if self.totals == tuple(numbers[3:]) else (name, "the totals do not add up")


def verify_technical_log(aircraft: RPASAircraft | None = None) -> LogCheck:
    """
    Read the whole log of one aircraft, or of all, and name the first altered or missing row each.

    Part B is walked entry by entry against its hash chain, its sums and the head that the aircraft
    keeps; each issued Part A, defect, maintenance record and configuration change is compared with
    its seal.
    """
    # All is read as it stood at one moment: what is written meanwhile is no fault.
    with _one_moment():
        return _verified(aircraft)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for several statements; inside a transaction the caller's locks serve."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _verified(aircraft: RPASAircraft | None) -> LogCheck:
    chosen = {"id": aircraft.pk if aircraft else None}
    walks: dict[int, _Walk] = {}
    rows = RPASAircraft.objects.filter(pk=aircraft.pk) if aircraft else RPASAircraft.objects.all()
    heads = {row.pk: row for row in rows.order_by("pk")}
    for pk, row in heads.items():
        forward = (row.brought_forward_min, row.brought_forward_cycles, row.brought_forward_flights)
        walks[pk] = _Walk(forward)
    entries = 0
    for entry in _read(_PART_B, chosen):
        entries += 1
        walks[entry[0]].step(entry)
    altered: dict[int, tuple[str, str]] = {}
    for pk, number in _read(_PART_A, chosen):
        altered.setdefault(pk, (f"Part A {number}", "the header was altered"))
    for pk, name, reason in _read(_RECORDS, chosen):
        altered.setdefault(pk, (name, reason))
    faults = []
    for pk, row in heads.items():
        found = walks[pk].fault or _head_fault(row, walks[pk]) or altered.get(pk)
        if found:
            faults.append(LogFault(pk, row.registration, *found))
    return LogCheck(len(heads), entries, tuple(faults))


def _head_fault(row: RPASAircraft, walk: _Walk) -> tuple[str, str] | None:
    if row.part_b_sequence > walk.sequence:
        return f"Part B entry {walk.sequence + 1}", "the entry is missing"
    if row.part_b_sequence < walk.sequence or (walk.sequence and row.part_b_hash != walk.hash):
        return "the head of Part B", "it does not name the last entry"
    if (row.time_in_service_min, row.cycles, row.flights) != walk.totals:
        return "the aircraft's totals", "they do not agree with Part B"
    return None


def _read(statement: str, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        while batch := cursor.fetchmany(2000):
            yield from batch
